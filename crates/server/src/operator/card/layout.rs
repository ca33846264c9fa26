//! Where everything stands on a printed card, for whatever draws it. Lengths are in hundredths of a
//! millimetre, from the upper left corner.
//!
//! The size is that of a bank card (ISO/IEC 7810, ID-1). For weak eyes: capitals of a bold face as
//! large as the widest of them fits its column, bands that lead the eye along the rows, lines between the
//! columns, and labels in white on black.

use challenge::methods::card::Card;

/// Width of the card.
pub(super) const WIDTH: u16 = 8560;
/// Height of the card.
pub(super) const HEIGHT: u16 = 5398;

/// What printers leave blank, and cutting takes off.
const MARGIN: u16 = 150;
/// A column, that of the rows' labels included.
const COLUMN: u16 = 359;
/// A row, that of the columns' labels included.
const ROW: u16 = 430;
/// Symbols and labels: 10.5 points.
const SYMBOL_SIZE: u16 = 370;
/// The serial: 8.5 points, where it is not too long.
const SERIAL_SIZE: u16 = 300;
/// Lines between the columns.
const LINE: u16 = 8;

/// How dark something is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shade {
    /// Labels' ground, and letters.
    Black,
    /// Lines and the edge.
    Grey,
    /// Every other row.
    Light,
    /// Letters on black.
    White,
}

impl Shade {
    /// From 0, black, to 255, white.
    pub(super) fn level(self) -> u8 {
        match self {
            Self::Black => 0,
            Self::Grey => 160,
            Self::Light => 226,
            Self::White => 255,
        }
    }
}

/// A filled rectangle.
pub(super) struct Area {
    pub(super) left: u16,
    pub(super) top: u16,
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) shade: Shade,
}

/// A text in one line, in a bold face.
pub(super) struct Word {
    pub(super) text: String,
    /// Its middle, or where it begins.
    pub(super) x: u16,
    pub(super) centred: bool,
    pub(super) baseline: u16,
    pub(super) size: u16,
    pub(super) shade: Shade,
}

/// A card, ready to be drawn: areas first, words over them.
pub(super) struct Layout {
    pub(super) areas: Vec<Area>,
    pub(super) words: Vec<Word>,
}

impl Layout {
    /// Sets a card.
    pub(super) fn of(card: &Card, serial: &str) -> Self {
        let mut words = Vec::new();
        for (place, label) in (1..).zip(Card::LABELS.chars()) {
            words.push(centred(label, 0, place, Shade::White));
        }
        for row in 0..Card::ROWS {
            let line = u16::from(row) + 1;
            words.push(centred(char::from(b'0' + row), line, 0, Shade::White));
            for (place, col) in (1..).zip(0..Card::COLS) {
                let symbol = card.cell(row, col).unwrap_or(' ').to_ascii_uppercase();
                words.push(centred(symbol, line, place, Shade::Black));
            }
        }
        words.push(serial_line(serial));
        Self {
            areas: areas(),
            words,
        }
    }
}

fn areas() -> Vec<Area> {
    let (rows, columns) = (u16::from(Card::ROWS), u16::from(Card::COLS));
    let (width, height) = ((columns + 1) * COLUMN, (rows + 1) * ROW);
    let area = |left, top, width, height, shade| Area {
        left,
        top,
        width,
        height,
        shade,
    };
    // The edge, to cut along.
    let mut areas = vec![
        area(0, 0, WIDTH, LINE, Shade::Grey),
        area(0, HEIGHT - LINE, WIDTH, LINE, Shade::Grey),
        area(0, 0, LINE, HEIGHT, Shade::Grey),
        area(WIDTH - LINE, 0, LINE, HEIGHT, Shade::Grey),
    ];
    for row in (2..=rows).step_by(2) {
        let top = MARGIN + row * ROW;
        areas.push(area(MARGIN, top, width, ROW, Shade::Light));
    }
    for column in 2..=columns {
        let left = MARGIN + column * COLUMN - LINE / 2;
        areas.push(area(left, MARGIN, LINE, height, Shade::Grey));
    }
    areas.push(area(MARGIN, MARGIN, width, ROW, Shade::Black));
    areas.push(area(MARGIN, MARGIN, COLUMN, height, Shade::Black));
    areas
}

/// A symbol or label in the middle of its place.
fn centred(symbol: char, line: u16, place: u16, shade: Shade) -> Word {
    // Capitals and digits are 0.72 of the size high.
    let height = SYMBOL_SIZE * 72 / 100;
    Word {
        text: symbol.to_string(),
        x: MARGIN + place * COLUMN + COLUMN / 2,
        centred: true,
        baseline: MARGIN + line * ROW + ROW.midpoint(height),
        size: SYMBOL_SIZE,
        shade,
    }
}

/// The serial below the symbols, as large as fits in one line.
fn serial_line(serial: &str) -> Word {
    let letters = u16::try_from(serial.chars().count()).unwrap_or(u16::MAX);
    // No letter of the face is wider than its size.
    let fitting = (WIDTH - 2 * MARGIN) / letters.max(1);
    Word {
        text: serial.to_owned(),
        x: MARGIN,
        centred: false,
        baseline: HEIGHT - MARGIN - 50,
        size: SERIAL_SIZE.min(fitting),
        shade: Shade::Black,
    }
}
