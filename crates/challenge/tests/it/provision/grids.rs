//! Grids, cards and codes sent on demand: what a file may say of them, and what is refused.

use challenge::directory::Method;
use challenge::directory::provision::{AuthenticatorBlueprint, KeySource, Kind};
use challenge::methods::grid::Mode;

use super::stage::{Stage, bank, token};

fn grid(path: &str) -> AuthenticatorBlueprint {
    let mut grid = AuthenticatorBlueprint::new("G-1", Kind::Grid);
    grid.path = Some(path.into());
    grid
}

fn problems(token: AuthenticatorBlueprint) -> String {
    let (stage, mut bank) = (Stage::new(), bank());
    bank.tenants[0].users[0].authenticators[0] = token;
    stage.problems(&bank).join("\n")
}

#[test]
fn each_kind_is_enrolled_with_the_product_that_it_is_sold_as() {
    let (stage, mut bank) = (Stage::new(), bank());
    let mut on_demand = AuthenticatorBlueprint::new("60000000", Kind::OnDemand);
    on_demand.digits = Some(8);
    let mut card = token("50000000", Kind::Card);
    card.key = KeySource::Generate;
    bank.tenants[0].users[0].authenticators = vec![grid("123456"), card, on_demand];
    stage.apply(&bank);
    for (serial, product, method) in [
        (
            "G-1",
            "GridGo",
            Method::Grid {
                mode: Mode::Path,
                wraps: true,
            },
        ),
        ("50000000", "GridID", Method::Card),
        ("60000000", "T-Pass", Method::OnDemand { digits: 8 }),
    ] {
        let stored = stage.store.token(serial);
        assert_eq!(stored.product.as_deref(), Some(product));
        assert_eq!(stored.method, method);
        assert!(!stored.secret.as_bytes().is_empty());
    }
    assert!(
        stage.plan(&bank).unwrap().changes.is_empty(),
        "applied again, nothing changes"
    );
}

#[test]
fn another_spelling_of_a_path_is_the_same_path() {
    let (stage, mut bank) = (Stage::new(), bank());
    bank.tenants[0].users[0].authenticators[0] = grid("123456");
    stage.apply(&bank);
    let enrolled = stage.store.token("G-1");
    bank.tenants[0].users[0].authenticators[0] = grid("22E55D");
    stage.apply(&bank);
    assert_eq!(stage.store.token("G-1").enrolment, enrolled.enrolment);
    bank.tenants[0].users[0].authenticators[0] = grid("123459");
    stage.apply(&bank);
    assert_eq!(stage.store.token("G-1").enrolment, enrolled.enrolment + 1);
}

#[test]
fn a_path_that_is_easily_guessed_is_refused_when_it_is_new() {
    for (path, expected) in [
        ("12345", "6"),
        ("000000", "path"),
        ("090909", "path"),
        ("12345x", "path"),
        ("", "path"),
    ] {
        let told = problems(grid(path));
        assert!(
            told.contains("path: ") && told.contains(expected),
            "{path}: {told}"
        );
        assert!(path.len() < 4 || !told.contains(path), "{path}: {told}");
    }
}

#[test]
fn a_grid_without_a_path_or_with_another_mode_asks_for_one() {
    let mut without = grid("123456");
    without.path = None;
    let told = problems(without.clone());
    assert!(told.contains("path: it is missing"), "{told}");

    let (stage, mut bank) = (Stage::new(), bank());
    bank.tenants[0].users[0].authenticators[0] = grid("123456");
    stage.apply(&bank);
    bank.tenants[0].users[0].authenticators[0] = without.clone();
    assert!(
        stage.plan(&bank).unwrap().changes.is_empty(),
        "the path stays as it is"
    );
    without.grid_mode = Some(Mode::Cells);
    bank.tenants[0].users[0].authenticators[0] = without;
    let told = stage.problems(&bank).join("\n");
    assert!(
        told.contains("path: it is missing; a grid of mode cells"),
        "{told}"
    );
}

#[test]
fn a_card_needs_a_secret() {
    let told = problems(AuthenticatorBlueprint::new("5", Kind::Card));
    assert!(told.contains("secret: it is missing"), "{told}");
}

#[test]
fn what_a_kind_does_not_use_is_warned_about() {
    let (stage, mut bank) = (Stage::new(), bank());
    let mut on_demand = token("60000000", Kind::OnDemand);
    on_demand.path = Some("123456".into());
    on_demand.suite = Some("OCRA-1:HOTP-SHA1-8:QN08".to_owned());
    bank.tenants[0].users[0].authenticators[0] = on_demand;
    let told = stage.apply(&bank);
    let told: Vec<_> = told.warnings.iter().map(ToString::to_string).collect();
    let expected = "suite, path, secret: not used by kind on_demand";
    assert!(told.iter().any(|one| one.contains(expected)), "{told:?}");
}
