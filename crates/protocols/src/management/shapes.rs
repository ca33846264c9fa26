//! What is sent and answered, as JSON: bodies with the members of the provisioning file, and what is
//! shown of the rows. A secret is in no answer but the one to the request that had it drawn.

pub mod authenticators;
pub mod cards;
pub mod clients;
pub mod events;
pub mod health;
pub mod imports;
pub mod me;
pub mod moving;
pub mod officers;
mod parameters;
pub mod policies;
pub mod server;
pub mod sites;
pub mod statistics;
pub mod tenants;
pub mod tokens;
pub mod told;
pub mod users;
