//! What is said of tokens that arrive, and of what became of them. Plain values; `intake.rs` decides.

use super::blueprint::AuthenticatorBlueprint;
use crate::administration::Actor;
use crate::clock::Timestamp;
use crate::ports::StoreError;

/// A token that arrives: described as in a blueprint, and what a file says beside that.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Who is to hold it; nothing: nobody is named.
    pub login_name: Option<String>,
    /// What it is. Its policies, where it names none, are those of the intake.
    pub token: AuthenticatorBlueprint,
    /// TOTP: steps by which its clock runs ahead of ours (negative: behind).
    pub drift_steps: i64,
    /// Since when it may be used; nothing: since ever.
    pub starts_at: Option<Timestamp>,
    /// Until when it may be used; nothing: for ever.
    pub expires_at: Option<Timestamp>,
}

impl Arrival {
    /// A token of which nothing else is said.
    pub fn of(token: AuthenticatorBlueprint) -> Self {
        Self {
            login_name: None,
            token,
            drift_steps: 0,
            starts_at: None,
            expires_at: None,
        }
    }
}

/// How tokens are taken in.
#[derive(Clone, Debug, Default)]
pub struct IntakeOptions<'a> {
    /// The policies of tokens that name none; nothing: all of the tenant's.
    pub policies: Option<Vec<String>>,
    /// Whether a token for which nobody is named is kept, locked, by a user of its serial's name;
    /// otherwise it is refused.
    pub keeps_unassigned: bool,
    /// Whether dates of validity are passed over; otherwise what is not valid now is refused.
    pub ignores_dates: bool,
    /// Who acts, for the audit log.
    pub actor: Option<Actor<'a>>,
    /// What the tokens come from, for the audit log: `pskc`.
    pub source: &'a str,
}

/// What was made of a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Why it is refused; empty: it is taken. Never a secret.
    pub refused: Vec<String>,
    /// What is done as asked though it is better not asked for.
    pub warnings: Vec<String>,
}

impl Verdict {
    pub(super) fn refused(text: impl Into<String>) -> Self {
        Self {
            refused: vec![text.into()],
            warnings: Vec::new(),
        }
    }
}

/// Why an intake cannot begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntakeError {
    /// It names what is not there. The text says what, and what to do.
    #[error("{0}")]
    Refused(String),
    /// The store did not do as asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How many were taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Tokens.
    pub authenticators: usize,
    /// Users who were not there before, those who only keep a token included.
    pub users: usize,
    /// Tokens for which nobody was named.
    pub unassigned: usize,
    /// Tokens whose validity has an end, which nobody watches.
    pub dated: usize,
}
