//! Two stores on one database, as two nodes or two processes have them.

use std::sync::Arc;

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
            let store = Arc::clone(&nodes[(task % 2) as usize]);
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
    assert_eq!(
        nodes[1].events(tenant, 10_000).await.unwrap().len() as i64,
        won + 1
    );
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
