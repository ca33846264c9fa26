//! A cell of a grid, and the eight directions in which a path leaves it.

use zeroize::Zeroize;

use super::{COLS, LABELS, ROWS};

/// A cell. It has no `Debug`, because it may be a part of a secret.
#[derive(Clone, Copy, PartialEq, Eq, Zeroize)]
pub(in crate::methods) struct Cell {
    row: u8,
    col: u8,
}

/// How far one cell lies from another: rows to the south, columns to the east.
#[derive(Clone, Copy, PartialEq, Eq, Zeroize)]
pub(super) struct Offset {
    pub(super) south: i16,
    pub(super) east: i16,
}

impl Cell {
    /// Every cell, row by row.
    pub(in crate::methods) fn all() -> impl Iterator<Item = Self> {
        (0..ROWS).flat_map(|row| (0..COLS).map(move |col| Self { row, col }))
    }

    /// The cell of this row and column; nothing where there is none.
    pub(in crate::methods) fn at(row: u8, col: u8) -> Option<Self> {
        (row < ROWS && col < COLS).then_some(Self { row, col })
    }

    /// The cell of a label such as `M4`, in either case; nothing where there is none.
    pub(in crate::methods) fn labelled(label: &str) -> Option<Self> {
        let &[column, row] = label.as_bytes() else {
            return None;
        };
        let column = char::from(column.to_ascii_uppercase());
        let col = u8::try_from(LABELS.find(column)?).ok()?;
        let row = u8::try_from(char::from(row).to_digit(10)?).ok()?;
        Self::at(row, col)
    }

    /// The letter of its column and the digit of its row.
    pub(in crate::methods) fn label(self) -> [char; 2] {
        let column = LABELS.chars().nth(usize::from(self.col));
        [column.unwrap_or('?'), char::from(b'0' + self.row)]
    }

    /// Its place among all cells.
    pub(in crate::methods) fn index(self) -> usize {
        usize::from(self.row) * usize::from(COLS) + usize::from(self.col)
    }

    /// The cell that lies so far from this one on the torus, and whether the way stays in the grid.
    pub(super) fn towards(self, offset: Offset) -> (Self, bool) {
        let (row, in_rows) = moved::<ROWS>(self.row, offset.south);
        let (col, in_cols) = moved::<COLS>(self.col, offset.east);
        (Self { row, col }, in_rows & in_cols)
    }

    /// How far another cell lies from this one, on the torus and counted to the south and the east.
    pub(super) fn offset_to(self, other: Self) -> Offset {
        let (row, _) = moved::<ROWS>(other.row, -i16::from(self.row));
        let (col, _) = moved::<COLS>(other.col, -i16::from(self.col));
        Offset {
            south: i16::from(row),
            east: i16::from(col),
        }
    }

    /// Whether another cell is this one or one of its eight neighbours, on the torus.
    pub(super) fn touches(self, other: Self) -> bool {
        let Offset { south, east } = self.offset_to(other);
        let close = |distance: i16, of: u8| distance <= 1 || distance == i16::from(of) - 1;
        close(south, ROWS) && close(east, COLS)
    }

    pub(super) fn same_row(self, other: Self) -> bool {
        self.row == other.row
    }

    pub(super) fn same_column(self, other: Self) -> bool {
        self.col == other.col
    }
}

/// Where somebody stands who went so far on a circle of `OF` places, and whether it was never closed.
///
/// With the size known beforehand this is a multiplication: a division would be slow, and on some
/// machines its time would tell what was divided.
fn moved<const OF: u8>(from: u8, by: i16) -> (u8, bool) {
    let unbounded = i16::from(from) + by;
    let place = unbounded.rem_euclid(i16::from(OF));
    (u8::try_from(place).unwrap_or(0), place == unbounded)
}

impl Offset {
    pub(super) const NOWHERE: Self = Self { south: 0, east: 0 };

    /// This offset and a step on.
    pub(super) fn and(self, direction: Direction) -> Self {
        let step = direction.step();
        Self {
            south: self.south + step.south,
            east: self.east + step.east,
        }
    }
}

/// One of eight directions, clockwise from north.
#[derive(Clone, Copy, PartialEq, Eq, Zeroize)]
pub(super) struct Direction(u8);

impl Direction {
    /// Every direction.
    #[cfg(test)]
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..8).map(Self)
    }

    /// The direction of an hour of the clock (A is ten, B eleven), or of a letter that stands for one.
    ///
    /// A path has one character a step: S alone is south, and 9, W and L are west.
    pub(super) fn named(name: char) -> Option<Self> {
        Some(Self(match name.to_ascii_uppercase() {
            '0' | 'N' | 'U' => 0,
            '1' | '2' => 1,
            '3' | 'E' | 'R' => 2,
            '4' | '5' => 3,
            '6' | 'S' | 'D' => 4,
            '7' | '8' => 5,
            '9' | 'W' | 'L' => 6,
            'A' | 'B' => 7,
            _ => return None,
        }))
    }

    /// The one name by which a path is kept: the first hour of each direction.
    pub(super) fn name(self) -> char {
        let names = "0134679A";
        names.chars().nth(usize::from(self.0)).unwrap_or('0')
    }

    /// How many eighths of a circle clockwise lead from this direction to another.
    pub(super) fn turn_to(self, other: Self) -> u8 {
        (8 + other.0 - self.0) % 8
    }

    fn step(self) -> Offset {
        let (south, east) = match self.0 {
            0 => (-1, 0),
            1 => (-1, 1),
            2 => (0, 1),
            3 => (1, 1),
            4 => (1, 0),
            5 => (1, -1),
            6 => (0, -1),
            _ => (-1, -1),
        };
        Offset { south, east }
    }
}
