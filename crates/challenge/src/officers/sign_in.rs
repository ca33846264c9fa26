//! Signing in: the password, then the one-time code or a recovery code.

use data_encoding::BASE32_NOPAD;
use secrecy::{ExposeSecret, SecretString};

use super::asked::email_of_unverified;
use super::console::{CODE_POLICY, PASSWORD_POLICY};
use super::ports::OfficerWrites;
use super::sessions::{SessionWrite, Turn, beginning, officer_of};
use super::{Administrator, Denied, NewSession, Origin, Session, Stage};
use crate::answer::{Answer, Proof};
use crate::approval::pin::PinHasher;
use crate::approval::ports::Write;
use crate::audit::{EventKind, Outcome};
use crate::directory::{User, UserKey};
use crate::id::Id;
use crate::lockout::{self, Gate};
use crate::password::{LENGTH_MAX, PasswordAnswer};
use crate::policy::Limits;
use crate::ports::{Change, StandingWrite, StoreError, Version, Versioned};
use crate::refusal::Refusal;
use crate::standing::Standing;
use crate::verifier::{TRIES, Verifier};
use crate::which::Which;

/// The most bytes of a login name that is looked at.
const LOGIN_NAME_MAX: usize = 256;

/// The most bytes of a code that is looked at.
const CODE_MAX: usize = 64;

/// Letters and digits of a recovery code: 80 random bits.
const RECOVERY_LENGTH: usize = 16;

impl Verifier {
    /// Begins a session by login name and password; it owes the one-time code.
    ///
    /// An unknown name, a wrong password and a locked administrator are told alike, after the same
    /// work: [`Denied::NotSignedIn`].
    pub async fn begin_session(
        &self,
        unverified_login_name: &str,
        unverified_password: &SecretString,
        origin: Origin,
        hasher: &dyn PinHasher,
    ) -> Result<NewSession, Denied> {
        let too_long = unverified_login_name.len() > LOGIN_NAME_MAX
            || unverified_password.expose_secret().len() > LENGTH_MAX;
        if too_long {
            return Err(Denied::NotSignedIn);
        }
        // A password that was changed on another node a moment ago is honoured here.
        self.catalogue.refresh().await?;
        let name = self.known_as(unverified_login_name).await?;
        let user = UserKey::LoginName(&name);
        let id = self
            .proves_password(user, unverified_password, &origin, hasher)
            .await?;
        let administrator = self.unlocked(id).await?;
        if !administrator.has_factor {
            return Err(Denied::NeedsLink);
        }
        let told = (EventKind::SignIn, Outcome::Done);
        let officer = officer_of(&administrator, origin.clone());
        self.turn(id, |administrator| {
            let mut next = administrator.clone();
            if !next.has_factor || !next.is_there() {
                return Err(Denied::NotSignedIn);
            }
            let kept = beginning(id, (Stage::Code, false), &origin, self.clock.now());
            let (found, write) = self.begun(&mut next, kept);
            Ok(Turn {
                next,
                sessions: vec![write],
                event: self.event_about(&officer, id, told)?,
                found,
            })
        })
        .await
    }

    /// The login name as it is kept: who signed up with an address signs in with it however it is written.
    async fn known_as(&self, unverified_login_name: &str) -> Result<String, Denied> {
        let as_written = UserKey::LoginName(unverified_login_name);
        let found = self.store.user(self.console()?.id(), as_written).await?;
        let in_small_letters = email_of_unverified(unverified_login_name);
        let other = in_small_letters.filter(|_| found.is_none());
        Ok(other.unwrap_or_else(|| unverified_login_name.to_owned()))
    }

    /// Who has this password, verified as every user's; [`Denied::NotSignedIn`] where nobody does.
    pub(super) async fn proves_password(
        &self,
        user: UserKey<'_>,
        unverified_password: &SecretString,
        origin: &Origin,
        hasher: &dyn PinHasher,
    ) -> Result<Id<User>, Denied> {
        let console = self.console()?;
        let answer = PasswordAnswer {
            context: console.context(origin),
            user,
            policy: Some(PASSWORD_POLICY),
            unverified_password,
        };
        let record = self.answer_password(&answer, hasher).await?;
        Ok(record.user.id)
    }

    /// Finishes a sign-in with the one-time code; the session goes on with another secret. A wrong
    /// code is [`Denied::NotVerified`].
    pub async fn finish_by_code(
        &self,
        session: &Session,
        unverified_code: &str,
    ) -> Result<NewSession, Denied> {
        session.must_be_at(&[Stage::Code])?;
        let unverified_code = unverified_code.trim();
        if unverified_code.len() > CODE_MAX {
            return Err(Denied::NotVerified);
        }
        let console = self.console()?;
        let origin = session.origin();
        let answer = Answer {
            context: console.context(&origin),
            user: UserKey::Id(session.administrator.id),
            policy: Some(CODE_POLICY),
            which: Which::ANY,
            proof: Proof::OneTimePassword(unverified_code),
            wants_token: false,
        };
        match self.answer(&answer).await {
            Ok(_) => self.advance(session, after_code(session)).await,
            Err(Refusal::NotVerified(_)) => Err(Denied::NotVerified),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Finishes a sign-in with a recovery code, which is spent; the session goes on with another
    /// secret. Small and capital letters, spaces and hyphens do not count. Wrong ones are counted with
    /// wrong one-time codes: [`Denied::NotVerified`].
    pub async fn finish_by_recovery_code(
        &self,
        session: &Session,
        unverified_code: &str,
    ) -> Result<NewSession, Denied> {
        session.must_be_at(&[Stage::Code])?;
        let console = self.console()?;
        let id = session.administrator.id;
        let policy = console.view.policy(CODE_POLICY);
        let limits = policy.map(|policy| policy.limits.clone());
        let limits = limits.unwrap_or_default();
        for _ in 0..TRIES {
            let row = self.store.administrator(id).await?;
            let row = row.ok_or(Denied::NotSignedIn)?;
            let standing = self.store.standing(console.id(), id).await?;
            let standing = standing.ok_or(Denied::NotSignedIn)?;
            let right = self.matching_recovery(&row.value, unverified_code);
            let judged = judge(&standing.value, &limits, right.is_some(), self.clock.now());
            let mut found = Err(Denied::NotVerified);
            let mut officers = OfficerWrites::default();
            if let (Outcome::Done, Some(place)) = (judged.0, right) {
                let mut next = row.value.clone();
                let (new, write) = self.replaced(&mut next, session, after_code(session))?;
                next.recovery.remove(place);
                officers = writes((id, row.version), next, write);
                found = Ok(new);
            }
            let told = (EventKind::RecoveryCode, judged.0);
            let mut event = self.event_about(session.whoever(), id, told)?;
            event.detail.policy = Some(CODE_POLICY.to_owned());
            let change = Change {
                standing: Some(write_of(id, &standing, judged.1)),
                officers,
                ..Change::telling(event)
            };
            match self.commit(change).await {
                Ok(()) => return found,
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Denied::Unavailable(format!(
            "administrator {id}: {TRIES} lost races"
        )))
    }

    /// The place of the recovery code that this is; every one is compared.
    fn matching_recovery(&self, of: &Administrator, unverified_code: &str) -> Option<usize> {
        let code = normal(unverified_code);
        let purpose = recovery_purpose(of.id);
        let mut found = None;
        for (place, kept) in of.recovery.iter().enumerate() {
            let mac = kept.mac();
            if self.keyring.officer_matches(Some(&mac), &purpose, &code) {
                found = Some(place);
            }
        }
        found
    }
}

/// What a session owes once the code was given.
fn after_code(session: &Session) -> Stage {
    if session.kept.by_link {
        Stage::Password
    } else {
        Stage::Open
    }
}

fn writes(
    (id, expected): (Id<User>, Version),
    next: Administrator,
    session: SessionWrite,
) -> OfficerWrites {
    OfficerWrites {
        administrators: vec![Write {
            key: id,
            expected,
            next: Some(next),
        }],
        sessions: vec![session],
        ..OfficerWrites::default()
    }
}

fn write_of(user: Id<User>, read: &Versioned<Standing>, next: Standing) -> StandingWrite {
    StandingWrite {
        user,
        expected: read.version,
        next: (next != read.value).then_some(next),
    }
}

/// How a recovery code counts: as a one-time code under the same policy.
fn judge(
    standing: &Standing,
    limits: &Limits,
    is_right: bool,
    now: crate::clock::Timestamp,
) -> (Outcome, Standing) {
    let mut next = standing.clone();
    let tally = next.policies.entry(CODE_POLICY.to_owned()).or_default();
    if standing.locked || lockout::gate(tally, limits, now) == Gate::Locked {
        return (Outcome::Locked, standing.clone());
    }
    if is_right {
        *tally = lockout::after_success(tally, now);
        return (Outcome::Done, next);
    }
    *tally = lockout::after_failure(tally, limits, now);
    let outcome = match lockout::attempts_left(tally, limits, now) {
        0 => Outcome::WrongAndLocked,
        _ => Outcome::Wrong,
    };
    (outcome, next)
}

/// What keyed digests of recovery codes are made for: one administrator's are nothing to another.
pub(super) fn recovery_purpose(administrator: Id<User>) -> String {
    format!("recovery {administrator}")
}

/// A recovery code as it is compared, whatever way it was typed; cut, so that a long one costs nothing.
pub(super) fn normal(unverified_code: &str) -> String {
    let typed = unverified_code.chars();
    let typed = typed.filter(|c| !matches!(c, ' ' | '-'));
    let typed = typed.take(RECOVERY_LENGTH + 1);
    typed.map(|c| c.to_ascii_lowercase()).collect()
}

/// A recovery code as it is shown: four groups of four letters and digits.
pub(super) fn shown(random: &[u8; 10]) -> SecretString {
    let text = BASE32_NOPAD.encode(random).to_ascii_lowercase();
    let groups: Vec<_> = text
        .as_bytes()
        .chunks(4)
        .map(String::from_utf8_lossy)
        .collect();
    groups.join("-").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_is_read_however_it_was_typed() {
        let code = shown(&[7, 0, 255, 3, 4, 5, 6, 7, 8, 9]);
        let code = code.expose_secret();
        assert_eq!(code.len(), 19);
        let plain = normal(code);
        assert_eq!(plain.len(), RECOVERY_LENGTH);
        assert_eq!(normal(&code.to_uppercase()), plain);
        assert_eq!(normal(&format!(" {} ", code.replace('-', " "))), plain);
        assert_ne!(normal(&format!("{code}x")), plain, "longer is another one");
        assert_eq!(normal(&"x".repeat(10_000)).len(), RECOVERY_LENGTH + 1);
    }
}
