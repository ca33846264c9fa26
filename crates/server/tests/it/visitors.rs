//! Visitors' challenges from outside: the demo's website, statistics, and what an operator sees of them.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use challenge::clock::Clock as _;
use countersign::serving::partner::Account;
use countersign::serving::solver::solve;
use countersign::system::SystemClock;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::push_stage::until;
use crate::running::{Home, PROGRAM, Server};

/// The private id of the site [`SITE`].
pub(crate) const PRIVATE_ID: &str =
    "a-private-id-of-the-tests-that-has-at-least-sixty-four-characters";

/// A site that nobody waits for.
const SITE: &str = "[[tenant]]\nname = \"SHOPS\"\n[[tenant.site]]\npublic_id = \"shop\"\n\
    secret = \"a-private-id-of-the-tests-that-has-at-least-sixty-four-characters\"\n\
    kinds = [\"pow\"]\ndifficulty = 20\n";

pub(crate) fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

/// A home with that site.
pub(crate) fn home() -> Home {
    provided(Home::sqlite())
}

/// This home, with that site.
pub(crate) fn provided(home: Home) -> Home {
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(file.path(), SITE).unwrap();
    home.done(["apply", file.path().to_str().unwrap()]);
    home
}

/// What that site was given.
pub(crate) fn account(base: &str) -> Account {
    Account {
        server: base.to_owned(),
        public_id: "shop".to_owned(),
        private_id: PRIVATE_ID.into(),
    }
}

pub(crate) async fn issue(base: &str) -> Value {
    let answer = client()
        .get(format!("{base}/ocapi/v2/challenge/shop"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

async fn answer(base: &str, challenge: &Value, answer: &Value) -> Value {
    let id = challenge["id"].as_str().unwrap();
    let answered = client()
        .post(format!("{base}/ocapi/v2/challenge/{id}"))
        .json(&json!({ "answer": answer }))
        .send()
        .await
        .unwrap();
    assert_eq!(answered.status(), StatusCode::OK);
    answered.json().await.unwrap()
}

/// A challenge that was answered right, still to be checked.
pub(crate) async fn answered(base: &str) -> String {
    let challenge = issue(base).await;
    let told = answer(base, &challenge, &solve(&challenge).unwrap()).await;
    assert_eq!(told["state"], "valid");
    challenge["id"].as_str().unwrap().to_owned()
}

/// Issues four: two answered right of which one is checked, one wrong, one left, besides the next
/// one that comes with the wrong answer.
async fn traffic(server: &Server) {
    let base = &server.base;
    let id = answered(base).await;
    let checked = account(base).check(&client(), &id, SystemClock.now()).await;
    assert!(checked.is_valid, "{}", checked.answer);
    answered(base).await;
    let wrong = json!({"counter": 1, "derivedKey": "00".repeat(32)});
    let told = answer(base, &issue(base).await, &wrong).await;
    assert_eq!(told["state"], "invalid");
    issue(base).await;
}

#[tokio::test]
async fn metrics_tell_of_each_site_what_its_visitors_did() {
    let home = home();
    let server = home.serve();
    traffic(&server).await;
    let metrics = client()
        .get(format!("{}/metrics", server.base))
        .send()
        .await
        .unwrap();
    let metrics = metrics.text().await.unwrap();
    for line in [
        "# TYPE countersign_visitor_challenges_issued_total counter",
        "countersign_visitor_challenges_issued_total{site=\"shop\"} 5",
        "countersign_visitor_answers_right_total{site=\"shop\"} 2",
        "countersign_visitor_answers_wrong_total{site=\"shop\"} 1",
        "countersign_visitor_checks_valid_total{site=\"shop\"} 1",
        "countersign_visitor_challenges_abandoned_total{site=\"shop\"} 0",
        "countersign_visitor_failures_per_minute{site=\"shop\"} 1",
        "countersign_visitor_effort_counter_max{site=\"shop\"} 20",
        "countersign_visitor_effort_memory_bytes{site=\"shop\"} 0",
        "# TYPE countersign_visitor_answer_seconds histogram",
        "countersign_visitor_answer_seconds_bucket{site=\"shop\",le=\"60\"} 3",
        "countersign_visitor_answer_seconds_bucket{site=\"shop\",le=\"+Inf\"} 3",
        "countersign_visitor_answer_seconds_count{site=\"shop\"} 3",
    ] {
        assert!(
            metrics.lines().any(|told| told == line),
            "{line}\n{metrics}"
        );
    }
    let helped = metrics.matches("# HELP countersign_visitor_").count();
    assert_eq!(
        helped,
        metrics.matches("# TYPE countersign_visitor_").count()
    );
    assert_eq!(helped, 9);
}

#[tokio::test]
async fn counts_outlive_a_stopped_server_and_an_operator_sees_them_with_what_a_page_needs() {
    let home = home();
    let server = home.serve();
    traffic(&server).await;
    assert!(server.stopped());
    let server = home.serve();
    issue(&server.base).await;
    assert!(server.stopped());
    let shown: Value =
        serde_json::from_str(&home.done(["site", "show", "shop", "--json"])).unwrap();
    let counted = &shown["last_24_hours"];
    for (name, count) in [
        ("issued", 6),
        ("right", 2),
        ("wrong", 1),
        ("abandoned", 3),
        ("checked", 1),
    ] {
        assert_eq!(counted[name], count, "{name} of {counted}");
    }
    let hours = shown["hours"].as_array().unwrap();
    let issued: u64 = hours
        .iter()
        .map(|hour| hour["issued"].as_u64().unwrap())
        .sum();
    assert_eq!(issued, 6);
    let snippet = shown["snippet"].as_str().unwrap();
    let integrity = protocols::ocapi::widget::integrity();
    assert!(
        snippet.contains(&format!("integrity=\"{integrity}\"")),
        "{snippet}"
    );
    assert!(
        snippet.contains("<ocapi-challenge public-id=\"shop\">"),
        "{snippet}"
    );
    let told = home.done(["site", "show", "shop"]);
    assert!(told.contains(snippet), "{told}");
    let line = told.lines().find(|line| line.starts_with(" last 24 hours"));
    let cells: Vec<_> = line.expect("a line of sums").split_whitespace().collect();
    assert_eq!(cells[3..8], ["6", "2", "1", "3", "1"]);
    assert!(
        !shown.to_string().contains("private-id"),
        "the private id is shown"
    );
}

#[tokio::test]
async fn a_killed_server_loses_no_more_than_the_counts_of_its_last_seconds() {
    let home = home();
    let server = home.serve();
    issue(&server.base).await;
    let issued = || {
        let shown = home.done(["site", "show", "shop", "--json"]);
        let shown: Value = serde_json::from_str(&shown).unwrap();
        shown["last_24_hours"]["issued"].clone()
    };
    until("it is stored", async || issued() == 1).await;
    issue(&server.base).await;
    server.killed();
    assert_eq!(issued(), 1);
}

#[tokio::test]
async fn counts_that_could_not_be_stored_are_stored_later() {
    let home = provided(Home::postgres());
    let server = home.serve();
    issue(&server.base).await;
    home.psql("ALTER TABLE site_hour RENAME TO site_hour_away");
    tokio::time::sleep(Duration::from_secs(11)).await;
    home.psql("ALTER TABLE site_hour_away RENAME TO site_hour");
    issue(&server.base).await;
    assert!(server.stopped());
    let shown: Value =
        serde_json::from_str(&home.done(["site", "show", "shop", "--json"])).unwrap();
    assert_eq!(shown["last_24_hours"]["issued"], 2);
}

/// A running demo: its server and its website.
struct Demo {
    process: Child,
    base: String,
    website: String,
}

impl Demo {
    fn started() -> Self {
        let mut process = Command::new(PROGRAM)
            .args(["demo", "--listen", "127.0.0.1:0"])
            .env("COUNTERSIGN_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut after = |what: &str| {
            let line = lines
                .by_ref()
                .map(Result::unwrap)
                .find(|line| line.starts_with(what));
            let line = line.unwrap_or_else(|| panic!("no line begins with {what}"));
            let word = line[what.len()..].split_whitespace().next().unwrap();
            word.trim_end_matches('/').to_owned()
        };
        let (base, website) = (after("listening on "), after("Open "));
        Self {
            process,
            base,
            website,
        }
    }

    async fn send(&self, body: &str) -> (StatusCode, String) {
        let sent = client()
            .post(format!("{}/", self.website))
            .body(body.to_owned());
        let answer = sent.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It is gone afterwards, whether it still ran or not.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn the_demo_website_loads_the_widget_from_another_origin_under_a_strict_policy() {
    let demo = Demo::started();
    assert_ne!(demo.base, demo.website);
    let page = client()
        .get(format!("{}/", demo.website))
        .send()
        .await
        .unwrap();
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    let base = &demo.base;
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert!(
        policy.contains(&format!("script-src {base}; connect-src {base};")),
        "{policy}"
    );
    let page = page.text().await.unwrap();
    let integrity = protocols::ocapi::widget::integrity();
    assert!(
        page.contains(integrity) && page.contains("crossorigin=\"anonymous\""),
        "{page}"
    );
    let (_, after) = page.split_once("<script src=\"").unwrap();
    let script = after.split('"').next().unwrap();
    assert!(script.starts_with(base), "{script}");
    let script = client()
        .get(script)
        .header("origin", &demo.website)
        .send()
        .await
        .unwrap();
    assert_eq!(script.status(), StatusCode::OK);
    let from = |origin: String| {
        let url = format!("{base}/ocapi/v2/challenge/shop");
        client().get(url).header("origin", origin).send()
    };
    let own = from(demo.website.clone()).await.unwrap();
    assert_eq!(
        own.headers()["access-control-allow-origin"],
        demo.website.as_str()
    );
    let other = from("http://127.0.0.1:1".to_owned()).await.unwrap();
    assert_ne!(
        other
            .headers()
            .get("access-control-allow-origin")
            .map(reqwest::header::HeaderValue::as_bytes),
        Some(&b"http://127.0.0.1:1"[..])
    );
}

#[tokio::test]
async fn the_demo_website_takes_a_form_once_and_shows_why() {
    let demo = Demo::started();
    let id = answered(&demo.base).await;
    let form = format!("name=%3Cscript%3E&message=a+%26+b&ocapi-challenge={id}");
    let (status, page) = demo.send(&form).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(page.contains("Thank you") && page.contains(&id), "{page}");
    assert!(
        !page.contains("<script>") && page.contains("a &#38; b"),
        "{page}"
    );
    let (status, page) = demo.send(&form).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(
        page.contains("already used") && page.contains("consumed"),
        "{page}"
    );
    let pending = issue(&demo.base).await["id"].as_str().unwrap().to_owned();
    for (form, told) in [
        ("name=a".to_owned(), "without a challenge"),
        ("name=a&ocapi-challenge=".to_owned(), "without a challenge"),
        ("ocapi-challenge=c.AAAA".to_owned(), "did not say"),
        ("ocapi-challenge=../../healthz".to_owned(), "did not say"),
        (format!("ocapi-challenge={pending}"), "pending"),
    ] {
        let (status, page) = demo.send(&form).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{form}");
        assert!(page.contains(told), "{form}\n{page}");
    }
    let (status, _) = demo.send(&"a".repeat(20_000)).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
}
