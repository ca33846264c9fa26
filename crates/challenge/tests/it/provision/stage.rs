//! What every test needs: a store, keys, and a tenant with one of everything.

use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use oath::Key;

use super::memory::Memory;
use challenge::clock::{ManualClock, Timestamp};
use challenge::directory::provision::{
    AuthenticatorBlueprint, Blueprint, ClientBlueprint, KeySource, Kind, Options, Plan,
    PolicyBlueprint, ProvisionError, Provisioner, TenantBlueprint, UserBlueprint,
};
use challenge::policy::Limits;
use challenge::rng::DangerCountingRng;
use challenge::secret::Keyring;
use challenge::standing::Movement;

pub(super) const KEY: &[u8] = b"12345678901234567890";

pub(super) struct Stage {
    pub(super) store: Memory,
    keyring: Keyring,
    rng: DangerCountingRng,
    clock: ManualClock,
}

impl Stage {
    pub(super) fn new() -> Self {
        Self {
            store: Memory::default(),
            keyring: Keyring::new(BTreeMap::from([(1, [7; 32])])).unwrap(),
            rng: DangerCountingRng::default(),
            clock: ManualClock::at(Timestamp::from_unix_s(1_500_000_000)),
        }
    }

    pub(super) fn provisioner(&self) -> Provisioner<'_> {
        let Self {
            store,
            keyring,
            rng,
            clock,
        } = self;
        Provisioner {
            store,
            keyring,
            rng,
            clock,
        }
    }

    pub(super) fn plan(&self, blueprint: &Blueprint) -> Result<Plan, ProvisionError> {
        run(self.provisioner().plan(blueprint, Options::default()))
    }

    pub(super) fn apply(&self, blueprint: &Blueprint) -> Plan {
        run(self.provisioner().apply(blueprint, Options::default())).unwrap()
    }

    pub(super) fn prune(&self, blueprint: &Blueprint) -> Plan {
        run(self.provisioner().apply(
            blueprint,
            Options {
                prune: true,
                ..Options::default()
            },
        ))
        .unwrap()
    }

    /// The problems of a blueprint that must be refused, and that nothing was written.
    pub(super) fn problems(&self, blueprint: &Blueprint) -> Vec<String> {
        let version = self.store.rows().version;
        let error = run(self.provisioner().apply(blueprint, Options::default())).unwrap_err();
        assert_eq!(self.store.rows().version, version, "something was written");
        let ProvisionError::Refused(findings) = error else {
            panic!("{error}")
        };
        findings.iter().map(ToString::to_string).collect()
    }

    pub(super) fn movement(&self, user: &str, serial: &str) -> Movement {
        let (user, token) = (self.store.user_named(user), self.store.token(serial));
        self.store.rows().standings[&user.id].1.authenticators[&token.id].clone()
    }

    pub(super) fn move_to(&self, user: &str, serial: &str, movement: Movement) {
        let (user, token) = (self.store.user_named(user), self.store.token(serial));
        let mut rows = self.store.rows();
        let (version, standing) = rows.standings.get_mut(&user.id).unwrap();
        *version += 1;
        standing.authenticators.insert(token.id, movement);
    }
}

/// The store in memory never waits.
pub(super) fn run<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("nothing here waits"),
    }
}

pub(super) fn token(serial: &str, kind: Kind) -> AuthenticatorBlueprint {
    let mut token = AuthenticatorBlueprint::new(serial, kind);
    token.key = KeySource::Given(Key::new(KEY.to_vec()).unwrap());
    token
}

/// A tenant with one of everything that this version serves.
pub(super) fn bank() -> Blueprint {
    let mut tenant = TenantBlueprint::named("ONLINEBANK");
    let mut client = ClientBlueprint::named("spl-api");
    client.secret = Some("password0123".into());
    tenant.clients.push(client);
    let limits = Limits::default();
    tenant.policies.push(PolicyBlueprint {
        code: "AT_CUSTOTP".to_owned(),
        limits,
    });
    let mut user = UserBlueprint::named("alice");
    user.external_id = Some("uid1".to_owned());
    user.authenticators.push(token("1", Kind::Hotp));
    tenant.users.push(user);
    Blueprint {
        tenants: vec![tenant],
        ..Blueprint::default()
    }
}
