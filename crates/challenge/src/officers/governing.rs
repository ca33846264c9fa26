//! How many administrators there are: never too many of one reach, never nobody who governs the server.

use super::people::{NewAdministrator, PAGE};
use super::role::may;
use super::{Administrator, Denied, Identity, Officer, Power, Reach, Role, SignInLink};
use crate::clock::Timestamp;
use crate::directory::{Tenant, User};
use crate::id::Id;
use crate::ports::{Store, StoreError};
use crate::verifier::Verifier;

/// The login name of the first administrator.
pub(super) const FIRST: &str = "admin";

/// Names that are tried for the first administrator, where the ones before are somebody's who may less.
const NAMES: u32 = 100;

/// Administrators of one reach at most: of one tenant, or of the whole server.
pub const ADMINISTRATORS_MAX: usize = 100;

impl Verifier {
    /// The administrator who answers for what an officer makes; nothing: the command line.
    ///
    /// What outlasts the request is made by those alone who may still govern `reach`, whatever this node
    /// remembers of them: [`Denied::NotSignedIn`]. Asked after the directory's version was read, and
    /// written with it, it holds against whoever ends them at the same moment.
    pub(super) async fn behind(
        &self,
        by: &Officer,
        reach: Reach,
    ) -> Result<Option<Id<User>>, Denied> {
        match by.identity {
            Identity::CommandLine => Ok(None),
            Identity::Administrator(id) => {
                let row = self.store.administrator(id).await?;
                let stands = |one: &Administrator| {
                    one.is_there() && may(one.role, Power::Govern) && one.reach.covers(reach)
                };
                let row = row.filter(|row| stands(&row.value));
                row.map(|_| Some(id)).ok_or(Denied::NotSignedIn)
            }
            Identity::Token(id) => {
                let row = self.store.officer_token(id).await?;
                let row = row.filter(|row| row.value.is_good_at(self.clock.now()));
                row.map(|row| row.value.owner).ok_or(Denied::NotSignedIn)
            }
        }
    }

    /// [`Denied::LastAdministrator`] where nobody but this one governs the server. In the stead of one
    /// who can sign in, only another who can counts: an invitation that nobody followed keeps nothing open.
    pub(super) async fn must_not_be_last(&self, one: &Administrator) -> Result<(), Denied> {
        let another = |other: &Administrator| {
            other.id != one.id && other.governs() && (other.has_factor || !one.has_factor)
        };
        if self.number_of(another, 1).await? > 0 {
            Ok(())
        } else {
            Err(Denied::LastAdministrator)
        }
    }

    /// Refuses one administrator more of a reach that has as many as it may have: what one tenant's
    /// officers make takes no room from anybody else.
    pub(super) async fn check_room_for_one(&self, reach: Reach) -> Result<(), Denied> {
        let of_reach = |one: &Administrator| one.reach == reach && one.is_there();
        if self.number_of(of_reach, ADMINISTRATORS_MAX).await? < ADMINISTRATORS_MAX {
            return Ok(());
        }
        Err(Denied::TooMany(
            "there are 100 administrators of this reach; remove one first",
        ))
    }

    /// How many such administrators there are; counted up to so many.
    async fn number_of(
        &self,
        is_such: impl Fn(&Administrator) -> bool,
        up_to: usize,
    ) -> Result<usize, Denied> {
        let (mut after, mut found) = (None, 0);
        while found < up_to {
            let page = self.store.administrators(after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.value.id);
            found += page.iter().filter(|row| is_such(&row.value)).count();
        }
        Ok(found)
    }

    /// Makes the first administrator, with the link by which they sign in; nothing where somebody
    /// governs the server already.
    pub async fn make_first_administrator(
        &self,
    ) -> Result<Option<(Administrator, SignInLink)>, Denied> {
        let by = Officer::command_line();
        for number in 1..=NAMES {
            if self.number_of(Administrator::governs, 1).await? > 0 {
                return Ok(None);
            }
            let name = FIRST.to_owned();
            let wish = NewAdministrator {
                login_name: if number == 1 {
                    name
                } else {
                    format!("{name}-{number}")
                },
                display_name: None,
                email: None,
                role: Role::Admin,
                reach: Reach::Server,
            };
            match self.make_administrator(&by, wish).await {
                Ok(made) => return Ok(Some(made)),
                // Somebody has the name, who may less, or was made at this moment.
                Err(Denied::Taken(_)) => {}
                Err(denied) => return Err(denied),
            }
        }
        Err(Denied::Taken("administrator"))
    }
}

/// Who reaches a tenant alone: how many administrators, and how many good tokens.
pub(crate) async fn within_tenant(
    store: &dyn Store,
    tenant: Id<Tenant>,
    now: Timestamp,
) -> Result<(usize, usize), StoreError> {
    let reach = Reach::Tenant(tenant);
    let (mut after, mut people) = (None, 0);
    loop {
        let page = store.administrators(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.value.id);
        let those = page.iter().map(|row| &row.value);
        people += those
            .filter(|one| one.reach == reach && one.is_there())
            .count();
    }
    let (mut after, mut tokens) = (None, 0);
    loop {
        let page = store.officer_tokens(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.value.id);
        let those = page.iter().map(|row| &row.value);
        tokens += those
            .filter(|one| one.reach == reach && one.is_good_at(now))
            .count();
    }
    Ok((people, tokens))
}
