//! The code that ALTCHA's widget asks beside the proof.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use challenge::visitor::PICTURES_PER_MINUTE;
use data_encoding::{BASE64, HEXLOWER};
use protocols::desk::Desk;
use protocols::ocapi;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::altcha::{
    FORMS, at, code_of, encoded, good, issue, not, payload, present, take, verify, with_code,
};
use crate::shop::{SERVER, Shop, key_of};
use crate::shop_mint::Mode;

/// What a page of another origin is given to play.
async fn fetched(shop: &Shop, path: &str) -> Vec<u8> {
    let desk = Desk {
        verifier: shop.verifier.clone(),
        public_url: SERVER.to_owned(),
    };
    let router = ocapi::routes::router().with_state(Arc::new(desk));
    let asked = Request::get(path).header("sec-fetch-site", "cross-site");
    let response = router.oneshot(asked.body(Body::empty()).unwrap()).await;
    let response = response.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    let bytes = to_bytes(response.into_body(), usize::MAX).await;
    bytes.unwrap().to_vec()
}

#[tokio::test]
async fn of_a_code_the_signed_statement_alone_is_taken_and_once() {
    for form in FORMS {
        let shop = Shop::open().await;
        let challenge = issue(&shop, "shop", &format!("{form}&code=true")).await;
        let carried = encoded(&payload(&challenge));
        assert_eq!(take(&shop, &carried).await, not("CODE_REQUIRED"));
        let bare = json!({"payload": carried});
        assert_eq!(verify(&shop, "shop", &bare).await, not("CODE_REQUIRED"));
        let body = json!({"payload": carried, "code": code_of(&challenge)});
        let told = verify(&shop, "shop", &body).await;
        let statement = told["payload"].as_str().unwrap();
        assert_eq!(take(&shop, &carried).await, not("CODE_REQUIRED"));
        assert_eq!(take(&shop, statement).await, good());
        assert_eq!(take(&shop, statement).await, not("ALREADY_USED"));
        let listed = present(&shop, "listed", &key_of("listed"), statement).await;
        assert_eq!(listed.json(), not("INVALID"));
        let body = json!({"payload": statement, "code": "x"});
        assert_eq!(verify(&shop, "shop", &body).await, not("INVALID"));
    }
}

#[tokio::test]
async fn a_statement_is_signed_as_the_libraries_expect_and_expires() {
    let shop = Shop::open().await;
    let carried = with_code(&shop, "v=2").await;
    let statement: Value =
        serde_json::from_slice(&BASE64.decode(carried.as_bytes()).unwrap()).unwrap();
    let data = statement["verificationData"].as_str().unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, key_of("shop").as_bytes());
    let hash = digest(&SHA256, data.as_bytes());
    let signature = hmac::sign(&key, hash.as_ref());
    assert_eq!(statement["signature"], HEXLOWER.encode(signature.as_ref()));
    assert!(data.starts_with("expire=1800000600&id=c."), "{data}");
    let mut altered = statement.clone();
    altered["verificationData"] = json!(data.replace("1800000600", "1800000700"));
    assert_eq!(take(&shop, &encoded(&altered)).await, not("INVALID"));
    shop.clock.advance_s(600);
    assert_eq!(take(&shop, &carried).await, not("EXPIRED"));
}

#[tokio::test]
async fn a_right_code_that_is_sent_again_is_told_the_same_statement() {
    for form in FORMS {
        let shop = Shop::open().await;
        let challenge = issue(&shop, "shop", &format!("{form}&code=1")).await;
        let carried = encoded(&payload(&challenge));
        let body = json!({"payload": carried, "code": code_of(&challenge)});
        let first = verify(&shop, "shop", &body).await;
        assert_eq!(first["verified"], true);
        for _ in 0..3 {
            shop.clock.advance_s(90);
            assert_eq!(verify(&shop, "shop", &body).await, first);
        }
        let statement = first["payload"].as_str().unwrap();
        assert_eq!(take(&shop, statement).await, good());
        assert_eq!(verify(&shop, "shop", &body).await, not("ALREADY_ANSWERED"));
    }
}

#[tokio::test]
async fn a_wrong_code_spends_the_challenge_and_another_answer_is_too_late() {
    for form in FORMS {
        let shop = Shop::open().await;
        let challenge = issue(&shop, "shop", &format!("{form}&code=1")).await;
        let carried = encoded(&payload(&challenge));
        let wrong = json!({"payload": carried, "code": "wrong"});
        assert_eq!(verify(&shop, "shop", &wrong).await, not("WRONG_CODE"));
        let right = json!({"payload": carried, "code": code_of(&challenge)});
        assert_eq!(verify(&shop, "shop", &right).await, not("ALREADY_ANSWERED"));
        assert_eq!(take(&shop, &carried).await, not("CODE_REQUIRED"));
        let late = issue(&shop, "shop", &format!("{form}&code=1")).await;
        let right = json!({"payload": encoded(&payload(&late)), "code": code_of(&late)});
        shop.clock.advance_s(300);
        assert_eq!(verify(&shop, "shop", &right).await, not("EXPIRED"));
    }
}

#[tokio::test]
async fn codes_cannot_be_guessed_without_end() {
    let shop = Shop::open().await;
    shop.mint.set(Mode::Repeating);
    let limit = challenge::visitor::WRONG_GUESSES_PER_MINUTE;
    for guess in 0..=limit {
        let challenge = issue(&shop, "shop", "v=2&code=1").await;
        let body = json!({"payload": encoded(&payload(&challenge)), "code": "wrong"});
        let expected = if guess < limit {
            "WRONG_CODE"
        } else {
            "SLOW_DOWN"
        };
        assert_eq!(verify(&shop, "shop", &body).await, not(expected), "{guess}");
    }
}

#[tokio::test]
async fn the_site_says_whether_a_code_is_asked_first_and_whether_it_may_be() {
    let shop = Shop::open().await;
    let asks = async |site: &str, query: &str| {
        issue(&shop, site, query).await["codeChallenge"].is_object()
    };
    assert!(!asks("shop", "").await && !asks("shop", "code=0").await);
    assert!(asks("agile", "").await && asks("agile", "v=1").await);
    assert!(!asks("agile", "code=false").await);
    for (site, query, words) in [
        ("pictures", "code=1", "does not list the kind text"),
        ("shop", "code=maybe", "code is true or false"),
        ("shop", "v=3", "v is 1 or 2"),
        ("shop", "v=1&v=2", "stands twice"),
    ] {
        let path = at(site, &format!("challenge?{query}"));
        let reply = shop.send("GET", &path, &[], "").await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        let error = reply.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(words), "{error}");
    }
}

#[tokio::test]
async fn the_code_is_read_out_in_the_widgets_language() {
    let shop = Shop::open().await;
    let challenge = issue(&shop, "shop", "v=2&code=1&lang=fr").await;
    let audio = challenge["codeChallenge"]["audio"].as_str().unwrap();
    let mut sounds = Vec::new();
    for query in ["", "?language=de", "?lang=de"] {
        let reply = fetched(&shop, &format!("{audio}{query}")).await;
        assert_eq!(&reply[..4], b"RIFF");
        sounds.push(reply);
    }
    assert_ne!(sounds[0], sounds[1]);
    assert_eq!(sounds[1], sounds[2]);
}

#[tokio::test]
async fn a_code_that_cannot_be_drawn_now_is_not_issued() {
    let shop = Shop::open().await;
    let issued = || {
        let verifier = &shop.verifier;
        let totals = verifier.visitors.totals(verifier.now());
        totals.iter().map(|site| site.issued).sum::<u64>()
    };
    shop.mint.set(Mode::Crowded);
    let url = at("shop", "challenge?v=1&code=true");
    let crowded = shop.send("GET", &url, &[], "").await;
    assert_eq!(crowded.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(crowded.header("retry-after"), "9");
    assert_eq!(issued(), 0, "nobody can leave it unanswered");
    shop.mint.set(Mode::Drawing);
    issue(&shop, "shop", "v=1&code=true").await;
    assert_eq!(issued(), 1);
}

#[tokio::test]
async fn who_has_too_many_codes_drawn_has_to_wait() {
    let shop = Shop::open().await;
    let url = at("shop", "challenge?v=1&code=true");
    for _ in 0..PICTURES_PER_MINUTE {
        let reply = shop.send("GET", &url, &[], "").await;
        assert_eq!(reply.status, StatusCode::OK);
    }
    let reply = shop.send("GET", &url, &[], "").await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(reply.header("retry-after"), "60");
    let url = at("shop", "challenge?v=1");
    let without = shop.send("GET", &url, &[], "").await;
    assert_eq!(without.status, StatusCode::OK);
}
