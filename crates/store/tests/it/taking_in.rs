//! A change that comes in parts: written whole or not at all.

use std::collections::VecDeque;

use async_trait::async_trait;
use challenge::directory::provision::{Part, Parts};
use challenge::directory::{AuthenticatorKey, User, UserKey};
use challenge::ports::{Provision, Store, StoreError};

use crate::rows::authenticator;
use crate::support::*;

on_both!(
    parts_are_written_as_one_change,
    parts_that_are_given_up_leave_nothing,
    parts_that_do_not_fit_leave_nothing,
    parts_of_an_old_version_leave_nothing,
);

/// Users with a token each, written in parts of this many.
const PART: i64 = 300;

/// Gives these parts.
pub(crate) struct Numbered {
    pub(crate) left: VecDeque<Part>,
}

#[async_trait]
impl Parts for Numbered {
    async fn next(&mut self) -> Result<Part, StoreError> {
        Ok(self.left.pop_front().unwrap_or(Part::End))
    }
}

pub(crate) fn user(number: i64) -> User {
    User {
        id: id(number),
        tenant: id(2),
        login_name: format!("user{number}"),
        external_id: None,
        display_name: None,
        email: None,
        phone: None,
        password_hash: None,
    }
}

/// What makes the users of these numbers, each with a token and a standing.
pub(crate) fn part(numbers: std::ops::Range<i64>) -> Part {
    let mut rows = Provision::default();
    for number in numbers {
        rows.users.push(user(number));
        let mut token = authenticator(id(2), number, &format!("serial{number}"));
        token.user = id(number);
        rows.authenticators.push(token);
        rows.standings
            .push((id(2), standing_write(id(number), 0, 1)));
    }
    Part::Rows(Box::new(rows))
}

/// A store with tenant 2.
pub(crate) async fn with_tenant(place: &Place) -> std::sync::Arc<dyn Store> {
    let store = place.open().await;
    let change = Provision {
        expected_version: store.directory_version().await.unwrap(),
        tenants: vec![tenant(2, "BANK")],
        ..Provision::default()
    };
    store.provision(change).await.unwrap();
    store
}

async fn there_are(store: &dyn Store, count: usize) {
    let page = store.users(id(2), None, 10_000).await.unwrap();
    assert_eq!(page.len(), count);
    assert!(page.iter().all(|(_, held)| held.len() == 1));
}

async fn parts_are_written_as_one_change(place: &Place) {
    let store = with_tenant(place).await;
    let version = store.directory_version().await.unwrap();
    let left = (0..4)
        .map(|at| part(1 + at * PART..1 + (at + 1) * PART))
        .collect();
    assert!(
        store
            .take_in(version, &mut Numbered { left })
            .await
            .unwrap()
    );
    there_are(&*store, 1200).await;
    assert_eq!(store.directory_version().await.unwrap(), version + 1);
    let key = AuthenticatorKey::Serial("serial1200");
    let last = store.authenticator(id(2), key).await.unwrap().unwrap();
    assert_eq!(last.user, id(1200));
    assert_eq!(last.secret, authenticator(id(2), 1200, "").secret);
    assert_eq!(
        store
            .standing(id(2), id(700))
            .await
            .unwrap()
            .unwrap()
            .version,
        1
    );
    assert!(
        store
            .user(id(2), UserKey::LoginName("user1"))
            .await
            .unwrap()
            .is_some()
    );
}

async fn parts_that_are_given_up_leave_nothing(place: &Place) {
    let store = with_tenant(place).await;
    let version = store.directory_version().await.unwrap();
    let left = VecDeque::from([part(1..PART), Part::GivenUp]);
    assert!(
        !store
            .take_in(version, &mut Numbered { left })
            .await
            .unwrap()
    );
    there_are(&*store, 0).await;
    assert_eq!(store.directory_version().await.unwrap(), version);
}

async fn parts_that_do_not_fit_leave_nothing(place: &Place) {
    let store = with_tenant(place).await;
    let version = store.directory_version().await.unwrap();
    let mut taken = user(9_999);
    "user1".clone_into(&mut taken.login_name);
    let twice = Part::Rows(Box::new(Provision {
        users: vec![taken],
        ..Provision::default()
    }));
    let left = VecDeque::from([part(1..PART), twice]);
    let outcome = store.take_in(version, &mut Numbered { left }).await;
    assert_eq!(outcome, Err(StoreError::Conflict));
    there_are(&*store, 0).await;
}

async fn parts_of_an_old_version_leave_nothing(place: &Place) {
    let store = with_tenant(place).await;
    let version = store.directory_version().await.unwrap();
    let left = VecDeque::from([part(1..PART)]);
    let outcome = store.take_in(version - 1, &mut Numbered { left }).await;
    assert_eq!(outcome, Err(StoreError::Conflict));
    there_are(&*store, 0).await;
}
