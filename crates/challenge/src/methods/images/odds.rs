//! How often a blind guess at images is right: a test, whose figures stand in `docs/ocapi-kinds.md`.

/// The number of ways to take `of` out of `from`.
fn ways(from: u32, of: u32) -> f64 {
    if of > from {
        return 0.0;
    }
    (0..of).fold(1.0, |ways, n| ways * f64::from(from - n) / f64::from(n + 1))
}

/// The chance of whoever chooses `chosen` of the images blindly, knowing how challenges are made: of
/// `known` ones 2 to half show the class, each number equally likely, and `unknown` ones are passed over.
fn chance(known: u32, unknown: u32, chosen: u32) -> f64 {
    let most = known / 2;
    let each = (2..=most).map(|positive| {
        let free = chosen.checked_sub(positive);
        free.map_or(0.0, |free| ways(unknown, free)) / ways(known + unknown, chosen)
    });
    each.sum::<f64>() / f64::from(most - 1)
}

/// The chance of the best such guess.
fn best(known: u32, unknown: u32) -> f64 {
    let all = 1..=known + unknown;
    all.map(|chosen| chance(known, unknown, chosen))
        .fold(0.0, f64::max)
}

#[test]
fn a_blind_guess_is_right_once_in_so_many_times() {
    for (known, unknown, once_in) in [(8, 4, 132.0), (12, 0, 330.0), (8, 0, 84.0)] {
        let found = 1.0 / best(known, unknown);
        assert!(
            (found - once_in).abs() < 1.0,
            "{known} known, {unknown} unknown: once in {found}"
        );
    }
}

#[test]
fn the_formula_agrees_with_guesses_at_drawn_challenges() {
    use super::{pick, shows_all_chosen};
    use crate::corpus::pool_tests::{IMPORTED, classes};

    let pool = classes(&[60; 5], 200);
    let right = (0..20_000_u32).filter(|&salt| {
        let pick = pick(&pool, IMPORTED, &[salt]).unwrap();
        shows_all_chosen(&pick, &[0, 4, 9])
    });
    let found = f64::from(u32::try_from(right.count()).unwrap()) / 20_000.0;
    let expected = chance(8, 4, 3);
    // Four deviations of a binomial.
    let off = 4.0 * (expected / 20_000.0).sqrt();
    assert!((found - expected).abs() < off, "{found} {expected}");
}
