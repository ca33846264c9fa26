//! The seed's conversation, step by step.

use std::fmt::Write as _;

use serde_json::json;

use crate::shop::{Reply, Shop, id_of, place, solve, wrong};

/// What was said, for a snapshot, with short names for the ids.
#[derive(Default)]
struct Record {
    text: String,
    ids: Vec<String>,
}

impl Record {
    fn note(&mut self, line: &str, reply: &Reply) {
        if let Ok(json) = serde_json::from_str::<serde_json::Value>(&reply.body) {
            for id in [&json["id"], &json["next"]["id"]] {
                let id = id.as_str().unwrap_or_default();
                if id.starts_with("c.") && !self.ids.iter().any(|known| known == id) {
                    self.ids.push(id.to_owned());
                }
            }
        }
        writeln!(self.text, "> {line}\n{}", reply.shown()).unwrap();
    }

    fn shown(&self) -> String {
        let mut text = self.text.clone();
        for (number, id) in self.ids.iter().enumerate() {
            text = text.replace(id, &format!("c.[{}]", number + 1));
        }
        text
    }
}

#[tokio::test]
async fn the_seeds_conversation() {
    let (shop, mut record) = (Shop::open().await, Record::default());
    let reply = shop.send("GET", &place("shop"), &[], "").await;
    record.note("GET shop", &reply);
    let first = reply.json();
    let reply = shop
        .check(&shop.token("shop"), &place(&id_of(&first)), &[])
        .await;
    record.note("check 1", &reply);
    let reply = shop.answer(&id_of(&first), &wrong()).await;
    record.note("answer 1 wrong", &reply);
    let second = reply.json()["next"].clone();
    let reply = shop
        .check(&shop.token("shop"), &place(&id_of(&first)), &[])
        .await;
    record.note("check 1", &reply);
    let reply = shop.answer(&id_of(&first), &solve(&first)).await;
    record.note("answer 1 right, too late", &reply);
    let reply = shop.answer(&id_of(&second), &solve(&second)).await;
    record.note("answer 2 right", &reply);
    let at = place(&id_of(&second));
    let reply = shop
        .check(&shop.token("shop"), &format!("{at}?peek=true"), &[])
        .await;
    record.note("peek at 2", &reply);
    let reply = shop.check(&shop.token("shop"), &at, &[]).await;
    record.note("check 2", &reply);
    let reply = shop.check(&shop.token("shop"), &at, &[]).await;
    record.note("check 2 again", &reply);
    let reply = shop.answer(&id_of(&second), &solve(&second)).await;
    record.note("answer 2 right, after it was consumed", &reply);
    insta::assert_snapshot!(record.shown());
}

#[tokio::test]
async fn refusals_as_they_are_seen() {
    let (shop, mut record) = (Shop::open().await, Record::default());
    let solved = shop.solved("listed").await;
    for (line, method, path, headers) in [
        ("an unknown site", "GET", place("nobody"), &[][..]),
        ("an unknown challenge", "POST", place("c.unknown"), &[]),
        (
            "an unknown kind",
            "GET",
            place("shop") + "?kind=riddle",
            &[],
        ),
        (
            "a kind not listed",
            "GET",
            place("agile") + "?kind=classification",
            &[],
        ),
        (
            "a kind whose images are not there",
            "GET",
            place("pictures") + "?kind=classification",
            &[],
        ),
        (
            "a foreign page",
            "GET",
            place("listed"),
            &[("origin", "https://evil.example")],
        ),
        ("no token", "GET", place(&solved), &[]),
        (
            "no good token",
            "GET",
            place(&solved),
            &[("authorization", "Bearer a.b.c")],
        ),
        (
            "nothing there",
            "GET",
            "/ocapi/v3/challenge/shop".to_owned(),
            &[],
        ),
        ("another method", "DELETE", place("shop"), &[]),
    ] {
        let reply = shop.send(method, &path, headers, "").await;
        record.note(line, &reply);
    }
    let challenge = shop.create("shop").await;
    let reply = shop.answer(&id_of(&challenge), &json!("guess")).await;
    record.note("an answer of another form", &reply);
    shop.clock.advance_s(300);
    let reply = shop.answer(&id_of(&challenge), &solve(&challenge)).await;
    record.note("too late", &reply);
    insta::assert_snapshot!(record.shown());
}

#[tokio::test]
async fn the_same_right_answer_again_is_valid_until_it_is_consumed() {
    let shop = Shop::open().await;
    let challenge = shop.create("shop").await;
    let (id, right) = (id_of(&challenge), solve(&challenge));
    for _ in 0..2 {
        let reply = shop.answer(&id, &right).await;
        assert_eq!(reply.json(), json!({"id": id, "state": "valid"}));
    }
    let reply = shop.answer(&id, &wrong()).await;
    assert_eq!(
        (reply.status.as_u16(), reply.problem().as_str()),
        (409, "already-answered")
    );
    assert_eq!(shop.state("shop", &id).await, "valid");
    assert_eq!(shop.answer(&id, &right).await.status, 409);
}

#[tokio::test]
async fn an_unanswered_challenge_lives_five_minutes_and_a_valid_one_ten() {
    let shop = Shop::open().await;
    let (unanswered, answered) = (shop.create("shop").await, shop.create("shop").await);
    shop.clock.advance_s(299);
    assert_eq!(shop.state("shop", &id_of(&unanswered)).await, "pending");
    let reply = shop.answer(&id_of(&answered), &solve(&answered)).await;
    assert_eq!(reply.json()["state"], "valid");
    shop.clock.advance_s(1);
    assert_eq!(shop.state("shop", &id_of(&unanswered)).await, "expired");
    let reply = shop.answer(&id_of(&unanswered), &solve(&unanswered)).await;
    assert_eq!(
        (reply.status.as_u16(), reply.problem().as_str()),
        (410, "expired")
    );
    let peek = place(&id_of(&answered)) + "?peek=1";
    shop.clock.advance_s(598);
    let reply = shop.check(&shop.token("shop"), &peek, &[]).await;
    assert_eq!(reply.json()["state"], "answered");
    shop.clock.advance_s(1);
    let reply = shop.check(&shop.token("shop"), &peek, &[]).await;
    assert_eq!(reply.json()["state"], "expired");
    assert_eq!(shop.state("shop", &id_of(&answered)).await, "expired");
    let reply = shop.answer(&id_of(&answered), &solve(&answered)).await;
    assert_eq!(reply.status, 410);
}

#[tokio::test]
async fn the_default_kind_is_the_first_listed_one_and_pow_is_always_there() {
    let shop = Shop::open().await;
    for (path, kind) in [
        ("agile", "text"),
        ("shop", "pow"),
        ("agile?kind=pow", "pow"),
        ("shop?kind=&lang=de", "pow"),
        ("shop?lang=xx&more=1", "pow"),
        ("pictures", "pow"),
        ("pictures?kind=pow", "pow"),
    ] {
        let challenge = shop.create(path).await;
        assert_eq!(challenge["kind"], kind, "{path}");
        let kinds = challenge["kinds"].as_array().unwrap();
        assert!(kinds.contains(&json!("pow")) && kinds.contains(&json!(kind)));
        assert_eq!(challenge["expires_at"], "2027-01-15T08:05:00Z");
        assert!(id_of(&challenge).len() <= 512);
    }
    for path in [
        "agile?kind=classification",
        "shop?kind=POW",
        "pictures?kind=classification",
        "pictures?kind=text",
    ] {
        let reply = shop.send("GET", &place(path), &[], "").await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (400, "no-such-kind"),
            "{path}"
        );
    }
    let twice = shop
        .send("GET", &place("shop?kind=pow&kind=pow"), &[], "")
        .await;
    assert_eq!(
        (twice.status.as_u16(), twice.problem().as_str()),
        (400, "malformed")
    );
}
