//! Administrators: listed, made, changed, removed.

use super::{Administrator, Denied, Officer, Reach, Role, SignInLink};
use crate::directory::User;
use crate::id::Id;
use crate::verifier::Verifier;

/// Who is to become an administrator.
#[derive(Clone, Debug)]
pub struct NewAdministrator {
    /// The name to sign in with, unique in the server.
    pub login_name: String,
    /// The name for people.
    pub display_name: Option<String>,
    /// Where the invitation goes.
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
        let _ = (by, after, limit);
        Err(Denied::Unavailable(String::new()))
    }

    /// An administrator within reach.
    pub async fn administrator(&self, by: &Officer, id: Id<User>) -> Result<Administrator, Denied> {
        let _ = (by, id);
        Err(Denied::Unavailable(String::new()))
    }

    /// The administrator within reach who signs in with this name.
    pub async fn administrator_named(
        &self,
        by: &Officer,
        login_name: &str,
    ) -> Result<Administrator, Denied> {
        let _ = (by, login_name);
        Err(Denied::Unavailable(String::new()))
    }

    /// Makes an administrator, with the link by which they sign in first.
    pub async fn make_administrator(
        &self,
        by: &Officer,
        wish: NewAdministrator,
    ) -> Result<(Administrator, SignInLink), Denied> {
        let _ = (by, wish);
        Err(Denied::Unavailable(String::new()))
    }

    /// Changes what an administrator may do; honoured with the next request. The last who governs the
    /// server stays so: [`Denied::LastAdministrator`].
    pub async fn change_administrator(
        &self,
        by: &Officer,
        id: Id<User>,
        change: AdministratorChange,
    ) -> Result<Administrator, Denied> {
        let _ = (by, id, change);
        Err(Denied::Unavailable(String::new()))
    }

    /// Removes an administrator: sessions and links end, the password and second factor are
    /// forgotten. The last who governs the server stays: [`Denied::LastAdministrator`].
    pub async fn remove_administrator(&self, by: &Officer, id: Id<User>) -> Result<(), Denied> {
        let _ = (by, id);
        Err(Denied::Unavailable(String::new()))
    }
}
