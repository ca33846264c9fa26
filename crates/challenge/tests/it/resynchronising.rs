//! Resynchronisation through the verifier: two consecutive codes, and no way around the lock.

use challenge::administration::Actor;
use challenge::policy::Limits;
use challenge::refusal::{Refusal, Why};
use challenge::resynchronisation::Resynchronised;

use crate::bench::{Bench, block_on, hotp, hotp_code, totp};

const OPERATOR: Actor<'_> = Actor {
    name: "operator",
    door: challenge::door::Door::CommandLine,
    address: None,
    correlation: None,
};

fn resynchronise(
    bench: &Bench,
    first: &str,
    second: Option<&str>,
) -> Result<Resynchronised, Refusal> {
    let key = challenge::directory::UserKey::LoginName("myTestUser1");
    let tenant = bench.tenant.tenant.id;
    let record = block_on(bench.verifier.catalogue.user(tenant, key))
        .unwrap()
        .unwrap();
    let codes = (first, second);
    block_on(
        bench
            .verifier
            .resynchronise(&OPERATOR, &bench.tenant, &record.authenticators, codes),
    )
}

#[test]
fn two_codes_bring_a_token_back_and_are_spent() {
    let bench = Bench::with(Limits::default(), vec![hotp()]);
    assert!(bench.otp(&hotp_code(100)).is_err());
    let done = resynchronise(&bench, &hotp_code(100), Some(&hotp_code(101)));
    assert_eq!(done, Ok(Resynchronised::Done));
    assert!(bench.otp(&hotp_code(101)).is_err());
    assert!(bench.otp(&hotp_code(102)).is_ok());
}

#[test]
fn one_code_and_then_a_login_with_the_next_bring_a_token_back() {
    let bench = Bench::with(Limits::default(), vec![hotp()]);
    let waiting = resynchronise(&bench, &hotp_code(100), None);
    assert_eq!(waiting, Ok(Resynchronised::Awaiting));
    assert!(bench.otp(&hotp_code(101)).is_ok());
    assert!(bench.otp(&hotp_code(102)).is_ok());
}

#[test]
fn wrong_codes_count_and_a_lock_holds_here_too() {
    let bench = Bench::with(
        Limits {
            max_failures: 2,
            ..Limits::default()
        },
        vec![hotp()],
    );
    assert!(resynchronise(&bench, "000000", Some("000001")).is_err());
    assert!(resynchronise(&bench, "000000", Some("000001")).is_err());
    let right = resynchronise(&bench, &hotp_code(100), Some(&hotp_code(101)));
    assert_eq!(right, Err(Refusal::NotVerified(Why::Locked)));
    assert!(bench.otp(&hotp_code(0)).is_err());
}

#[test]
fn a_device_with_several_tokens_counts_a_wrong_code_once_and_finds_the_right_token() {
    let bench = Bench::with(Limits::default(), vec![totp(), hotp()]);
    assert!(resynchronise(&bench, "000000", None).is_err());
    assert_eq!(bench.tally().failures, 1);
    let done = resynchronise(&bench, &hotp_code(100), Some(&hotp_code(101)));
    assert_eq!(done, Ok(Resynchronised::Done));
    assert!(bench.otp(&hotp_code(102)).is_ok());
}

#[test]
fn a_code_given_for_resynchronisation_is_spent_for_every_token_with_that_key() {
    let bench = Bench::with(Limits::default(), vec![hotp(), hotp()]);
    let waiting = resynchronise(&bench, &hotp_code(0), None);
    assert_eq!(waiting, Ok(Resynchronised::Awaiting));
    assert!(bench.otp(&hotp_code(0)).is_err());
    assert!(bench.otp(&hotp_code(1)).is_ok());
}
