//! Lists of otpauth URIs, one a line. Empty lines and lines that begin with `#` are passed over.
//!
//! A URI names no serial: the account is both the login name and the serial. What was exported from
//! an authenticator app with several accounts of one name has to be told apart before.

use std::io::BufRead;

use challenge::directory::provision::{Arrival, AuthenticatorBlueprint, KeySource, Kind};
use oath::otpauth::{self, OcraUri, Uri};
use zeroize::Zeroizing;

use crate::meter::{Metered, TOO_LONG};
use crate::record::{Record, Records, Unreadable};

/// A list that is being read.
pub struct List<R> {
    file: Metered<R>,
    line: Zeroizing<Vec<u8>>,
}

impl<R: BufRead> List<R> {
    /// Reads the list from its beginning.
    pub fn read(file: R) -> Self {
        Self {
            file: Metered::over(file),
            line: Zeroizing::default(),
        }
    }
}

impl<R: BufRead> Records for List<R> {
    fn next(&mut self) -> Result<Option<Record>, Unreadable> {
        loop {
            let line = self.file.line();
            let unreadable = |text: String| Unreadable { line, text };
            self.line.clear();
            self.file.begin_piece();
            let read = self.file.read_until(b'\n', &mut self.line);
            if self.file.was_too_long() {
                return Err(unreadable(TOO_LONG.to_owned()));
            }
            if read.map_err(|error| unreadable(error.to_string()))? == 0 {
                return Ok(None);
            }
            let text = std::str::from_utf8(&self.line);
            let text = text.map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
            // What some programs write before a text to say that it is UTF-8.
            let text = text.trim_start_matches('\u{feff}').trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let (serial, token) = match arrival(text) {
                Ok(token) => (Some(token.token.serial.clone()), Ok(token)),
                Err(problem) => (None, Err(problem)),
            };
            return Ok(Some(Record {
                line,
                serial,
                token,
            }));
        }
    }

    fn notes(&mut self) -> Vec<String> {
        Vec::new()
    }
}

fn arrival(text: &str) -> Result<Arrival, String> {
    let kind = text.get(..text.len().min(24)).unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    if kind.starts_with("otpauth-migration:") {
        return Err(
            "it is an export of an app (otpauth-migration), which holds several keys in one; \
             export them one by one, as otpauth URIs"
                .to_owned(),
        );
    }
    let token = if kind.starts_with("otpauth://ocra/") {
        let uri: OcraUri = text.parse().map_err(|error| format!("{error}"))?;
        of_ocra(uri)
    } else {
        let uri: Uri = text.parse().map_err(|error| format!("{error}"))?;
        of_code(uri)
    };
    let login_name = Some(token.serial.clone());
    Ok(Arrival {
        login_name,
        ..Arrival::of(token)
    })
}

fn of_code(uri: Uri) -> AuthenticatorBlueprint {
    let (kind, counter, period_s) = match uri.kind {
        otpauth::Kind::Hotp { counter } => (Kind::Hotp, Some(counter), None),
        otpauth::Kind::Totp { period_s } => (Kind::Totp, None, Some(period_s.get())),
    };
    AuthenticatorBlueprint {
        key: KeySource::Given(uri.key),
        digits: Some(u32::from(uri.digits.get())),
        algorithm: Some(uri.algorithm),
        counter,
        period_s,
        ..AuthenticatorBlueprint::new(uri.account, kind)
    }
}

fn of_ocra(uri: OcraUri) -> AuthenticatorBlueprint {
    let counters = [
        uri.response.as_ref().map(|one| one.counter),
        uri.signature.as_ref().map(|one| one.counter),
    ];
    let suite = uri.response.map(|one| one.suite.to_string());
    let signature_suite = uri.signature.map(|one| one.suite.to_string());
    AuthenticatorBlueprint {
        key: KeySource::Given(uri.key),
        // The server keeps one counter at enrolment: the one that has come farther.
        counter: counters.into_iter().flatten().max(),
        suite: Some(suite.unwrap_or_default()),
        signature_suite: Some(signature_suite.unwrap_or_default()),
        ..AuthenticatorBlueprint::new(uri.account, Kind::Ocra)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> Vec<Record> {
        let mut list = List::read(text.as_bytes());
        std::iter::from_fn(|| list.next().unwrap()).collect()
    }

    #[test]
    fn uris_are_read_with_what_they_say() {
        let text = "\u{feff}# taken from the old server\n\n\
             otpauth://totp/Bank:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=SHA256&digits=8&period=60\n\
             otpauth://hotp/bob?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=7\r\n\
             otpauth://ocra/carol?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&suite=OCRA-1:HOTP-SHA1-8:QN08";
        let all = records(text);
        let lines: Vec<_> = all.iter().map(|record| record.line).collect();
        assert_eq!(lines, [3, 4, 5]);
        let of = |place: usize| all[place].token.as_ref().unwrap();
        let alice = &of(0).token;
        assert_eq!(
            (alice.kind, alice.digits, alice.period_s),
            (Kind::Totp, Some(8), Some(60))
        );
        assert_eq!(alice.algorithm, Some(oath::Algorithm::Sha256));
        assert_eq!(of(0).login_name.as_deref(), Some("alice"));
        assert_eq!(
            (of(1).token.kind, of(1).token.counter),
            (Kind::Hotp, Some(7))
        );
        let carol = &of(2).token;
        assert_eq!(carol.suite.as_deref(), Some("OCRA-1:HOTP-SHA1-8:QN08"));
        assert_eq!(carol.signature_suite.as_deref(), Some(""));
    }

    #[test]
    fn a_wrong_line_is_told_without_its_secret_and_the_next_one_is_read() {
        let all = records(
            "otpauth://totp/alice?secret=NOTBASE32!\nhttps://bank.example\n\
             otpauth-migration://offline?data=CjEKCkhlbGxv\n\
             otpauth://hotp/bob?secret=GEZDGNBVGY3TQOJQ&counter=0",
        );
        let texts: Vec<_> = all
            .iter()
            .map(|record| record.token.as_ref().err().cloned().unwrap_or_default())
            .collect();
        assert!(texts[0].contains("not Base32"), "{}", texts[0]);
        assert!(texts[1].contains("otpauth://"), "{}", texts[1]);
        assert!(texts[2].contains("one by one"), "{}", texts[2]);
        assert_eq!(texts[3], "");
        assert!(!texts.concat().contains("NOTBASE32"));
    }
}
