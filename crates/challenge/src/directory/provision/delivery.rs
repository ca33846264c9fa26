//! Planning how codes reach users: checked, compared with what is stored, secrets sealed as one.

use secrecy::{ExposeSecret, SecretString};

use super::blueprint::DeliveryBlueprint;
use super::draft::Draft;
use super::findings::{At, Findings};
use super::{differences, names};
use crate::delivery::template::{self, Escape};
use crate::delivery::{
    DeliverySecrets, DeliverySettings, Format, GatewaySettings, Method, SETTING, Security,
    SmtpSettings, StoredDelivery, Way,
};
use crate::directory::{ServerSetting, Tenant};
use crate::id::Id;

/// What can be filled in in texts for people.
const TEXT_PLACES: [&str; 3] = ["code", "minutes", "tenant"];

/// What can be filled in in what a gateway is asked.
const GATEWAY_PLACES: [&str; 6] = ["to", "text", "code", "minutes", "tenant", "id"];

/// Values that end whatever they stand in, unless they are escaped: no template may be harmed by them.
const HOSTILE: &str = "\"\\\r\n{}[]&=,";

/// The most headers that a gateway can be asked with.
const HEADERS_MAX: usize = 32;

/// The longest URL, header or body of a gateway, in bytes.
const GATEWAY_TEXT_MAX: usize = 8192;

/// Headers that the client writes by itself.
const OWN_HEADERS: [&str; 6] = [
    "connection",
    "content-length",
    "host",
    "te",
    "transfer-encoding",
    "upgrade",
];

impl Draft<'_> {
    pub(super) fn plan_delivery(
        &mut self,
        blueprint: &DeliveryBlueprint,
        present: &[ServerSetting],
    ) {
        let at = At::server("delivery");
        let row = present.iter().find(|row| row.name == SETTING);
        let stored = row.map(StoredDelivery::read).transpose();
        let stored = self.found.accept(&at, "what is stored", stored).flatten();
        let secrets = self.with_kept_password(&at, blueprint, stored.as_ref());
        check(&mut self.found, &at, blueprint, &secrets);
        let wanted = DeliverySettings {
            prefer: blueprint.prefer,
            smtp: blueprint.smtp.clone(),
            gateway: blueprint.gateway.clone(),
        };
        let sealed = stored.as_ref().and_then(|stored| stored.secrets.as_ref());
        let place = ServerSetting::secret_place(SETTING);
        let bytes = secrets.to_bytes();
        let (secret, secret_is_new) = self
            .reseal((&at, "secrets"), &place, sealed, Some(&bytes))
            .into_parts();
        let told = match &stored {
            None => vec![format!("set: {}", ways_of(&wanted))],
            Some(stored) => {
                let mut told = told(&stored.settings, &wanted);
                let secrets = "what is secret about it: changed".to_owned();
                told.extend((secret_is_new && sealed.is_some()).then_some(secrets));
                told
            }
        };
        if told.is_empty() {
            return;
        }
        let body = serde_json::to_string(&wanted);
        let Some(body) = self.found.accept(&at, "settings", body) else {
            return;
        };
        self.changed(Id::<Tenant>::SERVER, &at, told.join(", "));
        self.provision.settings.push(ServerSetting {
            name: SETTING.to_owned(),
            body,
            secret,
        });
    }

    /// The secrets that are wanted: a password that is absent is the one that is there.
    fn with_kept_password(
        &mut self,
        at: &At,
        blueprint: &DeliveryBlueprint,
        stored: Option<&StoredDelivery>,
    ) -> DeliverySecrets {
        let mut secrets = blueprint.secrets.clone();
        let user = blueprint
            .smtp
            .as_ref()
            .and_then(|smtp| smtp.user_name.as_ref());
        if user.is_none() || secrets.smtp_password.is_some() {
            return secrets;
        }
        let Some(sealed) = stored.and_then(|stored| stored.secrets.as_ref()) else {
            return secrets;
        };
        let place = ServerSetting::secret_place(SETTING);
        let opened = self.context.keyring.open(&place, sealed);
        let opened = opened.and_then(|bytes| DeliverySecrets::from_bytes(&bytes));
        let opened = self
            .found
            .accept(at, "smtp.password: the stored one", opened);
        secrets.smtp_password = opened.and_then(|opened| opened.smtp_password);
        secrets
    }
}

/// What differs, for people; what was set for the first time is named alone.
fn told(old: &DeliverySettings, new: &DeliverySettings) -> Vec<String> {
    let mut told = Vec::new();
    if old.prefer != new.prefer {
        let (old, new) = (old.prefer.name(), new.prefer.name());
        told.push(format!("prefer {old} → {new}"));
    }
    told.extend(part_told("smtp", old.smtp.as_ref(), new.smtp.as_ref()));
    let (old, new) = (old.gateway.as_ref(), new.gateway.as_ref());
    told.extend(part_told("gateway", old, new));
    told
}

fn part_told<T: serde::Serialize>(name: &str, old: Option<&T>, new: Option<&T>) -> Vec<String> {
    match (old, new) {
        (None, None) => Vec::new(),
        (None, Some(_)) => vec![format!("{name}: set")],
        (Some(_), None) => vec![format!("{name}: removed")],
        (Some(old), Some(new)) => differences::between(old, new)
            .into_iter()
            .map(|line| format!("{name}.{}", line.replace('\n', "\\n")))
            .collect(),
    }
}

fn ways_of(settings: &DeliverySettings) -> String {
    let ways = Way::ALL.into_iter().filter(|way| settings.can(*way));
    let ways: Vec<_> = ways.map(Way::name).collect();
    if ways.is_empty() {
        "nothing is delivered".to_owned()
    } else {
        ways.join(" and ")
    }
}

fn check(found: &mut Findings, at: &At, blueprint: &DeliveryBlueprint, secrets: &DeliverySecrets) {
    match (&blueprint.smtp, &blueprint.gateway) {
        (None, None) => found.warn(
            at,
            "it names neither smtp nor gateway: no codes can be sent",
        ),
        (smtp, gateway) => {
            if let Some(smtp) = smtp {
                check_smtp(found, at, smtp, secrets.smtp_password.as_ref());
            }
            if let Some(gateway) = gateway {
                check_gateway(found, at, gateway, secrets);
            }
        }
    }
}

fn check_smtp(found: &mut Findings, at: &At, smtp: &SmtpSettings, password: Option<&SecretString>) {
    names::check_text(found, at, "smtp.host", &smtp.host);
    let unfit = |c: char| c.is_whitespace() || "/@[]".contains(c);
    if smtp.host.contains(unfit) {
        found.problem(at, "smtp.host: give a name or an address alone");
    }
    if smtp.port == 0 {
        found.problem(at, "smtp.port: choose a port from 1 to 65535");
    }
    names::check_optional(found, at, "smtp.user", smtp.user_name.as_ref());
    match (&smtp.user_name, password.map(ExposeSecret::expose_secret)) {
        (Some(_), None) => found.problem(at, "smtp.password: it is missing"),
        (Some(_), Some("")) => found.problem(at, "smtp.password: it is empty"),
        (None, Some(_)) => {
            found.problem(at, "smtp.user: it is missing, and there is a password");
        }
        (Some(_), Some(_)) if smtp.security == Security::None => {
            found.warn(
                at,
                "smtp.security: with \"none\" the password and the codes go in clear",
            );
        }
        _ => {}
    }
    names::check_text(found, at, "smtp.from", &smtp.from);
    names::check_text(found, at, "smtp.subject", &smtp.subject);
    check_places(found, at, ("smtp.subject", &smtp.subject), &TEXT_PLACES);
    check_message(found, at, "smtp.text", &smtp.text);
    check_rate(found, at, "smtp.per_min", smtp.per_min);
}

fn check_rate(found: &mut Findings, at: &At, key: &str, per_min: Option<u32>) {
    if let Some(per_min) = per_min {
        names::check_range(found, at, key, per_min, 1..=1_000_000);
    }
}

/// A text that brings a code.
fn check_message(found: &mut Findings, at: &At, key: &str, text: &str) {
    names::check_long_text(found, at, key, text);
    check_places(found, at, (key, text), &TEXT_PLACES);
    if !template::places(text).contains(&"code") {
        found.problem(at, format!("{key}: {{code}} must stand in it"));
    }
}

fn check_places(found: &mut Findings, at: &At, (key, text): (&str, &str), known: &[&str]) {
    let places = template::places(text);
    for place in places.iter().filter(|place| !known.contains(place)) {
        let known = known.join("}, {");
        found.problem(
            at,
            format!("{key}: nothing is known for {{{place}}}; there is {{{known}}}"),
        );
    }
}

fn check_gateway(
    found: &mut Findings,
    at: &At,
    gateway: &GatewaySettings,
    secrets: &DeliverySecrets,
) {
    check_message(found, at, "gateway.text", &gateway.text);
    check_rate(found, at, "gateway.per_min", gateway.per_min);
    let url = secrets.url.as_ref();
    let url = url.map_or("", ExposeSecret::expose_secret);
    check_url(found, at, url);
    check_headers(found, at, &secrets.headers);
    let body = secrets.body.as_ref();
    let body = body.map_or("", ExposeSecret::expose_secret);
    if gateway.method == Method::Get && !body.is_empty() {
        let text = "gateway.body: a GET has none; put it into the URL's query";
        found.problem(at, text);
    }
    check_body(found, at, gateway.format, body);
    let places: Vec<_> = [url, body].into_iter().flat_map(template::places).collect();
    if !places.contains(&"to") {
        found.problem(
            at,
            "gateway: {to} must stand in the body or in the URL's query",
        );
    }
    if !places.contains(&"text") && !places.contains(&"code") {
        found.problem(
            at,
            "gateway: {text} or {code} must stand in the body or in the URL's query",
        );
    }
}

/// The URL's problems; it is never quoted, since it may hold a key.
fn check_url(found: &mut Findings, at: &At, url: &str) {
    let key = "gateway.url";
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let Some(rest) = rest else {
        found.problem(at, format!("{key}: it must begin with https:// or http://"));
        return;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || url.chars().any(|c| c.is_control() || c == ' ') {
        found.problem(at, format!("{key}: it is no URL"));
    }
    if url.len() > GATEWAY_TEXT_MAX {
        found.problem(
            at,
            format!("{key}: {GATEWAY_TEXT_MAX} bytes are allowed, and it is longer"),
        );
    }
    let before_query = url.split('?').next().unwrap_or_default();
    if !template::places(before_query).is_empty() || url.contains('#') {
        found.problem(
            at,
            format!(
                "{key}: what is filled in must stand in the query, after the ?, and no # in it"
            ),
        );
    }
    check_places(found, at, (key, url), &GATEWAY_PLACES);
    if url.starts_with("http://") {
        found.warn(
            at,
            format!("{key}: codes go there in clear; prefer https://"),
        );
    }
}

fn check_headers(found: &mut Findings, at: &At, headers: &[(String, SecretString)]) {
    if headers.len() > HEADERS_MAX {
        found.problem(at, format!("gateway.headers: {HEADERS_MAX} are allowed"));
    }
    for (name, value) in headers {
        let is_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let lower = name.to_ascii_lowercase();
        if name.is_empty() || !name.bytes().all(is_token) || OWN_HEADERS.contains(&lower.as_str()) {
            let shown = name.escape_debug();
            found.problem(
                at,
                format!("gateway.headers: \"{shown}\" is no name of a header that can be set"),
            );
        }
        let value = value.expose_secret();
        let fits = |byte: u8| (0x20..0x7f).contains(&byte);
        if !value.bytes().all(fits) || value.len() > GATEWAY_TEXT_MAX {
            found.problem(
                at,
                format!("gateway.headers: the value of {name} must be plain ASCII, {GATEWAY_TEXT_MAX} bytes at most"),
            );
        }
    }
}

/// A body's problems; it is never quoted, since it may hold a key.
fn check_body(found: &mut Findings, at: &At, format: Format, body: &str) {
    let key = "gateway.body";
    if body.len() > GATEWAY_TEXT_MAX {
        found.problem(
            at,
            format!("{key}: {GATEWAY_TEXT_MAX} bytes are allowed, and it is longer"),
        );
    }
    check_places(found, at, (key, body), &GATEWAY_PLACES);
    if format == Format::Json && !body.is_empty() {
        let filling = GATEWAY_PLACES.map(|place| (place, HOSTILE));
        let filled = template::fill(body, &filling, Escape::Json);
        if serde_json::from_str::<serde_json::Value>(&filled).is_err() {
            found.problem(
                at,
                format!("{key}: it is not JSON; places must stand inside quotes, as in \"{{to}}\""),
            );
        }
    }
}
