//! A grid as it is told to clients: the text of `code`, which is JSON in a JSON string.
//!
//! `indiecs` is the vendor's spelling.

use serde::Deserialize;
use serde_json::json;

use super::{CELLS, COLS, Grid, LABELS, ROWS, SYMBOLS};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    grid: Vec<String>,
    rows: u8,
    cols: u8,
    indiecs: String,
}

impl Grid {
    /// The text of `code`: `grid`, `rows`, `cols` and `indiecs`, in this order.
    pub fn to_wire(&self) -> String {
        let rows = self.symbols.chunks(usize::from(COLS));
        let rows: Vec<_> = rows.map(String::from_utf8_lossy).collect();
        json!({"grid": rows, "rows": ROWS, "cols": COLS, "indiecs": LABELS}).to_string()
    }

    /// The grid of a text that [`Self::to_wire`] wrote; nothing where it is another.
    ///
    /// A text that a client sends must never come here: it would bear a grid of the client's choice.
    /// The sample of the documentation is read too, which has one label less than columns.
    pub fn from_wire(text: &str) -> Option<Self> {
        let wire: Wire = serde_json::from_str(text).ok()?;
        let labels = wire.indiecs.as_str();
        let labelled = labels == LABELS || Some(labels) == LABELS.strip_suffix('Z');
        let fits = labelled && wire.rows == ROWS && wire.cols == COLS;
        let even = wire.grid.len() == usize::from(ROWS)
            && wire.grid.iter().all(|row| row.len() == usize::from(COLS));
        if !(fits && even) {
            return None;
        }
        let symbols: [u8; CELLS] = wire.grid.concat().into_bytes().try_into().ok()?;
        let known = symbols.iter().all(|symbol| SYMBOLS.contains(symbol));
        known.then_some(Self { symbols })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::grid::attack::SAMPLE;
    use crate::rng::DangerCountingRng;

    #[test]
    fn a_grid_is_told_with_four_keys_in_their_order_and_read_again() {
        let rng = DangerCountingRng::default();
        for _ in 0..20 {
            let grid = Grid::draw(&rng);
            let text = grid.to_wire();
            assert_eq!(Grid::from_wire(&text), Some(grid));
            let rows: Vec<String> = serde_json::from_str::<Wire>(&text).unwrap().grid;
            assert!(rows.len() == 10 && rows.iter().all(|row| row.len() == 22));
            let expected = format!(
                r#"{{"grid":["{}"],"rows":10,"cols":22,"indiecs":"ABCDEFGHJKMNPRSTUVWXYZ"}}"#,
                rows.join(r#"",""#)
            );
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn what_is_no_grid_is_not_read() {
        assert!(Grid::from_wire(SAMPLE).is_some());
        for (part, instead) in [
            (r#""rows":10"#, r#""rows":9"#),
            (r#""cols":22"#, r#""cols":21"#),
            (r#""rows":10,"#, ""),
            (r#""rows":10"#, r#""rows":10,"rows":10"#),
            (r#""rows":10"#, r#""rows":10,"more":1"#),
            ("WXY\"", "WX\""),
            ("ABC", "abc"),
            ("53c1s3npxgws4pw6jp5kx3", "53c1s3npxgws4pw6jp5kx"),
            ("53c1s3npxgws4pw6jp5kx3", "53c1s3npxgws4pw6jp5kx3a"),
            ("53c1s3npxgws4pw6jp5kx3", "i3c1s3npxgws4pw6jp5kx3"),
            ("53c1s3npxgws4pw6jp5kx3", "53c1s3npxgws4pw6jp5k\u{e9}"),
            ("\"53c1s3npxgws4pw6jp5kx3\",", ""),
            ("5kx3\",\n\"scmm", "5kx3scmm"),
        ] {
            assert!(SAMPLE.contains(part), "{part}");
            let text = SAMPLE.replace(part, instead);
            assert!(Grid::from_wire(&text).is_none(), "{instead}");
        }
        assert!(Grid::from_wire("").is_none());
    }
}
