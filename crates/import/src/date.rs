//! Moments as files write them: RFC 3339, a date alone, and the older day/month/year.

use challenge::clock::Timestamp;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime, PrimitiveDateTime};

/// Reads a moment. Where it names no zone it is taken for UTC; a date alone is its first moment.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let zoned = OffsetDateTime::parse(text, &Rfc3339).ok();
    let unzoned = || {
        let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
        PrimitiveDateTime::parse(text, form).ok()
    };
    let date = || {
        let text = text.trim_end_matches('Z');
        let iso = format_description!("[year]-[month]-[day]");
        let slashed = format_description!("[day]/[month]/[year]");
        let date = Date::parse(text, iso).or_else(|_| Date::parse(text, slashed));
        date.ok().map(Date::midnight)
    };
    let moment = zoned.or_else(|| unzoned().or_else(date).map(PrimitiveDateTime::assume_utc))?;
    Some(Timestamp::from_unix_s(moment.unix_timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_the_spellings_of_the_field() {
        for text in [
            "2006-05-31T00:00:00Z",
            "2006-05-31T02:00:00+02:00",
            "2006-05-31T00:00:00.000Z",
            "2006-05-31T00:00:00",
            "2006-05-31",
            "2006-05-31Z",
            "31/05/2006",
            " 2006-05-31 ",
        ] {
            let found = moment(text).map(Timestamp::unix_s);
            assert_eq!(found, Some(1_149_033_600), "{text}");
        }
        for text in ["", "tomorrow", "2006-13-01", "2006", "31.05.2006"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
