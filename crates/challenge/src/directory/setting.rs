//! A setting of the whole server that is kept in the database, beside the directory: what every node
//! has to know, and no tenant owns. What it says is known to whoever it is for.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::directory::Tenant;
use crate::id::Id;
use crate::ports::StoreError;
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
    /// What is told of one that cannot be read.
    pub(crate) fn unreadable(&self, problem: &dyn fmt::Display) -> StoreError {
        StoreError::Inconsistent {
            table: "server_setting",
            row: self.name.clone(),
            problem: problem.to_string(),
        }
    }

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

/// Whether visitors may open accounts, each with a tenant of its own on trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignUp {
    /// Whether they may.
    pub open: bool,
    /// Days that a trial lasts, 1 to 3650.
    pub trial_days: u32,
}

impl SignUp {
    /// The name under which it is kept.
    pub const SETTING: &'static str = "sign_up";

    /// The days that a trial may last.
    pub const TRIAL_DAYS: RangeInclusive<u32> = 1..=3650;

    /// What was kept.
    pub fn read(row: &ServerSetting) -> Result<Self, serde_json::Error> {
        serde_json::from_str(&row.body)
    }
}

impl Default for SignUp {
    fn default() -> Self {
        Self {
            open: false,
            trial_days: 30,
        }
    }
}
