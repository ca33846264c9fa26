//! What an operator watches: the audit log searched, pages of what moves, counts that are added up.

use challenge::approval::ports::{ApprovalWrites, Listing, Write};
use challenge::approval::{Device, DeviceStatus, Session};
use challenge::audit::{Event, EventKind, Outcome};
use challenge::clock::Timestamp;
use challenge::door::Door;
use challenge::id::{Id, TimedId};
use challenge::lifecycle::State;
use challenge::ports::{ChallengeWrite, Change, Message, Store};
use challenge::visitor::{Kind, Visit, VisitWrite};
use challenge::watching::ports::{ChallengePage, DevicePage, Kept, SessionPage};
use challenge::watching::{
    Counts, Found, HOURS_KEPT_S, LATENCY_CLASSES, MINUTES_KEPT_S, Search, Span, TrafficRow,
};

use crate::approvals::{device, session};
use crate::support::*;

on_both!(
    a_search_finds_what_fits_all_that_is_said,
    a_search_sees_one_tenant_alone,
    a_search_goes_on_where_its_last_page_ended,
    a_search_that_compared_enough_says_how_far_it_came,
    a_text_is_found_in_what_is_told_and_not_in_its_names,
    challenges_are_listed_newest_first_and_open_ones_alone,
    sessions_are_listed_by_how_long_they_may_be_decided,
    devices_are_listed_with_and_without_unlinked_ones,
    messages_of_one_line_are_listed_alone,
    counts_that_two_nodes_add_at_once_are_all_there,
    counts_are_of_their_tenant_span_and_time,
    old_minutes_and_hours_are_swept_each_after_their_time,
);

/// One event a second, from `NOW` on: what each is, the oldest first.
const LOG: [(EventKind, Outcome, i64, &str, Door); 6] = [
    (EventKind::Issue, Outcome::Done, 7, "spl-api", Door::Activid),
    (
        EventKind::OneTimePassword,
        Outcome::Wrong,
        7,
        "spl-api",
        Door::Activid,
    ),
    (
        EventKind::OneTimePassword,
        Outcome::Done,
        8,
        "spl-api",
        Door::Activid,
    ),
    (EventKind::Lock, Outcome::Done, 7, "ann", Door::Management),
    (EventKind::Unlock, Outcome::Done, 7, "bob", Door::Management),
    (
        EventKind::Response,
        Outcome::Wrong,
        8,
        "ann",
        Door::Dualshield,
    ),
];

async fn with_log(store: &dyn Store) -> Id<challenge::directory::Tenant> {
    let tenant = id(41);
    for (second, (kind, outcome, user, client, door)) in (0..).zip(LOG) {
        let mut event = event_at(tenant, NOW.plus_s(second));
        (event.kind, event.outcome, event.user) = (kind, outcome, Some(id(user)));
        event.detail.client = Some(client.into());
        event.detail.door = Some(door);
        event.detail.correlation = Some(format!("Request-{second}"));
        store.commit(Change::telling(event)).await.unwrap();
    }
    tenant
}

fn search() -> Search {
    Search {
        limit: 100,
        look: 1000,
        ..Search::default()
    }
}

/// The seconds at which the events that were found happened.
fn seconds(found: &Found) -> Vec<i64> {
    let second = |event: &Event| (event.at.unix_ms() - NOW.unix_ms()) / 1000;
    found.events.iter().map(second).collect()
}

async fn a_search_finds_what_fits_all_that_is_said(place: &Place) {
    let store = place.open().await;
    let tenant = with_log(&*store).await;
    let user = Some(id(7));
    let wrong = Some(Outcome::Wrong);
    let cases: [(Search, &[i64]); 13] = [
        (search(), &[5, 4, 3, 2, 1, 0]),
        (Search { user, ..search() }, &[4, 3, 1, 0]),
        (
            Search {
                user,
                outcome: wrong,
                ..search()
            },
            &[1],
        ),
        (
            Search {
                outcome: wrong,
                ..search()
            },
            &[5, 1],
        ),
        (
            Search {
                outcome: Some(Outcome::Done),
                ..search()
            },
            &[4, 3, 2, 0],
        ),
        (
            Search {
                kinds: vec![EventKind::Lock],
                ..search()
            },
            &[3],
        ),
        (
            Search {
                kinds: vec![EventKind::Lock, EventKind::Unlock],
                ..search()
            },
            &[4, 3],
        ),
        (
            Search {
                client: Some("ann".into()),
                ..search()
            },
            &[5, 3],
        ),
        (
            Search {
                officer: Some("ann".into()),
                ..search()
            },
            &[3],
        ),
        (
            Search {
                officer: Some("spl-api".into()),
                ..search()
            },
            &[],
        ),
        (
            Search {
                from: Some(NOW.plus_s(2)),
                to: Some(NOW.plus_s(4)),
                ..search()
            },
            &[3, 2],
        ),
        (
            Search {
                text: Some("REQUEST-2".into()),
                ..search()
            },
            &[2],
        ),
        (
            Search {
                user,
                text: Some("request-2".into()),
                ..search()
            },
            &[],
        ),
    ];
    for (search, expected) in cases {
        let found = store.search(tenant, &search).await.unwrap();
        assert_eq!(seconds(&found), expected, "{search:?}");
        assert_eq!(found.came_to, None, "{search:?}");
    }
}

async fn a_search_sees_one_tenant_alone(place: &Place) {
    let store = place.open().await;
    with_log(&*store).await;
    let by_user = Search {
        user: Some(id(7)),
        ..search()
    };
    let by_officer = Search {
        officer: Some("ann".into()),
        ..search()
    };
    for search in [search(), by_user, by_officer] {
        let found = store.search(id(42), &search).await.unwrap();
        assert_eq!(found.events, []);
    }
}

async fn a_search_goes_on_where_its_last_page_ended(place: &Place) {
    let store = place.open().await;
    let tenant = with_log(&*store).await;
    let mut wanted = Search {
        user: Some(id(7)),
        limit: 3,
        ..search()
    };
    let first = store.search(tenant, &wanted).await.unwrap();
    assert_eq!(seconds(&first), [4, 3, 1]);
    wanted.before = first.came_to;
    let second = store.search(tenant, &wanted).await.unwrap();
    assert_eq!((seconds(&second), second.came_to), (vec![0], None));
}

async fn a_search_that_compared_enough_says_how_far_it_came(place: &Place) {
    let store = place.open().await;
    let tenant = with_log(&*store).await;
    let mut wanted = Search {
        client: Some("nobody".into()),
        limit: 1,
        look: 4,
        ..search()
    };
    let first = store.search(tenant, &wanted).await.unwrap();
    assert_eq!(first.events, []);
    let came_to = first.came_to.expect("there is more to be compared");
    assert_eq!(came_to.drawn_at(), NOW.plus_s(2));
    wanted.before = Some(came_to);
    let second = store.search(tenant, &wanted).await.unwrap();
    assert_eq!(second.came_to, None);
}

async fn a_text_is_found_in_what_is_told_and_not_in_its_names(place: &Place) {
    let store = place.open().await;
    let tenant = id(41);
    let mut event = event_at(tenant, NOW);
    event.detail.named_user = Some("O'Neil \"100%_\\ Ünï\u{1F511}".into());
    store.commit(Change::telling(event)).await.unwrap();
    let count = async |text: &str| {
        let text = Some(text.to_owned());
        let found = store.search(tenant, &Search { text, ..search() }).await;
        found.unwrap().events.len()
    };
    for told in ["o'neil", "\"100%_\\", "ÜNÏ", "\u{1F511}", "spl-"] {
        assert_eq!(count(told).await, 1, "{told}");
    }
    for not_told in ["named_user", "o%neil", "_neil", "detail"] {
        assert_eq!(count(not_told).await, 0, "{not_told}");
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
    let visit = Visit {
        id: ids[2],
        tenant,
        site: id(9),
        kind: Kind::ProofOfWork,
        answer_by: NOW.plus_s(60),
        check_s: 60,
        state: State::Accepted { at: NOW },
        repeatable_by: None,
    };
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
        };
        let kept = store.challenges(tenant, &page).await.unwrap();
        kept.iter().map(Kept::id).collect::<Vec<_>>()
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
            .map(|session| session.id.number())
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
