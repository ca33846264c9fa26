//! Smooth fields over a picture: they bend its lines, and let its light come and go.

use std::f32::consts::TAU;

use tiny_skia::Point;

use super::dice::Dice;

/// A field that rises and falls smoothly, between -1 and 1.
pub(super) struct Field {
    waves: Vec<Wave>,
}

struct Wave {
    along_x: f32,
    along_y: f32,
    phase: f32,
    height: f32,
}

/// Moves points, near ones nearly alike.
pub(super) struct Bend {
    x: Field,
    y: Field,
    reach: f32,
}

impl Field {
    /// A field of a few waves, each between these two lengths in pixels.
    pub(super) fn new(dice: &mut Dice, shortest: f32, longest: f32) -> Self {
        const WAVES: u8 = 3;
        let height = 1.0 / f32::from(WAVES);
        let waves = (0..WAVES).map(|_| {
            let (length, direction) = (dice.between(shortest, longest), dice.between(0.0, TAU));
            Wave {
                along_x: direction.cos() * TAU / length,
                along_y: direction.sin() * TAU / length,
                phase: dice.between(0.0, TAU),
                height,
            }
        });
        Self {
            waves: waves.collect(),
        }
    }

    /// The field at a place.
    pub(super) fn at(&self, x: f32, y: f32) -> f32 {
        let waves = self.waves.iter();
        waves
            .map(|wave| (wave.along_x * x + wave.along_y * y + wave.phase).sin() * wave.height)
            .sum()
    }

    /// The field along a row, from x = 0 on. Each wave is turned from one pixel to the next, since a sine
    /// for each would take most of a picture's time.
    pub(super) fn row(&self, y: f32, columns: u16) -> impl Iterator<Item = f32> {
        let turning = self.waves.iter().map(|wave| {
            let (sin, cos) = (wave.along_y * y + wave.phase).sin_cos();
            (sin * wave.height, cos * wave.height, wave.along_x.sin_cos())
        });
        let mut turning: Vec<_> = turning.collect();
        (0..columns).map(move |_| {
            let mut sum = 0.0;
            for (sin, cos, (step_sin, step_cos)) in &mut turning {
                sum += *sin;
                (*sin, *cos) = (
                    *sin * *step_cos + *cos * *step_sin,
                    *cos * *step_cos - *sin * *step_sin,
                );
            }
            sum
        })
    }
}

impl Bend {
    /// A bend that moves a point at most by `reach` pixels to each side.
    pub(super) fn new(dice: &mut Dice, reach: f32, shortest: f32, longest: f32) -> Self {
        Self {
            x: Field::new(dice, shortest, longest),
            y: Field::new(dice, shortest, longest),
            reach,
        }
    }

    /// Where a point comes to.
    pub(super) fn of(&self, point: Point) -> Point {
        Point::from_xy(
            point.x + self.reach * self.x.at(point.x, point.y),
            point.y + self.reach * self.y.at(point.x, point.y),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bend_is_smooth_and_keeps_within_its_reach() {
        let bend = Bend::new(&mut Dice::new(&[3; 16], *b"bend    "), 5.0, 60.0, 120.0);
        for step in 0..200_u16 {
            let at = Point::from_xy(f32::from(step), f32::from(step) / 2.0);
            let next = Point::from_xy(at.x + 0.1, at.y);
            let (bent, beside) = (bend.of(at), bend.of(next));
            assert!((bent.x - at.x).abs() <= 5.0 && (bent.y - at.y).abs() <= 5.0);
            assert!((bent.x - beside.x).abs() < 0.2 && (bent.y - beside.y).abs() < 0.2);
        }
    }

    #[test]
    fn a_row_is_the_field_along_it() {
        let field = Field::new(&mut Dice::new(&[4; 16], *b"row     "), 60.0, 120.0);
        for (x, along) in (0_u16..).zip(field.row(17.0, 400)) {
            let at = field.at(f32::from(x), 17.0);
            assert!(
                (along - at).abs() < 1e-3 && at.abs() <= 1.0,
                "{x}: {along} {at}"
            );
        }
    }
}
