//! `authenticator card`: a card as PDF, as SVG or as text, on stdout alone.

mod layout;
mod pdf;
mod svg;

use std::io::IsTerminal as _;
use std::sync::Arc;

use challenge::methods::card::Card;
use serde_json::json;

use super::authenticators::find;
use super::desk::OPERATOR;
use crate::cli::{CardArguments, CardForm, Failure, plain};
use crate::operator::Desk;
use layout::Layout;

/// Prints a card.
pub(super) async fn print(desk: &Desk, arguments: &CardArguments) -> Result<(), Failure> {
    let CardArguments { named, form } = arguments;
    // Before the card is opened, because the audit log would say that it was printed.
    if form.pdf && std::io::stdout().is_terminal() {
        return Err(Failure::new(
            "a PDF is nothing to read on a terminal; write it to a file, as in \
             `… --pdf > card.pdf`",
        ));
    }
    let verifier = desk.verifier().await?;
    let (_, one) = find(&**verifier.store(), &named.name, named.tenant.as_deref()).await?;
    let one = Arc::new(one);
    let card = verifier.print_card(&OPERATOR, &one).await?;
    match form {
        CardForm { pdf: true, .. } => {
            let layout = Layout::of(&card, &one.serial);
            desk.output.document(&pdf::draw(&layout))
        }
        CardForm { svg: true, .. } => {
            let layout = Layout::of(&card, &one.serial);
            desk.output.document(svg::draw(&layout).as_bytes())
        }
        CardForm { .. } if desk.output.json => desk.output.value(&json!({
            "serial": one.serial,
            "columns": Card::LABELS,
            "rows": rows(&card),
        })),
        CardForm { .. } => desk.output.lines(&table(&card, &one.serial)),
    }
}

/// The symbols of each row, as they are printed.
fn rows(card: &Card) -> Vec<String> {
    let row = |row| (0..Card::COLS).filter_map(move |col| card.cell(row, col));
    (0..Card::ROWS)
        .map(|number| {
            row(number)
                .map(|symbol| symbol.to_ascii_uppercase())
                .collect()
        })
        .collect()
}

/// The card as lines: the serial, the columns' labels, and a line for each row.
fn table(card: &Card, serial: &str) -> Vec<String> {
    let spread = |label: char, symbols: &str| {
        let symbols = symbols.chars().map(|symbol| format!(" {symbol}"));
        format!("{label} {}", symbols.collect::<String>())
    };
    let rows = (b'0'..).map(char::from).zip(rows(card));
    let mut lines = vec![plain(serial), String::new(), spread(' ', Card::LABELS)];
    lines.extend(rows.map(|(label, symbols)| spread(label, &symbols)));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A card whose symbols are what they are: what is drawn is compared with it, not with itself.
    fn card() -> Card {
        Card::derive(&[7; 32])
    }

    fn cell(card: &Card, row: u8, col: u8) -> char {
        card.cell(row, col).unwrap().to_ascii_uppercase()
    }

    #[test]
    fn the_table_has_every_cell_below_its_column_and_beside_its_row() {
        let card = card();
        let lines = table(&card, "2000\u{1b}0042");
        assert_eq!(lines[0], "2000 0042");
        assert_eq!(lines[2], "   A B C D E F G H J K M N P R S T U V W X Y Z");
        assert_eq!(lines.len(), 13);
        for (row, line) in (0..10).zip(&lines[3..]) {
            assert!(line.starts_with(&row.to_string()));
            for (col, label) in (0..22).zip(Card::LABELS.chars()) {
                let below = line.chars().nth(lines[2].find(label).unwrap());
                assert_eq!(below, Some(cell(&card, row, col)));
            }
        }
    }

    #[test]
    fn every_cell_is_drawn_once_in_its_place() {
        let card = card();
        let layout = Layout::of(&card, "20000042");
        let at = |x: u16, baseline: u16| {
            let mut found = layout
                .words
                .iter()
                .filter(move |word| (word.x, word.baseline) == (x, baseline));
            let word = found.next().unwrap();
            assert!(found.next().is_none());
            word.text.clone()
        };
        let first = &layout.words[0];
        let (x, y) = (first.x, first.baseline);
        for row in 0..Card::ROWS {
            let baseline = y + 430 * (u16::from(row) + 1);
            assert_eq!(at(x - 359, baseline), row.to_string());
            for col in 0..Card::COLS {
                let text = at(x + 359 * u16::from(col), baseline);
                assert_eq!(text, cell(&card, row, col).to_string());
            }
        }
        assert_eq!(layout.words.len(), 22 + 10 + 220 + 1);
    }

    #[test]
    fn nothing_is_drawn_beside_the_card() {
        for serial in ["1", &"W".repeat(255)] {
            let layout = Layout::of(&card(), serial);
            for area in &layout.areas {
                assert!(area.left + area.width <= layout::WIDTH);
                assert!(area.top + area.height <= layout::HEIGHT);
            }
            for word in &layout.words {
                let width = pdf::width(word);
                let left = f32::from(word.x) - if word.centred { width / 2.0 } else { 0.0 };
                assert!(left >= 0.0 && left + width <= f32::from(layout::WIDTH));
                assert!(word.baseline >= word.size && word.baseline < layout::HEIGHT);
                if word.centred {
                    assert!(width <= 359.0, "{} is wider than its column", word.text);
                }
            }
        }
    }

    #[test]
    fn the_picture_is_of_a_bank_card_and_a_serial_is_only_text_in_it() {
        let layout = Layout::of(&card(), "</text><script>&\"");
        let svg = svg::draw(&layout);
        assert!(svg.starts_with(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"85.60mm\" height=\"53.98mm\""
        ));
        assert!(svg.contains(">&lt;/text&gt;&lt;script&gt;&amp;\"</text>"));
        assert_eq!(svg.matches("<text").count(), layout.words.len());
        assert_eq!(svg.matches("</text>").count(), layout.words.len());
    }

    #[test]
    fn the_document_is_one_page_of_a_bank_cards_size_printed_unscaled() {
        let layout = Layout::of(&card(), "20000042");
        let pdf = pdf::draw(&layout);
        let text = String::from_utf8_lossy(&pdf);
        for part in [
            "%PDF-1.7",
            "/MediaBox [0 0 242.64568 153.01418]",
            "/PrintScaling /None",
            "/Count 1",
            "/BaseFont /Helvetica-Bold",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(text.matches(" Tj").count(), layout.words.len());
    }

    #[test]
    fn a_serial_is_only_text_in_the_document() {
        // What the face has not becomes a question mark; anything beyond ASCII is written in hexadecimal.
        for (serial, written) in [
            ("20000042", "(20000042) Tj"),
            ("20) Tj (", "(20\\) Tj \\() Tj"),
            ("\\)", "(\\\\\\)) Tj"),
            ("\u{4e2d}", "(?) Tj"),
            ("\u{e9}\u{85}", "<E93F> Tj"),
        ] {
            let pdf = pdf::draw(&Layout::of(&card(), serial));
            let text = String::from_utf8_lossy(&pdf);
            assert!(text.contains(&format!("\n{written}\n")), "{serial}: {text}");
        }
    }
}
