//! Codes sent on demand: how many, to whom, and which of a user's codes they are taken for.

use challenge::administration::Actor;
use challenge::answer::{Accepted, Answer, Proof};
use challenge::delivery::{Says, Way};
use challenge::directory::{Method, UserKey};
use challenge::issuance::{Asked, Wish};
use challenge::lifecycle::Purpose;
use challenge::lockout::{SENT_MAX, SENT_WINDOW_S};
use challenge::policy::Limits;
use challenge::refusal::{Refusal, Why};
use challenge::which::Which;
use secrecy::ExposeSecret as _;

use crate::agent::Agent;
use crate::bench::*;
use crate::delivering::set;

const ON_DEMAND: Which<'static> = Which {
    kinds: &["on_demand"],
    ..Which::ANY
};

fn bench() -> Bench {
    let methods = vec![Method::OnDemand { digits: 6 }, hotp()];
    let bench = Bench::with(Limits::default(), methods);
    bench.store.rows().users[0].0.phone = Some("+41791234567".to_owned());
    set(&bench, Way::Sms, &[Way::Sms]);
    bench
}

/// Has a code sent, and reads it off the phone.
fn send(bench: &Bench, client: &str) -> Result<String, Refusal> {
    let agent = Agent::named(bench, client);
    let wish = Wish {
        context: agent.context(),
        user: UserKey::LoginName("myTestUser1"),
        policy: None,
        which: ON_DEMAND,
        purpose: Purpose::Repeat,
        asked: Asked::Drawn,
        to_one: true,
    };
    block_on(bench.verifier.send_code(&wish))?;
    let handout = block_on(bench.verifier.claim_deliveries(Way::Sms, 16)).unwrap();
    let newest = handout.parcels.last().unwrap();
    match &newest.delivery.says {
        Says::Code { code, .. } => Ok(code.expose_secret().to_owned()),
        Says::Letter { .. } => panic!("a letter"),
    }
}

fn give(bench: &Bench, client: &str, which: Which<'_>, code: &str) -> Result<Accepted, Refusal> {
    let agent = Agent::named(bench, client);
    let answer = Answer {
        context: agent.context(),
        user: UserKey::LoginName("myTestUser1"),
        policy: None,
        which,
        proof: Proof::OneTimePassword(code),
        wants_token: false,
    };
    block_on(bench.verifier.answer(&answer))
}

#[test]
fn five_codes_are_sent_in_five_minutes_and_no_more() {
    let bench = bench();
    for _ in 0..SENT_MAX {
        send(&bench, "spl-api").unwrap();
    }
    assert!(matches!(send(&bench, "spl-api"), Err(Refusal::TooManySent)));
    bench.clock.advance_s(SENT_WINDOW_S - 1);
    assert!(matches!(send(&bench, "spl-api"), Err(Refusal::TooManySent)));
    bench.clock.advance_s(1);
    send(&bench, "spl-api").unwrap();
}

#[test]
fn a_locked_user_is_sent_nothing() {
    let bench = bench();
    let user = bench.store.rows().users[0].0.clone();
    let actor = Actor {
        name: "operator",
        door: challenge::door::Door::CommandLine,
        address: None,
        correlation: None,
    };
    block_on(bench.verifier.lock_user(&actor, &user)).unwrap();
    let refused = send(&bench, "spl-api").unwrap_err();
    assert_eq!(refused, Refusal::NotVerified(Why::Locked));
    assert!(bench.store.rows().approvals.outbox.is_empty());
}

#[test]
fn a_wrong_code_that_may_be_another_tokens_leaves_the_sent_one_good() {
    let bench = bench();
    let code = send(&bench, "spl-api").unwrap();
    let wrong = if code == "000000" { "111111" } else { "000000" };
    give(&bench, "spl-api", Which::ANY, wrong).unwrap_err();
    give(&bench, "spl-api", Which::ANY, &code).unwrap();
    give(&bench, "spl-api", Which::ANY, &code).unwrap_err();
}

#[test]
fn a_wrong_code_for_the_sent_one_uses_it_up() {
    let bench = bench();
    let code = send(&bench, "spl-api").unwrap();
    let wrong = if code == "000000" { "111111" } else { "000000" };
    give(&bench, "spl-api", ON_DEMAND, wrong).unwrap_err();
    give(&bench, "spl-api", ON_DEMAND, &code).unwrap_err();
    give(&bench, "spl-api", Which::ANY, &code).unwrap_err();
}

#[test]
fn a_right_code_of_another_token_leaves_the_sent_one_good() {
    let bench = bench();
    let code = send(&bench, "spl-api").unwrap();
    give(&bench, "spl-api", Which::ANY, &hotp_code(0)).unwrap();
    give(&bench, "spl-api", Which::ANY, &code).unwrap();
}

#[test]
fn a_code_that_one_client_had_sent_is_nothing_to_another() {
    let bench = bench();
    let code = send(&bench, "spl-api").unwrap();
    give(&bench, "other-agent", Which::ANY, &code).unwrap_err();
    give(&bench, "spl-api", Which::ANY, &code).unwrap();
}

#[test]
fn a_sent_code_is_good_for_the_life_of_its_challenge() {
    let bench = bench();
    let code = send(&bench, "spl-api").unwrap();
    bench.clock.advance_s(Limits::default().challenge_s);
    give(&bench, "spl-api", Which::ANY, &code).unwrap_err();
    let code = send(&bench, "spl-api").unwrap();
    bench.clock.advance_s(Limits::default().challenge_s - 1);
    give(&bench, "spl-api", Which::ANY, &code).unwrap();
}
