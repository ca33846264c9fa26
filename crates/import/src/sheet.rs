//! Tables (CSV, RFC 4180): a header that names the columns, then a token a line. Comma, semicolon or
//! tab part the cells, whichever the header has; how a secret is written is in its column's name.

use std::io::BufRead;

use challenge::directory::provision::{Arrival, AuthenticatorBlueprint, KeySource, Kind};
use csv::StringRecord;
use data_encoding::BASE64;
use oath::Key;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::date;
use crate::meter::{Metered, TOO_LONG};
use crate::record::{Record, Records, Unreadable};

/// The columns there are.
pub(crate) const COLUMNS: [&str; 21] = [
    "serial",
    "kind",
    "secret_hex",
    "secret_base32",
    "secret_base64",
    "login_name",
    "device_id",
    "product",
    "policies",
    "digits",
    "algorithm",
    "counter",
    "period_s",
    "t0",
    "drift_steps",
    "suite",
    "signature_suite",
    "look_ahead",
    "pin",
    "starts",
    "expires",
];

/// A table that is being read.
pub struct Sheet<R> {
    reader: csv::Reader<Metered<R>>,
    /// The place of each column of [`COLUMNS`], where there is one.
    places: [Option<usize>; COLUMNS.len()],
    /// Cells of a line.
    width: usize,
}

impl<R: BufRead> Sheet<R> {
    /// Reads the header.
    pub fn read(file: R) -> Result<Self, Unreadable> {
        let mut file = Metered::over(file);
        let mut head = Vec::new();
        let unreadable = |text: String| Unreadable { line: 1, text };
        let read = file.read_until(b'\n', &mut head);
        if file.was_too_long() {
            return Err(unreadable(TOO_LONG.to_owned()));
        }
        read.map_err(|error| unreadable(error.to_string()))?;
        let head = String::from_utf8(head).map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
        let head = head.trim_start_matches('\u{feff}').trim();
        let separator = [',', ';', '\t']
            .into_iter()
            .max_by_key(|separator| (head.matches(*separator).count(), *separator == ','))
            .unwrap_or(',');
        let places = places(head, separator).map_err(unreadable)?;
        let reader = csv::ReaderBuilder::new()
            .delimiter(separator as u8)
            .has_headers(false)
            .flexible(true)
            .from_reader(file);
        Ok(Self {
            reader,
            places,
            width: head.split(separator).count(),
        })
    }

    fn cell<'a>(&self, row: &'a StringRecord, column: &str) -> Option<&'a str> {
        let place = COLUMNS.iter().position(|name| *name == column)?;
        let place = self.places.get(place).copied().flatten()?;
        let text = row.get(place)?.trim();
        (!text.is_empty()).then_some(text)
    }

    fn arrival(&self, row: &StringRecord, serial: &str) -> Result<Arrival, String> {
        let text = |column: &str| self.cell(row, column).map(str::to_owned);
        let kind = self.cell(row, "kind").ok_or("kind: it is missing")?;
        let kind = match kind.to_ascii_lowercase().as_str() {
            "hotp" => Kind::Hotp,
            "totp" => Kind::Totp,
            "ocra" => Kind::Ocra,
            _ => return Err("kind: expected hotp, totp or ocra".to_owned()),
        };
        let algorithm = self.cell(row, "algorithm").map(str::parse).transpose();
        let policies = self.cell(row, "policies");
        let policies = policies.map(|text| text.split_whitespace().map(str::to_owned).collect());
        let pin = text("pin").map(SecretString::from);
        let token = AuthenticatorBlueprint {
            device_id: text("device_id"),
            product: text("product"),
            policies,
            key: KeySource::Given(self.key(row)?),
            suite: text("suite"),
            signature_suite: text("signature_suite"),
            digits: self.number(row, "digits")?,
            algorithm: algorithm
                .map_err(|_| "algorithm: expected SHA1, SHA256 or SHA512".to_owned())?,
            counter: self.number(row, "counter")?,
            look_ahead: self.number(row, "look_ahead")?,
            period_s: self.number(row, "period_s")?,
            t0: self.number(row, "t0")?,
            pin,
            ..AuthenticatorBlueprint::new(serial, kind)
        };
        Ok(Arrival {
            login_name: text("login_name"),
            drift_steps: self.number(row, "drift_steps")?.unwrap_or(0),
            starts_at: self.moment(row, "starts")?,
            expires_at: self.moment(row, "expires")?,
            ..Arrival::of(token)
        })
    }

    /// The secret, from the one of its columns that has a cell in this line.
    fn key(&self, row: &StringRecord) -> Result<Key, String> {
        let columns = ["secret_hex", "secret_base32", "secret_base64"];
        let mut found = columns
            .into_iter()
            .filter_map(|column| Some((column, self.cell(row, column)?)));
        let (column, text) = found
            .next()
            .ok_or("the secret is missing: fill secret_hex, secret_base32 or secret_base64")?;
        if found.next().is_some() {
            return Err("it has more than one secret; leave all but one empty".to_owned());
        }
        let key = match column {
            "secret_hex" => Key::from_hex(text).map_err(|error| error.to_string()),
            "secret_base32" => Key::from_base32(text).map_err(|error| error.to_string()),
            _ => {
                let bytes = BASE64.decode(text.as_bytes()).map(Zeroizing::new);
                let bytes = bytes.map_err(|_| "it is not base64 with its padding".to_owned());
                bytes
                    .and_then(|bytes| Key::new(bytes.as_slice()).map_err(|error| error.to_string()))
            }
        };
        key.map_err(|problem| format!("{column}: {problem}"))
    }

    fn number<T: std::str::FromStr>(
        &self,
        row: &StringRecord,
        column: &str,
    ) -> Result<Option<T>, String> {
        let number = self.cell(row, column).map(str::parse).transpose();
        number.map_err(|_| format!("{column}: it is not a number in its range"))
    }

    fn moment(
        &self,
        row: &StringRecord,
        column: &str,
    ) -> Result<Option<challenge::clock::Timestamp>, String> {
        let Some(text) = self.cell(row, column) else {
            return Ok(None);
        };
        let moment = date::moment(text);
        moment.map(Some).ok_or_else(|| {
            format!("{column}: expected a date like 2030-12-31 or a moment of RFC 3339")
        })
    }
}

impl<R: BufRead> Records for Sheet<R> {
    fn next(&mut self) -> Result<Option<Record>, Unreadable> {
        let mut row = StringRecord::new();
        // The header was read before the table.
        let here = self.reader.position().line() + 1;
        self.reader.get_mut().begin_piece();
        let read = self.reader.read_record(&mut row);
        let unreadable = |line: u64, text: String| Unreadable { line, text };
        if self.reader.get_ref().was_too_long() {
            return Err(unreadable(here, TOO_LONG.to_owned()));
        }
        let read = read.map_err(|error| {
            let text = match error.kind() {
                csv::ErrorKind::Utf8 { .. } => "it is not UTF-8",
                _ => "it cannot be read as a table",
            };
            unreadable(here, text.to_owned())
        })?;
        if !read {
            return Ok(None);
        }
        let line = row.position().map_or(here, |place| place.line() + 1);
        let serial = self.cell(&row, "serial").map(str::to_owned);
        let (cells, width) = (row.len(), self.width);
        let token = match &serial {
            _ if cells != width => {
                Err(format!("it has {cells} cells where the header has {width}"))
            }
            None => Err("serial: it is missing".to_owned()),
            Some(serial) => self.arrival(&row, serial),
        };
        Ok(Some(Record {
            line,
            serial,
            token,
        }))
    }

    fn notes(&mut self) -> Vec<String> {
        Vec::new()
    }
}

/// Where each column stands; what the header has that is none is told with the nearest that is.
fn places(head: &str, separator: char) -> Result<[Option<usize>; COLUMNS.len()], String> {
    let mut places = [None; COLUMNS.len()];
    for (place, name) in head.split(separator).enumerate() {
        let name = name.trim().trim_matches('"').trim().to_ascii_lowercase();
        let slot = COLUMNS.iter().position(|column| *column == name);
        let Some(slot) = slot.and_then(|slot| places.get_mut(slot)) else {
            return Err(unknown(&name));
        };
        if slot.replace(place).is_some() {
            return Err(format!("the header has the column {name} twice"));
        }
    }
    let has = |column: &str| {
        let place = COLUMNS.iter().position(|name| *name == column);
        place.is_some_and(|place| places.get(place).copied().flatten().is_some())
    };
    if !(has("serial") && has("kind")) {
        return Err("the first line must be a header with the columns serial and kind".to_owned());
    }
    if !["secret_hex", "secret_base32", "secret_base64"]
        .into_iter()
        .any(has)
    {
        return Err(
            "the header has no column secret_hex, secret_base32 or secret_base64".to_owned(),
        );
    }
    Ok(places)
}

/// A cell of the first line that names no column is perhaps a secret: only what looks like a name is
/// told.
fn unknown(name: &str) -> String {
    let nearest = COLUMNS
        .iter()
        .map(|column| (strsim::damerau_levenshtein(column, name), column))
        .min()
        .filter(|(distance, _)| *distance <= 2 && name.len() > 3);
    match nearest {
        Some((_, column)) => format!("the header has a column that is none; was {column} meant?"),
        None => format!(
            "the first line must be a header; it has a cell that is none of {}",
            COLUMNS.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "3132333435363738393031323334353637383930";

    fn records(text: &str) -> Vec<Record> {
        let mut sheet = Sheet::read(text.as_bytes()).unwrap();
        std::iter::from_fn(|| sheet.next().unwrap()).collect()
    }

    fn refused(text: &str) -> String {
        Sheet::read(text.as_bytes()).err().unwrap().to_string()
    }

    #[test]
    fn a_table_is_read_whatever_parts_its_cells() {
        for separator in [",", ";", "\t"] {
            let text = format!(
                "\u{feff}Serial,kind,secret_hex,login_name,digits,counter\n1,hotp,{KEY},\"alice\",8,5\n\
                 2,totp,{KEY},,,\n"
            );
            let all = records(&text.replace(',', separator));
            assert_eq!(all.len(), 2);
            let first = all[0].token.as_ref().unwrap();
            assert_eq!(first.login_name.as_deref(), Some("alice"));
            assert_eq!(
                (first.token.digits, first.token.counter),
                (Some(8), Some(5))
            );
            let KeySource::Given(key) = &first.token.key else {
                panic!("it has a key");
            };
            assert_eq!(key.as_bytes(), b"12345678901234567890");
            let second = all[1].token.as_ref().unwrap();
            assert_eq!(
                (second.login_name.as_deref(), second.token.kind),
                (None, Kind::Totp)
            );
        }
    }

    #[test]
    fn every_column_is_read() {
        let head = COLUMNS.join(",");
        let row = format!(
            "1,ocra,{KEY},,,alice,phone,MobileID,P1 P2,8,sha256,9,60,1000,-2,OCRA-1:HOTP-SHA1-8:QN08,\
             OCRA-1:HOTP-SHA1-8:QA64,7,1234,2020-01-01,2030-12-31T00:00:00Z"
        );
        let all = records(&format!("{head}\n{row}\n"));
        let arrival = all[0].token.as_ref().unwrap();
        let token = &arrival.token;
        assert_eq!(token.policies, Some(vec!["P1".to_owned(), "P2".to_owned()]));
        assert_eq!(
            (token.digits, token.period_s, token.t0),
            (Some(8), Some(60), Some(1000))
        );
        assert_eq!((token.counter, token.look_ahead), (Some(9), Some(7)));
        assert_eq!(token.algorithm, Some(oath::Algorithm::Sha256));
        assert_eq!(token.device_id.as_deref(), Some("phone"));
        assert_eq!(token.product.as_deref(), Some("MobileID"));
        assert!(token.suite.is_some() && token.signature_suite.is_some() && token.pin.is_some());
        assert_eq!(arrival.drift_steps, -2);
        assert_eq!(
            arrival.starts_at.map(challenge::clock::Timestamp::unix_s),
            Some(1_577_836_800)
        );
        assert_eq!(
            arrival.expires_at.map(challenge::clock::Timestamp::unix_s),
            Some(1_924_905_600)
        );
    }

    #[test]
    fn what_is_wrong_with_a_line_is_told_with_its_number_and_without_the_secret() {
        let head = "serial,kind,secret_hex,secret_base32,secret_base64,digits,algorithm,expires";
        let rows = [
            (",hotp,00,,,,,", "serial: it is missing"),
            ("1,,00,,,,,", "kind: it is missing"),
            ("1,motp,00,,,,,", "kind: expected hotp, totp or ocra"),
            ("1,hotp,,,,,,", "the secret is missing"),
            ("1,hotp,00,AA,,,,", "more than one secret"),
            (
                "1,hotp,SECRETZZ,,,,,",
                "secret_hex: the key is not hexadecimal",
            ),
            (
                "1,hotp,,S1SECRET,,,,",
                "secret_base32: the key is not Base32",
            ),
            ("1,hotp,,,SECRET!,,,", "secret_base64: it is not base64"),
            ("1,hotp,00,,,many,,", "digits: it is not a number"),
            ("1,hotp,00,,,,md5,", "algorithm: expected SHA1"),
            ("1,hotp,00,,,,,soon", "expires: expected a date"),
        ];
        for (row, problem) in rows {
            let all = records(&format!("{head}\n{row}\n"));
            let told = all[0].token.as_ref().err().unwrap();
            assert_eq!(all[0].line, 2);
            assert!(told.contains(problem), "{told}");
            assert!(!told.contains("SECRET"), "{told}");
        }
    }

    #[test]
    fn quoted_cells_may_hold_line_breaks_and_the_lines_are_still_right() {
        let text = format!("serial,kind,secret_hex\n\"a\nb\",hotp,{KEY}\n2,hotp,{KEY}\n");
        let lines: Vec<_> = records(&text).iter().map(|record| record.line).collect();
        assert_eq!(lines, [2, 4]);
    }

    #[test]
    fn a_table_without_a_proper_header_is_refused() {
        assert!(refused("").contains("first line must be a header"));
        assert!(refused("serial,kind\n").contains("no column secret_hex"));
        assert!(refused("serial,kind,secret_hx\n").contains("was secret_hex meant?"));
        assert!(refused("serial,kind,serial,secret_hex\n").contains("twice"));
        let secret = refused("1,hotp,aabbccddeeff00112233445566778899\n");
        assert!(!secret.contains("aabbcc"), "{secret}");
    }

    #[test]
    fn lines_of_other_lengths_are_refused_and_endless_ones_end_the_reading() {
        let all = records("serial,kind,secret_hex\n1,hotp\n2,hotp,00\n3,hotp,00,\n");
        let told = |place: usize| all[place].token.as_ref().err().cloned().unwrap_or_default();
        assert!(
            told(0).contains("2 cells where the header has 3"),
            "{}",
            told(0)
        );
        assert!(told(1).is_empty());
        assert!(told(2).contains("4 cells"), "{}", told(2));
        let endless = format!("serial,kind,secret_hex\n1,hotp,\"{}", "a".repeat(100_000));
        let mut sheet = Sheet::read(endless.as_bytes()).unwrap();
        assert!(sheet.next().unwrap_err().text.contains("16384"));
    }
}
