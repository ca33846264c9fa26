//! HOTP and TOTP through the verifier: each code once, failures counted, locks held.

use challenge::audit::Outcome;
use challenge::policy::Limits;
use challenge::refusal::{Refusal, Why};

use crate::bench::{Bench, block_on, hotp, hotp_code, ocra, totp, totp_code};

fn wrong(attempts_left: u32) -> Refusal {
    Refusal::NotVerified(Why::Wrong { attempts_left })
}

#[test]
fn a_code_is_accepted_once_and_then_never_again() {
    let bench = Bench::with(Limits::default(), vec![hotp()]);
    assert!(bench.otp(&hotp_code(0)).is_ok());
    assert_eq!(bench.otp(&hotp_code(0)).unwrap_err(), wrong(4));
    assert!(bench.otp(&hotp_code(1)).is_ok());
}

#[test]
fn a_code_ahead_spends_all_before_it() {
    let bench = Bench::with(Limits::default(), vec![hotp()]);
    assert!(bench.otp(&hotp_code(3)).is_ok());
    for counter in 0..=3 {
        assert!(bench.otp(&hotp_code(counter)).is_err());
    }
    assert!(bench.otp(&hotp_code(4)).is_ok());
}

#[test]
fn a_time_step_is_accepted_once_and_the_one_before_it_not_after_it() {
    let bench = Bench::with(Limits::default(), vec![totp()]);
    assert!(bench.otp(&totp_code(&bench, 0)).is_ok());
    assert!(bench.otp(&totp_code(&bench, 0)).is_err());
    assert!(bench.otp(&totp_code(&bench, -1)).is_err());
    bench.clock.advance_s(30);
    assert!(bench.otp(&totp_code(&bench, 0)).is_ok());
}

#[test]
fn a_wrong_last_try_locks_and_then_the_right_code_is_refused() {
    let bench = Bench::with(Limits::default(), vec![hotp()]);
    for left in (1..5).rev() {
        assert_eq!(bench.otp("000000").unwrap_err(), wrong(left));
    }
    assert_eq!(
        bench.otp("000000").unwrap_err(),
        Refusal::NotVerified(Why::Locked)
    );
    assert_eq!(
        bench.otp(&hotp_code(0)).unwrap_err(),
        Refusal::NotVerified(Why::Locked)
    );
    assert_eq!(
        bench.tally().failures,
        5,
        "answers to a lock are not counted"
    );
    bench.clock.advance_s(1800);
    assert!(bench.otp(&hotp_code(0)).is_ok());
    assert_eq!(bench.tally().failures, 0);
}

#[test]
fn all_authenticators_and_methods_of_a_user_share_one_count() {
    let suite = Some("OCRA-1:HOTP-SHA1-8:QN08");
    let bench = Bench::with(Limits::default(), vec![hotp(), totp(), ocra(suite, None)]);
    assert_eq!(
        bench.otp("000000").unwrap_err(),
        wrong(4),
        "two candidates count once"
    );
    bench.issue(None).unwrap();
    assert_eq!(bench.respond("00000000").unwrap_err(), wrong(3));
}

#[test]
fn a_right_code_of_another_authenticator_is_found() {
    let bench = Bench::with(Limits::default(), vec![hotp(), totp()]);
    assert!(bench.otp(&totp_code(&bench, 0)).is_ok());
    assert!(bench.otp(&hotp_code(0)).is_ok());
}

#[test]
fn a_code_for_an_authenticator_that_makes_none_says_what_is_needed() {
    let bench = Bench::with(
        Limits::default(),
        vec![ocra(Some("OCRA-1:HOTP-SHA1-8:QN08"), None)],
    );
    let Refusal::DoesNotFit(text) = bench.otp("123456").unwrap_err() else {
        panic!("not a misfit");
    };
    assert!(
        text.contains("hotp, totp or on_demand") && text.contains("ocra"),
        "{text}"
    );
    assert_eq!(bench.tally().failures, 0);
}

#[test]
fn an_unknown_user_leaves_an_event_and_no_count() {
    let bench = Bench::with(Limits::default(), vec![hotp()]);
    let proof = challenge::answer::Proof::OneTimePassword("755224");
    let refusal = block_on(bench.give_as("nobody", proof)).unwrap_err();
    assert_eq!(refusal, Refusal::NotVerified(Why::UnknownUser));
    let rows = bench.store.rows();
    let event = rows.events.last().unwrap();
    assert_eq!((event.outcome, event.user), (Outcome::NotFound, None));
    assert_eq!(event.detail.named_user.as_deref(), Some("nobody"));
}

#[test]
fn codes_that_are_no_digits_of_the_right_number_are_wrong() {
    let limits = Limits {
        max_failures: 1000,
        ..Limits::default()
    };
    let bench = Bench::with(limits, vec![hotp()]);
    let full_width: String = "755224".chars().map(wide).collect();
    for code in [
        "",
        " 755224",
        "755224 ",
        "75522",
        "0755224",
        "7552244",
        &full_width,
    ] {
        assert!(bench.otp(code).is_err(), "{code:?}");
    }
    assert!(bench.otp("755224").is_ok());
}

/// The full-width form of a digit: a digit to Unicode, and none to us.
fn wide(digit: char) -> char {
    char::from_u32(0xFF10 + digit.to_digit(10).unwrap()).unwrap()
}

#[test]
fn a_store_that_fails_accepts_nothing() {
    let bench = Bench::with(Limits::default(), vec![hotp()]);
    bench.store.rows().broken = true;
    assert!(matches!(
        bench.otp(&hotp_code(0)),
        Err(Refusal::Unavailable(_))
    ));
    bench.store.rows().broken = false;
    assert!(bench.otp(&hotp_code(0)).is_ok(), "and nothing was spent");
}

#[test]
fn every_answer_leaves_one_event() {
    let bench = Bench::with(Limits::default(), vec![hotp()]);
    for code in [
        hotp_code(0),
        hotp_code(0),
        "000000".to_owned(),
        hotp_code(1),
    ] {
        let before = bench.events();
        let _ = bench.otp(&code);
        assert_eq!(bench.events(), before + 1);
    }
}

#[test]
fn a_code_of_a_key_that_two_tokens_share_is_accepted_once_for_both() {
    let bench = Bench::with(Limits::default(), vec![hotp(), hotp()]);
    assert!(bench.otp(&hotp_code(0)).is_ok());
    assert!(bench.otp(&hotp_code(0)).is_err());
    assert!(bench.otp(&hotp_code(1)).is_ok());
}

#[test]
fn a_token_that_got_another_key_is_not_used_with_the_one_read_before() {
    let bench = Bench::with(Limits::default(), vec![hotp()]);
    bench.each_movement(|movement| movement.enrolment += 1);
    let refusal = bench.otp(&hotp_code(0)).unwrap_err();
    assert_eq!(refusal, Refusal::NotVerified(Why::NoAuthenticator));
}

#[test]
fn a_token_without_a_movement_of_its_own_is_not_used() {
    let bench = Bench::with(Limits::default(), vec![hotp()]);
    bench.forget_movements();
    let refusal = bench.otp(&hotp_code(0)).unwrap_err();
    assert_eq!(refusal, Refusal::NotVerified(Why::NoAuthenticator));
}
