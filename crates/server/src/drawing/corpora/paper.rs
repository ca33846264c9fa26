//! Old paper with faded ink, on which everything of the corpora is drawn.

use crate::drawing::bend::Field;
use crate::drawing::dice::Dice;
use crate::drawing::sheet::{Sheet, Tint, level, png_of};

use super::sketch::{Place, Sketch};

/// Papers and inks: all a little brown, none white or black.
const TINTS: [Tint; 4] = [
    Tint {
        ink: [58, 38, 22],
        paper: [244, 232, 206],
    },
    Tint {
        ink: [40, 34, 34],
        paper: [238, 230, 214],
    },
    Tint {
        ink: [34, 40, 62],
        paper: [242, 236, 220],
    },
    Tint {
        ink: [84, 44, 24],
        paper: [236, 220, 188],
    },
];

/// The sheet as an image of this size: a PNG, whose length tells nothing of what is on it.
pub(super) fn aged(sheet: &Sheet, size: (u16, u16), dice: &mut Dice) -> Vec<u8> {
    let (columns, rows) = size;
    let whole = (u32::from(columns), u32::from(rows));
    let mut stains = Sheet::new(whole);
    for _ in 0..dice.below(3) {
        stain(&mut stains, size, dice);
    }
    let clouds = Field::new(dice, 90.0, 260.0);
    let fibres = Field::new(dice, 9.0, 22.0);
    let fades = Field::new(dice, 40.0, 130.0);
    let mut light = Vec::with_capacity(sheet.coverage().len());
    let mut covered = sheet.coverage().iter().zip(stains.coverage());
    for y in 0..rows {
        let y = f32::from(y);
        let fields = clouds.row(y, columns).zip(fibres.row(y, columns));
        let fields = fields.zip(fades.row(y, columns));
        for (((cloud, fibre), fade), (&ink, &stain)) in fields.zip(covered.by_ref()) {
            let paper = 226.0 + 20.0 * cloud + 6.0 * fibre - 0.16 * f32::from(stain);
            let ink_light = 48.0 + 34.0 * fade;
            let covered = f32::from(ink) / 255.0;
            light.push(paper + (ink_light - paper) * covered + dice.around(8.0));
        }
    }
    let light: Vec<u8> = light.into_iter().map(level).collect();
    let tint = dice.one_of(&TINTS).unwrap_or(&TINTS[0]);
    png_of(whole, &light, tint)
}

/// The ring that a wet cup left.
fn stain(sheet: &mut Sheet, (columns, rows): (u16, u16), dice: &mut Dice) {
    let mut ring = Sketch::default();
    let reach = dice.between(0.2, 0.45);
    ring.round((0.5, 0.5), (reach, reach));
    let place = Place {
        side: f32::from(rows),
        middle: (
            dice.unit() * f32::from(columns),
            dice.unit() * f32::from(rows),
        ),
        turn: 0.0,
        mirrored: false,
    };
    ring.draw(sheet, &place, dice.between(3.0, 9.0), dice);
}
