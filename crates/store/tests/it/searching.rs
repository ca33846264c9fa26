//! The audit log searched: by what an index knows, by the rest, and by a text; and a page at a time.

use challenge::audit::{Event, EventKind, Outcome};
use challenge::door::Door;
use challenge::id::Id;
use challenge::ports::{Change, Store};
use challenge::watching::{Found, Search};

use crate::support::*;

on_both!(
    a_search_finds_what_fits_all_that_is_said,
    a_search_sees_one_tenant_alone,
    those_whose_events_there_are_are_known_when_they_are_gone,
    a_search_goes_on_where_its_last_page_ended,
    a_search_that_compared_enough_says_how_far_it_came,
    a_text_is_found_in_what_is_told_and_not_in_its_names,
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

async fn those_whose_events_there_are_are_known_when_they_are_gone(place: &Place) {
    let store = place.open().await;
    assert_eq!(store.tenants_with_events().await.unwrap(), []);
    // There is no row of them in the directory, as after their removal.
    let (gone, other) = (id(41), id(42));
    for tenant in [gone, other, gone, Id::SERVER] {
        store.commit(telling(tenant)).await.unwrap();
    }
    let mut known = vec![gone, other, Id::SERVER];
    known.sort_unstable();
    assert_eq!(store.tenants_with_events().await.unwrap(), known);
}

fn search() -> Search {
    Search {
        limit: 100,
        look: 1000,
        ..Search::default()
    }
}

/// A search with all of these conditions.
fn with(conditions: &[&dyn Fn(&mut Search)]) -> Search {
    let mut wanted = search();
    for condition in conditions {
        condition(&mut wanted);
    }
    wanted
}

/// The seconds at which the events that were found happened.
fn seconds(found: &Found) -> Vec<i64> {
    let second = |event: &Event| (event.at.unix_ms() - NOW.unix_ms()) / 1000;
    found.events.iter().map(second).collect()
}

async fn a_search_finds_what_fits_all_that_is_said(place: &Place) {
    let store = place.open().await;
    let tenant = with_log(&*store).await;
    let mine = |search: &mut Search| search.user = Some(id(7));
    let wrong = |search: &mut Search| search.outcome = Some(Outcome::Wrong);
    let told = |search: &mut Search| search.text = Some("REQUEST-2".into());
    let by = |name: &str| Some(name.to_owned());
    let cases: [(Search, &[i64]); 15] = [
        (search(), &[5, 4, 3, 2, 1, 0]),
        (with(&[&mine]), &[4, 3, 1, 0]),
        (with(&[&mine, &wrong]), &[1]),
        (with(&[&wrong]), &[5, 1]),
        (
            with(&[&|all| all.outcome = Some(Outcome::Done)]),
            &[4, 3, 2, 0],
        ),
        (with(&[&|all| all.kinds = vec![EventKind::Lock]]), &[3]),
        (
            with(&[&|all| all.kinds = vec![EventKind::Lock, EventKind::Unlock]]),
            &[4, 3],
        ),
        (with(&[&|all| all.door = Some(Door::Dualshield)]), &[5]),
        (with(&[&wrong, &|all| all.door = Some(Door::Activid)]), &[1]),
        (with(&[&|all| all.client = by("ann")]), &[5, 3]),
        (with(&[&|all| all.officer = by("ann")]), &[3]),
        (with(&[&|all| all.officer = by("spl-api")]), &[]),
        (
            with(&[&|all| all.from = Some(NOW.plus_s(2)), &|all| {
                all.to = Some(NOW.plus_s(4));
            }]),
            &[3, 2],
        ),
        (with(&[&told]), &[2]),
        (with(&[&mine, &told]), &[]),
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
