//! Which secrets are some site's: for callers who show a secret and say for whom only by a challenge that may be
//! nobody's. What is kept are MACs under a key of this process, and they go when the directory moves.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::hmac;
use subtle::ConstantTimeEq;

use crate::directory::Site;
use crate::rng;
use crate::verifier::Verifier;
use crate::visitor::Refused;

/// The secrets of all sites, as of one version of the directory.
#[derive(Default)]
pub(crate) struct SiteSecrets(Mutex<Option<Known>>);

struct Known {
    version: u64,
    key: hmac::Key,
    macs: HashSet<[u8; 32]>,
}

impl Verifier {
    /// Whether this is the secret of the site, decided in constant time.
    pub fn is_secret_of(&self, site: &Site, unverified: &str) -> Result<bool, Refused> {
        let key = self.site_key(site)?;
        Ok(bool::from(key.as_slice().ct_eq(unverified.as_bytes())) && !key.is_empty())
    }

    /// Whether this is the secret of any site. How long it takes tells nothing about the secrets: what is
    /// looked up is a MAC under a key that nobody knows.
    pub fn is_secret_of_any_site(&self, unverified: &str) -> bool {
        let version = self.catalogue.version();
        // A panic while the lock was held leaves the last list or none; either is as good as new.
        let kept = self.site_secrets.0.lock();
        let mut kept = kept.unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_none_or(|known| known.version != version) {
            *kept = Some(self.known_secrets(version));
        }
        let known = kept.as_ref();
        known.is_some_and(|known| {
            mac(&known.key, unverified.as_bytes()).is_some_and(|mac| known.macs.contains(&mac))
        })
    }

    fn known_secrets(&self, version: u64) -> Known {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &rng::bytes::<32>(&*self.rng));
        let sites = self.catalogue.sites();
        // A site whose key cannot be opened has no secret that could be shown.
        let secrets = sites.iter().filter_map(|site| self.site_key(site).ok());
        let macs = secrets.filter_map(|secret| mac(&key, &secret)).collect();
        Known { version, key, macs }
    }
}

/// Nothing for an empty secret, which is nobody's.
fn mac(key: &hmac::Key, secret: &[u8]) -> Option<[u8; 32]> {
    let tag = hmac::sign(key, secret);
    tag.as_ref().try_into().ok().filter(|_| !secret.is_empty())
}
