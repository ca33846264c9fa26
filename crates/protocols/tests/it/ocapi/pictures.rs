//! The kinds that ask: what is shown, what can be answered, and what images tell beside what they show.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use challenge::visitor::PICTURES_PER_MINUTE;
use serde_json::{Value, json};

use super::gallery::{images_of, open, right};
use crate::shop::{Reply, Shop, id_of, place, solve};

const PAGE: (&str, &str) = ("origin", "https://gallery.example");

async fn get(shop: &Shop, path: &str) -> Reply {
    shop.send("GET", path, &[PAGE], "").await
}

async fn create(shop: &Shop, query: &str) -> Value {
    let reply = get(shop, &place(&format!("gallery{query}"))).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.json()
}

async fn answer(shop: &Shop, challenge: &Value, answer: &Value) -> Reply {
    let body = json!({"answer": answer}).to_string();
    shop.send("POST", &place(&id_of(challenge)), &[PAGE], body)
        .await
}

/// A reply with the challenge's id taken out.
fn without_id(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap();
    text.replace(&id_of(value), "c.[id]")
}

#[tokio::test]
async fn each_kind_as_it_is_shown() {
    let shop = open().await;
    let mut shown = String::new();
    for query in ["?lang=fr-CA", "?kind=transcription", "?kind=text&lang=de"] {
        let mut challenge = create(&shop, query).await;
        // The first two images stand for all.
        let images = challenge["images"].as_array_mut().unwrap();
        images.truncate(2);
        writeln!(shown, "> {query}\n{}", without_id(&challenge)).unwrap();
    }
    insta::assert_snapshot!(shown);
}

#[tokio::test]
async fn every_kind_is_answered_right_once_and_checked() {
    let shop = open().await;
    for kind in ["classification", "transcription", "text"] {
        let challenge = create(&shop, &format!("?kind={kind}")).await;
        assert_eq!(challenge["kind"], kind);
        let kinds = json!(["classification", "transcription", "text", "pow"]);
        assert_eq!(challenge["kinds"], kinds);
        let given = right(&shop, &challenge);
        let reply = answer(&shop, &challenge, &given).await;
        assert_eq!(reply.json()["state"], "valid", "{kind} {}", reply.body);
        assert_eq!(shop.state("gallery", &id_of(&challenge)).await, "valid");
        assert_eq!(answer(&shop, &challenge, &given).await.status, 409);
    }
    let pow = create(&shop, "?kind=pow").await;
    let reply = answer(&shop, &pow, &solve(&pow)).await;
    assert_eq!(
        reply.json()["state"],
        "valid",
        "pow is there though the site does not list it"
    );
}

#[tokio::test]
async fn a_wrong_answer_brings_the_next_one_of_its_kind_series_and_language() {
    let shop = open().await;
    for (kind, wrong) in [
        ("classification", json!([])),
        ("transcription", json!({"1": "no", "2": "no"})),
        ("text", json!("")),
    ] {
        let first = create(&shop, &format!("?kind={kind}&lang=es")).await;
        let reply = answer(&shop, &first, &wrong).await;
        let next = reply.json()["next"].clone();
        assert_eq!((&next["kind"], &next["lang"]), (&json!(kind), &json!("es")));
        assert_eq!(shop.state("gallery", &id_of(&first)).await, "invalid");
        if kind != "text" {
            let [before, after] = [&first, &next].map(|one| images_of(&shop, &id_of(one)));
            assert_eq!(
                (before.series.salts.len(), after.series.salts.len()),
                (1, 2)
            );
            let seen: BTreeSet<_> = before.pick.images.iter().collect();
            assert!(after.pick.images.iter().all(|image| !seen.contains(image)));
        }
        let reply = answer(&shop, &next, &right(&shop, &next)).await;
        assert_eq!(reply.json()["state"], "valid");
    }
}

#[tokio::test]
async fn another_one_is_asked_for_by_the_id_of_the_one_before() {
    let shop = open().await;
    let first = create(&shop, "?kind=transcription&lang=fr").await;
    let id = id_of(&first);
    let second = create(&shop, &format!("?after={id}")).await;
    assert_eq!(
        (&second["kind"], &second["lang"]),
        (&first["kind"], &first["lang"])
    );
    assert_eq!(images_of(&shop, &id_of(&second)).series.salts.len(), 2);
    let other = create(&shop, &format!("?after={id}&kind=text&lang=en")).await;
    assert_eq!(
        (&other["kind"], &other["lang"]),
        (&json!("text"), &json!("en"))
    );
    // What became of the one before does not matter.
    shop.clock.advance_s(400);
    let later = create(&shop, &format!("?after={id}")).await;
    assert_eq!(images_of(&shop, &id_of(&later)).series.salts.len(), 2);
    let foreign = id_of(&shop.create("shop").await);
    for after in ["c.unknown", "gallery", &foreign] {
        let reply = get(&shop, &place(&format!("gallery?after={after}"))).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (400, "malformed")
        );
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_spends_nothing_and_says_what_is_expected() {
    let shop = open().await;
    let long = "x".repeat(201);
    let cases = [
        (
            "classification",
            vec![
                json!("1"),
                json!(["13"]),
                json!(["0"]),
                json!(["1", "1"]),
                json!([1]),
                json!(["01"]),
                json!({"1": true}),
                json!(null),
            ],
        ),
        (
            "transcription",
            vec![
                json!(["a", "b"]),
                json!({"1": "a"}),
                json!({"1": "a", "2": 2}),
                json!({"1": "a", "3": "b"}),
                json!({"1": "a", "2": "b", "3": "c"}),
                json!({"1": "a", "2": long}),
                json!({"1": "a", "2": "b\u{0}"}),
                json!({"1": "a\u{7f}", "2": "b"}),
                json!({"1": "a", "2": "b\nc"}),
            ],
        ),
        (
            "text",
            vec![
                json!(["a"]),
                json!(7),
                json!("x".repeat(65)),
                json!("x\u{0}"),
            ],
        ),
    ];
    for (kind, unreadable) in cases {
        let challenge = create(&shop, &format!("?kind={kind}")).await;
        for given in unreadable {
            let reply = answer(&shop, &challenge, &given).await;
            assert_eq!(reply.status, 400, "{kind} {given}");
            assert_eq!(reply.problem(), "malformed");
        }
        let reply = answer(&shop, &challenge, &right(&shop, &challenge)).await;
        assert_eq!(reply.json()["state"], "valid", "{kind}");
    }
    let longest = create(&shop, "?kind=text").await;
    let reply = answer(&shop, &longest, &json!("x".repeat(64))).await;
    assert_eq!(reply.json()["state"], "invalid");
}

#[tokio::test]
async fn nothing_about_an_image_tells_what_it_shows() {
    let shop = open().await;
    for kind in ["classification", "transcription"] {
        let challenge = create(&shop, &format!("?kind={kind}")).await;
        let id = id_of(&challenge);
        let mut alike = BTreeSet::new();
        let mut shown = BTreeSet::new();
        for (place, image) in (1..).zip(challenge["images"].as_array().unwrap()) {
            assert_eq!(image["id"], place.to_string());
            assert_eq!(
                image["url"],
                format!("/ocapi/v2/challenge/{id}/image/{place}")
            );
            let reply = get(&shop, image["url"].as_str().unwrap()).await;
            assert_eq!(reply.status, 200);
            alike.insert(format!(
                "{:?} {} {}",
                reply.headers,
                reply.bytes.len(),
                image["width"]
            ));
            shown.insert(reply.bytes);
        }
        assert_eq!(alike.len(), 1, "{alike:?}");
        assert_eq!(shown.len(), challenge["images"].as_array().unwrap().len());
    }
}

#[tokio::test]
async fn an_image_is_for_pages_and_for_nobodys_cache() {
    let shop = open().await;
    let challenge = create(&shop, "").await;
    let url = challenge["images"][0]["url"].as_str().unwrap().to_owned();
    let reply = get(&shop, &url).await;
    assert_eq!(reply.header("content-type"), "image/jpeg");
    assert_eq!(reply.header("cache-control"), "no-store");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("cross-origin-resource-policy"), "cross-origin");
    assert_eq!(
        reply.header("access-control-allow-origin"),
        "https://gallery.example"
    );
    // A browser says no origin where a page shows an image, only that the page is another's.
    let plain = shop
        .send("GET", &url, &[("sec-fetch-site", "cross-site")], "")
        .await;
    assert_eq!(
        (
            plain.status.as_u16(),
            plain.header("access-control-allow-origin")
        ),
        (200, "")
    );
    assert_eq!(plain.bytes, reply.bytes);
}

#[tokio::test]
async fn an_image_is_shown_until_the_challenge_was_answered_or_expired() {
    let shop = open().await;
    let challenge = create(&shop, "").await;
    let id = id_of(&challenge);
    let image = |number: &str| place(&format!("{id}/image/{number}"));
    for number in ["0", "13", "99", "100", "x", "01", "-1"] {
        let reply = get(&shop, &image(number)).await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (404, "no-such-challenge")
        );
    }
    assert_eq!(get(&shop, &place("c.unknown/image/1")).await.status, 404);
    assert_eq!(get(&shop, &place(&format!("{id}/audio"))).await.status, 404);
    answer(&shop, &challenge, &json!([])).await;
    let reply = get(&shop, &image("1")).await;
    assert_eq!(
        (reply.status.as_u16(), reply.problem().as_str()),
        (410, "expired")
    );
    let late = id_of(&create(&shop, "?kind=text").await);
    shop.clock.advance_s(300);
    for path in ["image/1", "audio"] {
        assert_eq!(
            get(&shop, &place(&format!("{late}/{path}"))).await.status,
            410
        );
    }
    let reply = shop
        .send("POST", &place(&format!("{late}/image/1")), &[PAGE], "")
        .await;
    assert_eq!(
        (reply.status.as_u16(), reply.header("allow")),
        (405, "GET, HEAD")
    );
}

#[tokio::test]
async fn a_code_is_seen_and_heard_in_four_languages() {
    let shop = open().await;
    let challenge = create(&shop, "?kind=text&lang=es").await;
    let id = id_of(&challenge);
    assert_eq!(
        challenge["audio"],
        format!("/ocapi/v2/challenge/{id}/audio?lang=es")
    );
    let (ticket, _) = shop.verifier.ticket(&id).unwrap();
    let challenge::visitor::Task::Text(code) = &ticket.task else {
        panic!("no code");
    };
    let image = get(&shop, challenge["images"][0]["url"].as_str().unwrap()).await;
    assert!(
        image.body.contains(&code.text),
        "the tests' mint draws plainly"
    );
    let mut heard = BTreeSet::new();
    for lang in ["en", "fr", "de", "es"] {
        let reply = get(&shop, &place(&format!("{id}/audio?lang={lang}"))).await;
        assert_eq!(reply.header("content-type"), "audio/wav");
        heard.insert(reply.bytes);
    }
    assert_eq!(heard.len(), 4);
    let without = get(&shop, &place(&format!("{id}/audio"))).await;
    let spanish = get(&shop, challenge["audio"].as_str().unwrap()).await;
    assert_eq!(without.bytes, spanish.bytes, "the challenge's language");
}

#[tokio::test]
async fn what_is_asked_is_asked_in_the_visitors_language() {
    let shop = open().await;
    for (lang, spoken, begins) in [
        ("en", "en", "Select all images"),
        ("fr-CA", "fr", "Sélectionnez"),
        ("DE", "de", "Wählen Sie"),
        ("es_419", "es", "Seleccione"),
        ("it", "en", "Select all images"),
        ("", "en", "Select all images"),
    ] {
        let challenge = create(&shop, &format!("?lang={lang}")).await;
        let question = challenge["question"].as_str().unwrap();
        assert_eq!(challenge["lang"], spoken);
        assert!(question.starts_with(begins), "{lang}: {question}");
        assert!(
            question.ends_with(challenge["about"].as_str().unwrap()),
            "{question}"
        );
    }
}

#[tokio::test]
async fn who_fetches_too_many_pictures_has_to_wait() {
    let shop = open().await;
    let url = place(&format!(
        "{}/image/1",
        id_of(&create(&shop, "?kind=text").await)
    ));
    for _ in 0..PICTURES_PER_MINUTE {
        assert_eq!(get(&shop, &url).await.status, 200);
    }
    let reply = get(&shop, &url).await;
    assert_eq!(
        (reply.status.as_u16(), reply.problem().as_str()),
        (429, "slow-down")
    );
    assert_eq!(reply.header("retry-after"), "60");
}
