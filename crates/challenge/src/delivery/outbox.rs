//! The outbox of codes: given out to be sent, their fates decided.

use super::fate::{self, Handover};
use super::message::{Delivery, Letter, Way};
use crate::approval::ports::{Claim, Claimed, Fate};
use crate::approval::{Wanted, settled};
use crate::audit::{Detail, Event, EventKind, Outcome};
use crate::id::TimedId;
use crate::lifecycle::{Phase, State};
use crate::ports::{Change, StoreError};
use crate::refusal::Refusal;
use crate::verifier::Verifier;

/// Seconds for which a code that was given out is nobody else's. Longer than a try may take, and short
/// beside the time that a code is good for.
pub const LEASE_S: u32 = 30;

/// Seconds for which a message is kept that nobody can read: a newer version wrote it.
const UNREAD_S: u32 = 3600;

/// Codes that were given out.
#[derive(Debug)]
pub struct Handout {
    /// Those that are to be sent.
    pub parcels: Vec<Parcel>,
    /// How many were dropped instead, since nobody can use them any more.
    pub dropped: u32,
}

/// A code that is to be sent now.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// The message it came in.
    pub claimed: Claimed,
    /// What is to be sent.
    pub delivery: Delivery,
}

/// What was found in a message.
enum Found {
    /// A code that is to be sent.
    Parcel(Box<Delivery>),
    /// A code that nobody asks for any more: it was used, withdrawn or replaced.
    Moot,
    /// A code that cannot be sent at this moment, or not at all any more.
    Kept(Handover),
}

impl Verifier {
    /// Gives out codes that are due and can still be used. Each has to be settled within [`LEASE_S`]
    /// seconds, or is given out again.
    pub async fn claim_deliveries(&self, way: Way, most: u32) -> Result<Handout, Refusal> {
        let wanted = Wanted {
            most_per_tenant: most,
            most,
            first_tries_only: false,
            pass_over: Vec::new(),
        };
        let claim = self.claim_of(way.kind(), wanted);
        let claim = Claim {
            lease_until: claim.now.plus_s(LEASE_S),
            ..claim
        };
        let (mut parcels, mut dropped) = (Vec::new(), 0);
        let mut fates = Vec::new();
        for claimed in self.store.claim(&claim).await? {
            match self.found_in(&claimed, way).await? {
                Found::Parcel(delivery) => parcels.push(Parcel {
                    claimed,
                    delivery: *delivery,
                }),
                Found::Moot => {
                    dropped += 1;
                    fates.push(settled(&claimed, Fate::Delivered));
                }
                Found::Kept(handover) => {
                    let tried = (&claimed, claimed.failed_tries);
                    let fate = self.fate_of(tried, way, handover).await?;
                    dropped += u32::from(fate == Fate::Delivered);
                    fates.push(settled(&claimed, fate));
                }
            }
        }
        if !fates.is_empty() {
            self.store.settle(fates).await?;
        }
        Ok(Handout { parcels, dropped })
    }

    /// Writes down what became of codes: brought, tried again, or dropped. Gives the number of those
    /// that were dropped.
    pub async fn settle_deliveries(
        &self,
        way: Way,
        handovers: Vec<(Claimed, Handover)>,
    ) -> Result<u32, Refusal> {
        let mut fates = Vec::with_capacity(handovers.len());
        let mut dropped = 0;
        for (claimed, handover) in handovers {
            let taken = handover == Handover::Taken;
            let tried = (&claimed, claimed.failed_tries.saturating_add(1));
            let fate = self.fate_of(tried, way, handover).await?;
            dropped += u32::from(fate == Fate::Delivered && !taken);
            fates.push(settled(&claimed, fate));
        }
        self.store.settle(fates).await?;
        Ok(dropped)
    }

    async fn found_in(&self, claimed: &Claimed, way: Way) -> Result<Found, StoreError> {
        let message = &claimed.message;
        let kept = |trouble: String| {
            Found::Kept(Handover::Failed {
                trouble: format!("not sent: {trouble}"),
                retry_after_s: None,
            })
        };
        let Ok(letter) = serde_json::from_str::<Letter>(&message.body) else {
            return Ok(kept("unknown to this version".to_owned()));
        };
        if self.clock.now() >= letter.expires_at {
            return Ok(kept("its time was over".to_owned()));
        }
        if let Some(challenge) = letter.challenge
            && let Some(found) = self.store.challenge(message.tenant, challenge).await?
        {
            let phase = found.value.phase_at(self.clock.now());
            if !matches!(phase, Phase::Is(State::Open { .. })) {
                return Ok(Found::Moot);
            }
        }
        // What this node has no key for, another one may: it has its tries like a code that was not
        // taken.
        Ok(match self.opened_letter((message, way), &letter) {
            Ok(delivery) => Found::Parcel(Box::new(delivery)),
            Err(error) => kept(error.to_string()),
        })
    }

    /// What becomes of a message after so many tries. Where nothing more happens with it an event tells that
    /// first: a message is never gone without.
    async fn fate_of(
        &self,
        (claimed, tries): (&Claimed, u32),
        way: Way,
        handover: Handover,
    ) -> Result<Fate, StoreError> {
        let now = self.clock.now();
        let letter = serde_json::from_str::<Letter>(&claimed.message.body).ok();
        let (outcome, trouble) = match handover {
            Handover::Taken => (Outcome::Done, None),
            Handover::Rejected { trouble } => (Outcome::Undelivered, Some(trouble)),
            Handover::Failed {
                trouble,
                retry_after_s,
            } => {
                let unread_until = claimed.message.id.drawn_at().plus_s(UNREAD_S);
                let ends_at = letter.as_ref().map_or(unread_until, |one| one.expires_at);
                let asked = (claimed.failed_tries, retry_after_s);
                if let Some(at) = fate::next_try(asked, ends_at, now, &*self.rng) {
                    return Ok(Fate::Again { at, trouble });
                }
                (Outcome::Undelivered, Some(trouble))
            }
        };
        let event = self.delivery_event((claimed, letter), (way, tries), (outcome, trouble));
        self.commit(Change::telling(event)).await?;
        // Nothing is kept of a code that nobody can use.
        Ok(Fate::Delivered)
    }

    fn delivery_event(
        &self,
        (claimed, letter): (&Claimed, Option<Letter>),
        (way, tries): (Way, u32),
        (outcome, trouble): (Outcome, Option<String>),
    ) -> Event {
        let at = self.clock.now();
        let mut fields = vec![
            ("way".to_owned(), way.name().to_owned()),
            ("tries".to_owned(), tries.to_string()),
        ];
        fields.extend(trouble.map(|trouble| ("trouble".to_owned(), trouble)));
        Event {
            id: TimedId::random(at, &*self.rng),
            at,
            tenant: claimed.message.tenant,
            kind: EventKind::Deliver,
            outcome,
            user: letter.as_ref().and_then(|letter| letter.user),
            detail: Detail {
                challenge: letter.and_then(|letter| letter.challenge),
                fields,
                ..Detail::default()
            },
        }
    }
}
