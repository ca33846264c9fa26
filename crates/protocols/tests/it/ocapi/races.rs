//! Many at once, on a true store.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use crate::shop::{Reply, Shop, id_of, place, solve, wrong};

/// Runs 32 at once, and counts what they are told: the state, or the problem.
async fn race<F>(each: impl Fn(usize) -> F) -> BTreeMap<String, usize>
where
    F: Future<Output = Reply> + Send + 'static,
{
    let tasks: Vec<_> = (0..32).map(|number| tokio::spawn(each(number))).collect();
    let mut told = BTreeMap::new();
    for task in tasks {
        let reply = task.await.unwrap();
        assert!(!reply.status.is_server_error(), "{}", reply.body);
        let state = reply.json()["state"].as_str().map(str::to_owned);
        *told
            .entry(state.unwrap_or_else(|| reply.problem()))
            .or_default() += 1;
    }
    told
}

fn counts(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    expected
        .iter()
        .map(|&(name, count)| (name.to_owned(), count))
        .collect()
}

async fn checks(
    shop: &Arc<Shop>,
    id: &str,
    jti: impl Fn(usize) -> Option<String>,
    key: impl Fn(usize) -> Option<String>,
) -> BTreeMap<String, usize> {
    race(|number| {
        let (shop, at) = (Arc::clone(shop), place(id));
        let more = jti(number).map_or_else(|| json!({}), |jti| json!({ "jti": jti }));
        let (token, key) = (shop.token_with("shop", &more), key(number));
        async move {
            let headers: Vec<_> = key
                .iter()
                .map(|key| ("idempotency-key", key.as_str()))
                .collect();
            shop.check(&token, &at, &headers).await
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_checks_one_is_told_valid() {
    let shop = Arc::new(Shop::open().await);
    let of = |text: &str| Some(text.to_owned());
    for round in 0..10 {
        let id = shop.solved("shop").await;
        let told = checks(&shop, &id, |_| None, |_| None).await;
        assert_eq!(told, counts(&[("consumed", 31), ("valid", 1)]));

        let id = shop.solved("shop").await;
        let told = checks(&shop, &id, |_| None, |n| Some(n.to_string())).await;
        assert_eq!(told, counts(&[("consumed", 31), ("valid", 1)]));

        let id = shop.solved("shop").await;
        let told = checks(&shop, &id, |n| Some(format!("{round} {n}")), |_| None).await;
        assert_eq!(told, counts(&[("consumed", 31), ("valid", 1)]));

        let (id, jti) = (shop.solved("shop").await, format!("round {round}"));
        let told = checks(&shop, &id, |_| of(&jti), |_| None).await;
        assert_eq!(told, counts(&[("refused-token", 31), ("valid", 1)]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_checks_under_one_key_all_are_told_the_same() {
    let shop = Arc::new(Shop::open().await);
    let key = |_| Some("one".to_owned());
    for round in 0..10 {
        let id = shop.solved("shop").await;
        let told = checks(&shop, &id, |_| None, key).await;
        assert_eq!(told, counts(&[("valid", 32)]));
        let id = shop.solved("shop").await;
        let told = checks(&shop, &id, |_| Some(format!("round {round}")), key).await;
        assert_eq!(told, counts(&[("valid", 32)]));
        assert_eq!(shop.state("shop", &id).await, "consumed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_answers_one_is_counted() {
    let shop = Arc::new(Shop::open().await);
    for _ in 0..10 {
        let challenge = shop.create("shop").await;
        let (id, right) = (id_of(&challenge), solve(&challenge));
        let told = race(|number| {
            let (shop, id) = (Arc::clone(&shop), id.clone());
            let answer = if number % 2 == 0 {
                right.clone()
            } else {
                wrong()
            };
            async move { shop.answer(&id, &answer).await }
        })
        .await;
        // Whichever was first: either the right ones are valid alike, or one wrong one was counted.
        let right_first = counts(&[("already-answered", 16), ("valid", 16)]);
        let wrong_first = counts(&[("already-answered", 31), ("invalid", 1)]);
        assert!(told == right_first || told == wrong_first, "{told:?}");
        let expected = if told == right_first {
            "valid"
        } else {
            "invalid"
        };
        assert_eq!(shop.state("shop", &id).await, expected);
    }
    let totals = shop.verifier.visitors.totals(shop.verifier.now());
    let counted = totals[0].right + totals[0].wrong;
    assert_eq!(counted, 10, "{totals:?}");
}
