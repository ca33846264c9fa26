//! The console's door: signing in and out, sessions, forms, cookies, headers.

use challenge::officers::Role;
use reqwest::{Method, StatusCode};

use crate::console_stage::{Answer, PASSWORD, Person, Stage, code};

const SESSION: &str = "console";

/// The page without what is drawn anew each time.
fn plain(answer: &Answer, token: &str) -> String {
    answer.text.replace(token, "")
}

#[tokio::test]
async fn the_way_in_is_a_link_then_password_and_code_or_recovery_code_each_once() {
    let stage = Stage::open().await;
    let Person {
        mut browser,
        key,
        recovery,
    } = stage.signed_in("ada", Role::Admin, None).await;
    assert_eq!(recovery.len(), 10);
    let overview = browser.get("/console/").await;
    assert_eq!(overview.status, StatusCode::OK);
    assert!(
        overview.text.contains("<bdi>ada</bdi>"),
        "{}",
        overview.text
    );
    let out = browser.post("/console/sign-out", &[]).await;
    assert_eq!(
        (out.status, out.location()),
        (StatusCode::SEE_OTHER, "/console/sign-in")
    );
    let told = browser.get("/console/sign-in").await;
    assert!(told.text.contains("You are signed out."), "{}", told.text);
    let told = browser.get("/console/sign-in").await;
    assert!(
        !told.text.contains("You are signed out."),
        "a notice is told once"
    );

    // The code that confirmed the factor is spent.
    let begun = browser.send_password("ada", PASSWORD).await;
    assert_eq!(begun.location(), "/console/sign-in/code", "{}", begun.text);
    browser.get("/console/sign-in/code").await;
    let used = code(&key, &stage.clock);
    let refused = browser
        .post("/console/sign-in/code", &[("code", &used)])
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    stage.clock.advance_s(30);
    let next = code(&key, &stage.clock);
    let spaced = format!(" {} {} ", &next[..3], &next[3..]);
    let taken = browser
        .post("/console/sign-in/code", &[("code", &spaced)])
        .await;
    assert_eq!(taken.location(), "/console/", "{}", taken.text);
    assert_eq!(browser.get("/console/").await.status, StatusCode::OK);

    // A recovery code opens one session and no second one.
    for (wanted, expected) in [(true, "/console/"), (false, "")] {
        let mut browser = stage.browser();
        browser.send_password("ada", PASSWORD).await;
        browser.get("/console/sign-in/code").await;
        let fields = [("recovery_code", recovery[0].as_str())];
        let answer = browser.post("/console/sign-in/recovery", &fields).await;
        assert_eq!(answer.location(), expected, "{}", answer.text);
        assert_eq!(
            browser.get("/console/").await.status == StatusCode::OK,
            wanted
        );
    }
}

#[tokio::test]
async fn a_link_is_followed_by_its_button_once() {
    let stage = Stage::open().await;
    let link = stage.link_of("ada", Role::Admin, None).await;
    let mut scanner = stage.browser();
    for _ in 0..3 {
        assert_eq!(scanner.get(&link).await.status, StatusCode::OK);
    }
    let mut browser = stage.browser();
    browser.set_up(&link, &stage.clock).await;
    let late = scanner.post(&link, &[]).await;
    assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(late.text.contains("good no more"), "{}", late.text);
    let strange = scanner.post("/console/link/csl_x%00%FF", &[]).await;
    assert!(strange.status.is_client_error(), "{}", strange.status);
}

#[tokio::test]
async fn nothing_but_what_is_owed_is_open_before_the_sign_in_is_complete() {
    let stage = Stage::open().await;
    let link = stage.link_of("ada", Role::Admin, None).await;
    let mut browser = stage.browser();
    for path in [
        "/console/",
        "/console/tokens/new",
        "/console/account",
        "/console/nothing",
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert!(answer.location().starts_with("/console/sign-in"), "{path}");
    }
    browser.get(&link).await;
    browser.post(&link, &[]).await;
    let half = browser.get("/console/").await;
    assert_eq!(half.location(), "/console/set-up/password");
    browser.get("/console/set-up/password").await;
    let fields = [("name", "x"), ("role", "admin")];
    let answer = browser.post("/console/tokens/new", &fields).await;
    assert_eq!(
        answer.location(),
        "/console/set-up/password",
        "{}",
        answer.text
    );
    let early = browser.post("/console/set-up/factor", &[]).await;
    assert_eq!(early.location(), "/console/set-up/password");
    let short = [("new_password", "too short"), ("again", "too short")];
    let answer = browser.post("/console/set-up/password", &short).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("fewer than 12"), "{}", answer.text);
    assert!(
        !answer.text.contains("too short"),
        "a password is never put into a page"
    );
}

#[tokio::test]
async fn a_form_that_no_page_of_ours_sent_is_refused_and_does_nothing() {
    let stage = Stage::open().await;
    let mut person = stage.signed_in("ada", Role::Admin, None).await;
    let mut other = stage.signed_in("eve", Role::Admin, None).await;
    person.browser.get("/console/tokens/new").await;
    other.browser.get("/console/tokens/new").await;
    let own = person.browser.token.clone();
    let whole = ("whole", "on");
    let fields = |token: &'static str| {
        [
            ("csrf", token),
            ("name", "planted"),
            ("role", "admin"),
            whole,
        ]
    };
    for token in ["", "AAAA"] {
        let sent = fields(token);
        let browser = &mut person.browser;
        let answer = browser
            .send(Method::POST, "/console/tokens/new", Some(&sent))
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{token}");
    }
    let browser = &mut person.browser;
    browser.token = other.browser.token;
    let answer = browser.post("/console/tokens/new", &fields("")[1..]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    for site in ["cross-site", "same-site"] {
        browser.token.clone_from(&own);
        browser
            .headers
            .insert("sec-fetch-site", site.parse().unwrap());
        let answer = browser.post("/console/tokens/new", &fields("")[1..]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{site}");
    }
    browser.headers.clear();
    let mut stranger = stage.browser();
    stranger.get("/console/sign-in").await;
    let sent = [("login_name", "ada"), ("password", PASSWORD)];
    let answer = stranger
        .send(Method::POST, "/console/sign-in", Some(&sent))
        .await;
    assert_eq!(
        answer.status,
        StatusCode::FORBIDDEN,
        "signing in is a form too"
    );
    let listed = browser.get("/console/tokens").await;
    assert!(!listed.text.contains("planted"), "{}", listed.text);
    browser.token = own;
    let answer = browser.post("/console/tokens/new", &fields("")[1..]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test]
async fn the_sessions_secret_is_new_at_each_step_and_never_the_visitors_choice() {
    let stage = Stage::open().await;
    let mut person = stage.signed_in("ada", Role::Admin, None).await;
    person.browser.post("/console/sign-out", &[]).await;
    stage.clock.advance_s(30);
    let mut browser = stage.browser();
    let planted = "A".repeat(43);
    browser.cookies.insert(SESSION.to_owned(), planted.clone());
    let begun = browser.send_password("ada", PASSWORD).await;
    let cookie = begun
        .cookies()
        .into_iter()
        .find(|line| line.starts_with("console="));
    let attributes = cookie.unwrap().split_once(';').unwrap().1;
    assert_eq!(attributes, " Path=/; HttpOnly; SameSite=Lax");
    let half = browser.cookies[SESSION].clone();
    assert_ne!(half, planted);
    browser.get("/console/sign-in/code").await;
    let now = code(&person.key, &stage.clock);
    browser
        .post("/console/sign-in/code", &[("code", &now)])
        .await;
    assert_ne!(browser.cookies[SESSION], half);
    assert_eq!(browser.get("/console/").await.status, StatusCode::OK);
    for old in [half, planted] {
        let mut thief = stage.browser();
        thief.cookies.insert(SESSION.to_owned(), old);
        assert_eq!(thief.get("/console/").await.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_and_another_password_ends_the_others() {
    let stage = Stage::open().await;
    let mut person = stage.signed_in("ada", Role::Admin, None).await;
    let mut second = stage.browser();
    second.send_password("ada", PASSWORD).await;
    second.get("/console/sign-in/code").await;
    stage.clock.advance_s(30);
    let now = code(&person.key, &stage.clock);
    second
        .post("/console/sign-in/code", &[("code", &now)])
        .await;
    let account = second.get("/console/account").await;
    assert_eq!(account.text.matches("this one").count(), 1);
    let mut kept = second.clone();
    second.post("/console/sign-out", &[]).await;
    assert_eq!(kept.get("/console/").await.status, StatusCode::SEE_OTHER);

    let mut third = stage.browser();
    third.send_password("ada", PASSWORD).await;
    third.get("/console/sign-in/code").await;
    let fields = [("recovery_code", person.recovery[3].as_str())];
    third.post("/console/sign-in/recovery", &fields).await;
    assert_eq!(third.get("/console/").await.status, StatusCode::OK);
    let browser = &mut person.browser;
    browser.get("/console/account").await;
    let new = "four other words that belong nowhere";
    let wrong = [
        ("current_password", "no"),
        ("new_password", new),
        ("again", new),
    ];
    let answer = browser.post("/console/account/password", &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(third.get("/console/").await.status, StatusCode::OK);
    let right = [
        ("current_password", PASSWORD),
        ("new_password", new),
        ("again", new),
    ];
    let answer = browser.post("/console/account/password", &right).await;
    assert_eq!(answer.location(), "/console/account", "{}", answer.text);
    assert_eq!(browser.get("/console/account").await.status, StatusCode::OK);
    assert_eq!(third.get("/console/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_session_that_nobody_uses_ends_and_a_refresh_is_no_use() {
    let stage = Stage::open().await;
    let mut person = stage.signed_in("ada", Role::Admin, None).await;
    let browser = &mut person.browser;
    for _ in 0..3 {
        stage.clock.advance_s(29 * 60);
        assert_eq!(browser.get("/console/").await.status, StatusCode::OK);
    }
    stage.clock.advance_s(20 * 60);
    browser
        .headers
        .insert("x-console-refresh", "1".parse().unwrap());
    assert_eq!(browser.get("/console/").await.status, StatusCode::OK);
    stage.clock.advance_s(11 * 60);
    assert_eq!(browser.get("/console/").await.status, StatusCode::SEE_OTHER);
    browser.headers.clear();
    let answer = browser.get("/console/officers").await;
    assert_eq!(
        answer.location(),
        "/console/sign-in?to=%2Fconsole%2Fofficers"
    );
}

#[tokio::test]
async fn a_session_ends_after_twelve_hours_however_busy() {
    let stage = Stage::open().await;
    let mut person = stage.signed_in("ada", Role::Admin, None).await;
    for _ in 0..25 {
        stage.clock.advance_s(28 * 60);
        assert_eq!(person.browser.get("/console/").await.status, StatusCode::OK);
    }
    stage.clock.advance_s(28 * 60);
    assert_eq!(
        person.browser.get("/console/").await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn an_unknown_name_and_a_wrong_password_are_told_alike() {
    let stage = Stage::open().await;
    stage.signed_in("ada", Role::Admin, None).await;
    let mut browser = stage.browser();
    let mut pages = Vec::new();
    for (name, password) in [
        ("ada", "wrong"),
        ("bob", "wrong"),
        ("bob", PASSWORD),
        ("", ""),
    ] {
        let answer = browser.send_password(name, password).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        let page = plain(&answer, &browser.token);
        pages.push(page.replace(&format!("value=\"{name}\""), "value=\"\""));
        assert!(!browser.cookies.contains_key(SESSION), "{name}");
    }
    assert!(pages.windows(2).all(|two| two[0] == two[1]), "{pages:#?}");
}

#[tokio::test]
async fn nobody_is_sent_elsewhere_after_signing_in() {
    let stage = Stage::open().await;
    let mut person = stage.signed_in("ada", Role::Admin, None).await;
    person.browser.post("/console/sign-out", &[]).await;
    for (to, expected) in [
        ("/console/officers", "/console/officers"),
        ("//evil.example/", "/console/"),
        ("https://evil.example/", "/console/"),
        ("/app/", "/console/"),
    ] {
        stage.clock.advance_s(30);
        let mut browser = stage.browser();
        browser.get("/console/sign-in").await;
        let fields = [("login_name", "ada"), ("password", PASSWORD), ("to", to)];
        let begun = browser.post("/console/sign-in", &fields).await;
        assert!(
            begun.location().starts_with("/console/sign-in/code"),
            "{to}"
        );
        browser.get("/console/sign-in/code").await;
        let now = code(&person.key, &stage.clock);
        let fields = [("code", now.as_str()), ("to", to)];
        let done = browser.post("/console/sign-in/code", &fields).await;
        assert_eq!(done.location(), expected, "{to}");
    }
}
