//! A version dropped while others rotate: what the store itself refuses, whatever was read before.

use std::sync::Arc;

use challenge::clock::{ManualClock, Timestamp};
use challenge::directory::provision::Part;
use challenge::directory::{Authenticator, ServerSetting, UserKey};
use challenge::officers::CONSOLE;
use challenge::ports::{Provision, StoreError};
use challenge::rotation::ports::Holder;
use challenge::rotation::{self, Begun, DropRefused, KeyTrouble, Node};
use challenge::secret::{Keyring, Sealed};
use challenge::verifier::Verifier;
use data_encoding::BASE64;

use super::resealing::console;
use super::stage::*;
use crate::rows::authenticator;
use crate::support::*;
use crate::taking_in::Numbered;
use crate::verifying::OsBytes;

on_both!(
    a_version_is_not_dropped_by_who_takes_another_for_the_one_that_seals,
    a_version_is_not_dropped_before_everything_is_sealed_anew,
    a_version_is_not_dropped_while_a_node_seals_with_it,
    a_version_that_never_sealed_may_be_given_up,
    what_lasts_is_sealed_under_the_version_that_seals_by_then,
    a_node_whose_file_lost_the_version_that_it_seals_with_says_that_it_does,
    a_database_that_knows_of_no_key_takes_all_that_are_here,
    of_two_nodes_that_are_first_one_is_believed,
    one_below_the_version_that_seals_never_begins_to,
    nothing_is_written_to_the_directory_that_a_dropped_version_sealed,
    nothing_is_taken_in_that_a_dropped_version_sealed,
    what_somebody_sealed_under_a_dropped_version_is_counted_before_its_line_goes,
);

const LONG_AGO: Timestamp = Timestamp::from_unix_s(0);

/// A database under version 1.
async fn stage(place: &Place) -> (Arc<ManualClock>, Arc<Verifier>) {
    let clock = Arc::new(ManualClock::at(NOW));
    let first = node(place, &clock, ring(&[1])).await;
    first.found_console().await.unwrap();
    (clock, first)
}

/// Lets the highest version of a node's ring seal.
async fn begun(node: &Verifier) {
    let held = node.keyring().held().pop().unwrap();
    node.introduce_key(held, &BY).await.unwrap();
    let begun = node.begin_sealing(held.version, &BY).await.unwrap();
    assert_eq!(begun, Begun::Seals);
}

async fn resealed(node: &Verifier) {
    let resealed = node.reseal(&|_| (), &|| std::future::ready(())).await;
    resealed.unwrap();
}

/// Everything is taken into the audit log's chain.
async fn all_in_chain(clock: &ManualClock, node: &Verifier) {
    clock.advance_s(10);
    while node.seal_events().await.unwrap().events > 0 {}
}

fn lasting(keyring: &Keyring) -> Sealed {
    keyring.seal_lasting(&OsBytes, 1).unwrap()
}

async fn is_dropped(node: &Verifier, version: u32) -> bool {
    let state = node.key_state().await.unwrap();
    state.key(version).unwrap().dropped_at.is_some()
}

async fn a_version_is_not_dropped_by_who_takes_another_for_the_one_that_seals(place: &Place) {
    let (clock, first) = stage(place).await;
    let drops = async |version, sealing| {
        let kept = lasting(first.keyring());
        let store = first.store();
        store
            .drop_key(version, (sealing, &kept), (NOW, LONG_AGO))
            .await
    };
    // The one that seals, by whoever takes none for it or itself.
    for sealing in [1, 7] {
        assert_eq!(drops(1, sealing).await, Err(StoreError::Conflict));
    }
    let second = node(place, &clock, ring(&[1, 2])).await;
    begun(&second).await;
    resealed(&second).await;
    // What is read here is true until a third version begins to seal, while it is counted what needs the first.
    let before = second.key_state().await.unwrap().seals;
    let third = node(place, &clock, ring(&[1, 2, 3])).await;
    begun(&third).await;
    resealed(&third).await;
    let version = first.store().directory_version().await.unwrap();
    assert_eq!(drops(1, before).await, Err(StoreError::Conflict));
    assert!(!is_dropped(&first, 1).await);
    // Nothing of it was written.
    assert_eq!(first.store().directory_version().await, Ok(version));
    assert_eq!(drops(1, 3).await, Ok(()));
    assert!(is_dropped(&first, 1).await);
}

async fn a_version_is_not_dropped_before_everything_is_sealed_anew(place: &Place) {
    let (clock, _) = stage(place).await;
    let second = node(place, &clock, ring(&[1, 2])).await;
    begun(&second).await;
    resealed(&second).await;
    all_in_chain(&clock, &second).await;
    // It was cut off after its last row, before that was noted.
    place
        .execute("UPDATE master_key SET resealed_at = NULL WHERE version = 2")
        .await;
    let refused = second.drop_key(1, true, &BY).await.unwrap_err();
    assert_eq!(refused, DropRefused::Unfinished(2));
    assert!(refused.to_string().contains("`countersign key rotate`"));
    assert!(!is_dropped(&second, 1).await);
    resealed(&second).await;
    assert_eq!(second.drop_key(1, true, &BY).await, Ok(()));
}

async fn a_version_is_not_dropped_while_a_node_seals_with_it(place: &Place) {
    let (clock, _) = stage(place).await;
    let second = node(place, &clock, ring(&[1, 2])).await;
    begun(&second).await;
    resealed(&second).await;
    let store = second.store();
    let mut holder = Holder {
        node: [9; 16],
        name: "slow".to_owned(),
        seals: 1,
        held: second.keyring().held(),
        seen_at: NOW,
    };
    // It says so after it was asked who does.
    store.hold_keys(&holder).await.unwrap();
    let kept = lasting(second.keyring());
    let drops = async |alive| store.drop_key(1, (2, &kept), (NOW, alive)).await;
    assert_eq!(drops(NOW).await, Err(StoreError::Conflict));
    assert!(!is_dropped(&second, 1).await);
    // One that was not seen for long is not waited for, and one that seals with another is none.
    holder.seals = 2;
    store.hold_keys(&holder).await.unwrap();
    assert_eq!(drops(NOW).await, Ok(()));
}

async fn a_version_that_never_sealed_may_be_given_up(place: &Place) {
    let (clock, first) = stage(place).await;
    let second = node(place, &clock, ring(&[1, 2])).await;
    let held = second.keyring().held()[1];
    second.introduce_key(held, &BY).await.unwrap();
    assert_eq!(second.drop_key(2, false, &BY).await, Ok(()));
    assert!(is_dropped(&first, 2).await);
    let begun = second.begin_sealing(2, &BY).await.unwrap_err();
    assert!(begun.to_string().contains("does not wait"), "{begun}");
    assert_eq!(second.key_state().await.unwrap().seals, 1);
}

async fn what_lasts_is_sealed_under_the_version_that_seals_by_then(place: &Place) {
    let (clock, _) = stage(place).await;
    let operator = node(place, &clock, ring(&[1, 2, 3])).await;
    let stamp = operator.keyring().audit_stamp().unwrap();
    operator.store().stamp_with(stamp);
    let second = node(place, &clock, ring(&[1, 2])).await;
    begun(&second).await;
    // Two whole rotations, which the operator's process does not see.
    let third = node(place, &clock, ring(&[1, 2, 3])).await;
    begun(&third).await;
    resealed(&third).await;
    all_in_chain(&clock, &third).await;
    assert_eq!(operator.keyring().version(), 1);
    assert_eq!(operator.drop_key(2, true, &BY).await, Ok(()));
    let rows = operator.store().master_keys().await.unwrap();
    let kept = rows[1].lasting.as_ref().unwrap();
    assert_eq!(kept.as_bytes()[..4], 3_u32.to_be_bytes());
    // What it tells of that is marked under the version that seals as well.
    assert_eq!(operator.store().marked_events(1).await, Ok(0));
    // Who does not hold the version that seals drops nothing.
    let told = second.drop_key(1, true, &BY).await;
    assert_eq!(told, Err(DropRefused::Trouble(KeyTrouble::Missing(3))));
}

async fn a_node_whose_file_lost_the_version_that_it_seals_with_says_that_it_does(place: &Place) {
    let (clock, _) = stage(place).await;
    let serving = node(place, &clock, ring(&[1, 2])).await;
    let mut follower = Node::new(&serving, "one:8080".to_owned());
    follower.follow(Some(&ring(&[1, 2]))).await.unwrap();
    let operator = node(place, &clock, ring(&[1, 2])).await;
    begun(&operator).await;
    // Somebody took the line out too early: it cannot follow, and goes on with the first version.
    let lost = follower.follow(Some(&ring(&[2]))).await;
    assert_eq!(lost, Err(KeyTrouble::Missing(1)));
    assert_eq!(serving.keyring().version(), 1);
    resealed(&operator).await;
    let used = DropRefused::Used {
        node: "one:8080".to_owned(),
        version: 1,
    };
    assert_eq!(operator.drop_key(1, true, &BY).await, Err(used));
    // Everything is sealed anew by now, so that it follows.
    assert_eq!(follower.follow(Some(&ring(&[2]))).await, Ok(Some(2)));
    all_in_chain(&clock, &operator).await;
    assert_eq!(operator.drop_key(1, true, &BY).await, Ok(()));
}

async fn a_database_that_knows_of_no_key_takes_all_that_are_here(place: &Place) {
    // Nothing is sealed in it yet: the highest seals, and nothing needs the others.
    let empty = place.another().await;
    let store = empty.open().await;
    let rows = rotation::agree(&*store, &ring(&[1, 2, 3]), NOW)
        .await
        .unwrap();
    let versions: Vec<_> = rows.iter().map(|row| row.held.version).collect();
    assert_eq!(versions, [1, 2, 3]);
    assert!(rows.iter().all(|row| row.resealed_at == Some(NOW)));
    rotation::agree(&*store, &ring(&[3]), NOW).await.unwrap();
    // A database of before there were rows about keys, in which the first version sealed.
    let (clock, first) = stage(place).await;
    let console = first.catalogue.tenant(CONSOLE).unwrap().tenant.id;
    fill(place, first.keyring(), console.number()).await;
    place.execute("DELETE FROM master_key").await;
    let operator = node(place, &clock, ring(&[1, 2, 3])).await;
    let state = operator.key_state().await.unwrap();
    assert_eq!(state.seals, 3);
    assert_eq!(operator.keyring().version(), 3);
    assert_eq!(state.waiting(), None);
    // The older ones are needed until everything is sealed anew, and never seal again.
    let told = rotation::agree(&**operator.store(), &ring(&[3]), NOW).await;
    assert_eq!(told.unwrap_err(), KeyTrouble::Missing(1));
    for held in &operator.keyring().held()[..2] {
        assert_eq!(operator.introduce_key(*held, &BY).await, Ok(false));
        let begun = operator.begin_sealing(held.version, &BY).await.unwrap_err();
        assert!(begun.to_string().contains("does not wait"), "{begun}");
    }
    resealed(&operator).await;
    clock.advance_s(3700);
    all_in_chain(&clock, &operator).await;
    for version in [1, 2] {
        assert_eq!(operator.drop_key(version, false, &BY).await, Ok(()));
    }
    rotation::agree(&**operator.store(), &ring(&[3]), NOW)
        .await
        .unwrap();
}

async fn of_two_nodes_that_are_first_one_is_believed(place: &Place) {
    let stores = [place.open().await, place.open().await];
    let rings = [ring(&[1]), ring(&[1, 2])];
    let agreed = tokio::join!(
        rotation::agree(&*stores[0], &rings[0], NOW),
        rotation::agree(&*stores[1], &rings[1], NOW)
    );
    let rows = stores[0].master_keys().await.unwrap();
    let seals = rows.last().unwrap().held.version;
    // Either both hold what seals, or the one that does not is told.
    match (seals, agreed) {
        (1, (Ok(_), Ok(_))) | (2, (Err(KeyTrouble::Missing(2)), Ok(_))) => {}
        other => panic!("{other:?}"),
    }
    assert!(rings[1].version() == seals);
}

async fn one_below_the_version_that_seals_never_begins_to(place: &Place) {
    let (clock, _) = stage(place).await;
    // Two operators introduce a version each at one moment.
    let operator = node(place, &clock, ring(&[1, 2, 3])).await;
    for held in &operator.keyring().held()[1..] {
        operator.introduce_key(*held, &BY).await.unwrap();
    }
    let begun = operator.begin_sealing(3, &BY).await.unwrap();
    assert_eq!(begun, Begun::Seals);
    let state = operator.key_state().await.unwrap();
    assert_eq!((state.seals, state.waiting()), (3, None));
    let store = operator.store();
    let refused = store.begin_sealing(2, (NOW, LONG_AGO)).await;
    assert_eq!(refused, Err(StoreError::Conflict));
}

/// A process that does not follow, so that its ring seals with the first version still; and a node by which that
/// one was dropped.
async fn dropped_meanwhile(place: &Place) -> (Arc<Verifier>, Arc<Verifier>) {
    let (clock, first) = stage(place).await;
    let both = node(place, &clock, ring(&[1, 2])).await;
    begun(&both).await;
    resealed(&both).await;
    all_in_chain(&clock, &both).await;
    assert_eq!(both.drop_key(1, true, &BY).await, Ok(()));
    assert_eq!(first.keyring().version(), 1);
    (first, both)
}

async fn nothing_is_written_to_the_directory_that_a_dropped_version_sealed(place: &Place) {
    let (first, both) = dropped_meanwhile(place).await;
    let store = first.store();
    let setting = |keyring: &Keyring, name: &'static str| {
        let of_setting = spot("server_setting", name, 1, 0);
        let sealed = keyring.seal(&OsBytes, &of_setting, SECRET);
        ServerSetting {
            name: name.to_owned(),
            body: "{}".to_owned(),
            secret: Some(sealed.unwrap()),
        }
    };
    let change = async |setting| Provision {
        expected_version: store.directory_version().await.unwrap(),
        settings: vec![setting],
        ..Provision::default()
    };
    let late = change(setting(first.keyring(), "late")).await;
    // To read again would not help: nobody else was faster.
    let told = store.provision(late).await.unwrap_err().to_string();
    assert!(
        told.contains("under master key version 1, which was dropped"),
        "{told}"
    );
    let mut overtaken = change(setting(first.keyring(), "late")).await;
    overtaken.expected_version -= 1;
    assert_eq!(store.provision(overtaken).await, Err(StoreError::Conflict));
    let good = change(setting(both.keyring(), "good")).await;
    assert_eq!(store.provision(good).await, Ok(()));
    let names = store.server_settings().await.unwrap().into_iter();
    let names: Vec<_> = names.map(|setting| setting.name).collect();
    assert!(names.contains(&"good".to_owned()) && !names.contains(&"late".to_owned()));
}

async fn nothing_is_taken_in_that_a_dropped_version_sealed(place: &Place) {
    let (first, both) = dropped_meanwhile(place).await;
    fill(place, both.keyring(), console(&both)).await;
    let store = first.store();
    let taken_in = async |keyring: &Keyring, number: i64| {
        let of_token = spot("authenticator", "secret", 77, number);
        let token = Authenticator {
            user: id(8),
            secret: keyring.seal(&OsBytes, &of_token, SECRET).unwrap(),
            pin: None,
            ..authenticator(id(77), number, &format!("late{number}"))
        };
        let rows = Provision {
            authenticators: vec![token],
            ..Provision::default()
        };
        let left = [Part::Rows(Box::new(rows)), Part::End].into();
        let version = store.directory_version().await.unwrap();
        store.take_in(version, &mut Numbered { left }).await
    };
    assert_eq!(
        taken_in(first.keyring(), 901).await,
        Err(StoreError::Conflict)
    );
    assert_eq!(taken_in(both.keyring(), 902).await, Ok(true));
    let (_, tokens) = store
        .user(id(77), UserKey::Id(id(8)))
        .await
        .unwrap()
        .unwrap();
    let serials: Vec<_> = tokens.iter().map(|token| token.serial.as_str()).collect();
    assert!(serials.contains(&"late902") && !serials.contains(&"late901"));
}

async fn what_somebody_sealed_under_a_dropped_version_is_counted_before_its_line_goes(
    place: &Place,
) {
    let (first, both) = dropped_meanwhile(place).await;
    fill(place, both.keyring(), console(&both)).await;
    assert_eq!(
        both.drop_key(1, true, &BY).await,
        Err(DropRefused::Dropped(1))
    );
    // A node that was cut off wrote what does not stand in the directory.
    let of_push = spot("device", "push", 77, 99);
    let sealed = first.keyring().seal(&OsBytes, &of_push, SECRET).unwrap();
    let body = serde_json::json!({ "push": BASE64.encode(sealed.as_bytes()) });
    let row = shelved("device", "77, '99'", &format!("'{body}'"));
    place.execute(&row).await;
    let needed = DropRefused::Needed {
        version: 1,
        rows: 1,
        events: 0,
    };
    assert_eq!(both.drop_key(1, true, &BY).await, Err(needed));
}
