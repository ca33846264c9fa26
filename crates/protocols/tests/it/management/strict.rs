//! What is not taken: texts that no database keeps, members that nobody knows, conditions that would not
//! be honoured.

use serde_json::{Value, json};

use crate::management::office::{Office, problem};

#[tokio::test]
async fn a_nul_is_refused_before_any_database_sees_it() {
    let office = Office::open().await;
    let bank = "/tenants/ONLINEBANK";
    let user = office.user("ONLINEBANK", "myTestUser1").await;
    let of_user = format!("{bank}/users/{user}");
    let users = format!("{bank}/users");
    let authenticators = format!("{of_user}/authenticators");
    for (asked, body, pointer) in [
        (
            ("POST", users.as_str()),
            json!({"login_name": "a\0"}),
            "/login_name",
        ),
        (
            ("PATCH", of_user.as_str()),
            json!({"external_id": "\0"}),
            "/external_id",
        ),
        (
            ("POST", authenticators.as_str()),
            json!({"serial": "S\u{0}1", "kind": "totp"}),
            "/serial",
        ),
        (
            ("POST", "/officers"),
            json!({"login_name": "a\0b", "role": "auditor"}),
            "/login_name",
        ),
    ] {
        let reply = office.ask(&office.admin, asked, &[], &body).await;
        let expected = ("invalid".to_owned(), vec![pointer.to_owned()]);
        assert_eq!(problem(&reply), expected, "{asked:?}");
    }
}

#[tokio::test]
async fn a_change_that_takes_away_what_is_not_there_is_refused() {
    let office = Office::open().await;
    for (path, patch, pointer) in [
        (
            "/tenants/ONLINEBANK",
            json!({"okay": {"callback_ulr": null}}),
            "/okay/callback_ulr",
        ),
        (
            "/tenants/ONLINEBANK",
            json!({"display_nmae": null}),
            "/display_nmae",
        ),
        ("/server", json!({"sign_pu": null}), "/sign_pu"),
    ] {
        let reply = office.patch(path, &patch).await;
        assert_eq!(problem(&reply).1, [pointer], "{path}");
    }
}

#[tokio::test]
async fn settings_for_approvals_go_and_the_rest_of_the_change_stays() {
    let office = Office::open().await;
    let patch = json!({"okay": null, "display_name": "New"});
    let changed = office.patch("/tenants/ONLINEBANK", &patch).await.json();
    assert_eq!(
        (&changed["okay"], &changed["display_name"]),
        (&Value::Null, &json!("New"))
    );
    let now = office.get("/tenants/ONLINEBANK").await.json();
    assert_eq!(
        (&now["okay"], &now["display_name"]),
        (&Value::Null, &json!("New"))
    );
}

#[tokio::test]
async fn a_condition_that_would_not_be_honoured_is_refused() {
    let office = Office::open().await;
    let user = office.user("ONLINEBANK", "myTestUser1").await;
    for path in [
        format!("/tenants/ONLINEBANK/users/{user}/lock"),
        "/tenants/ONLINEBANK/authenticators/H1/revoke".to_owned(),
        "/tenants/ONLINEBANK/authenticators/H1/enrolment".to_owned(),
    ] {
        let headers = [("if-match", "\"0\"")];
        let asked = ("POST", path.as_str());
        let reply = office
            .ask(&office.admin, asked, &headers, &Value::Null)
            .await;
        assert_eq!(problem(&reply).0, "malformed", "{path}");
    }
}
