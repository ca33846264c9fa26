//! Sessions at work: the one a request came with, opening and ending them.
//!
//! A session counts while its administrator's row names it; so whatever ends sessions writes that one
//! row, and all nodes honour it at once.

use data_encoding::BASE64URL_NOPAD;

use super::administrator::OpenSession;
use super::ports::OfficerWrites;
use super::session::{ABSOLUTE_S, HALF_S, KeptSession, ListedSession, digest_of, name_of};
use super::{Administrator, Denied, Identity, NewSession, Officer, Origin, Session, Stage};
use crate::approval::ports::{CodeDigest, Write};
use crate::audit::{Event, EventKind, Outcome};
use crate::clock::Timestamp;
use crate::directory::User;
use crate::id::Id;
use crate::ports::{Change, StoreError, Versioned};
use crate::rng;
use crate::verifier::{TRIES, Verifier};

/// Seconds of use after which it is written down that a session was used.
const TOUCH_S: u32 = 60;

/// A write of a session.
pub(super) type SessionWrite = Write<CodeDigest, KeptSession>;

/// What becomes of an administrator's row, and what is told of it.
pub(super) struct Turn<T> {
    pub(super) next: Administrator,
    pub(super) sessions: Vec<SessionWrite>,
    pub(super) event: Event,
    pub(super) found: T,
}

impl Verifier {
    /// The session that this secret belongs to; [`Denied::NotSignedIn`] where there is none, or it
    /// ended. Its idle time begins anew.
    ///
    /// What the session may do is [`Session::officer`]'s to say.
    pub async fn session(
        &self,
        unverified_secret: &str,
        origin: Origin,
    ) -> Result<Session, Denied> {
        let mut session = self.peek_session(unverified_secret, origin).await?;
        let now = self.clock.now();
        if session.kept.seen_at.plus_s(TOUCH_S) <= now {
            session.kept.seen_at = now;
            session.idle_until = session.kept.idle_until();
            match self.touch(&session).await {
                Ok(()) => session.version += 1,
                // It was used, or it ended, by another request at this moment.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(session)
    }

    /// The same for a request that the user did not make: the session's idle time goes on.
    pub async fn peek_session(
        &self,
        unverified_secret: &str,
        origin: Origin,
    ) -> Result<Session, Denied> {
        let digest = digest_of(unverified_secret);
        let found = self.store.console_session(&digest).await?;
        let now = self.clock.now();
        let found = found.filter(|found| found.value.is_good_at(now));
        let found = found.ok_or(Denied::NotSignedIn)?;
        let administrator = self.unlocked(found.value.administrator).await?;
        if !administrator.has_session(&digest) {
            return Err(Denied::NotSignedIn);
        }
        let officer = officer_of(&administrator, origin);
        Ok(Session::new((officer, administrator), digest, found))
    }

    /// The administrator, unless removed or locked by an operator.
    pub(super) async fn unlocked(&self, id: Id<User>) -> Result<Administrator, Denied> {
        let row = self.store.administrator(id).await?;
        let row = row.filter(|row| row.value.is_there());
        let administrator = row.ok_or(Denied::NotSignedIn)?.value;
        let standing = self.store.standing(self.console()?.id(), id).await?;
        if standing.is_none_or(|standing| standing.value.locked) {
            return Err(Denied::NotSignedIn);
        }
        Ok(administrator)
    }

    /// Writes the session as it is now; nothing is told of it.
    pub(super) async fn touch(&self, session: &Session) -> Result<(), StoreError> {
        let write = Write {
            key: session.digest,
            expected: session.version,
            next: Some(session.kept.clone()),
        };
        self.store.touch(write).await
    }

    /// Ends a session. One that ended before stays so.
    pub async fn sign_out(&self, session: &Session) -> Result<(), Denied> {
        let ended = self.end(session, |next| next.end_session(&session.digest));
        match ended.await {
            Ok(()) | Err(Denied::NotSignedIn) => Ok(()),
            Err(denied) => Err(denied),
        }
    }

    /// The sessions of the administrator that did not end, the oldest first.
    pub async fn sessions_of(&self, session: &Session) -> Result<Vec<ListedSession>, Denied> {
        let mut listed = Vec::new();
        let now = self.clock.now();
        for open in &session.administrator.sessions {
            let found = self.store.console_session(&open.digest).await?;
            let Some(found) = found.filter(|found| found.value.is_good_at(now)) else {
                continue;
            };
            listed.push(ListedSession {
                id: name_of(&open.digest),
                opened_at: found.value.opened_at,
                seen_at: found.value.seen_at,
                address: found.value.address,
                is_this: open.digest == session.digest,
            });
        }
        Ok(listed)
    }

    /// Ends the session of the administrator that the list calls so; where there is none, nothing
    /// happens.
    pub async fn end_session(&self, session: &Session, name: &str) -> Result<(), Denied> {
        self.end(session, |next| {
            next.sessions.retain(|one| name_of(&one.digest) != name);
        })
        .await
    }

    async fn end(
        &self,
        session: &Session,
        which: impl Fn(&mut Administrator) + Sync,
    ) -> Result<(), Denied> {
        let id = session.administrator.id;
        let told = (EventKind::SignOut, Outcome::Done);
        self.turn(id, |administrator| {
            if !administrator.has_session(&session.digest) {
                return Err(Denied::NotSignedIn);
            }
            let mut next = administrator.clone();
            which(&mut next);
            Ok(Turn {
                next,
                sessions: Vec::new(),
                event: self.event_about(session.whoever(), id, told)?,
                found: (),
            })
        })
        .await
    }

    /// Ends all other sessions of the administrator; this one goes on with another secret.
    pub async fn end_other_sessions(&self, session: &Session) -> Result<NewSession, Denied> {
        let id = session.administrator.id;
        let told = (EventKind::SignOut, Outcome::Done);
        self.turn(id, |administrator| {
            let mut next = administrator.clone();
            let (new, write) = self.replaced(&mut next, session, session.stage)?;
            next.sessions.retain(|one| one.digest == write.key);
            Ok(Turn {
                next,
                sessions: vec![write],
                event: self.event_about(session.whoever(), id, told)?,
                found: new,
            })
        })
        .await
    }

    /// Has a session go on at another stage, with another secret: the old one opens nothing any more.
    /// One of any number of requests gets it.
    pub(super) async fn advance(
        &self,
        session: &Session,
        stage: Stage,
    ) -> Result<NewSession, Denied> {
        let id = session.administrator.id;
        let told = (EventKind::SignIn, Outcome::Done);
        self.turn(id, |administrator| {
            let mut next = administrator.clone();
            let (new, write) = self.replaced(&mut next, session, stage)?;
            Ok(Turn {
                next,
                sessions: vec![write],
                event: self.event_about(session.whoever(), id, told)?,
                found: new,
            })
        })
        .await
    }

    /// Has another session take a session's place in the administrator's row.
    pub(super) fn replaced(
        &self,
        next: &mut Administrator,
        session: &Session,
        stage: Stage,
    ) -> Result<(NewSession, SessionWrite), Denied> {
        if !next.is_there() || !next.has_session(&session.digest) {
            return Err(Denied::NotSignedIn);
        }
        next.end_session(&session.digest);
        // What a sign-in lasts begins with its end, and nothing after it makes it longer.
        let ends_at = match session.stage {
            Stage::Code => self.clock.now().plus_s(ABSOLUTE_S),
            Stage::Password | Stage::Factor | Stage::Open => session.ends_at,
        };
        let kept = KeptSession {
            stage,
            ends_at,
            drawn: None,
            ..session.kept.clone()
        };
        Ok(self.begun(next, kept))
    }

    /// Has a session take its place in the administrator's row, under a secret of its own.
    pub(super) fn begun(
        &self,
        next: &mut Administrator,
        kept: KeptSession,
    ) -> (NewSession, SessionWrite) {
        let now = self.clock.now();
        let ends_at = kept.ends_at;
        let secret = BASE64URL_NOPAD.encode(&rng::bytes::<32>(&*self.rng));
        let digest = digest_of(&secret);
        let stage = kept.stage;
        let session = OpenSession {
            digest,
            ends_at,
            owes: stage != Stage::Open,
        };
        next.take_session(session, now);
        let kept = KeptSession {
            seen_at: now,
            ..kept
        };
        let new = NewSession {
            secret: secret.into(),
            stage,
            ends_at,
        };
        let write = Write {
            key: digest,
            expected: 0,
            next: Some(kept),
        };
        (new, write)
    }

    /// Reads an administrator's row, has `decide` say what becomes of it, and commits; again after a
    /// lost race.
    pub(super) async fn turn<T>(
        &self,
        id: Id<User>,
        decide: impl Fn(&Administrator) -> Result<Turn<T>, Denied>,
    ) -> Result<T, Denied> {
        for _ in 0..TRIES {
            let row = self.store.administrator(id).await?;
            let Versioned { version, value } = row.ok_or(Denied::NotSignedIn)?;
            let Turn {
                next,
                sessions,
                event,
                found,
            } = decide(&value)?;
            let mut change = Change::telling(event);
            change.officers = OfficerWrites {
                administrators: vec![Write {
                    key: id,
                    expected: version,
                    next: Some(next),
                }],
                sessions,
                ..OfficerWrites::default()
            };
            match self.commit(change).await {
                Ok(()) => return Ok(found),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Denied::Unavailable(format!(
            "administrator {id}: {TRIES} lost races"
        )))
    }

    /// An event about an administrator.
    pub(super) fn event_about(
        &self,
        by: &Officer,
        administrator: Id<User>,
        told: (EventKind, Outcome),
    ) -> Result<Event, Denied> {
        let mut event = self.event_of_actor(&by.actor(), self.console()?.id(), told);
        event.user = Some(administrator);
        Ok(event)
    }
}

/// A session that begins.
pub(super) fn beginning(
    administrator: Id<User>,
    (stage, by_link): (Stage, bool),
    origin: &Origin,
    now: Timestamp,
) -> KeptSession {
    KeptSession {
        administrator,
        stage,
        by_link,
        opened_at: now,
        seen_at: now,
        ends_at: now.plus_s(if stage == Stage::Code {
            HALF_S
        } else {
            ABSOLUTE_S
        }),
        address: origin.address.clone(),
        drawn: None,
    }
}

/// An administrator as an officer.
pub(super) fn officer_of(administrator: &Administrator, origin: Origin) -> Officer {
    Officer {
        name: administrator.login_name.clone(),
        identity: Identity::Administrator(administrator.id),
        role: administrator.role,
        reach: administrator.reach,
        address: origin.address,
        correlation: origin.correlation,
    }
}
