//! What is too old goes, and the chain goes on behind a signed cut.

use challenge::audit::chain::{ORIGIN, Which};
use challenge::clock::Timestamp;

use super::log::{Log, tenant};
use crate::support::*;

on_both!(
    the_oldest_events_go_and_the_rest_is_whole,
    of_two_nodes_that_cut_at_once_one_does,
    a_cut_that_the_server_did_not_make_is_found,
    nothing_is_cut_that_is_not_whole,
    an_event_that_was_made_older_is_not_cut,
    a_log_may_be_cut_to_its_end_and_go_on,
);

async fn cut(log: &Log, before: Timestamp) -> u64 {
    let mut all = 0;
    loop {
        let cut = log.nodes[0].cut_events(before).await.unwrap();
        if cut == 0 {
            return all;
        }
        all += cut;
    }
}

async fn the_oldest_events_go_and_the_rest_is_whole(place: &Place) {
    let log = Log::sealed(place, 600).await;
    assert_eq!(cut(&log, NOW).await, 0);
    assert_eq!(cut(&log, NOW.plus_s(400)).await, 400);
    assert_eq!(cut(&log, NOW.plus_s(400)).await, 0);
    let report = log.check().await;
    assert!(report.is_whole(), "{:?}", report.faults);
    assert_eq!(report.sealed, 200);
    let end = report.chain.unwrap().cut.unwrap();
    assert_eq!(end.number, 400);
    let left = log.store().events(tenant(), 1000).await.unwrap();
    assert_eq!(left.len(), 200);
    assert!(left.iter().all(|event| event.at >= NOW.plus_s(400)));
    log.append().await;
    assert_eq!(log.seal().await, (1, 0));
    assert!(log.check().await.is_whole());
}

async fn of_two_nodes_that_cut_at_once_one_does(place: &Place) {
    let log = Log::sealed(place, 100).await;
    let before = NOW.plus_s(50);
    let (one, other) = tokio::join!(
        log.nodes[0].cut_events(before),
        log.nodes[1].cut_events(before)
    );
    let mut cut = [one.unwrap(), other.unwrap()];
    cut.sort_unstable();
    assert_eq!(cut, [0, 50]);
    assert!(log.check().await.is_whole());
}

async fn a_cut_that_the_server_did_not_make_is_found(place: &Place) {
    let log = Log::sealed(place, 40).await;
    // An attacker cuts as the server would, and puts the head's signature under it.
    place
        .execute(
            "UPDATE audit_chain SET cut_number = 10, cut_at = head_at, cut_key = head_key, \
                 cut_link = (SELECT link FROM event_link WHERE number = 10), \
                 cut_signature = head_signature; \
             DELETE FROM event WHERE id IN (SELECT id FROM event_link WHERE number <= 10); \
             DELETE FROM event_link WHERE number <= 10",
        )
        .await;
    assert_eq!(log.faults().await, [(None, "end")]);
    let told = log.check().await.faults[0].to_string();
    assert!(told.contains("its cut does not count"), "{told}");
    // A server signs nothing over it, whether it ran meanwhile or was restarted.
    for log in [&log, &log.restarted(place).await] {
        let refused = log.refusal().await;
        assert!(refused.contains("its cut does not count"), "{refused}");
        assert_eq!(log.faults().await, [(None, "end")]);
    }
    // The server's own cut put back, after it cut further.
    let place = &place.another().await;
    let log = Log::sealed(place, 40).await;
    cut(&log, NOW.plus_s(10)).await;
    let first = log.store().chain().await.unwrap().unwrap();
    cut(&log, NOW.plus_s(20)).await;
    let keys = crate::verifying::keyring().audit_public_keys();
    let old = first.cut.unwrap();
    assert_eq!(keys.problem_of(Which::Cut, &first.beginning, &old), None);
    assert!(
        keys.problem_of(Which::Head, &first.beginning, &old)
            .is_some()
    );
    place
        .execute("UPDATE audit_chain SET cut_number = 10")
        .await;
    assert!(!log.check().await.is_whole());
    assert!(log.refusal().await.contains("its cut does not count"));
}

async fn an_event_that_was_made_older_is_not_cut(place: &Place) {
    let log = Log::sealed(place, 10).await;
    place
        .execute("UPDATE event SET at = 0 WHERE id IN (SELECT id FROM event_link WHERE number < 3)")
        .await;
    let refused = log.nodes[0].cut_events(NOW).await.unwrap_err();
    assert!(refused.to_string().contains("not whole at event 1"));
    assert_eq!(
        log.faults().await,
        [(Some(1), "changed"), (Some(2), "changed")]
    );
}

async fn nothing_is_cut_that_is_not_whole(place: &Place) {
    let log = Log::sealed(place, 40).await;
    place
        .execute("DELETE FROM event WHERE id = (SELECT id FROM event_link WHERE number = 7)")
        .await;
    let refused = log.nodes[0].cut_events(NOW.plus_s(20)).await.unwrap_err();
    assert!(
        refused.to_string().contains("not whole at event 7"),
        "{refused}"
    );
    assert_eq!(log.faults().await, [(Some(7), "removed")]);
}

async fn a_log_may_be_cut_to_its_end_and_go_on(place: &Place) {
    let log = Log::sealed(place, 10).await;
    assert_eq!(cut(&log, NOW.plus_s(1000)).await, 10);
    let report = log.check().await;
    assert!(report.is_whole(), "{:?}", report.faults);
    let chain = report.chain.unwrap();
    assert_eq!(chain.foot(), (chain.head.number, chain.head.link));
    assert_ne!(chain.foot().1, ORIGIN);
    log.append().await;
    assert_eq!(log.seal().await, (1, 0));
    assert!(log.check().await.is_whole());
}
