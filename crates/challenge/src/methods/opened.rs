//! An authenticator with its secrets opened, ready to compute; it lives as long as one request.

use std::num::NonZeroU32;
use std::sync::Arc;

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use oath::ocra::Suite;
use oath::{Digits, Hotp, Key, Totp};
use zeroize::Zeroizing;

use crate::directory::{Authenticator, Method};
use crate::methods::card::Card;
use crate::methods::grid;
use crate::policy::SignFormat;
use crate::refusal::Refusal;
use crate::secret::{Keyring, Sealed};
use crate::standing::PasscodeDigest;
use crate::transaction::{self, Field, TransactionError};

/// An authenticator whose key is known.
pub struct Opened {
    /// The authenticator as enrolled.
    pub enrolled: Arc<Authenticator>,
    /// Its key.
    pub key: Key,
    /// What it computes, parsed.
    pub method: OpenedMethod,
}

/// What an authenticator computes, parsed.
pub enum OpenedMethod {
    /// Event-based one-time passwords.
    Hotp {
        /// Hash and digits.
        hotp: Hotp,
        /// Counters tried; nothing: the policy's.
        look_ahead: Option<u32>,
    },
    /// Time-based one-time passwords.
    Totp {
        /// Hash, digits, period and start.
        totp: Totp,
    },
    /// Challenge–response and signatures.
    Ocra {
        /// The suite of challenge–response.
        suite: Option<Suite>,
        /// The suite of signatures.
        signature_suite: Option<Suite>,
        /// Counters tried; nothing: the policy's look-ahead.
        counter_window: Option<u32>,
        /// Time steps tried to either side.
        time_window: u32,
        /// The PIN, for suites that hash one in.
        pin: Option<Zeroizing<String>>,
    },
    /// A secret way through a grid.
    Grid {
        /// The secret.
        secret: grid::Secret,
        /// Whether a step over one edge comes back at the other.
        wraps: bool,
        /// What digests the passcodes that are not taken again.
        history: History,
    },
    /// A printed card.
    Card {
        /// The card.
        card: Card,
    },
    /// Codes sent on demand.
    OnDemand {
        /// Digits of a code.
        digits: u8,
    },
}

/// Digests passcodes under a key of the server, so that nobody who reads the database can try them out.
/// First the key under which they are remembered from now on.
pub struct History(Box<[hmac::Key]>);

impl History {
    /// What may be kept of a passcode, a digest for each master key; the first one is to be kept.
    pub fn digests(&self, passcode: &str) -> Vec<PasscodeDigest> {
        let digest = |key: &hmac::Key| {
            let tag = hmac::sign(key, passcode.as_bytes());
            let kept = tag.as_ref().get(..16).unwrap_or_default();
            PasscodeDigest(HEXLOWER.encode(kept))
        };
        self.0.iter().map(digest).collect()
    }
}

impl Opened {
    /// Opens an authenticator's secrets.
    ///
    /// What enrolment checked is checked again: a row that does not parse is refused as damaged
    /// rather than trusted.
    pub fn open(enrolled: &Arc<Authenticator>, keyring: &Keyring) -> Result<Self, Refusal> {
        let place = Authenticator::secret_place(enrolled.tenant, enrolled.id);
        let mut bytes = keyring.open(&place, &enrolled.secret)?;
        let key = Key::new(std::mem::take(&mut *bytes)).map_err(|_| damaged(enrolled, "secret"))?;
        let method = match &enrolled.method {
            Method::Hotp {
                algorithm,
                digits,
                look_ahead,
            } => OpenedMethod::Hotp {
                hotp: Hotp {
                    algorithm: *algorithm,
                    digits: parse_digits(enrolled, *digits)?,
                },
                look_ahead: *look_ahead,
            },
            Method::Totp {
                algorithm,
                digits,
                period_s,
                t0,
            } => OpenedMethod::Totp {
                totp: Totp {
                    hotp: Hotp {
                        algorithm: *algorithm,
                        digits: parse_digits(enrolled, *digits)?,
                    },
                    t0: *t0,
                    step_s: NonZeroU32::new(*period_s)
                        .ok_or_else(|| damaged(enrolled, "period_s"))?,
                },
            },
            Method::Ocra(suites) => OpenedMethod::Ocra {
                suite: parse_suite(enrolled, suites.suite.as_deref())?,
                signature_suite: parse_suite(enrolled, suites.signature_suite.as_deref())?,
                counter_window: suites.counter_window,
                time_window: suites.time_window,
                pin: open_pin(enrolled, enrolled.pin.as_ref(), keyring)?,
            },
            Method::Grid { mode, wraps } => OpenedMethod::Grid {
                secret: std::str::from_utf8(key.as_bytes())
                    .ok()
                    .and_then(|text| grid::Secret::parse(*mode, text).ok())
                    .ok_or_else(|| damaged(enrolled, "path"))?,
                wraps: *wraps,
                history: History(keyring.passcode_keys(enrolled.id.number()).into()),
            },
            Method::Card => OpenedMethod::Card {
                card: Card::derive(key.as_bytes()),
            },
            Method::OnDemand { digits } => OpenedMethod::OnDemand { digits: *digits },
        };
        Ok(Self {
            enrolled: Arc::clone(enrolled),
            key,
            method,
        })
    }
}

impl Opened {
    /// The suite it responds to challenges by, if it does.
    pub fn suite(&self) -> Option<Suite> {
        match &self.method {
            OpenedMethod::Ocra { suite, .. } => suite.clone(),
            OpenedMethod::Hotp { .. }
            | OpenedMethod::Totp { .. }
            | OpenedMethod::Grid { .. }
            | OpenedMethod::Card { .. }
            | OpenedMethod::OnDemand { .. } => None,
        }
    }

    /// The question that a transaction's fields become under this authenticator's signature suite.
    pub fn signature_question(
        &self,
        fields: &[Field],
        format: SignFormat,
    ) -> Result<String, TransactionError> {
        match &self.method {
            OpenedMethod::Ocra {
                signature_suite: Some(suite),
                ..
            } => transaction::question(fields, format, suite),
            OpenedMethod::Hotp { .. }
            | OpenedMethod::Totp { .. }
            | OpenedMethod::Ocra { .. }
            | OpenedMethod::Grid { .. }
            | OpenedMethod::Card { .. }
            | OpenedMethod::OnDemand { .. } => Err(TransactionError::DoNotFit {
                suite: self.enrolled.method.kind().to_owned(),
                problem: "it does not sign".to_owned(),
            }),
        }
    }
}

fn parse_digits(enrolled: &Authenticator, digits: u8) -> Result<Digits, Refusal> {
    Digits::new(digits).map_err(|_| damaged(enrolled, "digits"))
}

fn parse_suite(enrolled: &Authenticator, text: Option<&str>) -> Result<Option<Suite>, Refusal> {
    text.map(|text| Suite::parse(text).map_err(|_| damaged(enrolled, "suite")))
        .transpose()
}

fn open_pin(
    enrolled: &Authenticator,
    sealed: Option<&Sealed>,
    keyring: &Keyring,
) -> Result<Option<Zeroizing<String>>, Refusal> {
    let Some(sealed) = sealed else {
        return Ok(None);
    };
    let place = Authenticator::pin_place(enrolled.tenant, enrolled.id);
    let bytes = keyring.open(&place, sealed)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| damaged(enrolled, "pin"))?;
    Ok(Some(Zeroizing::new(text.to_owned())))
}

fn damaged(enrolled: &Authenticator, what: &str) -> Refusal {
    Refusal::Unavailable(format!("authenticator {}: {what} is damaged", enrolled.id))
}
