//! Everything sealed anew: all of it, beside answers, after a cut in the middle, and nothing that is damaged.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use challenge::answer::{Answer, Proof};
use challenge::clock::ManualClock;
use challenge::directory::UserKey;
use challenge::directory::provision::{
    AuthenticatorBlueprint, Blueprint, ClientBlueprint, KeySource, Kind, Options, PolicyBlueprint,
    TenantBlueprint, UserBlueprint,
};
use challenge::officers::CONSOLE;
use challenge::policy::Limits;
use challenge::rotation::Begun;
use challenge::rotation::ports::Shelf;
use challenge::secret::Keyring;
use challenge::verifier::{Context, Verifier};
use challenge::which::Which;
use oath::{Hotp, Key};

use super::stage::*;
use crate::support::*;

on_both!(
    all_that_is_sealed_is_sealed_anew_and_opens_without_the_old_key,
    sealing_anew_that_was_cut_off_goes_on,
    what_is_damaged_stays_and_is_told,
    no_right_answer_is_refused_while_all_is_sealed_anew,
);

/// The rows of the samples, and that of the console's own site.
const ROWS: u64 = 13;

/// The number of the console's tenant.
pub(super) fn console(node: &Verifier) -> i64 {
    node.catalogue.tenant(CONSOLE).unwrap().tenant.id.number()
}

/// A node on a filled database, under version 1, with version 2 at hand.
async fn filled(place: &Place) -> (Arc<ManualClock>, Arc<Verifier>) {
    let clock = Arc::new(ManualClock::at(NOW));
    let first = node(place, &clock, ring(&[1])).await;
    first.found_console().await.unwrap();
    fill(place, first.keyring(), console(&first)).await;
    let both = node(place, &clock, ring(&[1, 2])).await;
    (clock, both)
}

async fn begun(node: &Verifier) {
    let held = node.keyring().held().pop().unwrap();
    assert!(node.introduce_key(held, &BY).await.unwrap());
    let begun = node.begin_sealing(held.version, &BY).await.unwrap();
    assert_eq!(begun, Begun::Seals);
    assert_eq!(node.keyring().version(), held.version);
}

/// Every sample's row, opened with these keys alone; gives how many there were.
async fn opened(node: &Verifier, keys: &Keyring) -> usize {
    let mut found = 0;
    for sample in samples(console(node)) {
        let rows = node.store().sealed_rows(sample.shelf, None, 100).await;
        for row in rows.unwrap().iter().filter(|row| sample.is_in(row)) {
            let sealed = sample.sealed(row).unwrap();
            let plain = keys.open(&sample.place, &sealed);
            let told = format!("{:?} {:?}", sample.shelf, sample.member);
            assert_eq!(plain.expect(&told).as_slice(), SECRET, "{told}");
            found += 1;
        }
    }
    found
}

async fn all_that_is_sealed_is_sealed_anew_and_opens_without_the_old_key(place: &Place) {
    let (_, node) = filled(place).await;
    let all = opened(&node, &ring(&[1])).await;
    assert_eq!(all, samples(0).len());
    begun(&node).await;
    let before = node.store().directory_version().await.unwrap();
    let needs = node.needs(&|_| ()).await.unwrap();
    assert_eq!((needs.of(1), needs.of(2)), (ROWS, 0));
    let resealed = node.reseal(&|_| (), &|| std::future::ready(())).await;
    // Two rows have two columns each, which are written one by one.
    assert_eq!(resealed.unwrap(), ROWS + 2);
    assert_eq!(opened(&node, &ring(&[2])).await, all);
    let needs = node.needs(&|_| ()).await.unwrap();
    assert_eq!((needs.of(1), needs.of(2)), (0, ROWS));
    assert!(needs.damaged.is_empty(), "{needs:?}");
    // Every node reads the directory anew.
    assert!(node.store().directory_version().await.unwrap() > before);
    let state = node.key_state().await.unwrap();
    assert_eq!(state.key(2).unwrap().resealed_at, Some(NOW));
    // A second time there is nothing to do.
    let again = node.reseal(&|_| (), &|| std::future::ready(())).await;
    assert_eq!(again.unwrap(), 0);
}

async fn sealing_anew_that_was_cut_off_goes_on(place: &Place) {
    let (clock, node) = filled(place).await;
    begun(&node).await;
    let pauses = AtomicU64::new(0);
    let pause = || {
        let stays = pauses.fetch_add(1, Ordering::Relaxed) == 5;
        async move {
            if stays {
                std::future::pending::<()>().await;
            }
        }
    };
    let cut = async {
        while pauses.load(Ordering::Relaxed) <= 5 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = node.reseal(&|_| (), &pause) => panic!("it was to be cut off"),
        () = cut => {}
    }
    let needs = node.needs(&|_| ()).await.unwrap();
    assert!(needs.of(1) > 0 && needs.of(2) > 0, "{needs:?}");
    assert_eq!(needs.of(1) + needs.of(2), ROWS);
    assert_eq!(
        node.key_state().await.unwrap().key(2).unwrap().resealed_at,
        None
    );
    // Both versions open what there is; another process goes on.
    let all = opened(&node, &ring(&[1, 2])).await;
    drop(node);
    let next = super::stage::node(place, &clock, ring(&[1, 2])).await;
    next.reseal(&|_| (), &|| std::future::ready(()))
        .await
        .unwrap();
    assert_eq!(next.needs(&|_| ()).await.unwrap().of(1), 0);
    assert_eq!(opened(&next, &ring(&[2])).await, all);
}

async fn what_is_damaged_stays_and_is_told(place: &Place) {
    let (_, node) = filled(place).await;
    // It is sealed for another row.
    place
        .execute("UPDATE authenticator SET pin = secret WHERE id = 6")
        .await;
    begun(&node).await;
    node.reseal(&|_| (), &|| std::future::ready(()))
        .await
        .unwrap();
    let needs = node.needs(&|_| ()).await.unwrap();
    assert_eq!(needs.of(1), 0);
    assert_eq!(needs.damaged, [("authenticator", 1)].into());
    let rows = node.store().sealed_rows(Shelf::Authenticators, None, 10);
    let rows = rows.await.unwrap();
    let [Some(secret), Some(pin)] = &rows[0].columns else {
        panic!("a secret and a PIN");
    };
    assert_eq!(pin.as_bytes()[..4], 1_u32.to_be_bytes());
    assert_eq!(secret.as_bytes()[..4], 2_u32.to_be_bytes());
}

const USERS: usize = 8;
const CODES: u64 = 25;

fn key() -> Key {
    Key::new(*b"12345678901234567890").unwrap()
}

async fn with_tokens(node: &Verifier) {
    let mut tenant = TenantBlueprint::named("ONLINEBANK");
    let mut portal = ClientBlueprint::named("portal");
    portal.secret = Some("password01".into());
    tenant.clients.push(portal);
    tenant.policies.push(PolicyBlueprint {
        code: "AT".to_owned(),
        limits: Limits::default(),
    });
    for number in 0..USERS {
        let mut user = UserBlueprint::named(format!("user{number}"));
        let mut token = AuthenticatorBlueprint::new(format!("t{number}"), Kind::Hotp);
        token.key = KeySource::Given(key());
        token.policies = Some(vec!["AT".to_owned()]);
        user.authenticators.push(token);
        tenant.users.push(user);
    }
    let blueprint = Blueprint {
        tenants: vec![tenant],
        ..Blueprint::default()
    };
    let provisioner = node.provisioner();
    let applied = provisioner.apply(&blueprint, Options::default()).await;
    applied.unwrap();
}

async fn answers(node: &Verifier, user: &str, code: &str) -> bool {
    let tenant = node.catalogue.tenant("ONLINEBANK").unwrap();
    let client = node.client_by_secret(&tenant, "portal", &["password01"]);
    let client = client.expect("the client's secret is right");
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
        proof: Proof::OneTimePassword(code),
        wants_token: true,
    };
    node.answer(&answer).await.is_ok()
}

/// Two nodes answer all the while; a third process seals everything anew, again and again.
async fn no_right_answer_is_refused_while_all_is_sealed_anew(place: &Place) {
    let clock = Arc::new(ManualClock::at(NOW));
    let operator = node(place, &clock, ring(&[1])).await;
    operator.found_console().await.unwrap();
    with_tokens(&operator).await;
    let operator = node(place, &clock, ring(&[1, 2])).await;
    let nodes = [
        node(place, &clock, ring(&[1, 2])).await,
        node(place, &clock, ring(&[1, 2])).await,
    ];
    let mut followers: Vec<_> = nodes
        .iter()
        .map(|node| challenge::rotation::Node::new(node, "a node".to_owned()))
        .collect();
    for follower in &mut followers {
        follower.follow(None).await.unwrap();
    }
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..USERS {
        let node = Arc::clone(&nodes[number % 2]);
        asking.spawn(async move {
            let hotp = Hotp {
                algorithm: oath::Algorithm::Sha1,
                digits: oath::Digits::new(6).unwrap(),
            };
            let mut right = 0;
            for counter in 0..CODES {
                let code = hotp.code(&key(), counter).to_string();
                right += u64::from(answers(&node, &format!("user{number}"), &code).await);
                // What was used is used, whatever is sealed anew meanwhile.
                assert!(!answers(&node, &format!("user{number}"), &code).await);
            }
            right
        });
    }
    begun(&operator).await;
    let mut passes = 0;
    while !asking.is_empty() {
        for follower in &mut followers {
            follower.follow(None).await.unwrap();
        }
        for node in &nodes {
            node.catalogue.refresh().await.unwrap();
        }
        let resealed = operator.reseal(&|_| (), &|| std::future::ready(())).await;
        resealed.unwrap();
        passes += 1;
        while let Some(right) = asking.try_join_next() {
            assert_eq!(right.unwrap(), CODES);
        }
    }
    assert!(passes > 0);
    for node in &nodes {
        assert_eq!(node.keyring().version(), 2);
    }
    assert_eq!(operator.needs(&|_| ()).await.unwrap().of(1), 0);
}
