//! HOTP, RFC 4226. Keeps no counter: what the next one is, and that none is taken twice
//! (section 7.2), is the caller's.

use subtle::{Choice, ConditionallySelectable as _};

use crate::mac::Keyed;
use crate::{Algorithm, Code, Digits, Key};

/// The parameters of an event-based token (RFC 4226). The default is SHA-1 and six digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Hotp {
    /// The hash function under the HMAC; RFC 4226 itself has SHA-1 only.
    pub algorithm: Algorithm,
    /// The length of a code.
    pub digits: Digits,
}

impl Hotp {
    /// The code of `counter` (RFC 4226 section 5.3).
    pub fn code(&self, key: &Key, counter: u64) -> Code {
        self.code_of(&Keyed::new(self.algorithm, key), counter)
    }

    /// Looks for `unverified_code` among `candidates` counters from `first` on (the look-ahead
    /// window of RFC 4226 section 7.4) and returns the counter it belongs to, the lowest if there
    /// are several.
    ///
    /// Every candidate is computed and compared, wherever the match is, so that the time tells
    /// nothing of it. Counters end at [`u64::MAX`]; they do not wrap.
    pub fn find(
        &self,
        key: &Key,
        first: u64,
        candidates: u32,
        unverified_code: &str,
    ) -> Option<u64> {
        let keyed = Keyed::new(self.algorithm, key);
        let mut found = Choice::from(0);
        let mut found_at = 0;
        for counter in (0..candidates).map_while(|ahead| first.checked_add(u64::from(ahead))) {
            let hit = self.code_of(&keyed, counter).matches(unverified_code);
            found_at.conditional_assign(&counter, hit & !found);
            found |= hit;
        }
        bool::from(found).then_some(found_at)
    }

    fn code_of(self, keyed: &Keyed, counter: u64) -> Code {
        Code::of_truncated(keyed.truncated(&counter.to_be_bytes()), self.digits.get())
    }
}
