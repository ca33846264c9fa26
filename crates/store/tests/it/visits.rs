//! Visitors' challenges on the true stores: one answer counts, one check is told, counts add up.

use std::sync::Arc;

use challenge::clock::ManualClock;
use challenge::directory::provision::{
    Blueprint, Options, Provisioner, SiteBlueprint, TenantBlueprint,
};
use challenge::directory::{Site, Tenant};
use challenge::id::Id;
use challenge::methods::proof_of_work::Attempt;
use challenge::ports::{Change, SITE_HOURS_KEPT_S, SpentMark};
use challenge::rng::DangerCountingRng;
use challenge::verifier::Verifier;
use challenge::visitor::{
    ANSWER_S, AnswerGiven, Answered, CHECK_S, Check, Kind, Refused, SiteHour, Task, Told, Visitor,
    Voucher, Wish,
};

use crate::support::*;
use crate::verifying::{keyring, node};

on_both!(
    one_challenge_answered_32_times_at_once_is_counted_once,
    one_right_answer_checked_32_times_at_once_is_told_once,
    a_voucher_used_32_times_at_once_serves_one_check,
    a_challenge_that_was_spent_stays_spent_after_a_sweep,
    a_mark_whose_time_is_up_is_no_mark,
    hours_of_a_site_add_up_from_all_nodes_and_go_after_400_days,
);

const AT_ONCE: usize = 32;
const ROUNDS: usize = 8;
const HERE: &str = "192.0.2.7";

const VISITOR: Visitor<'_> = Visitor {
    address: HERE,
    host: None,
};
const CHECK: Check<'_> = Check {
    peek: false,
    repeat_key: None,
    voucher: None,
    address: HERE,
};

/// Two nodes on one database with one site.
async fn nodes(place: &Place) -> [Arc<Verifier>; 2] {
    let store = place.open().await;
    let mut site = SiteBlueprint::named("shop");
    site.secret = Some("a key of a site".into());
    site.difficulty = Some(2);
    let mut tenant = TenantBlueprint::named("ONLINEBANK");
    tenant.sites.push(site);
    let provisioner = Provisioner {
        store: &*store,
        keyring: &keyring(),
        rng: &DangerCountingRng::default(),
        clock: &ManualClock::at(NOW),
    };
    let blueprint = Blueprint {
        tenants: vec![tenant],
        ..Blueprint::default()
    };
    let options = Options::default();
    provisioner.apply(&blueprint, options).await.unwrap();
    [node(place).await, node(place).await]
}

fn shop(node: &Verifier) -> Arc<Site> {
    node.catalogue.site("shop").unwrap()
}

async fn issue(node: &Verifier) -> String {
    let site = shop(node);
    let wish = Wish::of(Kind::ProofOfWork, HERE);
    let issued = node.issue_to_visitor(&site, &wish);
    issued.await.unwrap().id
}

/// Answers right or, where `off` is not 0, wrong in that byte.
async fn answer(node: &Verifier, id: &str, off: u8) -> Result<Answered, Refused> {
    let (ticket, site) = node.ticket(id).unwrap();
    let Task::ProofOfWork(solution) = &ticket.task else {
        panic!("no proof of work");
    };
    let mut key = solution.key;
    key[0] ^= off;
    let counter = solution.counter;
    let given = AnswerGiven::ProofOfWork(Attempt { counter, key });
    node.answer_of_visitor((&ticket, &site), &given, &VISITOR)
        .await
}

/// What `act` gives when it is done so many times at once, over both nodes in turn.
async fn at_once<T: Send + 'static, Act: Future<Output = T> + Send + 'static>(
    nodes: &[Arc<Verifier>; 2],
    act: impl Fn(Arc<Verifier>, usize) -> Act,
) -> Vec<T> {
    let mut tasks = tokio::task::JoinSet::new();
    for turn in 0..AT_ONCE {
        tasks.spawn(act(Arc::clone(&nodes[turn % 2]), turn));
    }
    tasks.join_all().await
}

async fn one_challenge_answered_32_times_at_once_is_counted_once(place: &Place) {
    let nodes = nodes(place).await;
    let tenant = shop(&nodes[0]).tenant;
    for round in 0..ROUNDS {
        let id = issue(&nodes[0]).await;
        let before = event_count(&**nodes[0].store(), tenant).await;
        // Right and wrong ones, all different.
        let outcomes = at_once(&nodes, |node, turn| {
            let id = id.clone();
            async move { answer(&node, &id, u8::try_from(turn).unwrap()).await }
        })
        .await;
        let counted = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(counted, 1, "round {round}: {outcomes:?}");
        let lost = |outcome: &&_| **outcome == Err(Refused::AlreadyAnswered);
        assert_eq!(outcomes.iter().filter(lost).count(), AT_ONCE - 1);
        let events = event_count(&**nodes[0].store(), tenant).await - before;
        assert_eq!(events, 1);
    }
}

async fn one_right_answer_checked_32_times_at_once_is_told_once(place: &Place) {
    let nodes = nodes(place).await;
    for round in 0..ROUNDS {
        let id = issue(&nodes[0]).await;
        assert_eq!(answer(&nodes[1], &id, 0).await, Ok(Answered::Right));
        let told = at_once(&nodes, |node, _| {
            let id = id.clone();
            async move { node.check_visit(&shop(&node), &id, &CHECK).await.unwrap() }
        })
        .await;
        let valid = told.iter().filter(|told| **told == Told::Valid).count();
        let consumed = told.iter().filter(|told| **told == Told::Consumed).count();
        assert_eq!((valid, consumed), (1, AT_ONCE - 1), "round {round}");
    }
}

async fn a_voucher_used_32_times_at_once_serves_one_check(place: &Place) {
    let nodes = nodes(place).await;
    for round in 0..ROUNDS {
        // A challenge for each check, so that nothing but the voucher is in common.
        let mut ids = Vec::new();
        for _ in 0..AT_ONCE {
            let id = issue(&nodes[0]).await;
            answer(&nodes[0], &id, 0).await.unwrap();
            ids.push(id);
        }
        let outcomes = at_once(&nodes, |node, turn| {
            let (id, voucher) = (ids[turn].clone(), format!("jti-{round}"));
            async move {
                let voucher = Some(Voucher {
                    id: &voucher,
                    ends_at: NOW.plus_s(300),
                });
                let check = Check { voucher, ..CHECK };
                node.check_visit(&shop(&node), &id, &check).await
            }
        })
        .await;
        let served = outcomes.iter().filter(|told| **told == Ok(Told::Valid));
        assert_eq!(served.count(), 1, "round {round}: {outcomes:?}");
    }
}

async fn a_challenge_that_was_spent_stays_spent_after_a_sweep(place: &Place) {
    let [node, _] = nodes(place).await;
    let (wrong, consumed) = (issue(&node).await, issue(&node).await);
    answer(&node, &wrong, 1).await.unwrap();
    answer(&node, &consumed, 0).await.unwrap();
    let site = shop(&node);
    node.check_visit(&site, &consumed, &CHECK).await.unwrap();
    let just_before = NOW.plus_s(ANSWER_S - 1);
    assert_eq!(node.store().sweep(just_before, 100).await, Ok(0));
    for id in [&wrong, &consumed] {
        let again = answer(&node, id, 0).await;
        assert_eq!(again, Err(Refused::AlreadyAnswered));
    }
    // From then on nobody could answer it anew.
    let after = NOW.plus_s(ANSWER_S.max(CHECK_S));
    assert_eq!(node.store().sweep(after, 100).await, Ok(2));
}

async fn a_mark_whose_time_is_up_is_no_mark(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 0).await;
    let marks = [([1; 32], Some(NOW.plus_s(60))), ([2; 32], None)];
    for (digest, keep_until) in marks {
        let spent = vec![SpentMark { digest, keep_until }];
        let change = Change {
            spent,
            ..telling(tenant)
        };
        store.commit(change).await.unwrap();
    }
    let is_spent = |digest: u8, s| {
        let store = Arc::clone(&store);
        async move {
            let digest = [digest; 32];
            store
                .is_spent(tenant, &digest, NOW.plus_s(s))
                .await
                .unwrap()
        }
    };
    assert!(is_spent(1, 59).await && !is_spent(1, 60).await);
    assert!(is_spent(2, 1_000_000).await && !is_spent(3, 0).await);
    let other = store.is_spent(id(99), &[2; 32], NOW).await;
    assert_eq!(other, Ok(false), "a mark belongs to its tenant");
}

fn hour(tenant: Id<Tenant>, site: i64, s: u32, issued: u64) -> SiteHour {
    let counted = SiteHour::of(tenant, id(site), NOW.plus_s(s));
    SiteHour {
        issued,
        right: issued / 2,
        wrong: 1,
        checked: issued / 4,
        answer_ms: issued * 1000,
        ..counted
    }
}

async fn hours_of_a_site_add_up_from_all_nodes_and_go_after_400_days(place: &Place) {
    let (one, other) = (place.open().await, place.open().await);
    let tenant = with_users(&*one, 0).await;
    let first = vec![hour(tenant, 7, 0, 100), hour(tenant, 8, 0, 4)];
    one.add_site_hours(first).await.unwrap();
    let later = vec![hour(tenant, 7, 3600, 8), hour(tenant, 7, 0, 20)];
    other.add_site_hours(later).await.unwrap();
    let stored = one.site_hours(tenant, id(7), hour(tenant, 7, 0, 0).from);
    let mut sum = hour(tenant, 7, 0, 100);
    sum.add(&hour(tenant, 7, 0, 20));
    assert_eq!(stored.await, Ok(vec![sum, hour(tenant, 7, 3600, 8)]));
    let from_then_on = one.site_hours(tenant, id(7), hour(tenant, 7, 3600, 0).from);
    assert_eq!(from_then_on.await.unwrap().len(), 1);
    assert_eq!(one.add_site_hours(Vec::new()).await, Ok(()));
    let kept_until = hour(tenant, 7, 0, 0).from.plus_s(SITE_HOURS_KEPT_S);
    assert_eq!(one.sweep(kept_until.plus_s(3599), 100).await, Ok(2));
    assert_eq!(one.site_hours(tenant, id(8), NOW).await, Ok(Vec::new()));
}
