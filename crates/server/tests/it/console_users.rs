//! The console's pages about users: made, searched, changed, locked, enrolled, linked, each by whoever may.

use challenge::directory::UserKey;
use challenge::officers::Role;
use challenge::verifier::Verifier;
use reqwest::StatusCode;

use crate::console_stage::{Answer, Browser, Stage};

pub(crate) const BANK: &str = "/console/tenants/ONLINEBANK";

pub(crate) const NEW: &str = "/console/tenants/ONLINEBANK/users/new";

/// The path of a user's page.
pub(crate) async fn path_of(verifier: &Verifier, login_name: &str) -> String {
    verifier.catalogue.refresh().await.unwrap();
    let tenant = verifier.catalogue.tenant("ONLINEBANK").unwrap().tenant.id;
    let key = UserKey::LoginName(login_name);
    let found = verifier.store().user(tenant, key).await.unwrap();
    format!("{BANK}/users/{}", found.unwrap().0.id)
}

/// Opens a page, and sends its form with the hidden fields that it has.
pub(crate) async fn send(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let shown = browser.get(path).await;
    assert_eq!(shown.status, StatusCode::OK, "{path}: {}", shown.text);
    let hidden = ["key", "tag", "kind"].map(|name| {
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

/// Sends a form, and opens the page that it leads to.
pub(crate) async fn done(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let answer = send(browser, path, fields).await;
    assert_eq!(
        answer.status,
        StatusCode::SEE_OTHER,
        "{path}: {}",
        answer.text
    );
    browser.get(answer.location()).await
}

#[tokio::test]
async fn a_user_is_made_found_and_changed() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("op", Role::Operator, None).await.browser;
    let made = done(
        &mut browser,
        NEW,
        &[
            ("login_name", "ann <b>"),
            ("display_name", "Ann"),
            ("external_id", "ext-1"),
            ("email", "ann@bank.example"),
            ("password", "four words of her own"),
        ],
    )
    .await;
    assert!(
        made.text.contains("<h1><bdi>ann &#60;b&#62;</bdi></h1>"),
        "{}",
        made.text
    );
    assert!(made.text.contains("ann@bank.example"), "{}", made.text);
    assert!(!made.text.contains("four words"), "{}", made.text);

    for (query, is_there) in [
        ("", true),
        ("?q=ann", true),
        ("?q=bob", false),
        ("?external_id=ext-1", true),
        ("?external_id=ext-1&q=bob", false),
    ] {
        let listed = browser.get(&format!("{BANK}/users{query}")).await;
        assert_eq!(
            listed.text.contains("ann &#60;b&#62;"),
            is_there,
            "{query}: {}",
            listed.text
        );
    }

    let path = path_of(&stage.verifier, "ann <b>").await;
    let edit = format!("{path}/edit");
    let changed = done(
        &mut browser,
        &edit,
        &[("display_name", "Ann B"), ("drop_password", "on")],
    )
    .await;
    assert!(changed.text.contains("Ann B"), "{}", changed.text);
    let facts = changed.between("<dl class=\"facts panel\">", "</dl>");
    assert!(
        !facts.contains("ann@bank.example"),
        "an empty field takes away: {facts}"
    );
    let shown = browser.get(&edit).await;
    assert!(!shown.text.contains("drop_password"), "{}", shown.text);
    // The form that was opened before somebody else's change.
    let old = shown
        .between("name=\"tag\" value=\"", "\"")
        .replace("&#34;", "\"");
    done(&mut browser, &edit, &[("display_name", "Ann C")]).await;
    let late = browser
        .post(&edit, &[("tag", &old), ("display_name", "Ann D")])
        .await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.text);
}

#[tokio::test]
async fn what_is_wrong_with_a_user_stands_beside_its_field() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("op", Role::Operator, None).await.browser;
    for (fields, field) in [
        ([("login_name", ""), ("email", "")], "login_name"),
        ([("login_name", "myTestUser1"), ("email", "")], "login_name"),
        ([("login_name", "x"), ("email", "a\u{1}b")], "email"),
        (
            [("login_name", "x"), ("external_id", "uid406jkt")],
            "external_id",
        ),
    ] {
        let answer = send(&mut browser, NEW, &fields).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{field}: {}",
            answer.text
        );
        let wrong = format!("id=\"{field}-wrong\"");
        assert!(answer.text.contains(&wrong), "{field}: {}", answer.text);
    }
    let path = path_of(&stage.verifier, "myTestUser1").await;
    let answer = send(
        &mut browser,
        &format!("{path}/edit"),
        &[("external_id", "uid407jkt")],
    )
    .await;
    assert!(
        answer.text.contains("id=\"external_id-wrong\""),
        "{}",
        answer.text
    );
    assert!(
        answer.text.contains("value=\"uid407jkt\""),
        "{}",
        answer.text
    );
}

#[tokio::test]
async fn a_user_is_locked_seen_among_the_locked_and_unlocked_and_the_time_line_tells() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("op", Role::Operator, None).await.browser;
    let path = path_of(&stage.verifier, "myTestUser1").await;
    let locked = format!("{BANK}/locked");
    assert!(
        browser
            .get(&locked)
            .await
            .text
            .contains("Nobody is locked.")
    );
    let shown = done(&mut browser, &format!("{path}/lock"), &[]).await;
    assert!(
        shown.text.contains("locked by an officer"),
        "{}",
        shown.text
    );
    assert!(shown.text.contains("Locked by hand"), "{}", shown.text);
    assert!(
        shown.text.contains("Console and management API"),
        "{}",
        shown.text
    );
    let listed = browser.get(&locked).await;
    assert!(listed.text.contains("by op<"), "{}", listed.text);
    assert!(
        listed.text.contains("2027-01-15 08:00:00 UTC"),
        "{}",
        listed.text
    );
    let unlocked = done(&mut browser, &format!("{path}/unlock"), &[]).await;
    assert!(unlocked.text.contains("not locked"), "{}", unlocked.text);
    assert!(
        browser
            .get(&locked)
            .await
            .text
            .contains("Nobody is locked.")
    );
}

#[tokio::test]
async fn wrong_codes_lock_under_a_policy_which_is_told_with_its_count() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("op", Role::Operator, None).await.browser;
    let token = format!("{BANK}/authenticators/20000000");
    // A resynchronisation is no way around the lock.
    let mut last = String::new();
    for _ in 0..20 {
        let answer = send(
            &mut browser,
            &token,
            &[("first", "000000"), ("second", "000001")],
        )
        .await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{}",
            answer.text
        );
        last = answer.text;
        if last.contains("codes are not looked at") {
            break;
        }
    }
    assert!(last.contains("codes are not looked at"), "{last}");
    let listed = browser.get(&format!("{BANK}/locked")).await;
    assert!(
        listed
            .text
            .contains("wrong answers under <bdi>AT_CUSTOTP</bdi>"),
        "{}",
        listed.text
    );
    let path = path_of(&stage.verifier, "myTestUser1").await;
    let shown = browser.get(&path).await;
    assert!(
        shown.text.contains("locked under AT_CUSTOTP"),
        "{}",
        shown.text
    );
    let reset = done(&mut browser, &format!("{path}/reset/AT_CUSTOTP"), &[]).await;
    assert!(reset.text.contains("not locked"), "{}", reset.text);
}

#[tokio::test]
async fn an_auditor_sees_everything_and_is_offered_nothing_and_a_stranger_finds_nothing() {
    let stage = Stage::open().await;
    let mut admin = stage.signed_in("ada", Role::Admin, None).await.browser;
    admin.get("/console/tenants/new").await;
    admin
        .post("/console/tenants/new", &[("name", "OTHER")])
        .await;
    let mut auditor = stage
        .signed_in("aud", Role::Auditor, Some("ONLINEBANK"))
        .await
        .browser;
    let mut stranger = stage
        .signed_in("str", Role::Admin, Some("OTHER"))
        .await
        .browser;
    let path = path_of(&stage.verifier, "myTestUser1").await;
    let token = format!("{BANK}/authenticators/20000000");
    for page in [
        format!("{BANK}/users"),
        format!("{BANK}/locked"),
        path.clone(),
        token.clone(),
    ] {
        let shown = auditor.get(&page).await;
        assert_eq!(shown.status, StatusCode::OK, "{page}: {}", shown.text);
        let main = shown.between("<main", "</main>");
        for offered in ["method=\"post\"", "class=\"button main\"", "button danger"] {
            assert!(!main.contains(offered), "{page} {offered}: {main}");
        }
        assert_eq!(
            stranger.get(&page).await.status,
            StatusCode::NOT_FOUND,
            "{page}"
        );
    }
    nobody_else_does(&mut auditor, &mut stranger, (&path, &token)).await;
}

/// Neither who may only look nor who belongs elsewhere does anything with a user or a token.
async fn nobody_else_does(
    auditor: &mut Browser,
    stranger: &mut Browser,
    (path, token): (&str, &str),
) {
    let acts = [
        "edit",
        "lock",
        "unlock",
        "reset/AT_CUSTOTP",
        "link",
        "authenticators/new",
    ];
    let acts = acts.map(|act| format!("{path}/{act}"));
    let of_token =
        ["lock", "unlock", "again", "print", "revoke"].map(|act| format!("{token}/{act}"));
    for page in acts.iter().chain(&of_token).chain([&NEW.to_owned()]) {
        let fields = [("kind", "totp"), ("serial", "x"), ("login_name", "x")];
        assert_eq!(
            auditor.get(page).await.status,
            StatusCode::FORBIDDEN,
            "{page}"
        );
        let refused = auditor.post(page, &fields).await;
        assert_eq!(
            refused.status,
            StatusCode::FORBIDDEN,
            "{page}: {}",
            refused.text
        );
        assert_eq!(
            stranger.get(page).await.status,
            StatusCode::NOT_FOUND,
            "{page}"
        );
        let refused = stranger.post(page, &fields).await;
        assert_eq!(
            refused.status,
            StatusCode::NOT_FOUND,
            "{page}: {}",
            refused.text
        );
    }
    let refused = auditor.post(token, &[("first", "000000")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
}
