//! Visitors who sign up at the console: what a page asks, what a letter opens, and what the owner of a
//! tenant on trial sees and may do.

use aws_lc_rs::digest::{SHA256, digest};
use challenge::clock::Timestamp;
use challenge::officers::{Role, SIGN_UP_SITE};
use challenge::visitor::Task;
use countersign::serving::solver::solve;
use data_encoding::BASE64;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::console_stage::{Answer, Browser, Stage, plain};
use crate::mail_sink::MailSink;

const PATH: &str = "/console/sign-up";
const ANN: &str = "ann@tea.example";
const SECRET: &str = "a-secret-of-the-owner-of-more-than-thirty-characters";

/// A server whose sign-up is open, by a file as for `apply`, and the letters that it sends.
async fn open_stage() -> (Stage, MailSink) {
    let stage = Stage::open().await;
    let sink = MailSink::open().await;
    stage.sends_letters_to(sink.port).await;
    stage
        .apply("[sign_up]\nopen = true\ntrial_days = 14\n")
        .await;
    (stage, sink)
}

/// The code that a page shows, and its challenge's id.
fn code_of(stage: &Stage, page: &Answer) -> (String, String) {
    let id = page.between("name=\"code_id\" value=\"", "\"").to_owned();
    let (ticket, site) = stage.verifier.ticket(&id).unwrap();
    assert_eq!(site.public_id, SIGN_UP_SITE);
    let Task::Text(code) = ticket.task else {
        panic!("no code");
    };
    (id, code.text)
}

/// Asks for an account as a browser without script does.
async fn ask(stage: &Stage, browser: &mut Browser, email: &str, company: &str) -> Answer {
    let page = browser.get("/console/sign-up?plain=on").await;
    let (id, code) = code_of(stage, &page);
    let fields = [
        ("email", email),
        ("company", company),
        ("code_id", &id),
        ("code", &code),
    ];
    browser.post(PATH, &fields).await
}

/// Signs up and sets everything up; the tenant's name.
async fn owner(stage: &Stage, sink: &mut MailSink, email: &str) -> (Browser, String) {
    let mut browser = stage.browser();
    let sent = ask(stage, &mut browser, email, "Tea & <b>Pots").await;
    assert_eq!(sent.location(), "/console/sign-up/sent", "{}", sent.text);
    let letter = sink.letter().await;
    assert_eq!(letter.to, email);
    let link = letter.path("/console/sign-up/confirm/").to_owned();
    browser.set_up(&link, &stage.clock).await;
    let listed = browser.get("/console/tenants").await;
    let name = listed.between("href=\"/console/tenants/t", "/settings\"");
    let name = format!("t{name}");
    (browser, name)
}

pub(crate) async fn okay_link(stage: &Stage, number: u64, secret: &str) -> String {
    let text = format!("{number}u1{secret}");
    let signature = BASE64.encode(digest(&SHA256, text.as_bytes()).as_ref());
    let body = json!({"tenantId": number, "userExternalId": "u1", "signature": signature});
    let url = format!("{}/gateway/link", stage.base);
    let answer = plain().post(url).json(&body).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    answer["status"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_closed_sign_up_has_no_pages_no_link_and_no_challenge() {
    let stage = Stage::open().await;
    let mut browser = stage.browser();
    let shown = browser.get("/console/sign-in").await.text;
    assert!(!shown.contains(PATH), "{shown}");
    let confirm = format!("{PATH}/confirm/csa_x");
    for path in [PATH, "/console/sign-up/sent", &confirm] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND);
        let sent = browser.post(path, &[("email", ANN)]).await;
        let refused = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
        assert!(refused.contains(&sent.status), "{path}: {}", sent.status);
    }
    let url = format!("{}/ocapi/v2/challenge/{SIGN_UP_SITE}", stage.base);
    let status = reqwest::get(url).await.unwrap().status();
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_visitor_without_script_opens_an_account_by_the_letter_and_finds_a_tenant_on_trial() {
    let (stage, mut sink) = open_stage().await;
    let mut browser = stage.browser();
    let shown = browser.get("/console/sign-in").await.text;
    assert!(shown.contains("href=\"/console/sign-up\""), "{shown}");
    let asked = browser.get(PATH).await;
    let policy = asked.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("frame-src 'self'") && !policy.contains("unsafe"));
    assert!(asked.text.contains("<noscript>"), "{}", asked.text);
    // A form without the widget's field comes from a browser without script: a code is next.
    let fields = [("email", ANN), ("company", "Tea & <b>Pots")];
    let next = browser.post(PATH, &fields).await;
    assert_eq!(next.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(next.text.contains("value=\"Tea &#38; &#60;b&#62;Pots\""));
    let (id, code) = code_of(&stage, &next);
    let image = format!("{}/ocapi/v2/challenge/{id}/image/1", stage.base);
    let image = reqwest::get(image).await.unwrap();
    assert_eq!(image.headers()["content-type"], "image/png");
    let typed = [("code_id", id.as_str()), ("code", "wrong")];
    let wrong = browser.post(PATH, &[&fields[..], &typed].concat()).await;
    assert!(wrong.text.contains("id=\"code-wrong\""), "{}", wrong.text);
    let late = [("code_id", id.as_str()), ("code", code.as_str())];
    let spent = browser.post(PATH, &[&fields[..], &late].concat()).await;
    assert_eq!(spent.status, StatusCode::UNPROCESSABLE_ENTITY, "spent");
    let (id, code) = code_of(&stage, &spent);
    let right = [("code_id", id.as_str()), ("code", code.as_str())];
    let sent = browser.post(PATH, &[&fields[..], &right].concat()).await;
    assert_eq!(sent.location(), "/console/sign-up/sent", "{}", sent.text);
    assert_eq!(browser.get(sent.location()).await.status, StatusCode::OK);
    let once_more = browser.post(PATH, &[&fields[..], &right].concat()).await;
    assert_eq!(once_more.status, StatusCode::UNPROCESSABLE_ENTITY);

    let letter = sink.letter().await;
    assert!(letter.text.contains("Subject: Confirm your address"));
    assert!(!letter.text.contains("Pots"), "nothing of what was typed");
    assert!(letter.text.contains("next 24 hours"), "{}", letter.text);
    let link = letter.path("/console/sign-up/confirm/").to_owned();
    let mut scanner = stage.browser();
    for _ in 0..3 {
        assert_eq!(scanner.get(&link).await.status, StatusCode::OK);
    }
    browser.set_up(&link, &stage.clock).await;
    let listed = browser.get("/console/tenants").await.text;
    for part in [
        "<code>150001</code>",
        "Tea &#38; &#60;b&#62;Pots",
        "state good",
        "2027-01-29",
    ] {
        assert!(listed.contains(part), "{part}: {listed}");
    }
    assert!(!listed.contains("ONLINEBANK"), "{listed}");
    let again = scanner.post(&link, &[]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Whoever is signed in needs no account.
    assert_eq!(browser.get(PATH).await.location(), "/console/");
}

#[tokio::test]
async fn the_widgets_challenge_is_our_own_and_consumed_once() {
    let (stage, mut sink) = open_stage().await;
    let solved = async |site: &str| {
        let url = format!("{}/ocapi/v2/challenge/{site}?kind=pow", stage.base);
        let challenge: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        let id = challenge["id"].as_str().unwrap().to_owned();
        let url = format!("{}/ocapi/v2/challenge/{id}", stage.base);
        let answer = json!({"answer": solve(&challenge).unwrap()});
        let told = plain().post(url).json(&answer).send().await.unwrap();
        let told: Value = told.json().await.unwrap();
        assert_eq!(told["state"], "valid", "{told}");
        id
    };
    let mut browser = stage.browser();
    browser.get(PATH).await;
    let foreign = solved("shop").await;
    let own = solved(SIGN_UP_SITE).await;
    let mut post = async |id: &str, email: &str| {
        let fields = [("email", email), ("company", "T"), ("ocapi-challenge", id)];
        browser.post(PATH, &fields).await
    };
    for id in [foreign.as_str(), "c.nonsense"] {
        let refused = post(id, ANN).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("ocapi-challenge"), "the widget again");
    }
    // What is wrong beside it does not consume it.
    let mistaken = post(&own, "nobody").await;
    assert!(mistaken.text.contains("id=\"email-wrong\""));
    let sent = post(&own, ANN).await;
    assert_eq!(sent.location(), "/console/sign-up/sent", "{}", sent.text);
    assert_eq!(sink.letter().await.to, ANN);
    let again = post(&own, ANN).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn whoever_asks_learns_nothing_of_accounts_and_gets_letters_in_the_pages_language() {
    let (stage, mut sink) = open_stage().await;
    let (_, _) = owner(&stage, &mut sink, ANN).await;
    let mut browser = stage.browser();
    browser
        .headers
        .insert("accept-language", "fr".parse().unwrap());
    let known = ask(&stage, &mut browser, ANN, "T").await;
    let new = ask(&stage, &mut browser, "bob@tea.example", "T").await;
    let seen = |answer: &Answer| {
        let headers = answer.headers.iter();
        let headers = headers.filter(|(name, _)| *name != "date" && *name != "x-request-id");
        let headers: Vec<_> = headers
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        (answer.status, answer.text.clone(), headers)
    };
    assert_eq!(seen(&known), seen(&new));
    let mut letters = [sink.letter().await, sink.letter().await];
    letters.sort_by(|one, other| one.to.cmp(&other.to));
    let [known, new] = letters;
    assert!(known.text.contains("/console/sign-in\n"), "{}", known.text);
    assert!(!known.text.contains("/confirm/"), "{}", known.text);
    assert!(new.text.contains("Confirmez votre adresse"), "{}", new.text);
    let mut last = None;
    for _ in 0..3 {
        last = Some(ask(&stage, &mut browser, "bob@tea.example", "T").await);
    }
    assert_eq!(last.unwrap().status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn an_owner_finds_nothing_of_others_on_any_page() {
    let (stage, mut sink) = open_stage().await;
    let (mut ann, _) = owner(&stage, &mut sink, ANN).await;
    let (_, other) = owner(&stage, &mut sink, "bob@oil.example").await;
    stage.signed_in("ada", Role::Admin, None).await;
    for path in [
        "/console/",
        "/console/tenants",
        "/console/officers",
        "/console/tokens",
    ] {
        let shown = ann.get(path).await;
        assert_eq!(shown.status, StatusCode::OK, "{path}");
        for text in [
            &*other,
            "bob@oil.example",
            "ONLINEBANK",
            ">ada<",
            ">CONSOLE<",
        ] {
            assert!(!shown.text.contains(text), "{path}: {text}: {}", shown.text);
        }
    }
    assert_eq!(
        ann.get("/console/server").await.status,
        StatusCode::FORBIDDEN
    );
    let foreign = format!("/console/tenants/{other}/settings");
    assert_eq!(ann.get(&foreign).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_owners_token_finds_nothing_of_others_in_any_list() {
    let (stage, mut sink) = open_stage().await;
    let (mut ann, name) = owner(&stage, &mut sink, ANN).await;
    let (_, other) = owner(&stage, &mut sink, "bob@oil.example").await;
    stage.signed_in("ada", Role::Admin, None).await;
    let fields = [("name", "mine"), ("role", "admin")];
    let told = ann.post("/console/tokens/new", &fields).await;
    let token = format!("cst_{}", told.between(">cst_", "<"));
    let get = async |path: &str| {
        let url = format!("{}/api/v1{path}", stage.base);
        let answer = plain().get(url).bearer_auth(&token).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    for path in ["/tenants", "/officers", "/tokens"] {
        let (status, text) = get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        for foreign in [&*other, "bob@", "ONLINEBANK", "\"ada\"", "CONSOLE"] {
            assert!(!text.contains(foreign), "{path}: {text}");
        }
    }
    for list in [
        "users",
        "clients",
        "sites",
        "policies",
        "challenges",
        "sessions",
        "devices",
        "audit",
        "callbacks",
        "statistics",
    ] {
        assert_eq!(
            get(&format!("/tenants/{name}/{list}")).await.0,
            StatusCode::OK,
            "{list}"
        );
        for foreign in [&*other, "ONLINEBANK", "CONSOLE"] {
            let (status, text) = get(&format!("/tenants/{foreign}/{list}")).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{foreign} {list}: {text}");
        }
    }
    for path in [
        "/server",
        "/server/health",
        "/audit",
        "/callbacks",
        "/statistics",
    ] {
        let (status, text) = get(path).await;
        let refused = [StatusCode::FORBIDDEN, StatusCode::NOT_FOUND];
        assert!(refused.contains(&status), "{path}: {status} {text}");
    }
}

/// Sends a form of the tenant's page as the page has it.
async fn of_tenant(browser: &mut Browser, name: &str, trial: Option<&str>) -> Answer {
    let path = format!("/console/tenants/{name}/settings");
    let shown = browser.get(&path).await;
    let tag = shown
        .between("name=\"tag\" value=\"", "\"")
        .replace("&#34;", "\"");
    if let Some(act) = trial {
        let path = format!("/console/tenants/{name}/trial");
        return browser.post(&path, &[("tag", &tag), ("act", act)]).await;
    }
    let fields = [("tag", &*tag), ("display_name", "Tea"), ("secret", SECRET)];
    browser.post(&path, &fields).await
}

#[tokio::test]
async fn a_trial_ends_and_is_extended_suspended_and_activated_by_those_who_run_the_server() {
    let (stage, mut sink) = open_stage().await;
    let (mut ann, name) = owner(&stage, &mut sink, ANN).await;
    let saved = of_tenant(&mut ann, &name, None).await;
    assert_eq!(saved.location(), "/console/tenants", "{}", saved.text);
    let page = ann.get(&format!("/console/tenants/{name}/settings")).await;
    assert!(!page.text.contains("value=\"extend\""), "{}", page.text);
    for act in ["extend", "activate"] {
        let refused = of_tenant(&mut ann, &name, Some(act)).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    }
    // What Okay is not about goes on, whatever becomes of the trial.
    let fields = [("name", "mine"), ("role", "admin")];
    let told = ann.post("/console/tokens/new", &fields).await;
    let token = format!("cst_{}", told.between(">cst_", "<"));
    let made = plain()
        .post(format!("{}/api/v1/tenants/{name}/sites", stage.base))
        .bearer_auth(&token)
        .json(&json!({"public_id": "tea-shop", "secret": {"generate": true}, "kinds": ["pow"]}));
    assert_eq!(made.send().await.unwrap().status(), StatusCode::CREATED);
    let site = format!("{}/ocapi/v2/challenge/tea-shop", stage.base);
    let goes_on = async || reqwest::get(&site).await.unwrap().status() == StatusCode::OK;

    assert_eq!(okay_link(&stage, 150_001, SECRET).await, "OK");
    stage
        .clock
        .set(Timestamp::from_unix_s(1_800_000_000 + 14 * 86_400));
    assert_eq!(okay_link(&stage, 150_001, SECRET).await, "TenantExpired");
    assert!(goes_on().await);
    let mut admin = stage.signed_in("ada", Role::Admin, None).await.browser;
    for (act, message, told) in [
        ("extend", "OK", "2027-02-28"),
        ("suspend", "TenantInactive", "suspended"),
        ("resume", "OK", "2027-02-28"),
        ("extend", "OK", "2027-03-30"),
        ("suspend", "TenantInactive", "suspended"),
        ("activate", "OK", "state good"),
    ] {
        let done = of_tenant(&mut admin, &name, Some(act)).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{act}: {}", done.text);
        assert_eq!(okay_link(&stage, 150_001, SECRET).await, message, "{act}");
        assert!(goes_on().await, "{act}");
        let listed = admin.get("/console/tenants").await.text;
        assert!(listed.contains(told), "{act}: {listed}");
    }
    let unknown = of_tenant(&mut admin, &name, Some("explode")).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}
