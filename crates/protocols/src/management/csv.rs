//! Events as a table (RFC 4180): every cell quoted, and none a formula to a spreadsheet.
//!
//! What stands in a cell was typed by strangers: a cell that begins as a formula does gets an
//! apostrophe before it, which spreadsheets show as text.

use crate::management::shapes::events::EventShown;

/// The names of the columns.
const COLUMNS: [&str; 23] = [
    "id",
    "at",
    "tenant",
    "kind",
    "outcome",
    "text",
    "protocol",
    "client",
    "officer",
    "user_id",
    "login_name",
    "named_user",
    "site",
    "authenticator",
    "serial",
    "challenge",
    "session",
    "device",
    "policy",
    "channel",
    "address",
    "correlation",
    "fields",
];

/// What a formula begins with, in the spreadsheets that there are.
const FORMULAS: [char; 11] = [
    '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
];

/// The first line.
pub(super) fn head() -> String {
    line(&COLUMNS)
}

/// An event's line.
pub(super) fn row(event: &EventShown) -> String {
    let fields = event.fields.iter();
    let fields: Vec<_> = fields
        .map(|field| format!("{}={}", field.name, field.value))
        .collect();
    let fields = fields.join("; ");
    let told = |text: &'_ Option<String>| text.clone().unwrap_or_default();
    line(&[
        event.id.clone(),
        event.at.clone(),
        told(&event.tenant),
        event.kind.clone(),
        event.outcome.clone(),
        event.text.clone(),
        told(&event.protocol),
        told(&event.client),
        told(&event.officer),
        told(&event.user_id),
        told(&event.login_name),
        told(&event.named_user),
        told(&event.site),
        told(&event.authenticator),
        told(&event.serial),
        told(&event.challenge),
        told(&event.session),
        told(&event.device),
        told(&event.policy),
        told(&event.channel),
        told(&event.address),
        told(&event.correlation),
        fields,
    ])
}

fn line(cells: &[impl AsRef<str>]) -> String {
    let cells: Vec<_> = cells.iter().map(|text| cell(text.as_ref())).collect();
    cells.join(",") + "\r\n"
}

fn cell(text: &str) -> String {
    // Spreadsheets pass over spaces before they look.
    let is_formula = text.trim_start_matches(' ').starts_with(FORMULAS);
    let apostrophe = if is_formula { "'" } else { "" };
    format!("\"{apostrophe}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_made_a_text() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\tx",
            "\r=1",
            "  =1",
            "\u{ff1d}1",
        ] {
            assert_eq!(cell(text), format!("\"'{text}\""));
        }
        for text in ["", "a=1", "192.0.2.1", "one, two"] {
            assert_eq!(cell(text), format!("\"{text}\""));
        }
    }

    #[test]
    fn quotation_marks_are_doubled_so_that_no_cell_ends_early() {
        assert_eq!(cell("a\",=1+1,\""), "\"a\"\",=1+1,\"\"\"");
        assert_eq!(cell("=\"\""), "\"'=\"\"\"\"\"");
    }
}
