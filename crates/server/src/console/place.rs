//! Where a page stands in the console, and the way between pages as each officer sees it.

use challenge::officers::{Officer, Power, Reach};

/// A place that the navigation names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// What the server does at the moment.
    Overview,
    /// The list of tenants, and each one's settings.
    Tenants,
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

/// A line of the navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where it leads.
    pub(super) href: &'static str,
    /// The key of its word.
    pub(super) key: &'static str,
    /// Whether this is the page that is open, or the one that it belongs to.
    pub(super) is_current: bool,
}

/// The lines of the navigation for an officer: what they may not open is not offered.
pub(super) fn navigation(officer: &Officer, place: Place) -> Vec<Entry> {
    let whole = officer.reach == Reach::Server;
    let governs = officer.may(Power::Govern).is_ok();
    let offered = [
        (Place::Overview, "/console/", "frame.overview", true),
        (Place::Tenants, "/console/tenants", "frame.tenants", true),
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
    let entry = |(at, href, key, _): (Place, &'static str, &'static str, bool)| Entry {
        href,
        key,
        is_current: at == place,
    };
    offered.map(entry).collect()
}

#[cfg(test)]
mod tests {
    use challenge::officers::Role;

    use super::*;

    fn keys(role: Role, reach: Reach) -> Vec<&'static str> {
        let mut officer = Officer::command_line();
        (officer.role, officer.reach) = (role, reach);
        let entries = navigation(&officer, Place::Overview);
        entries.into_iter().map(|entry| entry.key).collect()
    }

    #[test]
    fn nobody_is_offered_what_they_may_not_open() {
        let tenant = Reach::Tenant(challenge::id::Id::from_number(1).unwrap());
        assert_eq!(keys(Role::Admin, Reach::Server).len(), 5);
        assert_eq!(
            keys(Role::Auditor, Reach::Server),
            ["frame.overview", "frame.tenants", "frame.health"]
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
        let entries = navigation(&Officer::command_line(), Place::Tokens);
        let current: Vec<_> = entries.iter().filter(|entry| entry.is_current).collect();
        assert_eq!(current.len(), 1);
        assert_eq!(current[0].href, "/console/tokens");
    }
}
