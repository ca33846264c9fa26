//! What the holder of a grid token knows: a path, a path with its start, or a list of cells.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::cell::Direction;
use super::{Cell, LABELS};

/// Steps of a path, or cells of a list, at least: what is shorter is guessed in a day.
const PLACES_LEAST: usize = 4;

/// Steps of a path, or cells of a list, at most.
pub const PLACES_MOST: usize = 20;

/// Where an answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mode {
    /// Along a secret path, from any cell.
    #[serde(rename = "path")]
    Path,
    /// Along a secret path, from a secret cell.
    #[serde(rename = "start+path")]
    StartPath,
    /// In secret cells, in their order: the only secret that survives being watched once.
    #[serde(rename = "cells")]
    Cells,
}

impl Mode {
    /// The modes by their names in files.
    pub const NAMED: [(&'static str, Self); 3] = [
        ("path", Self::Path),
        ("start+path", Self::StartPath),
        ("cells", Self::Cells),
    ];

    /// The mode's name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::StartPath => "start+path",
            Self::Cells => "cells",
        }
    }
}

/// A secret that answers can be compared with. It is wiped when it is dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Secret(pub(super) Shape);

#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) enum Shape {
    Path(Vec<Direction>),
    StartPath(Cell, Vec<Direction>),
    Cells(Vec<Cell>),
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(..)")
    }
}

/// Why a text is no secret, or not one that somebody should choose. No text repeats the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A character that names no direction.
    #[error(
        "a path is written in the hours of a clock (0 is north, 3 east, 6 south, 9 west, A and B ten \
         and eleven) or in the letters N, U, E, R, S, D, W and L, one for each step"
    )]
    Direction,
    /// Something that names no cell.
    #[error("a cell is a column and a row, such as M4; the columns are {LABELS}, the rows 0 to 9")]
    Cell,
    /// Too few steps or cells.
    #[error("a secret has {least} {what} at least; add some")]
    TooShort {
        /// How many it must have.
        least: usize,
        /// What is counted.
        what: &'static str,
    },
    /// Too many steps or cells.
    #[error("a secret has {PLACES_MOST} steps or cells at most; leave some out")]
    TooLong,
    /// Two directions, or one.
    #[error(
        "a path that goes in one or two directions is among the first that are guessed; use three \
         directions at least (1 and 2 are the same one, so are 4 and 5, 7 and 8, A and B)"
    )]
    FewDirections,
    /// A path that is one part again and again.
    #[error("a path that repeats its beginning is easily guessed; choose one that does not")]
    Repeated,
    /// The same turn after each step.
    #[error("a path that always turns the same way is easily guessed; change its turns")]
    Circling,
    /// A path that walks to and fro.
    #[error("a path that keeps returning to the same cells is easily guessed; let it lead further")]
    Returning,
    /// Cells of one row or one column.
    #[error("cells in one row or one column are easily guessed; spread them over the grid")]
    InLine,
    /// Cells that follow one another at the same distance.
    #[error("cells at equal distances are easily guessed; choose them without a pattern")]
    Evenly,
    /// Cells each of which touches the one before.
    #[error("cells that all touch one another are easily guessed; spread them over the grid")]
    Touching,
}

impl Secret {
    /// Reads a secret, in any spelling: 1 and 2 are one direction, so are 6, S and D.
    ///
    /// White space and commas may stand between its parts. Four steps or cells at least, which is enough
    /// to compute with and too little to choose: [`Self::check_new`] says what a new secret needs.
    pub fn parse(mode: Mode, unverified: &str) -> Result<Self, Unfit> {
        let mut text = Zeroizing::new(String::with_capacity(unverified.len()));
        let written = unverified.chars();
        text.extend(written.filter(|part| !part.is_whitespace() && *part != ','));
        let shape = match mode {
            Mode::Path => Shape::Path(parse_steps(&text)?),
            Mode::StartPath => {
                let (start, steps) = text.split_at_checked(2).ok_or(Unfit::Cell)?;
                let start = Cell::labelled(start).ok_or(Unfit::Cell)?;
                Shape::StartPath(start, parse_steps(steps)?)
            }
            Mode::Cells => Shape::Cells(parse_cells(&text)?),
        };
        Ok(Self(shape))
    }

    /// The spelling that is kept: the same for all that are the same secret.
    pub fn canonical(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(2 * PLACES_MOST + 2));
        match &self.0 {
            Shape::Path(steps) => text.extend(steps.iter().map(|step| step.name())),
            Shape::StartPath(start, steps) => {
                text.extend(start.label());
                text.extend(steps.iter().map(|step| step.name()));
            }
            Shape::Cells(cells) => text.extend(cells.iter().flat_map(|cell| cell.label())),
        }
        text
    }

    /// Symbols of an answer: one for each cell that is read, the start included.
    pub fn response_length(&self) -> usize {
        match &self.0 {
            Shape::Path(steps) | Shape::StartPath(_, steps) => steps.len() + 1,
            Shape::Cells(cells) => cells.len(),
        }
    }
}

fn parse_steps(text: &str) -> Result<Vec<Direction>, Unfit> {
    check_length(text.chars().count(), "steps")?;
    let mut steps = Vec::with_capacity(PLACES_MOST);
    for name in text.chars() {
        steps.push(Direction::named(name).ok_or(Unfit::Direction)?);
    }
    Ok(steps)
}

fn parse_cells(text: &str) -> Result<Vec<Cell>, Unfit> {
    check_length(text.chars().count().div_ceil(2), "cells")?;
    let mut cells = Vec::with_capacity(PLACES_MOST);
    let mut rest = text;
    while !rest.is_empty() {
        let (label, after) = rest.split_at_checked(2).ok_or(Unfit::Cell)?;
        cells.push(Cell::labelled(label).ok_or(Unfit::Cell)?);
        rest = after;
    }
    Ok(cells)
}

fn check_length(places: usize, what: &'static str) -> Result<(), Unfit> {
    let least = PLACES_LEAST;
    match places {
        _ if places < least => Err(Unfit::TooShort { least, what }),
        _ if places > PLACES_MOST => Err(Unfit::TooLong),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(mode: Mode, text: &str) -> Unfit {
        Secret::parse(mode, text).unwrap_err()
    }

    #[test]
    fn every_spelling_of_a_secret_is_kept_as_one() {
        for (mode, text, kept) in [
            (Mode::Path, "123456", "113446"),
            (Mode::Path, "1109", "1109"),
            (Mode::Path, "0N U u 2", "00001"),
            (Mode::Path, "578b, 8EeRr", "477A73333"),
            (Mode::Path, "NSEW", "0639"),
            (Mode::Path, "sdDS", "6666"),
            (Mode::StartPath, "m4 2222", "M41111"),
            (Mode::StartPath, "D9DDDD", "D96666"),
            (Mode::Cells, "d2, g3, M4 w1\tk7", "D2G3M4W1K7"),
            (Mode::Cells, "A0A0A0A0", "A0A0A0A0"),
        ] {
            let secret = Secret::parse(mode, text).unwrap();
            assert_eq!(secret.canonical().as_str(), kept, "{text}");
        }
    }

    #[test]
    fn what_names_no_step_or_cell_is_refused() {
        for text in ["123C", "123O", "12-34", "1234.", "123\u{e9}", "M41234"] {
            assert_eq!(refused(Mode::Path, text), Unfit::Direction, "{text}");
        }
        for text in [
            "",
            "M",
            "I41234",
            "Q01234",
            "M:1234",
            "4M1234",
            "1234",
            "\u{e9}1234",
        ] {
            assert_eq!(refused(Mode::StartPath, text), Unfit::Cell, "{text}");
        }
        for text in [
            "D2G3M4W",
            "D2G3M4O1",
            "D2G3M4L1",
            "2D3G4M1W",
            "D2\u{e9}2M4W1",
        ] {
            assert_eq!(refused(Mode::Cells, text), Unfit::Cell, "{text}");
        }
    }

    #[test]
    fn four_steps_or_cells_are_read_and_twenty_and_neither_fewer_nor_more() {
        let short = |what| Unfit::TooShort { least: 4, what };
        for (mode, start, part, what) in [
            (Mode::Path, "", "1", "steps"),
            (Mode::StartPath, "M4", "1", "steps"),
            (Mode::Cells, "", "A0", "cells"),
        ] {
            let of = |parts: usize| format!("{start}{}", part.repeat(parts));
            for parts in [0, 1, 3] {
                assert_eq!(refused(mode, &of(parts)), short(what), "{parts}");
            }
            for parts in [4, 20] {
                let length = if mode == Mode::Cells {
                    parts
                } else {
                    parts + 1
                };
                let secret = Secret::parse(mode, &of(parts)).unwrap();
                assert_eq!(secret.response_length(), length);
            }
            for parts in [21, 1000] {
                assert_eq!(refused(mode, &of(parts)), Unfit::TooLong, "{parts}");
            }
        }
    }

    #[test]
    fn modes_have_one_name_in_files_and_in_rows() {
        for (name, mode) in Mode::NAMED {
            assert_eq!(mode.name(), name);
            assert_eq!(serde_json::to_value(mode).unwrap(), name);
            let read: Mode = serde_json::from_value(name.into()).unwrap();
            assert_eq!(read, mode);
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::parse(Mode::Path, "631254").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        for unfit in [refused(Mode::Path, "777"), refused(Mode::Path, "777777C")] {
            assert!(!unfit.to_string().contains("777"));
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_read_as_the_same_secret(
            text in "([A-HJ-KM-NPR-Za-hj-km-npr-z][0-9]){4,20}|[A-Za-z0-9, ]{0,30}",
        ) {
            for (_, mode) in Mode::NAMED {
                if let Ok(secret) = Secret::parse(mode, &text) {
                    let kept = secret.canonical();
                    let again = Secret::parse(mode, &kept).unwrap();
                    prop_assert_eq!(again.canonical(), kept);
                    prop_assert_eq!(again.response_length(), secret.response_length());
                }
            }
        }

        #[test]
        fn no_text_makes_reading_panic(text in any::<String>()) {
            for (_, mode) in Mode::NAMED {
                let _ = Secret::parse(mode, &text).map(|secret| secret.check_new());
            }
        }
    }
}
