//! How codes reach users: checked by name, stored sealed, and told without secrets.

use challenge::delivery::{
    DeliverySecrets, DeliverySettings, Format, GatewaySettings, Method, Security, SmtpSettings, Way,
};
use challenge::directory::provision::{Blueprint, DeliveryBlueprint};
use challenge::id::Id;

use super::stage::Stage;

const PASSWORD: &str = "planted-smtp-password";
const KEY: &str = "planted-gateway-key";

fn described() -> DeliveryBlueprint {
    DeliveryBlueprint {
        prefer: Way::Sms,
        smtp: Some(SmtpSettings {
            host: "mail.bank.example".to_owned(),
            port: 587,
            security: Security::Starttls,
            user_name: Some("codes".to_owned()),
            from: "Online Bank <codes@bank.example>".to_owned(),
            subject: DeliveryBlueprint::SUBJECT.to_owned(),
            text: DeliveryBlueprint::TEXT.to_owned(),
            per_min: None,
        }),
        gateway: Some(GatewaySettings {
            method: Method::Post,
            format: Format::Json,
            text: DeliveryBlueprint::TEXT.to_owned(),
            allow_private: false,
            per_min: Some(60),
        }),
        secrets: DeliverySecrets {
            smtp_password: Some(PASSWORD.into()),
            url: Some(format!("https://sms.example/send?key={KEY}").into()),
            headers: vec![("Authorization".to_owned(), format!("Bearer {KEY}").into())],
            body: Some(r#"{"to":"{to}","text":"{text}"}"#.into()),
        },
    }
}

fn with(change: impl FnOnce(&mut DeliveryBlueprint)) -> Blueprint {
    let mut delivery = described();
    change(&mut delivery);
    Blueprint {
        delivery: Some(delivery),
        ..Blueprint::default()
    }
}

fn gateway(change: impl FnOnce(&mut GatewaySettings)) -> Blueprint {
    with(|delivery| change(delivery.gateway.as_mut().unwrap()))
}

fn smtp(change: impl FnOnce(&mut SmtpSettings)) -> Blueprint {
    with(|delivery| change(delivery.smtp.as_mut().unwrap()))
}

fn url(url: &str) -> Blueprint {
    with(|delivery| delivery.secrets.url = Some(url.into()))
}

fn body(body: &str) -> Blueprint {
    with(|delivery| delivery.secrets.body = Some(body.into()))
}

#[test]
fn it_is_stored_once_with_its_secrets_sealed_and_told_without_them() {
    let stage = Stage::new();
    let plan = stage.apply(&with(|_| {}));
    assert_eq!(plan.changes, ["delivery: set: email and sms"]);
    {
        let rows = stage.store.rows();
        let row = &rows.settings[0];
        let settings: DeliverySettings = serde_json::from_str(&row.body).unwrap();
        assert_eq!(settings.smtp, described().smtp);
        assert_eq!(settings.gateway, described().gateway);
        let sealed = row.secret.as_ref().unwrap().as_bytes();
        for planted in [PASSWORD, KEY] {
            assert!(!row.body.contains(planted));
            assert!(
                !sealed
                    .windows(planted.len())
                    .any(|part| part == planted.as_bytes())
            );
        }
        assert_eq!(rows.events[0].tenant, Id::SERVER);
    }
    assert!(stage.apply(&with(|_| {})).changes.is_empty());
    assert!(stage.apply(&Blueprint::default()).changes.is_empty());
    assert_eq!(stage.store.rows().settings.len(), 1);
}

#[test]
fn what_changes_is_told_and_a_changed_secret_without_itself() {
    let stage = Stage::new();
    stage.apply(&with(|_| {}));
    let plan = stage.apply(&smtp(|smtp| smtp.text = "{code}\n{tenant}".to_owned()));
    assert_eq!(plan.changes.len(), 1);
    assert!(
        plan.changes[0].ends_with("→ {code}\\n{tenant}"),
        "{:?}",
        plan.changes
    );
    let plan = stage.apply(&with(|delivery| {
        delivery.prefer = Way::Email;
        delivery.secrets.headers[0].1 = "Bearer another".into();
    }));
    let told = plan.changes.join("\n");
    assert!(told.contains("prefer sms → email"), "{told}");
    assert!(told.contains("what is secret about it: changed"), "{told}");
    assert!(!told.contains("another") && !told.contains(KEY), "{told}");
    let off = with(|delivery| {
        (delivery.smtp, delivery.gateway) = (None, None);
        delivery.secrets = DeliverySecrets::default();
    });
    let plan = stage.apply(&off);
    let told = plan.changes.join("\n");
    assert!(told.contains("smtp: removed, gateway: removed"), "{told}");
    assert!(plan.warnings[0].text.contains("no codes can be sent"));
}

#[test]
fn a_password_that_is_absent_is_the_one_that_is_there() {
    let stage = Stage::new();
    let without = with(|delivery| delivery.secrets.smtp_password = None);
    assert_eq!(
        stage.problems(&without),
        ["delivery: smtp.password: it is missing"]
    );
    stage.apply(&with(|_| {}));
    assert!(stage.apply(&without).changes.is_empty());
    let nobody = with(|delivery| {
        delivery.secrets.smtp_password = None;
        delivery.smtp.as_mut().unwrap().user_name = None;
    });
    let told = stage.apply(&nobody).changes.join("\n");
    assert!(told.contains("smtp.user_name codes → none"), "{told}");
    assert_eq!(
        stage.problems(&without).len(),
        1,
        "the password went with the user"
    );
}

/// That each blueprint has one problem, of the key that it is named with, and none quotes a secret.
fn assert_refused(cases: impl IntoIterator<Item = (&'static str, Blueprint)>) {
    let stage = Stage::new();
    for (named, blueprint) in cases {
        let problems = stage.problems(&blueprint);
        assert_eq!(problems.len(), 1, "{named}: {problems:?}");
        let expected = format!("delivery: {named}: ");
        assert!(
            problems[0].starts_with(&expected),
            "{expected} {problems:?}"
        );
        assert!(!problems[0].contains(KEY) && !problems[0].contains(PASSWORD));
        assert!(!problems[0].contains("{{"), "{problems:?}");
    }
}

#[test]
fn a_mail_server_that_cannot_work_is_refused_by_name() {
    let text = |text: &str| smtp(|smtp| smtp.text = text.to_owned());
    let subject = |text: &str| smtp(|smtp| smtp.subject = text.to_owned());
    assert_refused([
        (
            "smtp.host",
            smtp(|smtp| smtp.host = "https://mail".to_owned()),
        ),
        ("smtp.host", smtp(|smtp| smtp.host = String::new())),
        ("smtp.port", smtp(|smtp| smtp.port = 0)),
        ("smtp.user", smtp(|smtp| smtp.user_name = None)),
        ("smtp.subject", subject("a\r\nBcc: b@c")),
        ("smtp.subject", subject("{to}")),
        ("smtp.text", text("no place")),
        ("smtp.text", text("{code} {kode}")),
        ("smtp.text", text("{code}\u{0}")),
        ("smtp.text", text(&format!("{{code}}{}", "x".repeat(4096)))),
        ("smtp.per_min", smtp(|smtp| smtp.per_min = Some(0))),
    ]);
}

#[test]
fn a_gateway_that_cannot_work_is_refused_by_name() {
    let long = "x".repeat(8193);
    assert_refused([
        (
            "gateway.text",
            gateway(|gateway| gateway.text = "hello".to_owned()),
        ),
        (
            "gateway.per_min",
            gateway(|gateway| gateway.per_min = Some(0)),
        ),
        ("gateway.url", url("ftp://sms.example/")),
        ("gateway.url", url("https:///path")),
        ("gateway.url", url("https://sms.example/a b")),
        ("gateway.url", url("https://{to}.example/")),
        ("gateway.url", url("https://sms.example/{to}")),
        ("gateway.url", url("https://sms.example/?a={nobody}")),
        ("gateway.url", url("https://sms.example/#?to={to}")),
        ("gateway.url", url(&format!("https://sms.example/{long}"))),
        ("gateway.body", body(r#"{"to":{to},"text":"{text}"}"#)),
        ("gateway.body", body(r#"{"to":"{to}","text":"{text}""#)),
        (
            "gateway.body",
            body(r#"{"to":"{to}","text":"{text}","x":"{other}"}"#),
        ),
        (
            "gateway.body",
            body(&format!(r#"{{"to":"{{to}}","text":"{{text}}{long}"}}"#)),
        ),
        (
            "gateway.body",
            gateway(|gateway| gateway.method = Method::Get),
        ),
        ("gateway", body(r#"{"text":"{text}"}"#)),
        ("gateway", body(r#"{"to":"{to}"}"#)),
    ]);
}

#[test]
fn headers_that_cannot_be_sent_are_refused() {
    let long = "x".repeat(8193);
    let many = with(|delivery| {
        let header = ("X-A".to_owned(), "1".into());
        delivery.secrets.headers = vec![header; 33];
    });
    let header = |name: &str, value: &str| {
        let header = (name.to_owned(), value.into());
        with(|delivery| delivery.secrets.headers = vec![header])
    };
    assert_refused([
        ("gateway.headers", many),
        ("gateway.headers", header("Content-Length", "1")),
        ("gateway.headers", header("X A", "1")),
        ("gateway.headers", header("", "1")),
        ("gateway.headers", header("X-A", "1\r\nX-B: 2")),
        ("gateway.headers", header("X-A", &long)),
    ]);
}

#[test]
fn a_get_with_everything_in_its_query_and_a_form_are_fine() {
    let stage = Stage::new();
    let get = with(|delivery| {
        delivery.gateway.as_mut().unwrap().method = Method::Get;
        delivery.secrets.body = None;
        delivery.secrets.url = Some("http://sms.example/?to={to}&text={text}".into());
    });
    let warnings = stage.apply(&get).warnings;
    assert!(warnings[0].text.contains("codes go there in clear"));
    let form = with(|delivery| {
        delivery.gateway.as_mut().unwrap().format = Format::Form;
        delivery.secrets.body = Some("to={to}&code={code}".into());
    });
    assert!(stage.apply(&form).warnings.is_empty());
    let clear = smtp(|smtp| smtp.security = Security::None);
    assert!(stage.apply(&clear).warnings[0].text.contains("in clear"));
}
