//! The grid on a screen: its holder reads symbols off it along a secret path, or from secret cells.
//!
//! The grid is public, and drawn anew for every challenge; the secret is where to read. Nothing here
//! knows of challenges, users or time, and one grid must be answered once only: whoever has seen one
//! grid and its answer knows a path almost surely (and of secret cells no more than a part).
//!
//! A symbol that stands close to itself makes a grid easy to guess, because many paths read the same
//! string there. So equal symbols are kept apart, and no two symbols stand side by side often: no
//! string whatever fits more than [`BESIDE_MOST`] paths, of any length. With six steps a guess is right
//! once in 61,272 times at best.

mod alphabet;
#[cfg(test)]
mod attack;
mod cell;
mod draw;
mod reading;
mod secret;
mod weak;
mod wire;

pub use alphabet::{LABELS, SYMBOLS, normalised};
pub(in crate::methods) use cell::Cell;
pub use draw::BESIDE_MOST;
pub use reading::reads;
pub use secret::{Mode, PLACES_MOST, Secret, Unfit};

/// Rows of a grid. Row 0 is the first of `grid` on the wire; north of it lies the last one.
pub const ROWS: u8 = 10;

/// Columns of a grid.
pub const COLS: u8 = 22;

/// Cells of a grid.
const CELLS: usize = 220;

/// Stands in cells without a symbol. No text has this byte (RFC 3629, section 1), so nothing that
/// anybody types is read off such a cell.
const NO_SYMBOL: u8 = 0xFF;

/// A grid: one symbol in each cell. It is shown to whoever asks for a challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    /// The symbols in ASCII, row by row.
    symbols: [u8; CELLS],
}

impl Grid {
    /// What is computed on where no grid was issued, to take the same time: nothing is ever read off it.
    pub fn blank() -> Self {
        Self {
            symbols: [NO_SYMBOL; CELLS],
        }
    }

    fn symbol(&self, cell: Cell) -> u8 {
        let symbol = self.symbols.get(cell.index());
        symbol.copied().unwrap_or(NO_SYMBOL)
    }

    /// The grid of which a document tells some cells alone.
    #[cfg(test)]
    pub(in crate::methods) fn known(cells: &[(&str, char)]) -> Self {
        let mut symbols = Self::blank().symbols;
        for (label, symbol) in cells {
            let cell = Cell::labelled(label).expect("a label of the grid");
            symbols[cell.index()] = u8::try_from(*symbol).expect("a symbol is ASCII");
        }
        Self { symbols }
    }
}
