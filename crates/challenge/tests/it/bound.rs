//! Challenges that are bound to one authenticator and one client: grids, cards, and what the client
//! made the question of.

use challenge::directory::Method;
use challenge::issuance::Asked;
use challenge::lifecycle::Challenge;
use challenge::lockout::ISSUED_PER_MINUTE;
use challenge::methods::card::Card;
use challenge::methods::grid::{LABELS, Mode};
use challenge::policy::Limits;
use challenge::refusal::{Gone, Refusal, Why};
use challenge::which::Which;

use crate::agent::{Agent, gone, wrong};
use crate::bench::{Bench, KEY, START, ocra, ocra_code};

const SUITE: &str = "OCRA-1:HOTP-SHA1-6:QN08";

fn grid() -> Method {
    Method::Grid {
        mode: Mode::Path,
        wraps: true,
    }
}

/// How a client names a challenge, if it does.
type Name = fn(&Challenge) -> Option<String>;

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
    assert_eq!(replaced.unwrap_err(), gone(2, Gone::Unknown));
    let right = agent.respond(Which::ANY, None, &read_off(&third.question));
    right.unwrap();
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
    assert_eq!(made.unwrap_err(), gone(4, Gone::Unknown));
    let code = read_off(&challenge.question);
    agent.respond(Which::ANY, None, &code).unwrap();
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
    let unnamed = unnamed.unwrap_err();
    assert!(matches!(unnamed, Refusal::DoesNotFit(_)), "{unnamed:?}");
    let swapped = agent.respond(Which::ANY, Some("13113131"), &code);
    assert_eq!(swapped.unwrap_err(), gone(4, Gone::Unknown));
    let cc = challenge.question.clone();
    agent.respond(Which::ANY, Some(&cc), &code).unwrap();
}

#[test]
fn the_challenge_that_is_named_is_answered_though_a_newer_one_waits() {
    let methods = vec![ocra(Some(SUITE), None), ocra(Some(SUITE), None)];
    let bench = Bench::with(Limits::default(), methods);
    let agent = Agent::named(&bench, "spl-api");
    let of = |serial| Which {
        serial: Some(serial),
        ..Which::ANY
    };
    let older = agent.issue(of("10000000"), Asked::Drawn).unwrap();
    let newer = agent.issue(of("10000001"), Asked::Drawn).unwrap();
    for challenge in [older, newer] {
        let code = ocra_code(SUITE, &challenge.question, 0, START);
        let cc = challenge.question.clone();
        agent.respond(Which::ANY, Some(&cc), &code).unwrap();
    }
}

#[test]
fn a_card_that_is_asked_for_is_not_answered_by_a_grid() {
    let bench = Bench::with(Limits::default(), vec![grid(), Method::Card]);
    let agent = Agent::named(&bench, "spl-api");
    let of = |product| Which {
        product: Some(product),
        ..Which::ANY
    };
    agent.issue(of("GridID"), Asked::Drawn).unwrap();
    let grid = agent.issue(of("GridGo"), Asked::Drawn).unwrap();
    let code = read_off(&grid.question);
    let of_cards = Which {
        kinds: &["card"],
        ..Which::ANY
    };
    assert!(agent.respond(of_cards, None, &code).is_err());
    let of_codes = Which {
        kinds: &["hotp"],
        ..Which::ANY
    };
    assert!(agent.respond(of_codes, None, &code).is_err());
    agent.respond(of("GridGo"), None, &code).unwrap();
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
