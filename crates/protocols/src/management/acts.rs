//! What officers do, one function an operation: called by the HTTP routes and by the console, which
//! has no powers of its own. What may be done is the domain's to say.

pub mod audit;
pub mod authenticators;
pub mod callbacks;
pub mod challenges;
pub mod clients;
pub mod devices;
pub mod health;
pub mod imports;
pub mod me;
pub mod officers;
pub mod policies;
pub mod server;
pub mod sessions;
pub mod sites;
pub mod statistics;
pub mod tenants;
pub mod tokens;
pub mod users;

use challenge::directory::provision::{Blueprint, Removal, Removed, TenantBlueprint};

use crate::management::refusal::{FieldError, Refusal};

/// A blueprint of one tenant.
fn described(tenant: TenantBlueprint) -> Blueprint {
    Blueprint {
        tenants: vec![tenant],
        ..Blueprint::default()
    }
}

/// A blueprint by which one thing of a tenant goes.
fn without(tenant: &str, what: Removed) -> Blueprint {
    Blueprint {
        removed: vec![Removal {
            tenant: tenant.to_owned(),
            what,
        }],
        ..Blueprint::default()
    }
}

/// There is a thing of this name already.
fn taken(pointer: &str, what: &str, name: &str) -> Refusal {
    let detail = format!("there is a {what} {name:?} already");
    Refusal::Taken(vec![FieldError::new(pointer, detail)])
}

/// What stands in the way of a removal is not in the request.
fn in_the_way(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Invalid(found) => {
            let texts: Vec<_> = found.into_iter().map(|found| found.detail).collect();
            Refusal::NotPossible(texts.join("; "))
        }
        other => other,
    }
}
