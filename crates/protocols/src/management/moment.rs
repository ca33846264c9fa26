//! Moments as texts (RFC 3339, in UTC), as the provisioning file has them. Not for durations.

use challenge::clock::Timestamp;
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};

use crate::management::refusal::Refusal;

/// The moment as a text, to the millisecond where it has some.
pub fn show(moment: Timestamp) -> String {
    let nanoseconds = i128::from(moment.unix_ms()) * 1_000_000;
    let date = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds);
    // What is not in the years 0 to 9999 is no moment that this server keeps.
    date.ok()
        .and_then(|date| date.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// The moment that a text says: a date (its first moment, in UTC) or a moment with its offset.
pub fn read(pointer: &str, text: &str) -> Result<Timestamp, Refusal> {
    let day = time::macros::format_description!("[year]-[month]-[day]");
    let moment = OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| Date::parse(text, day).map(|date| date.midnight().assume_utc()));
    let moment = moment.map_err(|_| {
        let forms = "expected a date such as 2027-01-31, or 2027-01-31T12:00:00Z";
        Refusal::invalid(pointer, forms)
    })?;
    let ms = moment.unix_timestamp_nanos() / 1_000_000;
    i64::try_from(ms)
        .map(Timestamp::from_unix_ms)
        .map_err(|_| Refusal::invalid(pointer, "the moment is out of range"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_as_the_same_moment() {
        for ms in [0, 1_512_039_038_000, 1_790_000_000_001, -62_135_596_800_000] {
            let moment = Timestamp::from_unix_ms(ms);
            assert_eq!(read("", &show(moment)), Ok(moment), "{}", show(moment));
        }
        assert_eq!(
            show(Timestamp::from_unix_s(1_790_000_000)),
            "2026-09-21T14:13:20Z"
        );
    }

    #[test]
    fn a_day_is_its_first_moment_and_an_offset_is_minded() {
        let day = read("", "2027-01-31").unwrap();
        assert_eq!(show(day), "2027-01-31T00:00:00Z");
        assert_eq!(read("", "2027-01-31T01:00:00+01:00"), Ok(day));
        for text in [
            "",
            "31.1.2027",
            "2027-02-30",
            "2027-01-31T12:00:00",
            "tomorrow",
        ] {
            assert!(read("/x", text).is_err(), "{text}");
        }
    }
}
