//! Static passwords: counted like every answer, and clearing no more than they prove.

use async_trait::async_trait;
use challenge::approval::pin::{CannotHash, PinHasher};
use challenge::directory::UserKey;
use challenge::password::PasswordAnswer;
use challenge::policy::Limits;
use challenge::refusal::{Refusal, Why};
use secrecy::{ExposeSecret as _, SecretString};

use crate::agent::wrong;
use crate::bench::*;

const PASSWORD: &str = "correct horse";

/// Stands in for Argon2id, which is tested where it is called: a hash is the password itself.
struct Plain;

#[async_trait]
impl PinHasher for Plain {
    async fn hash(&self, pin: SecretString) -> Result<String, CannotHash> {
        Ok(pin.expose_secret().to_owned())
    }

    async fn matches(&self, hash: String, unverified: SecretString) -> Result<bool, CannotHash> {
        Ok(hash == unverified.expose_secret())
    }
}

fn bench(policies_of_tokens: &[&str]) -> Bench {
    let limits = Limits {
        static_password: true,
        ..Limits::default()
    };
    let bench = Bench::with(limits, vec![hotp()]);
    let mut rows = bench.store.rows();
    let (user, tokens) = &mut rows.users[0];
    user.password_hash = Some(PASSWORD.to_owned());
    for token in tokens {
        token.policies = policies_of_tokens.iter().map(ToString::to_string).collect();
    }
    drop(rows);
    bench
}

fn give(bench: &Bench, password: &str) -> Result<(), Refusal> {
    let answer = PasswordAnswer {
        context: bench.context(),
        user: UserKey::LoginName("myTestUser1"),
        policy: None,
        unverified_password: &SecretString::from(password),
    };
    block_on(bench.verifier.answer_password(&answer, &Plain)).map(drop)
}

#[test]
fn a_right_password_leaves_wrong_codes_of_a_token_under_the_same_policy_counted() {
    let bench = bench(&[POLICY]);
    for left in [4, 3, 2, 1] {
        assert_eq!(bench.otp("000000").unwrap_err(), wrong(left));
    }
    assert_eq!(give(&bench, PASSWORD), Ok(()));
    assert_eq!(bench.tally().failures, 4);
    assert_eq!(bench.tally().total_succeeded, 1);
    assert!(bench.otp("000000").is_err());
    let locked = Refusal::NotVerified(Why::Locked);
    assert_eq!(bench.otp(&hotp_code(0)).unwrap_err(), locked);
    assert_eq!(give(&bench, PASSWORD), Err(locked));
}

#[test]
fn a_right_password_under_a_policy_of_its_own_clears_what_was_counted_there() {
    let bench = bench(&[]);
    for left in [4, 3] {
        assert_eq!(give(&bench, "wrong"), Err(wrong(left)));
    }
    assert_eq!(give(&bench, PASSWORD), Ok(()));
    assert_eq!(bench.tally().failures, 0);
}

#[test]
fn wrong_passwords_lock_and_the_last_one_is_told_as_locked() {
    let bench = bench(&[]);
    for left in [4, 3, 2, 1] {
        assert_eq!(give(&bench, "wrong"), Err(wrong(left)));
    }
    let locked = Refusal::NotVerified(Why::Locked);
    assert_eq!(give(&bench, "wrong"), Err(locked.clone()));
    assert_eq!(give(&bench, PASSWORD), Err(locked));
    bench.clock.advance_s(Limits::default().lock_s);
    assert_eq!(give(&bench, PASSWORD), Ok(()));
}
