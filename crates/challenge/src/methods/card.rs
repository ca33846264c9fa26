//! The printed card: a challenge names cells, and who holds the card reads their symbols off it.
//!
//! A card has the rows, columns and symbols of the grid on a screen, so that one way to name a cell
//! serves both. In the size of a bank card (85.6 × 54 mm) 22 columns leave 3.5 mm to each, enough for
//! letters of 10.5 points, and ten rows then fit as well. Fewer columns would be easier to read;
//! but each answer shows four symbols to whoever watches. After ten answers one challenge in 1,440
//! asks only for what they showed; with fifty cells it would be one in 650 after three.
//!
//! Nothing here knows of challenges, users or paper.

use std::fmt;

use aws_lc_rs::hmac;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::methods::grid::{self, Cell, SYMBOLS, normalised};
use crate::rng::{self, Rng};

/// How many cells a challenge asks for.
///
/// Who knows nothing of the card hits four symbols once in 1,048,576 times: five tries before a lock
/// find them with 4.8e-6. Three symbols would give 1.5e-4.
pub const COORDINATES: u8 = 4;

/// A card. It is wiped when it is dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Card {
    /// The symbols in ASCII, row by row.
    symbols: Vec<u8>,
}

impl fmt::Debug for Card {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Card(..)")
    }
}

impl Card {
    /// Rows; they are labelled with digits from 0.
    pub const ROWS: u8 = grid::ROWS;

    /// Columns.
    pub const COLS: u8 = grid::COLS;

    /// The letters of the columns.
    pub const LABELS: &str = grid::LABELS;

    /// The card that belongs to a secret, always the same. A secret has 32 random bytes, or as many as
    /// an operator gives it.
    ///
    /// HMAC-SHA-256 under the secret over a text of ours and a counter gives 32 bytes at a time, and
    /// five bits of each byte one symbol. So each symbol is as likely as any other, and tells nothing
    /// of its neighbours: unlike a grid, a card may bear the same symbol twice side by side.
    pub fn derive(secret: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let cells = usize::from(Self::ROWS) * usize::from(Self::COLS);
        let mut symbols = Vec::with_capacity(cells);
        for block in 0_u32.. {
            let mut context = hmac::Context::with_key(&key);
            context.update(b"countersign card v1");
            context.update(&block.to_be_bytes());
            let drawn = context.sign();
            let numbers = drawn.as_ref().iter().map(|byte| usize::from(byte % 32));
            let missing = cells - symbols.len();
            symbols.extend(
                numbers
                    .filter_map(|number| SYMBOLS.get(number))
                    .take(missing),
            );
            if symbols.len() == cells {
                break;
            }
        }
        Self { symbols }
    }

    /// The symbol in a cell, by its place from 0; nothing where there is no such cell.
    pub fn cell(&self, row: u8, col: u8) -> Option<char> {
        self.symbol(Cell::at(row, col)?).map(char::from)
    }

    fn symbol(&self, cell: Cell) -> Option<u8> {
        self.symbols.get(cell.index()).copied()
    }
}

/// Draws the cells that a challenge asks for, such as `D2 G3 M4 W1`: no cell twice, each as likely as
/// any other, in the order of the columns and then the rows, so that an eye goes over the card once.
///
/// More than all cells are never drawn.
pub fn draw_coordinates(rng: &dyn Rng, count: u8) -> String {
    let mut cells: Vec<Cell> = Cell::all().collect();
    let mut labels = Vec::with_capacity(usize::from(count));
    while labels.len() < usize::from(count) && !cells.is_empty() {
        let left = u64::try_from(cells.len()).unwrap_or(u64::MAX);
        let chosen = usize::try_from(rng::below(rng, left)).unwrap_or(0);
        labels.push(String::from_iter(cells.swap_remove(chosen).label()));
    }
    // The letters of the columns stand in the order of the alphabet.
    labels.sort();
    labels.join(" ")
}

/// Whether this is what the card says in these cells, decided in constant time.
///
/// Coordinates that were never drawn (none at all, or a cell that is not there) have no answer.
pub fn answers(card: &Card, coordinates: &str, unverified: &str) -> bool {
    let mut expected = Zeroizing::new(Vec::with_capacity(coordinates.len()));
    for label in coordinates.split(' ') {
        let Some(symbol) = Cell::labelled(label).and_then(|cell| card.symbol(cell)) else {
            return false;
        };
        expected.push(symbol);
    }
    let given = normalised(unverified);
    expected.as_slice().ct_eq(given.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::policy::Limits;
    use crate::rng::DangerCountingRng;

    const SECRET: [u8; 32] = [7; 32];

    /// A card of which only some cells are known.
    fn partial(cells: &[(&str, u8)]) -> Card {
        let mut symbols = vec![b'.'; 220];
        for (label, symbol) in cells {
            symbols[Cell::labelled(label).unwrap().index()] = *symbol;
        }
        Card { symbols }
    }

    fn read_off(card: &Card, coordinates: &str) -> String {
        let cells = coordinates.split(' ').map(|label| {
            let col = Card::LABELS.find(&label[..1]).unwrap();
            let row: u8 = label[1..].parse().unwrap();
            card.cell(row, u8::try_from(col).unwrap()).unwrap()
        });
        cells.collect()
    }

    #[test]
    fn the_vendors_card_answers_its_cells() {
        let card = partial(&[("M4", b'r'), ("N3", b'x'), ("P3", b'd'), ("R4", b'9')]);
        for (given, right) in [
            ("rxd9", true),
            (" RXD 9\n", true),
            ("rxd8", false),
            ("xrd9", false),
            ("rxd", false),
            ("rxd99", false),
            ("", false),
        ] {
            assert_eq!(answers(&card, "M4 N3 P3 R4", given), right, "{given}");
        }
    }

    #[test]
    fn a_secret_makes_one_card_and_another_secret_another() {
        let (card, same) = (Card::derive(&SECRET), Card::derive(&SECRET));
        let other = Card::derive(&[8; 32]);
        assert_eq!(card.symbols.len(), 220);
        assert_eq!(card.symbols, same.symbols);
        let alike = card.symbols.iter().zip(&other.symbols);
        // One in 32 by chance.
        assert!(alike.filter(|(one, other)| one == other).count() < 30);
        assert_eq!(format!("{card:?}"), "Card(..)");
    }

    #[test]
    fn the_card_of_a_secret_never_changes() {
        // Computed apart, by Python's `hmac`: a printed card must be read for years.
        assert_eq!(FIRST_ROW.len(), 22);
        let row: String = (0..22)
            .map(|col| Card::derive(&SECRET).cell(0, col).unwrap())
            .collect();
        let last: String = (0..22)
            .map(|col| Card::derive(&SECRET).cell(9, col).unwrap())
            .collect();
        assert_eq!((row.as_str(), last.as_str()), (FIRST_ROW, LAST_ROW));
    }

    const FIRST_ROW: &str = "twwxhckxxxu2ekjxpecgxn";
    const LAST_ROW: &str = "afxuaj74t8w27d7r5z41dd";

    #[test]
    fn there_is_no_cell_beside_the_card() {
        let card = Card::derive(&SECRET);
        assert!(card.cell(9, 21).is_some());
        assert!(card.cell(10, 0).is_none() && card.cell(0, 22).is_none());
    }

    #[test]
    fn every_symbol_is_as_likely_as_any_other() {
        let mut counts = [0_u32; 32];
        for number in 0_u32..100 {
            let card = Card::derive(&number.to_be_bytes());
            for symbol in &card.symbols {
                counts[SYMBOLS.binary_search(symbol).unwrap()] += 1;
            }
        }
        let expected = 22_000.0 / 32.0;
        let squares = counts
            .iter()
            .map(|&count| (f64::from(count) - expected).powi(2) / expected);
        let chi_square: f64 = squares.sum();
        assert!((10.0..61.1).contains(&chi_square), "{chi_square}");
    }

    #[test]
    fn every_challenge_asks_for_four_different_cells_in_order() {
        let rng = DangerCountingRng::default();
        let mut asked = HashSet::new();
        for _ in 0..2000 {
            let coordinates = draw_coordinates(&rng, COORDINATES);
            let cells: Vec<&str> = coordinates.split(' ').collect();
            assert_eq!(cells.len(), 4);
            assert!(cells.is_sorted_by(|one, next| one < next), "{coordinates}");
            asked.extend(cells.into_iter().map(ToOwned::to_owned));
        }
        assert_eq!(asked.len(), 220);
        assert_eq!(draw_coordinates(&rng, 255).split(' ').count(), 220);
    }

    #[test]
    fn what_is_read_off_the_card_answers_and_one_wrong_symbol_does_not() {
        let (rng, card) = (DangerCountingRng::default(), Card::derive(&SECRET));
        for _ in 0..100 {
            let coordinates = draw_coordinates(&rng, COORDINATES);
            let right = read_off(&card, &coordinates);
            assert!(answers(&card, &coordinates, &right.to_uppercase()));
            for place in 0..right.len() {
                let mut wrong = right.clone().into_bytes();
                wrong[place] = if wrong[place] == b'a' { b'b' } else { b'a' };
                let wrong = String::from_utf8(wrong).unwrap();
                assert!(!answers(&card, &coordinates, &wrong), "{wrong}");
            }
        }
    }

    #[test]
    fn cells_that_nobody_drew_have_no_answer() {
        let card = Card::derive(&SECRET);
        let symbol = read_off(&card, "A0");
        for coordinates in ["", " ", "A0  A0", "Q0", "AA", "A", "A00", "\u{e9}"] {
            for given in ["", &symbol, &symbol.repeat(2)] {
                assert!(!answers(&card, coordinates, given), "{coordinates}");
            }
        }
    }

    #[test]
    fn tries_before_a_lock_hit_less_than_once_in_forty_thousand_times() {
        let tries = f64::from(Limits::default().max_failures);
        let bound = tries * 32_f64.powi(-i32::from(COORDINATES));
        assert!(bound <= 2.5e-5 && bound * 32.0 > 2.5e-5, "{bound}");
    }
}
