//! Idempotency keys: the same request with the same key is done once, and answered alike
//! (draft-ietf-httpapi-idempotency-key-header).

use serde::{Deserialize, Serialize};

use super::keys::{self, Kept};
use crate::approval::ports::CodeDigest;
use crate::clock::Timestamp;
use crate::ports::Version;
use crate::secret::Sealed;

/// Seconds for which an answer is kept.
pub const ANSWER_KEPT_S: u32 = 24 * 3600;

/// Seconds after which a request that never was answered may be done again: its node ended.
pub const ABANDONED_S: u32 = 60;

/// The most characters of a key.
pub const KEY_MAX: usize = 255;

/// The most bytes of an answer that is kept.
pub const ANSWER_MAX: usize = 256 * 1024;

/// A request that came with a key, as kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptRequest {
    /// A keyed digest of what was asked.
    pub(super) asked: Kept,
    /// When it came.
    pub(super) at: Timestamp,
    /// Whether it was not done, and may be tried again.
    pub(super) is_dropped: bool,
    /// What it was answered, sealed; nothing: it is being answered.
    #[serde(with = "keys::sealed")]
    pub(super) answer: Option<Sealed>,
}

impl KeptRequest {
    /// From when on nobody needs it.
    pub fn keep_until(&self) -> Timestamp {
        self.at.plus_s(ANSWER_KEPT_S)
    }
}

/// What is to be done with a request that came with a key.
#[derive(Debug)]
pub enum Opening {
    /// It is to be done, and its answer to be kept with this ticket.
    New(Ticket),
    /// It was done; this was the answer.
    Answered(Vec<u8>),
}

/// The right to answer a request; given to one of any number of requests of one key.
#[derive(Debug)]
pub struct Ticket {
    pub(super) key: CodeDigest,
    pub(super) version: Version,
    pub(super) kept: KeptRequest,
}
