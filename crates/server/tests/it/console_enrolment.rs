//! The console's pages about what users hold: enrolled, followed again, locked, printed, revoked; phones linked.

use challenge::officers::Role;
use oath::{Digits, Hotp, Key, Totp};
use reqwest::StatusCode;

use crate::console_stage::{Browser, Stage};
use crate::console_users::{BANK, NEW, done, path_of, send};

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

    follow(&mut browser, &page, &secret).await;
}

/// Gives two codes of a key of eight digits, one after the other.
async fn follow(browser: &mut Browser, page: &str, secret: &str) {
    let key = Key::from_base32(secret).unwrap();
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
    let followed = done(browser, page, &[("first", &first), ("second", &second)]).await;
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
async fn each_kind_is_enrolled_with_what_it_needs() {
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
}

#[tokio::test]
async fn what_an_authenticator_cannot_be_is_told_beside_its_field() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("op", Role::Operator, None).await.browser;
    let path = path_of(&stage.verifier, "myTestUser1").await;
    let of = |kind: &str| format!("{path}/authenticators/new?kind={kind}");
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
async fn a_tenant_without_a_policy_is_told_to_make_one_first() {
    let stage = Stage::open().await;
    let mut admin = stage.signed_in("ada", Role::Admin, None).await.browser;
    let made = send(&mut admin, "/console/tenants/new", &[("name", "BARE")]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let new = "/console/tenants/BARE/users/new";
    let made = send(&mut admin, new, &[("login_name", "ann")]).await;
    let new = format!("{}/authenticators/new", made.location());
    let shown = admin.get(&new).await;
    let policy = "/console/tenants/BARE/policies/new";
    assert!(shown.text.contains(policy), "{}", shown.text);
    assert!(!shown.text.contains("?kind="), "{}", shown.text);
    // Whoever asks all the same is told as well, though there is no field for it.
    let form = format!("{new}?kind=totp");
    let refused = send(&mut admin, &form, &[("serial", "1")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.text.contains("id=\"serial-wrong\""),
        "{}",
        refused.text
    );
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
