//! What the demo's customer knows and carries: a path, a phone, a card. A website has none of these; they
//! are here so that the demo can be walked through with nothing at hand.

use anyhow::Context as _;
use challenge::clock::Timestamp;
use challenge::directory::provision::{
    AuthenticatorBlueprint, Blueprint, KeySource, Kind, UserBlueprint,
};
use challenge::methods::card::Card;
use oath::Key;
use oath::ocra::{Input, Suite};
use secrecy::{ExposeSecret as _, SecretString};

use super::shown::Grid;

/// The product that the phone's app is.
const APP: &str = "MobileID";

/// What a customer knows and carries.
pub struct Pocket {
    /// The customer's login name.
    pub login_name: String,
    /// The customer's own id at the application.
    pub external_id: String,
    /// The static password.
    pub password: SecretString,
    /// The way through the grid, a direction a character.
    pub path: SecretString,
    /// The phone.
    pub phone: Phone,
    /// The key of the one-time passwords that the phone shows.
    pub codes: Key,
    /// The printed card.
    pub card: Card,
    /// The card's serial number.
    pub card_serial: String,
}

/// An app that computes responses.
pub struct Phone {
    /// Its serial number.
    pub serial: String,
    suite: Suite,
    key: Key,
}

impl Pocket {
    /// What the first customer has to whom a grid was given.
    pub fn of(directory: &Blueprint) -> anyhow::Result<Self> {
        let mut users = directory.tenants.iter().flat_map(|tenant| &tenant.users);
        let user = users
            .find(|user| held(user, Kind::Grid).is_ok())
            .context("nobody has a grid")?;
        let card = held(user, Kind::Card)?;
        let path = held(user, Kind::Grid)?.path.clone();
        Ok(Self {
            login_name: user.login_name.clone(),
            external_id: user.external_id.clone().context("no external id")?,
            password: user.password.clone().context("no password")?,
            path: path.context("the grid has no path")?,
            phone: Phone::of(held(user, Kind::Ocra)?)?,
            codes: key_of(held(user, Kind::Totp)?)?,
            card: Card::derive(key_of(card)?.as_bytes()),
            card_serial: card.serial.clone(),
        })
    }

    /// The path, step by step.
    pub fn steps(&self) -> Vec<Step> {
        steps(self.path.expose_secret())
    }

    /// The symbols in the cells that a challenge asks for, such as `D2 G3 M4 W1`, read off the card.
    pub fn symbols(&self, cells: &str) -> Option<String> {
        let symbol = |cell: &str| {
            let (column, row) = (cell.get(..1)?, cell.get(1..)?);
            let column = u8::try_from(Card::LABELS.find(column)?).ok()?;
            self.card.cell(row.parse().ok()?, column)
        };
        cells.split(' ').map(symbol).collect()
    }
}

impl Phone {
    fn of(token: &AuthenticatorBlueprint) -> anyhow::Result<Self> {
        let suite = token.suite.as_deref().context("no suite is named")?;
        Ok(Self {
            serial: token.serial.clone(),
            suite: Suite::parse(suite)?,
            key: key_of(token)?,
        })
    }

    /// The response to a challenge; the text says why there is none.
    pub fn respond(&self, question: &str, now: Timestamp) -> Result<String, String> {
        let digits: String = question.split_whitespace().collect();
        let question = self
            .suite
            .question(&digits)
            .map_err(|error| error.to_string())?;
        let input = Input {
            counter: None,
            question,
            pin: None,
            session: None,
            time_step: self.suite.time_step(now.unix_s()),
        };
        let response = self.suite.response(&self.key, &input);
        response
            .map(|code| code.to_string())
            .map_err(|error| error.to_string())
    }
}

/// A step of a path.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// An arrow.
    pub arrow: &'static str,
    /// The same in words.
    pub words: &'static str,
    rows: isize,
    columns: isize,
}

impl Step {
    fn towards(direction: char) -> Self {
        let (arrow, words, rows, columns) = match direction {
            '0' => ("↑", "up", -1, 0),
            '1' | '2' => ("↗", "up and right", -1, 1),
            '3' => ("→", "right", 0, 1),
            '4' | '5' => ("↘", "down and right", 1, 1),
            '6' => ("↓", "down", 1, 0),
            '7' | '8' => ("↙", "down and left", 1, -1),
            '9' => ("←", "left", 0, -1),
            _ => ("↖", "up and left", -1, -1),
        };
        Self {
            arrow,
            words,
            rows,
            columns,
        }
    }
}

/// The steps of a path that is written in the hours of a clock.
pub fn steps(path: &str) -> Vec<Step> {
    path.chars().map(Step::towards).collect()
}

/// What stands along a path from a cell (row and column, from 0), in the grid of a challenge's `code`.
pub fn read_along(code: &str, steps: &[Step], from: (usize, usize)) -> anyhow::Result<String> {
    let grid = Grid::parse(code)?;
    let (mut row, mut column) = from;
    let mut read = Vec::new();
    let mut look = |row: usize, column: usize| {
        let symbol = grid.rows.get(row).and_then(|cells| cells.get(column));
        read.push(*symbol.context("no such cell")?);
        anyhow::Ok(())
    };
    look(row, column)?;
    for step in steps {
        row = beyond(row, step.rows, grid.rows.len());
        column = beyond(column, step.columns, grid.columns.len());
        look(row, column)?;
    }
    Ok(read.into_iter().collect())
}

/// A step over an edge comes back at the other side.
fn beyond(at: usize, by: isize, length: usize) -> usize {
    (at + length).saturating_add_signed(by) % length
}

fn held(user: &UserBlueprint, kind: Kind) -> anyhow::Result<&AuthenticatorBlueprint> {
    let mut held = user.authenticators.iter().filter(|one| one.kind == kind);
    let one =
        held.find(|one| kind != Kind::Ocra || one.product.as_deref().is_none_or(|p| p == APP));
    one.with_context(|| format!("{} has nothing of kind {}", user.login_name, kind.name()))
}

fn key_of(token: &AuthenticatorBlueprint) -> anyhow::Result<Key> {
    match &token.key {
        KeySource::Given(key) => Ok(key.clone()),
        _ => anyhow::bail!("the file does not give the key of {}", token.serial),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pocket() -> Pocket {
        let demo = include_str!("../demo.toml");
        Pocket::of(&crate::config::provisioning::parse(demo).unwrap()).unwrap()
    }

    #[test]
    fn paths_are_read_along_the_published_grid() {
        let code = r#"{"grid":["53c1s3npxgws4pw6jp5kx3","scmmu698wp9t1sag5spxzz",
            "gmmzdj97x3jn4bpe9cvu1r","ps0hs5g2nh5xer6r93fj7x","mn8zbs5nnnm8rxt2r5ekd0",
            "0jr935hx618a3vcvzdehn0","9xtr71jff7jaz255n5rtc4","dr96rxn7pgs3anmfzpeu7y",
            "uf06ttmc3kfvhrun2remk9","z7c3ytf9u2xtfmc60p06ax"],"rows":10,"cols":22,
            "indiecs":"ABCDEFGHJKMNPRSTUVWXY"}"#;
        for (from, path, read) in [
            ((4, 10), "1234", "mx4b6"),
            ((4, 10), "1109", "mx41t"),
            ((0, 0), "0009", "5zudy"),
            ((9, 21), "4444", "x5cmh"),
            ((2, 3), "631254", "zhsj97n"),
        ] {
            assert_eq!(
                read_along(code, &steps(path), from).unwrap(),
                read,
                "{path}"
            );
        }
        assert!(read_along(code, &steps("1"), (10, 0)).is_err());
    }

    #[test]
    fn the_phone_answers_digits_with_six_digits_and_nothing_else() {
        let phone = pocket().phone;
        let now = Timestamp::from_unix_s(1_800_000_000);
        let response = phone.respond("0788 0384", now).unwrap();
        assert_eq!(response.len(), 6);
        assert_eq!(phone.respond("07880384", now).unwrap(), response);
        let later = Timestamp::from_unix_s(1_800_000_060);
        assert_ne!(phone.respond("07880384", later).unwrap(), response);
        for text in ["", "abc", "123456789"] {
            assert!(phone.respond(text, now).is_err(), "{text}");
        }
    }

    #[test]
    fn the_card_is_read_in_its_cells_alone() {
        let pocket = pocket();
        assert_eq!(pocket.symbols("D2 G3 M4 W1").unwrap().len(), 4);
        for cells in ["", "D", "D10", "I2", "Q0", "\u{e9}1"] {
            assert!(pocket.symbols(cells).is_none(), "{cells}");
        }
    }
}
