//! The outbox: each message is given out to one at a time, in its line, and stays until it is done.

use std::sync::Arc;

use challenge::approval::delivery::DEAD_S;
use challenge::approval::ports::{Claim, Claimed, Fate, Listing, Settled};
use challenge::clock::Timestamp;
use challenge::directory::{Tenant, User};
use challenge::id::Id;
use challenge::ports::{Change, Message, Provision, Store};

use crate::support::*;

on_both!(
    a_message_is_given_out_once_and_again_when_its_lease_is_over,
    one_of_many_claims_gets_a_message,
    a_line_leaves_in_the_order_of_its_changes_whatever_the_clocks_say,
    after_three_failures_a_message_leaves_its_line,
    a_dead_message_is_kept_listed_and_redelivered,
    a_late_settlement_changes_nothing,
    a_tenant_with_many_takes_no_place_from_one_with_few,
    only_the_kind_that_is_asked_for_is_given_out,
    first_tries_alone_are_given_out_where_they_alone_are_wanted,
);

const KIND: &str = "callback";

fn claim_at(now: Timestamp) -> Claim {
    Claim {
        kind: KIND,
        now,
        lease_until: now.plus_s(60),
        most_per_tenant: 100,
        most: 100,
        first_tries_only: false,
        pass_over: Vec::new(),
        ticket: timed_id(),
    }
}

async fn claimed_at(store: &dyn Store, now: Timestamp) -> Vec<Claimed> {
    store.claim(&claim_at(now)).await.unwrap()
}

fn settled(claimed: &Claimed, fate: Fate) -> Settled {
    Settled {
        id: claimed.message.id,
        tenant: claimed.message.tenant,
        ticket: claimed.ticket,
        fate,
    }
}

async fn settle(store: &dyn Store, claimed: &Claimed, fate: Fate) {
    store.settle(vec![settled(claimed, fate)]).await.unwrap();
}

fn again(at: Timestamp) -> Fate {
    let trouble = "HTTP 500".to_owned();
    Fate::Again { at, trouble }
}

fn in_line(tenant: Id<Tenant>, user: Id<User>, body: &str) -> Message {
    Message {
        line: Some(user),
        body: body.to_owned(),
        ..message(tenant, NOW)
    }
}

/// Writes messages with the user's standing, which had this version.
async fn post(store: &dyn Store, (user, version): (i64, i64), messages: Vec<Message>) {
    let tenant = messages[0].tenant;
    let change = Change {
        standing: Some(standing_write(id(user), version, 7)),
        messages,
        ..telling(tenant)
    };
    store.commit(change).await.unwrap();
}

fn bodies(claimed: &[Claimed]) -> Vec<&str> {
    claimed
        .iter()
        .map(|one| one.message.body.as_str())
        .collect()
}

async fn listed(store: &dyn Store, tenant: Option<Id<Tenant>>, dead_only: bool) -> usize {
    let listing = Listing {
        kind: KIND,
        tenant,
        line: None,
        dead_only,
        after: None,
        limit: 1000,
    };
    store.waiting_messages(&listing).await.unwrap().len()
}

async fn a_message_is_given_out_once_and_again_when_its_lease_is_over(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 1).await;
    let [due, later] = [1, 60].map(|seconds| message(tenant, NOW.plus_s(seconds)));
    let change = Change {
        messages: vec![due.clone(), later.clone()],
        ..telling(tenant)
    };
    store.commit(change).await.unwrap();
    assert_eq!(claimed_at(&*store, NOW).await, []);
    let first = claimed_at(&*store, NOW.plus_s(1)).await;
    assert_eq!(first.len(), 1);
    assert_eq!((&first[0].message, first[0].failed_tries), (&due, 0));
    assert_eq!(claimed_at(&*store, NOW.plus_s(59)).await, []);
    let second = claimed_at(&*store, NOW.plus_s(61)).await;
    assert_eq!(second.len(), 2, "its lease was over, and the other is due");
    for one in &second {
        settle(&*store, one, Fate::Delivered).await;
    }
    assert_eq!(listed(&*store, None, false).await, 0);
}

async fn one_of_many_claims_gets_a_message(place: &Place) {
    let (one, other) = (place.open().await, place.open().await);
    let tenant = with_users(&*one, 1).await;
    for round in 0..20 {
        let messages = (0..5).map(|_| message(tenant, NOW)).collect();
        let change = Change {
            messages,
            ..telling(tenant)
        };
        one.commit(change).await.unwrap();
        let claims = (0..16).map(|number| {
            let store = Arc::clone(if number % 2 == 0 { &one } else { &other });
            tokio::spawn(async move { claimed_at(&*store, NOW).await })
        });
        let mut got = Vec::new();
        for claim in claims.collect::<Vec<_>>() {
            got.extend(claim.await.unwrap());
        }
        assert_eq!(got.len(), 5, "round {round}");
        let all = got.iter().map(|one| settled(one, Fate::Delivered));
        one.settle(all.collect()).await.unwrap();
        assert_eq!(listed(&*one, None, false).await, 0);
    }
}

async fn a_line_leaves_in_the_order_of_its_changes_whatever_the_clocks_say(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 2).await;
    // The first is written by a node whose clock runs ahead.
    let ahead = Message {
        id: timed_id_at(NOW.plus_s(100)),
        ..in_line(tenant, id(1), "a")
    };
    post(&*store, (1, 1), vec![ahead, in_line(tenant, id(1), "b")]).await;
    post(&*store, (1, 2), vec![in_line(tenant, id(1), "c")]).await;
    post(&*store, (2, 1), vec![in_line(tenant, id(2), "x")]).await;
    for expected in [vec!["a", "x"], vec!["b"], vec!["c"], vec![]] {
        let mut claimed = claimed_at(&*store, NOW).await;
        claimed.sort_by(|one, other| one.message.body.cmp(&other.message.body));
        assert_eq!(bodies(&claimed), expected);
        assert_eq!(
            claimed_at(&*store, NOW).await,
            [],
            "nobody overtakes a try under way"
        );
        for one in &claimed {
            settle(&*store, one, Fate::Delivered).await;
        }
    }
}

async fn after_three_failures_a_message_leaves_its_line(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 1).await;
    let line = ["a", "b"].map(|body| in_line(tenant, id(1), body));
    post(&*store, (1, 1), line.to_vec()).await;
    let mut now = NOW;
    for failed in 0..3 {
        let claimed = claimed_at(&*store, now).await;
        assert_eq!(bodies(&claimed), ["a"], "after {failed} failures");
        assert_eq!(claimed[0].failed_tries, failed);
        settle(&*store, &claimed[0], again(now.plus_s(300))).await;
        if failed < 2 {
            assert_eq!(claimed_at(&*store, now.plus_s(299)).await, []);
            now = now.plus_s(300);
        }
    }
    let claimed = claimed_at(&*store, now).await;
    assert_eq!(bodies(&claimed), ["b"], "the later one overtakes");
    settle(&*store, &claimed[0], Fate::Delivered).await;
    let claimed = claimed_at(&*store, now.plus_s(300)).await;
    assert_eq!(bodies(&claimed), ["a"]);
}

async fn a_dead_message_is_kept_listed_and_redelivered(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 1).await;
    let line = ["a", "b"].map(|body| in_line(tenant, id(1), body));
    post(&*store, (1, 1), line.to_vec()).await;
    let claimed = claimed_at(&*store, NOW).await;
    let trouble = "HTTP 404".to_owned();
    let dead = Fate::Dead { at: NOW, trouble };
    settle(&*store, &claimed[0], dead).await;
    let listing = Listing {
        kind: KIND,
        tenant: Some(tenant),
        line: None,
        dead_only: true,
        after: None,
        limit: 10,
    };
    let kept = store.waiting_messages(&listing).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].failed_tries, kept[0].dead_at), (1, Some(NOW)));
    assert_eq!(kept[0].trouble.as_deref(), Some("HTTP 404"));
    assert_eq!(listed(&*store, Some(tenant), false).await, 2);
    assert_eq!(listed(&*store, Some(id(99)), false).await, 0);
    assert_eq!(
        bodies(&claimed_at(&*store, NOW).await),
        ["b"],
        "the dead one holds up nobody"
    );
    let key = kept[0].message.id;
    assert_eq!(store.redeliver(id(99), key, NOW).await, Ok(false));
    assert_eq!(store.redeliver(tenant, key, NOW.plus_s(5)).await, Ok(true));
    let claimed = claimed_at(&*store, NOW.plus_s(5)).await;
    assert_eq!((bodies(&claimed), claimed[0].failed_tries), (vec!["a"], 0));
    let trouble = String::new();
    settle(&*store, &claimed[0], Fate::Dead { at: NOW, trouble }).await;
    assert_eq!(store.sweep(NOW.plus_s(DEAD_S - 1), 10).await, Ok(0));
    assert_eq!(store.sweep(NOW.plus_s(DEAD_S), 10).await, Ok(1));
    assert_eq!(listed(&*store, None, true).await, 0);
}

async fn a_late_settlement_changes_nothing(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 1).await;
    let change = Change {
        messages: vec![message(tenant, NOW)],
        ..telling(tenant)
    };
    store.commit(change).await.unwrap();
    let slow = claimed_at(&*store, NOW).await;
    let quick = claimed_at(&*store, NOW.plus_s(60)).await;
    assert_eq!((slow.len(), quick.len()), (1, 1));
    settle(&*store, &slow[0], Fate::Delivered).await;
    assert_eq!(listed(&*store, None, false).await, 1);
    settle(&*store, &quick[0], again(NOW.plus_s(100))).await;
    settle(&*store, &quick[0], Fate::Delivered).await;
    let left = claimed_at(&*store, NOW.plus_s(100)).await;
    assert_eq!((left.len(), left[0].failed_tries), (1, 1));
}

async fn a_tenant_with_many_takes_no_place_from_one_with_few(place: &Place) {
    let store = place.open().await;
    let many = with_users(&*store, 1).await;
    let few = tenant(2, "SHOP");
    let change = Provision {
        expected_version: store.directory_version().await.unwrap(),
        tenants: vec![few.clone()],
        ..Provision::default()
    };
    store.provision(change).await.unwrap();
    for (tenant, number) in [(many, 50), (few.id, 2)] {
        let messages = (0..number).map(|_| message(tenant, NOW)).collect();
        let change = Change {
            messages,
            ..telling(tenant)
        };
        store.commit(change).await.unwrap();
    }
    let claim = Claim {
        most: 4,
        ..claim_at(NOW)
    };
    let claimed = store.claim(&claim).await.unwrap();
    let of_few = claimed.iter().filter(|one| one.message.tenant == few.id);
    assert_eq!((claimed.len(), of_few.count()), (4, 2));
    let claim = Claim {
        most_per_tenant: 3,
        ..claim_at(NOW)
    };
    assert_eq!(store.claim(&claim).await.unwrap().len(), 3);
    let claim = Claim {
        pass_over: vec![many],
        ..claim_at(NOW)
    };
    assert_eq!(store.claim(&claim).await.unwrap(), []);
}

async fn only_the_kind_that_is_asked_for_is_given_out(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 1).await;
    let other = Message {
        kind: "chore".to_owned(),
        ..message(tenant, NOW)
    };
    let change = Change {
        messages: vec![other],
        ..telling(tenant)
    };
    store.commit(change).await.unwrap();
    assert_eq!(claimed_at(&*store, NOW).await, []);
    assert_eq!(listed(&*store, None, false).await, 0);
}

async fn first_tries_alone_are_given_out_where_they_alone_are_wanted(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 2).await;
    let line = ["a", "b"].map(|body| in_line(tenant, id(1), body));
    post(&*store, (1, 1), line.to_vec()).await;
    let first_tries = || Claim {
        first_tries_only: true,
        ..claim_at(NOW)
    };
    let claimed = store.claim(&first_tries()).await.unwrap();
    assert_eq!(
        bodies(&claimed),
        ["a"],
        "a line has one first try at a time"
    );
    settle(&*store, &claimed[0], again(NOW)).await;
    assert_eq!(store.claim(&first_tries()).await.unwrap(), []);
    post(&*store, (2, 1), vec![in_line(tenant, id(2), "x")]).await;
    let claimed = store.claim(&first_tries()).await.unwrap();
    assert_eq!(bodies(&claimed), ["x"]);
    assert_eq!(bodies(&claimed_at(&*store, NOW).await), ["a"]);
}
