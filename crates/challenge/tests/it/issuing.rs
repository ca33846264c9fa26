//! Challenges through the verifier: issued, bound, replaced, counted, answered once.

use challenge::lifecycle::{Purpose, State};
use challenge::policy::Limits;
use challenge::refusal::{Gone, Refusal, Why};
use challenge::standing::Status;
use challenge::verifier::Decision;

use crate::bench::{Bench, START, block_on, ocra, ocra_code};

const SUITE: &str = "OCRA-1:HOTP-SHA1-8:QN08";

fn bench() -> Bench {
    Bench::with(
        Limits::default(),
        vec![ocra(Some(SUITE), None), ocra(Some(SUITE), None)],
    )
}

fn response(question: &str) -> String {
    ocra_code(SUITE, question, 0, START)
}

#[test]
fn a_challenge_is_answered_and_consumed_in_one() {
    let bench = bench();
    let challenge = bench.issue(None).unwrap();
    assert!(bench.respond(&response(&challenge.question)).is_ok());
    let state = bench.store.rows().challenges[&challenge.id].value.state;
    assert_eq!(state, State::Consumed { at: START });
    assert!(bench.respond(&response(&challenge.question)).is_err());
}

#[test]
fn a_wrong_response_uses_the_challenge_up() {
    let bench = bench();
    let challenge = bench.issue(None).unwrap();
    let wrong = Refusal::NotVerified(Why::Wrong { attempts_left: 4 });
    assert_eq!(bench.respond("00000000").unwrap_err(), wrong);
    let gone = Refusal::NotVerified(Why::NoChallenge {
        attempts_left: 3,
        because: Gone::Unknown,
    });
    assert_eq!(
        bench.respond(&response(&challenge.question)).unwrap_err(),
        gone
    );
}

#[test]
fn a_policy_can_allow_more_attempts() {
    let limits = Limits {
        challenge_attempts: 2,
        ..Limits::default()
    };
    let bench = Bench::with(limits, vec![ocra(Some(SUITE), None)]);
    let challenge = bench.issue(None).unwrap();
    assert!(bench.respond("00000000").is_err());
    assert!(bench.respond(&response(&challenge.question)).is_ok());
}

#[test]
fn a_newer_challenge_takes_the_place_of_the_older_one() {
    let bench = bench();
    let older = bench.issue(None).unwrap();
    bench.clock.advance_s(1);
    let newer = bench.issue(None).unwrap();
    let state = bench.store.rows().challenges[&older.id].value.state;
    assert!(matches!(state, State::Replaced { .. }));
    assert!(bench.respond(&response(&newer.question)).is_ok());
}

#[test]
fn an_expired_challenge_is_not_answered() {
    let bench = bench();
    let challenge = bench.issue(None).unwrap();
    bench.clock.advance_s(120);
    assert!(bench.respond(&response(&challenge.question)).is_err());
}

#[test]
fn a_challenge_to_one_device_is_bound_to_its_authenticator() {
    let bench = bench();
    let challenge = bench.issue(Some("13151")).unwrap();
    let bound = challenge.authenticator.unwrap();
    let accepted = bench.respond(&response(&challenge.question)).unwrap();
    assert_eq!(accepted.authenticator, bound);
}

#[test]
fn the_ninth_challenge_without_an_answer_is_refused_until_its_time() {
    let bench = bench();
    for _ in 0..8 {
        bench.issue(None).unwrap();
    }
    assert_eq!(bench.issue(None).unwrap_err(), Refusal::TooManyChallenges);
    bench.clock.advance_s(1800);
    assert!(bench.issue(None).is_ok());
    assert_eq!(bench.tally().open_challenges, 1);
}

#[test]
fn a_right_answer_begins_the_count_of_challenges_anew() {
    let bench = bench();
    for _ in 0..7 {
        bench.issue(None).unwrap();
    }
    let last = bench.issue(None).unwrap();
    assert!(bench.respond(&response(&last.question)).is_ok());
    assert!(bench.issue(None).is_ok());
}

#[test]
fn a_question_has_the_suites_full_length_and_no_leading_zero() {
    let bench = Bench::with(
        Limits {
            max_open_challenges: 1000,
            ..Limits::default()
        },
        vec![ocra(Some(SUITE), None)],
    );
    for _ in 0..200 {
        let question = bench.issue(None).unwrap().question;
        assert_eq!(question.len(), 8);
        assert!(!question.starts_with('0'));
        assert!(question.bytes().all(|byte| byte.is_ascii_digit()));
    }
}

#[test]
fn an_approval_is_consumed_once_and_a_declined_one_never() {
    for (decision, consumable) in [(Decision::Approve, true), (Decision::Decline, false)] {
        let bench = bench();
        let challenge = bench.issue_for(Purpose::Approve, None).unwrap();
        let context = bench.context();
        block_on(bench.verifier.approve(&context, challenge.id, decision)).unwrap();
        let first = block_on(bench.verifier.consume(&context, challenge.id));
        let second = block_on(bench.verifier.consume(&context, challenge.id));
        assert_eq!(first.is_ok(), consumable);
        assert!(matches!(second, Err(Refusal::OutOfTurn(_))));
    }
}

#[test]
fn a_challenge_that_asks_for_a_response_cannot_be_approved() {
    let bench = bench();
    let challenge = bench.issue(None).unwrap();
    let context = bench.context();
    let approved = block_on(
        bench
            .verifier
            .approve(&context, challenge.id, Decision::Approve),
    );
    assert!(matches!(approved, Err(Refusal::OutOfTurn(_))));
    assert!(bench.respond(&response(&challenge.question)).is_ok());
}

#[test]
fn a_cancelled_challenge_takes_no_answer() {
    let bench = bench();
    let challenge = bench.issue(None).unwrap();
    block_on(bench.verifier.cancel(&bench.context(), challenge.id)).unwrap();
    assert!(bench.respond(&response(&challenge.question)).is_err());
}

#[test]
fn a_locked_user_approves_nothing() {
    let bench = bench();
    let challenge = bench.issue_for(Purpose::Approve, None).unwrap();
    for _ in 0..5 {
        assert!(bench.respond("00000000").is_err());
    }
    let context = bench.context();
    let approved = block_on(
        bench
            .verifier
            .approve(&context, challenge.id, Decision::Approve),
    );
    assert_eq!(approved.unwrap_err(), Refusal::NotVerified(Why::Locked));
    bench.clock.advance_s(60);
    let declined = block_on(
        bench
            .verifier
            .approve(&context, challenge.id, Decision::Decline),
    );
    assert!(declined.is_ok());
}

#[test]
fn a_revoked_authenticator_on_the_device_is_not_asked() {
    let bench = Bench::with(Limits::default(), vec![ocra(Some(SUITE), None)]);
    bench.each_movement(|movement| movement.status = Status::Revoked);
    assert_eq!(
        bench.issue(None).unwrap_err(),
        Refusal::NotFound("authenticator")
    );
}
