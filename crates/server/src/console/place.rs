//! Where a page stands in the console, and the way between pages as each officer sees it.

use challenge::officers::{Officer, Power, Reach};

/// A place that the navigation names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// What the server does at the moment.
    Overview,
    /// The list of tenants, and what belongs to one.
    Tenants,
    /// Callbacks of all tenants, and what else leaves the server.
    Callbacks,
    /// The audit log of all tenants.
    Audit,
    /// How the server is.
    Health,
    /// Who may use the console.
    Officers,
    /// What programs use.
    Tokens,
    /// The officer's own account.
    Account,
    /// Nowhere: a sign-in, a mistake.
    Nowhere,
}

/// A place within a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TenantPlace {
    /// The tenant itself: status, trial, callback address, secret.
    Settings,
    /// Its websites.
    Sites,
    /// The programs that call.
    Clients,
    /// What is demanded of answers.
    Policies,
    /// Its users, and what they hold.
    Users,
    /// Those of them who are locked.
    Locked,
    /// What phones are asked.
    Approvals,
    /// Its callbacks, and what else leaves the server.
    Callbacks,
    /// Its audit log.
    Audit,
}

impl TenantPlace {
    /// All of them, in the order of the navigation. Whoever reaches a tenant may look at each.
    const ALL: [Self; 9] = [
        Self::Settings,
        Self::Sites,
        Self::Clients,
        Self::Policies,
        Self::Users,
        Self::Locked,
        Self::Approvals,
        Self::Callbacks,
        Self::Audit,
    ];

    fn key(self) -> &'static str {
        match self {
            Self::Settings => "frame.settings",
            Self::Sites => "frame.sites",
            Self::Clients => "frame.clients",
            Self::Policies => "frame.policies",
            Self::Users => "frame.users",
            Self::Locked => "frame.locked",
            Self::Approvals => "frame.approvals",
            Self::Callbacks => "frame.callbacks",
            Self::Audit => "frame.audit",
        }
    }

    /// What its path ends in.
    fn ending(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Sites => "sites",
            Self::Clients => "clients",
            Self::Policies => "policies",
            Self::Users => "users",
            Self::Locked => "locked",
            Self::Approvals => "approvals",
            Self::Callbacks => "callbacks",
            Self::Audit => "audit",
        }
    }
}

/// The path of a tenant's page; names of tenants have nothing that a path would have to encode.
pub(super) fn tenant_path(tenant: &str, place: TenantPlace) -> String {
    format!("/console/tenants/{tenant}/{}", place.ending())
}

/// A line of the navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where it leads.
    pub(super) href: String,
    /// The key of its word.
    pub(super) key: &'static str,
    /// Whether this is the page that is open, or the one that it belongs to.
    pub(super) is_current: bool,
    /// The tenant whose places stand below it, if one is open.
    pub(super) tenant: Option<String>,
    /// These places.
    pub(super) below: Vec<Entry>,
}

/// The lines of the navigation for an officer: what they may not open is not offered.
pub(super) fn navigation(
    officer: &Officer,
    place: Place,
    tenant: Option<(&str, TenantPlace)>,
) -> Vec<Entry> {
    let whole = officer.reach == Reach::Server;
    let governs = officer.may(Power::Govern).is_ok();
    let offered = [
        (Place::Overview, "/console/", "frame.overview", true),
        (Place::Tenants, "/console/tenants", "frame.tenants", true),
        (
            Place::Callbacks,
            "/console/callbacks",
            "frame.callbacks",
            whole,
        ),
        (Place::Audit, "/console/audit", "frame.audit", whole),
        (Place::Health, "/console/server", "frame.health", whole),
        (
            Place::Officers,
            "/console/officers",
            "frame.officers",
            governs,
        ),
        (Place::Tokens, "/console/tokens", "frame.tokens", governs),
    ];
    let offered = offered.into_iter().filter(|(.., is_offered)| *is_offered);
    let entry = |(at, href, key, _): (Place, &str, &'static str, bool)| {
        let open = tenant.filter(|_| at == Place::Tenants);
        Entry {
            href: href.to_owned(),
            key,
            is_current: at == place && open.is_none(),
            tenant: open.map(|(name, _)| name.to_owned()),
            below: open.map_or_else(Vec::new, |(name, open)| below(name, open)),
        }
    };
    offered.map(entry).collect()
}

fn below(tenant: &str, open: TenantPlace) -> Vec<Entry> {
    let entry = |place: TenantPlace| Entry {
        href: tenant_path(tenant, place),
        key: place.key(),
        is_current: place == open,
        tenant: None,
        below: Vec::new(),
    };
    TenantPlace::ALL.map(entry).into()
}

#[cfg(test)]
mod tests {
    use challenge::officers::Role;

    use super::*;

    fn keys(role: Role, reach: Reach) -> Vec<&'static str> {
        let mut officer = Officer::command_line();
        (officer.role, officer.reach) = (role, reach);
        let entries = navigation(&officer, Place::Overview, None);
        entries.into_iter().map(|entry| entry.key).collect()
    }

    #[test]
    fn nobody_is_offered_what_they_may_not_open() {
        let tenant = Reach::Tenant(challenge::id::Id::from_number(1).unwrap());
        assert_eq!(keys(Role::Admin, Reach::Server).len(), 7);
        assert_eq!(
            keys(Role::Auditor, Reach::Server),
            [
                "frame.overview",
                "frame.tenants",
                "frame.callbacks",
                "frame.audit",
                "frame.health"
            ]
        );
        assert_eq!(
            keys(Role::Admin, tenant),
            [
                "frame.overview",
                "frame.tenants",
                "frame.officers",
                "frame.tokens"
            ]
        );
        assert_eq!(
            keys(Role::Operator, tenant),
            ["frame.overview", "frame.tenants"]
        );
    }

    #[test]
    fn one_entry_is_current() {
        let entries = navigation(&Officer::command_line(), Place::Tokens, None);
        let current: Vec<_> = entries.iter().filter(|entry| entry.is_current).collect();
        assert_eq!(current.len(), 1);
        assert_eq!(current[0].href, "/console/tokens");
    }

    #[test]
    fn an_open_tenant_has_its_places_below_the_tenants() {
        let open = Some(("BANK", TenantPlace::Settings));
        let entries = navigation(&Officer::command_line(), Place::Tenants, open);
        assert!(entries.iter().all(|entry| !entry.is_current));
        let below = entries.iter().flat_map(|entry| &entry.below);
        let current: Vec<_> = below.filter(|entry| entry.is_current).collect();
        assert_eq!(current.len(), 1);
        assert_eq!(current[0].href, "/console/tenants/BANK/settings");
    }
}
