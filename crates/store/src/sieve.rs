//! Events that cannot hold a text are passed over before they are taken apart: that is most of them where a
//! text is looked for, and taking one apart is most of the work. What may hold it is compared by the domain.

use challenge::id::TimedId;

use crate::cell::{Cell, Row};

/// Where an event's row has its id, and what it tells as JSON.
const ID: usize = 0;
const DETAIL: usize = 6;

/// A text that is looked for.
pub(crate) struct Sieve {
    /// In small letters.
    wanted: String,
    /// The JSON that is looked at, in small letters; kept, so that it is not made anew for each event.
    detail: String,
}

impl Sieve {
    pub(crate) fn of(text: &str) -> Self {
        Self {
            wanted: text.to_lowercase(),
            detail: String::new(),
        }
    }

    /// The id of an event that does not hold the text. Nothing: it may.
    ///
    /// What stands in the JSON otherwise than in the text it tells (escapes), and letters whose small ones are
    /// not simply theirs, are left to the domain.
    pub(crate) fn passes_over(&mut self, row: &Row) -> Option<TimedId> {
        let (Some(Cell::Bytes(id)), Some(Cell::Text(detail))) = (row.0.get(ID), row.0.get(DETAIL))
        else {
            return None;
        };
        if !detail.is_ascii() || detail.contains('\\') {
            return None;
        }
        self.detail.clear();
        self.detail.push_str(detail);
        self.detail.make_ascii_lowercase();
        if self.detail.contains(&self.wanted) {
            return None;
        }
        Some(TimedId::from_bytes(id.as_slice().try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use challenge::audit::Detail;
    use proptest::prelude::*;

    use super::*;

    fn row(detail: &Detail) -> Row {
        let mut cells = vec![Cell::Bytes(vec![7; 16])];
        cells.resize(DETAIL, Cell::Null);
        cells.push(Cell::Text(serde_json::to_string(detail).unwrap()));
        Row(cells)
    }

    fn told(correlation: &str) -> Detail {
        Detail {
            correlation: Some(correlation.to_owned()),
            fields: vec![("name".to_owned(), "Value".to_owned())],
            ..Detail::default()
        }
    }

    #[test]
    fn an_event_without_the_text_is_passed_over() {
        let row = row(&told("Request-17"));
        for (text, passed) in [
            ("request-18", true),
            ("REQUEST-17", false),
            ("vALUE", false),
        ] {
            let found = Sieve::of(text).passes_over(&row);
            assert_eq!(found.is_some(), passed, "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_passed_over_that_holds_the_text(
            told_text in "[a-zA-Z\u{212a}\u{130}ßéÉ\"\\\\/ \n0-9]{0,12}",
            start in 0_usize..12,
            length in 0_usize..6,
            shouted: bool,
        ) {
            let detail = told(&told_text);
            let part: String = told_text.chars().skip(start).take(length).collect();
            let text = if shouted { part.to_uppercase() } else { part };
            if detail.tells(&text) {
                prop_assert!(Sieve::of(&text).passes_over(&row(&detail)).is_none());
            }
        }
    }
}
