//! Which pages may ask and read.

use serde_json::json;

use crate::shop::{Reply, Shop, id_of, place, solve};

const OWN: &str = "https://shop.example";
const FOREIGN: &str = "https://evil.example";

fn sharing(reply: &Reply) -> Vec<(String, String)> {
    let of_sharing = |name: &str| name.starts_with("access-control-");
    reply
        .headers
        .iter()
        .filter(|(name, _)| of_sharing(name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect()
}

fn issued(shop: &Shop) -> u64 {
    let totals = shop.verifier.visitors.totals(shop.verifier.now());
    totals.iter().map(|site| site.issued).sum()
}

#[tokio::test]
async fn a_page_of_the_site_may_create_and_answer_and_reads_what_it_is_told() {
    let shop = Shop::open().await;
    let headers = [("origin", OWN), ("content-type", "application/json")];
    let reply = shop.send("GET", &place("listed"), &headers, "").await;
    let challenge = reply.json();
    let body = json!({"answer": solve(&challenge)}).to_string();
    let answered = shop
        .send("POST", &place(&id_of(&challenge)), &headers, body)
        .await;
    assert_eq!(answered.json()["state"], "valid");
    let malformed = shop
        .send("POST", &place(&id_of(&challenge)), &headers, "")
        .await;
    assert_eq!(malformed.status, 400);
    for reply in [reply, answered, malformed] {
        assert_eq!(reply.header("access-control-allow-origin"), OWN);
        assert_eq!(reply.header("access-control-expose-headers"), "retry-after");
        assert_eq!(reply.header("access-control-allow-credentials"), "");
        assert_eq!(reply.header("vary"), "origin");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn a_foreign_page_is_refused_before_anything_is_done() {
    let shop = Shop::open().await;
    let challenge = shop.create("listed").await;
    let body = json!({"answer": solve(&challenge)}).to_string();
    for origin in [FOREIGN, "null", "", "https://shop.example.evil.example"] {
        let headers = [("origin", origin)];
        for (method, path) in [
            ("GET", place("listed")),
            ("POST", place(&id_of(&challenge))),
            ("OPTIONS", place("listed")),
            ("OPTIONS", place(&id_of(&challenge))),
        ] {
            let reply = shop.send(method, &path, &headers, &body).await;
            assert_eq!(reply.status, 403, "{method} {origin}");
            assert_eq!(reply.problem(), "foreign-origin");
            assert_eq!(sharing(&reply), []);
            assert_eq!(reply.header("vary"), "origin");
        }
    }
    let twice = [("origin", OWN), ("origin", FOREIGN)];
    assert_eq!(
        shop.send("GET", &place("listed"), &twice, "").await.status,
        403
    );
    assert_eq!(issued(&shop), 1);
    let reply = shop.answer(&id_of(&challenge), &solve(&challenge)).await;
    assert_eq!(reply.json()["state"], "valid", "nothing was spent");
}

#[tokio::test]
async fn a_site_that_names_no_origins_has_pages_everywhere() {
    let shop = Shop::open().await;
    for headers in [&[][..], &[("origin", FOREIGN)], &[("origin", "null")]] {
        let reply = shop.send("GET", &place("shop"), headers, "").await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("access-control-allow-origin"), "*");
    }
}

#[tokio::test]
async fn a_program_that_is_no_browser_is_served_and_no_page_may_read_that() {
    let shop = Shop::open().await;
    let reply = shop.send("GET", &place("listed"), &[], "").await;
    assert_eq!(reply.status, 200);
    assert_eq!(sharing(&reply), []);
    assert_eq!(reply.header("vary"), "origin");
}

#[tokio::test]
async fn a_foreign_page_that_sends_no_origin_is_refused_before_anything_is_done() {
    let shop = Shop::open().await;
    let challenge = shop.create("listed").await;
    let body = json!({"answer": solve(&challenge)}).to_string();
    let at = place(&id_of(&challenge));
    for said in ["cross-site", "same-site", "", "of-tomorrow"] {
        let headers = [("sec-fetch-site", said), ("sec-fetch-mode", "no-cors")];
        for (method, path) in [("GET", place("listed")), ("POST", at.clone())] {
            let reply = shop.send(method, &path, &headers, &body).await;
            assert_eq!(reply.status, 403, "{method} {said}");
            assert_eq!(reply.problem(), "foreign-origin");
            assert_eq!(sharing(&reply), []);
        }
    }
    let twice = [("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")];
    let reply = shop.send("GET", &place("listed"), &twice, "").await;
    assert_eq!(reply.status, 403);
    assert_eq!(issued(&shop), 1);
    let own = [("origin", OWN), ("sec-fetch-site", "cross-site")];
    let reply = shop.send("POST", &at, &own, &body).await;
    assert_eq!(reply.json()["state"], "valid", "nothing was spent");
}

#[tokio::test]
async fn a_browser_that_no_foreign_page_made_ask_is_served_and_any_where_no_origins_are_named() {
    let shop = Shop::open().await;
    for (site, said) in [
        ("listed", "same-origin"),
        ("listed", "none"),
        ("shop", "cross-site"),
    ] {
        let headers = [("sec-fetch-site", said)];
        let reply = shop.send("GET", &place(site), &headers, "").await;
        assert_eq!(reply.status, 200, "{site} {said}");
    }
}

#[tokio::test]
async fn a_browser_that_asks_first_is_told_what_a_page_may_do() {
    let shop = Shop::open().await;
    let challenge = shop.create("listed").await;
    let headers = [
        ("origin", OWN),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
    ];
    for path in [place("listed"), place(&id_of(&challenge))] {
        let reply = shop.send("OPTIONS", &path, &headers, "").await;
        insta::allow_duplicates! { insta::assert_snapshot!(reply.shown()); }
    }
}

#[tokio::test]
async fn a_page_may_read_that_there_is_no_such_site_or_challenge() {
    let shop = Shop::open().await;
    let headers = [("origin", FOREIGN)];
    for (method, name, status) in [
        ("GET", "nobody", 404),
        ("OPTIONS", "nobody", 204),
        ("POST", "c.unknown", 404),
        ("OPTIONS", "c.unknown", 204),
    ] {
        let reply = shop.send(method, &place(name), &headers, "{}").await;
        assert_eq!(reply.status, status, "{method} {name}");
        assert_eq!(reply.header("access-control-allow-origin"), "*");
    }
}

#[tokio::test]
async fn a_check_is_for_servers_and_no_page_may_read_it() {
    let shop = Shop::open().await;
    for site in ["shop", "listed"] {
        let id = shop.solved(site).await;
        let token = shop.token(site);
        for origin in [OWN, FOREIGN] {
            let told = shop.check(&token, &place(&id), &[("origin", origin)]).await;
            assert_eq!(told.status, 200);
            let refused = shop
                .check("a.b.c", &place(&id), &[("origin", origin)])
                .await;
            assert_eq!(refused.status, 401);
            assert_eq!((sharing(&told), sharing(&refused)), (vec![], vec![]));
            assert_eq!(told.header("cache-control"), "no-store");
        }
    }
}
