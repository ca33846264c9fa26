//! What officers may do: three roles, six powers, and how far each reaches. Pure.

use serde::{Deserialize, Serialize};

use crate::directory::Tenant;
use crate::id::Id;

/// What an officer is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sets things up, and says who else may.
    Admin,
    /// Looks after users, authenticators and callbacks.
    Operator,
    /// Looks, and changes nothing.
    Auditor,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Operator, Self::Auditor];

    /// The role's name on the command line, in JSON and in the audit log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Auditor => "auditor",
        }
    }
}

/// A text that names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such role; choose admin, operator or auditor")]
pub struct NoSuchRole;

impl std::str::FromStr for Role {
    type Err = NoSuchRole;

    fn from_str(text: &str) -> Result<Self, NoSuchRole> {
        let mut all = Self::ALL.into_iter();
        all.find(|role| role.name() == text).ok_or(NoSuchRole)
    }
}

/// How far an officer reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// The whole server: all tenants, and what belongs to none.
    Server,
    /// One tenant, which looks as though it were the only one.
    Tenant(Id<Tenant>),
}

impl Reach {
    /// Whether everything within `other` is within this.
    pub fn covers(self, other: Self) -> bool {
        self == Self::Server || self == other
    }
}

/// Something an officer may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Power {
    /// Read how things are set up: tenants, clients, sites, policies, users, authenticators.
    Read,
    /// Read and export the audit log.
    ReadAudit,
    /// Look at what moves: challenges, sessions, devices, callbacks, statistics.
    Look,
    /// Look after what moves: lock, unlock, resynchronise, revoke, enrol, cancel, redeliver, and users.
    Tend,
    /// Set up a tenant: clients, sites, policies, settings.
    Shape,
    /// Say who may: tenants, officers, tokens, settings of the server.
    Govern,
}

impl Power {
    /// All of them, the mildest first.
    pub const ALL: [Self; 6] = [
        Self::Read,
        Self::ReadAudit,
        Self::Look,
        Self::Tend,
        Self::Shape,
        Self::Govern,
    ];

    /// The least role that has it, for messages.
    pub fn least_role(self) -> Role {
        match self {
            Self::Read | Self::ReadAudit | Self::Look => Role::Auditor,
            Self::Tend => Role::Operator,
            Self::Shape | Self::Govern => Role::Admin,
        }
    }
}

/// Whether a role has a power, within its reach.
pub fn may(role: Role, power: Power) -> bool {
    match (role, power) {
        (Role::Admin, _)
        | (Role::Operator | Role::Auditor, Power::Read | Power::ReadAudit | Power::Look)
        | (Role::Operator, Power::Tend) => true,
        (Role::Operator, Power::Shape | Power::Govern)
        | (Role::Auditor, Power::Tend | Power::Shape | Power::Govern) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_has_the_powers_of_the_lesser_ones_and_more() {
        let count = |role| Power::ALL.iter().filter(|power| may(role, **power)).count();
        assert_eq!(Role::ALL.map(count), [6, 4, 3]);
        for power in Power::ALL {
            assert!(!may(Role::Auditor, power) || may(Role::Operator, power));
            assert!(!may(Role::Operator, power) || may(Role::Admin, power));
        }
    }

    #[test]
    fn the_least_role_of_a_power_is_the_least_that_has_it() {
        for power in Power::ALL {
            let least = Role::ALL.into_iter().rfind(|role| may(*role, power));
            assert_eq!(Some(power.least_role()), least, "{power:?}");
        }
    }

    #[test]
    fn a_role_is_read_by_its_name_alone() {
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(role));
        }
        for strange in ["", "Admin", "root", " admin"] {
            assert_eq!(strange.parse::<Role>(), Err(NoSuchRole));
        }
    }

    #[test]
    fn a_tenants_reach_covers_itself_alone() {
        let [one, other] = [1, 2].map(|id| Reach::Tenant(Id::from_number(id).unwrap()));
        assert!(Reach::Server.covers(one) && Reach::Server.covers(Reach::Server));
        assert!(one.covers(one) && !one.covers(other) && !one.covers(Reach::Server));
    }
}
