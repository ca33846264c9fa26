//! Guessing at linking codes: limits, work, and that nothing is told beyond them.

use challenge::approval::{Limit, Puzzle, Refused, WRONG_WITHOUT_WORK, Work};

use super::phone::{Desk, Phone, USER};

/// A code that is not open.
fn wrong_code(right: &str) -> String {
    let number: u64 = right.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

fn guess(desk: &Desk, code: &str, address: &str, work: Option<Work<'_>>) -> Result<(), Refused> {
    desk.link_from(&mut Phone::new(), code, address, work)
        .map(|_| ())
}

#[test]
fn the_sixth_guess_from_an_address_is_not_looked_at_even_if_it_is_right() {
    let desk = Desk::new();
    let right = desk.code_for(USER);
    let wrong = wrong_code(&right);
    for _ in 0..5 {
        assert_eq!(
            guess(&desk, &wrong, "192.0.2.1", None),
            Err(Refused::BadLinkingCode)
        );
    }
    let limit = Err(Refused::LimitReached(Limit::Guesses));
    for spelling in ["192.0.2.1", "::ffff:192.0.2.1"] {
        assert_eq!(guess(&desk, &right, spelling, None), limit);
    }
    assert_eq!(guess(&desk, &right, "192.0.2.2", None), Ok(()));
    let fresh = desk.code_for("another");
    desk.bench.clock.advance_s(3599);
    assert_eq!(guess(&desk, &fresh, "192.0.2.1", None), limit);
    desk.bench.clock.advance_s(1);
    let fresh = desk.code_for("another");
    assert_eq!(guess(&desk, &fresh, "192.0.2.1", None), Ok(()));
}

#[test]
fn a_network_of_ipv6_addresses_is_one_place() {
    let desk = Desk::new();
    let wrong = wrong_code(&desk.code_for(USER));
    for host in 1..=5 {
        let address = format!("2001:db8:1:2::{host}");
        assert_eq!(
            guess(&desk, &wrong, &address, None),
            Err(Refused::BadLinkingCode)
        );
    }
    let same = guess(&desk, &wrong, "2001:db8:1:2:ffff::1", None);
    assert_eq!(same, Err(Refused::LimitReached(Limit::Guesses)));
    let other = guess(&desk, &wrong, "2001:db8:1:3::1", None);
    assert_eq!(other, Err(Refused::BadLinkingCode));
}

/// Solves a puzzle for a code, as a phone does.
fn solved(puzzle: &Puzzle, code: &str) -> String {
    let nonces = (0_u64..).map(|number| number.to_string());
    let solves = |nonce: &String| {
        let seed = &puzzle.seed;
        Work { seed, nonce }.solves(code, puzzle.bits)
    };
    nonces.into_iter().find(solves).unwrap()
}

#[test]
fn above_a_hundred_wrong_guesses_every_guess_needs_work_of_its_own() {
    let desk = Desk::new();
    let right = desk.code_for(USER);
    let wrong = wrong_code(&right);
    for number in 0..WRONG_WITHOUT_WORK {
        let address = format!("203.0.113.{number}");
        assert_eq!(
            guess(&desk, &wrong, &address, None),
            Err(Refused::BadLinkingCode)
        );
    }
    let Err(Refused::WorkNeeded(puzzle)) = guess(&desk, &right, "192.0.2.1", None) else {
        panic!("a guess was looked at without work");
    };
    assert_eq!(puzzle.bits, 18);
    let nonce = solved(&puzzle, &right);
    let (seed, nonce) = (&*puzzle.seed, &*nonce);
    let needs_work = |code: &str, work| {
        matches!(
            guess(&desk, code, "192.0.2.1", Some(work)),
            Err(Refused::WorkNeeded(_))
        )
    };
    assert!(
        needs_work(&wrong, Work { seed, nonce }),
        "it is bound to the code"
    );
    assert!(
        needs_work(&right, Work { seed: "00", nonce }),
        "and to the seed"
    );
    desk.bench.clock.advance_s(600);
    assert!(needs_work(&right, Work { seed, nonce }), "and to its time");
    let Err(Refused::WorkNeeded(puzzle)) = guess(&desk, &right, "192.0.2.1", None) else {
        panic!("a guess was looked at without work");
    };
    let nonce = solved(&puzzle, &right);
    let work = Work {
        seed: &puzzle.seed,
        nonce: &nonce,
    };
    assert_eq!(guess(&desk, &right, "192.0.2.1", Some(work)), Ok(()));
}
