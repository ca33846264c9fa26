//! A store in memory: the contract of `ports::Store::commit` in as few lines as it takes.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use challenge::access::{AccessToken, TokenKey};
use challenge::audit::Event;
use challenge::clock::Timestamp;
use challenge::directory::{
    Authenticator, AuthenticatorKey, ServerSetting, Site, Tenant, User, UserKey,
};
use challenge::id::{Id, TimedId};
use challenge::lifecycle::Challenge;
use challenge::ports::{
    Change, FailingUser, Provision, Store, StoreError, TenantRows, Version, Versioned,
};
use challenge::standing::Standing;
use challenge::visitor::{SiteHour, Visit, VisitWrite};

use crate::memory_approvals::ApprovalRows;
use crate::memory_corpora::CorpusRows;

/// Everything, behind one lock.
#[derive(Default)]
pub(crate) struct MemoryStore(Mutex<Rows>);

#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) tenants: Vec<TenantRows>,
    pub(crate) settings: Vec<ServerSetting>,
    pub(crate) users: Vec<(User, Vec<Authenticator>)>,
    pub(crate) standings: BTreeMap<Id<User>, Versioned<Standing>>,
    pub(crate) challenges: BTreeMap<TimedId, Versioned<Challenge>>,
    pub(crate) visits: BTreeMap<TimedId, Versioned<Visit>>,
    pub(crate) site_hours: Vec<SiteHour>,
    pub(crate) tokens: Vec<AccessToken>,
    pub(crate) spent: BTreeMap<[u8; 32], Option<Timestamp>>,
    pub(crate) events: Vec<Event>,
    pub(crate) approvals: ApprovalRows,
    pub(crate) corpora: CorpusRows,
    pub(crate) version: u64,
    /// Whether every commit fails, as on a full disk.
    pub(crate) broken: bool,
    /// Whether every commit is written, and nobody is ever told.
    pub(crate) mute: bool,
    /// What happens once between a judgement and its commit.
    pub(crate) meanwhile: Option<Meanwhile>,
}

/// Something that others do while a commit waits.
pub(crate) type Meanwhile = Box<dyn FnOnce() + Send>;

impl MemoryStore {
    /// The rows, for setting up and for looking.
    pub(crate) fn rows(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap()
    }

    /// Writes a change; whether nobody is told.
    fn commit_now(&self, change: Change) -> Result<bool, StoreError> {
        let meanwhile = self.rows().meanwhile.take();
        if let Some(meanwhile) = meanwhile {
            meanwhile();
        }
        let mut rows = self.rows();
        if rows.broken {
            return Err(StoreError::Unavailable("the disk is full".to_owned()));
        }
        rows.check(&change)?;
        rows.write(change);
        Ok(rows.mute)
    }
}

impl Rows {
    fn check(&self, change: &Change) -> Result<(), StoreError> {
        let expect = |found: Version, expected: Version| {
            if found == expected {
                Ok(())
            } else {
                Err(StoreError::Conflict)
            }
        };
        if let Some(write) = &change.standing {
            expect(
                self.standings.get(&write.user).map_or(0, |row| row.version),
                write.expected,
            )?;
        }
        for write in &change.challenges {
            expect(
                self.challenges.get(&write.id).map_or(0, |row| row.version),
                write.expected,
            )?;
        }
        self.approvals.check(&change.approvals)?;
        if let Some(write) = &change.visit {
            expect(
                self.visits.get(&write.next.id).map_or(0, |row| row.version),
                write.expected,
            )?;
        }
        if change
            .spent
            .iter()
            .any(|mark| self.spent.contains_key(&mark.digest))
        {
            return Err(StoreError::AlreadySpent);
        }
        Ok(())
    }

    fn write(&mut self, change: Change) {
        if let Some((write, value)) = change
            .standing
            .and_then(|write| write.next.clone().map(|next| (write, next)))
        {
            let version = write.expected + 1;
            self.standings
                .insert(write.user, Versioned { version, value });
        }
        for write in change.challenges {
            if let Some(value) = write.next {
                let version = write.expected + 1;
                self.challenges
                    .insert(write.id, Versioned { version, value });
            }
        }
        if let Some(VisitWrite { expected, next }) = change.visit {
            let version = expected + 1;
            self.visits.insert(
                next.id,
                Versioned {
                    version,
                    value: next,
                },
            );
        }
        let marks = change.spent.into_iter();
        self.spent
            .extend(marks.map(|mark| (mark.digest, mark.keep_until)));
        self.approvals.write(change.approvals, change.messages);
        self.corpora.annotate(change.annotations);
        self.tokens.extend(change.token);
        if let Some(key) = change.revoked {
            for token in self.tokens.iter_mut().filter(|token| token.key == key) {
                token.revoked = true;
            }
        }
        self.events.push(change.event);
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn standing(
        &self,
        _: Id<Tenant>,
        user: Id<User>,
    ) -> Result<Option<Versioned<Standing>>, StoreError> {
        Ok(self.rows().standings.get(&user).cloned())
    }

    async fn challenge(
        &self,
        _: Id<Tenant>,
        id: TimedId,
    ) -> Result<Option<Versioned<Challenge>>, StoreError> {
        Ok(self.rows().challenges.get(&id).cloned())
    }

    async fn visit(
        &self,
        _: Id<Tenant>,
        id: TimedId,
    ) -> Result<Option<Versioned<Visit>>, StoreError> {
        Ok(self.rows().visits.get(&id).cloned())
    }

    async fn is_spent(
        &self,
        _: Id<Tenant>,
        digest: &[u8; 32],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let rows = self.rows();
        let kept = rows.spent.get(digest);
        Ok(kept.is_some_and(|until| until.is_none_or(|until| now < until)))
    }

    async fn add_site_hours(&self, hours: Vec<SiteHour>) -> Result<(), StoreError> {
        let mut rows = self.rows();
        if rows.broken {
            return Err(StoreError::Unavailable("the disk is full".to_owned()));
        }
        rows.site_hours.extend(hours);
        Ok(())
    }

    async fn site_hours(
        &self,
        _: Id<Tenant>,
        site: Id<Site>,
        from: Timestamp,
    ) -> Result<Vec<SiteHour>, StoreError> {
        let rows = self.rows();
        let found = rows.site_hours.iter();
        let found = found.filter(|hour| hour.site == site && hour.from >= from);
        Ok(found.copied().collect())
    }

    async fn access_token(
        &self,
        _: Id<Tenant>,
        key: &TokenKey,
    ) -> Result<Option<AccessToken>, StoreError> {
        Ok(self
            .rows()
            .tokens
            .iter()
            .find(|token| token.key == *key)
            .cloned())
    }

    async fn commit(&self, change: Change) -> Result<(), StoreError> {
        if self.commit_now(change)? {
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    async fn directory_version(&self) -> Result<u64, StoreError> {
        Ok(self.rows().version)
    }

    async fn tenants(&self) -> Result<Vec<TenantRows>, StoreError> {
        Ok(self.rows().tenants.clone())
    }

    async fn server_settings(&self) -> Result<Vec<ServerSetting>, StoreError> {
        Ok(self.rows().settings.clone())
    }

    async fn user(
        &self,
        _: Id<Tenant>,
        key: UserKey<'_>,
    ) -> Result<Option<(User, Vec<Authenticator>)>, StoreError> {
        let is_meant = |user: &User| match key {
            UserKey::Id(id) => user.id == id,
            UserKey::LoginName(name) => user.login_name == name,
            UserKey::ExternalId(name) => user.external_id.as_deref() == Some(name),
        };
        Ok(self
            .rows()
            .users
            .iter()
            .find(|(user, _)| is_meant(user))
            .cloned())
    }

    async fn authenticator(
        &self,
        _: Id<Tenant>,
        _: AuthenticatorKey<'_>,
    ) -> Result<Option<Authenticator>, StoreError> {
        Ok(None)
    }

    async fn authenticators_on(
        &self,
        _: Id<Tenant>,
        _: &str,
    ) -> Result<Vec<Authenticator>, StoreError> {
        Ok(Vec::new())
    }

    async fn users_from(
        &self,
        _: Id<Tenant>,
        from: &str,
        _: u32,
    ) -> Result<Vec<(User, Vec<Authenticator>)>, StoreError> {
        let mut users = self.rows().users.clone();
        users.retain(|(user, _)| user.login_name.as_str() >= from);
        Ok(users)
    }

    async fn failing_users(
        &self,
        _: Id<Tenant>,
        _: u32,
        _: (Option<(u32, Id<User>)>, u32),
    ) -> Result<Vec<FailingUser>, StoreError> {
        unreachable!("nobody is searched for here")
    }

    async fn users(
        &self,
        _: Id<Tenant>,
        _: Option<Id<User>>,
        _: u32,
    ) -> Result<Vec<(User, Vec<Authenticator>)>, StoreError> {
        Ok(self.rows().users.clone())
    }

    /// Takes what approvals change of the directory: users that appear, tenants that are changed.
    async fn provision(&self, change: Provision) -> Result<(), StoreError> {
        let mut rows = self.rows();
        let taken = |user: &User| {
            let same = |(other, _): &&(User, _)| {
                other.external_id == user.external_id || other.login_name == user.login_name
            };
            rows.users.iter().any(|one| same(&one))
        };
        if change.expected_version != rows.version || change.users.iter().any(taken) {
            return Err(StoreError::Conflict);
        }
        let sessions = Rows::moved_sessions(&change);
        rows.approvals.check(&sessions)?;
        rows.approvals.write(sessions, Vec::new());
        rows.version += 1;
        rows.end(&change);
        rows.users
            .extend(change.users.into_iter().map(|user| (user, Vec::new())));
        for (_, write) in change.standings {
            let (version, value) = (write.expected + 1, write.next.unwrap());
            rows.standings
                .insert(write.user, Versioned { version, value });
        }
        for tenant in change.tenants {
            let mut all = rows.tenants.iter_mut();
            let same = all.find(|one| one.tenant.id == tenant.id);
            same.unwrap().tenant = tenant;
        }
        rows.events.extend(change.events);
        Ok(())
    }

    async fn events(&self, _: Id<Tenant>, _: u32) -> Result<Vec<Event>, StoreError> {
        Ok(self.rows().events.iter().rev().cloned().collect())
    }

    async fn sweep(&self, _: Timestamp, _: u32) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn describe(&self) -> String {
        "in memory".to_owned()
    }
}
