//! Whatever was accepted between a backup and its restore is never accepted after it: a property, over what
//! users may do in between.

use challenge::answer::{Answer, Proof};
use challenge::clock::{Clock as _, Timestamp};
use challenge::directory::UserKey;
use challenge::refusal::Refusal;
use challenge::which::Which;
use proptest::prelude::*;

use crate::bench::{Bench, POLICY, block_on, fields, hotp, hotp_code, ocra, ocra_code};
use crate::restoring::{Backup, COUNTED, PLAIN, limits, resynchronise, totp, totp_code};

const TIMED: &str = "OCRA-1:HOTP-SHA1-8:QA64-T1M";

/// Something that a user gave and that was accepted.
#[derive(Clone, Debug)]
enum Given {
    Code(String),
    Signature([String; 2], String),
}

fn give(bench: &Bench, given: &Given) -> Result<(), Refusal> {
    let (proof, code);
    match given {
        Given::Code(text) => proof = Proof::OneTimePassword(text),
        Given::Signature(values, text) => {
            code = text.clone();
            let values: Vec<_> = values.iter().map(String::as_str).collect();
            proof = Proof::Signature {
                fields: fields(&values),
                unverified_code: &code,
            };
        }
    }
    let answer = Answer {
        context: bench.context(),
        user: UserKey::LoginName("myTestUser1"),
        policy: Some(POLICY),
        which: Which::ANY,
        proof,
        wants_token: false,
    };
    block_on(bench.verifier.answer(&answer)).map(|_| ())
}

/// What happens on the bench.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// The token's next code, after skipping some.
    Hotp(u64),
    /// Two codes of a token that ran ahead by so many.
    HotpTwice(u64),
    /// The code that the clock shows.
    Totp,
    /// A transaction, signed by the counter's next response.
    SignCounted(u8),
    /// A transaction, signed without anything that changes.
    SignPlain(u8),
    /// A transaction, signed with the time.
    SignTimed(u8),
    /// Seconds go by.
    Wait(u32),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0..4_u64).prop_map(Act::Hotp),
        (0..300_u64).prop_map(Act::HotpTwice),
        Just(Act::Totp),
        any::<u8>().prop_map(Act::SignCounted),
        any::<u8>().prop_map(Act::SignPlain),
        any::<u8>().prop_map(Act::SignTimed),
        (1..90_u32).prop_map(Act::Wait),
    ]
}

/// The tokens as they are: what they showed is behind them.
#[derive(Clone, Copy, Default)]
struct Tokens {
    hotp: u64,
    signatures: u64,
}

/// Plays one act; what was accepted by it.
fn play(bench: &Bench, tokens: &mut Tokens, act: Act) -> Vec<Given> {
    let text = |number: u8| ["transfer".to_owned(), number.to_string()];
    let question = |number: u8| format!("transfer{number}");
    let mut given = Vec::new();
    match act {
        Act::Hotp(skipped) => {
            tokens.hotp += skipped + 1;
            given.push(Given::Code(hotp_code(tokens.hotp - 1)));
        }
        Act::HotpTwice(skipped) => {
            tokens.hotp += skipped + 2;
            let codes = [tokens.hotp - 2, tokens.hotp - 1].map(hotp_code);
            let done = resynchronise(bench, &codes[0], &codes[1]);
            return match done {
                Ok(_) => codes.map(Given::Code).to_vec(),
                Err(_) => Vec::new(),
            };
        }
        Act::Totp => given.push(Given::Code(totp_code(bench, 0))),
        Act::SignCounted(number) => {
            tokens.signatures += 1;
            let now = bench.clock.now();
            let code = ocra_code(COUNTED, &question(number), tokens.signatures - 1, now);
            given.push(Given::Signature(text(number), code));
        }
        Act::SignPlain(number) => {
            let code = ocra_code(PLAIN, &question(number), 0, bench.clock.now());
            given.push(Given::Signature(text(number), code));
        }
        Act::SignTimed(number) => {
            let code = ocra_code(TIMED, &question(number), 0, bench.clock.now());
            given.push(Given::Signature(text(number), code));
        }
        Act::Wait(seconds) => bench.clock.advance_s(seconds),
    }
    given.retain(|given| give(bench, given).is_ok());
    given
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_was_accepted_between_backup_and_restore_is_never_accepted_after_it(
        before in proptest::collection::vec(act(), 0..8),
        between in proptest::collection::vec(act(), 1..16),
        set_back_s in 0..400_i64,
    ) {
        let signing = [COUNTED, PLAIN, TIMED].map(|suite| ocra(None, Some(suite)));
        let methods = [hotp(), totp()].into_iter().chain(signing);
        let bench = Bench::with(limits(), methods.collect());
        let mut tokens = Tokens::default();
        let mut accepted = Vec::new();
        for act in before {
            accepted.extend(play(&bench, &mut tokens, act));
        }
        let backup = Backup::of(&bench);
        for act in between {
            accepted.extend(play(&bench, &mut tokens, act));
        }
        let marked = backup.restore(&bench, false);
        prop_assert_eq!(marked.users, 1);
        // At once; with a clock that was set back, so that all of it is timely again; and later.
        let restored_at = bench.clock.now();
        for offset_s in [0, -set_back_s, 30, 60, 120] {
            let moment = restored_at.unix_ms() + offset_s * 1000;
            bench.clock.set(Timestamp::from_unix_ms(moment));
            for given in &accepted {
                prop_assert!(give(&bench, given).is_err(), "{given:?} at {offset_s} s");
            }
        }
    }
}
