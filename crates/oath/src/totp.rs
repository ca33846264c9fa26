//! TOTP, RFC 6238: HOTP over the number of a time step. Reads no clock, and does not remember the
//! step that was used last (section 5.2), which is the caller's.

use std::num::NonZeroU32;

use crate::{Code, Hotp, Key};

/// The parameters of a time-based token (RFC 6238). The default is SHA-1, six digits, steps of
/// 30 seconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Totp {
    /// Hash function and length of a code.
    pub hotp: Hotp,
    /// When step 0 begins, in seconds since the Unix epoch (`T0`).
    pub t0: u64,
    /// The length of a step in seconds (`X`).
    pub step_s: NonZeroU32,
}

/// Thirty seconds, the default of RFC 6238 section 4.1.
const DEFAULT_STEP_S: NonZeroU32 = match NonZeroU32::new(30) {
    Some(step_s) => step_s,
    None => NonZeroU32::MIN,
};

impl Default for Totp {
    fn default() -> Self {
        Self {
            hotp: Hotp::default(),
            t0: 0,
            step_s: DEFAULT_STEP_S,
        }
    }
}

impl Totp {
    /// The number of the step that `unix_s` (seconds since the Unix epoch) falls in, or `None`
    /// before `t0` (RFC 6238 section 4.2).
    pub fn time_step(&self, unix_s: u64) -> Option<u64> {
        unix_s
            .checked_sub(self.t0)
            .map(|elapsed_s| elapsed_s / u64::from(self.step_s.get()))
    }

    /// The code shown at `unix_s` (seconds since the Unix epoch), or `None` before `t0`.
    pub fn code_at(&self, key: &Key, unix_s: u64) -> Option<Code> {
        self.time_step(unix_s)
            .map(|time_step| self.code(key, time_step))
    }

    /// The code of a step by its number.
    pub fn code(&self, key: &Key, time_step: u64) -> Code {
        self.hotp.code(key, time_step)
    }

    /// Looks for `unverified_code` among `candidates` steps from `first_step` on and returns the
    /// step it belongs to, the earliest if there are several. As [`Hotp::find`]: every candidate
    /// is computed and compared, and steps end at [`u64::MAX`].
    ///
    /// A verifier accepts a step at most once, and none before it: RFC 6238 section 5.2.
    pub fn find(
        &self,
        key: &Key,
        first_step: u64,
        candidates: u32,
        unverified_code: &str,
    ) -> Option<u64> {
        self.hotp.find(key, first_step, candidates, unverified_code)
    }
}
