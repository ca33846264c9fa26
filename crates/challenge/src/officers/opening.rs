//! Accounts that are opened: in one piece, a tenant on trial and an administrator of that tenant alone, whose
//! session owes a password and a second factor next.

use data_encoding::BASE64URL_NOPAD;

use super::account::{PREFIX, PURPOSE};
use super::asked::{Asked, AskedAccount, wish_place};
use super::bearer::with_fields;
use super::console::{ATTEMPTS, DISPLAY_NAME, TOO_BUSY};
use super::ports::OfficerWrites;
use super::sessions::{SessionWrite, beginning};
use super::{
    Administrator, CONSOLE, Denied, NewAdministrator, NewSession, Origin, Reach, Role, Stage, keys,
};
use crate::administration::Actor;
use crate::approval::ports::Write;
use crate::audit::{EventKind, Outcome};
use crate::directory::provision::{
    Blueprint, OkayBlueprint, Options, ProvisionError, TenantBlueprint, UserBlueprint,
};
use crate::directory::{Tenant, User, UserKey};
use crate::door::Door;
use crate::id::Id;
use crate::ports::{Provision, StoreError, Versioned};
use crate::rng;
use crate::verifier::Verifier;

/// Letters and digits that do not look alike, for names of tenants: 32 of them.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Of these a name has so many, beside the tenant's number.
const NAME_LENGTH: usize = 6;

/// Random bytes of a tenant's first secret.
const SECRET_LENGTH: usize = 32;

/// An administrator's row, to be written.
type Appointed = Write<Id<User>, Administrator>;

impl Verifier {
    /// Opens the account that a link was sent for, and a session of its owner, which owes a password next.
    /// One of any number of followers of the link gets it.
    ///
    /// [`Denied::NotSignedIn`] where the link is none, was followed, or is too old; [`Denied::Taken`] where
    /// there is an account of the address by now.
    pub async fn open_account(
        &self,
        unverified_text: &str,
        origin: Origin,
    ) -> Result<NewSession, Denied> {
        self.must_take_sign_ups()?;
        let id = keys::id_of_unverified(PREFIX, unverified_text).ok_or(Denied::NotSignedIn)?;
        for _ in 0..ATTEMPTS {
            self.catalogue.refresh().await?;
            self.must_take_sign_ups()?;
            let row = self.store.asked_account(id).await?;
            let mac = row.as_ref().map(|row| row.value.mac.mac());
            let is_right = self
                .keyring
                .officer_matches(mac.as_ref(), PURPOSE, unverified_text);
            let now = self.clock.now();
            let row = row.filter(|row| is_right && now < row.value.open_until);
            let Versioned { version, value } = row.ok_or(Denied::NotSignedIn)?;
            let sealed = value.wish.as_ref().ok_or(Denied::NotSignedIn)?;
            let plain = self.keyring.open(&wish_place(id), sealed)?;
            let asked: Asked = serde_json::from_slice(&plain)
                .map_err(|error| Denied::Unavailable(error.to_string()))?;
            let spent = Write {
                key: id,
                expected: version,
                next: Some(AskedAccount {
                    wish: None,
                    ..value
                }),
            };
            if let Some(session) = self.open_for(&asked, spent, &origin).await? {
                return Ok(session);
            }
        }
        Err(Denied::Unavailable(TOO_BUSY.to_owned()))
    }

    /// Writes all of an account; nothing where somebody else was faster with something.
    async fn open_for(
        &self,
        asked: &Asked,
        spent: Write<Id<AskedAccount>, AskedAccount>,
        origin: &Origin,
    ) -> Result<Option<NewSession>, Denied> {
        // Before it is looked: what others write from here on is seen below, or wins.
        let version = self.catalogue.version();
        if self.account_of(&asked.email).await?.is_some() {
            return Err(Denied::Taken("account"));
        }
        let blueprint = self.described_account(asked);
        let actor = Actor {
            name: &asked.email,
            door: Door::Management,
            address: origin.address.as_deref(),
            correlation: origin.correlation.as_deref(),
        };
        let options = Options {
            prune: false,
            actor: Some(actor),
            from_version: Some(version),
        };
        let planned = self.provisioner().plan_built_in(&blueprint, options).await;
        let mut change = match planned {
            Ok(plan) => plan.provision,
            Err(ProvisionError::Store(StoreError::Conflict)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let console = self.console()?.id();
        let made = change.tenants.iter().find(|tenant| tenant.id != console);
        let made = made.map(|tenant| (tenant.id, tenant.name.clone()));
        let (tenant, tenant_name) = made.ok_or(Denied::Taken("tenant"))?;
        let (owner, session) = self.appointed((asked, tenant), &change, origin).await?;
        let told = (EventKind::OpenAccount, Outcome::Done);
        let event = self.event_of_actor(&actor, tenant, told);
        let fields = vec![("tenant".to_owned(), tenant_name)];
        change.events.push(with_fields(event, fields));
        let (session, write) = session;
        change.officers = OfficerWrites {
            administrators: vec![owner],
            sessions: vec![write],
            sign_ups: vec![spent],
            ..OfficerWrites::default()
        };
        Ok(self.provision_now(change).await?.then_some(session))
    }

    /// The owner of a tenant as its administrator, and the session in which everything is set up.
    async fn appointed(
        &self,
        (asked, tenant): (&Asked, Id<Tenant>),
        change: &Provision,
        origin: &Origin,
    ) -> Result<(Appointed, (NewSession, SessionWrite)), Denied> {
        // The user of an administrator who was removed is there still.
        let key = UserKey::LoginName(&asked.email);
        let present = self.store.user(self.console()?.id(), key).await?;
        let present = present.map(|(user, _)| user.id);
        let user = present.or(change.users.first().map(|user| user.id));
        let user = user.ok_or(Denied::Taken("account"))?;
        let before = self.store.administrator(user).await?;
        let wish = NewAdministrator {
            login_name: asked.email.clone(),
            display_name: None,
            email: Some(asked.email.clone()),
            role: Role::Admin,
            reach: Reach::Tenant(tenant),
        };
        let mut next = self.fresh(user, &wish);
        next.signed_up = true;
        let begun = beginning(user, (Stage::Password, true), origin, self.clock.now());
        let session = self.begun(&mut next, begun);
        let owner = Write {
            key: user,
            expected: before.map_or(0, |row| row.version),
            next: Some(next),
        };
        Ok((owner, session))
    }

    /// The owner as a user, and the tenant, on trial from now on. Its name is its number and something
    /// random: what a stranger says must not become a part of addresses, nor take a name that others want.
    fn described_account(&self, asked: &Asked) -> Blueprint {
        let number = self.catalogue.free_okay_id();
        let letters = rng::bytes::<NAME_LENGTH>(&*self.rng);
        let letter = |byte: u8| {
            ALPHABET
                .get(usize::from(byte & 31))
                .copied()
                .map(char::from)
        };
        let letters: String = letters.into_iter().filter_map(letter).collect();
        let mut tenant = TenantBlueprint::named(format!("t{number}-{letters}"));
        tenant.display_name = Some(asked.company.clone());
        let mut okay = OkayBlueprint::numbered(number);
        let trial_s = self
            .catalogue
            .sign_up()
            .trial_days
            .saturating_mul(24 * 3600);
        okay.settings.trial_expires = Some(self.clock.now().plus_s(trial_s));
        // Nobody knows it: the owner sets one, or has one drawn and told.
        let secret = rng::bytes::<SECRET_LENGTH>(&*self.rng);
        okay.secret = Some(BASE64URL_NOPAD.encode(&secret).into());
        tenant.okay = Some(okay);
        let mut user = UserBlueprint::named(asked.email.clone());
        user.email = Some(asked.email.clone());
        let mut console = TenantBlueprint::named(CONSOLE);
        console.display_name = Some(DISPLAY_NAME.to_owned());
        console.users = vec![user];
        Blueprint {
            tenants: vec![console, tenant],
            ..Blueprint::default()
        }
    }
}
