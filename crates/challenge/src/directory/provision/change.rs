//! A change of what stands still, as the store takes it.

use crate::audit::Event;
use crate::audit::ports::Erasure;
use crate::directory::{Authenticator, Client, ServerSetting, Site, Tenant, User};
use crate::id::Id;
use crate::officers::ports::OfficerWrites;
use crate::policy::Policy;
use crate::ports::StandingWrite;
use crate::restore::ports::RestoreWrites;

/// One change of what stands still. Rows are written in the order of the members.
#[derive(Clone, Debug, Default)]
pub struct Provision {
    /// The directory's version that the change was computed from.
    pub expected_version: u64,
    /// Settings of the whole server to be added or replaced, by name.
    pub settings: Vec<ServerSetting>,
    /// Tenants to be added or replaced, by id.
    pub tenants: Vec<Tenant>,
    /// Tenants to be removed, in which there is nothing any more; challenges of visitors go with them.
    pub removed_tenants: Vec<Id<Tenant>>,
    /// Clients to be added or replaced, by id.
    pub clients: Vec<Client>,
    /// Clients to be removed; their access tokens end with them.
    pub removed_clients: Vec<(Id<Tenant>, Id<Client>)>,
    /// Policies to be added or replaced, by id.
    pub policies: Vec<Policy>,
    /// Policies to be removed.
    pub removed_policies: Vec<(Id<Tenant>, Id<Policy>)>,
    /// Sites to be added or replaced, by id.
    pub sites: Vec<Site>,
    /// Sites to be removed.
    pub removed_sites: Vec<(Id<Tenant>, Id<Site>)>,
    /// Users to be added or replaced, by id.
    pub users: Vec<User>,
    /// Authenticators to be added or replaced, by id.
    pub authenticators: Vec<Authenticator>,
    /// Standings of new users, or changed by enrolment and revocation: compare-and-set, with 0 for
    /// a new user.
    pub standings: Vec<(Id<Tenant>, StandingWrite)>,
    /// What is about officers.
    pub officers: OfficerWrites,
    /// What ends because the database was restored.
    pub restored: RestoreWrites,
    /// Users whose data is to be erased from the audit log.
    pub erasures: Vec<Erasure>,
    /// What happened, an event a tenant that was touched.
    pub events: Vec<Event>,
}
