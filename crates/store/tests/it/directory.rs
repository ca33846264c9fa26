//! What stands still: every type comes back as it was written, and names are unique.

use challenge::directory::{AuthenticatorKey, ServerSetting, Tenant, User, UserKey};
use challenge::id::Id;
use challenge::policy::{Limits, Policy};
use challenge::ports::{Provision, StandingWrite, Store, StoreError};
use challenge::secret::Sealed;

use crate::rows::*;
use crate::support::*;

on_both!(
    what_is_small_comes_back_as_written,
    a_user_comes_back_with_every_kind_of_authenticator,
    a_row_is_replaced_by_id_and_removed,
    a_setting_of_the_server_is_replaced_by_name,
    users_come_in_pages,
    a_name_that_is_taken_is_a_conflict,
    a_change_computed_from_an_old_version_is_a_conflict,
    a_standing_is_compared_and_set,
    an_orphan_is_refused,
    nothing_of_a_refused_change_is_written,
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

/// Most of these types have no `PartialEq`, on purpose; what they show is all they hold, but for
/// the secrets.
fn same(one: &impl std::fmt::Debug, other: &impl std::fmt::Debug) {
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
}

async fn what_is_small_comes_back_as_written(place: &Place) {
    let store = place.open().await;
    let full = full_tenant();
    let tenant = full.id;
    let limits = Limits {
        max_failures: 3,
        channels: vec!["web".into()],
        ..Limits::default()
    };
    let policy = Policy {
        id: id(5),
        tenant,
        code: "P".into(),
        limits,
    };
    let change = Provision {
        tenants: vec![full.clone(), super::support::tenant(2, "SHOP")],
        clients: vec![full_client(tenant)],
        policies: vec![policy.clone()],
        sites: vec![site(tenant, 6, "shop")],
        ..Provision::default()
    };
    let before = store.directory_version().await.unwrap();
    write(&*store, change).await.unwrap();
    assert_eq!(store.directory_version().await.unwrap(), before + 1);

    let rows = store.tenants().await.unwrap();
    assert_eq!(rows.len(), 2);
    same(&rows[0].tenant, &full);
    let (read, full) = (rows[0].tenant.okay.as_ref().unwrap(), full.okay.unwrap());
    assert_eq!(read.secret, full.secret);
    assert_eq!(read.callback_standard_secret, full.callback_standard_secret);
    same(&rows[0].clients, &vec![full_client(tenant)]);
    let mac = rows[0].clients[0].secret.clone().unwrap();
    assert_eq!((mac.key_version, mac.mac), (7, [9; 32]));
    assert_eq!(rows[0].policies, [policy]);
    same(&rows[0].sites, &vec![site(tenant, 6, "shop")]);
    assert_eq!(rows[0].sites[0].secret, site(tenant, 6, "shop").secret);
    assert!(rows[1].clients.is_empty() && rows[1].policies.is_empty() && rows[1].sites.is_empty());
}

async fn a_user_comes_back_with_every_kind_of_authenticator(place: &Place) {
    let store = place.open().await;
    let tenant: Id<Tenant> = id(1);
    let (ann, tokens) = (full_user(tenant), one_of_each_kind(tenant));
    let change = Provision {
        tenants: vec![super::support::tenant(1, "BANK")],
        users: vec![ann.clone()],
        authenticators: tokens.clone(),
        standings: vec![(tenant, standing_write(ann.id, 0, 3))],
        events: vec![event(tenant)],
        ..Provision::default()
    };
    write(&*store, change).await.unwrap();
    for key in [
        UserKey::Id(id(1)),
        UserKey::LoginName("ann"),
        UserKey::ExternalId("uid406jkt"),
    ] {
        let (user, found) = store.user(tenant, key).await.unwrap().unwrap();
        assert_eq!(user, ann);
        same(&found, &tokens);
        assert_eq!(found[0].secret, tokens[0].secret);
        assert_eq!(found[0].pin, tokens[0].pin);
    }
    for key in [
        AuthenticatorKey::Id(id(4)),
        AuthenticatorKey::Serial("serial 4"),
    ] {
        same(
            &store.authenticator(tenant, key).await.unwrap().unwrap(),
            &tokens[0],
        );
    }
    same(
        &store.authenticators_on(tenant, "13158").await.unwrap(),
        &tokens,
    );
    assert!(
        store
            .user(id(2), UserKey::LoginName("ann"))
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        store
            .user(tenant, UserKey::LoginName("Ann"))
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(
        store.standing(tenant, id(1)).await.unwrap().unwrap().value,
        standing(3)
    );
    assert_eq!(event_count(&*store, tenant).await, 1);
}

async fn a_row_is_replaced_by_id_and_removed(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 1).await;
    let policy = |code: &str| Policy {
        id: id(5),
        tenant,
        code: code.into(),
        limits: Limits::default(),
    };
    let change = Provision {
        clients: vec![client(tenant, 3, "one")],
        policies: vec![policy("one")],
        sites: vec![site(tenant, 6, "one")],
        ..Provision::default()
    };
    write(&*store, change).await.unwrap();
    let change = Provision {
        clients: vec![client(tenant, 3, "two")],
        policies: vec![policy("two")],
        sites: vec![site(tenant, 6, "two")],
        users: vec![user(tenant, 1, "renamed")],
        ..Provision::default()
    };
    write(&*store, change).await.unwrap();
    let rows = store.tenants().await.unwrap();
    same(&rows[0].clients, &vec![client(tenant, 3, "two")]);
    assert_eq!(rows[0].policies, [policy("two")]);
    assert_eq!(rows[0].sites[0].public_id, "two");
    assert!(
        store
            .user(tenant, UserKey::LoginName("renamed"))
            .await
            .unwrap()
            .is_some()
    );
    let change = Provision {
        removed_clients: vec![(tenant, id(3))],
        removed_policies: vec![(tenant, id(5))],
        removed_sites: vec![(tenant, id(6))],
        ..Provision::default()
    };
    write(&*store, change).await.unwrap();
    let rows = store.tenants().await.unwrap();
    assert!(rows[0].clients.is_empty() && rows[0].policies.is_empty() && rows[0].sites.is_empty());
}

async fn a_setting_of_the_server_is_replaced_by_name(place: &Place) {
    let store = place.open().await;
    assert_eq!(store.server_settings().await.unwrap(), []);
    let setting = |name: &str, body: &str, secret: Option<Vec<u8>>| ServerSetting {
        name: name.to_owned(),
        body: body.to_owned(),
        secret: secret.map(Sealed::from_bytes),
    };
    let (one, other) = (
        setting("delivery", "{\"a\":1}", Some(vec![0, 255, 7])),
        setting("other", "{}", None),
    );
    let both = |one: &ServerSetting| Provision {
        settings: vec![one.clone(), other.clone()],
        ..Provision::default()
    };
    let before = store.directory_version().await.unwrap();
    write(&*store, both(&one)).await.unwrap();
    assert_eq!(store.server_settings().await.unwrap(), [one, other.clone()]);
    let changed = setting("delivery", "{\"a\":2}", None);
    write(&*store, both(&changed)).await.unwrap();
    assert_eq!(
        store.server_settings().await.unwrap(),
        [changed, other.clone()]
    );
    assert_eq!(store.directory_version().await.unwrap(), before + 2);
}

async fn users_come_in_pages(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 5).await;
    let tokens = vec![authenticator(tenant, 8, "b"), authenticator(tenant, 9, "a")];
    write(
        &*store,
        Provision {
            authenticators: tokens,
            ..Provision::default()
        },
    )
    .await
    .unwrap();
    let page = store.users(tenant, None, 2).await.unwrap();
    let ids: Vec<_> = page
        .iter()
        .map(|(user, tokens)| (user.id.number(), tokens.len()))
        .collect();
    assert_eq!(ids, [(1, 2), (2, 0)]);
    let page = store.users(tenant, Some(id(2)), 100).await.unwrap();
    let ids: Vec<_> = page.iter().map(|(user, _)| user.id.number()).collect();
    assert_eq!(ids, [3, 4, 5]);
}

/// Changes that each take a name which is taken already.
fn taken(bank: Id<Tenant>, shop: Id<Tenant>) -> impl Iterator<Item = Provision> {
    [
        Provision {
            tenants: vec![tenant(9, "BANK")],
            ..Provision::default()
        },
        Provision {
            tenants: vec![with_okay(9)],
            ..Provision::default()
        },
        Provision {
            clients: vec![client(bank, 9, "one")],
            ..Provision::default()
        },
        Provision {
            clients: vec![anywhere(shop, 9)],
            ..Provision::default()
        },
        Provision {
            sites: vec![site(shop, 9, "shop")],
            ..Provision::default()
        },
        Provision {
            users: vec![user(bank, 9, "user 1")],
            ..Provision::default()
        },
        Provision {
            users: vec![User {
                external_id: Some("x".into()),
                ..user(bank, 9, "nine")
            }],
            ..Provision::default()
        },
        Provision {
            authenticators: vec![authenticator(bank, 9, "serial")],
            ..Provision::default()
        },
    ]
    .into_iter()
}

async fn a_name_that_is_taken_is_a_conflict(place: &Place) {
    let store = place.open().await;
    let bank = with_users(&*store, 1).await;
    let first = Provision {
        tenants: vec![with_okay(2)],
        clients: vec![client(bank, 3, "one"), anywhere(bank, 4)],
        sites: vec![site(bank, 6, "shop")],
        users: vec![User {
            external_id: Some("x".into()),
            ..user(bank, 10, "ten")
        }],
        authenticators: vec![authenticator(bank, 8, "serial")],
        ..Provision::default()
    };
    write(&*store, first).await.unwrap();
    let shop: Id<Tenant> = id(2);
    for change in taken(bank, shop) {
        let told = format!("{change:?}");
        assert_eq!(
            write(&*store, change).await,
            Err(StoreError::Conflict),
            "{told}"
        );
    }
    let free = Provision {
        clients: vec![client(shop, 9, "one")],
        users: vec![user(shop, 9, "user 1")],
        ..Provision::default()
    };
    assert_eq!(write(&*store, free).await, Ok(()));
}

async fn a_change_computed_from_an_old_version_is_a_conflict(place: &Place) {
    let (one, other) = (place.open().await, place.open().await);
    for _ in 0..10 {
        let expected_version = one.directory_version().await.unwrap();
        let change = || Provision {
            expected_version,
            ..Provision::default()
        };
        let outcomes = tokio::join!(one.provision(change()), other.provision(change()));
        let outcomes = [outcomes.0, outcomes.1];
        assert!(outcomes.contains(&Ok(())), "{outcomes:?}");
        assert!(
            outcomes.contains(&Err(StoreError::Conflict)),
            "{outcomes:?}"
        );
    }
}

async fn a_standing_is_compared_and_set(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 1).await;
    let change = |expected, next: Option<u64>| Provision {
        standings: vec![(
            tenant,
            StandingWrite {
                user: id(1),
                expected,
                next: next.map(standing),
            },
        )],
        ..Provision::default()
    };
    assert_eq!(write(&*store, change(1, Some(4))).await, Ok(()));
    for (expected, next) in [(1, Some(5)), (0, Some(5)), (1, None), (0, None)] {
        assert_eq!(
            write(&*store, change(expected, next)).await,
            Err(StoreError::Conflict)
        );
    }
    assert_eq!(write(&*store, change(2, None)).await, Ok(()));
    let read = store.standing(tenant, id(1)).await.unwrap().unwrap();
    assert_eq!((read.version, read.value), (2, standing(4)));
}

async fn an_orphan_is_refused(place: &Place) {
    let store = place.open().await;
    let change = Provision {
        users: vec![user(id(77), 1, "ann")],
        ..Provision::default()
    };
    let refused = write(&*store, change).await;
    assert!(
        matches!(refused, Err(StoreError::Inconsistent { .. })),
        "{refused:?}"
    );
}

async fn nothing_of_a_refused_change_is_written(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 1).await;
    let version = store.directory_version().await.unwrap();
    let change = Provision {
        users: vec![user(tenant, 50, "new"), user(tenant, 51, "user 1")],
        events: vec![event(tenant)],
        ..Provision::default()
    };
    assert_eq!(write(&*store, change).await, Err(StoreError::Conflict));
    assert!(
        store
            .user(tenant, UserKey::Id(id(50)))
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(store.directory_version().await.unwrap(), version);
    assert_eq!(store.events(tenant, 10).await.unwrap().len(), 1);
}
