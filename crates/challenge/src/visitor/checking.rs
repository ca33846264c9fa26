//! A site's check of a visitor's challenge: that it is valid is told once.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use subtle::ConstantTimeEq;

use crate::audit::{EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::Site;
use crate::id::TimedId;
use crate::lifecycle::{Command, Phase, State};
use crate::ports::{Change, SpentMark, StoreError, Versioned};
use crate::verifier::{TRIES, Verifier};
use crate::visitor::{Refused, Ticket, Visit, VisitWrite};

/// Seconds in which a check can be repeated under the same key and is told the same.
pub(super) const REPEAT_S: u32 = 60;

/// What a site wants to know, and how often it may ask.
#[derive(Clone, Copy, Debug)]
pub struct Check<'a> {
    /// Whether it only looks, and consumes nothing.
    pub peek: bool,
    /// The key under which it may ask once more, in case the answer does not arrive.
    pub repeat_key: Option<&'a str>,
    /// What it proved itself with, where that serves once.
    pub voucher: Option<Voucher<'a>>,
    /// The address it asks from.
    pub address: &'a str,
}

/// A one-time id, such as the `jti` of a JWT (RFC 7519, section 4.1.7).
#[derive(Clone, Copy, Debug)]
pub struct Voucher<'a> {
    /// The id.
    pub id: &'a str,
    /// The moment from which it serves nobody, used or not.
    pub ends_at: Timestamp,
}

/// What a site is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Nobody answered yet.
    Pending,
    /// The answer was right, and nobody was told so before.
    Valid,
    /// The answer was right; told to who only looks.
    Answered,
    /// The answer was wrong.
    Invalid,
    /// Nobody answered, or nobody asked, in time.
    Expired,
    /// That the answer was right was told before.
    Consumed,
}

/// What a site is told, and what is known of the challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What is told.
    pub told: Told,
    /// When the challenge was issued.
    pub issued_at: Timestamp,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// The host of the page that answered, where its browser said it.
    pub host: Option<String>,
}

impl Verifier {
    /// Tells a site what became of a challenge of its own. Of any number of checks of a right answer
    /// exactly one is told [`Told::Valid`], but for its own repetition.
    ///
    /// [`Refused::NotFound`] where it is no challenge of this site.
    pub async fn check_visit(
        &self,
        site: &Arc<Site>,
        unverified_id: &str,
        check: &Check<'_>,
    ) -> Result<Told, Refused> {
        let found = self.find_of_visit(site, unverified_id, check).await;
        Ok(found?.told)
    }

    /// The same check, telling also when and where the challenge was answered.
    pub async fn find_of_visit(
        &self,
        site: &Arc<Site>,
        unverified_id: &str,
        check: &Check<'_>,
    ) -> Result<Finding, Refused> {
        let ticket = self.opened_ticket(unverified_id);
        let ticket = ticket.filter(|ticket| ticket.site == site.id);
        let ticket = ticket.ok_or(Refused::NotFound)?;
        let mut marks = check.marks(site, ticket.id, self.clock.now());
        for _ in 0..TRIES {
            let read = self.store.visit(site.tenant, ticket.id).await?;
            let now = self.clock.now();
            let (told, write) = told(&ticket, read.as_ref(), check, now);
            let finding = Finding::of(told, &ticket, read);
            if write.is_none() && marks.is_empty() {
                return Ok(finding);
            }
            let consumes = write.is_some();
            let kind = if consumes {
                EventKind::Consume
            } else {
                EventKind::Check
            };
            let event = self.visitor_event(site, (kind, Outcome::Done), ticket.id, check.address);
            let change = Change {
                visit: write,
                spent: marks.clone(),
                ..Change::telling(event)
            };
            let issued_at = ticket.id.drawn_at();
            let counted = self.visitors.once_written(move |visitors| {
                if consumes {
                    visitors.checked(site, issued_at);
                }
            });
            let committed = self.commit(change).await;
            if committed.is_err() {
                counted.forget();
            }
            match committed {
                Ok(()) => return Ok(finding),
                Err(StoreError::Conflict) => {}
                Err(StoreError::AlreadySpent) if self.is_repeated(site, &marks).await? => {
                    marks.clear();
                }
                Err(StoreError::AlreadySpent) => return Err(Refused::VoucherUsed),
                Err(error) => return Err(error.into()),
            }
        }
        let id = ticket.id;
        Err(Refused::Unavailable(format!(
            "visit {id}: {TRIES} lost races"
        )))
    }

    /// Whether a used voucher comes again with the same key for the same challenge, and in time.
    pub(super) async fn is_repeated(
        &self,
        site: &Site,
        marks: &[SpentMark],
    ) -> Result<bool, StoreError> {
        let [_, repeatable] = marks else {
            return Ok(false);
        };
        let now = self.clock.now();
        self.store
            .is_spent(site.tenant, &repeatable.digest, now)
            .await
    }
}

impl Finding {
    fn of(told: Told, ticket: &Ticket, read: Option<Versioned<Visit>>) -> Self {
        let visit = read.map(|read| read.value);
        Self {
            told,
            issued_at: ticket.id.drawn_at(),
            answered_at: visit.as_ref().and_then(|visit| visit.answered_at),
            host: visit.and_then(|visit| visit.host),
        }
    }
}

impl Check<'_> {
    /// The marks that use the voucher up: one for itself, and one by which it may be repeated.
    fn marks(&self, site: &Site, challenge: TimedId, now: Timestamp) -> Vec<SpentMark> {
        let Some(voucher) = &self.voucher else {
            return Vec::new();
        };
        let site = site.id.number().to_be_bytes();
        let used = SpentMark {
            digest: digest_of(&[b"voucher", &site, voucher.id.as_bytes()]),
            keep_until: Some(voucher.ends_at),
        };
        let repeatable = self.repeat_key.map(|key| {
            let id = voucher.id.as_bytes();
            let parts: [&[u8]; 5] = [
                b"voucher repeated",
                &site,
                id,
                challenge.as_bytes(),
                key.as_bytes(),
            ];
            SpentMark {
                digest: digest_of(&parts),
                keep_until: Some(now.plus_s(REPEAT_S)),
            }
        });
        std::iter::once(used).chain(repeatable).collect()
    }
}

/// What is told of a challenge, and how telling it changes it.
fn told(
    ticket: &Ticket,
    read: Option<&Versioned<Visit>>,
    check: &Check<'_>,
    now: Timestamp,
) -> (Told, Option<VisitWrite>) {
    let Some(Versioned { version, value }) = read else {
        let expired = now >= ticket.answer_by;
        return (
            if expired {
                Told::Expired
            } else {
                Told::Pending
            },
            None,
        );
    };
    match value.phase_at(now) {
        Phase::Expired => (Told::Expired, None),
        Phase::Is(State::Open { .. }) => (Told::Pending, None),
        Phase::Is(State::Accepted { .. }) if check.peek => (Told::Answered, None),
        Phase::Is(State::Accepted { .. }) => match value.after(Command::Consume, now) {
            Ok(mut next) => {
                next.repeatable_by = check.repeat_key.map(repeat_digest);
                let expected = *version;
                (Told::Valid, Some(VisitWrite { expected, next }))
            }
            Err(_) => (Told::Expired, None),
        },
        Phase::Is(State::Consumed { at }) => {
            let in_time = !check.peek && now < at.plus_s(REPEAT_S);
            let repeated = in_time && is_same_key(value, check.repeat_key);
            (
                if repeated {
                    Told::Valid
                } else {
                    Told::Consumed
                },
                None,
            )
        }
        Phase::Is(
            State::Refused { .. }
            | State::Declined { .. }
            | State::Cancelled { .. }
            | State::Replaced { .. },
        ) => (Told::Invalid, None),
    }
}

fn is_same_key(visit: &Visit, unverified: Option<&str>) -> bool {
    let (Some(kept), Some(unverified)) = (&visit.repeatable_by, unverified) else {
        return false;
    };
    let unverified = repeat_digest(unverified);
    kept.as_bytes().ct_eq(unverified.as_bytes()).into()
}

fn repeat_digest(key: &str) -> String {
    HEXLOWER.encode(&digest_of(&[b"repeat key", key.as_bytes()]))
}

/// SHA-256 over parts that cannot run into one another: each comes after its length.
pub(super) fn digest_of(parts: &[&[u8]]) -> [u8; 32] {
    let mut whole = Vec::new();
    for part in parts {
        whole.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        whole.extend_from_slice(part);
    }
    let mut out = [0; 32];
    for (place, &byte) in out.iter_mut().zip(digest(&SHA256, &whole).as_ref()) {
        *place = byte;
    }
    out
}
