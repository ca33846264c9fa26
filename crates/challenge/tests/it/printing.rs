//! A card that is printed: its symbols are its secret, so every printing is told.

use std::sync::Arc;

use challenge::administration::Actor;
use challenge::audit::{EventKind, Outcome};
use challenge::directory::{Authenticator, Method};
use challenge::methods::card::Card;
use challenge::methods::grid::Mode;
use challenge::policy::Limits;
use challenge::refusal::Refusal;

use crate::bench::{Bench, KEY, block_on};

const OPERATOR: Actor<'static> = Actor {
    name: "operator",
    door: challenge::door::Door::CommandLine,
    address: None,
    correlation: None,
};

/// The bench's only authenticator.
fn authenticator(bench: &Bench) -> Arc<Authenticator> {
    let (_, all) = &bench.store.rows().users[0];
    Arc::new(all[0].clone())
}

fn print(bench: &Bench, one: &Arc<Authenticator>) -> Result<Card, Refusal> {
    block_on(bench.verifier.print_card(&OPERATOR, one))
}

#[test]
fn a_card_is_printed_as_its_secret_makes_it_and_that_is_told() {
    let bench = Bench::with(Limits::default(), vec![Method::Card]);
    let one = authenticator(&bench);
    let (printed, made) = (print(&bench, &one).unwrap(), Card::derive(KEY));
    let cells = (0..Card::ROWS).flat_map(|row| (0..Card::COLS).map(move |col| (row, col)));
    for (row, col) in cells {
        assert_eq!(printed.cell(row, col), made.cell(row, col));
    }
    assert_eq!(bench.events(), 1);
    let rows = bench.store.rows();
    let event = &rows.events[0];
    assert_eq!(
        (event.kind, event.outcome),
        (EventKind::PrintCard, Outcome::Done)
    );
    assert_eq!(event.detail.authenticator, Some(one.id));
    assert_eq!(event.detail.client.as_deref(), Some("operator"));
}

#[test]
fn printing_moves_nothing() {
    let bench = Bench::with(Limits::default(), vec![Method::Card]);
    let one = authenticator(&bench);
    let before = bench.store.rows().standings[&bench.user].value.clone();
    print(&bench, &one).unwrap();
    print(&bench, &one).unwrap();
    assert_eq!(bench.store.rows().standings[&bench.user].value, before);
    assert_eq!(bench.events(), 2);
}

#[test]
fn what_is_no_card_is_not_printed() {
    let grid = Method::Grid {
        mode: Mode::Path,
        wraps: true,
    };
    let bench = Bench::with(Limits::default(), vec![grid]);
    let refused = print(&bench, &authenticator(&bench)).unwrap_err();
    assert!(refused.to_string().contains("of kind grid"), "{refused}");
    assert_eq!(bench.events(), 0);
}

#[test]
fn a_locked_card_is_printed_and_a_revoked_one_is_not() {
    let bench = Bench::with(Limits::default(), vec![Method::Card]);
    let one = authenticator(&bench);
    block_on(bench.verifier.lock_authenticator(&OPERATOR, &one)).unwrap();
    print(&bench, &one).unwrap();
    block_on(bench.verifier.revoke_authenticator(&OPERATOR, &one)).unwrap();
    let refused = print(&bench, &one).unwrap_err();
    assert!(matches!(refused, Refusal::DoesNotFit(_)), "{refused}");
}
