//! The console's pages about users: made, searched, changed, locked, enrolled, linked, each by whoever may.

use challenge::directory::UserKey;
use challenge::officers::Role;
use challenge::verifier::Verifier;
use oath::{Digits, Hotp, Key, Totp};
use reqwest::StatusCode;

use crate::console_stage::{Answer, Browser, Stage};

const BANK: &str = "/console/tenants/ONLINEBANK";

const NEW: &str = "/console/tenants/ONLINEBANK/users/new";

/// The path of a user's page.
async fn path_of(verifier: &Verifier, login_name: &str) -> String {
    verifier.catalogue.refresh().await.unwrap();
    let tenant = verifier.catalogue.tenant("ONLINEBANK").unwrap().tenant.id;
    let key = UserKey::LoginName(login_name);
    let found = verifier.store().user(tenant, key).await.unwrap();
    format!("{BANK}/users/{}", found.unwrap().0.id)
}

/// Opens a page, and sends its form with the hidden fields that it has.
async fn send(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
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
async fn done(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let answer = send(browser, path, fields).await;
    assert_eq!(
        answer.status,
        StatusCode::SEE_OTHER,
        "{path}: {}",
        answer.text
    );
    browser.get(&answer.location().to_owned()).await
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
async fn a_token_is_enrolled_by_a_picture_that_is_told_once_and_its_codes_are_good() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("op", Role::Operator, None).await.browser;
    let path = path_of(&stage.verifier, "myTestUser1").await;
    let new = format!("{path}/authenticators/new");
    let chosen = browser.get(&new).await;
    for kind in ["totp", "hotp", "ocra", "grid", "card", "on_demand"] {
        assert!(
            chosen.text.contains(&format!("href=\"?kind={kind}\"")),
            "{}",
            chosen.text
        );
    }
    let form = browser.get(&format!("{new}?kind=totp")).await;
    let serial = form
        .between("name=\"serial\" type=\"text\" value=\"", "\"")
        .to_owned();
    assert_eq!(serial.len(), 8, "{}", form.text);
    let key = form.between("name=\"key\" value=\"", "\"").to_owned();
    let fields = [
        ("kind", "totp"),
        ("key", key.as_str()),
        ("serial", "my phone/1"),
        ("policies", "AT_CUSTOTP"),
        ("digits", "8"),
    ];
    let told = browser.post(&new, &fields).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);
    assert!(told.text.contains("<svg"), "{}", told.text);
    let secret = told.between("secret=", "&").to_owned();
    let again = browser.post(&new, &fields).await;
    assert!(
        again.text.contains(&secret),
        "the same form is told the same"
    );
    let page = format!("{BANK}/authenticators/my%20phone%2F1");
    let shown = browser.get(&page).await;
    assert!(
        shown.text.contains("my phone/1") && !shown.text.contains(&secret),
        "{}",
        shown.text
    );
    let user = browser.get(&path).await.text;
    assert!(user.contains(&page), "{user}");
    assert!(
        user.contains("Settings changed"),
        "the time line tells of the enrolment: {user}"
    );

    let key = Key::from_base32(&secret).unwrap();
    let totp = Totp {
        hotp: Hotp {
            digits: Digits::new(8).unwrap(),
            ..Hotp::default()
        },
        ..Totp::default()
    };
    let code = |step: u64| {
        let at = 1_800_000_000 + 30 * step;
        totp.code_at(&key, at).unwrap().as_str().to_owned()
    };
    let (first, second) = (code(0), code(1));
    let followed = done(
        &mut browser,
        &page,
        &[("first", &first), ("second", &second)],
    )
    .await;
    assert!(
        followed.text.contains("is followed again"),
        "{}",
        followed.text
    );
    assert!(
        followed.text.contains("2027-01-15 08:00:30 UTC"),
        "last used: {}",
        followed.text
    );
}

#[tokio::test]
async fn each_kind_is_enrolled_with_what_it_needs_and_refused_beside_its_fields() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("op", Role::Operator, None).await.browser;
    let path = path_of(&stage.verifier, "myTestUser1").await;
    let of = |kind: &str| format!("{path}/authenticators/new?kind={kind}");
    let hex = "3132333435363738393031323334353637383930";
    for (kind, serial, fields, told) in [
        (
            "hotp",
            "h",
            vec![("digits", "6"), ("look_ahead", "7"), ("hex", hex)],
            false,
        ),
        ("ocra", "o", vec![], true),
        (
            "grid",
            "g",
            vec![("grid_mode", "path"), ("path", "336416"), ("wraps", "on")],
            false,
        ),
        ("card", "c", vec![], false),
        ("on_demand", "d", vec![("digits", "7")], false),
    ] {
        let fields = [&[("serial", serial)], fields.as_slice()].concat();
        let answer = send(&mut browser, &of(kind), &fields).await;
        let expected = if told {
            StatusCode::OK
        } else {
            StatusCode::SEE_OTHER
        };
        assert_eq!(answer.status, expected, "{kind}: {}", answer.text);
        assert_eq!(answer.text.contains("otpauth://ocra/"), told, "{kind}");
        let shown = browser
            .get(&format!("{BANK}/authenticators/{serial}"))
            .await;
        assert!(shown.text.contains("state good"), "{kind}: {}", shown.text);
    }
    for (kind, field, fields) in [
        ("totp", "serial", vec![("serial", "20000000")]),
        (
            "totp",
            "period_s",
            vec![("serial", "x"), ("period_s", "a minute")],
        ),
        (
            "totp",
            "policies",
            vec![("serial", "x"), ("policies", "NOSUCH")],
        ),
        (
            "hotp",
            "look_ahead",
            vec![("serial", "x"), ("look_ahead", "101")],
        ),
        ("hotp", "hex", vec![("serial", "x"), ("hex", "12 3")]),
        (
            "ocra",
            "suite",
            vec![("serial", "x"), ("suite", "OCRA-1:x")],
        ),
        (
            "grid",
            "path",
            vec![("serial", "x"), ("grid_mode", "path"), ("path", "11")],
        ),
    ] {
        let answer = send(&mut browser, &of(kind), &fields).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{kind} {field}: {}",
            answer.text
        );
        let wrong = format!("id=\"{field}-wrong\"");
        assert!(
            answer.text.contains(&wrong),
            "{kind} {field}: {}",
            answer.text
        );
        assert!(
            !answer.text.contains("value=\"11\""),
            "a secret is not shown again"
        );
    }
}

#[tokio::test]
async fn an_authenticator_is_locked_unlocked_drawn_anew_printed_and_revoked_for_good() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("op", Role::Operator, None).await.browser;
    let token = format!("{BANK}/authenticators/30000000");
    let act = |name: &str| format!("{token}/{name}");
    let shown = done(&mut browser, &act("lock"), &[]).await;
    assert!(
        shown.text.contains("state bad") && !shown.text.contains(&act("lock")),
        "{}",
        shown.text
    );
    let shown = done(&mut browser, &act("unlock"), &[]).await;
    assert!(shown.text.contains("state good"), "{}", shown.text);
    let told = send(&mut browser, &act("again"), &[]).await;
    assert!(told.text.contains("otpauth://totp/"), "{}", told.text);
    let shown = done(&mut browser, &act("revoke"), &[]).await;
    assert!(!shown.text.contains(&act("revoke")), "{}", shown.text);
    assert!(!shown.text.contains(&act("again")), "{}", shown.text);
    assert_eq!(
        browser.get(&act("nonsense")).await.status,
        StatusCode::NOT_FOUND
    );

    let card = format!("{BANK}/authenticators/60000000");
    assert!(browser.get(&card).await.text.contains("/print"));
    let printed = send(&mut browser, &format!("{card}/print"), &[]).await;
    assert_eq!(
        printed.text.matches("<th scope=\"row\">").count(),
        10,
        "{}",
        printed.text
    );
    let not_a_card = send(
        &mut browser,
        &format!("{BANK}/authenticators/20000000/print"),
        &[],
    )
    .await;
    assert_eq!(
        not_a_card.status,
        StatusCode::CONFLICT,
        "{}",
        not_a_card.text
    );
}

#[tokio::test]
async fn a_linking_code_is_told_once_and_names_a_user_who_had_no_name_for_services() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("op", Role::Operator, None).await.browser;
    done(&mut browser, NEW, &[("login_name", "ann")]).await;
    let path = path_of(&stage.verifier, "ann").await;
    let link = format!("{path}/link");
    let asked = browser.get(&link).await;
    assert!(
        asked
            .text
            .contains("name=\"external_id\" type=\"text\" value=\"ann\""),
        "{}",
        asked.text
    );
    let taken = send(&mut browser, &link, &[("external_id", "uid406jkt")]).await;
    assert_eq!(
        taken.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        taken.text
    );
    assert!(
        taken.text.contains("id=\"external_id-wrong\""),
        "{}",
        taken.text
    );
    let told = send(&mut browser, &link, &[("external_id", "ann")]).await;
    let code = told.between("/app/#/link/", "<").to_owned();
    assert!(
        code.len() >= 6 && code.bytes().all(|digit| digit.is_ascii_digit()),
        "{code}"
    );
    assert!(told.text.contains("<svg"), "{}", told.text);
    let shown = browser.get(&path).await;
    assert!(!shown.text.contains(&code), "{}", shown.text);
    assert!(shown.text.contains("Linking code drawn"), "{}", shown.text);
    assert!(!browser.get(&link).await.text.contains("external_id"));
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
    let refused = auditor.post(&token, &[("first", "000000")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
}
