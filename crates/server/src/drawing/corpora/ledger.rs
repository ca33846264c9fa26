//! Lines of an old account book: what they say, and how a clerk wrote it.

use std::sync::LazyLock;

use tiny_skia::{PathBuilder, Point, Stroke};

use crate::drawing::bend::Bend;
use crate::drawing::dice::Dice;
use crate::drawing::fonts;
use crate::drawing::shape::{Face, Shape};
use crate::drawing::sheet::Sheet;

use super::paper::aged;

/// Width and height of a line in pixels.
pub(super) const SIZE: (u16, u16) = (640, 120);

/// Pieces of a curve: the hands have many short ones.
const PIECES: u8 = 2;

const NUMBERS: [&str; 9] = [
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
];

const MEASURES: [&str; 8] = [
    "barrels", "sacks", "bales", "chests", "casks", "baskets", "jars", "crates",
];

const GOODS: [&str; 16] = [
    "pepper",
    "olive oil",
    "salt",
    "blue cloth",
    "honey",
    "tea",
    "almonds",
    "candles",
    "wool",
    "paper",
    "sugar",
    "cloves",
    "silk",
    "lemons",
    "soap",
    "copper",
];

static FACES: LazyLock<[Face; 2]> = LazyLock::new(|| fonts::WRITTEN.map(Face::new));

/// What so many lines say, no two the same.
pub(super) fn texts(count: usize, dice: &mut Dice) -> Vec<String> {
    let all = NUMBERS.iter().flat_map(|number| {
        MEASURES.iter().flat_map(move |measure| {
            GOODS
                .iter()
                .map(move |good| format!("{number} {measure} of {good}"))
        })
    });
    let mut all: Vec<String> = all.collect();
    dice.shuffle(&mut all);
    all.truncate(count);
    all
}

/// A line as it stands in the book: a PNG of [`SIZE`].
pub(super) fn written(text: &str, dice: &mut Dice) -> Vec<u8> {
    let (width, height) = (f32::from(SIZE.0), f32::from(SIZE.1));
    let mut sheet = Sheet::new((u32::from(SIZE.0), u32::from(SIZE.1)));
    let face = dice.one_of(&*FACES).unwrap_or(&FACES[0]);
    let line = set(face, text, dice);
    let bounds = line.bounds();
    let scale =
        (width * dice.between(0.8, 0.92) / bounds.width()).min(0.66 * height / bounds.height());
    let free = width - bounds.width() * scale;
    let left = free * dice.between(0.25, 0.75) - bounds.left * scale;
    let top = (height - bounds.height() * scale) / 2.0 - bounds.top * scale + dice.around(5.0);
    let sway = Bend::new(dice, 3.5, 180.0, 420.0);
    let hand = Bend::new(dice, 1.0, 20.0, 50.0);
    let line = line.moved(|point| {
        let placed = Point::from_xy(point.x * scale + left, point.y * scale + top);
        hand.of(sway.of(placed))
    });
    if let Some(path) = line.path() {
        sheet.fill(Some(&path));
        let pressed = Stroke {
            width: dice.between(0.3, 1.0),
            ..Stroke::default()
        };
        sheet.stroke(&path, &pressed);
    }
    if dice.chance(0.6) {
        rule(&mut sheet, top + dice.between(5.0, 9.0), dice);
    }
    aged(&sheet, SIZE, dice)
}

/// The characters one after the other, capitals 1 high, none quite as the font has it.
fn set(face: &Face, text: &str, dice: &mut Dice) -> Shape {
    let slant = dice.between(-0.05, 0.2);
    let mut line = Shape::default();
    let mut x = 0.0;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let (size, rise) = (dice.between(0.96, 1.05), dice.around(0.02));
        let letter = face.shape(character, PIECES).moved(|point| {
            Point::from_xy(
                x + (point.x - slant * point.y) * size,
                point.y * size + rise,
            )
        });
        line = line.with(letter);
        x += face.advance(character, characters.peek().copied()) * dice.between(0.98, 1.03);
    }
    line
}

/// The line that the page was ruled with.
fn rule(sheet: &mut Sheet, y: f32, dice: &mut Dice) {
    let mut path = PathBuilder::new();
    path.move_to(0.0, y + dice.around(3.0));
    path.line_to(f32::from(SIZE.0), y + dice.around(3.0));
    if let Some(path) = path.finish() {
        let pen = Stroke {
            width: 0.7,
            ..Stroke::default()
        };
        sheet.stroke(&path, &pen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_of_every_line_is_in_both_hands() {
        let words = NUMBERS.iter().chain(&MEASURES).chain(&GOODS).chain(&["of"]);
        for character in words.flat_map(|word| word.chars()) {
            assert!(FACES.iter().all(|face| face.has(character)), "{character}");
        }
    }

    #[test]
    fn no_line_comes_twice() {
        let texts = texts(200, &mut Dice::new(&[1; 16], *b"lines   "));
        let mut without = texts.clone();
        without.sort();
        without.dedup();
        assert_eq!((texts.len(), without.len()), (200, 200));
    }
}
