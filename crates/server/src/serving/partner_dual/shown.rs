//! What a customer is shown: the challenge code, drawn as what it is.

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde_json::Value;

use super::agent::Reply;
use super::way::Way;

/// The longest side of a grid that is drawn.
const SIDE_MAX: usize = 40;

/// A challenge to be shown.
pub(super) struct Challenge {
    /// What it is called when its answer is sent.
    pub(super) cc: String,
    /// The moment when it ends, as the server wrote it.
    expires: String,
    /// What is to be seen.
    pub(super) shown: Shown,
}

/// What is to be seen of a challenge.
pub(super) enum Shown {
    /// A grid of symbols.
    Grid(Grid),
    /// Digits for the phone.
    Digits(String),
    /// Cells of the card.
    Cells(Vec<String>),
    /// A code was sent there, in this manner.
    Sent {
        /// Where to, as far as it is told.
        to: String,
        /// `EMAIL` or `SMS`.
        method: String,
    },
}

/// Rows of symbols under labelled columns.
pub(super) struct Grid {
    /// The columns' labels; a column that has none has an empty one.
    pub(super) columns: Vec<String>,
    /// The rows, the northernmost first; each is labelled by its place.
    pub(super) rows: Vec<Vec<char>>,
}

/// The JSON in the JSON string; `indiecs` is the vendor's spelling.
#[derive(Deserialize)]
struct Wire {
    grid: Vec<String>,
    rows: usize,
    cols: usize,
    indiecs: String,
}

impl Challenge {
    /// Reads what a method answered that went well.
    pub(super) fn read(way: Way, reply: &Reply) -> anyhow::Result<Self> {
        let result = &reply.result;
        let text = |name: &str| result[name].as_str().unwrap_or_default().to_owned();
        let code = text("code");
        ensure!(way == Way::Code || !code.is_empty(), "no code came");
        let (cc, shown) = match way {
            Way::Grid => (text("reference"), Shown::Grid(Grid::parse(&code)?)),
            Way::Phone => (code.clone(), Shown::Digits(code)),
            Way::Card => {
                let cells = code.split_whitespace().map(str::to_owned);
                (text("reference"), Shown::Cells(cells.collect()))
            }
            Way::Code => {
                let (to, method) = (text("to"), text("method"));
                (String::new(), Shown::Sent { to, method })
            }
        };
        Ok(Self {
            cc,
            expires: text("expires"),
            shown,
        })
    }

    /// The time of day when it ends, in UTC.
    pub(super) fn until(&self) -> &str {
        self.expires.get(11..19).unwrap_or(&self.expires)
    }
}

impl Grid {
    /// Reads the text of `code`. What it says of its size must be so.
    pub(super) fn parse(code: &str) -> anyhow::Result<Self> {
        let wire: Wire = serde_json::from_str(code).context("the code is no grid")?;
        let rows: Vec<Vec<char>> = wire.grid.iter().map(|row| row.chars().collect()).collect();
        ensure!(rows.len() == wire.rows, "not as many rows as it says");
        let even = rows.iter().all(|row| row.len() == wire.cols);
        ensure!(even, "not as many columns as it says");
        ensure!(
            wire.rows <= SIDE_MAX && wire.cols <= SIDE_MAX,
            "a grid too large to be shown"
        );
        let mut labels = wire.indiecs.chars();
        let columns = (0..wire.cols).map(|_| labels.next().map(String::from).unwrap_or_default());
        Ok(Self {
            columns: columns.collect(),
            rows,
        })
    }
}

/// How many wrong answers are left, where the server tells it.
pub(super) fn attempts_left(result: &Value) -> Option<u64> {
    result["attemptsLeft"].as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_grid_is_read_with_its_missing_label() {
        let code = r#"{"grid":["53c1s3npxgws4pw6jp5kx3","scmmu698wp9t1sag5spxzz"],
            "rows":2, "cols":22, "indiecs":"ABCDEFGHJKMNPRSTUVWXY"}"#;
        let grid = Grid::parse(code).unwrap();
        assert_eq!(grid.columns.len(), 22);
        assert_eq!((&*grid.columns[8], &*grid.columns[21]), ("J", ""));
        assert_eq!((grid.rows[1][0], grid.rows[1][21]), ('s', 'z'));
    }

    #[test]
    fn what_is_no_grid_is_not_shown() {
        for code in [
            "",
            "07880384",
            r#"{"grid":["ab"],"rows":2,"cols":2,"indiecs":"AB"}"#,
            r#"{"grid":["ab","c"],"rows":2,"cols":2,"indiecs":"AB"}"#,
            &format!(
                r#"{{"grid":["{}"],"rows":1,"cols":41,"indiecs":""}}"#,
                "a".repeat(41)
            ),
        ] {
            assert!(Grid::parse(code).is_err(), "{code}");
        }
    }
}
