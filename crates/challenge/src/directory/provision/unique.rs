//! Names that must be unique in the whole server: who has them now, and who will.

use std::collections::HashMap;

use super::blueprint::{Blueprint, TenantBlueprint};
use super::draft::Draft;
use super::findings::{At, Findings};
use crate::directory::TENANTLESS;
use crate::ports::TenantRows;

/// What protocols look up without knowing the tenant.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Namespace {
    Okay,
    Site,
    DualShieldClient,
}

impl Namespace {
    fn describe(self, name: &str) -> String {
        match self {
            Self::Okay => format!("okay.id: {name}"),
            Self::Site => format!("the site's public_id {name}"),
            Self::DualShieldClient => {
                format!("the id {name} of a client that speaks dualshield")
            }
        }
    }
}

/// The tenant that holds each name.
#[derive(Default)]
struct Names(HashMap<(Namespace, String), String>);

/// Finds every name of the blueprint that another tenant holds, now or by this very blueprint.
pub(super) fn check(draft: &mut Draft<'_>, blueprint: &Blueprint, present: &[TenantRows]) {
    let mut names = Names::default();
    for rows in present {
        let described = blueprint
            .tenants
            .iter()
            .find(|tenant| tenant.name == rows.tenant.name);
        names.hold_present(rows, described, draft.options.prune);
    }
    for tenant in &blueprint.tenants {
        names.hold_described(tenant, &mut draft.found);
    }
}

impl Names {
    /// What a tenant has and will keep beside what the blueprint says.
    fn hold_present(
        &mut self,
        rows: &TenantRows,
        described: Option<&TenantBlueprint>,
        prune: bool,
    ) {
        let goes = |replaced: bool| replaced || (prune && described.is_some());
        if let Some(okay) = &rows.tenant.okay
            && !goes(described.is_some_and(|tenant| tenant.okay.is_some()))
        {
            self.hold(Namespace::Okay, okay.id.to_string(), rows);
        }
        for site in &rows.sites {
            let replaced = described
                .is_some_and(|tenant| tenant.sites.iter().any(|s| s.public_id == site.public_id));
            if !goes(replaced) {
                self.hold(Namespace::Site, site.public_id.clone(), rows);
            }
        }
        for client in rows
            .clients
            .iter()
            .filter(|client| client.speaks(TENANTLESS))
        {
            let replaced =
                described.is_some_and(|tenant| tenant.clients.iter().any(|c| c.id == client.name));
            if !goes(replaced) {
                self.hold(Namespace::DualShieldClient, client.name.clone(), rows);
            }
        }
    }

    fn hold(&mut self, namespace: Namespace, name: String, rows: &TenantRows) {
        self.0.insert((namespace, name), rows.tenant.name.clone());
    }

    fn hold_described(&mut self, tenant: &TenantBlueprint, found: &mut Findings) {
        let okay = tenant
            .okay
            .iter()
            .map(|okay| (Namespace::Okay, okay.settings.id.to_string()));
        let sites = tenant
            .sites
            .iter()
            .map(|site| (Namespace::Site, site.public_id.clone()));
        let clients = tenant
            .clients
            .iter()
            .filter(|client| {
                client.protocols.is_empty() || client.protocols.iter().any(|p| p == TENANTLESS)
            })
            .map(|client| (Namespace::DualShieldClient, client.id.clone()));
        for (namespace, name) in okay.chain(sites).chain(clients) {
            let holder = self
                .0
                .insert((namespace, name.clone()), tenant.name.clone());
            // The same name twice in one tenant is found where its rows are planned.
            if let Some(holder) = holder.filter(|holder| *holder != tenant.name) {
                let what = namespace.describe(&name);
                found.problem(
                    &At::tenant(&tenant.name),
                    format!("{what} is taken by tenant {holder}; it is unique in the server"),
                );
            }
        }
    }
}
