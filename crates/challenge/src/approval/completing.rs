//! Linking ends: the phone that brings an open code becomes the user's.

use data_encoding::HEXLOWER;

use super::callback::Told;
use super::device::{Capabilities, Device, DeviceStatus, PublicKey};
use super::guessing::{self, PUZZLE_S, Puzzle, WINDOW_S, WRONG_PER_ADDRESS, Work};
use super::linking::{closed, no_standing};
use super::ports::{ApprovalWrites, CodeDigest, Guesses, LinkingCode, Write};
use super::push::UnverifiedSubscription;
use super::refused::{Limit, Refused};
use super::signed::{self, LinkText};
use crate::audit::{EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::Tenant;
use crate::door::Door;
use crate::id::Id;
use crate::ports::{Change, Message, StandingWrite, StoreError, Versioned};
use crate::verifier::{TRIES, Verifier};

/// The longest name of a device or platform, in bytes.
const NAME_MAX: usize = 128;

/// What a phone brings to be linked. Nothing of it is verified yet.
#[derive(Clone, Copy, Debug)]
pub struct LinkingAnswer<'a> {
    /// The code that was typed or scanned.
    pub unverified_code: &'a str,
    /// The device's public key: 65 bytes uncompressed, or SPKI.
    pub public_key: &'a [u8],
    /// The device's name for people.
    pub name: &'a str,
    /// What it runs on.
    pub platform: &'a str,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Where pushes go.
    pub push: Option<UnverifiedSubscription<'a>>,
    /// Milliseconds since the epoch, by the device's clock.
    pub time_ms: i64,
    /// The signature of the key that it brings, under [`signed::link`]: r and s, 64 bytes.
    pub unverified_signature: &'a [u8],
    /// A solved puzzle, where one was asked for.
    pub work: Option<Work<'a>>,
    /// The address it came from.
    pub address: Option<&'a str>,
}

/// A phone that was linked.
#[derive(Clone, Debug)]
pub struct Linked {
    /// The device.
    pub device: Device,
    /// The tenant's number on the wire.
    pub tenant_number: u64,
    /// The tenant's name for people.
    pub tenant_name: String,
}

/// The counts of wrong guesses that a guess stands under, as read.
struct Counted {
    address: (CodeDigest, Option<Versioned<Guesses>>),
    server: (CodeDigest, Option<Versioned<Guesses>>),
}

impl Verifier {
    /// Links the phone that brings an open code, and tells the tenant.
    ///
    /// Of any number of phones that bring one code, one is linked. It takes the place of the user's
    /// former phone, whose pending sessions end. A wrong code counts for its address and for the
    /// server before anybody is told that it was wrong; one that comes after five wrong ones from its
    /// address in an hour is not looked at.
    pub async fn complete_linking(&self, answer: &LinkingAnswer<'_>) -> Result<Linked, Refused> {
        let public_key = PublicKey::of_unverified(answer.public_key)?;
        self.check_link_text(answer, &public_key)?;
        let mut turn = None;
        for _ in 0..TRIES {
            let now = self.clock.now();
            let counted = self.counted(answer.address).await?;
            self.check_guessing(answer, &counted, now)?;
            let outcome = match self.open_code(answer.unverified_code, now).await? {
                None => {
                    let wrong = self.wrong_guess(answer, &counted, now).await;
                    wrong.map(|()| None)
                }
                Some(found) => {
                    let linked = self.use_code(answer, (&public_key, &counted), found, now);
                    linked.await.map(Some)
                }
            };
            match outcome {
                Ok(None) => return Err(Refused::BadLinkingCode),
                Ok(Some(linked)) => {
                    self.nearby.bell.ring(linked.device.user);
                    self.nearby.bell.ring_outbox();
                    return Ok(linked);
                }
                Err(Lost::Race) if turn.is_none() => turn = self.turnstiles.pass(0).await,
                Err(Lost::Race) => {}
                Err(Lost::Refused(refused)) => return Err(refused),
            }
        }
        Err(Refused::Unavailable(format!("linking: {TRIES} lost races")))
    }

    fn check_link_text(
        &self,
        answer: &LinkingAnswer<'_>,
        public_key: &PublicKey,
    ) -> Result<(), Refused> {
        if let Some(ahead_s) = signed::time_off_by(answer.time_ms, self.clock.now()) {
            return Err(Refused::WrongTime { ahead_s });
        }
        for (what, text, most) in [
            ("name", answer.name, NAME_MAX),
            ("platform", answer.platform, NAME_MAX),
        ] {
            if text.len() > most {
                return Err(Refused::DoesNotFit(format!(
                    "{what}: at most {most} bytes are allowed"
                )));
            }
        }
        let text = signed::link(&LinkText {
            code: answer.unverified_code,
            public_key,
            name: answer.name,
            platform: answer.platform,
            time_ms: answer.time_ms,
        });
        if public_key.verifies(&text, answer.unverified_signature) {
            Ok(())
        } else {
            Err(Refused::UnknownDevice)
        }
    }

    async fn counted(&self, address: Option<&str>) -> Result<Counted, Refused> {
        let place = guessing::place_of(address);
        let address = self.keyring.linking_place_digest(&place)?;
        let server = self.keyring.linking_place_digest("the whole server")?;
        Ok(Counted {
            address: (address, self.store.guesses(&address).await?),
            server: (server, self.store.guesses(&server).await?),
        })
    }

    fn check_guessing(
        &self,
        answer: &LinkingAnswer<'_>,
        counted: &Counted,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let wrong = |row: &Option<Versioned<Guesses>>| {
            row.as_ref()
                .map_or(0, |row| row.value.wrong.count(now, WINDOW_S))
        };
        if wrong(&counted.address.1) >= WRONG_PER_ADDRESS {
            return Err(Refused::LimitReached(Limit::Guesses));
        }
        let Some(bits) = guessing::work_bits(wrong(&counted.server.1)) else {
            return Ok(());
        };
        let turn = now.unix_ms().div_euclid(PUZZLE_S * 1000);
        let seed = self.keyring.linking_puzzle_seed(turn)?;
        let mut given = self.keyring.linking_puzzle_seeds(turn);
        given.extend(self.keyring.linking_puzzle_seeds(turn - 1));
        let solved = answer.work.is_some_and(|work| {
            given.iter().any(|one| one == work.seed) && work.solves(answer.unverified_code, bits)
        });
        if solved {
            Ok(())
        } else {
            Err(Refused::WorkNeeded(Puzzle { seed, bits }))
        }
    }

    /// The open code of this text, under whichever master key it was drawn; nothing where two nodes drew the
    /// same text under two, at one moment: nobody may be linked to somebody else.
    async fn open_code(
        &self,
        unverified_code: &str,
        now: Timestamp,
    ) -> Result<Option<(CodeDigest, Versioned<LinkingCode>)>, Refused> {
        let mut open = self.open_codes(unverified_code, now).await?;
        let one = open.pop();
        Ok(one.filter(|_| open.is_empty()))
    }

    /// Counts a wrong guess, for its address and for the server, with its event.
    async fn wrong_guess(
        &self,
        answer: &LinkingAnswer<'_>,
        counted: &Counted,
        now: Timestamp,
    ) -> Result<(), Lost> {
        let kind = (EventKind::LinkDevice, Outcome::Wrong);
        let mut event = self.approval_event(Id::SERVER, kind, answer.address);
        event.detail.door = Some(Door::Device);
        let guesses = [&counted.address, &counted.server];
        let change = Change {
            approvals: ApprovalWrites {
                guesses: guesses
                    .map(|(place, row)| Write {
                        key: *place,
                        expected: row.as_ref().map_or(0, |row| row.version),
                        next: Some(match row {
                            Some(row) => guessing::one_more(&row.value, now),
                            None => guessing::one_more(&Guesses::default(), now),
                        }),
                    })
                    .into(),
                ..ApprovalWrites::default()
            },
            ..Change::telling(event)
        };
        Ok(self.commit(change).await?)
    }

    /// Uses an open code. The counts must still be as they were read, so that a right guess is worth
    /// nothing to who sent too many wrong ones at once with it.
    async fn use_code(
        &self,
        answer: &LinkingAnswer<'_>,
        (public_key, counted): (&PublicKey, &Counted),
        (digest, code): (CodeDigest, Versioned<LinkingCode>),
        now: Timestamp,
    ) -> Result<Linked, Lost> {
        let LinkingCode { tenant, user, .. } = code.value;
        let view = self.catalogue.tenant_by_id(tenant);
        let view = view.ok_or(Refused::BadLinkingCode)?;
        let okay = self.may_ask(&view.tenant)?;
        let standing = self.store.standing(tenant, user).await?;
        let standing = standing.ok_or_else(|| no_standing(user))?;
        let drawn_last =
            standing.value.approval.linking.as_deref() == Some(&HEXLOWER.encode(&digest));
        if !drawn_last {
            return Err(Lost::Race);
        }
        let device = self.new_device(answer, public_key, (&view.tenant, &code.value))?;
        let mut next = standing.value.clone();
        let mut ended = self
            .ended_by_unlinking(&view, (user, &mut next), now)
            .await?;
        next.approval.linking = None;
        next.approval.device = Some(device.id);
        let callback = self.callback(&view, (user, &device.user_external_id), Told::Linked)?;
        ended.messages.extend(callback);
        let unchanged = |(place, row): &(CodeDigest, Option<Versioned<Guesses>>)| Write {
            key: *place,
            expected: row.as_ref().map_or(0, |row| row.version),
            next: None,
        };
        let mut approvals = ended.approvals;
        approvals.guesses = vec![unchanged(&counted.address), unchanged(&counted.server)];
        approvals.linking_codes = vec![closed(digest, &code, now)];
        approvals.devices.push(Write {
            key: device.id,
            expected: 0,
            next: Some(device.clone()),
        });
        let kind = (EventKind::LinkDevice, Outcome::Done);
        let mut event = self.approval_event(tenant, kind, answer.address);
        event.detail.door = Some(Door::Device);
        event.user = Some(user);
        event.detail.device = Some(device.id);
        let change = Change {
            standing: Some(StandingWrite {
                user,
                expected: standing.version,
                next: Some(next),
            }),
            approvals,
            messages: Message::in_order(ended.messages),
            ..Change::telling(event)
        };
        self.commit(change).await?;
        Ok(Linked {
            device,
            tenant_number: okay.id,
            tenant_name: view.tenant.display_name.clone(),
        })
    }

    fn new_device(
        &self,
        answer: &LinkingAnswer<'_>,
        public_key: &PublicKey,
        (tenant, code): (&Tenant, &LinkingCode),
    ) -> Result<Device, Refused> {
        let id: Id<Device> = Id::random(&*self.rng);
        let push = answer.push.as_ref();
        let push = push.map(|push| self.sealed_push(tenant, id, push));
        Ok(Device {
            id,
            tenant: code.tenant,
            user: code.user,
            user_external_id: code.user_external_id.clone(),
            public_key: *public_key,
            name: answer.name.to_owned(),
            platform: answer.platform.to_owned(),
            capabilities: answer.capabilities,
            push: push.transpose()?,
            linked_at: self.clock.now(),
            status: DeviceStatus::Linked,
        })
    }
}

/// A try that did not come to its end.
enum Lost {
    /// Somebody was faster: again.
    Race,
    Refused(Refused),
}

impl From<StoreError> for Lost {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::Race,
            error => Self::Refused(error.into()),
        }
    }
}

impl From<Refused> for Lost {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}
