//! Six kinds of things, each drawn a little differently every time.

use std::f32::consts::TAU;

use super::sketch::Sketch;
use crate::drawing::dice::Dice;

/// A kind of thing.
pub(super) struct Thing {
    /// What it is called in a CSV.
    pub(super) class: &'static str,
    /// What it is called in English, French, German and Spanish.
    pub(super) names: [&'static str; 4],
    /// Draws one.
    pub(super) draw: fn(&mut Dice) -> Sketch,
}

/// All kinds.
pub(super) const THINGS: [Thing; 6] = [
    Thing {
        class: "boat",
        names: ["a sailing boat", "un voilier", "ein Segelboot", "un velero"],
        draw: boat,
    },
    Thing {
        class: "house",
        names: ["a house", "une maison", "ein Haus", "una casa"],
        draw: house,
    },
    Thing {
        class: "tree",
        names: ["a tree", "un arbre", "ein Baum", "un árbol"],
        draw: tree,
    },
    Thing {
        class: "fish",
        names: ["a fish", "un poisson", "ein Fisch", "un pez"],
        draw: fish,
    },
    Thing {
        class: "key",
        names: ["a key", "une clé", "ein Schlüssel", "una llave"],
        draw: key,
    },
    Thing {
        class: "teapot",
        names: ["a teapot", "une théière", "eine Teekanne", "una tetera"],
        draw: teapot,
    },
];

fn boat(dice: &mut Dice) -> Sketch {
    let mut boat = Sketch::default();
    let (bow, deep) = (dice.between(0.02, 0.1), dice.between(0.8, 0.9));
    let mast = dice.between(0.42, 0.58);
    let top = dice.between(0.04, 0.14);
    boat.closed(&[(bow, 0.68), (0.95, 0.66), (0.8, deep), (0.24, deep)]);
    boat.shade(((0.3, 0.7), (0.84, 0.7)), ((0.33, deep), (0.76, deep)), 9);
    boat.line(&[(mast, 0.67), (mast, top)]);
    let boom = dice.between(0.82, 0.94);
    boat.closed(&[(mast + 0.02, top + 0.05), (boom, 0.6), (mast + 0.02, 0.6)]);
    if dice.chance(0.7) {
        boat.closed(&[
            (mast - 0.03, top + 0.1),
            (bow + 0.08, 0.6),
            (mast - 0.03, 0.6),
        ]);
    }
    if dice.chance(0.6) {
        let pennant = [(mast, top), (mast + 0.12, top + 0.03), (mast, top + 0.06)];
        boat.line(&pennant);
    }
    for wave in 0..4_u8 {
        let left = f32::from(wave) * 0.24 + dice.around(0.03);
        boat.arc((left + 0.1, deep + 0.05), (0.1, 0.035), (0.05, 0.45));
    }
    boat
}

fn house(dice: &mut Dice) -> Sketch {
    let mut house = Sketch::default();
    let (left, right) = (dice.between(0.1, 0.2), dice.between(0.8, 0.9));
    let (eaves, ground) = (dice.between(0.42, 0.5), dice.between(0.86, 0.92));
    let ridge = dice.between(0.1, 0.22);
    let middle = f32::midpoint(left, right) + dice.around(0.05);
    house.closed(&[
        (left, eaves),
        (right, eaves),
        (right, ground),
        (left, ground),
    ]);
    house.line(&[(left - 0.07, eaves), (middle, ridge), (right + 0.07, eaves)]);
    house.shade(
        ((middle, ridge + 0.03), (right + 0.04, eaves - 0.02)),
        ((middle, eaves - 0.02), (right - 0.06, eaves - 0.02)),
        12,
    );
    let door = middle + dice.around(0.12);
    house.line(&[
        (door - 0.06, ground),
        (door - 0.06, ground - 0.24),
        (door + 0.06, ground - 0.24),
        (door + 0.06, ground),
    ]);
    for window in [left + 0.12, right - 0.12] {
        if (window - door).abs() > 0.14 {
            let (above, below) = (eaves + 0.1, eaves + 0.24);
            house.closed(&[
                (window - 0.06, above),
                (window + 0.06, above),
                (window + 0.06, below),
                (window - 0.06, below),
            ]);
            house.pen(&[(window, above), (window, below)], 0.6);
        }
    }
    if dice.chance(0.75) {
        let at = middle - dice.between(0.14, 0.2);
        let foot = ridge + 0.14;
        house.line(&[(at - 0.04, foot + 0.06), (at - 0.04, foot - 0.14)]);
        house.line(&[
            (at - 0.04, foot - 0.14),
            (at + 0.04, foot - 0.14),
            (at + 0.04, foot),
        ]);
    }
    house
}

fn tree(dice: &mut Dice) -> Sketch {
    let mut tree = Sketch::default();
    let lean = dice.around(0.05);
    let broad = dice.between(0.04, 0.07);
    let fork = dice.between(0.52, 0.6);
    tree.line(&[
        (0.5 - 1.6 * broad, 0.95),
        (0.5 - broad, 0.85),
        (0.5 - broad + lean, fork),
    ]);
    tree.line(&[
        (0.5 + 1.6 * broad, 0.95),
        (0.5 + broad, 0.85),
        (0.5 + broad + lean, fork),
    ]);
    tree.shade(
        ((0.5, 0.92), (0.5 + lean, fork)),
        ((0.5 + broad, 0.9), (0.5 + broad + lean, fork)),
        7,
    );
    if dice.chance(0.35) {
        // A fir: boughs one above the other.
        for bough in 0..4_u8 {
            let step = f32::from(bough);
            let (y, reach) = (0.2 + 0.14 * step, 0.12 + 0.085 * step);
            let top = (0.5 + lean, y - 0.16);
            tree.line(&[(0.5 + lean - reach, y), top, (0.5 + lean + reach, y)]);
            tree.arc((0.5 + lean, y), (reach, 0.03), (0.0, 0.5));
        }
        return tree;
    }
    let leaves = 7 + dice.below(4);
    let mut angle = dice.unit();
    for _ in 0..leaves {
        angle += 0.618;
        let out = dice.between(0.1, 0.24);
        let (sin, cos) = (angle * TAU).sin_cos();
        let middle = (0.5 + lean + out * 1.25 * cos, 0.32 + out * sin);
        let reach = dice.between(0.1, 0.17);
        let from = angle - 0.3;
        tree.arc(middle, (reach, reach * 0.85), (from, from + 0.66));
    }
    tree
}

fn fish(dice: &mut Dice) -> Sketch {
    let mut fish = Sketch::default();
    let fat = dice.between(0.15, 0.24);
    let tail = dice.between(0.12, 0.2);
    fish.arc((0.42, 0.5), (0.36, fat), (0.03, 0.97));
    fish.line(&[
        (0.77, 0.5 - fat * 0.2),
        (0.96, 0.5 - tail),
        (0.9, 0.5),
        (0.96, 0.5 + tail),
        (0.77, 0.5 + fat * 0.2),
    ]);
    fish.round((0.2, 0.5 - fat * 0.3), (0.025, 0.025));
    fish.arc((0.22, 0.5), (0.1, fat * 0.75), (-0.18, 0.18));
    fish.arc((0.06, 0.5 + fat * 0.25), (0.07, 0.03), (0.0, 0.3));
    let back = 0.5 - fat;
    fish.line(&[(0.34, back), (0.44, back - 0.12), (0.6, back + 0.04)]);
    fish.shade(
        ((0.36, back), (0.58, back + 0.03)),
        ((0.4, back - 0.05), (0.56, back - 0.02)),
        6,
    );
    fish.line(&[
        (0.44, 0.5 + fat),
        (0.5, 0.5 + fat + 0.09),
        (0.58, 0.5 + fat - 0.03),
    ]);
    for row in 0..3_u8 {
        for scale in 0..4_u8 {
            let x = 0.4 + 0.085 * f32::from(scale) + dice.around(0.008);
            let y = 0.5 + fat * 0.42 * (f32::from(row) - 1.0);
            fish.arc((x, y), (0.03, 0.045), (-0.2, 0.2));
        }
    }
    fish.shade(((0.82, 0.46), (0.82, 0.54)), ((0.93, 0.4), (0.93, 0.6)), 5);
    fish
}

fn key(dice: &mut Dice) -> Sketch {
    let mut key = Sketch::default();
    let bow = dice.between(0.12, 0.17);
    let end = dice.between(0.88, 0.95);
    let thick = dice.between(0.022, 0.032);
    let middle = 0.04 + bow;
    if dice.chance(0.5) {
        key.round((middle, 0.5), (bow, bow));
        key.round((middle, 0.5), (bow * 0.6, bow * 0.6));
    } else {
        // A clover of three.
        for (x, y) in [(-0.3, 0.0), (0.25, -0.55), (0.25, 0.55)] {
            key.round((middle + x * bow, 0.5 + y * bow), (bow * 0.5, bow * 0.5));
        }
    }
    let neck = middle + bow;
    key.line(&[
        (neck, 0.5 - thick),
        (end, 0.5 - thick),
        (end, 0.5 + thick),
        (neck, 0.5 + thick),
    ]);
    key.line(&[
        (neck + 0.05, 0.5 - 1.9 * thick),
        (neck + 0.05, 0.5 + 1.9 * thick),
    ]);
    key.line(&[
        (neck + 0.08, 0.5 - 1.9 * thick),
        (neck + 0.08, 0.5 + 1.9 * thick),
    ]);
    let teeth = 2 + dice.below(2);
    let mut x = end - 0.02;
    for _ in 0..teeth {
        let deep = 0.5 + dice.between(0.13, 0.2);
        let wide = dice.between(0.045, 0.065);
        key.line(&[
            (x, 0.5 + thick),
            (x, deep),
            (x - wide, deep),
            (x - wide, 0.5 + thick),
        ]);
        key.shade(
            ((x, 0.5 + thick), (x, deep)),
            ((x - wide, 0.5 + thick), (x - wide, deep)),
            5,
        );
        x -= wide + 0.025;
    }
    key
}

fn teapot(dice: &mut Dice) -> Sketch {
    let mut pot = Sketch::default();
    let (wide, high) = (dice.between(0.25, 0.31), dice.between(0.22, 0.28));
    let middle = (0.48, 0.6);
    pot.round(middle, (wide, high));
    let (left, right) = (middle.0 - wide, middle.0 + wide);
    let spout = dice.between(0.3, 0.4);
    pot.line(&[(right - 0.02, 0.66), (0.86, 0.58), (0.95, spout)]);
    pot.line(&[
        (right - 0.05, 0.5),
        (0.83, 0.46),
        (0.88, spout - 0.01),
        (0.95, spout),
    ]);
    pot.arc(
        (left + 0.03, 0.58),
        (dice.between(0.15, 0.2), 0.17),
        (0.22, 0.78),
    );
    pot.arc((left + 0.03, 0.58), (0.11, 0.12), (0.22, 0.78));
    let rim = middle.1 - high * 0.92;
    pot.arc((middle.0, rim), (wide * 0.5, 0.03), (0.0, 1.0));
    let lid = dice.between(0.07, 0.11);
    pot.arc((middle.0, rim), (wide * 0.48, lid), (0.5, 1.0));
    pot.round((middle.0, rim - lid - 0.025), (0.028, 0.026));
    pot.line(&[
        (middle.0 - 0.15, 0.6 + high * 0.9),
        (middle.0 + 0.15, 0.6 + high * 0.9),
    ]);
    match dice.below(3) {
        0 => {
            pot.arc(middle, (wide * 0.98, high * 0.25), (0.02, 0.48));
            pot.arc(
                (middle.0, middle.1 - 0.04),
                (wide * 0.98, high * 0.25),
                (0.02, 0.48),
            );
        }
        1 => {
            for petal in 0..5_u8 {
                let (sin, cos) = (f32::from(petal) / 5.0 * TAU).sin_cos();
                pot.round(
                    (middle.0 + 0.07 * cos, middle.1 + 0.07 * sin),
                    (0.035, 0.035),
                );
            }
        }
        _ => {
            let shadow = (middle.0 + wide * 0.4, 0.6 - high * 0.5);
            pot.shade(
                (shadow, (middle.0 + wide * 0.3, 0.6 + high * 0.8)),
                ((right - 0.03, 0.5), (right - 0.05, 0.68)),
                10,
            );
        }
    }
    pot
}
