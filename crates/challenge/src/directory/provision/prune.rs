//! Pruning people: who is not described any more can prove nothing, and nothing spent is forgotten.

use std::collections::HashSet;

use super::blueprint::UserBlueprint;
use super::draft::{Draft, Within};
use super::standings::Standings;
use crate::directory::{Authenticator, User};
use crate::ports::StoreError;
use crate::standing::{Movement, Status};

/// Users read at a time.
const PAGE: u32 = 500;

impl Draft<'_> {
    /// Revokes the authenticators that are not described, and drops the static passwords of users
    /// who are not.
    pub(super) async fn prune_people(
        &mut self,
        within: &Within,
        described: &[UserBlueprint],
        standings: &mut Standings,
    ) -> Result<(), StoreError> {
        let names: HashSet<_> = described
            .iter()
            .map(|user| user.login_name.as_str())
            .collect();
        let all = described.iter().flat_map(|user| &user.authenticators);
        let serials: HashSet<_> = all.map(|token| token.serial.as_str()).collect();
        let mut after = None;
        loop {
            let page = self.context.store.users(within.tenant, after, PAGE).await?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            after = Some(last.id);
            for (user, authenticators) in &page {
                let gone = authenticators
                    .iter()
                    .filter(|authenticator| !serials.contains(authenticator.serial.as_str()));
                for authenticator in gone {
                    standings.read(self.context.store, user.id).await?;
                    self.revoke(within, user, authenticator, standings);
                }
                if !names.contains(user.login_name.as_str()) {
                    self.drop_password(within, user);
                }
            }
        }
    }

    fn revoke(
        &mut self,
        within: &Within,
        user: &User,
        authenticator: &Authenticator,
        standings: &mut Standings,
    ) {
        let movement = standings.movement(user.id, authenticator.id);
        if movement.status == Status::Revoked {
            return;
        }
        let revoked = Movement {
            status: Status::Revoked,
            ..movement
        };
        standings.set(user.id, authenticator.id, revoked);
        let at = within.at.within("user", &user.login_name);
        let at = at.within("authenticator", &authenticator.serial);
        self.changed(within.tenant, &at, "revoked");
    }

    fn drop_password(&mut self, within: &Within, user: &User) {
        if user.password_hash.is_some() {
            self.provision.users.push(User {
                password_hash: None,
                ..user.clone()
            });
            let at = within.at.within("user", &user.login_name);
            self.changed(within.tenant, &at, "password: removed");
        }
    }
}
