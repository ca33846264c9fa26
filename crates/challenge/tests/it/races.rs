//! Races on threads: one code at once is accepted once, and the limit is the limit exactly.

use std::sync::Barrier;
use std::thread;

use challenge::policy::Limits;
use proptest::prelude::*;

use crate::bench::{Bench, START, hotp, hotp_code, ocra, ocra_code};

const AT_ONCE: usize = 32;

/// Runs `act` on many threads at once and counts its successes.
fn successes(act: impl Fn() -> bool + Sync) -> usize {
    let barrier = Barrier::new(AT_ONCE);
    let run = || {
        barrier.wait();
        act()
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(run)).collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .filter(|won| *won)
            .count()
    })
}

#[test]
fn one_code_at_once_is_accepted_once() {
    for _ in 0..20 {
        let bench = Bench::with(
            Limits {
                max_failures: 1000,
                ..Limits::default()
            },
            vec![hotp()],
        );
        let code = hotp_code(0);
        assert_eq!(successes(|| bench.otp(&code).is_ok()), 1);
        assert_eq!(bench.tally().total_failed, 31);
        assert_eq!(bench.events(), AT_ONCE);
    }
}

#[test]
fn one_response_and_one_signature_at_once_are_accepted_once() {
    let (suite, signing) = ("OCRA-1:HOTP-SHA1-8:QN08", "OCRA-1:HOTP-SHA1-8:QA64");
    for _ in 0..10 {
        let limits = Limits {
            max_failures: 1000,
            ..Limits::default()
        };
        let bench = Bench::with(limits, vec![ocra(Some(suite), Some(signing))]);
        let question = bench.issue(None).unwrap().question;
        let response = ocra_code(suite, &question, 0, START);
        assert_eq!(successes(|| bench.respond(&response).is_ok()), 1);
        let signature = ocra_code(signing, "10000", 0, START);
        assert_eq!(successes(|| bench.sign(&["10000"], &signature).is_ok()), 1);
    }
}

#[test]
fn wrong_answers_at_once_are_evaluated_up_to_the_limit_exactly() {
    for _ in 0..20 {
        let bench = Bench::with(Limits::default(), vec![hotp()]);
        assert_eq!(successes(|| bench.otp("000000").is_ok()), 0);
        let tally = bench.tally();
        assert_eq!((tally.failures, tally.total_failed), (5, 5));
        assert_eq!(bench.events(), AT_ONCE, "every answer left its event");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever order codes come in, no counter is accepted twice, none before one accepted, and
    /// never one while locked.
    #[test]
    fn no_order_of_codes_gets_one_accepted_twice(
        counters in prop::collection::vec(0_u64..12, 1..60),
    ) {
        let bench = Bench::with(Limits { max_failures: 3, ..Limits::default() }, vec![hotp()]);
        let (mut next, mut failures) = (0, 0);
        for counter in counters {
            let accepted = bench.otp(&hotp_code(counter)).is_ok();
            let expected = failures < 3 && (next..next + 4).contains(&counter);
            prop_assert_eq!(accepted, expected, "counter {} at {}", counter, next);
            if accepted {
                (next, failures) = (counter + 1, 0);
            } else if failures < 3 {
                failures += 1;
            }
        }
    }
}
