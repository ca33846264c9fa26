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
