//! What an operator watches: pages of what moves, and counts that are added up.

use challenge::approval::ports::{ApprovalWrites, Listing, Write};
use challenge::approval::{Device, DeviceStatus, Session};
use challenge::clock::Timestamp;
use challenge::directory::Tenant;
use challenge::door::Door;
use challenge::id::{Id, TimedId};
use challenge::lifecycle::State;
use challenge::ports::{ChallengeWrite, Change, Message, Provision};
use challenge::visitor::{Kind, Visit, VisitWrite};
use challenge::watching::ports::{ChallengePage, DevicePage, Kept, SessionPage};
use challenge::watching::{
    Counts, HOURS_KEPT_S, LATENCY_CLASSES, MINUTES_KEPT_S, Span, TrafficRow,
};

use crate::approvals::{device, session};
use crate::support::*;

on_both!(
    challenges_are_listed_newest_first_and_open_ones_alone,
    what_a_removed_tenant_left_is_swept,
    sessions_are_listed_by_how_long_they_may_be_decided,
    devices_are_listed_with_and_without_unlinked_ones,
    messages_of_one_line_are_listed_alone,
    counts_that_two_nodes_add_at_once_are_all_there,
    counts_are_of_their_tenant_span_and_time,
    old_minutes_and_hours_are_swept_each_after_their_time,
);

/// A visitor's challenge that was answered right.
fn answered_visit(tenant: Id<Tenant>, id_of_visit: TimedId) -> Visit {
    Visit {
        id: id_of_visit,
        tenant,
        site: id(9),
        kind: Kind::ProofOfWork,
        answered_at: None,
        answer: None,
        host: None,
        answer_by: NOW.plus_s(60),
        check_s: 60,
        state: State::Accepted { at: NOW },
        repeatable_by: None,
    }
}

async fn challenges_are_listed_newest_first_and_open_ones_alone(place: &Place) {
    let store = place.open().await;
    let tenant = id(41);
    let open = State::Open { attempts_left: 1 };
    let ids: Vec<TimedId> = (0..4)
        .map(|second| timed_id_at(NOW.plus_s(second)))
        .collect();
    let closed = State::Cancelled { at: NOW };
    for (id, state) in [(ids[0], open), (ids[1], closed), (ids[3], open)] {
        let change = Change {
            challenges: vec![ChallengeWrite {
                id,
                expected: 0,
                next: Some(challenge(tenant, id, state)),
            }],
            ..telling(tenant)
        };
        store.commit(change).await.unwrap();
    }
    let visit = answered_visit(tenant, ids[2]);
    let change = Change {
        visit: Some(VisitWrite {
            expected: 0,
            next: visit.clone(),
        }),
        ..telling(tenant)
    };
    store.commit(change).await.unwrap();
    let listed = async |before, from, open_at| {
        let page = ChallengePage {
            before,
            from,
            open_at,
            limit: 10,
            look: 1000,
        };
        let found = store.challenges(tenant, &page).await.unwrap();
        assert_eq!(found.came_to, None);
        found.kept.iter().map(Kept::id).collect::<Vec<_>>()
    };
    let newest_first = [ids[3], ids[2], ids[1], ids[0]];
    assert_eq!(listed(None, None, None).await, newest_first);
    assert_eq!(listed(Some(ids[2]), None, None).await, newest_first[2..]);
    assert_eq!(
        listed(None, Some(NOW.plus_s(2)), None).await,
        newest_first[..2]
    );
    assert_eq!(listed(None, None, Some(NOW)).await, [ids[3], ids[0]]);
    assert!(listed(None, None, Some(NOW.plus_s(120))).await.is_empty());
    let page = ChallengePage {
        before: None,
        from: None,
        open_at: Some(NOW),
        limit: 2,
        look: 2,
    };
    let found = store.challenges(tenant, &page).await.unwrap();
    assert_eq!((found.kept.len(), found.came_to), (1, Some(ids[2])));
    let kept = store.kept(tenant, ids[2]).await.unwrap();
    assert_eq!(kept, Some(Kept::Visitor(visit)));
    assert_eq!(store.kept(id(42), ids[2]).await.unwrap(), None);
}

async fn sessions_are_listed_by_how_long_they_may_be_decided(place: &Place) {
    let store = place.open().await;
    let tenant = id(41);
    for (number, answer_by_s) in [(5, 100), (6, 300), (7, 200), (8, 200)] {
        let next = Session {
            answer_by: NOW.plus_s(answer_by_s),
            ..session(tenant, number)
        };
        let sessions = vec![Write {
            key: id(number),
            expected: 0,
            next: Some(next),
        }];
        let change = Change {
            approvals: ApprovalWrites {
                sessions,
                ..ApprovalWrites::default()
            },
            ..telling(tenant)
        };
        store.commit(change).await.unwrap();
    }
    let listed = async |after, answer_after, limit| {
        let page = SessionPage {
            after,
            answer_after,
            limit,
        };
        let sessions = store.sessions(tenant, &page).await.unwrap();
        sessions
            .iter()
            .map(|session| session.value.id.number())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(None, None, 10).await, [6, 8, 7, 5]);
    let second = Some((NOW.plus_s(200), id(8)));
    assert_eq!(listed(second, None, 10).await, [7, 5]);
    assert_eq!(listed(None, Some(NOW.plus_s(100)), 10).await, [6, 8, 7]);
    assert_eq!(listed(None, None, 2).await, [6, 8]);
    let page = SessionPage {
        after: None,
        answer_after: None,
        limit: 10,
    };
    assert_eq!(store.sessions(id(42), &page).await.unwrap(), []);
}

async fn devices_are_listed_with_and_without_unlinked_ones(place: &Place) {
    let store = place.open().await;
    let tenant = id(41);
    for number in [5, 6, 7] {
        let mut next = device(tenant, number);
        if number == 6 {
            next.status = DeviceStatus::Unlinked { at: NOW };
        }
        let devices = vec![Write {
            key: id(number),
            expected: 0,
            next: Some(next),
        }];
        let change = Change {
            approvals: ApprovalWrites {
                devices,
                ..ApprovalWrites::default()
            },
            ..telling(tenant)
        };
        store.commit(change).await.unwrap();
    }
    let listed = async |after: Option<Id<Device>>, linked_only| {
        let page = DevicePage {
            after,
            linked_only,
            limit: 10,
        };
        let devices = store.devices(tenant, &page).await.unwrap();
        devices
            .iter()
            .map(|device| device.id.number())
            .collect::<Vec<_>>()
    };
    assert_eq!(listed(None, false).await, [5, 6, 7]);
    assert_eq!(listed(None, true).await, [5, 7]);
    assert_eq!(listed(Some(id(5)), false).await, [6, 7]);
}

async fn messages_of_one_line_are_listed_alone(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 2).await;
    for (number, version) in [(1, 1), (2, 1), (1, 2)] {
        let user = id(number);
        let message = Message {
            line: Some(user),
            ..message(tenant, NOW)
        };
        let change = Change {
            standing: Some(standing_write(user, version, 1)),
            messages: vec![message],
            ..telling(tenant)
        };
        store.commit(change).await.unwrap();
    }
    let listing = |line| Listing {
        kind: "callback",
        tenant: Some(tenant),
        line,
        dead_only: false,
        after: None,
        limit: 10,
    };
    let count = async |line| store.waiting_messages(&listing(line)).await.unwrap().len();
    assert_eq!(count(None).await, 3);
    assert_eq!(count(Some(id(1))).await, 2);
    assert_eq!(count(Some(id(3))).await, 0);
}

fn row(tenant: i64, span: Span, from: Timestamp, right: u64) -> TrafficRow {
    let mut latency = [0; LATENCY_CLASSES];
    latency[12] = right;
    let counts = Counts {
        right,
        requests: 2 * right,
        latency,
        ..Counts::default()
    };
    TrafficRow {
        tenant: id(tenant),
        span,
        from,
        door: Door::Okay,
        counts,
    }
}

async fn counts_that_two_nodes_add_at_once_are_all_there(place: &Place) {
    let nodes = [place.open().await, place.open().await];
    let tasks = nodes.iter().flat_map(|node| {
        (0..20).map(|_| {
            let node = std::sync::Arc::clone(node);
            let rows = vec![
                row(41, Span::Minute, NOW, 1),
                row(41, Span::Hour, NOW, 1),
                row(42, Span::Minute, NOW, 3),
            ];
            tokio::spawn(async move { node.add_traffic(rows).await })
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap().unwrap();
    }
    let minutes = nodes[0].traffic(id(41), Span::Minute, NOW).await.unwrap();
    assert_eq!(minutes, [row(41, Span::Minute, NOW, 40)]);
    let others = nodes[1].traffic(id(42), Span::Minute, NOW).await.unwrap();
    assert_eq!(others, [row(42, Span::Minute, NOW, 120)]);
}

async fn counts_are_of_their_tenant_span_and_time(place: &Place) {
    let store = place.open().await;
    let later = NOW.plus_s(60);
    let rows = vec![
        row(41, Span::Minute, later, 2),
        row(41, Span::Minute, NOW, 1),
        row(41, Span::Hour, NOW, 3),
    ];
    store.add_traffic(rows).await.unwrap();
    let read = async |tenant: i64, span, from| {
        let rows = store.traffic(id(tenant), span, from).await.unwrap();
        rows.iter().map(|row| row.counts.right).collect::<Vec<_>>()
    };
    assert_eq!(read(41, Span::Minute, NOW).await, [1, 2]);
    assert_eq!(read(41, Span::Minute, later).await, [2]);
    assert_eq!(read(41, Span::Hour, NOW).await, [3]);
    assert!(read(42, Span::Hour, NOW).await.is_empty());
}

async fn old_minutes_and_hours_are_swept_each_after_their_time(place: &Place) {
    let store = place.open().await;
    let rows = vec![row(41, Span::Minute, NOW, 1), row(41, Span::Hour, NOW, 1)];
    store.add_traffic(rows).await.unwrap();
    let swept = async |after_s: u32| {
        let now = Timestamp::from_unix_ms(NOW.plus_s(after_s).unix_ms() - 1);
        let before = store.sweep_traffic(now, 10).await.unwrap();
        (
            before,
            store.sweep_traffic(NOW.plus_s(after_s), 10).await.unwrap(),
        )
    };
    assert_eq!(swept(MINUTES_KEPT_S).await, (0, 1));
    assert_eq!(swept(HOURS_KEPT_S).await, (0, 1));
}

async fn what_a_removed_tenant_left_is_swept(place: &Place) {
    let store = place.open().await;
    let bank = with_users(&*store, 1).await;
    let empty = tenant(2, "EMPTY");
    let gone = empty.id;
    let provision = async |change: Provision| {
        let expected_version = store.directory_version().await.unwrap();
        let change = Provision {
            expected_version,
            ..change
        };
        store.provision(change).await.unwrap();
    };
    provision(Provision {
        tenants: vec![empty],
        ..Provision::default()
    })
    .await;
    for tenant in [bank, gone] {
        let id = timed_id();
        let next = challenge(tenant, id, State::Cancelled { at: NOW });
        let write = ChallengeWrite {
            id,
            expected: 0,
            next: Some(next),
        };
        let change = Change {
            challenges: vec![write],
            ..telling(tenant)
        };
        store.commit(change).await.unwrap();
    }
    provision(Provision {
        removed_tenants: vec![gone],
        ..Provision::default()
    })
    .await;
    let later = NOW.plus_s(600);
    assert_eq!(store.sweep(later, 100).await.unwrap(), 2);
    assert_eq!(store.sweep(later, 100).await.unwrap(), 0);
}
