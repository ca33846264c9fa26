//! The master key is rotated: what an older key signed is signed with the newest one, and verifies without
//! the older one.

use std::collections::BTreeMap;

use challenge::audit::signing::{SignedAnew, sign_anew};
use challenge::directory::UserKey;
use challenge::directory::provision::{Blueprint, Options, TenantBlueprint, UserBlueprint};
use challenge::officers::Officer;
use challenge::ports::Change;

use super::log::Log;
use crate::support::*;

on_both!(what_an_older_key_signed_is_signed_anew_and_verifies_without_it);

fn keys(versions: &[u32]) -> BTreeMap<u32, [u8; 32]> {
    let key = |version: &u32| (*version, [u8::try_from(*version).unwrap() + 6; 32]);
    versions.iter().map(key).collect()
}

/// A log under the first key with a cut and an erased user in it.
async fn older_log(place: &Place) -> Log {
    let log = Log::on(place).await;
    let node = &log.nodes[0];
    node.found_console().await.unwrap();
    let mut tenant = TenantBlueprint::named("BANK");
    tenant.users = vec![UserBlueprint::named("ann")];
    let blueprint = Blueprint {
        tenants: vec![tenant],
        ..Blueprint::default()
    };
    let applied = node.provisioner();
    applied.apply(&blueprint, Options::default()).await.unwrap();
    node.catalogue.refresh().await.unwrap();
    log.append().await;
    log.clock.advance_s(10);
    let tenant = node.catalogue.tenant("BANK").unwrap().tenant.id;
    for _ in 0..2 {
        let mut event = log.event();
        event.tenant = tenant;
        log.store().commit(Change::telling(event)).await.unwrap();
    }
    log.seal().await;
    assert!(node.cut_events(NOW.plus_s(5)).await.unwrap() > 0);
    let view = node.catalogue.tenant("BANK").unwrap();
    let key = UserKey::LoginName("ann");
    let (user, _) = node
        .store()
        .user(view.tenant.id, key)
        .await
        .unwrap()
        .unwrap();
    let officer = Officer::command_line();
    node.erase_user(&officer.actor(), &view, (&user, &[]))
        .await
        .unwrap();
    log
}

async fn what_an_older_key_signed_is_signed_anew_and_verifies_without_it(place: &Place) {
    let log = older_log(place).await;
    let erased = log.nodes[0].erase_events().await.unwrap().events;
    assert!(erased > 0);
    let both = Log::with_keys(place, keys(&[1, 2])).await;
    both.clock.set(log.nodes[0].now());
    let (store, ring) = (both.store(), both.nodes[0].keyring());
    let first = sign_anew(store, ring).await.unwrap();
    assert_eq!((first.signed, first.unfit), (erased + 2, 0));
    // Events wait under the older key, and the erasure is under way.
    assert!(first.left >= 2, "{first:?}");
    both.seal().await;
    both.clock.advance_s(60);
    both.nodes[0].erase_events().await.unwrap();
    let expected = SignedAnew::default();
    assert_eq!(sign_anew(store, ring).await.unwrap(), expected);
    assert!(both.check().await.is_whole());
    let newest = Log::with_keys(place, keys(&[2])).await;
    newest.clock.set(both.nodes[0].now());
    let report = newest.check().await;
    assert!(report.is_whole(), "{:?}", report.faults);
    assert_eq!(report.erased, erased);
    newest.append().await;
    assert_eq!(newest.seal().await, (1, 0));
    assert!(newest.check().await.is_whole());
    // What did not verify is not made to: neither an event nor an end.
    let third = Log::with_keys(place, keys(&[2, 3])).await;
    place
        .execute(
            "UPDATE event SET outcome = 'wrong' WHERE erased IS NOT NULL; \
             UPDATE event SET erased = (SELECT erased FROM event WHERE erased IS NOT NULL \
                 ORDER BY id LIMIT 1) WHERE erased IS NOT NULL",
        )
        .await;
    let (store, ring) = (third.store(), third.nodes[0].keyring());
    let signed = sign_anew(store, ring).await.unwrap();
    assert_eq!(signed.signed + signed.unfit, erased + 2);
    assert_eq!(signed.unfit, erased - 1);
    let fourth = Log::with_keys(place, keys(&[3, 4])).await;
    place
        .execute("UPDATE audit_chain SET head_at = head_at + 1")
        .await;
    let refused = sign_anew(fourth.store(), fourth.nodes[0].keyring()).await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("its head does not count"), "{refused}");
}
