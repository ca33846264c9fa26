//! Shapes made of closed lines, fine enough to be bent, and the fonts that give the shapes of characters.

use ab_glyph::{Font as _, FontRef, OutlineCurve};
use tiny_skia::{Path, PathBuilder, Point};

/// Closed lines that bound an area.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// Each ends where it begins.
    pub(super) contours: Vec<Vec<Point>>,
}

/// The edges of a shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    /// The left edge.
    pub(super) left: f32,
    /// The upper edge.
    pub(super) top: f32,
    /// The right edge.
    pub(super) right: f32,
    /// The lower edge.
    pub(super) bottom: f32,
}

/// A font whose capitals are 1 high and stand on 0; y grows downwards.
pub(super) struct Face {
    font: FontRef<'static>,
    cap_height: f32,
}

impl Bounds {
    /// From left to right.
    pub(super) fn width(&self) -> f32 {
        self.right - self.left
    }

    /// From top to bottom.
    pub(super) fn height(&self) -> f32 {
        self.bottom - self.top
    }
}

impl Shape {
    /// The shape with each of its points moved.
    pub(super) fn moved(mut self, to: impl Fn(Point) -> Point) -> Self {
        let points = self.contours.iter_mut().flatten();
        points.for_each(|point| *point = to(*point));
        self
    }

    /// The shape further right and further down by this.
    pub(super) fn shifted(self, x: f32, y: f32) -> Self {
        self.moved(|point| Point::from_xy(point.x + x, point.y + y))
    }

    /// Both shapes as one.
    pub(super) fn with(mut self, other: Self) -> Self {
        self.contours.extend(other.contours);
        self
    }

    /// The edges; all 0 for an empty shape.
    pub(super) fn bounds(&self) -> Bounds {
        let mut points = self.contours.iter().flatten();
        let Some(first) = points.next() else {
            return Bounds {
                left: 0.0,
                top: 0.0,
                right: 0.0,
                bottom: 0.0,
            };
        };
        let one = Bounds {
            left: first.x,
            top: first.y,
            right: first.x,
            bottom: first.y,
        };
        points.fold(one, |bounds, point| Bounds {
            left: bounds.left.min(point.x),
            top: bounds.top.min(point.y),
            right: bounds.right.max(point.x),
            bottom: bounds.bottom.max(point.y),
        })
    }

    /// As a path to be filled; nothing for an empty shape.
    pub(super) fn path(&self) -> Option<Path> {
        let mut path = PathBuilder::new();
        for contour in &self.contours {
            let mut points = contour.iter();
            if let Some(first) = points.next() {
                path.move_to(first.x, first.y);
                points.for_each(|point| path.line_to(point.x, point.y));
                path.close();
            }
        }
        path.finish()
    }
}

impl Face {
    /// A font that is part of the program.
    pub(super) fn new(file: &'static [u8]) -> Self {
        let font = FontRef::try_from_slice(file).expect("a font that is shipped can be read");
        let capital = font.outline(font.glyph_id('H'));
        let cap_height = capital.map_or(1.0, |outline| outline.bounds.height().abs());
        Self { font, cap_height }
    }

    /// A character's shape, at its place after what stands before; empty where the font has none. Each curve
    /// and each straight line in it is cut into so many `pieces`, by which it can be bent.
    pub(super) fn shape(&self, character: char, pieces: u8) -> Shape {
        let Some(outline) = self.font.outline(self.font.glyph_id(character)) else {
            return Shape::default();
        };
        let mut contours: Vec<Vec<Point>> = Vec::new();
        let mut end = None;
        for curve in &outline.curves {
            let points = points_of(curve, pieces);
            if end != Some(points[0]) {
                contours.push(Vec::new());
            }
            end = points.last().copied();
            if let Some(contour) = contours.last_mut() {
                contour.extend(points.into_iter().skip(1));
            }
        }
        let scale = 1.0 / self.cap_height;
        Shape { contours }.moved(|point| Point::from_xy(point.x * scale, -point.y * scale))
    }

    /// How far after a character the next one stands.
    pub(super) fn advance(&self, character: char, next: Option<char>) -> f32 {
        let id = self.font.glyph_id(character);
        let kern = next.map_or(0.0, |next| {
            self.font.kern_unscaled(id, self.font.glyph_id(next))
        });
        (self.font.h_advance_unscaled(id) + kern) / self.cap_height
    }

    /// Whether the font has a character.
    #[cfg(test)]
    pub(super) fn has(&self, character: char) -> bool {
        self.font.glyph_id(character).0 != 0
    }
}

/// A curve's points, the first and the last among them.
fn points_of(curve: &OutlineCurve, pieces: u8) -> Vec<Point> {
    let steps = (0..=pieces).map(|step| f32::from(step) / f32::from(pieces));
    let mix = |a: ab_glyph::Point, b: ab_glyph::Point, t: f32| ab_glyph::Point {
        x: a.x + (b.x - a.x) * t,
        y: a.y + (b.y - a.y) * t,
    };
    let at = |t: f32| match *curve {
        OutlineCurve::Line(a, b) => mix(a, b, t),
        OutlineCurve::Quad(a, b, c) => mix(mix(a, b, t), mix(b, c, t), t),
        OutlineCurve::Cubic(a, b, c, d) => {
            let (ab, bc, cd) = (mix(a, b, t), mix(b, c, t), mix(c, d, t));
            mix(mix(ab, bc, t), mix(bc, cd, t), t)
        }
    };
    steps
        .map(|t| {
            let point = at(t);
            Point::from_xy(point.x, point.y)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawing::fonts;

    #[test]
    fn a_capital_is_one_high_and_stands_on_the_line() {
        for file in fonts::PRINTED {
            let bounds = Face::new(file).shape('H', 8).bounds();
            assert!((bounds.height() - 1.0).abs() < 1e-3, "{bounds:?}");
            assert!(bounds.bottom.abs() < 0.1, "{bounds:?}");
        }
    }

    #[test]
    fn a_shape_is_moved_joined_and_bounded() {
        let square = |at: f32| Shape {
            contours: vec![vec![
                Point::from_xy(at, at),
                Point::from_xy(at + 1.0, at),
                Point::from_xy(at + 1.0, at + 1.0),
                Point::from_xy(at, at + 1.0),
            ]],
        };
        let both = square(0.0).with(square(2.0).shifted(1.0, 0.0));
        let bounds = both.bounds();
        assert_eq!((bounds.width(), bounds.height()), (4.0, 3.0));
        assert!(both.path().is_some());
        assert!(Shape::default().path().is_none());
    }
}
