//! What is written about officers is written whole, and goes when its time is over.

use challenge::approval::ports::Write;
use challenge::officers::ports::OfficerWrites;
use challenge::officers::{NewToken, Officer, Opening, Reach, Role};
use challenge::ports::{Change, Provision, StoreError};

use super::stage::*;
use crate::support::*;

on_both!(
    a_stale_administrator_has_nothing_of_a_change_written,
    what_ended_is_swept,
);

async fn a_stale_administrator_has_nothing_of_a_change_written(place: &Place) {
    let stage = Stage::on(place).await;
    let (id, _) = stage.invited("ann", Role::Admin, Reach::Server).await;
    let store = stage.one().store();
    let row = store.administrator(id).await.unwrap().unwrap();
    let bank = stage.tenant("BANK").await;
    for expected in [0, row.version - 1, row.version + 1] {
        let officers = OfficerWrites {
            administrators: vec![Write {
                key: id,
                expected,
                next: Some(row.value.clone()),
            }],
            ..OfficerWrites::default()
        };
        let events = event_count(&**store, bank).await;
        let version = store.directory_version().await.unwrap();
        let provision = Provision {
            expected_version: version,
            users: vec![user(bank, 5, "new")],
            officers: officers.clone(),
            events: vec![event(bank)],
            ..Provision::default()
        };
        assert_eq!(store.provision(provision).await, Err(StoreError::Conflict));
        let change = Change {
            officers,
            ..telling(bank)
        };
        assert_eq!(store.commit(change).await, Err(StoreError::Conflict));
        assert_eq!(event_count(&**store, bank).await, events);
        assert_eq!(store.directory_version().await.unwrap(), version);
    }
    let now = store.administrator(id).await.unwrap().unwrap();
    assert_eq!(now.version, row.version);
}

async fn what_ended_is_swept(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let by = Officer::command_line();
    let wish = NewToken {
        name: "short".to_owned(),
        role: Role::Auditor,
        reach: Reach::Server,
        days: Some(1),
    };
    let made = stage.one().make_token(&by, wish).await.unwrap();
    let opening = stage.one().open_request(&by, "key", b"asked").await;
    assert!(matches!(opening, Ok(Opening::New(_))));
    let store = stage.one().store();
    // Sessions go after half a day, answers after a day, tokens thirty days after their end.
    store.sweep(NOW, 100).await.unwrap();
    assert!(stage.find(&ann.session).await.is_ok());
    stage.clock.set(NOW.plus_s(2 * 86_400));
    store.sweep(stage.one().now(), 100).await.unwrap();
    assert!(store.officer_token(made.token.id).await.unwrap().is_some());
    let opening = stage.one().open_request(&by, "key", b"other").await;
    assert!(matches!(opening, Ok(Opening::New(_))), "the key is free");
    stage.clock.set(NOW.plus_s(32 * 86_400));
    let swept = store.sweep(stage.one().now(), 100).await.unwrap();
    assert!(swept >= 1);
    assert!(store.officer_token(made.token.id).await.unwrap().is_none());
    assert!(store.administrator(ann.id).await.unwrap().is_some());
}
