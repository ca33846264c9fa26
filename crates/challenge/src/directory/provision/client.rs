//! Planning clients.

use secrecy::{ExposeSecret, SecretString};

use super::blueprint::ClientBlueprint;
use super::draft::{Draft, Within};
use super::findings::At;
use super::{differences, names};
use crate::directory::Client;
use crate::id::Id;
use crate::secret::SecretMac;

/// Shorter client secrets are warned about.
const SECRET_LENGTH_WISE: usize = 12;

/// Ten years; longer-lived tokens are a mistake in the unit.
const TOKEN_S_MAX: u32 = 315_360_000;

impl Draft<'_> {
    pub(super) fn plan_clients(
        &mut self,
        within: &Within,
        blueprints: &[ClientBlueprint],
        present: &[Client],
    ) {
        let ids = blueprints.iter().map(|client| client.id.as_str());
        self.check_repeats(&within.at, "client", ids);
        for blueprint in blueprints {
            let present = present.iter().find(|client| client.name == blueprint.id);
            self.plan_client(within, blueprint, present);
        }
        let gone = |client: &&Client| blueprints.iter().all(|kept| kept.id != client.name);
        if self.options.prune {
            for client in present.iter().filter(gone) {
                self.provision
                    .removed_clients
                    .push((within.tenant, client.id));
                let at = within.at.within("client", &client.name);
                self.changed(within.tenant, &at, "removed, its access tokens with it");
            }
        }
    }

    fn plan_client(
        &mut self,
        within: &Within,
        blueprint: &ClientBlueprint,
        present: Option<&Client>,
    ) {
        let at = within.at.within("client", &blueprint.id);
        self.check_client(within, &at, blueprint);
        let stored = present.and_then(|client| client.secret.as_ref());
        let (secret, secret_told) = self.client_secret(&at, blueprint.secret.as_ref(), stored);
        if secret.is_none() && blueprint.certificate_sha256.is_none() {
            self.found.warn(
                &at,
                "secret: it has none, so nobody can authenticate as this client",
            );
        }
        let client = Client {
            id: present.map_or_else(|| Id::random(self.context.rng), |client| client.id),
            tenant: within.tenant,
            name: blueprint.id.clone(),
            secret,
            grants: blueprint.grants.clone(),
            protocols: blueprint.protocols.clone(),
            scopes: blueprint.scopes.clone(),
            caller_supplied_challenge: blueprint.caller_supplied_challenge,
            addresses: blueprint.addresses.clone(),
            certificate_sha256: blueprint.certificate_sha256.as_deref().map(fingerprint),
            default_policy: blueprint.default_policy.clone(),
            default_channel: blueprint.default_channel.clone(),
            token_s: blueprint.token_s,
            user_token_s: blueprint.user_token_s,
        };
        let told = present.map(|present| {
            let mut told = differences::between(present, &client);
            told.extend(secret_told.map(str::to_owned));
            told
        });
        match told {
            None => self.changed(within.tenant, &at, "created"),
            Some(told) if told.is_empty() => return,
            Some(told) => self.changed(within.tenant, &at, told.join(", ")),
        }
        self.provision.clients.push(client);
    }

    /// The secret as it is to be stored, and what is to be told if that is new.
    fn client_secret(
        &mut self,
        at: &At,
        wanted: Option<&SecretString>,
        stored: Option<&SecretMac>,
    ) -> (Option<SecretMac>, Option<&'static str>) {
        let Some(wanted) = wanted.map(ExposeSecret::expose_secret) else {
            return (stored.cloned(), None);
        };
        match wanted.len() {
            0 => self.found.problem(at, "secret: it is empty"),
            1..SECRET_LENGTH_WISE => self.found.warn(
                at,
                format!("secret: it is weak; take {SECRET_LENGTH_WISE} random characters or more"),
            ),
            _ => {}
        }
        if self.context.keyring.client_secret_matches(stored, wanted) {
            return (stored.cloned(), None);
        }
        let mac = self.context.keyring.client_secret_mac(wanted);
        let mac = self.found.accept(at, "secret", mac);
        (
            mac,
            Some(if stored.is_some() {
                "secret: changed"
            } else {
                "secret: set"
            }),
        )
    }

    fn check_client(&mut self, within: &Within, at: &At, blueprint: &ClientBlueprint) {
        let found = &mut self.found;
        names::check_url_name(found, at, "id", &blueprint.id);
        names::check_optional(
            found,
            at,
            "default_channel",
            blueprint.default_channel.as_ref(),
        );
        for protocol in &blueprint.protocols {
            if !ClientBlueprint::PROTOCOLS.contains(&protocol.as_str()) {
                let known = ClientBlueprint::PROTOCOLS.join(", ");
                found.problem(
                    at,
                    format!("protocols: there is no {protocol:?}; there is {known}"),
                );
            }
        }
        if let Some(code) = &blueprint.default_policy
            && within.policy(code).is_none()
        {
            let known = within.policy_codes();
            found.problem(
                at,
                format!("default_policy: the tenant has no {code}; it has {known}"),
            );
        }
        if let Some(text) = &blueprint.certificate_sha256 {
            let hex = fingerprint(text);
            if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                found.problem(
                    at,
                    "certificate_sha256: write the 64 hexadecimal digits of SHA-256",
                );
            }
        }
        for (key, value) in [
            ("token_s", blueprint.token_s),
            ("user_token_s", blueprint.user_token_s),
        ] {
            names::check_range(found, at, key, value, 1..=TOKEN_S_MAX);
        }
    }
}

/// A certificate's fingerprint in the one spelling that is compared.
fn fingerprint(text: &str) -> String {
    text.replace(':', "").to_ascii_lowercase()
}
