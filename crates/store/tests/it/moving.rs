//! What moves: reads give what was written, and expectations are kept.

use challenge::access::AccessToken;
use challenge::lifecycle::State;
use challenge::ports::{ChallengeWrite, Change, SpentMark, StandingWrite, StoreError};

use crate::support::*;

on_both!(
    what_is_expected_is_checked_though_nothing_is_written,
    a_challenge_is_moved_and_read_back,
    a_token_is_found_and_revoked,
    a_spent_mark_stays_until_swept,
    a_sweep_takes_what_is_past_and_no_more_than_asked,
    events_come_newest_first,
    what_belongs_to_another_tenant_is_not_found,
    an_impossible_row_is_named,
    the_store_checks_and_describes_itself,
);

async fn what_is_expected_is_checked_though_nothing_is_written(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 1).await;
    let expecting = |user, expected| Change {
        standing: Some(StandingWrite {
            user: id(user),
            expected,
            next: None,
        }),
        ..telling(tenant)
    };
    assert_eq!(store.commit(expecting(1, 1)).await, Ok(()));
    assert_eq!(
        store.commit(expecting(1, 2)).await,
        Err(StoreError::Conflict)
    );
    assert_eq!(
        store.commit(expecting(1, 0)).await,
        Err(StoreError::Conflict)
    );
    assert_eq!(store.commit(expecting(2, 0)).await, Ok(()));
    assert_eq!(
        store
            .standing(tenant, id(1))
            .await
            .unwrap()
            .unwrap()
            .version,
        1
    );
    assert_eq!(store.standing(tenant, id(2)).await.unwrap(), None);
    let expecting = |expected| Change {
        challenges: vec![ChallengeWrite {
            id: timed_id(),
            expected,
            next: None,
        }],
        ..telling(tenant)
    };
    assert_eq!(store.commit(expecting(0)).await, Ok(()));
    assert_eq!(store.commit(expecting(1)).await, Err(StoreError::Conflict));
}

async fn a_challenge_is_moved_and_read_back(place: &Place) {
    let store = place.open().await;
    let (tenant, one) = (id(1), timed_id());
    let states = [
        State::Open { attempts_left: 2 },
        State::Open { attempts_left: 1 },
        State::Accepted { at: NOW },
        State::Consumed { at: NOW },
    ];
    for (expected, state) in (0..).zip(states) {
        let next = challenge(tenant, one, state);
        let write = ChallengeWrite {
            id: one,
            expected,
            next: Some(next.clone()),
        };
        let change = || Change {
            challenges: vec![write.clone()],
            ..telling(tenant)
        };
        assert_eq!(store.commit(change()).await, Ok(()));
        assert_eq!(store.commit(change()).await, Err(StoreError::Conflict));
        let read = store.challenge(tenant, one).await.unwrap().unwrap();
        assert_eq!((read.version, read.value), (expected + 1, next));
    }
}

async fn a_token_is_found_and_revoked(place: &Place) {
    let store = place.open().await;
    let tenant = id(1);
    for token in [
        token(tenant),
        AccessToken {
            user: None,
            ..token(tenant)
        },
    ] {
        assert_eq!(store.access_token(tenant, &token.key).await.unwrap(), None);
        let change = Change {
            token: Some(token.clone()),
            ..telling(tenant)
        };
        store.commit(change).await.unwrap();
        assert_eq!(
            store.access_token(tenant, &token.key).await.unwrap(),
            Some(token.clone())
        );
        let change = Change {
            revoked: Some(token.key),
            ..telling(tenant)
        };
        store.commit(change).await.unwrap();
        let read = store.access_token(tenant, &token.key).await.unwrap();
        assert_eq!(
            read,
            Some(AccessToken {
                revoked: true,
                ..token
            })
        );
    }
}

async fn a_spent_mark_stays_until_swept(place: &Place) {
    let store = place.open().await;
    let marked = |keep_until: bool| Change {
        spent: vec![SpentMark {
            digest: [u8::from(keep_until); 32],
            keep_until: keep_until.then_some(NOW),
        }],
        ..telling(id(1))
    };
    for keep_until in [true, false] {
        assert_eq!(store.commit(marked(keep_until)).await, Ok(()));
    }
    assert_eq!(store.sweep(NOW.plus_s(1), 100).await, Ok(1));
    assert_eq!(store.commit(marked(true)).await, Ok(()));
    assert_eq!(
        store.commit(marked(false)).await,
        Err(StoreError::AlreadySpent)
    );
}

async fn a_sweep_takes_what_is_past_and_no_more_than_asked(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 1).await;
    let states = [
        State::Open { attempts_left: 1 },
        State::Accepted {
            at: NOW.plus_s(100),
        },
        State::Declined { at: NOW.plus_s(1) },
    ];
    let mut ids = Vec::new();
    for state in states {
        let one = timed_id();
        ids.push(one);
        let next = Some(challenge(tenant, one, state));
        let challenges = vec![ChallengeWrite {
            id: one,
            expected: 0,
            next,
        }];
        let token = Some(token(tenant));
        store
            .commit(Change {
                challenges,
                token,
                ..telling(tenant)
            })
            .await
            .unwrap();
    }
    // Tokens end after 60 s, the open challenge after 120 s, the accepted one after 160 s.
    assert_eq!(store.sweep(NOW, 100).await, Ok(0));
    assert_eq!(store.sweep(NOW.plus_s(1), 100).await, Ok(1));
    assert_eq!(store.sweep(NOW.plus_s(60), 2).await, Ok(2));
    assert_eq!(store.sweep(NOW.plus_s(60), 2).await, Ok(1));
    assert_eq!(store.sweep(NOW.plus_s(119), 100).await, Ok(0));
    assert_eq!(store.sweep(NOW.plus_s(120), 100).await, Ok(1));
    assert_eq!(store.challenge(tenant, ids[0]).await.unwrap(), None);
    assert!(store.challenge(tenant, ids[1]).await.unwrap().is_some());
    assert_eq!(store.sweep(NOW.plus_s(160), 100).await, Ok(1));
    assert_eq!(store.events(tenant, 100).await.unwrap().len(), 4);
}

async fn events_come_newest_first(place: &Place) {
    let store = place.open().await;
    let mut events: Vec<_> = (0..5)
        .map(|second| event_at(id(1), NOW.plus_s(second)))
        .collect();
    for event in &events {
        store.commit(Change::telling(event.clone())).await.unwrap();
    }
    store.commit(telling(id(2))).await.unwrap();
    events.reverse();
    assert_eq!(store.events(id(1), 100).await.unwrap(), events);
    assert_eq!(store.events(id(1), 2).await.unwrap(), events[..2]);
}

async fn what_belongs_to_another_tenant_is_not_found(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 1).await;
    let (token, one) = (token(tenant), timed_id());
    let next = Some(challenge(tenant, one, State::Open { attempts_left: 1 }));
    let challenges = vec![ChallengeWrite {
        id: one,
        expected: 0,
        next,
    }];
    let change = Change {
        challenges,
        token: Some(token.clone()),
        ..telling(tenant)
    };
    store.commit(change).await.unwrap();
    assert_eq!(store.standing(id(2), id(1)).await.unwrap(), None);
    assert_eq!(store.challenge(id(2), one).await.unwrap(), None);
    assert_eq!(store.access_token(id(2), &token.key).await.unwrap(), None);
}

async fn an_impossible_row_is_named(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 1).await;
    place
        .execute("UPDATE user_account SET login_name = 'other'")
        .await;
    let key = challenge::directory::UserKey::Id(id(1));
    let Err(StoreError::Inconsistent { table, row, .. }) = store.user(tenant, key).await else {
        panic!("a row whose key and body differ was read");
    };
    assert_eq!((table, row.as_str()), ("user_account", "1"));
    place.execute("UPDATE standing SET body = 'no JSON'").await;
    let read = store.standing(tenant, id(1)).await;
    assert!(
        matches!(
            read,
            Err(StoreError::Inconsistent {
                table: "standing",
                ..
            })
        ),
        "{read:?}"
    );
}

async fn the_store_checks_and_describes_itself(place: &Place) {
    let store = place.open().await;
    assert_eq!(store.check().await, Ok(()));
    assert!(store.describe().contains("SQL"), "{}", store.describe());
}
