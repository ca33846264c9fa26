//! The check by a secret, in its three shapes.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use challenge::directory::provision::{Options, Provisioner};
use challenge::rng::DangerCountingRng;
use challenge::secret::Keyring;
use challenge::visitor::WRONG_SECRETS_PER_MINUTE;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::shop::{Reply, Shop, blueprint, id_of, key_of, place, request, solve, wrong};

const RECAPTCHA: &str = "/recaptcha/api/siteverify";
const HCAPTCHA: &str = "/siteverify";
const TURNSTILE: &str = "/turnstile/v0/siteverify";
const SHAPES: [&str; 3] = [RECAPTCHA, HCAPTCHA, TURNSTILE];

/// Sends fields as a form; the answer, whose status is always 200.
async fn ask(shop: &Shop, path: &str, fields: &[(&str, &str)]) -> Value {
    let mut form = form_urlencoded::Serializer::new(String::new());
    let body = form.extend_pairs(fields).finish();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    told(&shop.send("POST", path, &headers, body).await)
}

fn told(reply: &Reply) -> Value {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("cache-control"), "no-store");
    reply.json()
}

async fn ask_for(shop: &Shop, path: &str, site: &str, id: &str) -> Value {
    ask(shop, path, &[("secret", &key_of(site)), ("response", id)]).await
}

fn failed(codes: &[&str]) -> Value {
    json!({"success": false, "error-codes": codes})
}

/// Gives a site the key of another name.
async fn give_key(shop: &Shop, site: &str, named: &str) {
    let mut blueprint = blueprint();
    let mut sites = blueprint.tenants.iter_mut().flat_map(|of| &mut of.sites);
    let site = sites.find(|known| known.public_id == site).unwrap();
    site.secret = Some(SecretString::from(key_of(named)));
    let provisioner = Provisioner {
        store: &**shop.verifier.store(),
        keyring: &Keyring::new(BTreeMap::from([(1, [7; 32])])).unwrap(),
        rng: &DangerCountingRng::default(),
        clock: &*shop.clock,
    };
    let applied = provisioner.apply(&blueprint, Options::default()).await;
    applied.unwrap();
    assert!(shop.verifier.catalogue.refresh().await.unwrap());
}

/// The id of a challenge that a page of the site answered 7 seconds after it was issued.
async fn answered_on(shop: &Shop, site: &str, origin: &str) -> String {
    let challenge = shop.create(site).await;
    shop.clock.advance_s(7);
    let id = id_of(&challenge);
    let body = json!({"answer": solve(&challenge)}).to_string();
    let headers = [("origin", origin)];
    let reply = shop.send("POST", &place(&id), &headers, body).await;
    assert_eq!(reply.json()["state"], "valid");
    id
}

#[tokio::test]
async fn each_shape_tells_once_that_it_is_valid_when_and_where() {
    for (path, expected) in [
        (
            RECAPTCHA,
            json!({"success": true, "challenge_ts": "2027-01-15T08:00:00Z", "hostname": "shop.example"}),
        ),
        (
            HCAPTCHA,
            json!({"success": true, "challenge_ts": "2027-01-15T08:00:00Z", "hostname": "shop.example"}),
        ),
        (
            TURNSTILE,
            json!({"success": true, "challenge_ts": "2027-01-15T08:00:07Z", "hostname": "shop.example",
                   "error-codes": [], "action": "", "cdata": ""}),
        ),
    ] {
        let shop = Shop::open().await;
        let id = answered_on(&shop, "shop", "https://Shop.example:8443").await;
        assert_eq!(ask_for(&shop, path, "shop", &id).await, expected);
        let again = ask_for(&shop, path, "shop", &id).await;
        let code = match path {
            HCAPTCHA => "invalid-or-already-seen-response",
            _ => "timeout-or-duplicate",
        };
        assert_eq!(again, failed(&[code]));
        assert_eq!(shop.state("shop", &id).await, "consumed");
    }
}

#[tokio::test]
async fn what_was_told_to_a_token_is_not_told_to_a_secret() {
    let shop = Shop::open().await;
    let id = shop.solved("shop").await;
    assert_eq!(shop.state("shop", &id).await, "valid");
    let told = ask_for(&shop, TURNSTILE, "shop", &id).await;
    assert_eq!(told, failed(&["timeout-or-duplicate"]));
}

#[tokio::test]
async fn no_page_no_host() {
    let shop = Shop::open().await;
    let id = shop.solved("shop").await;
    let told = ask_for(&shop, RECAPTCHA, "shop", &id).await;
    assert_eq!(told["hostname"], "");
}

#[tokio::test]
async fn the_body_is_a_form_or_json_or_multipart() {
    let shop = Shop::open().await;
    let key = key_of("shop");
    for path in SHAPES {
        let id = shop.solved("shop").await;
        let body = json!({"secret": key, "response": id, "remoteip": "192.0.2.1"}).to_string();
        let headers = [("content-type", "application/json")];
        let reply = shop.send("POST", path, &headers, body).await;
        assert_eq!(told(&reply)["success"], true, "{path}");
        let id = shop.solved("shop").await;
        let part = |name: &str, text: &str| {
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
        };
        let body = part("secret", &key) + &part("response", &id) + "--x--\r\n";
        let headers = [("content-type", "multipart/form-data; boundary=x")];
        let reply = shop.send("POST", path, &headers, body).await;
        assert_eq!(told(&reply)["success"], true, "{path}");
    }
}

#[tokio::test]
async fn what_is_missing_is_named_and_both_where_both_are() {
    let shop = Shop::open().await;
    for path in SHAPES {
        for (fields, codes) in [
            (
                &[][..],
                &["missing-input-secret", "missing-input-response"][..],
            ),
            (&[("secret", "x")], &["missing-input-response"]),
            (
                &[("secret", "x"), ("response", "")],
                &["missing-input-response"],
            ),
            (&[("response", "x")], &["missing-input-secret"]),
        ] {
            assert_eq!(ask(&shop, path, fields).await, failed(codes), "{path}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_a_bad_request() {
    let shop = Shop::open().await;
    let twice = "secret=a&secret=b&response=c";
    let json = [("content-type", "application/json")];
    for path in SHAPES {
        for (method, headers, body) in [
            ("GET", &[][..], ""),
            ("PUT", &[], "secret=a&response=b"),
            ("POST", &[], twice),
            ("POST", &json, "secret=a&response=b"),
            ("POST", &[("content-type", "text/plain")], "secret=a"),
        ] {
            let reply = shop.send(method, path, headers, body).await;
            assert_eq!(told(&reply), failed(&["bad-request"]), "{path} {body}");
        }
    }
}

#[tokio::test]
async fn a_wrong_secret_learns_nothing_and_spends_nothing() {
    let shop = Shop::open().await;
    let id = shop.solved("shop").await;
    let own = key_of("shop");
    let unknown = [
        own.replacen('s', "S", 1),
        own.clone() + "-",
        own[1..].to_owned(),
    ];
    for path in SHAPES {
        for secret in &unknown {
            for response in [id.as_str(), "c.AAAA", "nonsense", &"x".repeat(3000)] {
                let told = ask(&shop, path, &[("secret", secret), ("response", response)]).await;
                assert_eq!(told, failed(&["invalid-input-secret"]));
            }
        }
    }
    assert_eq!(shop.state("shop", &id).await, "valid");
}

#[tokio::test]
async fn whoever_tries_secrets_is_not_told_any_more_whether_one_is_a_sites() {
    let shop = Shop::open().await;
    let id = shop.solved("shop").await;
    for number in 0..WRONG_SECRETS_PER_MINUTE {
        let tried = format!("{number:-<64}");
        let fields = [("secret", tried.as_str()), ("response", id.as_str())];
        let told = ask(&shop, RECAPTCHA, &fields).await;
        assert_eq!(told, failed(&["invalid-input-secret"]));
    }
    for (path, code) in [
        (RECAPTCHA, "bad-request"),
        (HCAPTCHA, "bad-request"),
        (TURNSTILE, "internal-error"),
    ] {
        for secret in ["tried", &key_of("forum"), &key_of("shop")] {
            let fields = [("secret", secret), ("response", id.as_str())];
            assert_eq!(ask(&shop, path, &fields).await, failed(&[code]));
        }
    }
    shop.clock.advance_s(60);
    let told = ask_for(&shop, TURNSTILE, "shop", &id).await;
    assert_eq!(told["success"], true, "nothing was spent");
}

#[tokio::test]
async fn another_sites_challenge_is_not_told_of() {
    let shop = Shop::open().await;
    let id = shop.solved("shop").await;
    for other in ["listed", "other"] {
        for (path, code) in [
            (RECAPTCHA, "invalid-input-response"),
            (HCAPTCHA, "sitekey-secret-mismatch"),
            (TURNSTILE, "invalid-input-response"),
        ] {
            let told = ask_for(&shop, path, other, &id).await;
            assert_eq!(told, failed(&[code]), "{path} {other}");
        }
    }
    assert_eq!(shop.state("shop", &id).await, "valid");
}

#[tokio::test]
async fn a_site_key_must_be_the_challenges_own_in_the_one_shape_that_has_it() {
    let shop = Shop::open().await;
    let (id, key) = (shop.solved("shop").await, key_of("shop"));
    let ask_as = async |path: &str, site_key: &str| {
        let fields = [
            ("secret", key.as_str()),
            ("response", id.as_str()),
            ("sitekey", site_key),
        ];
        ask(&shop, path, &fields).await
    };
    for site_key in ["listed", "nobody"] {
        let told = ask_as(HCAPTCHA, site_key).await;
        assert_eq!(told, failed(&["sitekey-secret-mismatch"]));
    }
    assert_eq!(ask_as(HCAPTCHA, "shop").await["success"], true);
    let told = ask_as(TURNSTILE, "nobody").await;
    assert_eq!(told, failed(&["timeout-or-duplicate"]));
}

#[tokio::test]
async fn what_was_not_answered_right_is_no_response() {
    let shop = Shop::open().await;
    let pending = id_of(&shop.create("shop").await);
    let refused = id_of(&shop.create("shop").await);
    shop.answer(&refused, &wrong()).await;
    for path in SHAPES {
        for response in [&pending, &refused, "shop", "c.AAAA", &"x".repeat(2049)] {
            let told = ask_for(&shop, path, "shop", response).await;
            assert_eq!(
                told,
                failed(&["invalid-input-response"]),
                "{path} {response}"
            );
        }
    }
}

#[tokio::test]
async fn a_response_is_good_for_ten_minutes_and_then_late() {
    let shop = Shop::open().await;
    let (last, late) = (shop.solved("shop").await, shop.solved("shop").await);
    let never = id_of(&shop.create("shop").await);
    shop.clock.advance_s(599);
    let told = ask_for(&shop, TURNSTILE, "shop", &last).await;
    assert_eq!(told["success"], true);
    shop.clock.advance_s(1);
    for id in [&late, &never] {
        for (path, code) in [
            (RECAPTCHA, "timeout-or-duplicate"),
            (HCAPTCHA, "invalid-or-already-seen-response"),
            (TURNSTILE, "timeout-or-duplicate"),
        ] {
            assert_eq!(ask_for(&shop, path, "shop", id).await, failed(&[code]));
        }
    }
}

#[tokio::test]
async fn turnstiles_key_repeats_the_same_answer_for_a_minute() {
    let shop = Shop::open().await;
    let key = key_of("shop");
    let ask_under = async |path: &str, id: &str, repeat: &str| {
        let fields = [
            ("secret", key.as_str()),
            ("response", id),
            ("idempotency_key", repeat),
        ];
        ask(&shop, path, &fields).await
    };
    let id = answered_on(&shop, "shop", "https://shop.example").await;
    let one = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    let first = ask_under(TURNSTILE, &id, one).await;
    assert_eq!(first["success"], true);
    shop.clock.advance_s(59);
    assert_eq!(ask_under(TURNSTILE, &id, one).await, first);
    let other = ask_under(TURNSTILE, &id, "another").await;
    assert_eq!(other, failed(&["timeout-or-duplicate"]));
    shop.clock.advance_s(1);
    let late = ask_under(TURNSTILE, &id, one).await;
    assert_eq!(late, failed(&["timeout-or-duplicate"]));
    let id = shop.solved("shop").await;
    let long = ask_under(TURNSTILE, &id, &"k".repeat(257)).await;
    assert_eq!(long, failed(&["bad-request"]));
    let longest = ask_under(TURNSTILE, &id, &"k".repeat(256)).await;
    assert_eq!(longest["success"], true);
    let id = shop.solved("shop").await;
    assert_eq!(ask_under(RECAPTCHA, &id, one).await["success"], true);
    let again = ask_under(RECAPTCHA, &id, one).await;
    assert_eq!(again, failed(&["timeout-or-duplicate"]));
}

#[tokio::test]
async fn a_body_has_at_most_16_kib_here_too() {
    let shop = Shop::open().await;
    let id = shop.solved("shop").await;
    let right = format!("secret={}&response={id}&more=", key_of("shop"));
    let fill = |length: usize| right.clone() + &"x".repeat(length - right.len());
    for path in SHAPES {
        let reply = shop.send("POST", path, &[], fill(16 * 1024 + 1)).await;
        assert_eq!(told(&reply), failed(&["bad-request"]));
    }
    let reply = shop.send("POST", HCAPTCHA, &[], fill(16 * 1024)).await;
    assert_eq!(told(&reply)["success"], true);
}

#[tokio::test]
async fn a_changed_secret_is_known_and_the_old_one_is_not() {
    let shop = Shop::open().await;
    let id = shop.solved("shop").await;
    let told = ask_for(&shop, TURNSTILE, "renamed", &id).await;
    assert_eq!(told, failed(&["invalid-input-secret"]));
    give_key(&shop, "shop", "renamed").await;
    let told = ask_for(&shop, TURNSTILE, "shop", &id).await;
    assert_eq!(told, failed(&["invalid-input-secret"]));
    let told = ask_for(&shop, TURNSTILE, "renamed", "nonsense").await;
    assert_eq!(told, failed(&["invalid-input-response"]));
    let told = ask_for(&shop, TURNSTILE, "renamed", &id).await;
    assert_eq!(told["success"], true);
}

#[tokio::test]
async fn no_page_may_read_what_is_told() {
    let shop = Shop::open().await;
    for method in ["POST", "OPTIONS"] {
        let asked = request(method, HCAPTCHA, &[("origin", "https://shop.example")], "");
        let reply = shop.send_from("192.0.2.7", asked).await;
        assert_eq!(reply.header("access-control-allow-origin"), "");
    }
}
