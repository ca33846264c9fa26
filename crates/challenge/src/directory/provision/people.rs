//! Planning users.

use std::collections::HashMap;

use oath::Key;
use secrecy::{ExposeSecret, SecretString};

use super::blueprint::{KeySource, UserBlueprint};
use super::draft::{Draft, Within};
use super::findings::At;
use super::standings::Standings;
use super::{differences, names, password};
use crate::directory::{Authenticator, User, UserKey};
use crate::id::Id;
use crate::ports::StoreError;

impl Draft<'_> {
    pub(super) async fn plan_users(
        &mut self,
        within: &Within,
        blueprints: &[UserBlueprint],
        standings: &mut Standings,
    ) -> Result<(), StoreError> {
        let at = &within.at;
        self.check_repeats(
            at,
            "user",
            blueprints.iter().map(|user| user.login_name.as_str()),
        );
        let external = blueprints
            .iter()
            .filter_map(|user| user.external_id.as_deref());
        self.check_repeats(at, "external_id", external);
        let all = blueprints.iter().flat_map(|user| &user.authenticators);
        self.check_repeats(at, "authenticator", all.map(|token| token.serial.as_str()));
        self.warn_of_shared_keys(at, blueprints);
        for blueprint in blueprints {
            let at = at.within("user", &blueprint.login_name);
            let present = self.present_user(within, &at, blueprint).await?;
            let user = self.plan_user(
                within,
                &at,
                blueprint,
                present.as_ref().map(|(user, _)| user),
            );
            match present {
                None => standings.create(user),
                Some(_) => standings.read(self.context.store, user).await?,
            }
            let held = present.map_or_else(Vec::new, |(_, authenticators)| authenticators);
            for token in &blueprint.authenticators {
                let at = at.within("authenticator", &token.serial);
                self.plan_token(within, &at, (user, token, &held), standings)
                    .await?;
            }
        }
        Ok(())
    }

    /// The user as stored, with all authenticators. A name that another user has is a problem.
    async fn present_user(
        &mut self,
        within: &Within,
        at: &At,
        blueprint: &UserBlueprint,
    ) -> Result<Option<(User, Vec<Authenticator>)>, StoreError> {
        if !within.exists {
            return Ok(None);
        }
        let store = self.context.store;
        let present = store
            .user(within.tenant, UserKey::LoginName(&blueprint.login_name))
            .await?;
        let known = present
            .as_ref()
            .and_then(|(user, _)| user.external_id.as_deref());
        if let Some(name) = &blueprint.external_id
            && known != Some(name)
            && let Some((other, _)) = store.user(within.tenant, UserKey::ExternalId(name)).await?
        {
            let other = other.login_name;
            self.found
                .problem(at, format!("external_id: {name} is taken by user {other}"));
        }
        Ok(present)
    }

    pub(super) fn plan_user(
        &mut self,
        within: &Within,
        at: &At,
        blueprint: &UserBlueprint,
        present: Option<&User>,
    ) -> Id<User> {
        self.check_user(at, blueprint);
        let id = present.map_or_else(|| self.new_id(), |user| user.id);
        let stored = present.and_then(|user| user.password_hash.as_deref());
        let (password_hash, is_new) = self.password(at, blueprint.password.as_ref(), stored);
        let user = User {
            id,
            tenant: within.tenant,
            login_name: blueprint.login_name.clone(),
            external_id: blueprint.external_id.clone(),
            display_name: blueprint.display_name.clone(),
            email: blueprint.email.clone(),
            phone: blueprint.phone.clone(),
            password_hash,
        };
        let told = present.map(|present| {
            let mut told = differences::between(&shown(present), &shown(&user));
            told.extend(is_new.then(|| "password: changed".to_owned()));
            told
        });
        match told {
            None => self.changed(within.tenant, at, "created"),
            Some(told) if told.is_empty() => return id,
            Some(told) => self.changed(within.tenant, at, told.join(", ")),
        }
        self.provision.users.push(user);
        id
    }

    /// The password's hash as it is to be stored, and whether that is new.
    fn password(
        &mut self,
        at: &At,
        wanted: Option<&SecretString>,
        stored: Option<&str>,
    ) -> (Option<String>, bool) {
        let kept = stored.map(str::to_owned);
        let Some(wanted) = wanted else {
            return (kept, false);
        };
        match wanted.expose_secret().chars().count() {
            0 => {
                self.found.problem(at, "password: it is empty");
                return (kept, false);
            }
            1..8 => self
                .found
                .warn(at, "password: it is weak; take 8 characters or more"),
            _ => {}
        }
        if stored.is_some_and(|stored| password::matches(stored, wanted)) {
            return (kept, false);
        }
        let hash = password::hash(self.context.rng, wanted);
        (self.found.accept(at, "password", hash), true)
    }

    fn check_user(&mut self, at: &At, blueprint: &UserBlueprint) {
        let found = &mut self.found;
        names::check_text(found, at, "login_name", &blueprint.login_name);
        for (key, text) in [
            ("external_id", &blueprint.external_id),
            ("display_name", &blueprint.display_name),
            ("email", &blueprint.email),
            ("phone", &blueprint.phone),
        ] {
            names::check_optional(found, at, key, text.as_ref());
        }
    }

    /// One code answers for every authenticator with the same key.
    fn warn_of_shared_keys(&mut self, at: &At, blueprints: &[UserBlueprint]) {
        let mut holders: HashMap<&[u8], &str> = HashMap::new();
        for token in blueprints.iter().flat_map(|user| &user.authenticators) {
            let KeySource::Given(key) = &token.key else {
                continue;
            };
            let Some(other) = holders.insert(Key::as_bytes(key), &token.serial) else {
                continue;
            };
            self.found.warn(
                &at.within("authenticator", &token.serial),
                format!("secret: authenticator {other} has the same one"),
            );
        }
    }
}

/// A user without what must not be shown.
fn shown(user: &User) -> User {
    User {
        password_hash: None,
        ..user.clone()
    }
}
