//! Why an approval, a link or a request of a device was not granted.

use super::guessing::Puzzle;
use crate::lifecycle::OutOfTurn;
use crate::ports::StoreError;
use crate::secret::SealError;

/// What was not granted, and why. The protocols put it into their words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The tenant has no settings for approvals.
    #[error("the tenant has no settings for approvals")]
    NotSetUp,
    /// The tenant may not ask, until an administrator says so.
    #[error("the tenant is not active")]
    TenantInactive,
    /// The tenant's trial is over.
    #[error("the tenant's trial is over")]
    TenantExpired,
    /// A limit was reached.
    #[error("a limit was reached: {0}")]
    LimitReached(Limit),
    /// The user is asked already.
    #[error("the user has as many pending sessions as allowed")]
    AlreadyPending,
    /// There is no such session, or it ended without an answer.
    #[error("there is no such session")]
    SessionNotFound,
    /// The user has no linked device, or there is no such user.
    #[error("the user has no linked device")]
    NotLinked,
    /// The signature was bound to another split of the same bytes.
    #[error("the signature belongs to another request")]
    SplitOtherwise,
    /// The linking code opens nothing: it was never drawn, is past, was used or was replaced.
    #[error("the linking code is wrong, or was used")]
    BadLinkingCode,
    /// No free linking code was found.
    #[error("no free linking code was found")]
    NoUniqueLinkingCode,
    /// A guess at a linking code needs work now.
    #[error("a proof of work is needed")]
    WorkNeeded(Puzzle),
    /// The request is not the device's: no such device, or a wrong signature.
    #[error("the device did not authenticate")]
    UnknownDevice,
    /// The time in the request is too far from ours; the text says by how much.
    #[error("the time in the request is {ahead_s} s ahead of the server's; set the clock")]
    WrongTime {
        /// Seconds by which it is ahead; negative: behind.
        ahead_s: i64,
    },
    /// The request came before.
    #[error("this request came before")]
    Replayed,
    /// The signature under the decision is not over what was displayed.
    #[error("the signature is not over what was displayed")]
    NotWhatWasDisplayed,
    /// The PIN or the number is wrong.
    #[error("wrong; {attempts_left} attempts left")]
    Wrong {
        /// Attempts that the session still takes; 0: it is over.
        attempts_left: u32,
    },
    /// The user is locked.
    #[error("the user is locked")]
    Locked,
    /// The session cannot take this now.
    #[error(transparent)]
    OutOfTurn(#[from] OutOfTurn),
    /// The session asks for a PIN, and the user has set none.
    #[error("the user has set no PIN")]
    NoPin,
    /// The request does not fit; the text says what would.
    #[error("{0}")]
    DoesNotFit(String),
    /// Nothing is told; what was asked may have been done all the same. The text is for the log.
    #[error("unavailable: {0}")]
    Unavailable(String),
}

/// Which limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Sessions started for one user in five minutes.
    Starts,
    /// The user said "this was not me" a while ago.
    Paused,
    /// Wrong linking codes from one address in an hour.
    Guesses,
    /// Requests of one tenant in a minute.
    Tenant,
}

impl std::fmt::Display for Limit {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Starts => "sessions started for the user in five minutes",
            Self::Paused => "the user said that it was somebody else, and is not asked for a while",
            Self::Guesses => "wrong linking codes from one address in an hour",
            Self::Tenant => "requests of the tenant in a minute",
        })
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<SealError> for Refused {
    fn from(error: SealError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
