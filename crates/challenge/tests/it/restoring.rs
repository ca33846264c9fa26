//! A database that is restored from a backup: what was open in it is ended, what may have been used is refused,
//! and what comes later works.

use std::collections::BTreeMap;
use std::sync::Arc;

use challenge::access::AccessToken;
use challenge::administration::Actor;
use challenge::audit::{EventKind, Outcome};
use challenge::clock::{Clock as _, Timestamp};
use challenge::directory::{Authenticator, Method, ServerSetting, User, UserKey};
use challenge::id::{Id, TimedId};
use challenge::issuance::Asked;
use challenge::lifecycle::Challenge;
use challenge::policy::Limits;
use challenge::ports::{StoreError, Versioned};
use challenge::refusal::{Refusal, Why};
use challenge::restore::{Marked, Marking, Replaced, mark};
use challenge::resynchronisation::Resynchronised;
use challenge::rng::DangerCountingRng;
use challenge::standing::Standing;
use challenge::visitor::{Refused, Visit};
use challenge::which::Which;
use oath::{Algorithm, Digits, Hotp, Totp};

use crate::agent::Agent;
use crate::bench::{Bench, block_on, hotp, hotp_code, key, ocra, ocra_code};
use crate::visitor_shop::Shop;

pub(crate) const PLAIN: &str = "OCRA-1:HOTP-SHA1-8:QA64";
pub(crate) const COUNTED: &str = "OCRA-1:HOTP-SHA1-8:C-QA64";

const OPERATOR: Actor<'_> = Actor {
    name: "operator",
    door: challenge::door::Door::CommandLine,
    address: None,
    correlation: None,
};

/// What a backup holds of the bench's rows. Ids are drawn on: a restored server's generator is another one.
pub(crate) struct Backup {
    standings: BTreeMap<Id<User>, Versioned<Standing>>,
    challenges: BTreeMap<TimedId, Versioned<Challenge>>,
    visits: BTreeMap<TimedId, Versioned<Visit>>,
    spent: BTreeMap<[u8; 32], Option<Timestamp>>,
    tokens: Vec<AccessToken>,
    settings: Vec<ServerSetting>,
}

impl Backup {
    pub(crate) fn of(bench: &Bench) -> Self {
        let rows = bench.store.rows();
        Self {
            standings: rows.standings.clone(),
            challenges: rows.challenges.clone(),
            visits: rows.visits.clone(),
            spent: rows.spent.clone(),
            tokens: rows.tokens.clone(),
            settings: rows.settings.clone(),
        }
    }

    /// Puts it back and marks it, at the bench's present moment.
    pub(crate) fn restore(&self, bench: &Bench, texts_may_repeat: bool) -> Marked {
        {
            let mut rows = bench.store.rows();
            rows.standings = self.standings.clone();
            rows.challenges = self.challenges.clone();
            rows.visits = self.visits.clone();
            rows.spent = self.spent.clone();
            rows.tokens.clone_from(&self.tokens);
            rows.settings.clone_from(&self.settings);
        }
        let marked = marked(bench, texts_may_repeat).unwrap();
        assert!(block_on(bench.verifier.catalogue.refresh()).unwrap());
        marked
    }
}

/// Marks what the bench holds as restored, at its present moment.
pub(crate) fn marked(bench: &Bench, texts_may_repeat: bool) -> Result<Marked, StoreError> {
    let rng = DangerCountingRng::default();
    let marking = Marking {
        store: &*bench.store,
        clock: &*bench.clock,
        rng: &rng,
        actor: OPERATOR,
        replaced: Replaced::default(),
        texts_may_repeat,
    };
    block_on(mark(&marking, &mut |_| {}))
}

/// Guessing ends for nobody: a code must be refused for itself.
pub(crate) fn limits() -> Limits {
    Limits {
        max_failures: 1_000_000,
        max_open_challenges: 1_000_000,
        ..Limits::default()
    }
}

pub(crate) fn totp() -> Method {
    Method::Totp {
        algorithm: Algorithm::Sha1,
        digits: 8,
        period_s: 30,
        t0: 0,
    }
}

/// The code of a token whose clock runs ahead by so many steps. Eight digits: none comes again by chance.
pub(crate) fn totp_code(bench: &Bench, ahead: i64) -> String {
    let totp = Totp {
        hotp: Hotp {
            algorithm: Algorithm::Sha1,
            digits: Digits::new(8).unwrap(),
        },
        ..Totp::default()
    };
    let step = totp.time_step(bench.clock.now().unix_s()).unwrap();
    totp.code(&key(), step.saturating_add_signed(ahead))
        .to_string()
}

fn held(bench: &Bench) -> Vec<Arc<Authenticator>> {
    let name = UserKey::LoginName("myTestUser1");
    let tenant = bench.tenant.tenant.id;
    let record = block_on(bench.verifier.catalogue.user(tenant, name));
    record.unwrap().unwrap().authenticators.clone()
}

pub(crate) fn resynchronise(
    bench: &Bench,
    first: &str,
    second: &str,
) -> Result<Resynchronised, Refusal> {
    let (tokens, codes) = (held(bench), (first, Some(second)));
    let done = bench
        .verifier
        .resynchronise(&OPERATOR, &bench.tenant, &tokens, codes);
    block_on(done)
}

fn by_question(
    bench: &Bench,
    question: &str,
    codes: (&str, &str),
) -> Result<Resynchronised, Refusal> {
    let tokens = held(bench);
    let given = (question, codes);
    let done =
        bench
            .verifier
            .resynchronise_by_question(&OPERATOR, &bench.tenant, &tokens[0], given);
    block_on(done)
}

#[test]
fn a_counter_is_followed_again_after_two_consecutive_codes_and_not_after_one() {
    let bench = Bench::with(Limits::default(), vec![hotp()]);
    assert!(bench.otp(&hotp_code(0)).is_ok());
    let backup = Backup::of(&bench);
    assert!(bench.otp(&hotp_code(1)).is_ok());
    backup.restore(&bench, false);
    let locked = Refusal::NotVerified(Why::Locked);
    for counter in [1, 2, 3] {
        assert_eq!(bench.otp(&hotp_code(counter)).unwrap_err(), locked);
    }
    assert_eq!(
        bench.tally().failures,
        0,
        "what is not looked at is not counted"
    );
    let done = resynchronise(&bench, &hotp_code(2), &hotp_code(3));
    assert_eq!(done, Ok(Resynchronised::Done));
    assert!(bench.otp(&hotp_code(3)).is_err());
    assert!(bench.otp(&hotp_code(4)).is_ok());
}

#[test]
fn the_second_of_two_codes_may_be_the_one_that_signs_in_but_none_from_before_the_restore() {
    let bench = Bench::with(Limits::default(), vec![hotp()]);
    let (tokens, first) = (held(&bench), hotp_code(500));
    let one = |code: &str| {
        let given = (code, None);
        let resynchronised = bench
            .verifier
            .resynchronise(&OPERATOR, &bench.tenant, &tokens, given);
        block_on(resynchronised)
    };
    assert_eq!(one(&first), Ok(Resynchronised::Awaiting));
    Backup::of(&bench).restore(&bench, false);
    assert!(bench.otp(&hotp_code(501)).is_err(), "it was awaited before");
    assert_eq!(one(&hotp_code(600)), Ok(Resynchronised::Awaiting));
    assert!(bench.otp(&hotp_code(602)).is_err());
    assert!(bench.otp(&hotp_code(601)).is_ok());
    assert!(bench.otp(&hotp_code(602)).is_ok());
}

#[test]
fn a_time_step_is_good_once_it_begins_after_the_restore() {
    let bench = Bench::with(Limits::default(), vec![totp()]);
    let marked = Backup::of(&bench).restore(&bench, false);
    assert_eq!(marked.at, bench.clock.now());
    let shown = totp_code(&bench, 0);
    assert!(bench.otp(&shown).is_err(), "never used, but nobody knows");
    bench.clock.advance_s(30);
    assert!(bench.otp(&shown).is_err());
    assert!(bench.otp(&totp_code(&bench, 0)).is_ok());
}

#[test]
fn the_clock_may_be_behind_what_the_backup_tells_of() {
    let bench = Bench::with(Limits::default(), vec![totp()]);
    bench.clock.advance_s(3600);
    let shown = totp_code(&bench, 0);
    assert!(bench.otp(&shown).is_ok());
    let (backup, latest) = (Backup::of(&bench), bench.clock.now());
    bench
        .clock
        .set(Timestamp::from_unix_ms(latest.unix_ms() - 600_000));
    let early = totp_code(&bench, 0);
    assert_eq!(backup.restore(&bench, false).at, latest);
    assert!(bench.otp(&early).is_err());
    assert!(bench.otp(&shown).is_err());
    bench.clock.set(latest.plus_s(30));
    assert!(bench.otp(&totp_code(&bench, 0)).is_ok());
}

#[test]
fn a_right_code_that_comes_before_the_moment_of_the_restore_is_refused_and_not_counted() {
    const SUITE: &str = "OCRA-1:HOTP-SHA1-8:QA64-T1M";
    // One to whom codes can be sent beside it: none was.
    let sent = Method::OnDemand { digits: 8 };
    let bench = Bench::with(
        Limits::default(),
        vec![totp(), sent, ocra(None, Some(SUITE))],
    );
    bench.clock.advance_s(3600);
    assert!(bench.otp(&totp_code(&bench, 0)).is_ok());
    let (backup, latest) = (Backup::of(&bench), bench.clock.now());
    let early = Timestamp::from_unix_ms(latest.unix_ms() - 600_000);
    bench.clock.set(early);
    assert_eq!(backup.restore(&bench, false).at, latest);
    let signed = |bench: &Bench| {
        let code = ocra_code(SUITE, "pay1", 0, bench.clock.now());
        bench.sign(&["pay", "1"], &code)
    };
    let locked = Refusal::NotVerified(Why::Locked);
    // More of them than lock somebody, and what is wrong looks the same.
    let tries = Limits::default().max_failures + 1;
    for moment in [early, latest] {
        bench.clock.set(moment);
        for _ in 0..tries {
            assert_eq!(bench.otp(&totp_code(&bench, 0)).unwrap_err(), locked);
            assert_eq!(bench.otp("00000000").unwrap_err(), locked);
            assert_eq!(signed(&bench).unwrap_err(), locked);
        }
    }
    assert_eq!(bench.tally().failures, 0);
    bench.clock.set(latest.plus_s(30));
    assert!(bench.otp(&totp_code(&bench, 0)).is_ok());
    // Whoever's clock runs ahead may have signed by the next steps: they are passed over for everybody.
    bench.clock.set(latest.plus_s(60));
    assert_eq!(signed(&bench).unwrap_err(), locked);
    bench.clock.set(latest.plus_s(120));
    assert!(signed(&bench).is_ok());
    // From now on what is wrong is counted.
    assert!(bench.otp("00000000").is_err());
    assert_eq!(bench.tally().failures, 1);
}

#[test]
fn counted_responses_and_signatures_are_followed_again_by_a_new_question() {
    const SUITE: &str = "OCRA-1:HOTP-SHA1-8:C-QN08";
    let bench = Bench::with(Limits::default(), vec![ocra(Some(SUITE), Some(COUNTED))]);
    let now = bench.clock.now();
    Backup::of(&bench).restore(&bench, false);
    let challenge = bench.issue(None).unwrap();
    let response = |question: &str, counter| ocra_code(SUITE, question, counter, now);
    let locked = Refusal::NotVerified(Why::Locked);
    let refused = bench
        .respond(&response(&challenge.question, 7))
        .unwrap_err();
    assert_eq!(refused, locked);
    let (first, second) = (response("31415926", 40), response("31415926", 41));
    assert!(by_question(&bench, "31415926", (&second, &first)).is_err());
    let done = by_question(&bench, "31415926", (&first, &second));
    assert_eq!(done, Ok(Resynchronised::Done));
    assert!(bench.respond(&response(&challenge.question, 41)).is_err());
    let challenge = bench.issue(None).unwrap();
    assert!(bench.respond(&response(&challenge.question, 42)).is_ok());
    // The counter of signatures is another one, and still lost.
    let signature = |question: &str, counter| ocra_code(COUNTED, question, counter, now);
    assert_eq!(
        bench.sign(&["a", "b"], &signature("ab", 5)).unwrap_err(),
        locked
    );
    let (first, second) = (signature("27182818", 5), signature("27182818", 6));
    let done = by_question(&bench, "27182818", (&first, &second));
    assert_eq!(done, Ok(Resynchronised::Done));
    assert!(bench.sign(&["a", "b"], &signature("ab", 6)).is_err());
    assert!(bench.sign(&["a", "b"], &signature("ab", 7)).is_ok());
}

#[test]
fn texts_without_counter_or_time_are_taken_again_only_as_whoever_restores_wishes() {
    let bench = Bench::with(limits(), vec![ocra(None, Some(PLAIN))]);
    let (signed, fresh) = (["pay", "1"], ["pay", "2"]);
    let code = |question: &str| ocra_code(PLAIN, question, 0, bench.clock.now());
    let backup = Backup::of(&bench);
    assert!(bench.sign(&signed, &code("pay1")).is_ok());
    backup.restore(&bench, false);
    assert!(bench.sign(&signed, &code("pay1")).is_err());
    assert!(bench.sign(&fresh, &code("pay2")).is_err());
    backup.restore(&bench, true);
    assert!(bench.sign(&fresh, &code("pay2")).is_ok());
    // This is what it means.
    assert!(bench.sign(&signed, &code("pay1")).is_ok());
    // What one restore lost is not found by the next one.
    backup.restore(&bench, false);
    Backup::of(&bench).restore(&bench, true);
    assert!(bench.sign(&fresh, &code("pay2")).is_err());
}

#[test]
fn a_text_that_may_have_been_answered_is_not_asked_again() {
    const SUITE: &str = "OCRA-1:HOTP-SHA1-8:QN08";
    let bench = Bench::with(Limits::default(), vec![ocra(Some(SUITE), None)]);
    let bank = Agent::named(&bench, "spl-api");
    Backup::of(&bench).restore(&bench, false);
    let asked = bank.issue(Which::ANY, Asked::Text("07880384"));
    assert!(matches!(asked, Err(Refusal::DoesNotFit(_))), "{asked:?}");
    let drawn = bank.issue(Which::ANY, Asked::Drawn).unwrap();
    let code = ocra_code(SUITE, &drawn.question, 0, bench.clock.now());
    assert!(
        bank.respond(Which::ANY, Some(&drawn.question), &code)
            .is_ok()
    );
}

#[test]
fn a_challenge_that_waited_in_the_backup_is_ended() {
    const SUITE: &str = "OCRA-1:HOTP-SHA1-8:QN08";
    let bench = Bench::with(Limits::default(), vec![ocra(Some(SUITE), None)]);
    let challenge = bench.issue(None).unwrap();
    let code = ocra_code(SUITE, &challenge.question, 0, bench.clock.now());
    let backup = Backup::of(&bench);
    assert!(bench.respond(&code).is_ok());
    backup.restore(&bench, false);
    assert!(bench.respond(&code).is_err());
    assert!(bench.store.rows().challenges.is_empty());
    let next = bench.issue(None).unwrap();
    let code = ocra_code(SUITE, &next.question, 0, bench.clock.now());
    assert!(bench.respond(&code).is_ok());
}

#[test]
fn access_tokens_of_the_backup_end_and_the_log_tells_of_the_restore() {
    let bench = Bench::with(Limits::default(), vec![hotp()]);
    let token = bench.otp(&hotp_code(0)).unwrap().token;
    assert!(token.is_some());
    assert_eq!(bench.store.rows().tokens.len(), 1);
    Backup::of(&bench).restore(&bench, false);
    let rows = bench.store.rows();
    assert!(rows.tokens.is_empty());
    let told = rows.events.last().unwrap();
    assert_eq!(
        (told.kind, told.outcome),
        (EventKind::Restore, Outcome::Done)
    );
    assert_eq!(told.detail.client.as_deref(), Some("operator"));
    assert_eq!(told.detail.fields.len(), 2, "{:?}", told.detail.fields);
}

#[test]
fn what_a_visitor_was_issued_before_the_restore_counts_for_nothing() {
    let shop = Shop::open();
    let answered = shop.issue();
    let waiting = shop.issue();
    let solution = shop.solution(&waiting.id);
    let unused = shop.issue();
    shop.answer_right(&unused.id).unwrap();
    let backup = Backup::of(&shop.bench);
    shop.answer_right(&answered.id).unwrap();
    backup.restore(&shop.bench, false);
    assert_eq!(shop.check(&answered.id), Err(Refused::NotFound));
    assert_eq!(shop.check(&unused.id), Err(Refused::NotFound));
    let late = block_on(shop.answering(&waiting.id, solution));
    assert!(matches!(late, Err(Refused::NotFound)), "{late:?}");
    shop.bench.clock.advance_s(1);
    let fresh = shop.issue();
    shop.answer_right(&fresh.id).unwrap();
}
