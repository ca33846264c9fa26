#![doc = include_str!("../README.md")]
#![warn(clippy::unwrap_used, clippy::indexing_slicing)]

mod algorithm;
mod base32;
mod code;
mod hotp;
mod key;
mod mac;
pub mod ocra;
pub mod otpauth;
mod totp;

pub use algorithm::{Algorithm, AlgorithmError};
pub use code::{Code, Digits, DigitsError};
pub use hotp::Hotp;
pub use key::{Key, KeyError};
pub use totp::Totp;
