//! Tokens that attack: none of them is a site's word, and none consumes anything.

use aws_lc_rs::hmac::{HMAC_SHA256, HMAC_SHA384, HMAC_SHA512};
use serde_json::json;

use super::forgeries::{
    HEADER, algorithms, bad_claims, broken_forms, claims, claims_with, foreign_keys, good, headers,
    key, signed, unreadable_claims,
};
use crate::shop::{SERVER, START_S, Shop, key_of, place, sign};

#[tokio::test]
async fn every_attack_is_refused_and_consumes_nothing() {
    let shop = Shop::open().await;
    let (id, another) = (shop.solved("shop").await, shop.solved("shop").await);
    let mut forms = algorithms();
    forms.extend(foreign_keys());
    forms.extend(headers());
    forms.extend(bad_claims(&another));
    forms.extend(unreadable_claims());
    forms.extend(broken_forms());
    assert!(forms.len() >= 60, "{}", forms.len());
    for (name, token) in &forms {
        let reply = shop.check(token, &place(&id), &[]).await;
        assert_eq!(reply.status, 401, "{name}: {}", reply.body);
        assert!(
            reply.header("www-authenticate").starts_with("Bearer "),
            "{name}"
        );
        let unknown = shop.check(token, &place("c.unknown"), &[]).await;
        assert_eq!(reply, unknown, "{name}: the same for an unknown challenge");
    }
    let reply = shop.check(&good(), &place(&id), &[]).await;
    assert_eq!(reply.json()["state"], "valid", "{}", reply.body);
}

#[tokio::test]
async fn what_a_stranger_sends_is_refused_in_the_same_bytes_whatever_is_wrong() {
    let shop = Shop::open().await;
    let id = shop.solved("shop").await;
    let of = |site: &str, key: &str| {
        let claims = claims_with("iss", &json!(site));
        sign(HMAC_SHA512, HEADER, &claims, key)
    };
    let first = shop.check("a.b.c", &place(&id), &[]).await;
    for token in [
        of("shop", "wrong"),
        of("nobody", "wrong"),
        of("other", &key()),
        sign(
            HMAC_SHA256,
            r#"{"alg":"HS256"}"#,
            &claims().to_string(),
            &key(),
        ),
        signed(r#"{"alg":"none"}"#, &claims().to_string()),
    ] {
        assert_eq!(shop.check(&token, &place(&id), &[]).await, first);
    }
}

#[tokio::test]
async fn a_token_anywhere_but_in_the_one_header_is_none() {
    let shop = Shop::open().await;
    let id = shop.solved("shop").await;
    let good = good();
    let bearer = format!("Bearer {good}");
    let query = format!("{}?access_token={good}&token={good}", place(&id));
    let reply = shop
        .send("GET", &query, &[("cookie", &bearer)], &good)
        .await;
    assert_eq!(
        (reply.status.as_u16(), reply.problem().as_str()),
        (401, "no-token")
    );
    for second in [bearer.as_str(), "Basic c2hvcDpwYXNz"] {
        let headers = [
            ("authorization", bearer.as_str()),
            ("authorization", second),
        ];
        let reply = shop.send("GET", &place(&id), &headers, "").await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (401, "refused-token")
        );
    }
    assert_eq!(
        shop.check(&good, &place(&id), &[]).await.json()["state"],
        "valid"
    );
}

#[tokio::test]
async fn what_libraries_add_to_a_token_does_no_harm() {
    let shop = Shop::open().await;
    let now = START_S;
    for (header, more) in [
        (r#"{"alg":"HS512"}"#, json!({})),
        (
            r#"{"typ":"jwt","alg":"HS512","kid":"1","more":{}}"#,
            json!({}),
        ),
        (
            HEADER,
            json!({"aud": SERVER, "nbf": now, "name": "é", "scope": []}),
        ),
        (
            HEADER,
            json!({"aud": [format!("{SERVER}/")], "iat": now + 60, "exp": now + 360}),
        ),
        (HEADER, json!({"iat": now - 299, "exp": now + 1})),
    ] {
        let id = shop.solved("shop").await;
        let mut claims = claims();
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims["sub"] = json!(id);
        let reply = shop
            .check(&signed(header, &claims.to_string()), &place(&id), &[])
            .await;
        assert_eq!(
            reply.json()["state"],
            "valid",
            "{header} {claims} {}",
            reply.body
        );
    }
    let id = shop.solved("shop").await;
    let bearer = format!("bearer  {}", good());
    let headers = [("authorization", bearer.as_str())];
    let reply = shop.send("GET", &place(&id), &headers, "").await;
    assert_eq!(reply.json()["state"], "valid");
}

#[tokio::test]
async fn a_site_signs_with_the_algorithms_it_lists() {
    let shop = Shop::open().await;
    let claims = claims_with("iss", &json!("agile"));
    for (name, algorithm, good) in [
        ("HS256", HMAC_SHA256, true),
        ("HS384", HMAC_SHA384, true),
        ("HS512", HMAC_SHA512, false),
    ] {
        let id = shop.solved("agile?kind=pow").await;
        let header = json!({"alg": name}).to_string();
        let token = sign(algorithm, &header, &claims, &key_of("agile"));
        let reply = shop.check(&token, &place(&id), &[]).await;
        assert_eq!(reply.status == 200, good, "{name} {}", reply.body);
    }
}
