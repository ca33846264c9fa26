//! Names of things: decimals where a protocol wants decimals, 128 random bits everywhere else.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::Range;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::clock::Timestamp;
use crate::rng::{self, Rng};

/// One more than the largest id: 2^53, so that a client that reads numbers as doubles loses nothing.
const BOUND: u64 = 1 << 53;

/// The id of one `Of`: a random decimal from 1 to 2^53 − 1.
///
/// `Id<User>` and `Id<Tenant>` are different types, so that one cannot be taken for the other.
pub struct Id<Of> {
    number: i64,
    of: PhantomData<fn() -> Of>,
}

impl<Of> Id<Of> {
    /// Draws a new id.
    pub fn random(rng: &dyn Rng) -> Self {
        let number = 1 + rng::below(rng, BOUND - 1);
        Self {
            number: i64::try_from(number).unwrap_or(1),
            of: PhantomData,
        }
    }

    /// Draws the first of so many numbers that follow each other, for ids of rows that come together.
    pub(crate) fn random_row(rng: &dyn Rng, length: u32) -> Range<i64> {
        let first = 1 + rng::below(rng, BOUND - 1 - u64::from(length));
        let first = i64::try_from(first).unwrap_or(1);
        first..first + i64::from(length)
    }

    /// The id as the database keeps it; nothing where the number is out of range.
    pub fn from_number(number: i64) -> Option<Self> {
        let in_range = u64::try_from(number).is_ok_and(|value| (1..BOUND).contains(&value));
        in_range.then_some(Self {
            number,
            of: PhantomData,
        })
    }

    /// The id that stands for the server itself where something belongs to no tenant. Chance gives it
    /// to nobody else in a hundred million years of drawing ids once a second.
    pub const SERVER: Self = Self {
        number: 1,
        of: PhantomData,
    };

    /// The id as a number, 1 to 2^53 − 1.
    pub fn number(self) -> i64 {
        self.number
    }
}

impl<Of> Clone for Id<Of> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Of> Copy for Id<Of> {}

impl<Of> PartialEq for Id<Of> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl<Of> Eq for Id<Of> {}

impl<Of> PartialOrd for Id<Of> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<Of> Ord for Id<Of> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.number.cmp(&other.number)
    }
}

impl<Of> Hash for Id<Of> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

impl<Of> fmt::Display for Id<Of> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(out)
    }
}

impl<Of> fmt::Debug for Id<Of> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number.fmt(out)
    }
}

/// A text that is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct NotAnId;

impl<Of> FromStr for Id<Of> {
    type Err = NotAnId;

    /// Reads plain ASCII decimals: no sign, no leading zero, so that one id has one spelling.
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let plain = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
        if !plain {
            return Err(NotAnId);
        }
        text.parse().ok().and_then(Self::from_number).ok_or(NotAnId)
    }
}

impl<Of> Serialize for Id<Of> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // As text: it is also the key of JSON objects, where numbers cannot stand.
        serializer.collect_str(self)
    }
}

impl<'de, Of> Deserialize<'de> for Id<Of> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The id of a challenge or an event: 48 bits of time, then 80 random bits.
///
/// Time comes first so that new rows are appended at the end of their index.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimedId([u8; 16]);

impl TimedId {
    /// Draws a new id that sorts by `now`.
    pub fn random(now: Timestamp, rng: &dyn Rng) -> Self {
        let mut id = [0; 16];
        let time = now.unix_ms().to_be_bytes();
        let random: [u8; 10] = rng::bytes(rng);
        let drawn = time.iter().skip(2).chain(random.iter());
        for (place, &byte) in id.iter_mut().zip(drawn) {
            *place = byte;
        }
        Self(id)
    }

    /// The least id that sorts by `moment`, which nobody draws: for ranges.
    pub fn first_at(moment: Timestamp) -> Self {
        let mut id = [0; 16];
        let time = moment.unix_ms().max(0).to_be_bytes();
        for (place, &byte) in id.iter_mut().zip(time.iter().skip(2)) {
            *place = byte;
        }
        Self(id)
    }

    /// The moment it sorts by.
    pub fn drawn_at(&self) -> Timestamp {
        let mut time = [0; 8];
        for (place, &byte) in time.iter_mut().skip(2).zip(&self.0) {
            *place = byte;
        }
        Timestamp::from_unix_ms(i64::from_be_bytes(time))
    }

    /// The id from its bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The id's bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for TimedId {
    /// 32 lower-case hexadecimal digits.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        HEXLOWER.encode_display(&self.0).fmt(out)
    }
}

impl fmt::Debug for TimedId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl FromStr for TimedId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| NotAnId)?;
        bytes.try_into().map(Self).map_err(|_| NotAnId)
    }
}

impl Serialize for TimedId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimedId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
