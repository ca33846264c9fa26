//! Linking begins: a code is drawn for a user. What a phone does with it is in `completing`.

use data_encoding::HEXLOWER;

use super::caller::Asking;
use super::directory::check_external_id;
use super::guessing;
use super::ports::{ApprovalWrites, CodeDigest, LinkingCode, Write};
use super::refused::Refused;
use crate::audit::{EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::User;
use crate::id::Id;
use crate::ports::{Change, StandingWrite, StoreError, Versioned};
use crate::rng;
use crate::standing::Standing;
use crate::verifier::{TRIES, Verifier};

/// Codes drawn before it is given up to find one that is not open.
const DRAWS: u32 = 32;

/// More open codes than this are not counted: by then codes have the most digits.
const OPEN_COUNTED_MAX: u32 = 100_000_000;

/// A code that links a phone: the only moment at which it is known here.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkingTicket {
    /// Decimal digits, at least six; may begin with zeros.
    pub code: String,
    /// The moment from which it opens nothing.
    pub expires_at: Timestamp,
    /// The user it links.
    pub user: Id<User>,
}

impl std::fmt::Debug for LinkingTicket {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "LinkingTicket(user {}, ..)", self.user)
    }
}

impl Verifier {
    /// Draws a linking code for a user, who is created where there is none. It takes the place of the
    /// one drawn before for the same user, lives `linking_s`, and opens one phone.
    pub async fn link(
        &self,
        asking: &Asking<'_>,
        user_external_id: &str,
    ) -> Result<LinkingTicket, Refused> {
        let tenant = &asking.tenant.tenant;
        let okay = self.may_ask(tenant)?;
        check_external_id(user_external_id)?;
        self.nearby.meter.take(tenant.id, okay, self.clock.now())?;
        let user = self.user_or_new(asking, user_external_id).await?;
        let mut turn = None;
        for _ in 0..TRIES {
            let standing = self.store.standing(tenant.id, user.id).await?;
            let standing = standing.ok_or_else(|| no_standing(user.id))?;
            let now = self.clock.now();
            let (code, digest, expected) = self.draw_code(okay.linking_digits, now).await?;
            let fresh = LinkingCode {
                tenant: tenant.id,
                user: user.id,
                user_external_id: user_external_id.to_owned(),
                open_until: now.plus_s(okay.linking_s),
            };
            let expires_at = fresh.open_until;
            let mut codes = vec![Write {
                key: digest,
                expected,
                next: Some(fresh),
            }];
            codes.extend(self.closed_code(&standing.value, &digest, now).await?);
            let mut next = standing.value.clone();
            next.approval.linking = Some(HEXLOWER.encode(&digest));
            let mut event = self.event_of_asking(asking, EventKind::Link, Outcome::Done);
            event.user = Some(user.id);
            let change = Change {
                standing: Some(StandingWrite {
                    user: user.id,
                    expected: standing.version,
                    next: Some(next),
                }),
                approvals: ApprovalWrites {
                    linking_codes: codes,
                    ..ApprovalWrites::default()
                },
                ..Change::telling(event)
            };
            match self.commit(change).await {
                Ok(()) => {
                    return Ok(LinkingTicket {
                        code,
                        expires_at,
                        user: user.id,
                    });
                }
                Err(StoreError::Conflict) if turn.is_none() => {
                    turn = self.turnstiles.pass(user.id.number()).await;
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(lost_races(user.id))
    }

    /// A code that is not open, its digest, and the version of the row that held it before.
    async fn draw_code(
        &self,
        wanted_digits: u32,
        now: Timestamp,
    ) -> Result<(String, CodeDigest, i64), Refused> {
        let open = self.store.open_linking_codes(now, OPEN_COUNTED_MAX).await?;
        let digits = guessing::code_digits(open, wanted_digits);
        let width = usize::try_from(digits).unwrap_or(6);
        for _ in 0..DRAWS {
            let number = rng::below(&*self.rng, 10_u64.saturating_pow(digits));
            let code = format!("{number:0width$}");
            let digest = self.keyring.linking_code_digest(&code)?;
            // Read before it is looked whether it is open: whoever opens it after that wins or loses the write.
            let past = self.store.linking_code(&digest).await?;
            // Open under another master key it is the same code for whoever types it.
            if self.open_codes(&code, now).await?.is_empty() {
                return Ok((code, digest, past.map_or(0, |past| past.version)));
            }
        }
        Err(Refused::NoUniqueLinkingCode)
    }

    /// All open codes of this text: one for each master key that one was drawn under.
    pub(super) async fn open_codes(
        &self,
        unverified_code: &str,
        now: Timestamp,
    ) -> Result<Vec<(CodeDigest, Versioned<LinkingCode>)>, StoreError> {
        let mut open = Vec::new();
        for digest in self.keyring.linking_code_digests(unverified_code) {
            let found = self.store.linking_code(&digest).await?;
            let found = found.filter(|row| now < row.value.open_until);
            open.extend(found.map(|row| (digest, row)));
        }
        Ok(open)
    }

    /// The write that closes the code drawn before for the user, if it is open and another.
    async fn closed_code(
        &self,
        standing: &Standing,
        fresh: &CodeDigest,
        now: Timestamp,
    ) -> Result<Option<Write<CodeDigest, LinkingCode>>, Refused> {
        let Some(digest) = standing.approval.linking.as_deref().and_then(digest_of_hex) else {
            return Ok(None);
        };
        if digest == *fresh {
            return Ok(None);
        }
        let found = self.store.linking_code(&digest).await?;
        Ok(found
            .filter(|row| row.value.open_until > now)
            .map(|row| closed(digest, &row, now)))
    }
}

/// The write that closes a code.
pub(super) fn closed(
    digest: CodeDigest,
    row: &Versioned<LinkingCode>,
    now: Timestamp,
) -> Write<CodeDigest, LinkingCode> {
    Write {
        key: digest,
        expected: row.version,
        next: Some(LinkingCode {
            open_until: now,
            ..row.value.clone()
        }),
    }
}

fn digest_of_hex(text: &str) -> Option<CodeDigest> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

pub(super) fn no_standing(user: Id<User>) -> Refused {
    Refused::Unavailable(format!("user {user} has no standing"))
}

pub(super) fn lost_races(user: Id<User>) -> Refused {
    Refused::Unavailable(format!("user {user}: {TRIES} lost races"))
}
