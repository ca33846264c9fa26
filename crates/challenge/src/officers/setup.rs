//! What an administrator sets up: the password, the second factor, the recovery codes.

use std::num::NonZeroU32;

use oath::{Algorithm, Digits, Key, otpauth};
use secrecy::{ExposeSecret, SecretString};

use super::console::{ATTEMPTS, CODE_POLICY, TOO_BUSY};
use super::ports::OfficerWrites;
use super::sessions::{SessionWrite, Turn};
use super::{Administrator, CONSOLE, Denied, NewSession, Session, Stage};
use super::{keys, sign_in};
use crate::approval::pin::{CannotHash, PinHasher};
use crate::approval::ports::Write;
use crate::audit::{Event, EventKind, Outcome};
use crate::directory::provision::{
    AuthenticatorBlueprint, Blueprint, KeySource, Kind, Options, TenantBlueprint, UserBlueprint,
};
use crate::directory::{User, UserKey};
use crate::id::Id;
use crate::ports::{Provision, StoreError, Version, Versioned};
use crate::rng;
use crate::secret::Place;
use crate::verifier::Verifier;

/// The fewest characters of an administrator's password.
pub const PASSWORD_LENGTH_MIN: usize = 12;

/// Recovery codes that are drawn at a time.
pub const RECOVERY_CODES: usize = 10;

/// Bytes of a second factor's key (RFC 4226, section 4, R6).
const KEY_LENGTH: usize = 20;

/// Seconds of a second factor's time step.
const PERIOD_S: u32 = 30;

/// Time steps before the present one that the first code may come from.
const DRIFT_STEPS: u32 = 1;

/// What apps show above the account.
const ISSUER: &str = "Countersign";

/// A second factor just drawn, which counts once it gave a code.
#[derive(Debug)]
pub struct SecondFactor {
    /// What authenticator apps read: an `otpauth://totp/` URI. **Holds the secret.**
    pub uri: SecretString,
}

impl Verifier {
    /// Chooses a password. `current` is asked for unless the session was opened by a link. All other
    /// sessions of the administrator end, and this one goes on with another secret.
    pub async fn choose_password(
        &self,
        session: &Session,
        current: Option<&SecretString>,
        new: &SecretString,
        hasher: &dyn PinHasher,
    ) -> Result<NewSession, Denied> {
        session.must_be_at(&[Stage::Password, Stage::Open])?;
        check_password(&session.administrator, new)?;
        self.prove_again(session, current, hasher).await?;
        let hash = hasher.hash(new.clone()).await;
        let hash = hash.map_err(|CannotHash| Denied::Unavailable(CannotHash.to_string()))?;
        let stage = if session.administrator.has_factor {
            Stage::Open
        } else {
            Stage::Factor
        };
        for _ in 0..ATTEMPTS {
            let expected_version = self.store.directory_version().await?;
            let (user, row) = self.rows_of(session).await?;
            let mut next = row.value;
            let (found, write) = self.only_session(&mut next, session, stage)?;
            let change = Provision {
                expected_version,
                users: vec![User {
                    password_hash: Some(hash.clone()),
                    ..user
                }],
                officers: officers(next, row.version, write),
                events: vec![self.event_of_setting_up(session, "password")?],
                ..Provision::default()
            };
            if self.provision_now(change).await? {
                return Ok(found);
            }
        }
        Err(Denied::Unavailable(TOO_BUSY.to_owned()))
    }

    /// In a session that owes nothing, the password is asked for again before anything that could keep
    /// its owner, or another administrator, out: [`Denied::NotVerified`] where it is not right.
    pub async fn prove_again(
        &self,
        session: &Session,
        current: Option<&SecretString>,
        hasher: &dyn PinHasher,
    ) -> Result<(), Denied> {
        if session.stage != Stage::Open {
            return Ok(());
        }
        let current = current.ok_or(Denied::NotVerified)?;
        let user = UserKey::Id(session.administrator.id);
        let origin = session.origin();
        let proven = self.proves_password(user, current, &origin, hasher).await;
        match proven {
            Ok(_) => Ok(()),
            Err(Denied::NotSignedIn) => Err(Denied::NotVerified),
            Err(denied) => Err(denied),
        }
    }

    /// Draws the key of a new second factor; it counts when it gave a code
    /// ([`Verifier::confirm_second_factor`]), and until then the old one does. The session owes a
    /// factor, or is open; then the password is asked for again. Asked twice in one session, it is the
    /// same key.
    pub async fn draw_second_factor(
        &self,
        session: &Session,
        current: Option<&SecretString>,
        hasher: &dyn PinHasher,
    ) -> Result<SecondFactor, Denied> {
        session.must_be_at(&[Stage::Factor, Stage::Open])?;
        self.prove_again(session, current, hasher).await?;
        let mut session = session.clone();
        for _ in 0..ATTEMPTS {
            if session.kept.drawn.is_some() {
                return uri_of(&self.drawn_key(&session)?, &session.administrator);
            }
            let key = Key::new(rng::bytes::<KEY_LENGTH>(&*self.rng).to_vec());
            let key = key.map_err(|error| Denied::Unavailable(error.to_string()))?;
            let place = self.place_of_drawn(&session)?;
            session.kept.drawn = Some(self.keyring.seal(&*self.rng, &place, key.as_bytes())?);
            match self.touch(&session).await {
                Ok(()) => return uri_of(&key, &session.administrator),
                // Another tab drew one at this moment, which is then the session's, or it was used.
                Err(StoreError::Conflict) => session = self.as_it_is_now(session).await?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(Denied::Unavailable(TOO_BUSY.to_owned()))
    }

    /// A session that was written meanwhile; [`Denied::NotSignedIn`] where it ended.
    async fn as_it_is_now(&self, session: Session) -> Result<Session, Denied> {
        let found = self.store.console_session(&session.digest).await?;
        let found = found.filter(|found| found.value.is_good_at(self.clock.now()));
        Ok(session.kept_so(found.ok_or(Denied::NotSignedIn)?))
    }

    /// Has the second factor that was drawn count, and gives the recovery codes, told once. All other
    /// sessions end, and this one goes on with another secret. A wrong code is [`Denied::NotVerified`].
    pub async fn confirm_second_factor(
        &self,
        session: &Session,
        unverified_code: &str,
    ) -> Result<(NewSession, Vec<SecretString>), Denied> {
        session.must_be_at(&[Stage::Factor, Stage::Open])?;
        let key = self.drawn_key(session)?;
        let step = self.step_of(&key, unverified_code.trim())?;
        let codes = self.draw_recovery_codes();
        for _ in 0..ATTEMPTS {
            let (user, row) = self.rows_of(session).await?;
            let blueprint = enrolment(&user, &key);
            let plan = self
                .provisioner()
                .plan_built_in(&blueprint, Options::default())
                .await?;
            let mut change = plan.provision;
            // The code that confirmed it is spent.
            let standings = change.standings.iter_mut();
            let written = standings.filter_map(|(_, write)| write.next.as_mut());
            for movement in written.flat_map(|next| next.authenticators.values_mut()) {
                movement.last_step = movement.last_step.max(Some(step));
            }
            let mut next = row.value;
            next.has_factor = true;
            next.signed_up = false;
            next.recovery = self.kept_recovery_codes(&next, &codes)?;
            let (found, write) = self.only_session(&mut next, session, Stage::Open)?;
            change.officers = officers(next, row.version, write);
            let event = self.event_of_setting_up(session, "second factor")?;
            change.events.push(event);
            if self.provision_now(change).await? {
                return Ok((found, codes));
            }
        }
        Err(Denied::Unavailable(TOO_BUSY.to_owned()))
    }

    /// Draws new recovery codes, told once; the old ones open nothing any more. The password is asked
    /// for again.
    pub async fn renew_recovery_codes(
        &self,
        session: &Session,
        current: &SecretString,
        hasher: &dyn PinHasher,
    ) -> Result<Vec<SecretString>, Denied> {
        session.must_be_at(&[Stage::Open])?;
        self.prove_again(session, Some(current), hasher).await?;
        let codes = self.draw_recovery_codes();
        self.turn(session.administrator.id, |administrator| {
            let mut next = administrator.clone();
            if !next.has_session(&session.digest) {
                return Err(Denied::NotSignedIn);
            }
            next.recovery = self.kept_recovery_codes(&next, &codes)?;
            Ok(Turn {
                next,
                sessions: Vec::new(),
                event: self.event_of_setting_up(session, "recovery codes")?,
                found: (),
            })
        })
        .await?;
        Ok(codes)
    }

    fn draw_recovery_codes(&self) -> Vec<SecretString> {
        let draw = |_| sign_in::shown(&rng::bytes(&*self.rng));
        (0..RECOVERY_CODES).map(draw).collect()
    }

    fn kept_recovery_codes(
        &self,
        of: &Administrator,
        codes: &[SecretString],
    ) -> Result<Vec<keys::Kept>, Denied> {
        let purpose = sign_in::recovery_purpose(of.id);
        let kept = codes.iter().map(|code| {
            let code = sign_in::normal(code.expose_secret());
            Ok(self.keyring.officer_mac(&purpose, &code)?.into())
        });
        kept.collect()
    }

    /// The user and the administrator of a session, as they are now.
    async fn rows_of(&self, session: &Session) -> Result<(User, Versioned<Administrator>), Denied> {
        let id = session.administrator.id;
        let tenant = self.console()?.id();
        let user = self.store.user(tenant, UserKey::Id(id)).await?;
        let row = self.store.administrator(id).await?;
        let both = user.map(|(user, _)| user).zip(row);
        both.ok_or(Denied::NotSignedIn)
    }

    /// Ends all sessions, and has another one take this one's place.
    fn only_session(
        &self,
        next: &mut Administrator,
        session: &Session,
        stage: Stage,
    ) -> Result<(NewSession, SessionWrite), Denied> {
        let (new, write) = self.replaced(next, session, stage)?;
        next.sessions.retain(|one| one.digest == write.key);
        // Whoever can read old mail must not open a session after this.
        next.link = None;
        Ok((new, write))
    }

    /// The time step of a code of this key; [`Denied::NotVerified`] where it is none of now.
    fn step_of(&self, key: &Key, unverified_code: &str) -> Result<u64, Denied> {
        let uri = uri_parts(key, "");
        let totp = uri.and_then(|uri| uri.totp()).ok_or_else(broken)?;
        let now = totp.time_step(self.clock.now().unix_s());
        let now = now.ok_or_else(broken)?;
        let first = now.saturating_sub(u64::from(DRIFT_STEPS));
        let found = totp.find(key, first, DRIFT_STEPS + 1, unverified_code);
        found.ok_or(Denied::NotVerified)
    }

    fn drawn_key(&self, session: &Session) -> Result<Key, Denied> {
        let drawn = session.kept.drawn.as_ref();
        let drawn = drawn.ok_or_else(|| {
            Denied::DoesNotFit("no second factor was drawn in this session; draw one".to_owned())
        })?;
        let key = self.keyring.open(&self.place_of_drawn(session)?, drawn)?;
        Key::new(key.to_vec()).map_err(|error| Denied::Unavailable(error.to_string()))
    }

    fn place_of_drawn(&self, session: &Session) -> Result<Place<'static>, Denied> {
        let console = self.console()?.id().number();
        Ok(drawn_place(console, session.administrator.id))
    }

    fn event_of_setting_up(&self, session: &Session, what: &str) -> Result<Event, Denied> {
        let told = (EventKind::SetUp, Outcome::Done);
        let event = self.event_about(session.whoever(), session.administrator.id, told)?;
        let fields = vec![("what".to_owned(), what.to_owned())];
        Ok(super::bearer::with_fields(event, fields))
    }
}

fn officers(next: Administrator, expected: Version, session: SessionWrite) -> OfficerWrites {
    OfficerWrites {
        administrators: vec![Write {
            key: next.id,
            expected,
            next: Some(next),
        }],
        sessions: vec![session],
        ..OfficerWrites::default()
    }
}

fn check_password(of: &Administrator, new: &SecretString) -> Result<(), Denied> {
    let text = new.expose_secret();
    let most = crate::password::LENGTH_MAX;
    if text.chars().count() < PASSWORD_LENGTH_MIN || text.len() > most {
        return Err(Denied::DoesNotFit(format!(
            "password: choose one of at least {PASSWORD_LENGTH_MIN} characters, and at most {most} \
             bytes"
        )));
    }
    let mut letters = text.chars();
    let first = letters.next();
    if letters.all(|letter| Some(letter) == first) || text.eq_ignore_ascii_case(&of.login_name) {
        return Err(Denied::DoesNotFit(
            "password: choose one that is neither your login name nor one letter over and over"
                .to_owned(),
        ));
    }
    Ok(())
}

/// The user as they are, with the second factor.
fn enrolment(user: &User, key: &Key) -> Blueprint {
    let serial = format!("console-{}", user.id);
    let mut factor = AuthenticatorBlueprint::new(serial, Kind::Totp);
    factor.policies = Some(vec![CODE_POLICY.to_owned()]);
    factor.key = KeySource::Given(key.clone());
    let user = user.clone();
    let mut blueprint = UserBlueprint::named(user.login_name);
    blueprint.external_id = user.external_id;
    blueprint.display_name = user.display_name;
    blueprint.email = user.email;
    blueprint.phone = user.phone;
    blueprint.authenticators = vec![factor];
    let mut tenant = TenantBlueprint::named(CONSOLE);
    tenant.display_name = Some(super::console::DISPLAY_NAME.to_owned());
    tenant.users = vec![blueprint];
    Blueprint {
        tenants: vec![tenant],
        ..Blueprint::default()
    }
}

fn uri_of(key: &Key, of: &Administrator) -> Result<SecondFactor, Denied> {
    let uri = uri_parts(key, &of.login_name).ok_or_else(broken)?;
    Ok(SecondFactor {
        uri: uri.to_string().into(),
    })
}

fn uri_parts(key: &Key, account: &str) -> Option<otpauth::Uri> {
    Some(otpauth::Uri {
        kind: otpauth::Kind::Totp {
            period_s: NonZeroU32::new(PERIOD_S)?,
        },
        issuer: Some(ISSUER.to_owned()),
        account: account.to_owned(),
        key: key.clone(),
        algorithm: Algorithm::Sha1,
        digits: Digits::new(6).ok()?,
    })
}

fn broken() -> Denied {
    Denied::Unavailable("the clock stands before 1970".to_owned())
}

/// Where the key of a second factor that was only drawn is sealed for.
pub(crate) fn drawn_place(console: i64, administrator: Id<User>) -> Place<'static> {
    Place {
        table: "console_session",
        column: "drawn",
        tenant: console,
        row: administrator.number(),
    }
}
