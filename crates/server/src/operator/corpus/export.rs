//! What is known of a corpus's images and what visitors said of them, for other programs.

use std::io::Write as _;

use challenge::clock::Timestamp;
use challenge::corpus::{Corpus, ImageRow, Opinion, Said, Tally, opinion};
use challenge::ports::{Store, StoreError};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use super::command::State;
use crate::cli::{ExportForm, Failure, Output, moment, plain};

/// Images read at once.
const PAGE: u32 = 500;

/// The columns of the table.
const HEAD: [&str; 10] = [
    "file",
    "sha256",
    "state",
    "shows",
    "known_since",
    "voices",
    "opinion",
    "agreeing",
    "of",
    "percent",
];

/// Prints a corpus, an image after the other.
pub(super) async fn run(
    store: &dyn Store,
    corpus: &Corpus,
    (output, form): (Output, ExportForm),
) -> Result<(), Failure> {
    if form.csv {
        output.document(&line_of(HEAD.map(str::to_owned))?)?;
    }
    let mut from = 0;
    loop {
        let page = store.corpus_images(corpus.key(), from, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        from = last.ordinal.saturating_add(1);
        let mut text = Vec::new();
        for image in &page {
            let tallies = store.tallies_of(corpus.tenant, corpus.id, &image.digest);
            let exported = Exported::of(corpus, image, tallies.await)?;
            if form.csv {
                text.extend(line_of(exported.cells())?);
            } else {
                let value = exported.value();
                writeln!(text, "{value}").map_err(Failure::new)?;
            }
        }
        output.document(&text)?;
    }
}

/// An image with all that is told of it.
struct Exported<'a> {
    image: &'a ImageRow,
    state: State,
    tallies: Vec<Tally>,
    /// What most say, of what the corpus still asks about.
    opinion: Option<Opinion>,
}

impl<'a> Exported<'a> {
    fn of(
        corpus: &Corpus,
        image: &'a ImageRow,
        tallies: Result<Vec<Tally>, StoreError>,
    ) -> Result<Self, Failure> {
        let tallies = tallies?;
        let asked = tallies.iter().filter(|one| corpus.asks_about(&one.said));
        Ok(Self {
            image,
            state: State::of(image, corpus.imported_at),
            opinion: opinion(&asked.cloned().collect::<Vec<_>>()),
            tallies,
        })
    }

    fn voices(&self) -> u32 {
        self.tallies.iter().map(|tally| tally.voices).sum()
    }

    fn cells(&self) -> [String; 10] {
        let or_empty = |text: Option<String>| text.unwrap_or_default();
        let opinion = self.opinion.as_ref();
        let number = |value: Option<u32>| or_empty(value.map(|value| value.to_string()));
        [
            harmless(&self.image.file),
            HEXLOWER.encode(&self.image.digest),
            self.state.name().to_owned(),
            harmless(self.image.known.as_deref().unwrap_or_default()),
            or_empty(self.known_since().map(moment)),
            self.voices().to_string(),
            harmless(opinion.map_or("", |opinion| &opinion.says)),
            number(opinion.map(|opinion| opinion.voices)),
            number(opinion.map(|opinion| opinion.of)),
            number(opinion.map(challenge::corpus::Opinion::percent)),
        ]
    }

    fn value(&self) -> Value {
        let opinion = self.opinion.as_ref().map(|opinion| {
            json!({
                "says": opinion.says, "agreeing": opinion.voices, "of": opinion.of,
                "percent": opinion.percent(), "last_at": moment(opinion.last_at),
            })
        });
        let said = self.tallies.iter().map(|tally| {
            let (kind, text) = match &tally.said {
                Said::Shows(class) => ("shows", class),
                Said::ShowsNot(class) => ("shows_not", class),
                Said::Reads(text) => ("reads", text),
            };
            json!({kind: text, "voices": tally.voices, "last_at": moment(tally.last_at)})
        });
        let said: Vec<_> = said.collect();
        json!({
            "file": self.image.file,
            "sha256": HEXLOWER.encode(&self.image.digest),
            "state": self.state.name(),
            "shows": self.image.known,
            "known_since": self.known_since().map(moment),
            "voices": self.voices(),
            "opinion": opinion,
            "said": said,
        })
    }

    fn known_since(&self) -> Option<Timestamp> {
        self.image.known.as_ref().and(self.image.settled_at)
    }
}

/// A text that a spreadsheet does not take for a formula, and that moves no terminal's cursor: visitors
/// write what they like.
fn harmless(text: &str) -> String {
    let text = plain(text);
    if text.trim_start().starts_with(['=', '+', '-', '@']) {
        format!("'{text}")
    } else {
        text
    }
}

/// A line of the table (RFC 4180).
fn line_of<const N: usize>(cells: [String; N]) -> Result<Vec<u8>, Failure> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(cells).map_err(Failure::new)?;
    writer.into_inner().map_err(Failure::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_visitors_write_is_no_formula_and_breaks_no_line() {
        let cells = ["=1+1", "\t=1", "a,b", "say \"so\"", "two\nlines\u{1b}[2J"];
        let line = line_of(cells.map(harmless)).unwrap();
        let text = String::from_utf8(line).unwrap();
        assert_eq!(
            text,
            "'=1+1,' =1,\"a,b\",\"say \"\"so\"\"\",two lines [2J\n"
        );
    }
}
