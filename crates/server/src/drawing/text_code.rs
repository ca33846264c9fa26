//! A code as a picture: readable for people, laborious for programs.
//!
//! The letters touch, so that they cannot be taken apart by the gaps between them; they come from several
//! fonts, lean and are bent together; paper and ink change in lightness, so that no one threshold parts
//! them; and lines of the letters' own breadth and lightness cross them. What that is worth is measured in
//! `docs/ocapi-kinds.md`. No check is made here.

use std::sync::LazyLock;

use challenge::methods::code::{Code, IMAGE_SIZE};
use tiny_skia::{LineCap, Path, PathBuilder, Point, Stroke};

use super::bend::{Bend, Field};
use super::dice::Dice;
use super::fonts;
use super::shape::{Face, Shape};
use super::sheet::{Sheet, Tint, level, png_of};

static FACES: LazyLock<[Face; 3]> = LazyLock::new(|| fonts::PRINTED.map(Face::new));

/// Pieces of a line or curve: the letters are large and bend much.
const PIECES: u8 = 8;

/// How high a capital is, in pixels, at least and at most.
const CAPITAL: (f32, f32) = (62.0, 76.0);

/// How far a letter leans, in radians: some 14 degrees.
const LEAN: f32 = 0.24;

/// Pixels by which a letter stands higher or lower than the line.
const OFF_LINE: f32 = 9.0;

/// Pixels that stay free around the letters, so that no bend moves them out of the picture.
const MARGIN: f32 = 14.0;

/// Pixels between two letters at their nearest, before they are made [broader](BOLDER) by 1.6: most touch.
const GAP: (f32, f32) = (0.5, 3.5);

/// Pixels by which a letter may reach into the room beside another one, as Y over L: more is hard to read.
const REACH_INTO: f32 = 9.0;

/// By how many pixels the letters are broader than their fonts have them, so that the thin ones are seen.
const BOLDER: f32 = 1.6;

/// Dark ink on light paper, both a little warm.
const TINT: Tint = Tint {
    ink: [24, 26, 38],
    paper: [252, 250, 242],
};

/// The picture of a code: a PNG of [`IMAGE_SIZE`] pixels and always of the same length.
pub fn picture(code: &Code) -> Vec<u8> {
    let mut dice = Dice::new(&code.seed, *b"picture ");
    let letters = row(&code.text, &mut dice);
    let (width, height) = size();
    let bend = Bend::new(&mut dice, 7.0, 130.0, 260.0);
    let ripple = Bend::new(&mut dice, 2.2, 34.0, 70.0);
    let bent = |shape: Shape| shape.moved(|point| ripple.of(bend.of(point)));
    let mut sheet = Sheet::new(IMAGE_SIZE);
    let letters = bent(fitted(letters, &mut dice)).path();
    sheet.fill(letters.as_ref());
    if let Some(letters) = &letters {
        sheet.stroke(letters, &pen(BOLDER));
    }
    for _ in 0..2 {
        let pen = pen(dice.between(2.5, 4.0));
        sheet.stroke(&line_across(&mut dice, (width, height)), &pen);
    }
    let mut scratches = Sheet::new(IMAGE_SIZE);
    for _ in 0..3 {
        let pen = pen(dice.between(1.5, 2.2));
        scratches.stroke(&line_across(&mut dice, (width, height)), &pen);
    }
    let light = lightness(&mut dice, sheet.coverage(), scratches.coverage());
    png_of(IMAGE_SIZE, &light, &TINT)
}

fn size() -> (f32, f32) {
    let pixels = |length: u32| f32::from(u16::try_from(length).unwrap_or(u16::MAX));
    (pixels(IMAGE_SIZE.0), pixels(IMAGE_SIZE.1))
}

fn pen(width: f32) -> Stroke {
    Stroke {
        width,
        line_cap: LineCap::Round,
        ..Stroke::default()
    }
}

/// The letters one after the other, each touching the next.
fn row(text: &str, dice: &mut Dice) -> Shape {
    let mut row = Shape::default();
    let mut last: Option<Shape> = None;
    for character in text.chars().map(|character| character.to_ascii_uppercase()) {
        let letter = letter(character, dice).shifted(0.0, dice.around(OFF_LINE));
        let gap = dice.between(GAP.0, GAP.1);
        let x = last.as_ref().map_or(0.0, |last| {
            last.bounds().right + gap - room_between(last, &letter)
        });
        let placed = letter.shifted(x, 0.0);
        row = row.with(placed.clone());
        last = Some(placed);
    }
    row
}

/// A letter in one of the fonts, leaning, with its left edge at 0.
fn letter(character: char, dice: &mut Dice) -> Shape {
    let face = dice.one_of(&*FACES).expect("there are fonts");
    let high = dice.between(CAPITAL.0, CAPITAL.1);
    let wide = high * dice.between(0.92, 1.12);
    let (turn, slant) = (dice.around(LEAN), dice.around(0.18));
    let (sin, cos) = turn.sin_cos();
    let leaning = face.shape(character, PIECES).moved(|point| {
        let (x, y) = (point.x * wide - slant * point.y * high, point.y * high);
        Point::from_xy(x * cos - y * sin, x * sin + y * cos)
    });
    let left = leaning.bounds().left;
    leaning.shifted(-left, 0.0)
}

/// How far a letter whose left edge is at 0 can be moved to the left from the right edge of the one before,
/// until they touch.
fn room_between(before: &Shape, letter: &Shape) -> f32 {
    const BAND: f32 = 4.0;
    let edge = before.bounds().right;
    let mut room = f32::MAX;
    let mut y = -2.0 * CAPITAL.1;
    while y < CAPITAL.1 {
        let within = |point: &&Point| point.y >= y - BAND && point.y < y + 2.0 * BAND;
        let right = before.contours.iter().flatten().filter(within);
        let left = letter.contours.iter().flatten().filter(within);
        let right = right.map(|point| point.x).reduce(f32::max);
        let left = left.map(|point| point.x).reduce(f32::min);
        if let (Some(right), Some(left)) = (right, left) {
            room = room.min(edge - right + left);
        }
        y += BAND;
    }
    room.clamp(0.0, REACH_INTO)
}

/// The letters, as large as they can be and somewhere in the picture.
fn fitted(letters: Shape, dice: &mut Dice) -> Shape {
    let (width, height) = size();
    let (bounds, room) = (
        letters.bounds(),
        (width - 2.0 * MARGIN, height - 2.0 * MARGIN),
    );
    let scale = (room.0 / bounds.width())
        .min(room.1 / bounds.height())
        .min(1.25);
    let free = (
        room.0 - bounds.width() * scale,
        room.1 - bounds.height() * scale,
    );
    let at = (MARGIN + free.0 * dice.unit(), MARGIN + free.1 * dice.unit());
    letters.moved(|point| {
        Point::from_xy(
            (point.x - bounds.left) * scale + at.0,
            (point.y - bounds.top) * scale + at.1,
        )
    })
}

/// A curved line from the left to the right of the picture.
fn line_across(dice: &mut Dice, (width, height): (f32, f32)) -> Path {
    let mut path = PathBuilder::new();
    path.move_to(dice.between(-10.0, 60.0), dice.between(0.15, 0.85) * height);
    path.cubic_to(
        width * dice.between(0.2, 0.45),
        height * dice.between(-0.1, 1.1),
        width * dice.between(0.55, 0.8),
        height * dice.between(-0.1, 1.1),
        width - dice.between(-10.0, 60.0),
        dice.between(0.15, 0.85) * height,
    );
    path.finish().expect("a line has a length")
}

/// How light each pixel is: ink where there is some and no scratch, both uneven.
fn lightness(dice: &mut Dice, ink: &[u8], scratches: &[u8]) -> Vec<u8> {
    let clouds = Field::new(dice, 70.0, 160.0);
    let fades = Field::new(dice, 60.0, 140.0);
    let columns = u16::try_from(IMAGE_SIZE.0).unwrap_or(u16::MAX);
    let rows = u16::try_from(IMAGE_SIZE.1).unwrap_or(u16::MAX);
    let mut light = Vec::with_capacity(ink.len());
    let mut covered = ink.iter().zip(scratches);
    for y in 0..rows {
        let clouds = clouds.row(f32::from(y), columns);
        let fades = fades.row(f32::from(y), columns);
        for ((cloud, fade), (&ink, &scratch)) in clouds.zip(fades).zip(covered.by_ref()) {
            let covered = f32::from(ink) * (255.0 - f32::from(scratch)) / (255.0 * 255.0);
            let (paper, ink) = (208.0 + 44.0 * cloud, 52.0 + 48.0 * fade);
            light.push(level(paper + (ink - paper) * covered + dice.around(14.0)));
        }
    }
    light
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::io::Cursor;

    use challenge::methods::code::ALPHABET;
    use png::{Decoder, Transformations};

    use super::*;

    fn code(text: &str, seed: u8) -> Code {
        Code {
            text: text.to_owned(),
            seed: [seed; 16],
        }
    }

    /// Lightness of each pixel, as a browser shows it.
    fn decoded(file: &[u8]) -> Vec<u8> {
        let mut decoder = Decoder::new(Cursor::new(file));
        decoder.set_transformations(Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        assert_eq!((reader.info().width, reader.info().height), IMAGE_SIZE);
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        pixels.chunks(3).map(|pixel| pixel[1]).collect()
    }

    #[test]
    fn a_code_and_seed_give_the_same_picture_and_any_other_another() {
        let first = picture(&code("347hjl", 1));
        assert_eq!(first, picture(&code("347hjl", 1)));
        assert_ne!(first, picture(&code("347hjl", 2)));
        assert_ne!(first, picture(&code("347hju", 1)));
    }

    #[test]
    fn the_length_of_the_file_tells_nothing() {
        let texts = ["777777", "wwwwww", "l4x9y3", "hhhhhh"];
        let lengths = texts
            .iter()
            .flat_map(|text| (0..5).map(|seed| picture(&code(text, seed)).len()));
        assert_eq!(lengths.collect::<HashSet<_>>().len(), 1);
    }

    #[test]
    fn there_is_light_paper_and_dark_ink_in_every_picture() {
        for seed in 0..20 {
            let mut light = decoded(&picture(&code("39uwxy", seed)));
            light.sort_unstable();
            let share = |of: usize| light[light.len() * of / 100];
            assert!(share(5) < 110, "{seed}: the ink is {}", share(5));
            assert!(share(60) > 160, "{seed}: the paper is {}", share(60));
        }
    }

    #[test]
    fn all_letters_are_in_the_picture_and_large_enough_to_be_read() {
        let (width, height) = size();
        for seed in 0..100 {
            let mut dice = Dice::new(&[seed; 16], *b"fitting ");
            let text: String = (0..6)
                .filter_map(|_| dice.one_of(ALPHABET).copied().map(char::from))
                .collect();
            let letters = fitted(row(&text, &mut dice), &mut dice);
            let bounds = letters.bounds();
            let inside = bounds.left >= MARGIN - 0.1
                && bounds.top >= MARGIN - 0.1
                && bounds.right <= width - MARGIN + 0.1
                && bounds.bottom <= height - MARGIN + 0.1;
            assert!(inside, "{text}: {bounds:?}");
            assert!(
                bounds.height() > 50.0 && bounds.width() > 170.0,
                "{text}: {bounds:?}"
            );
        }
    }

    #[test]
    fn letters_come_near_and_never_lie_upon_one_another() {
        for seed in 0..50 {
            let mut dice = Dice::new(&[seed; 16], *b"touching");
            let (before, letter) = (letter('L', &mut dice), letter('Y', &mut dice));
            let room = room_between(&before, &letter);
            assert!((0.0..=REACH_INTO).contains(&room), "{room}");
        }
    }

    #[test]
    fn every_character_of_codes_is_in_every_font() {
        for face in FACES.iter() {
            for character in ALPHABET.iter().map(u8::to_ascii_uppercase).map(char::from) {
                assert!(face.has(character) && face.shape(character, PIECES).path().is_some());
            }
        }
    }
}
