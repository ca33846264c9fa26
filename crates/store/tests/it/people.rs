//! Searching users: by the beginning of a name, and those who may be locked; and tenants that go.

use challenge::directory::{Authenticator, Tenant, User};
use challenge::id::Id;
use challenge::ports::{Change, Provision, StandingWrite, Store, StoreError};
use challenge::standing::{Standing, Tally};

use crate::rows::authenticator;
use crate::support::*;

on_both!(
    users_are_found_by_the_bytes_of_their_names,
    those_who_may_be_locked_are_found_a_page_at_a_time,
    whoever_is_right_again_is_found_no_more,
    a_tenant_goes_with_its_visitors_and_not_before_its_users,
);

async fn write(store: &dyn Store, change: Provision) -> Result<(), StoreError> {
    let expected_version = store.directory_version().await?;
    store
        .provision(Provision {
            expected_version,
            ..change
        })
        .await
}

fn names(found: &[(User, Vec<Authenticator>)]) -> Vec<&str> {
    let names = found.iter().map(|(user, _)| user.login_name.as_str());
    names.collect()
}

async fn users_are_found_by_the_bytes_of_their_names(place: &Place) {
    let store = place.open().await;
    let (bank, shop) = (tenant(1, "BANK"), tenant(2, "SHOP"));
    let (of_bank, of_shop) = (bank.id, shop.id);
    let all = [
        "b", "ab", "B", "a", "a-b", "é", "a b", "ab\u{e9}", "zz", "a%b",
    ];
    let mut users: Vec<User> = (1..)
        .zip(all)
        .map(|(at, name)| user(of_bank, at, name))
        .collect();
    users.push(user(of_shop, 1, "aa"));
    let change = Provision {
        tenants: vec![bank, shop],
        users,
        authenticators: vec![
            authenticator(of_bank, 8, "8"),
            authenticator(of_bank, 9, "9"),
        ],
        ..Provision::default()
    };
    write(&*store, change).await.unwrap();
    let mut sorted = all;
    sorted.sort_unstable();
    let found = store.users_from(of_bank, "", 100).await.unwrap();
    assert_eq!(names(&found), sorted);
    let held = found.iter().find(|(user, _)| user.id == id(1));
    assert_eq!(held.unwrap().1.len(), 2);
    for from in ["a", "ab", "a%", "b", "zzz"] {
        let found = store.users_from(of_bank, from, 3).await.unwrap();
        let rest = sorted.iter().copied().filter(|name| *name >= from);
        assert_eq!(names(&found), rest.take(3).collect::<Vec<_>>(), "{from}");
    }
}

fn failing(failures: u32, locked: bool) -> Standing {
    let tally = |failures| Tally {
        failures,
        ..Tally::default()
    };
    Standing {
        locked,
        policies: [
            ("P".to_owned(), tally(1)),
            ("Q".to_owned(), tally(failures)),
        ]
        .into(),
        ..Standing::default()
    }
}

async fn moved(store: &dyn Store, tenant: Id<Tenant>, user: i64, next: Standing) {
    let read = store.standing(tenant, id(user)).await.unwrap().unwrap();
    let change = Change {
        standing: Some(StandingWrite {
            user: id(user),
            expected: read.version,
            next: Some(next),
        }),
        ..telling(tenant)
    };
    store.commit(change).await.unwrap();
}

async fn found(
    store: &dyn Store,
    tenant: Id<Tenant>,
    failures: u32,
    page: (Option<(u32, i64)>, u32),
) -> Vec<(u32, i64)> {
    let (after, limit) = page;
    let after = after.map(|(failures, user)| (failures, id(user)));
    let found = store
        .failing_users(tenant, failures, (after, limit))
        .await
        .unwrap();
    let places = found.iter().map(|one| (one.failures, one.user.id.number()));
    places.collect()
}

async fn those_who_may_be_locked_are_found_a_page_at_a_time(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 6).await;
    for (user, failures, locked) in [(1, 5, false), (2, 4, false), (3, 7, false), (4, 0, true)] {
        moved(&*store, tenant, user, failing(failures, locked)).await;
    }
    // The directory's way to write a standing keeps the number as well.
    let by_provision = StandingWrite {
        user: id(5),
        expected: 1,
        next: Some(failing(5, false)),
    };
    let change = Provision {
        standings: vec![(tenant, by_provision)],
        ..Provision::default()
    };
    write(&*store, change).await.unwrap();
    let all = [(5, 1), (5, 5), (7, 3), (Standing::LOCKED, 4)];
    assert_eq!(found(&*store, tenant, 5, (None, 100)).await, all);
    assert_eq!(found(&*store, tenant, 5, (None, 2)).await, all[..2]);
    assert_eq!(found(&*store, tenant, 5, (Some((5, 5)), 2)).await, all[2..]);
    assert_eq!(found(&*store, tenant, 5, (Some(all[3]), 2)).await, []);
    assert_eq!(found(&*store, tenant, 8, (None, 9)).await, all[3..]);
    assert_eq!(found(&*store, tenant, 0, (None, 9)).await.len(), 5);
}

async fn whoever_is_right_again_is_found_no_more(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 2).await;
    moved(&*store, tenant, 1, failing(9, true)).await;
    moved(&*store, tenant, 1, failing(9, false)).await;
    assert_eq!(found(&*store, tenant, 1, (None, 9)).await, [(9, 1)]);
    moved(&*store, tenant, 1, Standing::default()).await;
    assert_eq!(found(&*store, tenant, 1, (None, 9)).await, []);
}

async fn a_tenant_goes_with_its_visitors_and_not_before_its_users(place: &Place) {
    let store = place.open().await;
    let bank = with_users(&*store, 1).await;
    let gone = |tenant| Provision {
        removed_tenants: vec![tenant],
        ..Provision::default()
    };
    let refused = write(&*store, gone(bank)).await;
    assert!(refused.is_err(), "a user without a tenant");
    let empty = tenant(2, "EMPTY");
    let of_empty = empty.id;
    let change = Provision {
        tenants: vec![empty],
        ..Provision::default()
    };
    write(&*store, change).await.unwrap();
    write(&*store, gone(of_empty)).await.unwrap();
    let left = store.tenants().await.unwrap();
    let left: Vec<_> = left.iter().map(|rows| rows.tenant.id).collect();
    assert_eq!(left, [bank]);
}
