//! The demo's corpora as folders: images, and the CSV files that an import takes.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use crate::drawing::dice::Dice;
use crate::drawing::sheet::Sheet;

use super::ledger;
use super::paper::aged;
use super::sketch::Place;
use super::things::{THINGS, Thing};

/// The CSV of either folder: which image shows what.
pub const CSV: &str = "corpus.csv";

/// Drawings of each kind of thing. Half of them are known.
const THINGS_EACH: u8 = 24;

/// Lines of the account book. Half of them are known.
const LINES: usize = 72;

/// Width and height of a drawing in pixels.
const SIZE: (u16, u16) = (240, 240);

/// Whatever varies in the corpora comes from here: everybody's demo shows the same.
const SEED: &[u8; 16] = b"countersign demo";

/// Draws things of six kinds into an empty folder, with a CSV `file,class` and the names of the kinds.
pub fn write_things(folder: &Path) -> io::Result<()> {
    let mut dice = Dice::new(SEED, *b"things  ");
    let mut things: Vec<(&Thing, bool)> = THINGS
        .iter()
        .flat_map(|thing| (0..THINGS_EACH).map(move |number| (thing, number % 2 == 0)))
        .collect();
    dice.shuffle(&mut things);
    let mut csv = "file,class\n".to_owned();
    for (number, (thing, is_known)) in (1_usize..).zip(things) {
        let file = format!("drawing-{number:03}.png");
        fs::write(folder.join(&file), drawing(thing, &mut dice))?;
        let class = if is_known { thing.class } else { "" };
        line(&mut csv, &[&file, class]);
    }
    let mut names = "class,en,fr,de,es\n".to_owned();
    for Thing {
        class, names: n, ..
    } in &THINGS
    {
        line(&mut names, &[class, n[0], n[1], n[2], n[3]]);
    }
    fs::write(folder.join(CSV), csv)?;
    fs::write(folder.join("classes.csv"), names)
}

/// Writes lines of an old account book into an empty folder, with a CSV `file,text`.
pub fn write_lines(folder: &Path) -> io::Result<()> {
    let mut dice = Dice::new(SEED, *b"ledger  ");
    let mut csv = "file,text\n".to_owned();
    for (number, text) in (1_usize..).zip(ledger::texts(LINES, &mut dice)) {
        let file = format!("line-{number:03}.png");
        fs::write(folder.join(&file), ledger::written(&text, &mut dice))?;
        let told = if number % 2 == 1 { text.as_str() } else { "" };
        line(&mut csv, &[&file, told]);
    }
    fs::write(folder.join(CSV), csv)
}

/// A thing somewhere on old paper.
fn drawing(thing: &Thing, dice: &mut Dice) -> Vec<u8> {
    let (width, height) = (f32::from(SIZE.0), f32::from(SIZE.1));
    let mut sheet = Sheet::new((u32::from(SIZE.0), u32::from(SIZE.1)));
    let side = width * dice.between(0.62, 0.82);
    let free = (width - side) / 2.0 - 8.0;
    let place = Place {
        side,
        middle: (
            width / 2.0 + dice.around(free),
            height / 2.0 + dice.around(free),
        ),
        turn: dice.around(0.2),
        mirrored: dice.chance(0.5),
    };
    let breadth = dice.between(2.0, 3.4);
    (thing.draw)(dice).draw(&mut sheet, &place, breadth, dice);
    aged(&sheet, SIZE, dice)
}

/// Adds a line to a CSV. None of the values has a comma or a quotation mark.
fn line(csv: &mut String, values: &[&str]) {
    let _ = writeln!(csv, "{}", values.join(","));
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use tempfile::TempDir;

    use super::*;

    fn rows(folder: &Path) -> Vec<(String, String)> {
        let csv = fs::read_to_string(folder.join(CSV)).unwrap();
        let rows = csv.lines().skip(1);
        let rows = rows.map(|row| row.split_once(',').unwrap());
        rows.map(|(file, shows)| (file.to_owned(), shows.to_owned()))
            .collect()
    }

    fn sizes(folder: &Path, rows: &[(String, String)]) -> HashSet<usize> {
        let files = rows
            .iter()
            .map(|(file, _)| fs::read(folder.join(file)).unwrap());
        let files: HashSet<Vec<u8>> = files.collect();
        assert_eq!(files.len(), rows.len(), "an image is there twice");
        files.iter().map(Vec::len).collect()
    }

    #[test]
    fn a_half_of_the_drawings_is_known_by_each_class_and_no_length_tells_it() {
        let folder = TempDir::new().unwrap();
        write_things(folder.path()).unwrap();
        let rows = rows(folder.path());
        assert_eq!(rows.len(), 144);
        for thing in &THINGS {
            let known = rows.iter().filter(|(_, class)| class == thing.class);
            assert_eq!(known.count(), 12, "{}", thing.class);
        }
        assert_eq!(sizes(folder.path(), &rows).len(), 1);
        let names = fs::read_to_string(folder.path().join("classes.csv")).unwrap();
        assert!(names.starts_with("class,en,fr,de,es\nboat,a sailing boat,un voilier,"));
    }

    #[test]
    fn a_half_of_the_lines_is_known_and_no_length_tells_what_they_say() {
        let folder = TempDir::new().unwrap();
        write_lines(folder.path()).unwrap();
        let rows = rows(folder.path());
        let known = rows.iter().filter(|(_, text)| !text.is_empty());
        assert_eq!((rows.len(), known.count()), (72, 36));
        assert_eq!(sizes(folder.path(), &rows).len(), 1);
    }
}
