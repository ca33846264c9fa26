//! How many administrators there are: never too many of one reach, never nobody who governs the server.

use super::people::{NewAdministrator, PAGE};
use super::{Administrator, Denied, Officer, Reach, Role, SignInLink};
use crate::verifier::Verifier;

/// The login name of the first administrator.
const FIRST: &str = "admin";

/// Administrators of one reach at most: of one tenant, or of the whole server.
pub const ADMINISTRATORS_MAX: usize = 100;

impl Verifier {
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
        if self.number_of(Administrator::governs, 1).await? > 0 {
            return Ok(None);
        }
        let wish = NewAdministrator {
            login_name: FIRST.to_owned(),
            display_name: None,
            email: None,
            role: Role::Admin,
            reach: Reach::Server,
        };
        match self
            .make_administrator(&Officer::command_line(), wish)
            .await
        {
            Ok(made) => Ok(Some(made)),
            // Somebody made one at this moment.
            Err(Denied::Taken(_)) => Ok(None),
            Err(denied) => Err(denied),
        }
    }
}
