//! Drawing a grid on which no string can be read along many paths.
//!
//! Independent draws leave clusters of one symbol, in which a path reads the same letter whatever its
//! turns: on the sample grid of the documentation one string fits 168 of the 4,096 paths of four steps.
//! Here the eight neighbours of a cell bear eight symbols, so that a string read from one start fits
//! one path; and since the string's first two symbols stand side by side no more than [`BESIDE_MOST`]
//! times, so many starts there are at most, and so many paths.

use super::{CELLS, Cell, Grid, SYMBOLS, cell::Offset};
use crate::rng::{self, Rng};

/// How often the same two symbols stand side by side at most, and so how many paths a string fits.
///
/// On average they do 1.8 times. With 4 hardly a draw in a thousand must be begun anew, with 3 every
/// second one.
pub const BESIDE_MOST: u8 = 4;

/// How far from a cell its symbol does not stand again, as a king walks, and around the edges too.
const SPREAD: i16 = 2;

impl Grid {
    /// Draws a grid. Every symbol is as likely as every other in each cell.
    ///
    /// Nothing distinguishes one symbol from another in what is refused, so drawing anew favours none.
    pub fn draw(rng: &dyn Rng) -> Self {
        loop {
            if let Some(drawn) = draw_once(rng) {
                return drawn;
            }
        }
    }
}

/// Fills the grid cell by cell; nothing where a cell is left without a symbol.
fn draw_once(rng: &dyn Rng) -> Option<Grid> {
    let mut drawn: [Option<u8>; CELLS] = [None; CELLS];
    let mut pairs = Pairs::default();
    for cell in Cell::all() {
        let mut taken = Set::default();
        let mut beside = Vec::with_capacity(8);
        for (offset, touches) in around() {
            let (near, _) = cell.towards(offset);
            let Some(symbol) = drawn.get(near.index()).copied().flatten() else {
                continue;
            };
            taken.insert(symbol);
            if touches {
                taken.insert_all(pairs.exhausted(symbol));
                beside.push(symbol);
            }
        }
        let symbol = taken.draw_another(rng)?;
        for other in beside {
            pairs.count(symbol, other);
        }
        *drawn.get_mut(cell.index())? = Some(symbol);
    }
    let mut symbols = [0; CELLS];
    for (symbol, number) in symbols.iter_mut().zip(drawn) {
        *symbol = *SYMBOLS.get(usize::from(number?))?;
    }
    Some(Grid { symbols })
}

/// The 24 cells around one, and which of them touch it.
fn around() -> impl Iterator<Item = (Offset, bool)> {
    let distances = || -SPREAD..=SPREAD;
    let offsets = distances().flat_map(move |south| distances().map(move |east| (south, east)));
    let others = offsets.filter(|(south, east)| (*south, *east) != (0, 0));
    others.map(|(south, east)| {
        let touches = south.abs() <= 1 && east.abs() <= 1;
        (Offset { south, east }, touches)
    })
}

/// Symbols by their number, one bit each.
#[derive(Clone, Copy, Default)]
struct Set(u32);

impl Set {
    fn insert(&mut self, symbol: u8) {
        self.0 |= 1 << symbol;
    }

    fn insert_all(&mut self, others: Self) {
        self.0 |= others.0;
    }

    /// Draws a symbol that is not in the set; nothing where all are.
    fn draw_another(self, rng: &dyn Rng) -> Option<u8> {
        let count = self.0.count_zeros();
        let chosen = usize::try_from(rng::below(rng, u64::from(count))).ok()?;
        let others = (0..32).filter(|symbol| self.0 & (1 << symbol) == 0);
        others.into_iter().nth(chosen)
    }
}

/// How often two symbols stand side by side so far.
#[derive(Default)]
struct Pairs {
    counts: [[u8; 32]; 32],
    exhausted: [Set; 32],
}

impl Pairs {
    /// The symbols that must not stand beside this one again.
    fn exhausted(&self, symbol: u8) -> Set {
        self.exhausted
            .get(usize::from(symbol))
            .copied()
            .unwrap_or_default()
    }

    fn count(&mut self, one: u8, other: u8) {
        for (one, other) in [(one, other), (other, one)] {
            let row = self.counts.get_mut(usize::from(one));
            let Some(count) = row.and_then(|row| row.get_mut(usize::from(other))) else {
                continue;
            };
            *count = count.saturating_add(1);
            if *count >= BESIDE_MOST
                && let Some(exhausted) = self.exhausted.get_mut(usize::from(one))
            {
                exhausted.insert(other);
            }
        }
    }
}
