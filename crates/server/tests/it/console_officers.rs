//! The console's pages about officers, tokens, the server and what it does: what each role sees and may.

use challenge::officers::Role;
use reqwest::StatusCode;

use crate::console_stage::{PASSWORD, Stage};

/// A page, and what it takes to open it: whoever is of the whole server, whoever governs.
const PAGES: [(&str, bool, bool); 9] = [
    ("/console/", false, false),
    ("/console/?range=hour", false, false),
    ("/console/account", false, false),
    ("/console/account/factor", false, false),
    ("/console/server", true, false),
    ("/console/officers", false, true),
    ("/console/officers/new", false, true),
    ("/console/tokens", false, true),
    ("/console/tokens/new", false, true),
];

/// The page of the officer of this name, by the list of officers.
pub(crate) fn page_of(listed: &str, name: &str) -> String {
    let link = format!("\">Edit<span class=\"unseen\"> <bdi>{name}</bdi>");
    let before = listed
        .split_once(&link)
        .unwrap_or_else(|| panic!("no {name} in {listed}"))
        .0;
    before.rsplit_once("href=\"").unwrap().1.to_owned()
}

#[tokio::test]
async fn a_role_opens_what_it_may_and_is_offered_nothing_else() {
    let stage = Stage::open().await;
    for (role, tenant) in [
        (Role::Admin, None),
        (Role::Operator, None),
        (Role::Auditor, None),
        (Role::Admin, Some("ONLINEBANK")),
        (Role::Auditor, Some("ONLINEBANK")),
    ] {
        let name = format!("{}-{}", role.name(), tenant.unwrap_or("all"));
        let mut browser = stage.signed_in(&name, role, tenant).await.browser;
        let overview = browser.get("/console/").await.text;
        for (path, whole, governs) in PAGES {
            let may = (!whole || tenant.is_none()) && (!governs || role == Role::Admin);
            let answer = browser.get(path).await;
            let expected = if may {
                StatusCode::OK
            } else {
                StatusCode::FORBIDDEN
            };
            assert_eq!(answer.status, expected, "{name} {path}");
            let is_place =
                ["/console/server", "/console/officers", "/console/tokens"].contains(&path);
            if is_place {
                assert_eq!(
                    overview.contains(&format!("href=\"{path}\"")),
                    may,
                    "{name} {path}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_form_gives_nobody_more_than_they_have() {
    let stage = Stage::open().await;
    let mut auditor = stage.signed_in("aud", Role::Auditor, None).await.browser;
    let mut own = stage
        .signed_in("own", Role::Admin, Some("ONLINEBANK"))
        .await
        .browser;
    let mut admin = stage.signed_in("ada", Role::Admin, None).await.browser;
    let token = [
        ("name", "x"),
        ("role", "auditor"),
        ("days", "1"),
        ("whole", "on"),
    ];
    let invited = [("login_name", "y"), ("role", "auditor"), ("whole", "on")];
    let sign_up = [("open", "on"), ("trial_days", "9")];
    for (path, fields) in [
        ("/console/tokens/new", &token[..]),
        ("/console/officers/new", &invited),
        ("/console/server", &sign_up),
    ] {
        let answer = auditor.post(path, fields).await;
        assert_eq!(
            answer.status,
            StatusCode::FORBIDDEN,
            "{path}: {}",
            answer.text
        );
    }
    assert_eq!(
        own.post("/console/server", &sign_up).await.status,
        StatusCode::FORBIDDEN
    );
    // Whoever reaches one tenant makes tokens of it alone, and sees nobody of the whole server.
    let made = own
        .post(
            "/console/tokens/new",
            &[("name", "theirs"), ("role", "admin")],
        )
        .await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let listed = own.get("/console/tokens").await.text;
    assert!(listed.contains("<bdi>ONLINEBANK</bdi>"), "{listed}");
    let officers = own.get("/console/officers").await.text;
    assert!(
        officers.contains("<bdi>own</bdi>") && !officers.contains("<bdi>ada</bdi>"),
        "{officers}"
    );
    let path = page_of(&admin.get("/console/officers").await.text, "ada");
    for path in [path.clone(), format!("{path}/remove")] {
        assert_eq!(own.get(&path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(
            own.post(&path, &[("role", "auditor")]).await.status,
            StatusCode::NOT_FOUND
        );
    }
}

#[tokio::test]
async fn a_token_is_told_once_and_to_the_same_form_again() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("ada", Role::Admin, None).await.browser;
    let asked = browser.get("/console/tokens/new").await;
    let key = asked.between("name=\"key\" value=\"", "\"").to_owned();
    let fields = [
        ("name", "<script>alert(1)</script>"),
        ("role", "auditor"),
        ("whole", "on"),
        ("key", &key),
    ];
    let first = browser.post("/console/tokens/new", &fields).await;
    let text = first.between(">cst_", "<").to_owned();
    let again = browser.post("/console/tokens/new", &fields).await;
    assert_eq!(again.between(">cst_", "<"), text);
    let listed = browser.get("/console/tokens").await.text;
    assert_eq!(
        listed.matches("&#60;script&#62;alert(1)").count(),
        2,
        "{listed}"
    );
    assert!(
        !listed.contains("cst_") && !listed.contains("<script>alert"),
        "{listed}"
    );
    let other = [
        ("name", "other"),
        ("role", "auditor"),
        ("whole", "on"),
        ("key", &key),
    ];
    let refused = browser.post("/console/tokens/new", &other).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);

    let path = listed
        .split("/console/tokens/")
        .find(|part| part.contains("/revoke"))
        .unwrap();
    let path = format!("/console/tokens/{}", path.split('"').next().unwrap());
    let asked = browser.get(&path).await;
    assert_eq!(asked.status, StatusCode::OK);
    assert!(
        browser
            .get("/console/tokens")
            .await
            .text
            .contains("state good")
    );
    browser.post(&path, &[]).await;
    let listed = browser.get("/console/tokens").await.text;
    assert!(
        listed.contains("state bad") && !listed.contains("/revoke"),
        "{listed}"
    );
}

#[tokio::test]
async fn an_officer_is_invited_changed_given_a_link_and_removed() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("ada", Role::Admin, None).await.browser;
    browser.get("/console/officers/new").await;
    let fields = [
        ("login_name", "bob"),
        ("role", "auditor"),
        ("whole", "on"),
        ("email", "bob@bank.example"),
    ];
    let told = browser.post("/console/officers/new", &fields).await;
    let link = told.between("/console/link/", "<").to_owned();
    let mut bob = stage.browser();
    bob.set_up(&format!("/console/link/{link}"), &stage.clock)
        .await;
    let listed = browser.get("/console/officers").await.text;
    let path = page_of(&listed, "bob");

    let shown = browser.get(&path).await;
    let tag = shown
        .between("name=\"tag\" value=\"", "\"")
        .replace("&#34;", "\"");
    let change = [("role", "operator"), ("whole", "on"), ("tag", &tag)];
    let changed = browser.post(&path, &change).await;
    assert_eq!(changed.location(), "/console/officers", "{}", changed.text);
    let listed = browser.get("/console/officers").await.text;
    assert!(listed.contains("bob is changed."), "{listed}");
    let late = browser.post(&path, &change).await;
    assert_eq!(
        late.status,
        StatusCode::CONFLICT,
        "a form that was overtaken changes nothing"
    );
    assert!(bob.get("/console/").await.text.contains("operator"));

    browser.get(&path).await;
    for password in ["", "not the password"] {
        let fields = [("forget_factor", "on"), ("current_password", password)];
        let refused = browser.post(&format!("{path}/link"), &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        let wrong = "id=\"current_password-wrong\"";
        assert!(refused.text.contains(wrong), "{}", refused.text);
    }
    let fields = [("forget_factor", "on"), ("current_password", PASSWORD)];
    let told = browser.post(&format!("{path}/link"), &fields).await;
    let link = format!("/console/link/{}", told.between("/console/link/", "<"));
    assert_eq!(bob.get("/console/").await.status, StatusCode::SEE_OTHER);
    stage.clock.advance_s(30);
    bob.set_up(&link, &stage.clock).await;
    assert_eq!(bob.get("/console/").await.status, StatusCode::OK);

    let asked = browser.get(&format!("{path}/remove")).await;
    let tag = asked
        .between("name=\"tag\" value=\"", "\"")
        .replace("&#34;", "\"");
    let removed = browser
        .post(&format!("{path}/remove"), &[("tag", &tag)])
        .await;
    assert_eq!(removed.location(), "/console/officers", "{}", removed.text);
    assert_eq!(bob.get("/console/").await.status, StatusCode::SEE_OTHER);
    let refused = bob.send_password("bob", PASSWORD).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_last_who_governs_is_not_removed() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("ada", Role::Admin, None).await.browser;
    let listed = browser.get("/console/officers").await.text;
    let path = format!("{}/remove", page_of(&listed, "ada"));
    let asked = browser.get(&path).await;
    let tag = asked
        .between("name=\"tag\" value=\"", "\"")
        .replace("&#34;", "\"");
    let refused = browser.post(&path, &[("tag", &tag)]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    assert!(
        refused.text.contains("last administrator"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn settings_of_the_server_are_kept_and_mistakes_are_not() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("ada", Role::Admin, None).await.browser;
    let shown = browser.get("/console/server").await;
    for part in ["state good", "SQLite", "version 1", "0.1.0"] {
        assert!(shown.text.contains(part), "{part}: {}", shown.text);
    }
    let tag = shown
        .between("name=\"tag\" value=\"", "\"")
        .replace("&#34;", "\"");
    for days in ["0", "many", ""] {
        let fields = [("trial_days", days), ("tag", &tag)];
        let answer = browser.post("/console/server", &fields).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{days}: {}",
            answer.text
        );
    }
    let fields = [("open", "on"), ("trial_days", "14"), ("tag", &tag)];
    // Nobody could confirm an address.
    let refused = browser.post("/console/server", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in [
        "id=\"open-wrong\"",
        "[delivery.smtp]",
        "value=\"14\"",
        "checked",
    ] {
        assert!(refused.text.contains(part), "{part}: {}", refused.text);
    }
    stage.sends_letters_to(9).await;
    let shown = browser.get("/console/server").await;
    let tag = shown
        .between("name=\"tag\" value=\"", "\"")
        .replace("&#34;", "\"");
    let fields = [("open", "on"), ("trial_days", "14"), ("tag", &tag)];
    let saved = browser.post("/console/server", &fields).await;
    assert_eq!(saved.location(), "/console/server", "{}", saved.text);
    let sign_up = stage.verifier.catalogue.sign_up();
    assert!(sign_up.open && sign_up.trial_days == 14);
}

#[tokio::test]
async fn a_console_without_tls_is_shown_to_this_machine_alone() {
    let afar = ("x-forwarded-for", "203.0.113.5");
    for (public_url, status) in [
        (None, StatusCode::FORBIDDEN),
        (Some("https://verify.example"), StatusCode::OK),
    ] {
        let stage = Stage::known_as(public_url).await;
        let mut browser = stage.browser();
        browser.headers.insert(afar.0, afar.1.parse().unwrap());
        let answer = browser.get("/console/sign-in").await;
        assert_eq!(answer.status, status, "{}", answer.text);
        if status == StatusCode::OK {
            let cookies = answer.cookies();
            let attributes = "; Path=/; HttpOnly; SameSite=Lax; Secure";
            assert!(
                cookies[0].starts_with("__Host-console-visitor="),
                "{cookies:?}"
            );
            assert!(cookies[0].contains(attributes), "{cookies:?}");
        } else {
            let sent = browser
                .post("/console/sign-in", &[("login_name", "ada")])
                .await;
            assert_eq!(sent.status, StatusCode::FORBIDDEN, "{}", sent.text);
        }
    }
}

#[tokio::test]
async fn the_language_is_the_chosen_one_then_the_browsers() {
    let stage = Stage::open().await;
    let mut browser = stage.browser();
    for (wish, title) in [
        ("de-AT", "Anmelden"),
        ("fr", "Se connecter"),
        ("es;q=0.9", "Iniciar sesión"),
        ("nl", "Sign in"),
    ] {
        browser
            .headers
            .insert("accept-language", wish.parse().unwrap());
        let answer = browser.get("/console/sign-in").await;
        assert_eq!(answer.between("<h1>", "</h1>"), title);
    }
    let chosen = browser
        .post(
            "/console/language",
            &[
                ("language", "de"),
                ("to", "/console/sign-in?to=%2Fconsole%2Faudit"),
            ],
        )
        .await;
    assert_eq!(chosen.location(), "/console/sign-in?to=%2Fconsole%2Faudit");
    let answer = browser.get(chosen.location()).await;
    assert_eq!(answer.between("<h1>", "</h1>"), "Anmelden");
    assert_eq!(answer.between("<html lang=\"", "\""), "de");
}
