//! Planning sites.

use std::ops::RangeInclusive;

use secrecy::ExposeSecret;

use super::blueprint::SiteBlueprint;
use super::draft::{Draft, Within};
use super::findings::{At, Findings};
use super::{differences, names};
use crate::directory::Site;
use crate::id::Id;

/// The JWT algorithms a site may sign with, and the length of each hash in bytes: a key should not
/// be shorter (RFC 7518, section 3.2).
const JWT_ALGORITHMS: [(&str, usize); 3] = [("HS256", 32), ("HS384", 48), ("HS512", 64)];

/// What the highest counter of a proof of work can be in peace: under attack it doubles.
const DIFFICULTIES: RangeInclusive<u32> = 1..=50_000;

impl Draft<'_> {
    pub(super) fn plan_sites(
        &mut self,
        within: &Within,
        blueprints: &[SiteBlueprint],
        present: &[Site],
    ) {
        let ids = blueprints.iter().map(|site| site.public_id.as_str());
        self.check_repeats(&within.at, "site", ids);
        for blueprint in blueprints {
            let present = present
                .iter()
                .find(|site| site.public_id == blueprint.public_id);
            self.plan_site(within, blueprint, present);
        }
        let gone = |site: &&Site| {
            blueprints
                .iter()
                .all(|kept| kept.public_id != site.public_id)
        };
        if self.options.prune {
            for site in present.iter().filter(gone) {
                self.provision.removed_sites.push((within.tenant, site.id));
                self.changed(
                    within.tenant,
                    &within.at.within("site", &site.public_id),
                    "removed",
                );
            }
        }
    }

    fn plan_site(&mut self, within: &Within, blueprint: &SiteBlueprint, present: Option<&Site>) {
        let at = within.at.within("site", &blueprint.public_id);
        self.check_site(&at, blueprint, present);
        let id = present.map_or_else(|| Id::random(self.context.rng), |site| site.id);
        let place = Site::secret_place(within.tenant, id);
        let secret = self.reseal(
            (&at, "secret"),
            &place,
            present.and_then(|site| site.secret.as_ref()),
            blueprint
                .secret
                .as_ref()
                .map(|secret| secret.expose_secret().as_bytes()),
        );
        let (secret, secret_is_new) = secret.into_parts();
        let site = Site {
            id,
            tenant: within.tenant,
            public_id: blueprint.public_id.clone(),
            secret,
            jwt_algorithms: blueprint.jwt_algorithms.clone(),
            kinds: blueprint.kinds.clone(),
            origins: blueprint.origins.clone(),
            difficulty: blueprint.difficulty,
            corpora: blueprint.corpora.clone(),
        };
        let told = present.map(|present| {
            let mut told = differences::between(present, &site);
            told.extend(secret_is_new.then(|| "secret: changed".to_owned()));
            told
        });
        match told {
            None => self.changed(within.tenant, &at, "created"),
            Some(told) if told.is_empty() => return,
            Some(told) => self.changed(within.tenant, &at, told.join(", ")),
        }
        self.provision.sites.push(site);
    }

    fn check_site(&mut self, at: &At, blueprint: &SiteBlueprint, present: Option<&Site>) {
        let found = &mut self.found;
        names::check_url_name(found, at, "public_id", &blueprint.public_id);
        if blueprint.public_id.starts_with("c.") {
            found.problem(
                at,
                "public_id: it must not begin with \"c.\", as ids of challenges do",
            );
        }
        if blueprint.jwt_algorithms.is_empty() {
            found.problem(
                at,
                "jwt_algorithms: name at least one of HS256, HS384, HS512",
            );
        }
        let mut longest = 0;
        for name in &blueprint.jwt_algorithms {
            match JWT_ALGORITHMS.iter().find(|(known, _)| known == name) {
                Some((_, length)) => longest = longest.max(*length),
                None => found.problem(
                    at,
                    format!("jwt_algorithms: there is no {name:?}; there is HS256, HS384, HS512"),
                ),
            }
        }
        match blueprint
            .secret
            .as_ref()
            .map(|secret| secret.expose_secret().len())
        {
            None if present.is_none_or(|site| site.secret.is_none()) => {
                found.problem(at, "secret: it is missing");
            }
            Some(0) => found.problem(at, "secret: it is empty"),
            Some(length) if length < longest => found.warn(
                at,
                format!("secret: {length} bytes are fewer than the {longest} of its JWT hash"),
            ),
            _ => {}
        }
        for origin in &blueprint.origins {
            if !is_origin(origin) {
                found.problem(
                    at,
                    format!("origins: {origin:?} is no origin; write https://host or with :port"),
                );
            }
        }
        for corpus in &blueprint.corpora {
            names::check_text(found, at, "corpora", corpus);
        }
        check_kinds(found, at, blueprint);
        check_difficulty(found, at, blueprint.difficulty);
    }
}

/// Whether this is scheme, host and perhaps port, as browsers write an origin (RFC 6454,
/// section 6.2).
fn is_origin(text: &str) -> bool {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    let allowed = |c: char| c.is_ascii_graphic() && !"/?#@\\\"'<>".contains(c);
    host.is_some_and(|host| !host.is_empty() && host.chars().all(allowed))
}

fn check_kinds(found: &mut Findings, at: &At, blueprint: &SiteBlueprint) {
    if blueprint.kinds.is_empty() {
        found.problem(at, "kinds: name at least one");
    }
    for kind in &blueprint.kinds {
        if !SiteBlueprint::KINDS.contains(&kind.as_str()) {
            let known = SiteBlueprint::KINDS.join(", ");
            found.problem(at, format!("kinds: there is no {kind:?}; there is {known}"));
        }
    }
}

fn check_difficulty(found: &mut Findings, at: &At, difficulty: Option<u32>) {
    if let Some(bound) = difficulty.filter(|bound| !DIFFICULTIES.contains(bound)) {
        found.problem(
            at,
            format!(
                "difficulty: {bound} is out of range; it is the highest counter of a proof of work, \
                 from {} to {}",
                DIFFICULTIES.start(),
                DIFFICULTIES.end(),
            ),
        );
    }
}
