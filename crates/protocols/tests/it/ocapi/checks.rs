//! What a site's server is told, and how often.

use serde_json::json;

use crate::shop::{Shop, id_of, place, solve, wrong};

#[tokio::test]
async fn a_peek_consumes_nothing_and_valid_is_told_once() {
    let shop = Shop::open().await;
    let id = shop.solved("shop").await;
    for peek in ["?peek=true", "?peek=1"] {
        let reply = shop
            .check(&shop.token("shop"), &(place(&id) + peek), &[])
            .await;
        assert_eq!(reply.json(), json!({"id": id, "state": "answered"}));
    }
    let states = [shop.state("shop", &id).await, shop.state("shop", &id).await];
    assert_eq!(states, ["valid", "consumed"]);
    let reply = shop
        .check(&shop.token("shop"), &(place(&id) + "?peek=true"), &[])
        .await;
    assert_eq!(reply.json()["state"], "consumed");
}

#[tokio::test]
async fn a_peek_that_cannot_be_read_is_refused_rather_than_consuming() {
    let shop = Shop::open().await;
    let id = shop.solved("shop").await;
    for query in ["?peek=yes", "?peek=TRUE", "?peek=true&peek=false"] {
        let reply = shop
            .check(&shop.token("shop"), &(place(&id) + query), &[])
            .await;
        assert_eq!(reply.problem(), "malformed", "{query}");
    }
    let reply = shop
        .check(&shop.token("shop"), &(place(&id) + "?peek=false"), &[])
        .await;
    assert_eq!(reply.json()["state"], "valid");
}

#[tokio::test]
async fn a_repeated_check_is_told_the_same_for_a_minute_under_the_same_key() {
    let shop = Shop::open().await;
    let at = place(&shop.solved("shop").await);
    let told = async |key: &str| {
        let reply = shop
            .check(&shop.token("shop"), &at, &[("idempotency-key", key)])
            .await;
        reply.json()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(told("one").await, "valid");
    assert_eq!(told("one").await, "valid");
    assert_eq!(told("two").await, "consumed");
    shop.clock.advance_s(59);
    assert_eq!(told("one").await, "valid");
    shop.clock.advance_s(1);
    assert_eq!(told("one").await, "consumed");
}

#[tokio::test]
async fn an_idempotency_key_has_1_to_256_characters_and_stands_once() {
    let shop = Shop::open().await;
    let at = place(&shop.solved("shop").await);
    let (most, more) = ("k".repeat(256), "k".repeat(257));
    for headers in [
        &[("idempotency-key", more.as_str())][..],
        &[("idempotency-key", "")],
        &[("idempotency-key", "a\u{e9}")],
        &[("idempotency-key", "a"), ("idempotency-key", "a")],
    ] {
        let reply = shop.check(&shop.token("shop"), &at, headers).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (400, "malformed")
        );
    }
    let headers = [("idempotency-key", most.as_str())];
    let reply = shop.check(&shop.token("shop"), &at, &headers).await;
    assert_eq!(reply.json()["state"], "valid");
}

#[tokio::test]
async fn a_jti_serves_once_but_for_a_repetition_of_the_same_check() {
    let shop = Shop::open().await;
    let (id, another) = (shop.solved("shop").await, shop.solved("shop").await);
    let token = shop.token_with("shop", &json!({"jti": "once"}));
    let key = [("idempotency-key", "k")];
    let reply = shop.check(&token, &place(&id), &key).await;
    assert_eq!(reply.json()["state"], "valid");
    let reply = shop.check(&token, &place(&id), &key).await;
    assert_eq!(reply.json()["state"], "valid");
    for (id, headers) in [
        (&id, &[][..]),
        (&id, &[("idempotency-key", "l")]),
        (&another, &key),
    ] {
        let reply = shop.check(&token, &place(id), headers).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (401, "refused-token")
        );
    }
    assert_eq!(shop.state("shop", &another).await, "valid");
}

#[tokio::test]
async fn a_jti_is_used_up_by_a_check_that_tells_nothing_new_too() {
    let shop = Shop::open().await;
    let challenge = shop.create("shop").await;
    let token = shop.token_with("shop", &json!({"jti": "once"}));
    let reply = shop.check(&token, &place(&id_of(&challenge)), &[]).await;
    assert_eq!(reply.json()["state"], "pending");
    let reply = shop.check(&token, &place(&id_of(&challenge)), &[]).await;
    assert_eq!(reply.status, 401);
}

#[tokio::test]
async fn a_token_without_jti_serves_until_it_expires() {
    let shop = Shop::open().await;
    let token = shop.token("shop");
    for _ in 0..3 {
        let id = shop.solved("shop").await;
        let reply = shop.check(&token, &place(&id), &[]).await;
        assert_eq!(reply.json()["state"], "valid");
    }
    shop.clock.advance_s(60);
    let id = shop.solved("shop").await;
    assert_eq!(shop.check(&token, &place(&id), &[]).await.status, 401);
}

#[tokio::test]
async fn another_sites_challenge_and_an_unknown_one_are_refused_in_the_same_bytes() {
    let shop = Shop::open().await;
    let id = shop.solved("shop").await;
    let mut told = Vec::new();
    for site in ["other", "listed"] {
        for id in [id.as_str(), "c.unknown"] {
            let reply = shop.check(&shop.token(site), &place(id), &[]).await;
            assert_eq!(reply.status, 404);
            told.push(reply);
        }
    }
    assert!(told.iter().all(|reply| *reply == told[0]), "{told:?}");
    assert_eq!(shop.state("shop", &id).await, "valid");
}

#[tokio::test]
async fn without_a_good_token_nothing_is_told_not_even_that_there_is_a_challenge() {
    let shop = Shop::open().await;
    let id = shop.solved("shop").await;
    for headers in [
        &[][..],
        &[("authorization", "Basic c2hvcDpwYXNz")],
        &[("authorization", "Bearer ")],
        &[("authorization", "Bearer x.y.z")],
    ] {
        let known = shop.send("GET", &place(&id), headers, "").await;
        let unknown = shop.send("GET", &place("c.unknown"), headers, "").await;
        assert_eq!(known.status, 401, "{headers:?}");
        assert!(known.header("www-authenticate").starts_with("Bearer "));
        assert_eq!(known, unknown, "{headers:?}");
    }
    assert_eq!(shop.state("shop", &id).await, "valid");
}

#[tokio::test]
async fn a_wrong_answer_is_invalid_however_often_it_is_asked() {
    let shop = Shop::open().await;
    let challenge = shop.create("shop").await;
    let id = id_of(&challenge);
    let reply = shop.answer(&id, &wrong()).await;
    let next = reply.json()["next"].clone();
    assert_eq!(next["kind"], "pow");
    assert_eq!(shop.state("shop", &id).await, "invalid");
    shop.clock.advance_s(20);
    assert_eq!(shop.state("shop", &id).await, "invalid");
    let reply = shop.answer(&id_of(&next), &solve(&next)).await;
    assert_eq!(reply.json()["state"], "valid");
    assert_eq!(shop.state("shop", &id_of(&next)).await, "valid");
}
