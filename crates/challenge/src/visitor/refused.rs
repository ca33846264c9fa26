//! Why a visitor's or a partner's request about a visitor's challenge was not granted.

use crate::ports::StoreError;
use crate::secret::SealError;

/// A request that was not granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such challenge, or it is another site's.
    #[error("there is no such challenge")]
    NotFound,
    /// The site has nothing to show for the kind that was asked for.
    #[error("there is nothing to show for this kind")]
    NothingToShow,
    /// It was answered before.
    #[error("the challenge was answered before")]
    AlreadyAnswered,
    /// It is too late to answer.
    #[error("the challenge expired")]
    Expired,
    /// Too much was asked; nothing was looked at, and nothing is spent.
    #[error("too many requests, wait {retry_s} s")]
    SlowDown {
        /// Seconds after which it is worth trying again, at least 1.
        retry_s: u32,
    },
    /// The site's key is too short to sign what everybody sees.
    #[error("the site's key is too short to sign with")]
    KeyTooShort,
    /// The voucher's one-time id was used before.
    #[error("the token's id was used before")]
    VoucherUsed,
    /// Nothing is told; what was asked may have been counted all the same. The text is for the log.
    #[error("unavailable: {0}")]
    Unavailable(String),
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
