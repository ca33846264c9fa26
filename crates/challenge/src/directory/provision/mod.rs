//! Bringing the directory to what an operator described: compared with what is there, written whole
//! or not at all.
//!
//! Start reading at [`Provisioner::apply`]. Reading files is not done here: a [`Blueprint`] holds
//! plain values, with secrets already fetched from where they are kept.

mod arrival;
mod blueprint;
mod change;
mod client;
mod delivery;
mod differences;
mod draft;
mod enrolment;
mod findings;
mod intake;
mod key;
mod names;
pub(crate) mod parts;
pub(crate) mod password;
mod people;
mod policy;
mod provisioner;
mod prune;
mod removal;
mod sealing;
mod sign_up;
mod site;
mod standings;
mod tenant;
mod token;
mod unique;

pub use arrival::{Arrival, IntakeError, IntakeOptions, Taken, Verdict};
pub use blueprint::{
    AuthenticatorBlueprint, Blueprint, ClientBlueprint, DeliveryBlueprint, KeySource, Kind,
    OkayBlueprint, PolicyBlueprint, SiteBlueprint, TenantBlueprint, UserBlueprint,
};
pub use change::Provision;
pub use findings::Finding;
pub use intake::{ARRIVALS_MAX, Intake};
pub use parts::{Part, Parts};
pub use provisioner::{Generated, GeneratedKey, Options, Plan, ProvisionError, Provisioner};
pub use removal::{Removal, Removed};
