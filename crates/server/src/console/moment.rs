//! Moments as pages show them: to the second and in UTC, which is what logs have; a module of ours adds
//! the reader's own time.

use std::borrow::Borrow;
use std::fmt;

use askama::filters::HtmlSafe;
use challenge::clock::Timestamp;
use protocols::management::moment;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// A moment, as HTML. It is put out as it is: it holds nothing but digits and signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment(Timestamp);

impl Moment {
    /// This moment.
    pub(super) fn of(at: impl Borrow<Timestamp>) -> Self {
        Self(*at.borrow())
    }

    /// The moment that the management API tells in this text.
    pub(super) fn told(text: &str) -> Self {
        Self(moment::read("", text).unwrap_or_default())
    }

    /// The same moment as text alone, for a field or a table to be read by programs.
    pub(super) fn text(self) -> String {
        let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
        self.date_time().format(&format).unwrap_or_default()
    }

    fn date_time(self) -> OffsetDateTime {
        let seconds = i64::try_from(self.0.unix_s()).unwrap_or(i64::MAX);
        OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let precise = self.date_time().format(&Rfc3339).unwrap_or_default();
        write!(out, "<time datetime=\"{precise}\">{}</time>", self.text())
    }
}

impl HtmlSafe for Moment {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_for_people_and_for_programs() {
        let at = Moment::of(Timestamp::from_unix_ms(1_800_000_000_999));
        assert_eq!(
            at.to_string(),
            "<time datetime=\"2027-01-15T08:00:00Z\">2027-01-15 08:00:00 UTC</time>"
        );
        let _ = Moment::of(Timestamp::from_unix_ms(i64::MAX)).to_string();
    }
}
