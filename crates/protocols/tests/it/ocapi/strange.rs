//! What nobody should send.

use serde_json::json;

use crate::shop::{Shop, id_of, place, solve};

#[tokio::test]
async fn no_character_of_an_id_can_be_changed() {
    let shop = Shop::open().await;
    let challenge = shop.create("shop").await;
    let (id, right) = (id_of(&challenge), solve(&challenge));
    let token = shop.token("shop");
    for place_in_id in 0..id.len() {
        for other in ["A", "_", "9"] {
            if &id[place_in_id..=place_in_id] == other {
                continue;
            }
            let changed = format!("{}{other}{}", &id[..place_in_id], &id[place_in_id + 1..]);
            let answered = shop.answer(&changed, &right).await;
            assert_eq!(answered.status, 404, "{changed}");
            let told = shop.check(&token, &place(&changed), &[]).await;
            assert_eq!(told.status, 404, "{changed}");
            let without = shop.send("GET", &place(&changed), &[], "").await;
            let expected = if place_in_id < 2 { 404 } else { 401 };
            assert_eq!(without.status, expected, "{changed}");
        }
    }
    assert_eq!(shop.answer(&id, &right).await.json()["state"], "valid");
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_told_why_and_spends_nothing() {
    let shop = Shop::open().await;
    let challenge = shop.create("shop").await;
    let (id, right) = (id_of(&challenge), solve(&challenge));
    let key = right["derivedKey"].as_str().unwrap();
    let deep = format!("{{\"answer\":{}{}}}", "[".repeat(8000), "]".repeat(8000));
    for body in [
        String::new(),
        "null".to_owned(),
        "{}".to_owned(),
        "[]".to_owned(),
        "answer=1".to_owned(),
        r#"{"answer":null}"#.to_owned(),
        r#"{"answer":"text"}"#.to_owned(),
        r#"{"answer":["1"]}"#.to_owned(),
        r#"{"answer":{}}"#.to_owned(),
        json!({"answer": {"counter": 1}}).to_string(),
        json!({"answer": {"derivedKey": key}}).to_string(),
        json!({"answer": {"counter": "1", "derivedKey": key}}).to_string(),
        json!({"answer": {"counter": -1, "derivedKey": key}}).to_string(),
        json!({"answer": {"counter": 1.5, "derivedKey": key}}).to_string(),
        json!({"answer": {"counter": 4_294_967_296_u64, "derivedKey": key}}).to_string(),
        json!({"answer": {"counter": 1, "derivedKey": &key[2..]}}).to_string(),
        json!({"answer": {"counter": 1, "derivedKey": format!("{key}00")}}).to_string(),
        json!({"answer": {"counter": 1, "derivedKey": "x".repeat(64)}}).to_string(),
        format!(r#"{{"answer":{right},"answer":{right}}}"#),
        format!(r#"{{"answer":{{"counter":1,"counter":2,"derivedKey":"{key}"}}}}"#),
        format!(r#"{{"answer":{right}}}{{}}"#),
        deep,
    ] {
        let reply = shop.send("POST", &place(&id), &[], &body).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (400, "malformed"),
            "{body:.60}"
        );
        assert!(reply.body.len() < 500, "{}", reply.body);
    }
    let reply = shop.send("POST", &place(&id), &[], vec![0xFF; 100]).await;
    assert_eq!(reply.problem(), "malformed");
    assert_eq!(shop.answer(&id, &right).await.json()["state"], "valid");
}

#[tokio::test]
async fn an_answer_is_read_whatever_its_content_type_and_with_more_in_it() {
    let shop = Shop::open().await;
    for kind in ["text/plain", "application/json; charset=utf-8", "image/png"] {
        let challenge = shop.create("shop").await;
        let mut answer = solve(&challenge);
        answer["time"] = json!(12.5);
        let key = answer["derivedKey"].as_str().unwrap().to_uppercase();
        answer["derivedKey"] = json!(key);
        let body = json!({"answer": answer, "more": []}).to_string();
        let headers = [("content-type", kind)];
        let reply = shop
            .send("POST", &place(&id_of(&challenge)), &headers, body)
            .await;
        assert_eq!(reply.json()["state"], "valid", "{kind}");
    }
}

#[tokio::test]
async fn a_place_or_method_that_is_not_there_says_so() {
    let shop = Shop::open().await;
    for path in [
        "/ocapi",
        "/ocapi/",
        "/ocapi/v2",
        "/ocapi/v2/challenge",
        "/ocapi/v2/challenge/",
        "/ocapi/v2/challenge/shop/more",
        "/ocapi/v1/challenge/shop",
        "/ocapi/v2/challenge/%FF",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            let reply = shop.send(method, path, &[], "").await;
            let is_file = path == "/ocapi/v2/challenge" || path == "/ocapi/v2/challenge/";
            if method == "GET" || !is_file {
                assert_eq!(
                    (reply.status.as_u16(), reply.problem().as_str()),
                    (404, "not-here"),
                    "{method} {path}"
                );
            }
        }
    }
    let id = shop.solved("shop").await;
    for path in [place("shop"), place(&id)] {
        for method in ["HEAD", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"] {
            let bearer = format!("Bearer {}", shop.token("shop"));
            let reply = shop
                .send(method, &path, &[("authorization", &bearer)], "")
                .await;
            assert_eq!(reply.status, 405, "{method}");
            assert_eq!(reply.header("allow"), "GET, POST, OPTIONS");
        }
    }
    assert_eq!(
        shop.state("shop", &id).await,
        "valid",
        "HEAD consumed nothing"
    );
}

#[tokio::test]
async fn nothing_strange_makes_a_server_error() {
    let shop = Shop::open().await;
    let bearer = format!("Bearer {}", shop.token("shop"));
    let long = "9".repeat(60_000);
    for name in [
        "%00".to_owned(),
        "c.".to_owned(),
        "c.%00".to_owned(),
        "c.AAAA".to_owned(),
        "c.%C3%A9".to_owned(),
        "%2e%2e%2fshop".to_owned(),
        "SHOP".to_owned(),
        "shop%20".to_owned(),
        "%F0%9F%98%80".to_owned(),
        "shop?kind=%00&lang=%FF".to_owned(),
        "shop?%FF=%FF&&&==".to_owned(),
        format!("shop?kind={long}"),
        long,
    ] {
        for method in ["GET", "POST", "OPTIONS"] {
            for headers in [
                &[][..],
                &[("authorization", bearer.as_str())],
                &[("origin", "\u{1F600}")],
            ] {
                let reply = shop.send(method, &place(&name), headers, "{}").await;
                assert!(!reply.status.is_server_error(), "{method} {name:.40}");
            }
        }
    }
}
