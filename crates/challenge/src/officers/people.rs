//! Administrators: listed, made, changed, removed.
//!
//! Whatever changes who governs the server is written with the directory's version, so that two who
//! remove each other do not both succeed.

use super::bearer::with_fields;
use super::console::{ATTEMPTS, DISPLAY_NAME, TOO_BUSY};
use super::governing::FIRST;
use super::links::within;
use super::officer::{COMMAND_LINE, TOKEN};
use super::ports::OfficerWrites;
use super::{Administrator, CONSOLE, Denied, Officer, Power, Reach, Role, SignInLink};
use crate::approval::ports::Write;
use crate::audit::{Event, EventKind, Outcome};
use crate::directory::provision::{Blueprint, Options, TenantBlueprint, UserBlueprint};
use crate::directory::{User, UserKey};
use crate::id::Id;
use crate::ports::{Provision, StandingWrite, Version, Versioned};
use crate::standing::Status;
use crate::verifier::Verifier;

/// Administrators that are read at a time.
pub(super) const PAGE: u32 = 500;

/// Who is to become an administrator.
#[derive(Clone, Debug)]
pub struct NewAdministrator {
    /// The name to sign in with, unique in the server.
    pub login_name: String,
    /// The name for people.
    pub display_name: Option<String>,
    /// An address, for people: nothing is sent there.
    pub email: Option<String>,
    /// What for.
    pub role: Role,
    /// How far.
    pub reach: Reach,
}

/// What is to change about an administrator.
#[derive(Clone, Copy, Debug, Default)]
pub struct AdministratorChange {
    /// What for, if something else.
    pub role: Option<Role>,
    /// How far, if something else.
    pub reach: Option<Reach>,
}

impl Verifier {
    /// The administrators within reach by ascending id, those after `after`.
    pub async fn administrators(
        &self,
        by: &Officer,
        after: Option<Id<User>>,
        limit: u32,
    ) -> Result<Vec<Administrator>, Denied> {
        by.may(Power::Read)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let (mut found, mut after) = (Vec::new(), after);
        while found.len() < limit {
            let page = self.store.administrators(after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.value.id);
            let those = page.into_iter().map(|row| row.value);
            found.extend(those.filter(|one| one.is_there() && by.reach.covers(one.reach)));
        }
        found.truncate(limit);
        Ok(found)
    }

    /// An administrator within reach, and the version of what is known of them.
    pub async fn administrator(
        &self,
        by: &Officer,
        id: Id<User>,
    ) -> Result<Versioned<Administrator>, Denied> {
        by.may(Power::Read)?;
        let found = self.store.administrator(id).await?;
        let found = found.filter(|row| row.value.is_there() && by.reach.covers(row.value.reach));
        found.ok_or(Denied::Unknown("administrator"))
    }

    /// The administrator within reach who signs in with this name.
    pub async fn administrator_named(
        &self,
        by: &Officer,
        login_name: &str,
    ) -> Result<Administrator, Denied> {
        let tenant = self.console()?.id();
        let user = UserKey::LoginName(login_name);
        let found = self.store.user(tenant, user).await?;
        let (user, _) = found.ok_or(Denied::Unknown("administrator"))?;
        Ok(self.administrator(by, user.id).await?.value)
    }

    /// An administrator about whom an officer may say something.
    pub(super) async fn administrator_to_govern(
        &self,
        by: &Officer,
        id: Id<User>,
    ) -> Result<Versioned<Administrator>, Denied> {
        by.may(Power::Govern)?;
        let row = self.store.administrator(id).await?;
        let row = row.ok_or(Denied::Unknown("administrator"))?;
        within(by, &row.value)?;
        Ok(row)
    }

    /// Makes an administrator, with the link by which they sign in first.
    pub async fn make_administrator(
        &self,
        by: &Officer,
        wish: NewAdministrator,
    ) -> Result<(Administrator, SignInLink), Denied> {
        by.over(wish.reach, Power::Govern)?;
        check_name(&wish)?;
        for _ in 0..ATTEMPTS {
            self.catalogue.refresh().await?;
            let version = self.catalogue.version();
            self.behind(by, wish.reach).await?;
            self.check_reach(wish.reach)?;
            let tenant = self.console()?.id();
            let (described, options) = (described(&wish), Options::default());
            let plan = self
                .provisioner()
                .plan_built_in(&described, options)
                .await?;
            // After the plan, which is lost where another one is made from here on.
            self.check_room_for_one(wish.reach).await?;
            let mut change = plan.provision;
            if change.expected_version != version {
                continue;
            }
            // A user of this name was removed before, or is to be made by this plan.
            let user = UserKey::LoginName(&wish.login_name);
            let present = self.store.user(tenant, user).await?;
            let present = present.map(|(user, _)| user.id);
            let made = change.users.first().map(|user| user.id);
            let id = present.or(made).ok_or(Denied::Taken("administrator"))?;
            let row = self.store.administrator(id).await?;
            if row.as_ref().is_some_and(|row| row.value.is_there()) {
                return Err(Denied::Taken("administrator"));
            }
            let mut next = self.fresh(id, &wish);
            let link = self.linked(&mut next)?;
            let told = self.event_of_appointing(by, &next, EventKind::Appoint)?;
            change.events.push(told);
            change.officers = officers(row.map_or(0, |row| row.version), next.clone());
            if self.provision_now(change).await? {
                return Ok((next, link));
            }
        }
        Err(Denied::Unavailable(TOO_BUSY.to_owned()))
    }

    pub(super) fn fresh(&self, id: Id<User>, wish: &NewAdministrator) -> Administrator {
        Administrator {
            id,
            login_name: wish.login_name.clone(),
            role: wish.role,
            reach: wish.reach,
            made_at: self.clock.now(),
            removed_at: None,
            has_factor: false,
            signed_up: false,
            recovery: Vec::new(),
            link: None,
            sessions: Vec::new(),
        }
    }

    /// Changes what an administrator may do; honoured with the next request, and tokens of theirs that may
    /// more end. The last who governs the server stays so: [`Denied::LastAdministrator`]. `read`: the
    /// version that the wish was made from, else [`Denied::Changed`]; nothing: whichever there is.
    pub async fn change_administrator(
        &self,
        by: &Officer,
        (id, read): (Id<User>, Option<Version>),
        change: AdministratorChange,
    ) -> Result<Administrator, Denied> {
        for _ in 0..ATTEMPTS {
            self.catalogue.refresh().await?;
            let expected_version = self.catalogue.version();
            let Versioned { version, value } = self.administrator_to_govern(by, id).await?;
            if read.is_some_and(|read| read != version) {
                return Err(Denied::Changed);
            }
            let next = Administrator {
                role: change.role.unwrap_or(value.role),
                reach: change.reach.unwrap_or(value.reach),
                ..value.clone()
            };
            by.over(next.reach, Power::Govern)?;
            self.behind(by, next.reach).await?;
            self.check_reach(next.reach)?;
            if value.governs() && !next.governs() {
                self.must_not_be_last(&value).await?;
            }
            if (next.role, next.reach) == (value.role, value.reach) {
                return Ok(value);
            }
            if next.reach != value.reach {
                self.check_room_for_one(next.reach).await?;
            }
            let told = self.event_of_appointing(by, &next, EventKind::Appoint)?;
            let mut change = Provision {
                expected_version,
                officers: officers(version, next.clone()),
                events: vec![told],
                ..Provision::default()
            };
            let powers = Some((next.role, next.reach));
            self.end_tokens(&mut change, by, (id, powers)).await?;
            if self.govern_now(change).await? {
                return Ok(next);
            }
        }
        Err(Denied::Unavailable(TOO_BUSY.to_owned()))
    }

    /// Removes an administrator: sessions, links and tokens of theirs end, the password and second factor
    /// are forgotten. The last who governs the server stays: [`Denied::LastAdministrator`]. `read`: the
    /// version that the wish was made from, else [`Denied::Changed`]; nothing: whichever there is.
    pub async fn remove_administrator(
        &self,
        by: &Officer,
        (id, read): (Id<User>, Option<Version>),
    ) -> Result<(), Denied> {
        for _ in 0..ATTEMPTS {
            let expected_version = self.store.directory_version().await?;
            let Versioned { version, value } = self.administrator_to_govern(by, id).await?;
            if read.is_some_and(|read| read != version) {
                return Err(Denied::Changed);
            }
            if value.governs() {
                self.must_not_be_last(&value).await?;
            }
            let told = self.event_of_appointing(by, &value, EventKind::Dismiss)?;
            let next = Administrator {
                removed_at: Some(self.clock.now()),
                has_factor: false,
                recovery: Vec::new(),
                link: None,
                sessions: Vec::new(),
                ..value
            };
            let mut change = self.without_proofs(id, true).await?;
            change.expected_version = expected_version;
            change.officers = officers(version, next);
            change.events = vec![told];
            self.end_tokens(&mut change, by, (id, None)).await?;
            if self.govern_now(change).await? {
                return Ok(());
            }
        }
        Err(Denied::Unavailable(TOO_BUSY.to_owned()))
    }

    /// Writes a change by which tokens may end; whether nobody was faster.
    pub(super) async fn govern_now(&self, change: Provision) -> Result<bool, Denied> {
        let ended: Vec<_> = change.officers.tokens.iter().map(|one| one.key).collect();
        let is_done = self.provision_now(change).await?;
        self.forget_tokens(&ended);
        Ok(is_done)
    }

    /// A change by which a user's authenticators are revoked and, if so wished, the password dropped.
    pub(super) async fn without_proofs(
        &self,
        id: Id<User>,
        drop_password: bool,
    ) -> Result<Provision, Denied> {
        let tenant = self.console()?.id();
        let mut change = Provision::default();
        let Some((user, held)) = self.store.user(tenant, UserKey::Id(id)).await? else {
            return Ok(change);
        };
        if drop_password && user.password_hash.is_some() {
            change.users = vec![User {
                password_hash: None,
                ..user
            }];
        }
        if let Some(Versioned { version, value }) = self.store.standing(tenant, id).await? {
            let mut next = value;
            for one in held {
                let movement = next.authenticators.entry(one.id).or_default();
                movement.status = Status::Revoked;
            }
            let write = StandingWrite {
                user: id,
                expected: version,
                next: Some(next),
            };
            change.standings = vec![(tenant, write)];
        }
        Ok(change)
    }

    pub(super) fn check_reach(&self, reach: Reach) -> Result<(), Denied> {
        match reach {
            Reach::Tenant(id) if self.catalogue.tenant_by_id(id).is_none() => {
                Err(Denied::Unknown("tenant"))
            }
            Reach::Tenant(_) | Reach::Server => Ok(()),
        }
    }

    fn event_of_appointing(
        &self,
        by: &Officer,
        about: &Administrator,
        kind: EventKind,
    ) -> Result<Event, Denied> {
        let told = (kind, Outcome::Done);
        let event = match about.reach {
            Reach::Server => self.event_about(by, about.id, told)?,
            // Whoever looks after the tenant is to read of it, and knows no users of the console.
            Reach::Tenant(_) => self.event_of_officer(by, told, about.reach),
        };
        let fields = vec![
            ("administrator".to_owned(), about.login_name.clone()),
            ("role".to_owned(), about.role.name().to_owned()),
        ];
        Ok(with_fields(event, fields))
    }
}

/// Refuses a name under which the audit log tells of others: of the command line, and of tokens. That of
/// the first administrator is for one who reaches the whole server.
fn check_name(wish: &NewAdministrator) -> Result<(), Denied> {
    let plain = wish.login_name.trim().to_lowercase();
    let first = plain.split_whitespace().next().unwrap_or_default();
    if plain == COMMAND_LINE || first == TOKEN {
        return Err(Denied::DoesNotFit(format!(
            "login_name: choose one that is neither {COMMAND_LINE:?} nor begins with the word {TOKEN:?}, by \
             which the audit log names others"
        )));
    }
    if plain == FIRST && wish.reach != Reach::Server {
        return Err(Denied::DoesNotFit(format!(
            "login_name: {FIRST:?} is for an administrator of the whole server; choose another one"
        )));
    }
    Ok(())
}

fn officers(expected: Version, next: Administrator) -> OfficerWrites {
    OfficerWrites {
        administrators: vec![Write {
            key: next.id,
            expected,
            next: Some(next),
        }],
        ..OfficerWrites::default()
    }
}

/// The user that a new administrator is.
fn described(wish: &NewAdministrator) -> Blueprint {
    let mut user = UserBlueprint::named(wish.login_name.clone());
    user.display_name.clone_from(&wish.display_name);
    user.email.clone_from(&wish.email);
    let mut tenant = TenantBlueprint::named(CONSOLE);
    tenant.display_name = Some(DISPLAY_NAME.to_owned());
    tenant.users = vec![user];
    Blueprint {
        tenants: vec![tenant],
        ..Blueprint::default()
    }
}
