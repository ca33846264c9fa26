//! What a pen draws: lines that a hand made, not a ruler.

use std::f32::consts::TAU;

use tiny_skia::{LineCap, LineJoin, PathBuilder, Point, Stroke};

use crate::drawing::bend::Bend;
use crate::drawing::dice::Dice;
use crate::drawing::sheet::Sheet;

/// Lines in a square from 0 to 1; y grows downwards.
#[derive(Default)]
pub(super) struct Sketch {
    lines: Vec<Line>,
}

struct Line {
    points: Vec<Point>,
    /// Of the pen's whole breadth.
    breadth: f32,
}

/// How a sketch lies on a sheet.
pub(super) struct Place {
    /// Pixels of the square's side.
    pub(super) side: f32,
    /// Pixels from the left and from the top to the square's middle.
    pub(super) middle: (f32, f32),
    /// Radians by which it is turned.
    pub(super) turn: f32,
    /// Whether left and right change places.
    pub(super) mirrored: bool,
}

impl Sketch {
    /// Draws a line through these places.
    pub(super) fn line(&mut self, places: &[(f32, f32)]) -> &mut Self {
        self.pen(places, 1.0)
    }

    /// Draws a line through these places with a part of the pen.
    pub(super) fn pen(&mut self, places: &[(f32, f32)], breadth: f32) -> &mut Self {
        let points = places.iter().map(|&(x, y)| Point::from_xy(x, y));
        let points = finer(&points.collect::<Vec<_>>());
        self.lines.push(Line { points, breadth });
        self
    }

    /// Draws a line through these places and back to the first.
    pub(super) fn closed(&mut self, places: &[(f32, f32)]) -> &mut Self {
        let again = places.iter().chain(places.first()).copied();
        self.line(&again.collect::<Vec<_>>())
    }

    /// Draws a part of an ellipse, from one angle to another in turns; 0 is to the right, a quarter down.
    pub(super) fn arc(
        &mut self,
        middle: (f32, f32),
        reach: (f32, f32),
        (from, to): (f32, f32),
    ) -> &mut Self {
        const STEPS: u8 = 24;
        let places = (0..=STEPS).map(|step| {
            let angle = (from + (to - from) * f32::from(step) / f32::from(STEPS)) * TAU;
            (
                middle.0 + reach.0 * angle.cos(),
                middle.1 + reach.1 * angle.sin(),
            )
        });
        self.line(&places.collect::<Vec<_>>())
    }

    /// Draws an ellipse, a little more than once round, as a hand does.
    pub(super) fn round(&mut self, middle: (f32, f32), reach: (f32, f32)) -> &mut Self {
        self.arc(middle, reach, (0.0, 1.02))
    }

    /// Shades between two lines by thin strokes from one to the other.
    pub(super) fn shade(
        &mut self,
        (from, to): ((f32, f32), (f32, f32)),
        (other_from, other_to): ((f32, f32), (f32, f32)),
        strokes: u8,
    ) -> &mut Self {
        let mix =
            |a: (f32, f32), b: (f32, f32), t: f32| (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t);
        for stroke in 0..strokes {
            let t = (f32::from(stroke) + 0.5) / f32::from(strokes);
            let places = [mix(from, to, t), mix(other_from, other_to, t)];
            self.pen(&places, 0.45);
        }
        self
    }

    /// Draws it on a sheet with a pen of this breadth in pixels, and with a hand that is not still.
    pub(super) fn draw(&self, sheet: &mut Sheet, place: &Place, breadth: f32, dice: &mut Dice) {
        let tremble = Bend::new(dice, 1.3, 14.0, 40.0);
        let shape = Bend::new(dice, 0.03 * place.side, 0.6 * place.side, 1.6 * place.side);
        let (sin, cos) = place.turn.sin_cos();
        for line in &self.lines {
            let slip = (dice.around(0.8), dice.around(0.8));
            let points = line.points.iter().map(|point| {
                let side = if place.mirrored { -1.0 } else { 1.0 };
                let (x, y) = (
                    (point.x - 0.5) * side * place.side,
                    (point.y - 0.5) * place.side,
                );
                let turned = Point::from_xy(
                    place.middle.0 + x * cos - y * sin + slip.0,
                    place.middle.1 + x * sin + y * cos + slip.1,
                );
                tremble.of(shape.of(turned))
            });
            let pen = Stroke {
                width: breadth * line.breadth * dice.between(0.8, 1.2),
                line_cap: LineCap::Round,
                line_join: LineJoin::Round,
                ..Stroke::default()
            };
            stroke(sheet, points, &pen);
        }
    }
}

fn stroke(sheet: &mut Sheet, mut points: impl Iterator<Item = Point>, pen: &Stroke) {
    let mut path = PathBuilder::new();
    if let Some(first) = points.next() {
        path.move_to(first.x, first.y);
        points.for_each(|point| path.line_to(point.x, point.y));
    }
    if let Some(path) = path.finish() {
        sheet.stroke(&path, pen);
    }
}

/// The same line in pieces that are short enough to be bent.
fn finer(points: &[Point]) -> Vec<Point> {
    const PIECES: u8 = 8;
    let pairs = points.iter().zip(points.iter().skip(1));
    let pieces = pairs.flat_map(|(from, to)| {
        (0..PIECES).map(move |piece| {
            let t = f32::from(piece) / f32::from(PIECES);
            Point::from_xy(from.x + (to.x - from.x) * t, from.y + (to.y - from.y) * t)
        })
    });
    pieces.chain(points.last().copied()).collect()
}
