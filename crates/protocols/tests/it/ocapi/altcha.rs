//! ALTCHA's widget and libraries, as they talk to this server.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use axum::http::StatusCode;
use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};

use crate::shop::{Reply, Shop, key_of, solve};
use crate::shop_mint::Mode;

pub(super) const FORMS: [&str; 2] = ["v=1", "v=2"];

pub(super) fn at(site: &str, what: &str) -> String {
    format!("/ocapi/altcha/{site}/{what}")
}

pub(super) async fn issue(shop: &Shop, site: &str, query: &str) -> Value {
    let path = at(site, &format!("challenge?{query}"));
    let reply = shop.send("GET", &path, &[], "").await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.json()
}

/// What the widget carries after it solved a challenge.
pub(super) fn payload(challenge: &Value) -> Value {
    if challenge["parameters"].is_object() {
        let solution = solve(challenge);
        return json!({
            "challenge": {"parameters": challenge["parameters"], "signature": challenge["signature"]},
            "solution": {"counter": solution["counter"], "derivedKey": solution["derivedKey"], "time": 12.5},
        });
    }
    let text = |name: &str| challenge[name].as_str().unwrap().to_owned();
    let hits = |number: &u64| {
        let hash = digest(&SHA256, format!("{}{number}", text("salt")).as_bytes());
        HEXLOWER.encode(hash.as_ref()) == text("challenge")
    };
    let highest = challenge["maxnumber"].as_u64().unwrap();
    json!({
        "algorithm": text("algorithm"),
        "challenge": text("challenge"),
        "number": (0..=highest).find(hits).unwrap(),
        "salt": text("salt"),
        "signature": text("signature"),
        "took": 12,
    })
}

pub(super) fn encoded(payload: &Value) -> String {
    BASE64.encode(payload.to_string().as_bytes())
}

pub(super) async fn carried(shop: &Shop, site: &str, query: &str) -> String {
    encoded(&payload(&issue(shop, site, query).await))
}

pub(super) async fn verify(shop: &Shop, site: &str, body: &Value) -> Value {
    let headers = [("content-type", "application/json")];
    let path = at(site, "verify");
    let reply = shop.send("POST", &path, &headers, body.to_string()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.json()
}

pub(super) async fn present(shop: &Shop, site: &str, secret: &str, payload: &str) -> Reply {
    let body = json!({"payload": payload, "secret": secret}).to_string();
    let headers = [("content-type", "application/json")];
    shop.send("POST", &at(site, "siteverify"), &headers, body)
        .await
}

pub(super) async fn take(shop: &Shop, payload: &str) -> Value {
    let reply = present(shop, "shop", &key_of("shop"), payload).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.json()
}

pub(super) fn not(reason: &str) -> Value {
    json!({"verified": false, "reason": reason})
}

pub(super) fn good() -> Value {
    json!({"verified": true})
}

/// The code of a challenge, which the test's mint writes into its image.
pub(super) fn code_of(challenge: &Value) -> String {
    let image = challenge["codeChallenge"]["image"].as_str().unwrap();
    let image = image.strip_prefix("data:image/svg+xml;base64,").unwrap();
    let image = String::from_utf8(BASE64.decode(image.as_bytes()).unwrap()).unwrap();
    let (_, after) = image.split_once("font-size=\"48\">").unwrap();
    after.split_once('<').unwrap().0.to_owned()
}

/// What the widget carries after its user typed the right code.
pub(super) async fn with_code(shop: &Shop, form: &str) -> String {
    let challenge = issue(shop, "shop", &format!("{form}&code=1")).await;
    let carried = encoded(&payload(&challenge));
    let body = json!({"payload": carried, "code": code_of(&challenge), "fields": {"a": "b"}, "timeZone": "UTC"});
    let told = verify(shop, "shop", &body).await;
    assert_eq!(told["verified"], true, "{told}");
    told["payload"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_challenge_as_the_widget_gets_it() {
    let shop = Shop::open().await;
    let one = issue(&shop, "shop", "v=1").await;
    let names: Vec<_> = one.as_object().unwrap().keys().collect();
    let expected = ["algorithm", "challenge", "maxnumber", "salt", "signature"];
    assert_eq!(names, expected);
    assert_eq!(
        (&one["algorithm"], &one["maxnumber"]),
        (&json!("SHA-256"), &json!(60))
    );
    let salt = one["salt"].as_str().unwrap();
    assert!(salt.contains("&site=shop&expires=1800000900&"), "{salt}");
    let two = issue(&shop, "shop", "v=2").await;
    let names: Vec<_> = two.as_object().unwrap().keys().collect();
    assert_eq!(names, ["parameters", "signature"]);
    assert_eq!(two["parameters"]["data"]["site"], "shop");
    assert_eq!(two["parameters"]["expiresAt"], 1_800_000_900);
    let coded = issue(&shop, "shop", "v=2&code=1").await;
    let names: Vec<_> = coded.as_object().unwrap().keys().collect();
    let expected = ["parameters", "signature", "codeChallenge", "configuration"];
    assert_eq!(names, expected);
    assert_eq!(coded["parameters"]["expiresAt"], 1_800_000_300);
    let place = json!({"verifyUrl": "/ocapi/altcha/shop/verify"});
    assert_eq!(coded["configuration"], place);
    assert_eq!(coded["codeChallenge"]["length"], 6);
}

#[tokio::test]
async fn a_library_with_the_private_id_finds_the_signatures_right() {
    let shop = Shop::open().await;
    let key = hmac::Key::new(hmac::HMAC_SHA256, key_of("shop").as_bytes());
    let signed = |text: &[u8], signature: &Value| {
        let signature = HEXLOWER.decode(signature.as_str().unwrap().as_bytes());
        hmac::verify(&key, text, &signature.unwrap()).is_ok()
    };
    let one = issue(&shop, "shop", "v=1").await;
    let challenge = one["challenge"].as_str().unwrap();
    assert!(signed(challenge.as_bytes(), &one["signature"]));
    let two = issue(&shop, "shop", "v=2").await;
    assert!(signed(
        two["parameters"].to_string().as_bytes(),
        &two["signature"]
    ));
    for form in FORMS {
        let coded = issue(&shop, "shop", &format!("{form}&code=1")).await;
        let text = match &coded["parameters"] {
            Value::Null => coded["challenge"].as_str().unwrap().to_owned(),
            parameters => parameters.to_string(),
        };
        assert!(
            !signed(text.as_bytes(), &coded["signature"]),
            "half a proof looks whole"
        );
    }
}

#[tokio::test]
async fn a_payload_is_taken_once() {
    for form in FORMS {
        let shop = Shop::open().await;
        let carried = carried(&shop, "shop", form).await;
        let body = json!({"payload": carried});
        assert_eq!(verify(&shop, "shop", &body).await, good());
        assert_eq!(take(&shop, &carried).await, good());
        assert_eq!(take(&shop, &carried).await, not("ALREADY_USED"));
        assert_eq!(verify(&shop, "shop", &body).await, not("ALREADY_USED"));
    }
}

#[tokio::test]
async fn a_payload_expires_after_a_quarter_of_an_hour() {
    for form in FORMS {
        let shop = Shop::open().await;
        let (last, late) = (
            carried(&shop, "shop", form).await,
            carried(&shop, "shop", form).await,
        );
        shop.clock.advance_s(899);
        assert_eq!(take(&shop, &last).await, good());
        shop.clock.advance_s(1);
        assert_eq!(take(&shop, &late).await, not("EXPIRED"));
    }
}

#[tokio::test]
async fn another_sites_payload_and_an_altered_one_are_none() {
    for form in FORMS {
        let shop = Shop::open().await;
        let foreign = carried(&shop, "listed", form).await;
        assert_eq!(take(&shop, &foreign).await, not("INVALID"));
        let own = payload(&issue(&shop, "shop", form).await);
        let pointers = [
            "/challenge/parameters/cost",
            "/challenge/parameters/expiresAt",
            "/number",
        ];
        for pointer in pointers {
            let mut altered = own.clone();
            let Some(number) = altered.pointer_mut(pointer) else {
                continue;
            };
            *number = json!(number.as_u64().unwrap() + 1);
            assert_eq!(
                take(&shop, &encoded(&altered)).await,
                not("INVALID"),
                "{pointer}"
            );
        }
        for text in [
            "",
            "%",
            "e30=",
            "bnVsbA==",
            &encoded(&json!({"test": true})),
        ] {
            let reply = present(&shop, "shop", &key_of("shop"), text).await;
            assert_ne!(reply.json()["verified"], true, "{text}");
        }
        assert_eq!(take(&shop, &encoded(&own)).await, good());
    }
}

#[tokio::test]
async fn a_salt_cut_before_its_end_is_refused() {
    let shop = Shop::open().await;
    let own = payload(&issue(&shop, "shop", "v=1").await);
    let mut cut = own.clone();
    cut["salt"] = json!(own["salt"].as_str().unwrap().strip_suffix('&'));
    assert_eq!(take(&shop, &encoded(&cut)).await, not("INVALID"));
    assert_eq!(take(&shop, &encoded(&own)).await, good());
}

#[tokio::test]
async fn a_repeated_check_under_its_key_is_told_the_same() {
    let shop = Shop::open().await;
    let secret = key_of("shop");
    for form in ["v=1", "v=2", "code"] {
        let carried = if form == "code" {
            with_code(&shop, "v=2").await
        } else {
            carried(&shop, "shop", form).await
        };
        let body = json!({"payload": carried, "secret": secret}).to_string();
        let ask = async |key: &str| {
            let headers = [
                ("content-type", "application/json"),
                ("idempotency-key", key),
            ];
            let path = at("shop", "siteverify");
            shop.send("POST", &path, &headers, &body).await.json()
        };
        assert_eq!(ask("a").await, good(), "{form}");
        assert_eq!(ask("a").await, good(), "{form}");
        assert_eq!(ask("b").await, not("ALREADY_USED"), "{form}");
        assert_eq!(take(&shop, &carried).await, not("ALREADY_USED"), "{form}");
    }
}

#[tokio::test]
async fn pages_of_the_site_may_ask_and_others_may_not() {
    let shop = Shop::open().await;
    let own = [("origin", "https://shop.example")];
    let foreign = [("origin", "https://elsewhere.example")];
    for (method, what) in [("GET", "challenge"), ("POST", "verify")] {
        let path = at("listed", what);
        let reply = shop.send(method, &path, &foreign, "").await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
        assert!(reply.json()["error"].is_string());
        let before = shop.send("OPTIONS", &path, &own, "").await;
        assert_eq!(before.header("access-control-allow-origin"), own[0].1);
        assert_eq!(
            before.header("access-control-allow-headers"),
            "content-type"
        );
        let before = shop.send("OPTIONS", &path, &foreign, "").await;
        assert_eq!(before.status, StatusCode::FORBIDDEN);
        let reply = shop.send("PUT", &path, &own, "").await;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
        assert!(reply.header("allow").contains(method));
        let nobody = shop.send(method, &at("nobody", what), &own, "").await;
        assert_eq!(nobody.status, StatusCode::NOT_FOUND);
        assert_eq!(nobody.header("access-control-allow-origin"), "*");
    }
    let reply = shop
        .send("GET", &at("agile", "challenge?v=1"), &own, "")
        .await;
    assert_eq!(
        reply.header("access-control-expose-headers"),
        "retry-after, x-altcha-config"
    );
    let configuration = reply.header("x-altcha-config");
    assert_eq!(
        configuration,
        r#"{"verifyUrl":"/ocapi/altcha/agile/verify"}"#
    );
}

#[tokio::test]
async fn a_wrong_secret_spends_nothing_and_a_bad_request_is_told() {
    let shop = Shop::open().await;
    let carried = carried(&shop, "shop", "v=2").await;
    for secret in [key_of("listed"), key_of("shop") + "-", "x".to_owned()] {
        let reply = present(&shop, "shop", &secret, &carried).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert_eq!(
            reply.json(),
            json!({"error": "send the site's private id as secret"})
        );
    }
    for body in ["", "{}", r#"{"payload":"x"}"#, r#"{"secret":"x"}"#, "[]"] {
        let headers = [("content-type", "application/json")];
        let path = at("shop", "siteverify");
        let reply = shop.send("POST", &path, &headers, body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}");
    }
    let reply = present(&shop, "nobody", "x", &carried).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    let reply = shop.send("GET", &at("shop", "siteverify"), &[], "").await;
    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(reply.header("allow"), "POST");
    assert_eq!(take(&shop, &carried).await, good());
}

#[tokio::test]
async fn bodies_codes_and_payloads_have_a_limit() {
    let shop = Shop::open().await;
    let carried = carried(&shop, "shop", "v=2").await;
    let filled = |length: usize| {
        let body = json!({"payload": carried, "secret": key_of("shop")}).to_string();
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    let headers = [("content-type", "application/json")];
    for what in ["verify", "siteverify"] {
        let path = at("shop", what);
        let reply = shop
            .send("POST", &path, &headers, filled(16 * 1024 + 1))
            .await;
        assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
        let reply = shop.send("POST", &path, &headers, filled(16 * 1024)).await;
        assert_eq!(reply.json(), good(), "{what}");
    }
    let typed = async |length: usize| {
        let body = json!({"payload": carried, "code": "x".repeat(length)}).to_string();
        let path = at("shop", "verify");
        shop.send("POST", &path, &headers, body).await.status
    };
    assert_eq!(typed(64).await, StatusCode::OK);
    assert_eq!(typed(65).await, StatusCode::BAD_REQUEST);
    let long = "A".repeat(8 * 1024 + 4);
    assert_eq!(take(&shop, &long).await, not("INVALID"));
}

#[tokio::test]
async fn a_crowded_mint_asks_the_widget_to_come_again() {
    let shop = Shop::open().await;
    shop.mint.set(Mode::Crowded);
    let reply = shop.send("GET", &at("shop", "challenge"), &[], "").await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(reply.header("retry-after"), "9");
    assert!(reply.json()["error"].is_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_32_presentations_one_is_taken() {
    let shop = std::sync::Arc::new(Shop::open().await);
    for round in 0..9 {
        let carried = match round % 3 {
            0 => carried(&shop, "shop", "v=1").await,
            1 => carried(&shop, "shop", "v=2").await,
            _ => with_code(&shop, "v=2").await,
        };
        let tasks: Vec<_> = (0..32)
            .map(|_| {
                let (shop, carried) = (shop.clone(), carried.clone());
                tokio::spawn(async move { take(&shop, &carried).await })
            })
            .collect();
        let (mut taken, mut used) = (0, 0);
        for task in tasks {
            let told = task.await.unwrap();
            taken += usize::from(told == good());
            used += usize::from(told == not("ALREADY_USED"));
        }
        assert_eq!((taken, used), (1, 31), "round {round}");
    }
}
