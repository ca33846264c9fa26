//! Which secrets a person should not choose: the short, and those that people choose first.

use super::cell::{Direction, Offset};
use super::secret::Shape;
use super::{Cell, Secret, Unfit};

/// Steps of a new path that begins anywhere.
const STEPS_LEAST: usize = 6;

/// Steps of a new path whose start is secret.
const STEPS_FROM_START_LEAST: usize = 5;

/// Different cells of a new list.
const CELLS_LEAST: usize = 5;

/// Directions of a new path.
const DIRECTIONS_LEAST: usize = 3;

impl Secret {
    /// Whether somebody may choose this secret now; secrets that are there already stay good.
    ///
    /// - A path has six steps, or five after a secret start, in three directions at least. It does
    ///   not consist of one part again and again, does not always turn the same way, and reads at
    ///   least two different cells for every three symbols, which shuts out there and back.
    ///   Of the 262,144 paths of six steps 245,088 are left.
    /// - A list has five different cells at least. They are not all in one row or column, do not
    ///   follow each other at equal distances, and are no path (each touching the one before).
    pub fn check_new(&self) -> Result<(), Unfit> {
        match &self.0 {
            Shape::Path(steps) => check_path(steps, STEPS_LEAST),
            Shape::StartPath(_, steps) => check_path(steps, STEPS_FROM_START_LEAST),
            Shape::Cells(cells) => check_cells(cells),
        }
    }
}

fn check_path(steps: &[Direction], least: usize) -> Result<(), Unfit> {
    if steps.len() < least {
        let what = "steps";
        return Err(Unfit::TooShort { least, what });
    }
    if different(steps) < DIRECTIONS_LEAST {
        return Err(Unfit::FewDirections);
    }
    if (1..=steps.len() / 2).any(|period| repeats(steps, period)) {
        return Err(Unfit::Repeated);
    }
    let turns = steps.iter().zip(steps.iter().skip(1));
    let turns: Vec<u8> = turns.map(|(step, next)| step.turn_to(*next)).collect();
    if different(&turns) < 2 {
        return Err(Unfit::Circling);
    }
    let way = steps.iter().scan(Offset::NOWHERE, |at, step| {
        *at = at.and(*step);
        Some(*at)
    });
    let read: Vec<Offset> = std::iter::once(Offset::NOWHERE).chain(way).collect();
    if 3 * different(&read) < 2 * read.len() {
        return Err(Unfit::Returning);
    }
    Ok(())
}

fn check_cells(cells: &[Cell]) -> Result<(), Unfit> {
    if different(cells) < CELLS_LEAST {
        let (least, what) = (CELLS_LEAST, "different cells");
        return Err(Unfit::TooShort { least, what });
    }
    let pairs = || cells.iter().zip(cells.iter().skip(1));
    let one_row = pairs().all(|(cell, next)| cell.same_row(*next));
    let one_column = pairs().all(|(cell, next)| cell.same_column(*next));
    if one_row || one_column {
        return Err(Unfit::InLine);
    }
    let distances: Vec<Offset> = pairs().map(|(cell, next)| cell.offset_to(*next)).collect();
    if different(&distances) < 2 {
        return Err(Unfit::Evenly);
    }
    if pairs().all(|(cell, next)| cell.touches(*next)) {
        return Err(Unfit::Touching);
    }
    Ok(())
}

/// How many different ones there are.
fn different<T: PartialEq>(all: &[T]) -> usize {
    let firsts = all.iter().enumerate();
    firsts
        .filter(|(place, one)| !all.iter().take(*place).any(|before| before == *one))
        .count()
}

/// Whether everything stands again `period` places on.
fn repeats(steps: &[Direction], period: usize) -> bool {
    let later = steps.iter().skip(period);
    steps.iter().zip(later).all(|(step, again)| step == again)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::grid::Mode;

    fn check(mode: Mode, text: &str) -> Result<(), Unfit> {
        Secret::parse(mode, text).unwrap().check_new()
    }

    #[test]
    fn a_new_path_has_six_steps_and_five_after_a_secret_start() {
        for (mode, least, enough, short) in [
            (Mode::Path, 6, "631254", "63125"),
            (Mode::StartPath, 5, "M4 63125", "M4 6312"),
        ] {
            assert_eq!(check(mode, enough), Ok(()));
            let what = "steps";
            assert_eq!(check(mode, short), Err(Unfit::TooShort { least, what }));
        }
    }

    #[test]
    fn paths_that_are_guessed_first_are_refused() {
        for (path, why) in [
            ("000000", Unfit::FewDirections),
            ("121212", Unfit::FewDirections),
            ("060606", Unfit::FewDirections),
            ("030303", Unfit::FewDirections),
            ("000333", Unfit::FewDirections),
            ("447788", Unfit::FewDirections),
            ("036036", Unfit::Repeated),
            ("0369036903", Unfit::Repeated),
            ("036903", Unfit::Circling),
            ("013467", Unfit::Circling),
            ("A97643", Unfit::Circling),
            ("013976", Unfit::Returning),
            ("0606139", Unfit::Returning),
        ] {
            assert_eq!(check(Mode::Path, path), Err(why), "{path}");
            assert_eq!(
                check(Mode::StartPath, &format!("M4{path}")),
                Err(why),
                "{path}"
            );
        }
        for path in ["123456", "631254", "006633", "NNEESS", "0136660"] {
            assert_eq!(check(Mode::Path, path), Ok(()), "{path}");
        }
    }

    #[test]
    fn cells_that_are_guessed_first_are_refused() {
        let (least, what) = (5, "different cells");
        let short = Unfit::TooShort { least, what };
        for (cells, why) in [
            ("D2 G3 M4 W1", short),
            ("D2 G3 M4 W1 D2 G3", short),
            ("A0 B0 C0 D0 E0", Unfit::InLine),
            ("D3 A3 Z3 K3 B3", Unfit::InLine),
            ("M0 M5 M9 M2 M7", Unfit::InLine),
            ("A0 B1 C2 D3 E4", Unfit::Evenly),
            ("A0 C1 E2 G3 J4", Unfit::Evenly),
            ("Y8 Z9 A0 B1 C2", Unfit::Evenly),
            ("A0 B0 B1 A1 A2", Unfit::Touching),
            ("Z9 A9 A0 Z0 Y1", Unfit::Touching),
        ] {
            assert_eq!(check(Mode::Cells, cells), Err(why), "{cells}");
        }
        for cells in ["D2 G3 M4 W1 K7", "A0 Z0 A9 Z9 M4", "D2 D2 G3 M4 W1 K7"] {
            assert_eq!(check(Mode::Cells, cells), Ok(()), "{cells}");
        }
    }

    #[test]
    fn of_the_paths_of_six_steps_fifteen_in_sixteen_are_left() {
        let steps: Vec<Direction> = Direction::all().collect();
        let mut path = [steps[0]; 6];
        let good = (0..8_usize.pow(6)).filter(|number| {
            for (place, step) in (0..).zip(&mut path) {
                *step = steps[number >> (3 * place) & 7];
            }
            check_path(&path, STEPS_LEAST).is_ok()
        });
        assert_eq!(good.count(), 245_088);
    }
}
