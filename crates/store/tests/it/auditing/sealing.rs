//! What is appended gets its place in the chain: once, whoever seals, and whenever it came.

use std::sync::Arc;

use challenge::ports::Change;

use super::log::{Log, tenant};
use crate::support::*;

on_both!(
    a_sealed_log_is_whole_and_what_is_young_waits,
    of_two_nodes_that_seal_at_once_one_does,
    an_event_that_comes_late_is_sealed_all_the_same,
    an_event_of_a_clock_that_was_ahead_is_sealed,
    events_of_an_older_version_are_sealed_for_a_day,
    what_somebody_else_put_among_those_that_wait_is_never_sealed,
    a_node_without_the_newest_key_leaves_its_events_to_others,
    a_log_without_events_is_whole,
    an_event_that_somebody_keeps_from_being_sealed_is_found_and_sealed,
    what_is_sealed_is_not_sealed_once_more,
);

async fn a_sealed_log_is_whole_and_what_is_young_waits(place: &Place) {
    let log = Log::sealed(place, 300).await;
    let young = log.event();
    log.store().commit(Change::telling(young)).await.unwrap();
    assert_eq!(log.nodes[1].seal_events().await.unwrap().events, 0);
    let report = log.check().await;
    assert!(report.is_whole(), "{:?}", report.faults);
    assert_eq!((report.sealed, report.waiting), (300, 1));
    let chain = report.chain.unwrap();
    assert_eq!((chain.head.number, chain.cut), (300, None));
    assert_eq!(log.seal().await, (1, 0));
    let links = log.store().links(298, 10).await.unwrap();
    let numbers: Vec<_> = links.iter().map(|link| link.number).collect();
    assert_eq!(numbers, [299, 300, 301]);
}

async fn of_two_nodes_that_seal_at_once_one_does(place: &Place) {
    let log = Log::on(place).await;
    for _ in 0..5 {
        for _ in 0..30 {
            log.append().await;
        }
        log.clock.advance_s(2);
        let mut tasks = tokio::task::JoinSet::new();
        for turn in 0..8 {
            let node = Arc::clone(&log.nodes[turn % 2]);
            tasks.spawn(async move { node.seal_events().await.unwrap().events });
        }
        let sealed: u64 = tasks.join_all().await.into_iter().sum();
        assert_eq!(sealed, 30);
    }
    let report = log.check().await;
    assert!(report.is_whole(), "{:?}", report.faults);
    assert_eq!((report.sealed, report.waiting), (150, 0));
}

async fn an_event_that_comes_late_is_sealed_all_the_same(place: &Place) {
    let log = Log::on(place).await;
    let late = log.event();
    log.clock.advance_s(1);
    for _ in 0..10 {
        log.append().await;
    }
    log.seal().await;
    log.store()
        .commit(Change::telling(late.clone()))
        .await
        .unwrap();
    assert_eq!(log.seal().await, (1, 0));
    let report = log.check().await;
    assert!(report.is_whole(), "{:?}", report.faults);
    let last = log.store().links(10, 1).await.unwrap();
    assert_eq!(last[0].place.id, late.id);
}

async fn an_event_of_a_clock_that_was_ahead_is_sealed(place: &Place) {
    let log = Log::sealed(place, 3).await;
    let now = log.nodes[0].now();
    log.clock.advance_s(86_400);
    log.append().await;
    log.clock.set(now);
    log.append().await;
    assert_eq!(log.seal().await, (2, 0));
    assert!(log.check().await.is_whole());
}

/// Appends past every stamp, as an older version does.
async fn append_as_before(place: &Place, log: &Log) {
    let older = place.open().await;
    let change = Change::telling(log.event());
    older.commit(change).await.unwrap();
    log.clock.advance_s(1);
}

async fn events_of_an_older_version_are_sealed_for_a_day(place: &Place) {
    let log = Log::on(place).await;
    for _ in 0..300 {
        append_as_before(place, &log).await;
    }
    let before = log.check().await;
    assert_eq!((before.is_whole(), before.waiting), (true, 300));
    log.append().await;
    assert_eq!(log.seal().await, (301, 0));
    // A node of the older version still runs.
    append_as_before(place, &log).await;
    assert_eq!(log.check().await.waiting, 1);
    assert_eq!(log.seal().await, (1, 0));
    log.clock.advance_s(86_400);
    append_as_before(place, &log).await;
    assert_eq!(log.seal().await, (0, 0));
    assert_eq!(log.faults().await, [(None, "added")]);
}

async fn what_somebody_else_put_among_those_that_wait_is_never_sealed(place: &Place) {
    let log = Log::sealed(place, 3).await;
    append_as_before(place, &log).await;
    log.append().await;
    place
        .execute(
            "UPDATE event SET salt = (SELECT salt FROM event WHERE id = \
                 (SELECT id FROM event_link WHERE number = 1)) WHERE salt IS NULL; \
             INSERT INTO event_unsealed (refused, id, tenant, tag) SELECT 0, id, tenant, \
                 (SELECT tag FROM event_unsealed) FROM event \
                 WHERE id NOT IN (SELECT id FROM event_link) \
                 AND id NOT IN (SELECT id FROM event_unsealed)",
        )
        .await;
    // What is ours goes on past it.
    assert_eq!(log.seal().await, (1, 1));
    assert_eq!(log.faults().await, [(None, "added")]);
    assert_eq!(log.store().events(tenant(), 10).await.unwrap().len(), 5);
}

async fn a_node_without_the_newest_key_leaves_its_events_to_others(place: &Place) {
    let log = Log::sealed(place, 3).await;
    let newer = Log::with_keys(place, [(1, [7; 32]), (2, [8; 32])].into()).await;
    newer.clock.set(log.nodes[0].now());
    newer.append().await;
    log.clock.advance_s(5);
    let refused = log.nodes[0].seal_events().await.unwrap_err();
    assert!(
        refused.to_string().contains("newer master key"),
        "{refused}"
    );
    // What claims a newer key and is a day old is nobody's, to who does not know better.
    log.clock.advance_s(2 * 86_400);
    assert_eq!(log.seal().await, (0, 1));
    newer.clock.set(log.nodes[0].now());
    assert_eq!(newer.faults().await, [(None, "refused")]);
    assert_eq!(log.nodes[0].take_back_refused().await.unwrap(), 0);
    assert_eq!(newer.nodes[0].take_back_refused().await.unwrap(), 1);
    assert_eq!(newer.seal().await, (1, 0));
    let report = newer.check().await;
    assert!(report.is_whole(), "{:?}", report.faults);
    assert_eq!(report.sealed, 4);
    // Who has not the key that signed says so, and signs nothing behind it.
    let told = log.check().await.faults[0].to_string();
    assert!(told.contains("version 2, which is not here"), "{told}");
    assert!(log.refusal().await.contains("newer master key"));
}

async fn an_event_that_somebody_keeps_from_being_sealed_is_found_and_sealed(place: &Place) {
    let log = Log::sealed(place, 3).await;
    log.append().await;
    place.execute("UPDATE event_unsealed SET refused = 1").await;
    assert_eq!(log.seal().await, (0, 0));
    assert_eq!(log.faults().await, [(None, "refused")]);
    let told = log.check().await.faults[0].to_string();
    assert!(told.contains("never sealed"), "{told}");
    // That what is not the server's stands there as well changes nothing.
    append_as_before(place, &log).await;
    place
        .execute(
            "INSERT INTO event_unsealed (refused, id, tenant, tag) SELECT r, id, tenant, \
                 (SELECT tag FROM event_unsealed) FROM event, \
                 (SELECT 0 AS r UNION ALL SELECT 1) AS both_of_them WHERE salt IS NULL",
        )
        .await;
    assert_eq!(log.nodes[0].take_back_refused().await.unwrap(), 1);
    assert_eq!(log.seal().await, (1, 1));
    assert_eq!(log.faults().await, [(None, "added")]);
}

async fn what_is_sealed_is_not_sealed_once_more(place: &Place) {
    let log = Log::on(place).await;
    log.append().await;
    place
        .execute("CREATE TABLE kept AS SELECT * FROM event_unsealed")
        .await;
    assert_eq!(log.seal().await, (1, 0));
    place
        .execute("INSERT INTO event_unsealed SELECT * FROM kept")
        .await;
    log.append().await;
    assert_eq!(log.seal().await, (1, 1));
    assert_eq!(log.nodes[0].take_back_refused().await.unwrap(), 0);
    // Of an older version's log nothing is sealed twice either.
    let place = &place.another().await;
    let log = Log::on(place).await;
    append_as_before(place, &log).await;
    log.seal().await;
    place.execute("UPDATE event SET salt = NULL").await;
    log.append().await;
    assert_eq!(log.seal().await, (1, 0));
    assert_eq!(log.faults().await, [(Some(1), "changed")]);
}

async fn a_log_without_events_is_whole(place: &Place) {
    let log = Log::on(place).await;
    assert_eq!(log.seal().await, (0, 0));
    let report = log.check().await;
    assert!(report.is_whole() && report.chain.is_none());
}
