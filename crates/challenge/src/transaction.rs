//! A transaction's fields, and the one question that they become to be signed.
//!
//! How the fields come over the wire is a protocol's matter.

use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256};
use data_encoding::HEXLOWER;
use oath::ocra::{QuestionKind, Suite};

use crate::policy::{Limits, SignFormat};

/// The most fields a transaction may have.
pub const FIELDS_MAX: usize = 64;

/// One field of a transaction, as it was shown to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its place among the fields, from 1; fields are signed in this order.
    pub index: u32,
    /// The caller's name for it.
    pub name: String,
    /// What was shown.
    pub value: String,
    /// Whether it must stand in the audit record.
    pub audited: bool,
}

/// Why fields cannot be signed as they are. The caller's mistake, or the operator's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// There is nothing to sign.
    #[error("a signature needs at least one field to sign")]
    Empty,
    /// There are more fields than allowed.
    #[error("{0} fields are too many; at most {FIELDS_MAX} can be signed")]
    TooMany(usize),
    /// A field stands twice.
    #[error("field {0} stands twice")]
    Duplicate(u32),
    /// A field is missing before the last one.
    #[error("field {0} is missing")]
    Missing(u32),
    /// The policy wants another number of fields.
    #[error("this policy signs exactly {wanted} fields; {given} were given")]
    WrongNumber {
        /// What the policy says.
        wanted: u32,
        /// What was given.
        given: usize,
    },
    /// The values do not fit the suite's question.
    #[error("the fields do not fit the question of {suite}: {problem}")]
    DoNotFit {
        /// The signature suite.
        suite: String,
        /// What does not fit.
        problem: String,
    },
}

/// Checks the fields and sorts them by index: 1 to n, each once, as many as the policy wants.
pub fn in_order(mut fields: Vec<Field>, limits: &Limits) -> Result<Vec<Field>, TransactionError> {
    if fields.is_empty() {
        return Err(TransactionError::Empty);
    }
    if fields.len() > FIELDS_MAX {
        return Err(TransactionError::TooMany(fields.len()));
    }
    fields.sort_by_key(|field| field.index);
    for (expected, field) in (1..).zip(&fields) {
        if field.index < expected {
            return Err(TransactionError::Duplicate(field.index));
        }
        if field.index > expected {
            return Err(TransactionError::Missing(expected));
        }
    }
    match limits.sign_fields {
        Some(wanted) if usize::try_from(wanted) != Ok(fields.len()) => {
            Err(TransactionError::WrongNumber {
                wanted,
                given: fields.len(),
            })
        }
        _ => Ok(fields),
    }
}

/// The text of the question that stands for these fields, for a signature suite.
///
/// Alphanumeric questions take the values one after the other, hexadecimal ones a hash of the
/// length-prefixed values, unless the policy's format says otherwise. Numeric questions are
/// refused: RFC 6287 pads and drops zeros, so that different numbers often share one encoding.
pub fn question(
    fields: &[Field],
    format: SignFormat,
    suite: &Suite,
) -> Result<String, TransactionError> {
    let misfit = |problem: &str| TransactionError::DoNotFit {
        suite: suite.to_string(),
        problem: problem.to_owned(),
    };
    let shape = suite.question_format();
    let format = match (format, shape.kind) {
        (_, QuestionKind::Numeric) => {
            return Err(misfit(
                "a numeric question cannot stand for a text without collisions",
            ));
        }
        (SignFormat::Auto, QuestionKind::Hexadecimal) => SignFormat::Digest,
        (SignFormat::Auto, QuestionKind::Alphanumeric) => SignFormat::Concatenated,
        (chosen, _) => chosen,
    };
    let text = match format {
        SignFormat::Digest => match shape.max {
            64.. => HEXLOWER.encode(digest_of(fields, &SHA256).as_ref()),
            40..64 => HEXLOWER.encode(digest_of(fields, &SHA1_FOR_LEGACY_USE_ONLY).as_ref()),
            _ => return Err(misfit("a digest needs a question of 40 or 64 characters")),
        },
        SignFormat::Auto | SignFormat::Concatenated => {
            fields.iter().map(|field| field.value.as_str()).collect()
        }
    };
    match suite.question(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(misfit(&error.to_string())),
    }
}

/// The hash of all values, each after its length in bytes (4 bytes, big-endian), so that no two
/// lists of values share one text.
fn digest_of(fields: &[Field], algorithm: &'static digest::Algorithm) -> digest::Digest {
    let mut context = digest::Context::new(algorithm);
    for field in fields {
        let length = u32::try_from(field.value.len()).unwrap_or(u32::MAX);
        context.update(&length.to_be_bytes());
        context.update(field.value.as_bytes());
    }
    context.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(index: u32, value: &str) -> Field {
        Field {
            index,
            name: format!("sign{index}"),
            value: value.to_owned(),
            audited: false,
        }
    }

    fn suite(text: &str) -> Suite {
        Suite::parse(text).unwrap()
    }

    const ALPHANUMERIC: &str = "OCRA-1:HOTP-SHA1-8:QA64";
    const SHA1_HEXADECIMAL: &str = "OCRA-1:HOTP-SHA1-8:QH40";
    const SHA256_HEXADECIMAL: &str = "OCRA-1:HOTP-SHA256-8:QH64";

    fn auto(fields: &[Field], text: &str) -> Result<String, TransactionError> {
        question(fields, SignFormat::Auto, &suite(text))
    }

    #[test]
    fn fields_are_signed_in_the_order_of_their_indexes() {
        let fields = vec![
            field(2, "TransactionId1"),
            field(3, "10000"),
            field(1, "AccountId1"),
        ];
        let sorted = in_order(fields, &Limits::default()).unwrap();
        assert_eq!(
            auto(&sorted, ALPHANUMERIC).unwrap(),
            "AccountId1TransactionId110000"
        );
    }

    #[test]
    fn missing_and_repeated_fields_are_named() {
        let check = |indexes: &[u32]| {
            let fields = indexes.iter().map(|&index| field(index, "x")).collect();
            in_order(fields, &Limits::default()).unwrap_err()
        };
        assert_eq!(check(&[]), TransactionError::Empty);
        assert_eq!(check(&[1, 3]), TransactionError::Missing(2));
        assert_eq!(check(&[2]), TransactionError::Missing(1));
        assert_eq!(check(&[1, 2, 2]), TransactionError::Duplicate(2));
        assert_eq!(check(&[0, 1]), TransactionError::Duplicate(0));
        assert_eq!(
            check(&(1..=65).collect::<Vec<_>>()),
            TransactionError::TooMany(65)
        );
    }

    #[test]
    fn a_policy_can_fix_the_number_of_fields() {
        let limits = Limits {
            sign_fields: Some(3),
            ..Limits::default()
        };
        assert_eq!(
            in_order(vec![field(1, "x")], &limits),
            Err(TransactionError::WrongNumber {
                wanted: 3,
                given: 1
            }),
        );
    }

    #[test]
    fn a_digest_tells_apart_what_a_concatenation_does_not() {
        let (one, other) = (
            [field(1, "12"), field(2, "3")],
            [field(1, "1"), field(2, "23")],
        );
        assert_eq!(auto(&one, ALPHANUMERIC), auto(&other, ALPHANUMERIC));
        for hashed in [SHA1_HEXADECIMAL, SHA256_HEXADECIMAL] {
            assert_ne!(auto(&one, hashed), auto(&other, hashed));
        }
    }

    /// The expected text was made with a shell: `printf '\0\0\0\2%s\0\0\0\1%s' 12 3 | sha256sum`.
    #[test]
    fn a_digest_hashes_each_value_after_its_length() {
        let fields = [field(1, "12"), field(2, "3")];
        assert_eq!(
            auto(&fields, SHA256_HEXADECIMAL).unwrap(),
            "b21c0902c4c3a8f045c1e09e8b2c15b62a58b65e51251c8a784a4c273a4ad219"
        );
        assert_eq!(
            auto(&fields, SHA1_HEXADECIMAL).unwrap(),
            "7ade2e83e7a9df2440083db0cd9e681e5c95b304"
        );
    }

    #[test]
    fn what_does_not_fit_the_question_is_refused_with_the_reason() {
        for (value, text) in [
            ("x".repeat(65).as_str(), ALPHANUMERIC),
            ("é", ALPHANUMERIC),
            ("", ALPHANUMERIC),
            ("12", "OCRA-1:HOTP-SHA1-8:QN08"),
            ("12", "OCRA-1:HOTP-SHA1-8:QH10"),
        ] {
            let error = auto(&[field(1, value)], text).unwrap_err();
            assert!(
                matches!(error, TransactionError::DoNotFit { .. }),
                "{value} {text}: {error}"
            );
        }
    }
}
