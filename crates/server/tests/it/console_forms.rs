//! The console's forms: what they take, what they refuse, and how that is told.

use challenge::officers::Role;
use reqwest::StatusCode;

use crate::console_officers::page_of;
use crate::console_stage::{PASSWORD, Stage};

#[tokio::test]
async fn nobody_gets_a_link_for_themselves_nor_the_whole_server_by_an_empty_field() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("ada", Role::Admin, None).await.browser;
    let path = page_of(&browser.get("/console/officers").await.text, "ada");
    let shown = browser.get(&path).await.text;
    assert!(!shown.contains("name=\"forget_factor\""), "{shown}");
    for fields in [
        &[][..],
        &[("forget_factor", "on"), ("current_password", PASSWORD)],
    ] {
        let refused = browser.post(&format!("{path}/link"), fields).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
        assert!(!refused.text.contains("/console/link/"), "{}", refused.text);
    }
    let role = ("role", "auditor");
    for (path, name) in [
        ("/console/officers/new", "login_name"),
        ("/console/tokens/new", "name"),
        (path.as_str(), "login_name"),
    ] {
        let both = [(name, "n"), role, ("tenant", "ONLINEBANK"), ("whole", "on")];
        for fields in [&both[..2], &both[..]] {
            let answer = browser.post(path, fields).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
            let wrong = "id=\"tenant-wrong\"";
            assert!(answer.text.contains(wrong), "{path}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn what_a_form_got_wrong_is_told_in_the_visitors_language() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("ada", Role::Admin, None).await.browser;
    let days = [
        ("name", "n"),
        ("role", "auditor"),
        ("days", "0"),
        ("whole", "on"),
    ];
    for (language, range, taken) in [
        ("en", "choose 1 to 3650", "there is a tenant"),
        ("de", "wählen Sie 1 bis 3650", "gibt es schon"),
        ("fr", "choisissez de 1 à 3650", "existe déjà"),
        ("es", "elija de 1 a 3650", "ya existe"),
    ] {
        let wish = language.parse().unwrap();
        browser.headers.insert("accept-language", wish);
        let answer = browser.post("/console/tokens/new", &days).await;
        let wrong = answer.between("id=\"days-wrong\">", "<");
        assert_eq!(wrong, range);
        let answer = browser
            .post("/console/tenants/new", &[("name", "ONLINEBANK")])
            .await;
        let wrong = answer.between("id=\"name-wrong\">", "<");
        assert!(
            wrong.contains(taken) && wrong.contains("ONLINEBANK"),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_form_that_was_wrong_is_taken_once_it_is_mended() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("ada", Role::Admin, None).await.browser;
    let asked = browser.get("/console/tenants/new").await;
    let key = asked.between("name=\"key\" value=\"", "\"").to_owned();
    let fields = |name| [("name", name), ("key", key.as_str())];
    let taken = browser
        .post("/console/tenants/new", &fields("ONLINEBANK"))
        .await;
    assert_eq!(
        taken.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        taken.text
    );
    assert_eq!(taken.between("name=\"key\" value=\"", "\""), key);
    let made = browser
        .post("/console/tenants/new", &fields("TEAPOTS"))
        .await;
    assert_eq!(made.location(), "/console/tenants", "{}", made.text);
    let other = browser
        .post("/console/tenants/new", &fields("KETTLES"))
        .await;
    assert_eq!(other.status, StatusCode::CONFLICT, "{}", other.text);
}

#[tokio::test]
async fn what_nobody_can_type_is_refused_before_anything_is_looked_up() {
    let stage = Stage::open().await;
    let mut stranger = stage.browser();
    stranger.get("/console/sign-in").await;
    let fields = [("login_name", "a\0b"), ("password", PASSWORD)];
    let refused = stranger.post("/console/sign-in", &fields).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
    let asked = stranger.get("/console/sign-in?to=%00").await;
    assert_eq!(asked.status, StatusCode::BAD_REQUEST, "{}", asked.text);
    let mut browser = stage.signed_in("ada", Role::Admin, None).await.browser;
    let missing = browser.get("/console/tenants/a%00b/settings").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_a_form_got_wrong_stands_beside_its_field_and_the_rest_stays() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("ada", Role::Admin, None).await.browser;
    browser.get("/console/tokens/new").await;
    let fields = [
        ("name", "kept \"<b>"),
        ("role", "operator"),
        ("tenant", "NOBODY"),
        ("days", "7"),
    ];
    let answer = browser.post("/console/tokens/new", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let field = answer.between("id=\"tenant\" name", ">");
    assert!(field.contains("aria-invalid=\"true\""), "{field}");
    assert!(
        answer.text.contains("id=\"tenant-wrong\""),
        "{}",
        answer.text
    );
    assert!(
        answer.text.contains("value=\"kept &#34;&#60;b&#62;\""),
        "{}",
        answer.text
    );
    assert!(
        answer.text.contains("value=\"operator\" selected"),
        "{}",
        answer.text
    );
    for days in ["0", "x", "-1", "3651", "99999999999"] {
        let whole = ("whole", "on");
        let fields = [("name", "n"), ("role", "auditor"), ("days", days), whole];
        let answer = browser.post("/console/tokens/new", &fields).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{days}");
    }
    let answer = browser
        .post(
            "/console/tokens/new",
            &[("name", "n"), ("role", "root"), ("whole", "on")],
        )
        .await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.text);
    let large = "x".repeat(65 * 1024);
    let answer = browser
        .post("/console/tokens/new", &[("name", &large)])
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}
