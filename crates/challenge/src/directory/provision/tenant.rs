//! Planning a tenant, and in which order its rows follow.

use std::collections::HashSet;

use data_encoding::BASE64;
use secrecy::ExposeSecret;

use super::blueprint::{OkayBlueprint, TenantBlueprint};
use super::draft::{Draft, Within};
use super::findings::{At, Findings};
use super::provisioner::rows_or_none;
use super::standings::Standings;
use super::{differences, names};
use crate::approval::okay_place;
use crate::directory::{OkaySettings, Tenant};
use crate::id::Id;
use crate::ports::{StoreError, TenantRows};

/// Characters of an approvals secret below which an operator is warned.
const SECRET_LENGTH: usize = 30;

impl Draft<'_> {
    pub(super) async fn plan_tenant(
        &mut self,
        blueprint: &TenantBlueprint,
        rows: Option<&TenantRows>,
    ) -> Result<(), StoreError> {
        let at = At::tenant(&blueprint.name);
        let id = self.plan_tenant_row(&at, blueprint, rows.map(|rows| &rows.tenant));
        let policies = self.plan_policies(
            (id, &at),
            &blueprint.policies,
            rows_or_none(rows, |rows| &rows.policies),
        );
        let name = blueprint.name.clone();
        let within = Within {
            tenant: id,
            name,
            exists: rows.is_some(),
            at,
            policies,
        };
        self.plan_clients(
            &within,
            &blueprint.clients,
            rows_or_none(rows, |rows| &rows.clients),
        );
        self.plan_sites(
            &within,
            &blueprint.sites,
            rows_or_none(rows, |rows| &rows.sites),
        );
        let mut standings = Standings::of(id);
        self.plan_users(&within, &blueprint.users, &mut standings)
            .await?;
        if self.options.prune && within.exists {
            self.prune_people(&within, &blueprint.users, &mut standings)
                .await?;
        }
        self.provision.standings.extend(standings.into_writes());
        Ok(())
    }

    fn plan_tenant_row(
        &mut self,
        at: &At,
        blueprint: &TenantBlueprint,
        present: Option<&Tenant>,
    ) -> Id<Tenant> {
        let id = present.map_or_else(|| Id::random(self.context.rng), |tenant| tenant.id);
        names::check_url_name(&mut self.found, at, "name", &blueprint.name);
        let display_name = blueprint.display_name.as_ref().unwrap_or(&blueprint.name);
        names::check_text(&mut self.found, at, "display_name", display_name);

        let mut told = Vec::new();
        if let Some(present) = present
            && present.display_name != *display_name
        {
            told.push(format!(
                "display_name {} → {display_name}",
                present.display_name
            ));
        }
        let present_okay = present.and_then(|tenant| tenant.okay.as_ref());
        let okay = match &blueprint.okay {
            Some(okay) => Some(self.plan_okay((id, at), okay, present_okay, &mut told)),
            None if self.options.prune => {
                told.extend(present_okay.map(|_| "okay: removed".to_owned()));
                None
            }
            None => present_okay.cloned(),
        };
        match present {
            None => self.changed(id, at, "created"),
            Some(_) if told.is_empty() => return id,
            Some(_) => self.changed(id, at, told.join(", ")),
        }
        let tenant = Tenant {
            id,
            name: blueprint.name.clone(),
            display_name: display_name.clone(),
            okay,
        };
        self.provision.tenants.push(tenant);
        id
    }

    fn plan_okay(
        &mut self,
        (tenant, at): (Id<Tenant>, &At),
        blueprint: &OkayBlueprint,
        present: Option<&OkaySettings>,
        told: &mut Vec<String>,
    ) -> OkaySettings {
        self.check_okay(at, blueprint, present);
        let mut okay = blueprint.settings.clone();
        let secret = self.reseal(
            (at, "okay.secret"),
            &okay_place(tenant, "okay_secret"),
            present.and_then(|okay| okay.secret.as_ref()),
            blueprint
                .secret
                .as_ref()
                .map(|secret| secret.expose_secret().as_bytes()),
        );
        let callback = self.reseal(
            (at, "okay.callback_standard_secret"),
            &okay_place(tenant, "okay_callback_standard_secret"),
            present.and_then(|okay| okay.callback_standard_secret.as_ref()),
            blueprint
                .callback_standard_secret
                .as_ref()
                .map(|secret| secret.expose_secret().as_bytes()),
        );
        // Another receiver has not said that it wants nothing.
        okay.callback_stopped_at = present
            .filter(|present| present.callback_url == okay.callback_url)
            .and_then(|present| present.callback_stopped_at);
        let (secret, secret_is_new) = secret.into_parts();
        let (callback_secret, callback_is_new) = callback.into_parts();
        (okay.secret, okay.callback_standard_secret) = (secret, callback_secret);
        match present {
            None => told.push("okay: set up".to_owned()),
            Some(present) => {
                let lines = differences::between(present, &okay);
                told.extend(lines.into_iter().map(|line| format!("okay.{line}")));
                if present.id != okay.id {
                    told.push(format!("okay.id {} → {}", present.id, okay.id));
                }
                told.extend(secret_is_new.then(|| "okay.secret: changed".to_owned()));
                told.extend(
                    callback_is_new.then(|| "okay.callback_standard_secret: changed".to_owned()),
                );
            }
        }
        okay
    }

    fn check_okay(&mut self, at: &At, blueprint: &OkayBlueprint, present: Option<&OkaySettings>) {
        let settings = &blueprint.settings;
        let found = &mut self.found;
        if settings.id == 0 || settings.id >= 1 << 53 {
            found.problem(at, "okay.id: choose a whole number from 1 to 2^53 - 1");
        }
        if blueprint.secret.is_none() && present.is_none() {
            found.problem(at, "okay.secret: it is missing");
        }
        match blueprint
            .secret
            .as_ref()
            .map(|secret| secret.expose_secret().len())
        {
            Some(0) => found.problem(at, "okay.secret: it is empty"),
            Some(1..SECRET_LENGTH) => {
                found.warn(
                    at,
                    format!(
                        "okay.secret: it is short; take {SECRET_LENGTH} random characters or more"
                    ),
                );
            }
            _ => {}
        }
        if !["CANCEL", "NO"].contains(&settings.decline_word.as_str()) {
            found.problem(at, "okay.decline_word: choose \"CANCEL\" or \"NO\"");
        }
        check_callback(found, at, blueprint);
        let ranges = [
            ("okay.pending_s", settings.pending_s, 1..=86_400),
            ("okay.max_pending", settings.max_pending, 1..=1000),
            (
                "okay.starts_per_5_min",
                settings.starts_per_5_min,
                1..=1_000_000,
            ),
            ("okay.linking_s", settings.linking_s, 1..=604_800),
            ("okay.linking_digits", settings.linking_digits, 6..=12),
            ("okay.pause_s", settings.pause_s, 0..=604_800),
            (
                "okay.starts_per_min",
                settings.starts_per_min.unwrap_or(1),
                1..=1_000_000,
            ),
        ];
        for (key, value, range) in ranges {
            names::check_range(found, at, key, value, range);
        }
    }
}

fn check_callback(found: &mut Findings, at: &At, blueprint: &OkayBlueprint) {
    if let Some(url) = &blueprint.settings.callback_url {
        names::check_text(found, at, "okay.callback_url", url);
        if !url.starts_with("https://") && !url.starts_with("http://") {
            found.problem(
                at,
                "okay.callback_url: it must begin with http:// or https://",
            );
        }
    }
    let Some(secret) = &blueprint.callback_standard_secret else {
        return;
    };
    // As the libraries of Standard Webhooks read it.
    let text = secret.expose_secret();
    let text = text.strip_prefix("whsec_").unwrap_or(text);
    match BASE64.decode(text.as_bytes()).map(|key| key.len()) {
        Ok(24..=64) => {}
        Ok(1..) => found.warn(
            at,
            "okay.callback_standard_secret: Standard Webhooks wants 24 to 64 bytes",
        ),
        Ok(0) | Err(_) => found.problem(
            at,
            "okay.callback_standard_secret: give whsec_ and base64 of 24 to 64 random bytes",
        ),
    }
}

impl Draft<'_> {
    /// Finds what is described twice.
    pub(super) fn check_repeats<'n>(
        &mut self,
        at: &At,
        what: &str,
        names: impl Iterator<Item = &'n str>,
    ) {
        let mut seen = HashSet::new();
        for name in names {
            if !seen.insert(name) {
                self.found
                    .problem(&at.within(what, name), "it is described twice");
            }
        }
    }
}
