//! Where a contract runs, and rows to run it with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use challenge::access::{AccessToken, TokenKey, TokenUser};
use challenge::audit::{Detail, Event, EventKind, Outcome};
use challenge::clock::Timestamp;
use challenge::directory::{Client, Tenant, User};
use challenge::id::{Id, TimedId};
use challenge::lifecycle::{Challenge, Purpose, State};
use challenge::ports::{Change, Message, Provision, StandingWrite, Store, Version};
use challenge::standing::{Standing, Tally};
use store::{Options, StoreUrl};

/// Runs each named contract on both databases.
macro_rules! on_both {
    ($($contract:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $contract() {
                super::$contract(&$crate::support::Place::sqlite()).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $contract() {
                super::$contract(&$crate::support::Place::postgres().await).await;
            })+
        }
    };
}

/// A fresh database.
pub(crate) struct Place {
    pub(crate) url: StoreUrl,
    _folder: Option<tempfile::TempDir>,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("store.db"));
        Self {
            url,
            _folder: Some(folder),
        }
    }

    pub(crate) async fn postgres() -> Self {
        let server = postgres_server();
        let (client, connection) = tokio_postgres::connect(&server, tokio_postgres::NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        let name = format!("store_{}_{}", std::process::id(), unique());
        client
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .await
            .unwrap();
        let (host, _) = server.rsplit_once('/').unwrap();
        Self {
            url: StoreUrl::Postgres(format!("{host}/{name}")),
            _folder: None,
        }
    }

    /// Another fresh database of the same kind.
    pub(crate) async fn another(&self) -> Self {
        match self.url {
            StoreUrl::Sqlite(_) => Self::sqlite(),
            StoreUrl::Postgres(_) => Self::postgres().await,
        }
    }

    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        store::open(&self.url, &Options::default()).await.unwrap()
    }

    /// The URL as text.
    pub(crate) fn text(&self) -> String {
        match &self.url {
            StoreUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
            StoreUrl::Postgres(url) => url.clone(),
        }
    }

    /// Carries out a statement past the store.
    pub(crate) async fn execute(&self, sql: &str) {
        match &self.url {
            StoreUrl::Sqlite(path) => {
                rusqlite::Connection::open(path)
                    .unwrap()
                    .execute_batch(sql)
                    .unwrap();
            }
            StoreUrl::Postgres(url) => {
                let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
                    .await
                    .unwrap();
                tokio::spawn(connection);
                client.batch_execute(sql).await.unwrap();
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test's database comes from outside"
)]
fn postgres_server() -> String {
    std::env::var("COUNTERSIGN_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "COUNTERSIGN_TEST_POSTGRES names no PostgreSQL to test with; run scripts/test, which \
             starts a throw-away one"
        )
    })
}

/// A number that this process never gave before.
pub(crate) fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

pub(crate) const NOW: Timestamp = Timestamp::from_unix_s(1_800_000_000);

pub(crate) fn id<Of>(number: i64) -> Id<Of> {
    Id::from_number(number).unwrap()
}

/// An id at a moment, unlike any other of this process.
pub(crate) fn timed_id_at(at: Timestamp) -> TimedId {
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&at.unix_ms().to_be_bytes()[2..]);
    bytes[8..].copy_from_slice(&unique().to_be_bytes());
    TimedId::from_bytes(bytes)
}

pub(crate) fn timed_id() -> TimedId {
    timed_id_at(NOW)
}

pub(crate) fn event_at(tenant: Id<Tenant>, at: Timestamp) -> Event {
    let detail = Detail {
        client: Some("spl-api".into()),
        ..Detail::default()
    };
    let user = Some(id(7));
    let (kind, outcome) = (EventKind::OneTimePassword, Outcome::Done);
    Event {
        id: timed_id_at(at),
        at,
        tenant,
        kind,
        outcome,
        user,
        detail,
    }
}

pub(crate) fn event(tenant: Id<Tenant>) -> Event {
    event_at(tenant, NOW)
}

pub(crate) fn telling(tenant: Id<Tenant>) -> Change {
    Change::telling(event(tenant))
}

/// A standing that tells a number.
pub(crate) fn standing(number: u64) -> Standing {
    let tally = Tally {
        total_succeeded: number,
        ..Tally::default()
    };
    Standing {
        policies: [("P".to_owned(), tally)].into(),
        ..Standing::default()
    }
}

pub(crate) fn standing_write(user: Id<User>, expected: Version, number: u64) -> StandingWrite {
    StandingWrite {
        user,
        expected,
        next: Some(standing(number)),
    }
}

pub(crate) fn token(tenant: Id<Tenant>) -> AccessToken {
    let mut digest = [0; 16];
    digest[..8].copy_from_slice(&unique().to_le_bytes());
    AccessToken {
        key: TokenKey {
            issued_ms: NOW.unix_ms(),
            digest,
        },
        tenant,
        client: id(3),
        user: Some(TokenUser {
            id: id(7),
            login_name: "ann".into(),
        }),
        expires_at: NOW.plus_s(60),
        revoked: false,
    }
}

pub(crate) fn message(tenant: Id<Tenant>, due_at: Timestamp) -> Message {
    Message {
        id: timed_id(),
        tenant,
        kind: "callback".into(),
        line: None,
        body: "{}".into(),
        due_at,
    }
}

pub(crate) fn challenge(tenant: Id<Tenant>, id: TimedId, state: State) -> Challenge {
    Challenge {
        id,
        tenant,
        purpose: Purpose::Respond,
        user: self::id(7),
        policy: "P".into(),
        authenticator: None,
        client: self::id(3),
        question: "12345678".into(),
        issued_at: NOW,
        answer_by: NOW.plus_s(120),
        consume_s: 60,
        is_repeatable: false,
        state,
    }
}

pub(crate) fn tenant(number: i64, name: &str) -> Tenant {
    Tenant {
        id: id(number),
        name: name.into(),
        display_name: "A bank".into(),
        okay: None,
    }
}

pub(crate) fn client(tenant: Id<Tenant>, number: i64, name: &str) -> Client {
    Client {
        id: id(number),
        tenant,
        name: name.into(),
        secret: None,
        grants: vec![],
        protocols: vec!["activid".into()],
        scopes: vec![],
        caller_supplied_challenge: false,
        addresses: vec![],
        certificate_sha256: None,
        default_policy: None,
        default_channel: None,
        token_s: 3600,
        user_token_s: 86_400,
    }
}

pub(crate) fn user(tenant: Id<Tenant>, number: i64, login_name: &str) -> User {
    User {
        id: id(number),
        tenant,
        login_name: login_name.into(),
        external_id: None,
        display_name: None,
        email: None,
        phone: None,
        password_hash: None,
    }
}

/// A tenant with the standings of users 1 to `users`, each at version 1.
pub(crate) async fn with_users(store: &dyn Store, users: i64) -> Id<Tenant> {
    let tenant = tenant(1, "BANK");
    let id = tenant.id;
    let change = Provision {
        expected_version: store.directory_version().await.unwrap(),
        tenants: vec![tenant],
        users: (1..=users)
            .map(|user| self::user(id, user, &format!("user {user}")))
            .collect(),
        standings: (1..=users)
            .map(|user| (id, standing_write(self::id(user), 0, 0)))
            .collect(),
        events: vec![event(id)],
        ..Provision::default()
    };
    store.provision(change).await.unwrap();
    id
}

/// The number of a tenant's events.
pub(crate) async fn event_count(store: &dyn Store, tenant: Id<Tenant>) -> i64 {
    store
        .events(tenant, u32::MAX)
        .await
        .unwrap()
        .len()
        .try_into()
        .unwrap()
}
