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

/// Whose a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The site's that is spoken of.
    Own,
    /// Another site's.
    Other,
    /// Nobody's.
    Nobody,
}

impl Verifier {
    /// Whose secret this is, as seen from a site or from none.
    ///
    /// Who shows secrets that are nobody's is slowed down before the next one is looked at: by trying, the
    /// secret of some site would be found in time. [`Refused::SlowDown`] then, for a right one as well.
    pub fn owner_of_secret(
        &self,
        site: Option<&Site>,
        unverified: &str,
        address: &str,
    ) -> Result<Owner, Refused> {
        let taken_at = self.clock.now();
        let taken = self.visitors.take_secret(address, taken_at);
        taken.map_err(|retry_s| Refused::SlowDown { retry_s })?;
        let own = match site {
            Some(site) => self.is_secret_of(site, unverified),
            None => Ok(false),
        };
        let owner = own.map(|own| match own {
            true => Owner::Own,
            false if self.is_secret_of_any_site(unverified) => Owner::Other,
            false => Owner::Nobody,
        });
        if owner != Ok(Owner::Nobody) {
            self.visitors.give_secret_back(address, taken_at);
        }
        owner
    }

    /// Whether this is the secret of the site, decided in constant time.
    fn is_secret_of(&self, site: &Site, unverified: &str) -> Result<bool, Refused> {
        let key = self.site_key(site)?;
        Ok(bool::from(key.as_slice().ct_eq(unverified.as_bytes())) && !key.is_empty())
    }

    /// Whether this is the secret of any site. How long it takes tells nothing about the secrets: what is
    /// looked up is a MAC under a key that nobody knows.
    fn is_secret_of_any_site(&self, unverified: &str) -> bool {
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
