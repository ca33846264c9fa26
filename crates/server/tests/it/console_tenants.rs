//! The console's pages about tenants: the table of the seed, and the pencil behind which a tenant is set up.

use challenge::officers::Role;
use reqwest::StatusCode;

use crate::console_stage::{Answer, Browser, Stage};

const NEW: &str = "/console/tenants/new";

fn tag_of(answer: &Answer) -> String {
    let tag = answer.between("name=\"tag\" value=\"", "\"");
    tag.replace("&#34;", "\"")
}

/// Sends a change of the settings as they are shown; what is not named stays as the form has it.
async fn change(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let shown = browser.get(path).await;
    let tag = tag_of(&shown);
    let name = shown
        .between("name=\"display_name\" type=\"text\" value=\"", "\"")
        .to_owned();
    let fields = [&[("tag", tag.as_str()), ("display_name", &name)], fields].concat();
    browser.post(path, &fields).await
}

#[tokio::test]
async fn a_tenant_is_made_set_up_suspended_and_put_on_trial() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("ada", Role::Admin, None).await.browser;
    let asked = browser.get(NEW).await;
    let key = asked.between("name=\"key\" value=\"", "\"").to_owned();
    let fields = [
        ("name", "TEAPOTS"),
        ("display_name", "Tea <b>Pots"),
        ("okay", "on"),
        ("key", &key),
    ];
    let told = browser.post(NEW, &fields).await;
    let secret = told.between("data-copied=\"Copied\">", "<").to_owned();
    assert!(secret.len() >= 30, "{secret}");
    let again = browser.post(NEW, &fields).await;
    assert!(
        again.text.contains(&secret),
        "the same form is told the same"
    );
    let listed = browser.get("/console/tenants").await.text;
    assert!(listed.contains("<code>150001</code>"), "{listed}");
    assert!(
        listed.contains("Tea &#60;b&#62;Pots") && !listed.contains(&secret),
        "{listed}"
    );

    let path = "/console/tenants/TEAPOTS/settings";
    let own = "my-own-secret-of-more-than-thirty-characters";
    let on = [("status", "active"), ("trial_expires", "")];
    let fields = [
        &on[..],
        &[
            ("callback_url", "https://tea.example/callback"),
            ("secret", own),
        ],
    ]
    .concat();
    let saved = change(&mut browser, path, &fields).await;
    assert_eq!(saved.location(), "/console/tenants", "{}", saved.text);
    let shown = browser.get(path).await.text;
    assert!(
        shown.contains("https://tea.example/callback") && !shown.contains(own),
        "{shown}"
    );
    let fields = [
        &on[..],
        &[
            ("callback_url", "https://tea.example/callback"),
            ("draw", "on"),
        ],
    ]
    .concat();
    let drawn = change(&mut browser, path, &fields).await;
    assert!(drawn.text.contains("class=\"told\""), "{}", drawn.text);

    suspend_and_try(&mut browser, path).await;
}

/// Each status and end of a trial is told in the table.
async fn suspend_and_try(browser: &mut Browser, path: &str) {
    for (status, trial, told) in [
        ("inactive", "", "suspended"),
        ("active", "2020-01-01", "trial over"),
        ("active", "2030-01-31", "2030-01-31 00:00:00 UTC"),
    ] {
        let saved = change(
            browser,
            path,
            &[("status", status), ("trial_expires", trial)],
        )
        .await;
        assert_eq!(saved.location(), "/console/tenants", "{}", saved.text);
        let listed = browser.get("/console/tenants").await.text;
        assert!(listed.contains(told), "{told}: {listed}");
    }
}

#[tokio::test]
async fn a_tenants_owner_sets_up_that_tenant_alone_and_not_its_trial() {
    let stage = Stage::open().await;
    let mut admin = stage.signed_in("ada", Role::Admin, None).await.browser;
    admin.get(NEW).await;
    admin.post(NEW, &[("name", "OTHER"), ("okay", "on")]).await;
    let mut own = stage
        .signed_in("own", Role::Admin, Some("ONLINEBANK"))
        .await
        .browser;
    let listed = own.get("/console/tenants").await.text;
    assert!(
        !listed.contains("OTHER") && !listed.contains(NEW),
        "{listed}"
    );
    assert_eq!(own.get(NEW).await.status, StatusCode::FORBIDDEN);
    let foreign = own.get("/console/tenants/OTHER/settings").await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    let path = "/console/tenants/ONLINEBANK/settings";
    let shown = own.get(path).await.text;
    assert!(!shown.contains("trial_expires"), "{shown}");
    let url = [
        ("callback_url", "https://bank.example/callback"),
        ("status", "inactive"),
    ];
    let saved = change(&mut own, path, &url).await;
    assert_eq!(saved.location(), "/console/tenants", "{}", saved.text);
    let listed = own.get("/console/tenants").await.text;
    assert!(
        listed.contains("state good"),
        "the status is not theirs to change: {listed}"
    );

    let mut auditor = stage.signed_in("aud", Role::Auditor, None).await.browser;
    let shown = auditor.get(path).await;
    assert!(shown.status == StatusCode::OK && !shown.text.contains("name=\"tag\""));
    let refused = auditor.post(path, &[("display_name", "x")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    // The tenant that the administrators are users of is nobody's to see.
    assert_eq!(
        admin.get("/console/tenants/CONSOLE/settings").await.status,
        StatusCode::NOT_FOUND
    );
    assert!(
        !admin
            .get("/console/tenants")
            .await
            .text
            .contains(">CONSOLE<")
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_tenant_stands_beside_its_field() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("ada", Role::Admin, None).await.browser;
    browser.get(NEW).await;
    for name in ["", "a b", "ONLINEBANK", "CONSOLE"] {
        let answer = browser.post(NEW, &[("name", name)]).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{name}: {}",
            answer.text
        );
        assert!(
            answer.text.contains("id=\"name-wrong\""),
            "{name}: {}",
            answer.text
        );
    }
    let path = "/console/tenants/ONLINEBANK/settings";
    let fields = [
        ("callback_url", "ftp://x/<b>"),
        ("status", "active"),
        ("trial_expires", ""),
    ];
    let answer = change(&mut browser, path, &fields).await;
    assert_eq!(
        answer.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        answer.text
    );
    assert!(
        answer.text.contains("id=\"callback_url-wrong\""),
        "{}",
        answer.text
    );
    assert!(
        answer.text.contains("value=\"ftp://x/&#60;b&#62;\""),
        "{}",
        answer.text
    );
    let fields = [("status", "active"), ("trial_expires", "2030-02-31")];
    let answer = change(&mut browser, path, &fields).await;
    assert!(
        answer.text.contains("id=\"trial_expires-wrong\""),
        "{}",
        answer.text
    );
}
