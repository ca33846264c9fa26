//! Who calls, as JSON.

use challenge::directory::Catalogue;
use challenge::officers::{Identity, Officer, Power, Reach, Role, may};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::schema::Schema;

use crate::management::members::{word_schema, words_schema};

/// Who calls, and what they may do.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementMe)]
pub struct MeShown {
    /// The name in the audit log.
    #[schema(examples("token monitoring"))]
    pub name: String,
    /// What calls: a token, or an administrator at the console.
    #[schema(schema_with = kinds)]
    pub kind: String,
    /// What the officer is there for.
    #[schema(schema_with = roles)]
    pub role: Role,
    /// The one tenant within reach; null: the whole server.
    #[schema(required)]
    pub tenant: Option<String>,
    /// What the officer may do, within reach.
    #[schema(schema_with = powers)]
    pub powers: Vec<String>,
}

const KINDS: [&str; 3] = ["administrator", "token", "command_line"];

fn kinds() -> Schema {
    word_schema(&KINDS)
}

pub(super) fn roles() -> Schema {
    word_schema(&Role::ALL)
}

fn powers() -> Schema {
    words_schema(&Power::ALL.map(name))
}

impl MeShown {
    /// The officer who calls.
    pub(in crate::management) fn of(officer: &Officer, catalogue: &Catalogue) -> Self {
        let kind = match officer.identity {
            Identity::Administrator(_) => "administrator",
            Identity::Token(_) => "token",
            Identity::CommandLine => "command_line",
        };
        let powers = Power::ALL.into_iter();
        let powers = powers.filter(|power| may(officer.role, *power));
        Self {
            name: officer.name.clone(),
            kind: kind.to_owned(),
            role: officer.role,
            tenant: tenant_of(officer.reach, catalogue),
            powers: powers.map(|power| name(power).to_owned()).collect(),
        }
    }
}

/// The name of the one tenant within reach. One that is there no more has none, and must not look as
/// if it were the whole server.
pub(super) fn tenant_of(reach: Reach, catalogue: &Catalogue) -> Option<String> {
    match reach {
        Reach::Server => None,
        Reach::Tenant(id) => {
            let view = catalogue.tenant_by_id(id);
            Some(view.map_or_else(
                || format!("(removed) {id}"),
                |view| view.tenant.name.clone(),
            ))
        }
    }
}

fn name(power: Power) -> &'static str {
    match power {
        Power::Read => "read",
        Power::ReadAudit => "read_audit",
        Power::Look => "look",
        Power::Tend => "tend",
        Power::Shape => "shape",
        Power::Govern => "govern",
    }
}
