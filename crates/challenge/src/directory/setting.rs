//! A setting of the whole server that is kept in the database, beside the directory: what every node
//! has to know, and no tenant owns. What it says is known to whoever it is for.

use crate::directory::Tenant;
use crate::id::Id;
use crate::secret::{Place, Sealed};

/// A setting of the whole server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerSetting {
    /// Its name, unique.
    pub name: String,
    /// What is no secret about it, as JSON.
    pub body: String,
    /// What is secret about it.
    pub secret: Option<Sealed>,
}

impl ServerSetting {
    /// Where the secret of the setting of this name is sealed for.
    pub fn secret_place(name: &str) -> Place<'_> {
        Place {
            table: "server_setting",
            column: name,
            tenant: Id::<Tenant>::SERVER.number(),
            row: 0,
        }
    }
}
