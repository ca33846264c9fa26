//! An account that somebody asked for: what is kept until the address is confirmed, and what an address and
//! a company may look like.

use serde::{Deserialize, Serialize};

use super::keys::Kept;
use crate::clock::Timestamp;
use crate::id::Id;
use crate::secret::{Place, Sealed};

/// Seconds in which an address can be confirmed: a day.
pub const CONFIRM_S: u32 = 24 * 3600;

/// The longest name of a company, in characters.
pub const COMPANY_MAX: usize = 100;

/// The longest address, and the longest part of it before the `@` (RFC 5321, section 4.5.3.1).
const EMAIL_MAX: (usize, usize) = (254, 64);

/// The longest label of a domain (RFC 1035, section 2.3.4).
const LABEL_MAX: usize = 63;

/// An account that was asked for, as kept until its time is over.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskedAccount {
    /// What the link has to be.
    pub(super) mac: Kept,
    /// Until when the address can be confirmed.
    pub(super) open_until: Timestamp,
    /// What was asked for, sealed; nothing once the account was opened.
    #[serde(with = "super::keys::sealed")]
    pub(super) wish: Option<Sealed>,
}

impl AskedAccount {
    /// From when on nobody needs it.
    pub fn keep_until(&self) -> Timestamp {
        self.open_until
    }
}

/// What was asked for.
#[derive(Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) email: String,
    pub(super) company: String,
}

/// Where what was asked for is sealed for: its own row.
pub(crate) fn wish_place(id: Id<AskedAccount>) -> Place<'static> {
    Place {
        table: "sign_up",
        column: "wish",
        tenant: 1,
        row: id.number(),
    }
}

/// The e-mail address that a text is, in small letters; nothing where no letter could reach it. Those with
/// other letters than ASCII, with quotation marks, or at a number are taken for none.
pub fn email_of_unverified(text: &str) -> Option<String> {
    let email = text.trim().to_ascii_lowercase();
    let (local, domain) = email.split_once('@')?;
    let (longest, local_longest) = EMAIL_MAX;
    if email.len() > longest || local.len() > local_longest {
        return None;
    }
    // RFC 5321, section 4.1.2: Dot-string.
    let atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    let is_atom = |part: &str| !part.is_empty() && part.bytes().all(atom);
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_label = |label: &str| {
        (1..=LABEL_MAX).contains(&label.len())
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = domain.rsplit_once('.')?.1;
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit());
    let fits = local.split('.').all(is_atom) && domain.split('.').all(is_label) && !is_number;
    fits.then_some(email)
}

/// The name of a company that a text is, without spaces around it; nothing where it is empty, longer than
/// [`COMPANY_MAX`] or more than a line.
pub fn company_of_unverified(text: &str) -> Option<String> {
    let company = text.trim();
    let fits = (1..=COMPANY_MAX).contains(&company.chars().count());
    (fits && !company.chars().any(char::is_control)).then(|| company.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_that_a_letter_can_reach() {
        for (text, email) in [
            ("ann@bank.example", "ann@bank.example"),
            (" Ann.Smith+x@Bank.Example ", "ann.smith+x@bank.example"),
            ("a@b-c.d3.example", "a@b-c.d3.example"),
        ] {
            assert_eq!(email_of_unverified(text).as_deref(), Some(email));
        }
        let long = format!("{}@bank.example", "a".repeat(65));
        let label = format!("a@{}.example", "b".repeat(64));
        let whole = format!("a@{}example", "bbbbbbbbb.".repeat(25));
        for text in [
            "",
            "ann",
            "@bank.example",
            "ann@",
            "ann@bank",
            "ann@bank.example.",
            "ann@.example",
            "ann@-bank.example",
            "ann@bank-.example",
            "ann@192.0.2.1",
            "ann@[192.0.2.1]",
            ".ann@bank.example",
            "an..n@bank.example",
            "ann@bank@bank.example",
            "an n@bank.example",
            "\"ann\"@bank.example",
            "ann@bank.example\r\nBcc: bob@bank.example",
            "änn@bank.example",
            "ann@bänk.example",
            "ann<b>@bank.example,",
            &long,
            &label,
            &whole,
        ] {
            assert_eq!(email_of_unverified(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_company_is_a_line_of_at_most_a_hundred_characters() {
        assert_eq!(
            company_of_unverified(" Bänk & Söhne "),
            Some("Bänk & Söhne".to_owned())
        );
        let longest = "ä".repeat(COMPANY_MAX);
        assert_eq!(company_of_unverified(&longest), Some(longest.clone()));
        for text in ["", "  ", "a\nb", "a\0", &format!("{longest}ä")] {
            assert_eq!(company_of_unverified(text), None, "{text:?}");
        }
    }
}
