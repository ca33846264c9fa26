//! `[delivery]`: the mail server and the gateway that bring codes to users.

use challenge::delivery::template::places;
use challenge::delivery::{
    DeliverySecrets, Format, GatewaySettings, Method, Security, SmtpSettings, Way,
};
use challenge::directory::provision::DeliveryBlueprint;
use lettre::message::Mailbox;
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::section::Section;

const WAYS: [(&str, Way); 2] = [("sms", Way::Sms), ("email", Way::Email)];

const SECURITIES: [(&str, Security); 3] = [
    ("starttls", Security::Starttls),
    ("tls", Security::Tls),
    ("none", Security::None),
];

const METHODS: [(&str, Method); 3] = [
    ("GET", Method::Get),
    ("POST", Method::Post),
    ("PUT", Method::Put),
];

/// The body where none is given.
const JSON_BODY: &str = r#"{"to":"{to}","text":"{text}"}"#;
const FORM_BODY: &str = "to={to}&text={text}";

/// The settings; nothing where they cannot be read.
pub(super) fn read(mut section: Section<'_>) -> Option<DeliveryBlueprint> {
    let prefer = section.word("prefer", &WAYS).unwrap_or(Way::Sms);
    let mut secrets = DeliverySecrets::default();
    let smtp = section.table("smtp").map(|table| smtp(table, &mut secrets));
    let gateway = section
        .table("gateway")
        .map(|table| gateway(table, &mut secrets));
    section.finish();
    // A part that was given and cannot be read must not look as if it were switched off.
    Some(DeliveryBlueprint {
        prefer,
        smtp: smtp.map_or(Some(None), |read| read.map(Some))?,
        gateway: gateway.map_or(Some(None), |read| read.map(Some))?,
        secrets,
    })
}

fn smtp(mut section: Section<'_>, secrets: &mut DeliverySecrets) -> Option<SmtpSettings> {
    let host = section.required_text("host");
    let security = section.word("security", &SECURITIES);
    let security = security.unwrap_or(Security::Starttls);
    let port = section.number("port");
    let user_name = section.text("user");
    secrets.smtp_password = section.secret("password");
    let from = section.required_text("from").and_then(|from| {
        let mailbox = from.parse::<Mailbox>();
        if mailbox.is_err() {
            let forms = "expected an address, such as codes@bank.example or \
                         Online Bank <codes@bank.example>";
            section.problem("from", forms);
        }
        mailbox.ok().map(|_| from)
    });
    let subject = section.text("subject");
    let text = section.text("text");
    let per_min = section.number("per_min");
    section.finish();
    Some(SmtpSettings {
        host: host?,
        port: port.unwrap_or(security.usual_port()),
        security,
        user_name,
        from: from?,
        subject: subject.unwrap_or_else(|| DeliveryBlueprint::SUBJECT.to_owned()),
        text: text.unwrap_or_else(|| DeliveryBlueprint::TEXT.to_owned()),
        per_min,
    })
}

fn gateway(mut section: Section<'_>, secrets: &mut DeliverySecrets) -> Option<GatewaySettings> {
    if !section.has("url") {
        section.problem("url", "it is missing");
    }
    secrets.url = section.secret("url");
    let method = section.word("method", &METHODS).unwrap_or(Method::Post);
    secrets.headers = headers(&mut section);
    let format = format(&section, &secrets.headers);
    let body = section.secret("body");
    let text = section.text("text");
    let allow_private = section.flag("allow_private").unwrap_or(false);
    let per_min = section.number("per_min");
    section.finish();
    let format = format?;
    let url = secrets.url.as_ref()?;
    let in_query = places(url.expose_secret()).contains(&"to");
    secrets.body = body.or_else(|| default_body(method, format, in_query));
    Some(GatewaySettings {
        method,
        format,
        text: text.unwrap_or_else(|| DeliveryBlueprint::TEXT.to_owned()),
        allow_private,
        per_min,
    })
}

fn default_body(method: Method, format: Format, in_query: bool) -> Option<SecretString> {
    match (method, format) {
        _ if in_query => None,
        (Method::Get, _) => None,
        (_, Format::Json) => Some(JSON_BODY.into()),
        (_, Format::Form) => Some(FORM_BODY.into()),
    }
}

/// The headers: a table of names, each with a secret, in the order of their names.
fn headers(section: &mut Section<'_>) -> Vec<(String, SecretString)> {
    section
        .table("headers")
        .map(Section::secrets)
        .unwrap_or_default()
}

/// What the body is written in, by its `Content-Type`; JSON where there is none.
fn format(section: &Section<'_>, headers: &[(String, SecretString)]) -> Option<Format> {
    let kind = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .map(|(_, value)| value.expose_secret());
    let Some(kind) = kind else {
        return Some(Format::Json);
    };
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    if kind == "application/json" || kind.ends_with("+json") {
        return Some(Format::Json);
    }
    if kind == "application/x-www-form-urlencoded" {
        return Some(Format::Form);
    }
    let known = "Content-Type: choose application/json or application/x-www-form-urlencoded, since \
                 what is filled in is escaped for it";
    section.problem("headers", known);
    None
}
