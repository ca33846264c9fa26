//! Nodes with chosen keys on one database, and a row of every table in which something is sealed.

use std::collections::BTreeMap;
use std::sync::Arc;

use challenge::administration::Actor;
use challenge::clock::ManualClock;
use challenge::directory::{Authenticator, ServerSetting, Site, Tenant};
use challenge::door::Door;
use challenge::ports::{Provision, StandingWrite};
use challenge::rotation;
use challenge::rotation::ports::{SealedRow, Shelf};
use challenge::secret::{Keyring, Place as Spot, Sealed};
use challenge::standing::Standing;
use challenge::verifier::{Ports, Verifier};
use challenge::visitor::InlineMint;
use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};

use crate::rows::{authenticator, full_tenant, site};
use crate::support::*;
use crate::verifying::OsBytes;

pub(super) const BY: Actor<'static> = Actor {
    name: "operator",
    door: Door::CommandLine,
    address: None,
    correlation: None,
};

/// What is sealed in every row.
pub(super) const SECRET: &[u8] = b"what nobody is to read";

/// The keys of these versions, each other than all others.
pub(super) fn ring(versions: &[u8]) -> Keyring {
    let keys = versions
        .iter()
        .map(|version| (u32::from(*version), [*version; 32]));
    Keyring::new(keys.collect::<BTreeMap<_, _>>()).unwrap()
}

/// A node whose ring has come to what the database says.
pub(super) async fn node(
    place: &Place,
    clock: &Arc<ManualClock>,
    keyring: Keyring,
) -> Arc<Verifier> {
    let store = place.open().await;
    rotation::agree(&*store, &keyring, NOW).await.unwrap();
    let ports = Ports {
        store,
        clock: Arc::<ManualClock>::clone(clock),
        rng: Arc::new(OsBytes),
        keyring,
        mint: Arc::new(InlineMint(OsBytes)),
    };
    Arc::new(Verifier::start(ports).await.unwrap())
}

/// Something sealed in a row: its table, the JSON member or the column, and its place.
pub(super) struct Sample {
    pub(super) shelf: Shelf,
    pub(super) member: Option<&'static str>,
    pub(super) column: usize,
    pub(super) place: Spot<'static>,
}

impl Sample {
    /// What is sealed in the row.
    pub(super) fn sealed(&self, row: &SealedRow) -> Option<Sealed> {
        let Some(member) = self.member else {
            return row.columns[self.column].clone();
        };
        let (_, body) = row.body.as_ref()?;
        let body: Value = serde_json::from_str(body).unwrap();
        let text = body.pointer(member)?.as_str()?.to_owned();
        Some(Sealed::from_bytes(BASE64.decode(text.as_bytes()).unwrap()))
    }

    /// Whether this is its row; the console has a site of its own.
    pub(super) fn is_in(&self, row: &SealedRow) -> bool {
        self.sealed(row).is_some() && (self.shelf != Shelf::Sites || row.key.tenant == 77)
    }
}

pub(super) fn spot(
    table: &'static str,
    column: &'static str,
    tenant: i64,
    row: i64,
) -> Spot<'static> {
    Spot {
        table,
        column,
        tenant,
        row,
    }
}

/// The row of an outbox message or an idempotency key is told by eight of its bytes.
const MARK: [u8; 8] = [0x21; 8];

/// Where the samples stand; the console's tenant is `console`.
pub(super) fn samples(console: i64) -> Vec<Sample> {
    let in_column = |shelf, column, place| Sample {
        shelf,
        member: None,
        column,
        place,
    };
    let in_body = |shelf, member, place| Sample {
        shelf,
        member: Some(member),
        column: 0,
        place,
    };
    let mark = i64::from_be_bytes(MARK);
    let digits = || spot("approval_session", "digits", 77, 12);
    vec![
        in_column(Shelf::Tenants, 0, spot("tenant", "okay_secret", 77, 77)),
        in_column(
            Shelf::Tenants,
            1,
            spot("tenant", "okay_callback_standard_secret", 77, 77),
        ),
        in_column(Shelf::Sites, 0, spot("site", "secret", 77, 5)),
        in_column(Shelf::Settings, 0, spot("server_setting", "other", 1, 0)),
        in_column(
            Shelf::Authenticators,
            0,
            spot("authenticator", "secret", 77, 6),
        ),
        in_column(
            Shelf::Authenticators,
            1,
            spot("authenticator", "pin", 77, 6),
        ),
        in_body(
            Shelf::Standings,
            "/approval/pin",
            spot("standing", "pin", 77, 8),
        ),
        in_body(Shelf::Devices, "/push", spot("device", "push", 77, 9)),
        in_body(Shelf::Sessions, "/answer/pin/sealed", digits()),
        in_body(
            Shelf::ConsoleSessions,
            "/drawn",
            spot("console_session", "drawn", console, 14),
        ),
        in_body(
            Shelf::KeptRequests,
            "/answer",
            spot("kept_request", "answer", 1, mark),
        ),
        in_body(Shelf::SignUps, "/wish", spot("sign_up", "wish", 1, 16)),
        in_body(
            Shelf::Outbox,
            "/sealed",
            spot("outbox", "delivery", 77, mark),
        ),
        in_body(
            Shelf::Outbox,
            "/told/answered/answer/pin_set/sealed",
            digits(),
        ),
    ]
}

/// Writes a row of every table, each with something sealed under this ring: what stands still by way of the
/// store, the others past it.
pub(super) async fn fill(place: &Place, ring: &Keyring, console: i64) {
    let sealed: Vec<_> = samples(console)
        .iter()
        .map(|sample| ring.seal(&OsBytes, &sample.place, SECRET).unwrap())
        .collect();
    directory(place, &sealed).await;
    let bytes = |hex: &str| {
        if place.text().starts_with("sqlite") {
            format!("x'{hex}'")
        } else {
            format!("'\\x{hex}'")
        }
    };
    let text = |number: usize| BASE64.encode(sealed[number].as_bytes());
    let mark = HEXLOWER.encode(&MARK);
    let body = |value: Value| format!("'{value}'");
    let digits = json!({ "pin": { "sealed": text(8) } });
    let told = json!({ "told": { "answered": {
        "session": "12", "answer": { "pin_set": { "sealed": text(13) } },
    } } });
    let key = format!("1, '{mark}{}'", "00".repeat(24));
    let letter = bytes(&format!("{}{mark}", "01".repeat(8)));
    let statements = [
        shelved("device", "77, '9'", &body(json!({ "push": text(7) }))),
        shelved(
            "approval_session",
            "77, '12'",
            &body(json!({ "answer": digits })),
        ),
        shelved(
            "console_session",
            "1, 'ab'",
            &body(json!({ "administrator": "14", "drawn": text(9) })),
        ),
        shelved("kept_request", &key, &body(json!({ "answer": text(10) }))),
        shelved(
            "sign_up",
            "1, '0000000000000016'",
            &body(json!({ "wish": text(11) })),
        ),
        format!(
            "INSERT INTO outbox (tenant, id, kind, body, due_at) VALUES (77, {letter}, 'mail', {}, 0)",
            body(json!({ "sealed": text(12) }))
        ),
        format!(
            "INSERT INTO outbox (tenant, id, kind, body, due_at) VALUES (77, {}, 'okay.callback', {}, 0)",
            bytes(&"03".repeat(16)),
            body(told)
        ),
    ];
    place.execute(&statements.join(";\n")).await;
}

/// The rows of the directory, and a user's standing.
async fn directory(place: &Place, sealed: &[Sealed]) {
    let store = place.open().await;
    let mut vault = Tenant {
        id: id(77),
        name: "VAULT".to_owned(),
        ..full_tenant()
    };
    let okay = vault.okay.as_mut().unwrap();
    okay.secret = Some(sealed[0].clone());
    okay.callback_standard_secret = Some(sealed[1].clone());
    let tenant = vault.id;
    let mut standing = Standing::default();
    standing.approval.pin = Some(BASE64.encode(sealed[6].as_bytes()));
    let write = StandingWrite {
        user: id(8),
        expected: 0,
        next: Some(standing),
    };
    let change = Provision {
        expected_version: store.directory_version().await.unwrap(),
        settings: vec![ServerSetting {
            name: "other".to_owned(),
            body: "{}".to_owned(),
            secret: Some(sealed[3].clone()),
        }],
        tenants: vec![vault],
        sites: vec![Site {
            secret: Some(sealed[2].clone()),
            ..site(tenant, 5, "vault")
        }],
        users: vec![user(tenant, 8, "vera")],
        authenticators: vec![Authenticator {
            user: id(8),
            secret: sealed[4].clone(),
            pin: Some(sealed[5].clone()),
            ..authenticator(tenant, 6, "s")
        }],
        standings: vec![(tenant, write)],
        events: vec![event(tenant)],
        ..Provision::default()
    };
    store.provision(change).await.unwrap();
}

pub(super) fn shelved(table: &str, key: &str, body: &str) -> String {
    format!("INSERT INTO {table} (tenant, id, version, body) VALUES ({key}, 3, {body})")
}
