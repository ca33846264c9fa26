//! Many at once: exactly one wins, and who loses takes nobody with him.

use std::sync::Arc;

use challenge::approval::ports::Listing;
use challenge::lifecycle::State;
use challenge::ports::{ChallengeWrite, Change, SpentMark, Store, StoreError};

use crate::support::*;

on_both!(
    one_version_is_moved_once,
    one_mark_is_spent_once,
    a_loser_takes_nobody_with_it_and_leaves_nothing,
    a_new_challenge_is_added_once,
    two_marks_in_both_orders_never_hang,
);

const ROUNDS: i64 = 200;
const CONCURRENT: usize = 32;

async fn all_at_once(
    store: &Arc<dyn Store>,
    changes: impl Iterator<Item = Change>,
) -> Vec<Result<(), StoreError>> {
    let tasks: Vec<_> = changes
        .map(|change| {
            let store = Arc::clone(store);
            tokio::spawn(async move { store.commit(change).await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    outcomes
}

fn assert_one_winner(outcomes: &[Result<(), StoreError>], loss: &StoreError) {
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let lost = outcomes
        .iter()
        .filter(|outcome| outcome.as_ref().err() == Some(loss))
        .count();
    assert_eq!((won, lost), (1, outcomes.len() - 1), "{outcomes:?}");
}

async fn one_version_is_moved_once(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 1).await;
    for round in 1..=ROUNDS {
        let changes = (0..CONCURRENT as u64).map(|number| Change {
            standing: Some(standing_write(id(1), round, number)),
            ..telling(tenant)
        });
        assert_one_winner(&all_at_once(&store, changes).await, &StoreError::Conflict);
        let after = store.standing(tenant, id(1)).await.unwrap().unwrap();
        assert_eq!(after.version, round + 1);
    }
    assert_eq!(event_count(&*store, tenant).await, ROUNDS + 1);
}

async fn one_mark_is_spent_once(place: &Place) {
    let store = place.open().await;
    for round in 0..ROUNDS {
        let digest = [u8::try_from(round).unwrap(); 32];
        let spent = vec![SpentMark {
            digest,
            keep_until: None,
        }];
        let changes = (0..CONCURRENT).map(|_| Change {
            spent: spent.clone(),
            ..telling(id(1))
        });
        assert_one_winner(
            &all_at_once(&store, changes).await,
            &StoreError::AlreadySpent,
        );
    }
    assert_eq!(event_count(&*store, id(1)).await, ROUNDS);
}

async fn a_loser_takes_nobody_with_it_and_leaves_nothing(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 20).await;
    let loser = |user: i64| Change {
        standing: Some(standing_write(id(user), 99, 99)),
        spent: vec![SpentMark {
            digest: [u8::try_from(user).unwrap(); 32],
            keep_until: None,
        }],
        token: Some(token(tenant)),
        messages: vec![message(tenant, NOW)],
        ..telling(tenant)
    };
    let winner = |user| Change {
        standing: Some(standing_write(id(user), 1, 5)),
        ..telling(tenant)
    };
    let losers: Vec<Change> = (1..=20).map(loser).collect();
    let tokens: Vec<_> = losers
        .iter()
        .filter_map(|change| change.token.clone())
        .collect();
    let mixed = losers
        .into_iter()
        .zip((1..=20).map(winner))
        .flat_map(|(a, b)| [a, b]);
    for (place, outcome) in all_at_once(&store, mixed).await.into_iter().enumerate() {
        let expected = if place % 2 == 0 {
            Err(StoreError::Conflict)
        } else {
            Ok(())
        };
        assert_eq!(outcome, expected);
    }
    for user in 1..=20 {
        let after = store.standing(tenant, id(user)).await.unwrap().unwrap();
        assert_eq!((after.version, after.value), (2, standing(5)));
    }
    for token in tokens {
        assert_eq!(store.access_token(tenant, &token.key).await.unwrap(), None);
    }
    assert_eq!(store.events(tenant, 1000).await.unwrap().len(), 21);
    let all = Listing {
        kind: "callback",
        tenant: None,
        line: None,
        dead_only: false,
        after: None,
        limit: 1000,
    };
    assert_eq!(store.waiting_messages(&all).await.unwrap(), []);
    // The marks of the losers were not set.
    let spent = vec![SpentMark {
        digest: [1; 32],
        keep_until: None,
    }];
    assert_eq!(
        store
            .commit(Change {
                spent,
                ..telling(tenant)
            })
            .await,
        Ok(())
    );
}

async fn a_new_challenge_is_added_once(place: &Place) {
    let store = place.open().await;
    for _ in 0..20 {
        let new = timed_id();
        let changes = (0..CONCURRENT).map(|_| {
            let next = Some(challenge(id(1), new, State::Open { attempts_left: 1 }));
            let challenges = vec![ChallengeWrite {
                id: new,
                expected: 0,
                next,
            }];
            Change {
                challenges,
                ..telling(id(1))
            }
        });
        assert_one_winner(&all_at_once(&store, changes).await, &StoreError::Conflict);
        assert_eq!(
            store.challenge(id(1), new).await.unwrap().unwrap().version,
            1
        );
    }
}

/// What two changes take, they may name in any order: the store takes it in one.
async fn two_marks_in_both_orders_never_hang(place: &Place) {
    let (one, other) = (place.open().await, place.open().await);
    for round in 0..50u8 {
        let marks = [[round; 32], [round + 100; 32]].map(|digest| SpentMark {
            digest,
            keep_until: None,
        });
        let there = Change {
            spent: marks.to_vec(),
            ..telling(id(1))
        };
        let back = Change {
            spent: marks.into_iter().rev().collect(),
            ..telling(id(1))
        };
        let outcomes = tokio::join!(one.commit(there), other.commit(back));
        assert_one_winner(&[outcomes.0, outcomes.1], &StoreError::AlreadySpent);
    }
}
