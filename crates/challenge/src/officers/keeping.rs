//! Idempotency keys at work: who answers a request, and what is told to whoever repeats it.

use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;

use super::request::{ABANDONED_S, ANSWER_MAX, KEY_MAX, KeptRequest};
use super::{Denied, Identity, Officer, Opening, Reach, Ticket};
use crate::approval::ports::{CodeDigest, Write};
use crate::ports::{StoreError, Version};
use crate::secret::Place;
use crate::verifier::Verifier;

/// What keyed digests of requests are made for. There may be passwords and PINs in a request, which a
/// digest without a key would let anybody guess who can read the database.
const PURPOSE: &str = "request";

impl Verifier {
    /// What is to be done with a request that came with an idempotency key: `asked` is all of it that
    /// counts (method, path, body). One of any number of requests of one key is to be done.
    ///
    /// [`Denied::InProgress`] while it is being answered; [`Denied::KeyReused`] where the key came with
    /// another request.
    pub async fn open_request(
        &self,
        by: &Officer,
        unverified_key: &str,
        asked: &[u8],
    ) -> Result<Opening, Denied> {
        let visible = unverified_key.bytes().all(|byte| byte.is_ascii_graphic());
        if !visible || !(1..=KEY_MAX).contains(&unverified_key.len()) {
            return Err(Denied::DoesNotFit(format!(
                "Idempotency-Key: give 1 to {KEY_MAX} visible ASCII characters, such as a UUID"
            )));
        }
        let key = digest_of(&[&identity_of(by), unverified_key.as_bytes()]);
        let asked = HEXLOWER.encode(&digest_of(&[asked]));
        let now = self.clock.now();
        let expected = match self.store.kept_request(&key).await? {
            None => 0,
            // Its time is over, and it was not swept yet.
            Some(found) if found.value.keep_until() <= now => found.version,
            // It was not done, so that its key is as good for another: one that mends a mistake.
            Some(found) if found.value.is_dropped => found.version,
            Some(found) if !self.is_asked(&found.value, &asked) => return Err(Denied::KeyReused),
            Some(found) => match &found.value.answer {
                Some(sealed) => {
                    let answer = self.keyring.open(&kept_place(&key), sealed)?;
                    return Ok(Opening::Answered(answer.to_vec()));
                }
                None if found.value.at.plus_s(ABANDONED_S) <= now => found.version,
                None => return Err(Denied::InProgress),
            },
        };
        let kept = KeptRequest {
            asked: self.keyring.officer_mac(PURPOSE, &asked)?.into(),
            at: now,
            is_dropped: false,
            answer: None,
        };
        match self.keep(&key, expected, kept.clone()).await {
            Ok(()) => Ok(Opening::New(Ticket {
                key,
                version: expected + 1,
                kept,
            })),
            Err(StoreError::Conflict) => Err(Denied::InProgress),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps the answer of a request for 24 hours, sealed: it may hold secrets that are told once.
    pub async fn close_request(&self, ticket: Ticket, answer: &[u8]) -> Result<(), Denied> {
        if answer.len() > ANSWER_MAX {
            return Err(Denied::Unavailable(format!(
                "an answer of {} bytes is too long to be kept",
                answer.len()
            )));
        }
        let Ticket { key, version, kept } = ticket;
        let sealed = self.keyring.seal(&*self.rng, &kept_place(&key), answer)?;
        let kept = KeptRequest {
            answer: Some(sealed),
            ..kept
        };
        Ok(self.keep(&key, version, kept).await?)
    }

    /// Gives the right to answer a request back: it was not done, and may be tried again.
    pub async fn drop_request(&self, ticket: Ticket) -> Result<(), Denied> {
        let Ticket { key, version, kept } = ticket;
        let kept = KeptRequest {
            is_dropped: true,
            ..kept
        };
        Ok(self.keep(&key, version, kept).await?)
    }

    fn is_asked(&self, kept: &KeptRequest, asked: &str) -> bool {
        let kept = kept.asked.mac();
        self.keyring.officer_matches(Some(&kept), PURPOSE, asked)
    }

    async fn keep(
        &self,
        key: &CodeDigest,
        expected: Version,
        next: KeptRequest,
    ) -> Result<(), StoreError> {
        let write = Write {
            key: *key,
            expected,
            next: Some(next),
        };
        self.store.keep_request(write).await
    }
}

/// Whose key it is: one officer's keys are nothing to another, nor to the same one who may do less now
/// than when the answer was given.
fn identity_of(by: &Officer) -> Vec<u8> {
    let who = match by.identity {
        Identity::CommandLine => "command line".to_owned(),
        Identity::Token(id) => format!("token {id}"),
        Identity::Administrator(id) => format!("administrator {id}"),
    };
    let reach = match by.reach {
        Reach::Server => "server".to_owned(),
        Reach::Tenant(id) => format!("tenant {id}"),
    };
    format!("{who} {} {reach}", by.role.name()).into_bytes()
}

/// A digest of parts, none of which runs into the next.
fn digest_of(parts: &[&[u8]]) -> CodeDigest {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    context.finish().as_ref().try_into().unwrap_or_default()
}

/// Where an answer is sealed for: its own key's row.
pub(crate) fn kept_place(key: &CodeDigest) -> Place<'static> {
    let row = key.first_chunk().copied().unwrap_or_default();
    Place {
        table: "kept_request",
        column: "answer",
        tenant: 1,
        row: i64::from_be_bytes(row),
    }
}
