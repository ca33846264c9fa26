//! Whoever changes the log past the server is found: whatever is done, wherever, at both ends too.

use challenge::audit::chain::End;
use challenge::ports::Change;

use super::log::Log;
use crate::support::*;

on_both!(
    an_event_that_was_removed_is_found,
    an_event_that_was_removed_with_its_seal_is_found,
    an_event_that_was_changed_is_found,
    an_event_that_was_added_is_found,
    events_that_were_put_in_another_order_are_found,
    an_event_that_was_removed_before_it_was_sealed_is_found,
    a_head_that_was_put_back_is_found,
    a_server_goes_on_from_nothing_less_than_it_saw,
    a_newest_link_that_is_not_the_signed_one_is_not_built_on,
    a_chain_that_is_gone_is_found,
    a_log_that_was_begun_anew_is_found_by_a_head_that_was_kept,
    a_head_that_was_kept_elsewhere_finds_an_older_database,
    many_faults_are_counted_and_the_first_are_told,
);

/// An event of a log of forty by its number.
fn event(number: u64) -> String {
    format!("id = (SELECT id FROM event_link WHERE number = {number})")
}

async fn an_event_that_was_removed_is_found(place: &Place) {
    let log = Log::sealed(place, 40).await;
    for number in [1, 20, 40] {
        place
            .execute(&format!("DELETE FROM event WHERE {}", event(number)))
            .await;
    }
    let expected = [1, 20, 40].map(|number| (Some(number), "removed"));
    assert_eq!(log.faults().await, expected);
    let told = log.check().await.faults[0].to_string();
    assert!(told.starts_with("event 1 (id "), "{told}");
}

async fn an_event_that_was_removed_with_its_seal_is_found(place: &Place) {
    for number in [1, 20, 40] {
        let place = &place.another().await;
        let log = Log::sealed(place, 40).await;
        let removal = format!(
            "DELETE FROM event WHERE {}; DELETE FROM event_link WHERE number = {number}",
            event(number)
        );
        place.execute(&removal).await;
        let faults = log.faults().await;
        assert_eq!(faults[0], (Some(number), "unlinked"), "{faults:?}");
        // Whoever stood behind it does not follow any more.
        assert_eq!(faults.len(), if number == 40 { 1 } else { 2 }, "{faults:?}");
    }
}

async fn an_event_that_was_changed_is_found(place: &Place) {
    let log = Log::sealed(place, 40).await;
    let changes = [
        (1, "detail = replace(detail, 'ann', 'bob')"),
        (5, "detail = replace(detail, '192.0.2.7', '192.0.2.8')"),
        (10, "outcome = 'wrong'"),
        (15, "user_id = 8"),
        (20, "user_id = NULL"),
        (25, "at = at + 1"),
        (30, "kind = 'issue'"),
        (31, "kind = 'no such kind'"),
        (32, "detail = '{'"),
        (33, "detail = '{}'"),
        (34, "salt = NULL"),
        (40, "detail = replace(detail, 'spl-api', 'other')"),
    ];
    for (number, change) in changes {
        let change = format!("UPDATE event SET {change} WHERE {}", event(number));
        place.execute(&change).await;
    }
    let expected = changes.map(|(number, _)| (Some(number), "changed"));
    assert_eq!(log.faults().await, expected);
}

async fn an_event_that_was_added_is_found(place: &Place) {
    let log = Log::sealed(place, 40).await;
    let older = place.open().await;
    let before = event_at(super::log::tenant(), NOW.plus_s(0));
    let (mut first, mut middle) = (before.clone(), before.clone());
    first.id = challenge::id::TimedId::from_bytes([0; 16]);
    middle.id = timed_id_at(NOW.plus_s(20));
    let last = event_at(super::log::tenant(), log.nodes[0].now());
    let elsewhere = event_at(id(99), log.nodes[0].now());
    for added in [first, middle, last, elsewhere] {
        older.commit(Change::telling(added)).await.unwrap();
    }
    let expected = [(None, "added"); 4];
    assert_eq!(log.faults().await, expected);
    // Given a salt they are no older version's, and a server that seals does not take them either.
    place
        .execute(
            "UPDATE event SET salt = (SELECT salt FROM event WHERE id = \
             (SELECT id FROM event_link WHERE number = 1)) WHERE salt IS NULL",
        )
        .await;
    assert_eq!(log.seal().await, (0, 0));
    assert_eq!(log.faults().await, expected);
}

async fn events_that_were_put_in_another_order_are_found(place: &Place) {
    for number in [1, 20, 39] {
        let place = &place.another().await;
        let log = Log::sealed(place, 40).await;
        let next = number + 1;
        place
            .execute(&format!(
                "UPDATE event_link SET number = 1000 WHERE number = {number}; \
                 UPDATE event_link SET number = {number} WHERE number = {next}; \
                 UPDATE event_link SET number = {next} WHERE number = 1000"
            ))
            .await;
        let faults = log.faults().await;
        let first = [(Some(number), "changed"), (Some(next), "changed")];
        assert_eq!(faults[..2], first, "{faults:?}");
    }
    // Two events whose texts change places: each stands under the id of the other.
    let log = Log::sealed(place, 40).await;
    for (number, name) in [(7, "eve"), (8, "bob")] {
        place
            .execute(&format!(
                "UPDATE event SET detail = replace(detail, 'ann', '{name}') WHERE {}",
                event(number)
            ))
            .await;
    }
    let changed = [(Some(7), "changed"), (Some(8), "changed")];
    assert_eq!(log.faults().await, changed);
}

async fn an_event_that_was_removed_before_it_was_sealed_is_found(place: &Place) {
    let log = Log::sealed(place, 3).await;
    log.append().await;
    place
        .execute("DELETE FROM event WHERE id NOT IN (SELECT id FROM event_link)")
        .await;
    assert_eq!(log.faults().await, [(None, "removed")]);
    // A server that seals does not forget it.
    assert_eq!(log.seal().await, (0, 1));
    log.append().await;
    assert_eq!(log.seal().await, (1, 0));
    assert_eq!(log.faults().await, [(None, "removed")]);
}

async fn a_head_that_was_put_back_is_found(place: &Place) {
    let log = Log::sealed(place, 40).await;
    place
        .execute(
            "UPDATE audit_chain SET head_number = 39, \
             head_link = (SELECT link FROM event_link WHERE number = 39)",
        )
        .await;
    assert_eq!(log.faults().await, [(None, "end"), (Some(40), "end")]);
    place
        .execute(&format!(
            "DELETE FROM event WHERE {}; DELETE FROM event_link WHERE number = 40",
            event(40)
        ))
        .await;
    assert_eq!(log.faults().await, [(None, "end")]);
    let told = log.check().await.faults[0].to_string();
    let wrong = "its signature is not this server's";
    assert!(told.contains(wrong), "{told}");
    // A server signs nothing over it, whether it ran meanwhile or was restarted.
    for log in [&log, &log.restarted(place).await] {
        let refused = log.refusal().await;
        assert!(refused.contains(wrong), "{refused}");
        assert_eq!(log.faults().await, [(None, "end")]);
    }
}

async fn a_server_goes_on_from_nothing_less_than_it_saw(place: &Place) {
    let log = Log::sealed(place, 20).await;
    let keep = "CREATE TABLE kept_chain AS SELECT * FROM audit_chain; \
         CREATE TABLE kept_link AS SELECT * FROM event_link";
    place.execute(keep).await;
    log.append().await;
    log.seal().await;
    // An older database is put back under a server that runs: its head is signed.
    place
        .execute(
            "DELETE FROM event WHERE id NOT IN (SELECT id FROM kept_link); \
             DELETE FROM event_link; INSERT INTO event_link SELECT * FROM kept_link; \
             DELETE FROM audit_chain; INSERT INTO audit_chain SELECT * FROM kept_chain",
        )
        .await;
    assert!(log.check().await.is_whole());
    let refused = log.refusal().await;
    assert!(
        refused.contains("it goes from 0 to 20")
            && refused.contains("go from 0 to 21")
            && refused.contains("restart the server"),
        "{refused}"
    );
    // Another node that never saw more goes on from there; the first sees that it is another chain.
    let other = log.restarted(place).await;
    other.append().await;
    other.seal().await;
    let refused = log.refusal().await;
    assert!(refused.contains("another one stands there"), "{refused}");
}

async fn a_newest_link_that_is_not_the_signed_one_is_not_built_on(place: &Place) {
    let changes = [
        "DELETE FROM event_link WHERE number = 5",
        "UPDATE event_link SET link = (SELECT link FROM event_link WHERE number = 4) \
             WHERE number = 5",
        "INSERT INTO event_link (number, tenant, id, link) \
             SELECT 7, 1, id, link FROM event_link WHERE number = 4",
    ];
    for change in changes {
        let place = &place.another().await;
        let log = Log::sealed(place, 5).await;
        place.execute(change).await;
        log.append().await;
        log.clock.advance_s(2);
        let refused = log.nodes[0].seal_events().await.unwrap_err().to_string();
        let expected = "its newest link is not the one of event 5";
        assert!(refused.contains(expected), "{refused}");
        assert!(!log.check().await.is_whole());
    }
}

async fn a_chain_that_is_gone_is_found(place: &Place) {
    let log = Log::sealed(place, 3).await;
    place.execute("DELETE FROM audit_chain").await;
    let faults = log.faults().await;
    assert_eq!(faults, [(None, "end")]);
    let other = log.restarted(place).await;
    other.append().await;
    other.clock.advance_s(2);
    let refused = other.nodes[0].seal_events().await.unwrap_err();
    assert!(
        refused.to_string().contains("its ends are gone"),
        "{refused}"
    );
    place.execute("DELETE FROM event_link").await;
    assert_eq!(log.faults().await, [(None, "added"); 3]);
    // The server that made it does not begin anew.
    let refused = log.refusal().await;
    assert!(
        refused.contains("it is gone") && refused.contains("go from 0 to 3"),
        "{refused}"
    );
    // One that never saw it does, and takes none of them.
    let log = log.restarted(place).await;
    assert_eq!(log.seal().await, (2, 0));
    assert_eq!(log.faults().await, [(None, "added"); 3]);
}

async fn a_log_that_was_begun_anew_is_found_by_a_head_that_was_kept(place: &Place) {
    let log = Log::sealed(place, 10).await;
    let first = log.check().await.chain.unwrap();
    place
        .execute(
            "DELETE FROM audit_chain; DELETE FROM event_link; DELETE FROM event_unsealed; \
             UPDATE event SET salt = NULL; UPDATE event SET detail = replace(detail, 'ann', 'bob')",
        )
        .await;
    // Those events are as an older version left them: a server that runs takes none.
    assert!(log.refusal().await.contains("it is gone"));
    let log = log.restarted(place).await;
    assert_eq!(log.seal().await, (11, 0));
    let report = log.check().await;
    assert!(report.is_whole());
    let began_at = report.chain.unwrap().beginning.at;
    assert!(began_at > first.beginning.at, "it tells when it began");
    let report = log.check_with(Some(first.head)).await;
    let told = report.faults[0].to_string();
    assert!(
        told.contains("not the one that the head in the file"),
        "{told}"
    );
}

async fn a_head_that_was_kept_elsewhere_finds_an_older_database(place: &Place) {
    let log = Log::sealed(place, 40).await;
    let head = log.check().await.chain.unwrap().head;
    assert!(log.check_with(Some(head)).await.is_whole());
    log.append().await;
    log.seal().await;
    assert!(log.check_with(Some(head)).await.is_whole());
    // The same server's log, but another one: as from a backup that went on.
    let other = End {
        link: [1; 32],
        ..head
    };
    let report = log.check_with(Some(other)).await;
    assert_eq!(report.faults[0].number, Some(40));
    let ahead = End { number: 50, ..head };
    let told = log.check_with(Some(ahead)).await.faults[0].to_string();
    assert!(told.contains("it ends at 41"), "{told}");
}

async fn many_faults_are_counted_and_the_first_are_told(place: &Place) {
    let log = Log::sealed(place, 300).await;
    place.execute("DELETE FROM event").await;
    let report = log.check().await;
    assert_eq!((report.fault_count, report.faults.len()), (300, 100));
}
