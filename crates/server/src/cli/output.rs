//! What a sub-command prints: tables for people, JSON for programs. A reader that goes away early
//! (`| head`) is no failure.

use std::io::{ErrorKind, Write as _};

use challenge::clock::Timestamp;
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Failure;

/// One thing as it is shown.
#[derive(Clone, Debug)]
pub struct Row {
    /// All that is told of it, for programs.
    pub value: Value,
    /// The cells of its line in a list, for people.
    pub cells: Vec<String>,
}

/// Where a sub-command prints to, and in which form.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// JSON instead of text for people.
    pub json: bool,
}

impl Output {
    /// Prints a list; `head` stands above the columns.
    pub fn list(self, head: &[&str], rows: &[Row]) -> Result<(), Failure> {
        if self.json {
            let values: Vec<_> = rows.iter().map(|row| &row.value).collect();
            return self.value(&values);
        }
        let mut table = Table::new();
        table
            .load_style(NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(head);
        for row in rows {
            table.add_row(&row.cells);
        }
        let lines: Vec<_> = table
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        write(format!("{}\n", lines.join("\n")))
    }

    /// Prints one thing, a line a member.
    pub fn one(self, row: &Row) -> Result<(), Failure> {
        if self.json {
            return self.value(&row.value);
        }
        let members = row.value.as_object().into_iter().flatten();
        let lines: Vec<_> = members
            .map(|(key, value)| format!("{key}: {}", plain(&shown(value))))
            .collect();
        self.lines(&lines)
    }

    /// Prints something as JSON.
    pub fn value<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(Failure::new)?;
        write(format!("{text}\n"))
    }

    /// Prints lines for people; nothing in JSON, which is printed as a whole.
    pub fn lines(self, lines: &[String]) -> Result<(), Failure> {
        if self.json || lines.is_empty() {
            return Ok(());
        }
        write(format!("{}\n", lines.join("\n")))
    }

    /// Prints a line at once, in both forms: one thing of many that come one after the other.
    pub fn line(self, text: &str) -> Result<(), Failure> {
        write(format!("{text}\n"))
    }

    /// Prints a document as it is, in both forms.
    pub fn document(self, bytes: &[u8]) -> Result<(), Failure> {
        write(bytes)
    }

    /// Says something beside the output, on stderr.
    pub fn note(self, text: &str) {
        // Nobody reads stderr: then it is not said.
        let _ = writeln!(std::io::stderr(), "countersign: {text}");
    }

    /// Tells that something was done.
    pub fn done(self, text: &str) -> Result<(), Failure> {
        if self.json {
            return self.value(&serde_json::json!({ "done": text }));
        }
        write(format!("{text}\n"))
    }
}

/// A moment as it is shown to people and programs (RFC 3339, UTC).
pub fn moment(at: Timestamp) -> String {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.unix_ms()) * 1_000_000);
    let text = moment.ok().and_then(|moment| moment.format(&Rfc3339).ok());
    text.unwrap_or_else(|| at.unix_ms().to_string())
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A text of somebody else, for a terminal: nothing in it moves the cursor or turns the writing.
pub fn plain(text: &str) -> String {
    let harmless = |letter: char| match letter {
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        letter if letter.is_control() => ' ',
        letter => letter,
    };
    text.chars().map(harmless).collect()
}

/// Writes to stdout at once.
fn write(text: impl AsRef<[u8]>) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    let written = stdout
        .write_all(text.as_ref())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::new(format!("stdout: {error}"))),
        Ok(()) => Ok(()),
    }
}

#[test]
fn moments_are_written_for_people_and_programs() {
    let at = Timestamp::from_unix_ms(1_790_000_120_000);
    assert_eq!(moment(at), "2026-09-21T14:15:20Z");
}

#[test]
fn texts_cannot_move_the_cursor_or_turn_the_writing() {
    assert_eq!(plain("a\u{1b}[2Jb\nc\u{202e}d"), "a [2Jb c\u{fffd}d");
}
