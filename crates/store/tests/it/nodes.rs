//! Two stores on one database, as two nodes or two processes have them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use challenge::ports::{Change, Provision, SpentMark, StoreError};

use crate::support::*;

on_both!(
    two_nodes_race_one_version_and_one_wins,
    two_nodes_race_many_rows_and_none_is_lost,
    the_directory_is_changed_beside_a_busy_node,
);

async fn two_nodes_race_one_version_and_one_wins(place: &Place) {
    let (one, other) = (place.open().await, place.open().await);
    let tenant = with_users(&*one, 1).await;
    for round in 1..=50u8 {
        let change = || Change {
            standing: Some(standing_write(id(1), i64::from(round), 1)),
            spent: vec![SpentMark {
                digest: [round; 32],
                keep_until: None,
            }],
            ..telling(tenant)
        };
        let outcomes = tokio::join!(one.commit(change()), other.commit(change()));
        let outcomes = [outcomes.0, outcomes.1];
        assert!(outcomes.contains(&Ok(())), "{outcomes:?}");
        assert!(
            outcomes.contains(&Err(StoreError::Conflict)),
            "{outcomes:?}"
        );
        // What one node wrote, the other reads.
        let read = other.standing(tenant, id(1)).await.unwrap().unwrap();
        assert_eq!(read.version, i64::from(round) + 1);
    }
}

async fn two_nodes_race_many_rows_and_none_is_lost(place: &Place) {
    const USERS: i64 = 8;
    let nodes = [place.open().await, place.open().await];
    let tenant = with_users(&*nodes[0], USERS).await;
    let tasks: Vec<_> = (0..32)
        .map(|task: i64| {
            let store = Arc::clone(&nodes[usize::from(task % 2 == 0)]);
            tokio::spawn(async move {
                let mut won = 0;
                for round in 0..25 {
                    let user = id(1 + (task * 7 + round) % USERS);
                    let read = store.standing(tenant, user).await.unwrap().unwrap();
                    let write = standing_write(user, read.version, 0);
                    let change = Change {
                        standing: Some(write),
                        ..telling(tenant)
                    };
                    match store.commit(change).await {
                        Ok(()) => won += 1,
                        Err(StoreError::Conflict) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
                won
            })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        won += task.await.unwrap();
    }
    let mut moved = 0;
    for user in 1..=USERS {
        moved += nodes[0]
            .standing(tenant, id(user))
            .await
            .unwrap()
            .unwrap()
            .version
            - 1;
    }
    assert_eq!(moved, won);
    assert_eq!(event_count(&*nodes[1], tenant).await, won + 1);
}

async fn the_directory_is_changed_beside_a_busy_node(place: &Place) {
    let (server, tool) = (place.open().await, place.open().await);
    let tenant = with_users(&*server, 1).await;
    let busy = tokio::spawn(async move {
        for _ in 0..200 {
            server.commit(telling(tenant)).await.unwrap();
        }
    });
    for number in 100..130 {
        let change = Provision {
            expected_version: tool.directory_version().await.unwrap(),
            users: vec![user(tenant, number, &format!("new {number}"))],
            ..Provision::default()
        };
        tool.provision(change).await.unwrap();
    }
    busy.await.unwrap();
    assert_eq!(tool.users(tenant, None, 1000).await.unwrap().len(), 31);
}

/// Connections are cut at random moments, COMMIT included: what was acknowledged is there, and each
/// version was moved by one change alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_loses_nothing_acknowledged() {
    const USERS: i64 = 4;
    let place = Place::postgres().await;
    let store = place.open().await;
    let tenant = with_users(&*store, USERS).await;
    let stop = Arc::new(AtomicBool::new(false));
    let acknowledged = Arc::new(AtomicI64::new(0));
    let tasks: Vec<_> = (1..=USERS)
        .map(|user| {
            let (store, stop) = (Arc::clone(&store), Arc::clone(&stop));
            let acknowledged = Arc::clone(&acknowledged);
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let Ok(Some(read)) = store.standing(tenant, id(user)).await else {
                        continue;
                    };
                    let write = standing_write(id(user), read.version, 0);
                    let change = Change {
                        standing: Some(write),
                        ..telling(tenant)
                    };
                    match store.commit(change).await {
                        Ok(()) => {
                            acknowledged.fetch_add(1, Ordering::Relaxed);
                        }
                        // It may have been written, as any change that nobody acknowledged.
                        Err(StoreError::Unavailable(_) | StoreError::Conflict) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            })
        })
        .collect();
    let mut pause = std::time::Duration::from_millis(50);
    for cuts in 0..30 {
        if cuts >= 20 {
            if acknowledged.load(Ordering::Relaxed) > 0 {
                break;
            }
            // Too little time for a busy machine.
            pause *= 2;
        }
        tokio::time::sleep(pause).await;
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE application_name = 'countersign' AND datname = current_database()";
        place.execute(cut).await;
    }
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    let acknowledged = acknowledged.load(Ordering::Relaxed);
    let again = place.open().await;
    let mut moved = 0;
    for user in 1..=USERS {
        moved += again
            .standing(tenant, id(user))
            .await
            .unwrap()
            .unwrap()
            .version
            - 1;
    }
    assert!(
        acknowledged > 0 && moved >= acknowledged,
        "{moved} moved, {acknowledged} told"
    );
    assert_eq!(event_count(&*again, tenant).await, moved + 1);
}
