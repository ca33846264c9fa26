//! The verifier on a real store: each proof counts once, and wrong ones count to the limit exactly.

use std::collections::BTreeMap;
use std::sync::Arc;

use challenge::answer::{Answer, Proof};
use challenge::clock::ManualClock;
use challenge::directory::UserKey;
use challenge::directory::provision::{
    AuthenticatorBlueprint, Blueprint, ClientBlueprint, KeySource, Kind, Options, PolicyBlueprint,
    Provisioner, TenantBlueprint, UserBlueprint,
};
use challenge::issuance::{Asked, Wish};
use challenge::lifecycle::Purpose;
use challenge::methods::card::Card;
use challenge::methods::grid::LABELS;
use challenge::policy::Limits;
use challenge::refusal::Refusal;
use challenge::rng::DangerCountingRng;
use challenge::secret::Keyring;
use challenge::transaction::Field;
use challenge::verifier::{Context, Ports, Verifier};
use challenge::visitor::InlineMint;
use challenge::which::Which;
use oath::ocra::{Input, Suite};
use oath::{Hotp, Key, Totp};

use crate::support::*;

on_both!(
    one_code_in_32_answers_at_once_is_accepted_once,
    wrong_answers_at_once_are_evaluated_to_the_limit_exactly,
    one_code_at_two_nodes_is_accepted_once,
    one_reading_at_once_is_accepted_once,
);

const AT_ONCE: usize = 32;
const ROUNDS: u64 = 8;
const SUITE: &str = "OCRA-1:HOTP-SHA1-8:QN08";
const SIGNATURE_SUITE: &str = "OCRA-1:HOTP-SHA1-8:QA64";

fn key() -> Key {
    Key::new(*b"12345678901234567890").unwrap()
}

pub(crate) fn keyring() -> Keyring {
    Keyring::new(BTreeMap::from([(1, [7; 32])])).unwrap()
}

fn token(serial: &str, kind: Kind) -> AuthenticatorBlueprint {
    let mut token = AuthenticatorBlueprint::new(serial, kind);
    if kind == Kind::Grid {
        token.path = Some("123456".into());
    } else {
        token.key = KeySource::Given(key());
    }
    token
}

/// A bank whose user `patient` may fail a thousand times, and whose user `strict` five times.
async fn provided(place: &Place) {
    let store = place.open().await;
    let mut tenant = TenantBlueprint::named("ONLINEBANK");
    tenant.clients.push(ClientBlueprint::named("portal"));
    for (code, max_failures) in [("AT_PATIENT", 1000), ("AT_STRICT", 5)] {
        let limits = Limits {
            max_failures,
            max_open_challenges: 1000,
            ..Limits::default()
        };
        tenant.policies.push(PolicyBlueprint {
            code: code.to_owned(),
            limits,
        });
    }
    for (name, policy) in [("patient", "AT_PATIENT"), ("strict", "AT_STRICT")] {
        let mut user = UserBlueprint::named(name);
        let kinds = [Kind::Hotp, Kind::Totp, Kind::Ocra, Kind::Card, Kind::Grid];
        for (number, kind) in kinds.into_iter().enumerate() {
            let mut token = token(&format!("{name}{number}"), kind);
            token.policies = Some(vec![policy.to_owned()]);
            user.authenticators.push(token);
        }
        tenant.users.push(user);
    }
    let blueprint = Blueprint {
        tenants: vec![tenant],
        ..Blueprint::default()
    };
    let (keyring, rng, clock) = (
        keyring(),
        DangerCountingRng::default(),
        ManualClock::at(NOW),
    );
    let provisioner = Provisioner {
        store: &*store,
        keyring: &keyring,
        rng: &rng,
        clock: &clock,
    };
    provisioner
        .apply(&blueprint, Options::default())
        .await
        .unwrap();
}

pub(crate) async fn node(place: &Place) -> Arc<Verifier> {
    let ports = Ports {
        store: place.open().await,
        clock: Arc::new(ManualClock::at(NOW)),
        rng: Arc::new(OsBytes),
        keyring: keyring(),
        mint: Arc::new(InlineMint(OsBytes)),
    };
    Arc::new(Verifier::start(ports).await.unwrap())
}

/// Two nodes must not draw the same ids.
pub(crate) struct OsBytes;

impl challenge::rng::Rng for OsBytes {
    fn fill(&self, buffer: &mut [u8]) {
        aws_lc_rs::rand::fill(buffer).unwrap();
    }
}

/// The same answer from many at once, over these nodes in turn: how many were accepted.
async fn accepted(nodes: &[Arc<Verifier>], user: &'static str, proof: &Proof<'static>) -> usize {
    let mut tasks = tokio::task::JoinSet::new();
    for turn in 0..AT_ONCE {
        let (node, proof) = (Arc::clone(&nodes[turn % nodes.len()]), proof.clone());
        tasks.spawn(async move {
            let tenant = node.catalogue.tenant("ONLINEBANK").unwrap();
            let client = Arc::clone(tenant.client("portal").unwrap());
            let answer = Answer {
                context: Context {
                    tenant: &tenant,
                    client: &client,
                    door: challenge::door::Door::Activid,
                    channel: None,
                    address: None,
                    correlation: None,
                },
                user: UserKey::LoginName(user),
                policy: None,
                which: Which::ANY,
                proof,
                wants_token: true,
            };
            match node.answer(&answer).await {
                Ok(_) => true,
                Err(Refusal::NotVerified(_) | Refusal::AlreadySigned) => false,
                Err(other) => panic!("not a verdict: {other}"),
            }
        });
    }
    tasks
        .join_all()
        .await
        .into_iter()
        .filter(|accepted| *accepted)
        .count()
}

async fn question(node: &Verifier, user: &str) -> String {
    asked(node, user, None).await
}

/// What is asked of the user; of one authenticator alone, where its serial is named.
async fn asked(node: &Verifier, user: &str, serial: Option<&str>) -> String {
    let tenant = node.catalogue.tenant("ONLINEBANK").unwrap();
    let client = Arc::clone(tenant.client("portal").unwrap());
    let context = Context {
        tenant: &tenant,
        client: &client,
        door: challenge::door::Door::Activid,
        channel: None,
        address: None,
        correlation: None,
    };
    let wish = Wish {
        context,
        user: UserKey::LoginName(user),
        policy: None,
        which: Which {
            serial,
            ..Which::ANY
        },
        purpose: Purpose::Respond,
        asked: Asked::Drawn,
        to_one: serial.is_some(),
    };
    node.issue(&wish).await.unwrap().question
}

fn ocra(suite: &str, question: &str) -> String {
    let suite = Suite::parse(suite).unwrap();
    let question = suite.question(question).unwrap();
    let input = Input {
        counter: None,
        question,
        pin: None,
        session: None,
        time_step: None,
    };
    suite.response(&key(), &input).unwrap().to_string()
}

/// What the holder of the card reads off it.
fn of_card(coordinates: &str) -> String {
    let card = Card::derive(key().as_bytes());
    let read = |place: &str| {
        let column = LABELS.find(&place[..1]).unwrap();
        let row = place[1..].parse().unwrap();
        card.cell(row, u8::try_from(column).unwrap()).unwrap()
    };
    coordinates.split(' ').map(read).collect()
}

/// What is read off a grid from its left upper corner on the way 1, 2, 3, 4, 5, 6.
fn of_grid(code: &str) -> String {
    let code: serde_json::Value = serde_json::from_str(code).unwrap();
    let cell =
        |(row, column): (usize, usize)| code["grid"][row].as_str().unwrap().as_bytes()[column];
    let way = [(0, 0), (9, 1), (8, 2), (8, 3), (9, 4), (0, 5), (1, 5)];
    way.map(|place| char::from(cell(place))).iter().collect()
}

fn still(code: String) -> &'static str {
    Box::leak(code.into_boxed_str())
}

async fn one_code_in_32_answers_at_once_is_accepted_once(place: &Place) {
    provided(place).await;
    race(&[node(place).await]).await;
}

async fn one_code_at_two_nodes_is_accepted_once(place: &Place) {
    provided(place).await;
    race(&[node(place).await, node(place).await]).await;
}

async fn race(nodes: &[Arc<Verifier>]) {
    let totp = Totp::default().code_at(&key(), NOW.unix_s()).unwrap();
    let proof = Proof::OneTimePassword(still(totp.to_string()));
    assert_eq!(accepted(nodes, "patient", &proof).await, 1, "TOTP");
    for round in 0..ROUNDS {
        let code = still(Hotp::default().code(&key(), round).to_string());
        assert_eq!(
            accepted(nodes, "patient", &Proof::OneTimePassword(code)).await,
            1,
            "HOTP"
        );
        let response = still(ocra(SUITE, &question(&nodes[0], "patient").await));
        assert_eq!(
            accepted(nodes, "patient", &Proof::Response(response)).await,
            1,
            "response"
        );
        let value = format!("transfer {round}");
        let unverified_code = still(ocra(SIGNATURE_SUITE, &value));
        let field = Field {
            index: 1,
            name: "sign1".to_owned(),
            value,
            audited: false,
        };
        let proof = Proof::Signature {
            fields: vec![field],
            unverified_code,
        };
        assert_eq!(accepted(nodes, "patient", &proof).await, 1, "signature");
    }
}

async fn one_reading_at_once_is_accepted_once(place: &Place) {
    provided(place).await;
    let nodes = [node(place).await, node(place).await];
    for _ in 0..ROUNDS {
        let coordinates = still(asked(&nodes[0], "patient", Some("patient3")).await);
        let proof = Proof::ResponseTo {
            cc: Some(coordinates),
            unverified_code: still(of_card(coordinates)),
        };
        assert_eq!(accepted(&nodes, "patient", &proof).await, 1, "card");
        let code = asked(&nodes[0], "patient", Some("patient4")).await;
        let proof = Proof::ResponseTo {
            cc: None,
            unverified_code: still(of_grid(&code)),
        };
        assert_eq!(accepted(&nodes, "patient", &proof).await, 1, "grid");
    }
}

async fn wrong_answers_at_once_are_evaluated_to_the_limit_exactly(place: &Place) {
    provided(place).await;
    let nodes = [node(place).await];
    assert_eq!(
        accepted(&nodes, "strict", &Proof::OneTimePassword("000000")).await,
        0
    );
    let tenant = nodes[0].catalogue.tenant("ONLINEBANK").unwrap().tenant.id;
    let key_of_user = UserKey::LoginName("strict");
    let record = nodes[0]
        .catalogue
        .user(tenant, key_of_user)
        .await
        .unwrap()
        .unwrap();
    let standing = nodes[0]
        .store()
        .standing(tenant, record.user.id)
        .await
        .unwrap()
        .unwrap();
    let tally = &standing.value.policies["AT_STRICT"];
    assert_eq!((tally.failures, tally.total_failed), (5, 5));
    let right = still(Hotp::default().code(&key(), 0).to_string());
    assert_eq!(
        accepted(&nodes, "strict", &Proof::OneTimePassword(right)).await,
        0,
        "locked"
    );
    let events = nodes[0].store().events(tenant, 1000).await.unwrap();
    let answers = events
        .iter()
        .filter(|event| event.user == Some(record.user.id))
        .count();
    assert_eq!(answers, 2 * AT_ONCE, "every answer left its event");
}
