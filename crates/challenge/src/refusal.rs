//! Why the domain said no. Named by whose fault it is; each protocol turns it into its own words
//! in one place, its `refusal.rs`.

use crate::lifecycle::OutOfTurn;
use crate::ports::StoreError;
use crate::secret::SealError;
use crate::transaction::TransactionError;

/// A request that was not granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The user did not prove what was asked. Callers who are not trusted with the difference
    /// must not learn which [`Why`] it was.
    #[error("not verified")]
    NotVerified(Why),
    /// This very signature was accepted before.
    #[error("this signature was accepted before")]
    AlreadySigned,
    /// The request asks an authenticator for what it cannot do; the text says what it can.
    #[error("{0}")]
    DoesNotFit(String),
    /// The tenant has no such policy.
    #[error("the tenant has no policy {0}")]
    UnknownPolicy(String),
    /// The policy is not to be used over this channel.
    #[error("policy {policy} may not be used over channel {channel}")]
    ChannelNotAllowed {
        /// The policy's code.
        policy: String,
        /// The channel that was named.
        channel: String,
    },
    /// The fields of a transaction cannot be signed as they are.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    /// Too many challenges were issued without a right answer.
    #[error("too many challenges were issued without a right answer")]
    TooManyChallenges,
    /// Several authenticators fit what was asked for; the text says how to name one.
    #[error("several authenticators fit: {0}")]
    Ambiguous(&'static str),
    /// There is no way to send the user a code; the text says what is missing.
    #[error("no code can be sent: {0}")]
    NoDestination(&'static str),
    /// Too many codes were sent to the user lately.
    #[error("too many codes were sent to this user")]
    TooManySent,
    /// A challenge cannot take this now.
    #[error(transparent)]
    OutOfTurn(#[from] OutOfTurn),
    /// There is nothing of this name: a user, an authenticator, a challenge.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The caller did not prove who it is.
    #[error("the client did not authenticate")]
    UnknownCaller,
    /// The caller may not do this; the text says what it lacks.
    #[error("the client may not do this: {0}")]
    NotAllowed(&'static str),
    /// Nothing is told; what was asked may have been counted all the same. The text is for the log.
    #[error("unavailable: {0}")]
    Unavailable(String),
}

/// What was missing in a proof. For trusted callers, the audit log and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// There is no such user.
    UnknownUser,
    /// The user has no such authenticator, or none under that policy.
    NoAuthenticator,
    /// The answer is wrong, or was used before.
    Wrong {
        /// Wrong answers that are left before the user is locked.
        attempts_left: u32,
    },
    /// The user is locked, or was by this answer.
    Locked,
    /// No challenge waits for this answer: none was issued, it was used, or it is past.
    NoChallenge {
        /// Wrong answers that are left before the user is locked.
        attempts_left: u32,
        /// What became of the one that there was.
        because: Gone,
    },
}

/// Why no challenge waits. Told to clients to whom the challenge was bound, and to nobody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// None is known.
    Unknown,
    /// It was not answered in time.
    Expired,
    /// It was answered before, rightly or wrongly.
    Used,
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<SealError> for Refusal {
    fn from(error: SealError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
