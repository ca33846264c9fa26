//! The console's pages about what a tenant is set up with: sites, clients, policies; and what each role may
//! do there.

use challenge::officers::Role;
use reqwest::StatusCode;

use crate::console_stage::{Answer, Browser, Stage};

const BANK: &str = "/console/tenants/ONLINEBANK";

/// Opens a page, and sends its form with the hidden fields that it has.
async fn send(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let shown = browser.get(path).await;
    assert_eq!(shown.status, StatusCode::OK, "{path}: {}", shown.text);
    let hidden = ["key", "tag"].map(|name| {
        let begin = format!("name=\"{name}\" value=\"");
        let there = shown.text.contains(&begin);
        let value = there.then(|| shown.between(&begin, "\"").replace("&#34;", "\""));
        (name, value.unwrap_or_default())
    });
    let hidden = hidden.iter().filter(|(_, value)| !value.is_empty());
    let hidden: Vec<_> = hidden
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    browser.post(path, &[&hidden, fields].concat()).await
}

/// The secret that a page tells.
fn told(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.between("data-copied=\"Copied\">", "<").to_owned()
}

#[tokio::test]
async fn a_site_is_made_with_a_private_id_that_is_told_once_and_tells_what_its_pages_need() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("ada", Role::Admin, None).await.browser;
    let fields = [
        ("public_id", "tea"),
        ("first", "pow"),
        ("kinds", "text"),
        (
            "origins",
            "https://tea.example\r\n\r\nhttps://www.tea.example",
        ),
        ("difficulty", "900"),
        ("jwt_algorithms", "HS512"),
    ];
    let path = format!("{BANK}/sites/new");
    let shown = browser.get(&path).await;
    let key = shown.between("name=\"key\" value=\"", "\"").to_owned();
    let fields = [&fields[..], &[("key", &key)]].concat();
    let secret = told(&browser.post(&path, &fields).await);
    assert_eq!(secret.len(), 86, "{secret}");
    let again = told(&browser.post(&path, &fields).await);
    assert_eq!(again, secret, "the same form is told the same");

    let listed = browser.get(&format!("{BANK}/sites")).await.text;
    for text in ["tea", "https://tea.example, https://www.tea.example", "900"] {
        assert!(listed.contains(text), "{text}: {listed}");
    }
    let overview = browser
        .get(&format!("{BANK}/sites/tea/overview"))
        .await
        .text;
    for text in [
        "/ocapi.js&#34; integrity=&#34;sha384-",
        "&#60;ocapi-challenge public-id=&#34;tea&#34;&#62;",
        "/ocapi/v2/challenge/",
        "name=&#34;g-recaptcha-response&#34;",
        "/recaptcha/api/siteverify",
        "/turnstile/v0/siteverify",
        "&#60;altcha-widget challenge=",
        "/ocapi/altcha/tea/siteverify",
        "Nobody was asked in the last 24 hours.",
    ] {
        assert!(overview.contains(text), "{text}: {overview}");
    }
    assert!(!overview.contains(&secret) && !listed.contains(&secret));
}

#[tokio::test]
async fn every_address_that_a_site_is_told_is_there() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("ada", Role::Admin, None).await.browser;
    let path = format!("{BANK}/sites/new");
    let fields = [
        ("public_id", "tea"),
        ("first", "pow"),
        ("jwt_algorithms", "HS256"),
    ];
    let secret = told(&send(&mut browser, &path, &fields).await);
    let overview = browser
        .get(&format!("{BANK}/sites/tea/overview"))
        .await
        .text;
    let checks = overview.split("data-copied=\"Copied\">").skip(1);
    let checks = checks.map(|rest| rest.split_once('<').unwrap().0);
    let checks = checks.filter(|text| text.ends_with("/siteverify"));
    let checks: Vec<_> = checks.map(str::to_owned).collect();
    assert_eq!(checks.len(), 4, "{overview}");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for check in checks {
        let fields = [
            ("secret", secret.as_str()),
            ("response", "c.AAAA"),
            ("payload", "x"),
        ];
        let answer = client.post(&check).form(&fields).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{check}");
        let text = answer.text().await.unwrap();
        assert!(text.contains("false"), "{check}: {text}");
        assert!(
            !text.contains("secret"),
            "the private id is right: {check}: {text}"
        );
    }
    let page = overview
        .split_once("altcha-widget challenge=&#34;")
        .unwrap()
        .1;
    let challenge = page.split_once("&#34;").unwrap().0;
    let answer = client.get(challenge).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{challenge}");
}

#[tokio::test]
async fn a_site_is_changed_once_for_each_look_at_it_and_removed_after_a_question() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("ada", Role::Admin, None).await.browser;
    let new = format!("{BANK}/sites/new");
    let fields = [
        ("public_id", "tea"),
        ("first", "pow"),
        ("jwt_algorithms", "HS512"),
    ];
    let first = told(&send(&mut browser, &new, &fields).await);
    let path = format!("{BANK}/sites/tea/settings");
    let tag = browser.get(&path).await;
    let tag = tag
        .between("name=\"tag\" value=\"", "\"")
        .replace("&#34;", "\"");
    let fields = [
        ("first", "text"),
        ("kinds", "pow"),
        ("origins", "https://tea.example"),
        ("jwt_algorithms", "HS256"),
        ("jwt_algorithms", "HS512"),
    ];
    let saved = send(&mut browser, &path, &fields).await;
    assert_eq!(
        saved.location(),
        format!("{BANK}/sites/tea/overview"),
        "{}",
        saved.text
    );
    let shown = browser.get(&path).await.text;
    assert!(
        shown.contains("<option value=\"text\" selected>"),
        "{shown}"
    );
    assert!(shown.contains("value=\"HS256\" checked"), "{shown}");
    let late = browser
        .post(&path, &[&fields[..], &[("tag", &tag)]].concat())
        .await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.text);
    let drawn = told(
        &send(
            &mut browser,
            &path,
            &[&fields[..], &[("draw", "on")]].concat(),
        )
        .await,
    );
    assert_ne!(drawn, first);
    let warned = [&fields[..], &[("secret", "short but mine")]].concat();
    let warned = send(&mut browser, &path, &warned).await;
    assert!(
        warned.text.contains("14 bytes are fewer than"),
        "{}",
        warned.text
    );
    assert!(!warned.text.contains("short but mine"), "{}", warned.text);
    let gone = send(&mut browser, &format!("{BANK}/sites/tea/remove"), &[]).await;
    assert_eq!(gone.location(), format!("{BANK}/sites"), "{}", gone.text);
    assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_client_is_made_changed_given_another_secret_and_removed() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("ada", Role::Admin, None).await.browser;
    let usual = [
        ("protocols", "activid"),
        ("grants", "client_credentials"),
        ("scopes", "read"),
        ("scopes", "challenge"),
        ("token_s", "60"),
        ("user_token_s", "61"),
    ];
    let fields = [
        &usual[..],
        &[("id", "portal"), ("addresses", "192.0.2.0/24\n::1")],
    ]
    .concat();
    let secret = told(&send(&mut browser, &format!("{BANK}/clients/new"), &fields).await);
    assert_eq!(secret.len(), 43, "{secret}");
    let listed = browser.get(&format!("{BANK}/clients")).await.text;
    assert!(
        listed.contains("have challenges issued, read users and devices"),
        "{listed}"
    );
    assert!(!listed.contains(&secret));
    let path = format!("{BANK}/clients/portal/settings");
    let shown = browser.get(&path).await.text;
    assert!(shown.contains("192.0.2.0/24\n::1</textarea>"), "{shown}");
    let wrong = [&usual[..], &[("addresses", "::1\nnowhere <b>")]].concat();
    let wrong = send(&mut browser, &path, &wrong).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.text.contains("id=\"addresses-wrong\""),
        "{}",
        wrong.text
    );
    assert!(
        wrong.text.contains("nowhere &#60;b&#62;</textarea>"),
        "{}",
        wrong.text
    );
    let drawn = told(
        &send(
            &mut browser,
            &path,
            &[&usual[..], &[("draw", "on")]].concat(),
        )
        .await,
    );
    assert_ne!(drawn, secret);
    let gone = send(&mut browser, &format!("{BANK}/clients/portal/remove"), &[]).await;
    assert_eq!(gone.location(), format!("{BANK}/clients"), "{}", gone.text);
    assert!(
        !browser
            .get(&format!("{BANK}/clients"))
            .await
            .text
            .contains(">portal<")
    );
}

#[tokio::test]
async fn a_policy_is_made_with_the_usual_numbers_changed_and_removed() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("ada", Role::Admin, None).await.browser;
    let new = format!("{BANK}/policies/new");
    let shown = browser.get(&new).await.text;
    assert!(
        shown.contains("name=\"challenge_s\" type=\"number\" value=\"120\""),
        "{shown}"
    );
    let made = send(
        &mut browser,
        &new,
        &[("code", "TEA"), ("sign_format", "auto")],
    )
    .await;
    assert_eq!(made.location(), format!("{BANK}/policies"), "{}", made.text);
    let path = format!("{BANK}/policies/TEA/settings");
    let fields = [
        ("max_failures", "3"),
        ("lock_s", "0"),
        ("sign_format", "digest"),
        ("sign_labels", "To\nAmount"),
        ("sign_fields", "2"),
    ];
    let saved = send(&mut browser, &path, &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text);
    let shown = browser.get(&path).await.text;
    assert!(
        shown.contains("name=\"max_failures\" type=\"number\" value=\"3\""),
        "{shown}"
    );
    assert!(shown.contains("To\nAmount</textarea>"), "{shown}");
    for (name, value) in [
        ("max_failures", "0"),
        ("lock_s", "many"),
        ("drift_steps", "2"),
    ] {
        let wrong = [("sign_format", "auto"), (name, value)];
        let wrong = send(&mut browser, &path, &wrong).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        let beside = format!("id=\"{name}-wrong\"");
        assert!(wrong.text.contains(&beside), "{name}: {}", wrong.text);
        let kept = format!("name=\"{name}\" type=\"number\" value=\"{value}\"");
        assert!(wrong.text.contains(&kept), "{name}: {}", wrong.text);
    }
    let gone = send(&mut browser, &format!("{BANK}/policies/TEA/remove"), &[]).await;
    assert_eq!(gone.location(), format!("{BANK}/policies"), "{}", gone.text);
}

/// What somebody without the power to change it sends all the same.
const CHANGES: [(&str, &[(&str, &str)]); 4] = [
    (
        "sites/new",
        &[
            ("public_id", "x"),
            ("first", "pow"),
            ("jwt_algorithms", "HS512"),
        ],
    ),
    ("sites/tea/remove", &[]),
    ("clients/new", &[("id", "x"), ("grants", "password")]),
    ("policies/new", &[("code", "x"), ("sign_format", "auto")]),
];

#[tokio::test]
async fn who_may_only_look_is_shown_what_is_set_up_and_offered_no_change() {
    let stage = Stage::open().await;
    let mut admin = stage.signed_in("ada", Role::Admin, None).await.browser;
    let fields = [
        ("public_id", "tea"),
        ("first", "pow"),
        ("jwt_algorithms", "HS512"),
    ];
    send(&mut admin, &format!("{BANK}/sites/new"), &fields).await;
    admin.get("/console/tenants/new").await;
    let other = [("name", "OTHER")];
    admin.post("/console/tenants/new", &other).await;
    for (role, tenant) in [
        (Role::Operator, None),
        (Role::Auditor, None),
        (Role::Auditor, Some("ONLINEBANK")),
    ] {
        let name = format!("{}-{}", role.name(), tenant.unwrap_or("all"));
        let mut browser = stage.signed_in(&name, role, tenant).await.browser;
        looks_and_changes_nothing(&mut browser, &name).await;
        if tenant.is_some() {
            for path in ["sites", "clients", "policies", "approvals", "callbacks"] {
                let path = format!("/console/tenants/OTHER/{path}");
                let shown = browser.get(&path).await;
                assert_eq!(shown.status, StatusCode::NOT_FOUND, "{name} {path}");
            }
        }
    }
}

async fn looks_and_changes_nothing(browser: &mut Browser, name: &str) {
    for path in [
        "sites",
        "sites/tea/overview",
        "sites/tea/settings",
        "clients",
        "policies",
    ] {
        let Answer { status, text, .. } = browser.get(&format!("{BANK}/{path}")).await;
        assert_eq!(status, StatusCode::OK, "{name} {path}: {text}");
        for offered in ["/new\"", "/remove\"", "name=\"tag\"", ">Edit<"] {
            assert!(!text.contains(offered), "{name} {path} {offered}: {text}");
        }
    }
    for (path, fields) in CHANGES {
        let path = format!("{BANK}/{path}");
        let asked = browser.get(&path).await.status;
        assert_eq!(asked, StatusCode::FORBIDDEN, "{name} {path}");
        let Answer { status, text, .. } = browser.post(&path, fields).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{name} {path}: {text}");
    }
}
