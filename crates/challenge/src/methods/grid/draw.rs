//! Drawing a grid on which no string can be read along many paths.
//!
//! Independent draws leave clusters of one symbol, in which a path reads the same letter whatever its
//! turns: on the sample grid of the documentation one string fits 168 of the 4,096 paths of four steps.
//! Here the eight neighbours of a cell bear eight symbols, so that a string read from one start fits
//! one path; and since the string's first two symbols stand side by side no more than [`BESIDE_MOST`]
//! times, so many starts there are at most, and so many paths.

use std::sync::LazyLock;

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
        let mut random = Numbers {
            rng,
            block: Vec::new().into_iter(),
        };
        loop {
            if let Some(drawn) = draw_once(&mut random) {
                return drawn;
            }
        }
    }
}

/// Fills the grid cell by cell; nothing where a cell is left without a symbol.
fn draw_once(random: &mut Numbers<'_>) -> Option<Grid> {
    let mut drawn: [Option<u8>; CELLS] = [None; CELLS];
    let mut pairs = Pairs::default();
    for (cell, near) in AROUND.iter().enumerate() {
        let symbols_at = |cells: &'static [usize]| {
            let symbols = cells.iter().map(|cell| drawn.get(*cell).copied().flatten());
            symbols.flatten()
        };
        let mut taken = Set::default();
        for symbol in symbols_at(&near.further) {
            taken.insert(symbol);
        }
        let beside: Vec<u8> = symbols_at(&near.touching).collect();
        for symbol in &beside {
            taken.insert(*symbol);
            taken.insert_all(pairs.exhausted(*symbol));
        }
        let symbol = taken.draw_another(random)?;
        for other in beside {
            pairs.count(symbol, other);
        }
        *drawn.get_mut(cell)? = Some(symbol);
    }
    let mut symbols = [0; CELLS];
    for (symbol, number) in symbols.iter_mut().zip(drawn) {
        *symbol = *SYMBOLS.get(usize::from(number?))?;
    }
    Some(Grid { symbols })
}

/// The cells around one, by their places.
struct Near {
    /// The eight that touch it.
    touching: Vec<usize>,
    /// The sixteen around those.
    further: Vec<usize>,
}

/// What lies around each cell: found once, because it is asked for at every draw.
static AROUND: LazyLock<Vec<Near>> = LazyLock::new(|| Cell::all().map(Near::around).collect());

impl Near {
    fn around(cell: Cell) -> Self {
        let distances = || -SPREAD..=SPREAD;
        let offsets = distances().flat_map(|south| distances().map(move |east| (south, east)));
        let (mut touching, mut further) = (Vec::new(), Vec::new());
        for (south, east) in offsets {
            let (near, _) = cell.towards(Offset { south, east });
            match south.abs().max(east.abs()) {
                0 => {}
                1 => touching.push(near.index()),
                _ => further.push(near.index()),
            }
        }
        Self { touching, further }
    }
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
    fn draw_another(self, random: &mut Numbers<'_>) -> Option<u8> {
        let chosen = random.below(u8::try_from(self.0.count_zeros()).ok()?)?;
        let mut others = (0..32).filter(|symbol| self.0 & (1 << symbol) == 0);
        others.nth(usize::from(chosen))
    }
}

/// Small random numbers, fetched by the block: a grid takes more than two hundred.
struct Numbers<'a> {
    rng: &'a dyn Rng,
    block: std::vec::IntoIter<u8>,
}

impl Numbers<'_> {
    /// A number below `bound` without bias (bytes past the last whole multiple are passed over).
    /// Nothing is below 0.
    fn below(&mut self, bound: u8) -> Option<u8> {
        let past = u8::MAX.checked_rem(bound)?;
        loop {
            match self.block.next() {
                Some(byte) if byte < u8::MAX - past => return Some(byte % bound),
                Some(_) => {}
                None => self.block = rng::bytes::<256>(self.rng).to_vec().into_iter(),
            }
        }
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
