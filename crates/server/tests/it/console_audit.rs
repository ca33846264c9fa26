//! The console's audit log: searched by everything that an event tells, and exported as it is filtered.

use challenge::officers::Role;
use reqwest::StatusCode;

use crate::console_stage::{Browser, Stage};

const AUDIT: &str = "/console/tenants/ONLINEBANK/audit";

/// How many events a page shows.
async fn count(browser: &mut Browser, path: &str) -> usize {
    let shown = browser.get(path).await;
    assert_eq!(shown.status, StatusCode::OK, "{path}: {}", shown.text);
    shown.text.matches("<dl class=\"facts\">").count()
}

/// Locks a user, and another user's authenticator.
async fn happenings(browser: &mut Browser) -> String {
    let listed = browser
        .get("/console/tenants/ONLINEBANK/users?q=myTestUser1")
        .await;
    let rows = listed.text.split_once("<tbody>").unwrap().1;
    let id = rows.split_once("/ONLINEBANK/users/").unwrap().1;
    let id = id.split_once('"').unwrap().0.to_owned();
    for path in [
        format!("/console/tenants/ONLINEBANK/users/{id}/lock"),
        "/console/tenants/ONLINEBANK/authenticators/40000000/lock".to_owned(),
    ] {
        browser.get(&path).await;
        let done = browser.post(&path, &[]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{path}: {}", done.text);
    }
    id
}

#[tokio::test]
async fn every_condition_narrows_what_is_shown_and_all_of_them_hold() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("op", Role::Operator, None).await.browser;
    let id = happenings(&mut browser).await;
    let by_id = format!("user={id}&kind=lock");
    for (query, expected) in [
        ("kind=lock", 2),
        ("user=myTestUser1&kind=lock", 1),
        (by_id.as_str(), 1),
        ("kind=lock&officer=op", 2),
        ("kind=lock&officer=nobody", 0),
        ("kind=lock&protocol=management", 2),
        ("kind=lock&protocol=activid", 0),
        ("kind=lock&outcome=done", 2),
        ("kind=lock&outcome=wrong", 0),
        ("kind=lock&from=2027-01-15T08:00", 2),
        ("kind=lock&from=2027-01-15T08:00:01", 0),
        ("kind=lock&to=2027-01-15T08:00", 0),
        ("kind=lock&text=127.0.0.1", 2),
        ("kind=lock&text=nonsense", 0),
        ("kind=lock&client=op", 2),
    ] {
        assert_eq!(
            count(&mut browser, &format!("{AUDIT}?{query}")).await,
            expected,
            "{query}"
        );
    }
    let whole = count(&mut browser, "/console/audit?kind=lock").await;
    assert_eq!(whole, 2);
    let shown = browser.get("/console/audit?kind=set_up&officer=op").await;
    assert!(
        shown.text.contains("Way to sign in set up"),
        "{}",
        shown.text
    );
    assert!(
        !shown.text.contains("/console/tenants/CONSOLE/"),
        "that tenant has no pages: {}",
        shown.text
    );
    let shown = browser
        .get(&format!("{AUDIT}?kind=lock&user=myTestUser1"))
        .await;
    assert!(
        shown.text.contains("value=\"lock\" selected"),
        "{}",
        shown.text
    );
    assert!(
        shown
            .text
            .contains(&format!("/users/{id}\"><bdi>myTestUser1</bdi>")),
        "{}",
        shown.text
    );
}

#[tokio::test]
async fn what_cannot_be_looked_for_is_told_beside_its_field() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("op", Role::Operator, None).await.browser;
    for (query, field) in [
        ("after=x", "user"),
        ("user=nobody", "user"),
        ("from=yesterday", "from"),
        ("to=2027-02-31T00:00", "to"),
        ("kind=nonsense", "user"),
    ] {
        let shown = browser.get(&format!("{AUDIT}?{query}")).await;
        assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        let wrong = format!("id=\"{field}-wrong\"");
        assert!(shown.text.contains(&wrong), "{query}: {}", shown.text);
        assert!(!shown.text.contains("/export?"), "{query}");
        let export = browser
            .get(&format!("{AUDIT}/export?format=csv&{query}"))
            .await;
        // An export has no pages.
        let expected = match query {
            "after=x" => StatusCode::OK,
            _ => StatusCode::CONFLICT,
        };
        assert_eq!(export.status, expected, "{query}");
    }
    let shown = browser.get("/console/audit?user=myTestUser1").await;
    assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_export_is_what_the_filter_shows_as_a_table_and_as_lines() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("op", Role::Operator, None).await.browser;
    happenings(&mut browser).await;
    let page = browser
        .get(&format!("{AUDIT}?kind=lock&user=myTestUser1"))
        .await;
    let table = page
        .between("href=\"", "\" download")
        .rsplit("href=\"")
        .next()
        .unwrap();
    let table = table.replace("&#38;", "&").replace("&amp;", "&");
    assert!(
        table.contains("kind=lock") && table.contains("user=myTestUser1"),
        "{table}"
    );
    let answer = browser.get(&table).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(
        answer.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/csv")
    );
    assert_eq!(
        answer.headers["content-disposition"],
        "attachment; filename=\"audit.csv\""
    );
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.text.lines().count(), 2, "{}", answer.text);
    assert!(answer.text.contains("\"myTestUser1\""), "{}", answer.text);
    let lines = browser
        .get(&table.replace("format=csv", "format=jsonl"))
        .await;
    assert_eq!(lines.headers["content-type"], "application/x-ndjson");
    let event: serde_json::Value = serde_json::from_str(lines.text.trim()).unwrap();
    assert_eq!(
        (event["kind"].as_str(), event["officer"].as_str()),
        (Some("lock"), Some("op"))
    );
    let whole = browser
        .get("/console/audit/export?format=jsonl&kind=lock")
        .await;
    assert_eq!(whole.text.lines().count(), 2, "{}", whole.text);
    let unknown = browser.get(&format!("{AUDIT}/export?format=xml")).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_tenants_officer_sees_what_happened_there_alone() {
    let stage = Stage::open().await;
    let mut own = stage
        .signed_in("own", Role::Auditor, Some("ONLINEBANK"))
        .await
        .browser;
    for path in ["/console/audit", "/console/audit/export?format=csv"] {
        assert_eq!(own.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(own.get(AUDIT).await.status, StatusCode::OK);
    let export = own.get(&format!("{AUDIT}/export?format=csv")).await;
    assert_eq!(export.status, StatusCode::OK);
    for path in ["audit", "audit/export?format=csv"] {
        let foreign = own.get(&format!("/console/tenants/OTHER/{path}")).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(
        !own.get(AUDIT)
            .await
            .text
            .contains("href=\"/console/audit\"")
    );
    let mut nobody = stage.browser();
    let sent = nobody.get("/console/audit/export?format=csv").await;
    assert!(
        sent.location().starts_with("/console/sign-in"),
        "{}",
        sent.text
    );
}
