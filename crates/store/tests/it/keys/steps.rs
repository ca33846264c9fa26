//! The steps of a rotation: who must hold what, what is refused, and what lasts of a version that was
//! dropped.

use std::sync::Arc;

use challenge::audit::EventKind;
use challenge::clock::ManualClock;
use challenge::directory::provision::{Blueprint, ClientBlueprint, Options, TenantBlueprint};
use challenge::officers::CONSOLE;
use challenge::rotation::{self, ALIVE_S, Begun, DropRefused, KeyTrouble, Node, RotateRefused};
use challenge::verifier::Verifier;

use super::stage::*;
use crate::support::*;

on_both!(
    a_version_seals_once_every_node_holds_it,
    a_node_that_is_gone_is_not_waited_for,
    a_version_is_dropped_once_nothing_needs_it,
    what_lasts_of_a_dropped_version_still_counts,
    a_wrong_or_a_missing_key_is_told,
    of_two_that_begin_at_once_both_see_it_seal,
);

async fn first(place: &Place, clock: &Arc<ManualClock>) -> Arc<Verifier> {
    let first = node(place, clock, ring(&[1])).await;
    first.found_console().await.unwrap();
    first
}

async fn resealed(node: &Verifier) {
    let resealed = node.reseal(&|_| (), &|| std::future::ready(())).await;
    resealed.unwrap();
}

async fn a_version_seals_once_every_node_holds_it(place: &Place) {
    let clock = Arc::new(ManualClock::at(NOW));
    let serving = first(place, &clock).await;
    let mut follower = Node::new(&serving, "one:8080".to_owned());
    assert_eq!(follower.follow(None).await, Ok(None));
    let operator = node(place, &clock, ring(&[1, 2])).await;
    let held = operator.keyring().held()[1];
    let waits = operator.begin_sealing(2, &BY).await;
    assert_eq!(waits, Err(RotateRefused::NotWaiting(2)));
    assert!(operator.introduce_key(held, &BY).await.unwrap());
    assert!(!operator.introduce_key(held, &BY).await.unwrap());
    let without = Begun::NotHeldBy(vec!["one:8080".to_owned()]);
    assert_eq!(operator.begin_sealing(2, &BY).await, Ok(without.clone()));
    // Another key of the same version does not count as this one.
    let other = challenge::secret::Keyring::new([(1, [1; 32]), (2, [9; 32])].into()).unwrap();
    assert_eq!(
        follower.follow(Some(&other)).await,
        Err(KeyTrouble::Other(2))
    );
    assert_eq!(operator.begin_sealing(2, &BY).await, Ok(without));
    // Now the node holds it, and does not seal with it before it is said to.
    assert_eq!(follower.follow(Some(&ring(&[1, 2]))).await, Ok(None));
    assert_eq!(serving.keyring().version(), 1);
    assert_eq!(operator.begin_sealing(2, &BY).await, Ok(Begun::Seals));
    assert_eq!(follower.follow(Some(&ring(&[1, 2]))).await, Ok(Some(2)));
    assert_eq!(serving.keyring().version(), 2);
    let again = operator.begin_sealing(2, &BY).await;
    assert_eq!(again, Err(RotateRefused::NotWaiting(2)));
    let state = operator.key_state().await.unwrap();
    assert_eq!(
        (state.seals, state.nodes.len(), state.nodes[0].seals),
        (2, 1, 2)
    );
    // The audit log tells both, and what was appended under both is taken into its chain.
    let console = operator.catalogue.tenant(CONSOLE).unwrap().tenant.id;
    let events = operator.store().events(console, 100).await.unwrap();
    let kinds = events
        .iter()
        .filter(|event| event.kind == EventKind::RotateKey);
    assert_eq!(kinds.count(), 2);
    clock.advance_s(10);
    while operator.seal_events().await.unwrap().events > 0 {}
    assert_eq!(operator.store().marked_events(1).await, Ok(0));
}

async fn a_node_that_is_gone_is_not_waited_for(place: &Place) {
    let clock = Arc::new(ManualClock::at(NOW));
    let serving = first(place, &clock).await;
    let mut ends = Node::new(&serving, "ends".to_owned());
    let mut killed = Node::new(&serving, "killed".to_owned());
    ends.follow(None).await.unwrap();
    killed.follow(None).await.unwrap();
    let operator = node(place, &clock, ring(&[1, 2])).await;
    let held = operator.keyring().held()[1];
    operator.introduce_key(held, &BY).await.unwrap();
    ends.leave().await.unwrap();
    let without = Begun::NotHeldBy(vec!["killed".to_owned()]);
    assert_eq!(operator.begin_sealing(2, &BY).await, Ok(without));
    clock.advance_s(u32::try_from(ALIVE_S).unwrap() + 1);
    assert_eq!(operator.begin_sealing(2, &BY).await, Ok(Begun::Seals));
    // It was only slow: it learns that it lacks the key, and says so.
    assert_eq!(killed.follow(None).await, Err(KeyTrouble::Missing(2)));
}

async fn a_version_is_dropped_once_nothing_needs_it(place: &Place) {
    let clock = Arc::new(ManualClock::at(NOW));
    let serving = first(place, &clock).await;
    let console = serving.catalogue.tenant(CONSOLE).unwrap().tenant.id;
    fill(place, serving.keyring(), console.number()).await;
    let mut follower = Node::new(&serving, "one:8080".to_owned());
    follower.follow(Some(&ring(&[1, 2]))).await.unwrap();
    let operator = node(place, &clock, ring(&[1, 2])).await;
    let drop = async |at_once| operator.drop_key(1, at_once, &BY).await;
    assert_eq!(drop(false).await, Err(DropRefused::Seals(1)));
    let unknown = operator.drop_key(7, false, &BY).await;
    assert_eq!(unknown, Err(DropRefused::Unknown(7)));
    let held = operator.keyring().held()[1];
    operator.introduce_key(held, &BY).await.unwrap();
    operator.begin_sealing(2, &BY).await.unwrap();
    let used = DropRefused::Used {
        node: "one:8080".to_owned(),
        version: 1,
    };
    assert_eq!(drop(true).await, Err(used));
    follower.follow(Some(&ring(&[1, 2]))).await.unwrap();
    let refused = drop(false).await.unwrap_err();
    assert!(
        matches!(refused, DropRefused::Carried { version: 1, .. }),
        "{refused}"
    );
    let needed = drop(true).await.unwrap_err();
    let DropRefused::Needed { rows, events, .. } = needed else {
        panic!("{needed}");
    };
    assert_eq!(rows, 13);
    assert!(events > 0, "{needed}");
    assert!(needed.to_string().contains("13 rows"), "{needed}");
    resealed(&operator).await;
    clock.advance_s(10);
    while operator.seal_events().await.unwrap().events > 0 {}
    clock.advance_s(3600);
    // Longer ago than a node counts as running; it says so again.
    follower.follow(Some(&ring(&[1, 2]))).await.unwrap();
    assert_eq!(drop(false).await, Ok(()));
    assert_eq!(drop(false).await, Err(DropRefused::Dropped(1)));
    // The node goes on without the old key.
    follower.follow(Some(&ring(&[2]))).await.unwrap();
    assert_eq!(serving.keyring().held().len(), 1);
}

async fn what_lasts_of_a_dropped_version_still_counts(place: &Place) {
    let clock = Arc::new(ManualClock::at(NOW));
    let serving = first(place, &clock).await;
    let mut tenant = TenantBlueprint::named("ONLINEBANK");
    let mut portal = ClientBlueprint::named("portal");
    portal.secret = Some("password01".into());
    tenant.clients.push(portal);
    let blueprint = Blueprint {
        tenants: vec![tenant],
        ..Blueprint::default()
    };
    let provisioner = serving.provisioner();
    let applied = provisioner.apply(&blueprint, Options::default()).await;
    applied.unwrap();
    let old_push = *serving.push_key().unwrap().public();
    clock.advance_s(10);
    while serving.seal_events().await.unwrap().events > 0 {}
    // Through two rotations: what lasts is itself sealed anew.
    for version in [2, 3] {
        let operator = node(place, &clock, ring(&[version - 1, version])).await;
        let held = operator.keyring().held()[1];
        operator.introduce_key(held, &BY).await.unwrap();
        let begun = operator.begin_sealing(u32::from(version), &BY).await;
        assert_eq!(begun, Ok(Begun::Seals));
        resealed(&operator).await;
        clock.advance_s(3700);
        while operator.seal_events().await.unwrap().events > 0 {}
        let dropped = operator.drop_key(u32::from(version) - 1, false, &BY).await;
        dropped.unwrap();
    }
    let last = node(place, &clock, ring(&[3])).await;
    let tenant = last.catalogue.tenant("ONLINEBANK").unwrap();
    let knows = |secret: &str| last.client_by_secret(&tenant, "portal", &[secret]).is_ok();
    assert!(knows("password01") && !knows("password02"));
    let ring = last.keyring();
    assert!(ring.push_key_of(&old_push).is_some());
    assert_ne!(*last.push_key().unwrap().public(), old_push);
    let versions: Vec<_> = ring
        .audit_public_keys()
        .0
        .iter()
        .map(|(of, _)| *of)
        .collect();
    assert_eq!(versions, [1, 2, 3]);
    assert_eq!(ring.passcode_keys(7).len(), 3);
}

async fn a_wrong_or_a_missing_key_is_told(place: &Place) {
    let clock = Arc::new(ManualClock::at(NOW));
    let serving = first(place, &clock).await;
    let store = serving.store();
    let wrong = challenge::secret::Keyring::new([(1, [9; 32])].into()).unwrap();
    let told = rotation::agree(&**store, &wrong, NOW).await.unwrap_err();
    assert_eq!(told, KeyTrouble::Other(1));
    assert!(told.to_string().contains("right key file"), "{told}");
    let told = rotation::agree(&**store, &ring(&[2]), NOW)
        .await
        .unwrap_err();
    assert_eq!(told, KeyTrouble::Missing(1));
    assert!(
        told.to_string().contains("version 1, which is not here"),
        "{told}"
    );
    // A version that nobody introduced is held, and seals nothing.
    let more = ring(&[1, 2]);
    rotation::agree(&**store, &more, NOW).await.unwrap();
    assert_eq!(more.version(), 1);
}

async fn of_two_that_begin_at_once_both_see_it_seal(place: &Place) {
    let clock = Arc::new(ManualClock::at(NOW));
    first(place, &clock).await;
    let nodes = [
        node(place, &clock, ring(&[1, 2])).await,
        node(place, &clock, ring(&[1, 2])).await,
    ];
    let held = nodes[0].keyring().held()[1];
    nodes[0].introduce_key(held, &BY).await.unwrap();
    let begun = tokio::join!(
        nodes[0].begin_sealing(2, &BY),
        nodes[1].begin_sealing(2, &BY)
    );
    for begun in [begun.0, begun.1] {
        let seals = matches!(begun, Ok(Begun::Seals) | Err(RotateRefused::NotWaiting(2)));
        assert!(seals, "{begun:?}");
    }
    let rows = nodes[0].store().master_keys().await.unwrap();
    assert_eq!(
        rows.iter().filter(|row| row.seals_since.is_some()).count(),
        2
    );
}
