//! Challenges that are bound to one authenticator and one client: grids, cards, and what the client
//! made the question of.

use challenge::answer::{Accepted, Answer, Proof};
use challenge::clock::Clock as _;
use challenge::directory::{Client, Method, UserKey};
use challenge::issuance::{Asked, Wish};
use challenge::lifecycle::{Challenge, Purpose};
use challenge::lockout::ISSUED_PER_MINUTE;
use challenge::methods::card::Card;
use challenge::methods::grid::{LABELS, Mode};
use challenge::policy::Limits;
use challenge::refusal::{Gone, Refusal, Why};
use challenge::verifier::Context;
use challenge::which::Which;

use crate::bench::{Bench, KEY, START, block_on, ocra, ocra_code};

const SUITE: &str = "OCRA-1:HOTP-SHA1-6:QN08";
const TIMED: &str = "OCRA-1:HOTP-SHA1-6:QN08-T1M";
const COUNTED: &str = "OCRA-1:HOTP-SHA1-6:C-QN08";

fn grid() -> Method {
    Method::Grid {
        mode: Mode::Path,
        wraps: true,
    }
}

/// How a client names a challenge, if it does.
type Name = fn(&Challenge) -> Option<String>;

/// A client of the bench, and what it asks.
struct Agent<'a> {
    bench: &'a Bench,
    client: &'a Client,
}

impl<'a> Agent<'a> {
    fn named(bench: &'a Bench, name: &str) -> Self {
        let client = bench.tenant.client(name).unwrap();
        Self { bench, client }
    }

    fn context(&self) -> Context<'_> {
        Context {
            client: self.client,
            ..self.bench.context()
        }
    }

    fn issue(&self, which: Which<'_>, asked: Asked<'_>) -> Result<Challenge, Refusal> {
        let wish = Wish {
            context: self.context(),
            user: UserKey::LoginName("myTestUser1"),
            policy: None,
            which,
            purpose: Purpose::Respond,
            asked,
            to_one: true,
        };
        block_on(self.bench.verifier.issue(&wish))
    }

    fn respond(&self, which: Which<'_>, cc: Option<&str>, code: &str) -> Result<Accepted, Refusal> {
        let answer = Answer {
            context: self.context(),
            user: UserKey::LoginName("myTestUser1"),
            policy: None,
            which,
            proof: Proof::ResponseTo {
                cc,
                unverified_code: code,
            },
            wants_token: false,
        };
        block_on(self.bench.verifier.answer(&answer))
    }
}

/// What a person reads off a grid who starts at the left upper corner and knows the way.
fn read_off(code: &str) -> String {
    let code: serde_json::Value = serde_json::from_str(code).unwrap();
    let rows: Vec<Vec<char>> = code["grid"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_str().unwrap().chars().collect())
        .collect();
    // North-east twice, east, south-east twice, south: "123456".
    let steps = [(9, 1), (9, 1), (0, 1), (1, 1), (1, 1), (1, 0)];
    let (mut row, mut column) = (0, 0);
    let mut read = String::from(rows[row][column]);
    for (down, right) in steps {
        (row, column) = ((row + down) % 10, (column + right) % 22);
        read.push(rows[row][column]);
    }
    read
}

fn wrong(attempts_left: u32) -> Refusal {
    Refusal::NotVerified(Why::Wrong { attempts_left })
}

fn gone(attempts_left: u32, because: Gone) -> Refusal {
    Refusal::NotVerified(Why::NoChallenge {
        attempts_left,
        because,
    })
}

#[test]
fn a_grid_is_read_once_with_the_challenge_named_or_not() {
    let bench = Bench::with(Limits::default(), vec![grid()]);
    let agent = Agent::named(&bench, "spl-api");
    let names: [Name; 4] = [
        |_| None,
        |challenge| Some(challenge.question.clone()),
        |challenge| Some(challenge.id.to_string()),
        |challenge| Some(challenge.reference()),
    ];
    for name in names {
        let challenge = agent.issue(Which::ANY, Asked::Drawn).unwrap();
        let (cc, code) = (name(&challenge), read_off(&challenge.question));
        agent.respond(Which::ANY, cc.as_deref(), &code).unwrap();
        let again = agent.respond(Which::ANY, cc.as_deref(), &code);
        assert_eq!(again.unwrap_err(), gone(4, Gone::Used));
    }
}

#[test]
fn a_grid_takes_one_attempt_and_the_next_one_takes_its_place() {
    let bench = Bench::with(Limits::default(), vec![grid()]);
    let agent = Agent::named(&bench, "spl-api");
    let first = agent.issue(Which::ANY, Asked::Drawn).unwrap();
    let missed = agent.respond(Which::ANY, None, "0000000");
    assert_eq!(missed.unwrap_err(), wrong(4));
    let late = agent.respond(Which::ANY, None, &read_off(&first.question));
    assert_eq!(late.unwrap_err(), gone(3, Gone::Used));
    let second = agent.issue(Which::ANY, Asked::Drawn).unwrap();
    let third = agent.issue(Which::ANY, Asked::Drawn).unwrap();
    let replaced = agent.respond(
        Which::ANY,
        Some(&second.reference()),
        &read_off(&second.question),
    );
    assert_eq!(replaced.unwrap_err(), wrong(2));
    let spoilt = agent.respond(Which::ANY, None, &read_off(&third.question));
    assert_eq!(spoilt.unwrap_err(), gone(1, Gone::Used));
}

#[test]
fn a_grid_of_the_clients_own_making_is_never_looked_at() {
    let bench = Bench::with(Limits::default(), vec![grid()]);
    let agent = Agent::named(&bench, "spl-api");
    let challenge = agent.issue(Which::ANY, Asked::Drawn).unwrap();
    let rows = vec!["n".repeat(22); 10];
    let made = serde_json::json!({
        "grid": rows, "rows": 10, "cols": 22, "indiecs": "ABCDEFGHJKMNPRSTUVWXYZ"
    });
    let made = agent.respond(Which::ANY, Some(&made.to_string()), "nnnnnnn");
    assert_eq!(made.unwrap_err(), wrong(4));
    let code = read_off(&challenge.question);
    assert!(agent.respond(Which::ANY, None, &code).is_err());
}

#[test]
fn an_expired_grid_is_told_as_such() {
    let bench = Bench::with(Limits::default(), vec![grid()]);
    let agent = Agent::named(&bench, "spl-api");
    let challenge = agent.issue(Which::ANY, Asked::Drawn).unwrap();
    bench.clock.advance_s(120);
    let code = read_off(&challenge.question);
    for attempts_left in [4, 3] {
        let late = agent.respond(Which::ANY, None, &code);
        assert_eq!(late.unwrap_err(), gone(attempts_left, Gone::Expired));
    }
}

#[test]
fn another_clients_challenge_is_not_answered() {
    let bench = Bench::with(Limits::default(), vec![grid()]);
    let one = Agent::named(&bench, "spl-api");
    let other = Agent::named(&bench, "other-agent");
    let challenge = one.issue(Which::ANY, Asked::Drawn).unwrap();
    let code = read_off(&challenge.question);
    let foreign = other.respond(Which::ANY, None, &code);
    assert_eq!(foreign.unwrap_err(), gone(4, Gone::Unknown));
    one.respond(Which::ANY, None, &code).unwrap();
}

#[test]
fn an_activid_challenge_and_a_bound_one_do_not_meet() {
    let bench = Bench::with(Limits::default(), vec![ocra(Some(SUITE), None)]);
    let agent = Agent::named(&bench, "spl-api");
    let unbound = bench.issue(None).unwrap();
    let bound = agent.issue(Which::ANY, Asked::Drawn).unwrap();
    let code = |challenge: &Challenge| ocra_code(SUITE, &challenge.question, 0, START);
    bench.respond(&code(&unbound)).unwrap();
    let cc = bound.question.clone();
    agent.respond(Which::ANY, Some(&cc), &code(&bound)).unwrap();
}

#[test]
fn what_is_computed_says_from_which_challenge() {
    let bench = Bench::with(Limits::default(), vec![ocra(Some(SUITE), None)]);
    let agent = Agent::named(&bench, "spl-api");
    let challenge = agent.issue(Which::ANY, Asked::Drawn).unwrap();
    let code = ocra_code(SUITE, &challenge.question, 0, START);
    let unnamed = agent.respond(Which::ANY, None, &code);
    let nobody = Refusal::NotVerified(Why::NoAuthenticator);
    assert_eq!(unnamed.unwrap_err(), nobody);
    let swapped = agent.respond(Which::ANY, Some("13113131"), &code);
    assert_eq!(swapped.unwrap_err(), wrong(4));
}

#[test]
fn a_token_is_named_by_serial_product_or_kind_and_all_must_hold() {
    let methods = vec![grid(), ocra(Some(SUITE), None), Method::Card];
    let bench = Bench::with(Limits::default(), methods);
    let agent = Agent::named(&bench, "spl-api");
    let which = |serial, product| Which {
        serial,
        product,
        ..Which::ANY
    };
    let several = agent.issue(Which::ANY, Asked::Drawn).unwrap_err();
    assert!(matches!(several, Refusal::Ambiguous(_)), "{several:?}");
    let of = |which| {
        agent
            .issue(which, Asked::Drawn)
            .map(|issued| issued.question)
    };
    assert!(
        of(which(None, Some("GridGo")))
            .unwrap()
            .starts_with("{\"grid\"")
    );
    assert_eq!(of(which(Some("10000001"), None)).unwrap().len(), 8);
    assert_eq!(
        of(which(Some("10000001"), Some("mobileid"))).unwrap().len(),
        8
    );
    assert!(of(which(None, Some("GridID"))).unwrap().contains(' '));
    let misfit = Err(Refusal::NotFound("authenticator"));
    assert_eq!(of(which(Some("10000001"), Some("GridGo"))), misfit);
    assert_eq!(of(which(Some("20000000"), None)), misfit);
}

#[test]
fn a_card_answers_for_its_cells() {
    let bench = Bench::with(Limits::default(), vec![Method::Card]);
    let agent = Agent::named(&bench, "spl-api");
    let challenge = agent.issue(Which::ANY, Asked::Drawn).unwrap();
    let card = Card::derive(KEY);
    let code: String = challenge
        .question
        .split(' ')
        .map(|place| {
            let (column, row) = place.split_at(1);
            let column = LABELS.find(column).unwrap();
            card.cell(row.parse().unwrap(), u8::try_from(column).unwrap())
                .unwrap()
        })
        .collect();
    agent
        .respond(Which::ANY, Some(&challenge.question), &code)
        .unwrap();
    assert!(agent.respond(Which::ANY, None, &code).is_err());
}

#[test]
fn ten_challenges_a_minute_are_never_refused() {
    let limits = Limits {
        max_open_challenges: 1,
        ..Limits::default()
    };
    let bench = Bench::with(limits, vec![grid()]);
    let agent = Agent::named(&bench, "spl-api");
    for _ in 0..3 {
        for _ in 0..ISSUED_PER_MINUTE {
            agent.issue(Which::ANY, Asked::Drawn).unwrap();
        }
        let eleventh = agent.issue(Which::ANY, Asked::Drawn);
        assert_eq!(eleventh.unwrap_err(), Refusal::TooManyChallenges);
        bench.clock.advance_s(60);
    }
}

#[test]
fn a_client_that_may_supplies_its_own_questions_and_each_serves_once() {
    for suite in [TIMED, COUNTED] {
        let bench = Bench::with(Limits::default(), vec![ocra(Some(suite), None)]);
        let bank = Agent::named(&bench, "deriving-bank");
        let code = ocra_code(suite, "07880384", 0, START);
        bank.respond(Which::ANY, Some("07880384"), &code).unwrap();
        let again = bank
            .respond(Which::ANY, Some("07880384"), &code)
            .unwrap_err();
        assert!(
            again == wrong(4) || again == gone(4, Gone::Used),
            "{suite}: {again:?}"
        );
        let agent = Agent::named(&bench, "spl-api");
        let other = ocra_code(suite, "07880385", 1, START);
        assert!(agent.respond(Which::ANY, Some("07880385"), &other).is_err());
    }
}

#[test]
fn an_answer_to_a_drawn_challenge_is_not_taken_again_as_a_supplied_one() {
    for suite in [TIMED, COUNTED] {
        let bench = Bench::with(Limits::default(), vec![ocra(Some(suite), None)]);
        let bank = Agent::named(&bench, "deriving-bank");
        for asker in ["deriving-bank", "spl-api"] {
            bench.clock.advance_s(120);
            let agent = Agent::named(&bench, asker);
            let question = agent.issue(Which::ANY, Asked::Drawn).unwrap().question;
            let counter = u64::from(asker == "spl-api");
            let code = ocra_code(suite, &question, counter, bench.clock.now());
            agent.respond(Which::ANY, Some(&question), &code).unwrap();
            let again = bank.respond(Which::ANY, Some(&question), &code);
            assert!(again.is_err(), "{suite}, asked by {asker}");
        }
        bench.clock.advance_s(120);
        let question = bench.issue(None).unwrap().question;
        let code = ocra_code(suite, &question, 2, bench.clock.now());
        bench.respond(&code).unwrap();
        let again = bank.respond(Which::ANY, Some(&question), &code);
        assert!(again.is_err(), "{suite}, asked by whomever");
    }
}

#[test]
fn a_suite_without_counter_or_time_takes_no_supplied_question() {
    let bench = Bench::with(Limits::default(), vec![ocra(Some(SUITE), None)]);
    let bank = Agent::named(&bench, "deriving-bank");
    let code = ocra_code(SUITE, "07880384", 0, START);
    let refused = bank.respond(Which::ANY, Some("07880384"), &code);
    assert_eq!(refused.unwrap_err(), wrong(4));
}

#[test]
fn a_text_is_asked_once_of_a_suite_without_counter_or_time() {
    let bench = Bench::with(Limits::default(), vec![ocra(Some(SUITE), None)]);
    let agent = Agent::named(&bench, "spl-api");
    let ask = |text| agent.issue(Which::ANY, Asked::Text(text));
    assert_eq!(ask("07880384").unwrap().question, "07880384");
    let code = ocra_code(SUITE, "07880384", 0, START);
    let missed = agent.respond(Which::ANY, Some("07880384"), "000000");
    assert_eq!(missed.unwrap_err(), wrong(4));
    ask("07880384").unwrap();
    agent.respond(Which::ANY, Some("07880384"), &code).unwrap();
    let again = ask("07880384").unwrap_err();
    assert!(matches!(again, Refusal::DoesNotFit(_)), "{again:?}");
    ask("07880385").unwrap();
}

#[test]
fn a_text_is_asked_as_it_is_and_answered_once_in_its_time_step() {
    let bench = Bench::with(Limits::default(), vec![ocra(Some(TIMED), None)]);
    let agent = Agent::named(&bench, "spl-api");
    let code = ocra_code(TIMED, "07880384", 0, START);
    let ask = || agent.issue(Which::ANY, Asked::Text("07880384")).unwrap();
    assert_eq!(ask().question, "07880384");
    agent.respond(Which::ANY, Some("07880384"), &code).unwrap();
    ask();
    let again = agent.respond(Which::ANY, Some("07880384"), &code);
    assert_eq!(again.unwrap_err(), gone(4, Gone::Used));
    let long = agent
        .issue(Which::ANY, Asked::Text("123456789"))
        .unwrap_err();
    assert!(matches!(long, Refusal::DoesNotFit(_)), "{long:?}");
}

#[test]
fn a_derived_question_stands_for_the_transaction_and_the_challenge() {
    let bench = Bench::with(Limits::default(), vec![ocra(Some(SUITE), None)]);
    let agent = Agent::named(&bench, "spl-api");
    let ask = |bytes: &[u8]| {
        agent
            .issue(Which::ANY, Asked::Derived(bytes))
            .unwrap()
            .question
    };
    let (one, same) = (ask(b"10.00 EUR"), ask(b"10.00 EUR"));
    assert_ne!(one, same, "each challenge has a question of its own");
    for question in [&one, &same] {
        assert_eq!(question.len(), 8);
        assert!(question.bytes().all(|byte| byte.is_ascii_digit()));
        assert!(!question.starts_with('0'));
    }
    let code = ocra_code(SUITE, &same, 0, START);
    agent.respond(Which::ANY, Some(&same), &code).unwrap();
}

#[test]
fn a_locked_user_learns_nothing_by_a_right_answer() {
    let bench = Bench::with(Limits::default(), vec![grid()]);
    let agent = Agent::named(&bench, "spl-api");
    for attempts_left in [4, 3, 2, 1] {
        agent.issue(Which::ANY, Asked::Drawn).unwrap();
        let missed = agent.respond(Which::ANY, None, "0000000");
        assert_eq!(missed.unwrap_err(), wrong(attempts_left));
    }
    let locked = Refusal::NotVerified(Why::Locked);
    agent.issue(Which::ANY, Asked::Drawn).unwrap();
    assert_eq!(
        agent.respond(Which::ANY, None, "0000000").unwrap_err(),
        locked
    );
    let challenge = agent.issue(Which::ANY, Asked::Drawn).unwrap();
    let right = read_off(&challenge.question);
    assert_eq!(agent.respond(Which::ANY, None, &right).unwrap_err(), locked);
    assert_eq!(
        agent.respond(Which::ANY, None, "0000000").unwrap_err(),
        locked
    );
}
