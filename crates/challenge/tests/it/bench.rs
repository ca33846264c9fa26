//! A test bench: a tenant, a client, a user with a token of each kind, and a clock that stands.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use challenge::answer::{Accepted, Answer, Proof};
use challenge::clock::{Clock as _, ManualClock, Timestamp};
use challenge::directory::{
    Authenticator, Client, Grant, Method, OcraSuites, Scope, Tenant, TenantView, User, UserKey,
};
use challenge::id::Id;
use challenge::issuance::{Asked, Wish};
use challenge::lifecycle::{Challenge, Purpose};
use challenge::policy::{Limits, Policy};
use challenge::ports::{TenantRows, Versioned};
use challenge::refusal::Refusal;
use challenge::rng::DangerCountingRng;
use challenge::secret::Keyring;
use challenge::standing::{Movement, Standing, Tally};
use challenge::transaction::Field;
use challenge::verifier::{Context, Ports, Verifier};
use challenge::visitor::InlineMint;
use challenge::which::Which;
use oath::ocra::{Input, Suite};
use oath::{Algorithm, Hotp, Key, Totp};

use crate::bench_sites::sites;
use crate::memory_store::MemoryStore;

pub(crate) const KEY: &[u8] = b"12345678901234567890";
/// The secret path of every grid.
pub(crate) const PATH: &str = "123456";

pub(crate) const POLICY: &str = "AT_CUSTOTP";
pub(crate) const START: Timestamp = Timestamp::from_unix_s(1_700_000_010);

pub(crate) struct Bench {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) tenant: Arc<TenantView>,
    pub(crate) client: Arc<Client>,
    pub(crate) user: Id<User>,
}

impl Bench {
    /// A bench whose user holds these.
    pub(crate) fn with(limits: Limits, methods: Vec<Method>) -> Self {
        let (store, clock) = (Arc::new(MemoryStore::default()), ManualClock::at(START));
        let (clock, rng) = (Arc::new(clock), DangerCountingRng::default());
        let keyring = Keyring::new(BTreeMap::from([(1, [7; 32])])).unwrap();
        let user = furnish(&store, limits, methods, (&keyring, &rng));
        let ports = Ports {
            store: store.clone(),
            clock: clock.clone(),
            rng: Arc::new(rng),
            keyring,
            mint: Arc::new(InlineMint(DangerCountingRng::default())),
        };
        let verifier = Arc::new(block_on(Verifier::start(ports)).unwrap());
        let tenant = verifier.catalogue.tenant("ONLINEBANK").unwrap();
        let client = Arc::clone(tenant.client("spl-api").unwrap());
        Self {
            store,
            clock,
            verifier,
            tenant,
            client,
            user,
        }
    }

    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            tenant: &self.tenant,
            client: &self.client,
            door: challenge::door::Door::Activid,
            channel: None,
            address: None,
            correlation: None,
        }
    }

    pub(crate) async fn give(&self, proof: Proof<'_>) -> Result<Accepted, Refusal> {
        self.give_as("myTestUser1", proof).await
    }

    pub(crate) async fn give_as(&self, name: &str, proof: Proof<'_>) -> Result<Accepted, Refusal> {
        let answer = Answer {
            context: self.context(),
            user: UserKey::LoginName(name),
            policy: Some(POLICY),
            which: Which::ANY,
            proof,
            wants_token: true,
        };
        self.verifier.answer(&answer).await
    }

    pub(crate) fn otp(&self, code: &str) -> Result<Accepted, Refusal> {
        block_on(self.give(Proof::OneTimePassword(code)))
    }

    pub(crate) fn respond(&self, code: &str) -> Result<Accepted, Refusal> {
        block_on(self.give(Proof::Response(code)))
    }

    pub(crate) fn sign(&self, values: &[&str], code: &str) -> Result<Accepted, Refusal> {
        block_on(self.give(Proof::Signature {
            fields: fields(values),
            unverified_code: code,
        }))
    }

    pub(crate) fn issue(&self, device_id: Option<&str>) -> Result<Challenge, Refusal> {
        self.issue_for(Purpose::Respond, device_id)
    }

    pub(crate) fn issue_for(
        &self,
        purpose: Purpose,
        device_id: Option<&str>,
    ) -> Result<Challenge, Refusal> {
        let wish = Wish {
            context: self.context(),
            user: UserKey::LoginName("myTestUser1"),
            policy: Some(POLICY),
            which: Which::on_device(device_id),
            purpose,
            asked: Asked::Drawn,
            to_one: false,
        };
        block_on(self.verifier.issue(&wish))
    }

    pub(crate) fn tally(&self) -> Tally {
        let rows = self.store.rows();
        rows.standings[&self.user]
            .value
            .policies
            .get(POLICY)
            .cloned()
            .unwrap_or_default()
    }

    /// Changes what moves about each authenticator, as another process would.
    pub(crate) fn each_movement(&self, change: impl Fn(&mut Movement)) {
        let mut rows = self.store.rows();
        let row = rows.standings.get_mut(&self.user).unwrap();
        row.value.authenticators.values_mut().for_each(change);
        row.version += 1;
    }

    /// Takes all authenticators from the user, as handing them on does.
    pub(crate) fn forget_movements(&self) {
        let mut rows = self.store.rows();
        let row = rows.standings.get_mut(&self.user).unwrap();
        row.value.authenticators.clear();
        row.version += 1;
    }

    /// No two accepted answers may rest on one event, and every answer must have left one.
    pub(crate) fn events(&self) -> usize {
        let rows = self.store.rows();
        let ids: HashSet<_> = rows
            .events
            .iter()
            .map(|event| event.id.to_string())
            .collect();
        assert_eq!(ids.len(), rows.events.len(), "event ids repeat");
        rows.events.len()
    }
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    pollster::block_on(future)
}

pub(crate) fn hotp() -> Method {
    Method::Hotp {
        algorithm: Algorithm::Sha1,
        digits: 6,
        look_ahead: None,
    }
}

pub(crate) fn totp() -> Method {
    Method::Totp {
        algorithm: Algorithm::Sha1,
        digits: 6,
        period_s: 30,
        t0: 0,
    }
}

pub(crate) fn ocra(suite: Option<&str>, signature_suite: Option<&str>) -> Method {
    Method::Ocra(OcraSuites {
        suite: suite.map(str::to_owned),
        signature_suite: signature_suite.map(str::to_owned),
        counter_window: None,
        time_window: 1,
    })
}

pub(crate) fn key() -> Key {
    Key::new(KEY.to_vec()).unwrap()
}

pub(crate) fn hotp_code(counter: u64) -> String {
    Hotp::default().code(&key(), counter).to_string()
}

pub(crate) fn totp_code(bench: &Bench, steps_off: i64) -> String {
    let step = Totp::default()
        .time_step(bench.clock.now().unix_s())
        .unwrap();
    Totp::default()
        .code(&key(), step.saturating_add_signed(steps_off))
        .to_string()
}

pub(crate) fn ocra_code(suite: &str, question: &str, counter: u64, at: Timestamp) -> String {
    let suite = Suite::parse(suite).unwrap();
    let input = Input {
        counter: suite.has_counter().then_some(counter),
        question: suite.question(question).unwrap(),
        pin: None,
        session: None,
        time_step: suite.time_step(at.unix_s()),
    };
    suite.response(&key(), &input).unwrap().to_string()
}

pub(crate) fn fields(values: &[&str]) -> Vec<Field> {
    let field = |(index, value): (u32, &&str)| Field {
        index,
        name: format!("sign{index}"),
        value: (*value).to_owned(),
        audited: index == 1,
    };
    (1..).zip(values).map(field).collect()
}

fn furnish(
    store: &MemoryStore,
    limits: Limits,
    methods: Vec<Method>,
    (keyring, rng): (&Keyring, &DangerCountingRng),
) -> Id<User> {
    let tenant: Id<Tenant> = Id::random(rng);
    let user_id: Id<User> = Id::random(rng);
    let user = User {
        id: user_id,
        tenant,
        login_name: "myTestUser1".to_owned(),
        external_id: None,
        display_name: None,
        email: None,
        phone: None,
        password_hash: None,
    };
    let enrol = |(number, method): (usize, Method)| {
        let id = Id::random(rng);
        let place = Authenticator::secret_place(tenant, id);
        Authenticator {
            id,
            tenant,
            user: user_id,
            enrolment: 0,
            serial: format!("1000000{number}"),
            device_id: format!("1315{number}"),
            product: product(&method),
            policies: vec![POLICY.to_owned()],
            secret: keyring.seal(rng, &place, secret(&method)).unwrap(),
            method,
            pin: None,
        }
    };
    let authenticators: Vec<_> = methods.into_iter().enumerate().map(enrol).collect();
    let movements = authenticators
        .iter()
        .map(|one: &Authenticator| (one.id, Movement::default()))
        .collect();
    let standing = Standing {
        authenticators: movements,
        ..Standing::default()
    };
    let policy = Policy {
        id: Id::random(rng),
        tenant,
        code: POLICY.to_owned(),
        limits,
    };
    let mut rows = store.rows();
    rows.tenants.push(TenantRows {
        tenant: Tenant {
            id: tenant,
            name: "ONLINEBANK".to_owned(),
            display_name: "Online Bank".to_owned(),
            okay: None,
        },
        clients: clients(tenant, rng),
        policies: vec![policy],
        sites: sites(tenant, (keyring, rng)),
    });
    rows.users.push((user, authenticators));
    rows.standings.insert(
        user_id,
        Versioned {
            version: 1,
            value: standing,
        },
    );
    user_id
}

fn clients(tenant: Id<Tenant>, rng: &DangerCountingRng) -> Vec<Client> {
    let named = |name: &str| Client {
        name: name.to_owned(),
        ..client(tenant, rng)
    };
    vec![
        client(tenant, rng),
        named("other-agent"),
        Client {
            caller_supplied_challenge: true,
            ..named("deriving-bank")
        },
    ]
}

fn secret(method: &Method) -> &'static [u8] {
    match method {
        Method::Grid { .. } => PATH.as_bytes(),
        _ => KEY,
    }
}

fn product(method: &Method) -> Option<String> {
    let product = match method {
        Method::Grid { .. } => "GridGo",
        Method::Card => "GridID",
        Method::Ocra(_) => "MobileID",
        _ => return None,
    };
    Some(product.to_owned())
}

fn client(tenant: Id<Tenant>, rng: &DangerCountingRng) -> Client {
    Client {
        id: Id::random(rng),
        tenant,
        name: "spl-api".to_owned(),
        secret: None,
        grants: vec![Grant::Password],
        protocols: Vec::new(),
        scopes: Scope::DEFAULT.to_vec(),
        caller_supplied_challenge: false,
        addresses: Vec::new(),
        certificate_sha256: None,
        default_policy: None,
        default_channel: None,
        token_s: 3600,
        user_token_s: 86_400,
    }
}
