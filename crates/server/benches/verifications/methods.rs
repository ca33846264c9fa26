//! What one verification computes, without HTTP and without a store.

use std::hint::black_box;
use std::time::Duration;

use oath::ocra::{Input, Suite, Window};
use oath::{Algorithm, Hotp, Key};

/// How long each is measured.
const MEASURED: Duration = Duration::from_millis(300);

/// Prints the cost of each method with the windows of the default policy.
pub(crate) fn print() {
    println!("Method, with the windows of the default policy | ns a verification");
    let key = Key::new(*b"12345678901234567890").expect("a key of 20 bytes");
    for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
        let hotp = Hotp {
            algorithm,
            ..Hotp::default()
        };
        let cost = time(|counter| {
            black_box(hotp.find(&key, black_box(counter), 4, black_box("000000")));
        });
        println!("HOTP {algorithm}, 4 counters | {cost}");
    }
    for (suite, window) in [
        ("OCRA-1:HOTP-SHA1-8:QN08", Window::EXACT),
        (
            "OCRA-1:HOTP-SHA256-8:C-QN08",
            Window {
                counters: 4,
                ..Window::EXACT
            },
        ),
        (
            "OCRA-1:HOTP-SHA512-8:QA64-T1M",
            Window {
                counters: 1,
                steps_back: 1,
                steps_forward: 1,
            },
        ),
    ] {
        let parsed = Suite::parse(suite).expect("a suite of RFC 6287's grammar");
        let cost = time(|counter| {
            let input = Input {
                counter: parsed.has_counter().then_some(counter),
                question: parsed
                    .question(black_box("12345678"))
                    .expect("it fits every suite here"),
                pin: None,
                session: None,
                time_step: parsed.time_step(1_700_000_000),
            };
            black_box(parsed.find(&key, &input, &window, black_box("00000000"))).ok();
        });
        println!("{suite} | {cost}");
    }
}

/// Nanoseconds a call.
fn time(mut call: impl FnMut(u64)) -> u128 {
    let (begin, mut calls) = (tokio::time::Instant::now(), 0_u64);
    while begin.elapsed() < MEASURED {
        for _ in 0..100 {
            call(calls);
            calls += 1;
        }
    }
    begin.elapsed().as_nanos() / u128::from(calls.max(1))
}
