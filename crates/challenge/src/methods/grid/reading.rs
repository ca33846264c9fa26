//! Whether an answer is what the secret reads off the grid, in constant work.
//!
//! Every start is walked from and every comparison is made, whatever the answer says and however soon
//! it is clear: the time tells the length of the secret, which a policy shows anyway, and no more.

use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use super::cell::{Direction, Offset};
use super::secret::Shape;
use super::{CELLS, Cell, Grid, Secret, normalised};

/// Whether the secret reads this answer off the grid.
///
/// `wraps` says whether a path goes on at the opposite edge where it leaves the grid; without it, it
/// must not leave. Cells do not depend on it.
pub fn reads(grid: &Grid, secret: &Secret, wraps: bool, unverified: &str) -> bool {
    let given = normalised(unverified);
    let given = given.as_bytes();
    let right_length = given.len().ct_eq(&secret.response_length());
    let read = match &secret.0 {
        Shape::Path(steps) => {
            let starts = matching_starts(grid, steps, wraps, given);
            starts
                .into_iter()
                .fold(Choice::from(0), |any, matches| any | matches)
        }
        Shape::StartPath(start, steps) => {
            let starts = matching_starts(grid, steps, wraps, given);
            let starts = Cell::all().zip(starts);
            starts.fold(Choice::from(0), |any, (cell, matches)| {
                any | (matches & same(cell, *start))
            })
        }
        Shape::Cells(cells) => {
            let places = cells.iter().enumerate();
            places.fold(Choice::from(1), |all, (place, cell)| {
                all & symbol_of(grid, *cell).ct_eq(&symbol_at(given, place))
            })
        }
    };
    (read & right_length).into()
}

/// From which cells the path reads what was given.
fn matching_starts(grid: &Grid, steps: &[Direction], wraps: bool, given: &[u8]) -> [Choice; CELLS] {
    let wraps = Choice::from(u8::from(wraps));
    let mut matching = [Choice::from(1); CELLS];
    let mut offset = Offset::NOWHERE;
    for place in 0..=steps.len() {
        let wanted = symbol_at(given, place);
        for (start, matches) in Cell::all().zip(&mut matching) {
            let (cell, inside) = start.towards(offset);
            let allowed = wraps | Choice::from(u8::from(inside));
            *matches &= grid.symbol(cell).ct_eq(&wanted) & allowed;
        }
        if let Some(step) = steps.get(place) {
            offset = offset.and(*step);
        }
    }
    matching
}

/// The symbol given at a place; past the end a zero, which stands in no cell.
fn symbol_at(given: &[u8], place: usize) -> u8 {
    given.get(place).copied().unwrap_or(0)
}

/// The symbol of a secret cell, found by looking at every cell.
fn symbol_of(grid: &Grid, secret: Cell) -> u8 {
    Cell::all().fold(0, |found, cell| {
        u8::conditional_select(&found, &grid.symbol(cell), same(cell, secret))
    })
}

fn same(cell: Cell, other: Cell) -> Choice {
    cell.index().ct_eq(&other.index())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::methods::grid::attack::SAMPLE;
    use crate::methods::grid::{COLS, Mode, ROWS, SYMBOLS};
    use crate::rng::DangerCountingRng;

    fn secret(mode: Mode, text: &str) -> Secret {
        Secret::parse(mode, text).unwrap()
    }

    fn reads_on_sample(mode: Mode, text: &str, wraps: bool, answer: &str) -> bool {
        let sample = Grid::from_wire(SAMPLE).unwrap();
        reads(&sample, &secret(mode, text), wraps, answer)
    }

    #[test]
    fn the_vectors_on_the_sample_grid_are_read() {
        for (start, path, answer, wrapped) in [
            ("M4", "1234", "mx4b6", false),
            ("M4", "1109", "mx41t", false),
            ("A0", "0009", "5zudy", true),
            ("Z9", "4444", "x5cmh", true),
            ("D2", "631254", "zhsj97n", false),
            ("H4", "3333", "nnnm8", false),
        ] {
            let from_start = format!("{start}{path}");
            assert!(reads_on_sample(Mode::Path, path, true, answer), "{path}");
            assert!(reads_on_sample(Mode::StartPath, &from_start, true, answer));
            let without = reads_on_sample(Mode::StartPath, &from_start, false, answer);
            assert_eq!(without, !wrapped, "{from_start}");
            if !wrapped {
                assert!(reads_on_sample(Mode::Path, path, false, answer), "{path}");
            }
        }
    }

    #[test]
    fn the_vendors_card_is_read_along_its_path() {
        let card = Grid::known(&[
            ("M4", 'r'),
            ("N3", 'x'),
            ("P3", 'd'),
            ("P2", '6'),
            ("R2", 'n'),
            ("S3", '6'),
            ("R4", '9'),
        ]);
        assert!(reads(&card, &secret(Mode::Path, "1234"), true, "rx6n6"));
        assert!(reads(
            &card,
            &secret(Mode::StartPath, "M4 1234"),
            false,
            "rx6n6"
        ));
        assert!(!reads(
            &card,
            &secret(Mode::StartPath, "N4 1234"),
            false,
            "rx6n6"
        ));
        assert!(reads(
            &card,
            &secret(Mode::Cells, "M4 N3 P3 R4"),
            false,
            "rxd9"
        ));
    }

    #[test]
    fn letters_and_hours_name_the_same_steps() {
        // From M4: south, west, north-west, east, as the sample has it.
        for path in ["69A3", "s9b3", "DWAR", "sLae", "6WBE"] {
            assert_eq!(secret(Mode::Path, path).canonical().as_str(), "69A3");
        }
        let answer: String = ["M4", "M5", "K5", "J4", "K4"]
            .map(sample_symbol)
            .iter()
            .collect();
        assert!(reads_on_sample(Mode::StartPath, "M4 SLBR", false, &answer));
    }

    fn sample_symbol(label: &str) -> char {
        let sample = Grid::from_wire(SAMPLE).unwrap();
        char::from(sample.symbol(Cell::labelled(label).unwrap()))
    }

    #[test]
    fn an_answer_is_read_however_it_is_typed() {
        for typed in ["mx4b6", " MX4B6 ", "mx4 b6\n", "mX4B6"] {
            assert!(reads_on_sample(Mode::Path, "1234", true, typed), "{typed}");
        }
        // D1 is an m and Q is no symbol, so that nothing stands for it.
        let ones = Grid::known(&[
            ("A4", '1'),
            ("B3", '0'),
            ("C2", '1'),
            ("D1", 'm'),
            ("E0", '0'),
        ]);
        for (typed, right) in [("lOImo", true), ("10im0", true), ("1q1m0", false)] {
            assert_eq!(
                reads(&ones, &secret(Mode::Path, "1111"), false, typed),
                right
            );
        }
    }

    #[test]
    fn an_answer_of_another_length_is_wrong() {
        for typed in [
            "",
            "m",
            "mx4b",
            "mx4b66",
            "mx4b6mx4b6",
            "\0\0\0\0\0",
            "mx4b6\0",
        ] {
            for (mode, text) in [(Mode::Path, "1234"), (Mode::StartPath, "M41234")] {
                assert!(!reads_on_sample(mode, text, true, typed), "{typed:?}");
            }
        }
        let cells: String = ["M4", "A0", "Z9", "D2"].map(sample_symbol).iter().collect();
        assert!(reads_on_sample(Mode::Cells, "M4A0Z9D2", false, &cells));
        assert!(!reads_on_sample(
            Mode::Cells,
            "M4A0Z9D2",
            false,
            &cells[..3]
        ));
        let more = format!("{cells}{cells}");
        assert!(!reads_on_sample(Mode::Cells, "M4A0Z9D2", false, &more));
        let long = "m".repeat(100_000);
        assert!(!reads_on_sample(Mode::Path, "1234", true, &long));
    }

    #[test]
    fn nothing_is_read_off_a_blank_grid() {
        for (mode, text) in [
            (Mode::Path, "123456"),
            (Mode::StartPath, "M4 12345"),
            (Mode::Cells, "D2 G3 M4 W1 K7 A0"),
        ] {
            let secret = secret(mode, text);
            for one in ["", "\0", "0", ".", "\u{ff}", "\u{fffd}"] {
                let typed = one.repeat(secret.response_length());
                assert!(!reads(&Grid::blank(), &secret, true, &typed), "{typed:?}");
            }
        }
    }

    /// What is read from one cell, found another way than above: nothing where the path leaves a
    /// grid that does not wrap.
    fn walked(grid: &Grid, start: (i32, i32), path: &[u8], wraps: bool) -> Option<String> {
        let (mut row, mut col) = start;
        let mut read = String::new();
        for place in 0..=path.len() {
            let at = (row.rem_euclid(10), col.rem_euclid(22));
            if !wraps && at != (row, col) {
                return None;
            }
            let index = usize::try_from(at.0 * 22 + at.1).unwrap();
            read.push(char::from(grid.symbols[index]));
            match path.get(place) {
                Some(b'0' | b'1' | b'A') => row -= 1,
                Some(b'4' | b'6' | b'7') => row += 1,
                _ => {}
            }
            match path.get(place) {
                Some(b'1' | b'3' | b'4') => col += 1,
                Some(b'7' | b'9' | b'A') => col -= 1,
                _ => {}
            }
        }
        Some(read)
    }

    fn starts() -> impl Iterator<Item = (i32, i32)> {
        (0..i32::from(ROWS)).flat_map(|row| (0..i32::from(COLS)).map(move |col| (row, col)))
    }

    fn any_path() -> impl Strategy<Value = String> {
        let step = prop::sample::select(b"0134679A".to_vec()).prop_map(char::from);
        let steps = prop::collection::vec(step, 4..=20);
        steps.prop_map(String::from_iter)
    }

    fn any_grid() -> impl Strategy<Value = Grid> {
        // Plain draws: what is read does not depend on how a grid was drawn.
        let symbol = prop::sample::select(SYMBOLS.to_vec());
        let symbols = prop::collection::vec(symbol, CELLS);
        symbols.prop_map(|symbols| Grid {
            symbols: symbols.try_into().unwrap(),
        })
    }

    proptest! {
        #[test]
        fn what_is_walked_is_read_and_nothing_else(
            grid in any_grid(), path in any_path(), wraps: bool, start in 0..CELLS,
            elsewhere in 0..CELLS, changed in (any::<prop::sample::Index>(), 0..32_usize),
        ) {
            let walk = |from| walked(&grid, from, path.as_bytes(), wraps);
            let path_secret = secret(Mode::Path, &path);
            let answers: Vec<Option<String>> = starts().map(walk).collect();
            let label: String = Cell::all().nth(start).unwrap().label().iter().collect();
            let from_start = secret(Mode::StartPath, &format!("{label}{path}"));
            let own = &answers[start];
            if let Some(own) = own {
                prop_assert!(reads(&grid, &path_secret, wraps, own));
                prop_assert!(reads(&grid, &from_start, wraps, own));
                let mut wrong = own.clone().into_bytes();
                let place = changed.0.index(wrong.len());
                wrong[place] = SYMBOLS[changed.1];
                let wrong = String::from_utf8(wrong).unwrap();
                prop_assert_eq!(reads(&grid, &from_start, wraps, &wrong), wrong == *own);
                let read = reads(&grid, &path_secret, wraps, &wrong);
                prop_assert_eq!(read, answers.contains(&Some(wrong)));
            }
            if let Some(other) = &answers[elsewhere] {
                prop_assert!(reads(&grid, &path_secret, wraps, other));
                let read = reads(&grid, &from_start, wraps, other);
                prop_assert_eq!(read, Some(other) == own.as_ref());
            }
        }

        #[test]
        fn secret_cells_are_read_in_their_order_alone(
            grid in any_grid(), places in prop::collection::vec(0..CELLS, 4..=20),
            changed in (any::<prop::sample::Index>(), 0..32_usize),
        ) {
            let cells: Vec<Cell> =
                places.iter().map(|place| Cell::all().nth(*place).unwrap()).collect();
            let text: String = cells.iter().flat_map(|cell| cell.label()).collect();
            let read: Vec<u8> = places.iter().map(|place| grid.symbols[*place]).collect();
            let secret = secret(Mode::Cells, &text);
            let mut wrong = read.clone();
            let place = changed.0.index(wrong.len());
            wrong[place] = SYMBOLS[changed.1];
            let (right, wrong) = (String::from_utf8(read).unwrap(), String::from_utf8(wrong).unwrap());
            prop_assert!(reads(&grid, &secret, false, &right));
            prop_assert_eq!(reads(&grid, &secret, true, &wrong), wrong == right);
        }
    }

    #[test]
    fn a_blind_answer_to_six_steps_is_read_from_220_starts_at_most() {
        // 220 of 32^7 strings: a guess that does not look at the grid hits once in 156 million times.
        let rng = DangerCountingRng::default();
        for path in ["631146", "0134A7", "AA0317"] {
            let grid = Grid::draw(&rng);
            let answers = starts().filter_map(|from| walked(&grid, from, path.as_bytes(), true));
            let different: std::collections::HashSet<String> = answers.collect();
            assert!(different.len() <= CELLS && different.len() > 200);
            assert_eq!(secret(Mode::Path, path).response_length(), 7);
        }
    }
}
