//! How much of all that is under way one tenant and one push service may have. A phone's user names the
//! service: one that hangs takes no room from the others, nor do the phones of one tenant.

use std::collections::HashMap;

use challenge::directory::Tenant;
use challenge::id::Id;

/// Pushes under way at once.
pub(super) const ALL_MAX: usize = 512;

/// Pushes of one tenant under way.
const TENANT_MAX: u32 = 64;

/// Pushes to one service under way.
const SERVICE_MAX: u32 = 256;

/// Pushes of one tenant to one service under way.
const TENANTS_SERVICE_MAX: u32 = 32;

/// What has a share.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Share {
    Tenant(Id<Tenant>),
    Service(String),
    TenantsService(Id<Tenant>, String),
}

impl Share {
    fn most(&self) -> u32 {
        match self {
            Self::Tenant(_) => TENANT_MAX,
            Self::Service(_) => SERVICE_MAX,
            Self::TenantsService(..) => TENANTS_SERVICE_MAX,
        }
    }
}

/// What one push takes, to be given back.
#[derive(Debug)]
pub(super) struct Taken([Share; 3]);

/// What is under way.
#[derive(Debug, Default)]
pub(super) struct Shares(HashMap<Share, u32>);

impl Shares {
    /// Takes room for a push of a tenant to a service; nothing where a share is used up.
    pub(super) fn take(&mut self, tenant: Id<Tenant>, service: &str) -> Option<Taken> {
        let shares = [
            Share::Tenant(tenant),
            Share::Service(service.to_owned()),
            Share::TenantsService(tenant, service.to_owned()),
        ];
        let is_full = |share: &Share| {
            self.0
                .get(share)
                .is_some_and(|taken| *taken >= share.most())
        };
        if shares.iter().any(is_full) {
            return None;
        }
        for share in &shares {
            *self.0.entry(share.clone()).or_default() += 1;
        }
        Some(Taken(shares))
    }

    /// Gives room back.
    pub(super) fn give_back(&mut self, taken: &Taken) {
        for share in &taken.0 {
            if let Some(count) = self.0.get_mut(share) {
                *count -= 1;
                if *count == 0 {
                    self.0.remove(share);
                }
            }
        }
    }

    /// The tenants that have all that they may.
    pub(super) fn full_tenants(&self) -> Vec<Id<Tenant>> {
        let full = self.0.iter();
        let full = full.filter_map(|(share, taken)| match share {
            Share::Tenant(tenant) if *taken >= TENANT_MAX => Some(*tenant),
            _ => None,
        });
        full.collect()
    }
}

#[cfg(test)]
mod tests {
    use challenge::rng::DangerCountingRng;

    use super::*;

    #[test]
    fn a_share_is_full_by_itself_and_given_back_whole() {
        let rng = DangerCountingRng::default();
        let tenant = || -> Id<Tenant> { Id::random(&rng) };
        let (mut shares, first, other) = (Shares::default(), tenant(), tenant());
        let mut taken: Vec<_> = (0..32).map(|_| shares.take(first, "a").unwrap()).collect();
        assert!(shares.take(first, "a").is_none(), "its share of a");
        taken.extend((0..32).map(|_| shares.take(first, "b").unwrap()));
        assert!(shares.take(first, "c").is_none(), "its share of all");
        assert_eq!(shares.full_tenants(), [first]);
        taken.push(shares.take(other, "a").unwrap());
        taken.extend((0..7).flat_map(|_| {
            let tenant = tenant();
            (0..32)
                .filter_map(|_| shares.take(tenant, "a"))
                .collect::<Vec<_>>()
        }));
        assert!(shares.take(other, "a").is_none(), "the share of a");
        assert!(shares.take(other, "b").is_some());
        for one in &taken {
            shares.give_back(one);
        }
        assert_eq!(shares.0.len(), 3, "what the last one took is left");
    }
}
