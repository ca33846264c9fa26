//! `[[tenant]]` and what stands in it, users' authenticators apart.

use challenge::clock::Timestamp;
use challenge::directory::provision::{
    ClientBlueprint, OkayBlueprint, PolicyBlueprint, SiteBlueprint, TenantBlueprint, UserBlueprint,
};
use challenge::directory::{Grant, PinPlace, Scope, TenantStatus};
use challenge::policy::{Limits, SignFormat};
use time::format_description::well_known::Rfc3339;
use time::{Date, OffsetDateTime};
use toml::Value;

use super::authenticator;
use crate::config::section::Section;

const GRANTS: [(&str, Grant); 3] = [
    ("client_credentials", Grant::ClientCredentials),
    ("password", Grant::Password),
    ("ciba", Grant::Ciba),
];

const SCOPES: [(&str, Scope); 5] = [
    ("authenticate", Scope::Authenticate),
    ("challenge", Scope::Challenge),
    ("read", Scope::Read),
    ("unlock", Scope::Unlock),
    ("write", Scope::Write),
];

/// The tenant; nothing where its name cannot be read.
pub(super) fn read(mut section: Section<'_>) -> Option<TenantBlueprint> {
    let name = section.required_text("name");
    let display_name = section.text("display_name");
    let okay = section.table("okay").and_then(okay);
    let clients = section
        .tables("client", "id")
        .into_iter()
        .filter_map(client)
        .collect();
    let sites = section
        .tables("site", "public_id")
        .into_iter()
        .filter_map(site)
        .collect();
    let policies = section
        .tables("policy", "code")
        .into_iter()
        .filter_map(policy)
        .collect();
    let users = section
        .tables("user", "login_name")
        .into_iter()
        .filter_map(user)
        .collect();
    section.finish();
    Some(TenantBlueprint {
        name: name?,
        display_name,
        okay,
        clients,
        sites,
        policies,
        users,
    })
}

fn okay(mut section: Section<'_>) -> Option<OkayBlueprint> {
    let id = section.number("id");
    if id.is_none() {
        section.problem("id", "a whole number is needed");
    }
    let mut okay = OkayBlueprint::numbered(id.unwrap_or_default());
    let settings = &mut okay.settings;
    settings.callback_url = section.text("callback_url");
    set(
        &mut settings.allow_private_callback,
        section.flag("allow_private_callback"),
    );
    set(
        &mut settings.allow_private_push,
        section.flag("allow_private_push"),
    );
    set(&mut settings.decline_word, section.text("decline_word"));
    let places = [("tenant", PinPlace::Tenant), ("server", PinPlace::Server)];
    set(&mut settings.pin, section.word("pin", &places));
    set(
        &mut settings.number_matching,
        section.flag("number_matching"),
    );
    set(&mut settings.pending_s, section.number("pending_s"));
    set(&mut settings.max_pending, section.number("max_pending"));
    set(
        &mut settings.starts_per_5_min,
        section.number("starts_per_5_min"),
    );
    set(&mut settings.linking_s, section.number("linking_s"));
    set(
        &mut settings.linking_digits,
        section.number("linking_digits"),
    );
    set(&mut settings.pause_s, section.number("pause_s"));
    settings.starts_per_min = section.number("starts_per_min");
    let states = [
        ("active", TenantStatus::Active),
        ("inactive", TenantStatus::Inactive),
    ];
    set(&mut settings.status, section.word("status", &states));
    settings.trial_expires = date(&mut section, "trial_expires");
    okay.secret = section.secret("secret");
    okay.callback_standard_secret = section.secret("callback_standard_secret");
    section.finish();
    id.is_some().then_some(okay)
}

/// A day (its first moment, UTC) or a moment with its offset; as a TOML date or a text.
fn date(section: &mut Section<'_>, key: &'static str) -> Option<Timestamp> {
    let text = match section.take(key)? {
        Value::Datetime(date) => date.to_string(),
        Value::String(text) => text,
        _ => String::new(),
    };
    let day = time::macros::format_description!("[year]-[month]-[day]");
    let moment = OffsetDateTime::parse(&text, &Rfc3339)
        .or_else(|_| Date::parse(&text, day).map(|date| date.midnight().assume_utc()));
    if let Ok(moment) = moment {
        return Some(Timestamp::from_unix_s(moment.unix_timestamp()));
    }
    section.problem(
        key,
        "expected a date such as 2027-01-31, or 2027-01-31T12:00:00Z",
    );
    None
}

fn client(mut section: Section<'_>) -> Option<ClientBlueprint> {
    let id = section.required_text("id");
    let mut client = ClientBlueprint::named(id.clone().unwrap_or_default());
    client.secret = section.secret("secret");
    set(&mut client.grants, section.words("grants", &GRANTS));
    set(&mut client.protocols, section.texts("protocols"));
    set(&mut client.scopes, section.words("scopes", &SCOPES));
    set(
        &mut client.caller_supplied_challenge,
        section.flag("caller_supplied_challenge"),
    );
    set(&mut client.addresses, section.texts("addresses"));
    for address in client
        .addresses
        .iter()
        .filter(|address| !is_network(address))
    {
        section.problem(
            "addresses",
            format!("{address:?} is no address and no network"),
        );
    }
    client.certificate_sha256 = section.text("certificate_sha256");
    client.default_policy = section.text("default_policy");
    client.default_channel = section.text("default_channel");
    set(&mut client.token_s, section.number("token_s"));
    set(&mut client.user_token_s, section.number("user_token_s"));
    section.finish();
    id.map(|_| client)
}

/// `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`.
fn is_network(text: &str) -> bool {
    let (address, length) = text
        .split_once('/')
        .map_or((text, None), |(a, l)| (a, Some(l)));
    let Ok(address) = address.parse::<std::net::IpAddr>() else {
        return false;
    };
    let most = if address.is_ipv4() { 32 } else { 128 };
    length.is_none_or(|length| length.parse::<u8>().is_ok_and(|length| length <= most))
}

fn site(mut section: Section<'_>) -> Option<SiteBlueprint> {
    let public_id = section.required_text("public_id");
    let mut site = SiteBlueprint::named(public_id.clone().unwrap_or_default());
    site.secret = section.secret("secret");
    set(&mut site.jwt_algorithms, section.texts("jwt_algorithms"));
    set(&mut site.kinds, section.texts("kinds"));
    set(&mut site.origins, section.texts("origins"));
    site.difficulty = section.number("difficulty");
    set(&mut site.corpora, section.texts("corpora"));
    section.finish();
    public_id.map(|_| site)
}

fn policy(mut section: Section<'_>) -> Option<PolicyBlueprint> {
    let code = section.required_text("code");
    let mut limits = Limits::default();
    set(&mut limits.max_failures, section.number("max_failures"));
    set(&mut limits.lock_s, section.number("lock_s"));
    set(
        &mut limits.max_open_challenges,
        section.number("max_open_challenges"),
    );
    set(&mut limits.challenge_s, section.number("challenge_s"));
    set(
        &mut limits.challenge_attempts,
        section.number("challenge_attempts"),
    );
    set(&mut limits.look_ahead, section.number("look_ahead"));
    set(&mut limits.drift_steps, section.number("drift_steps"));
    let formats = [
        ("auto", SignFormat::Auto),
        ("concatenated", SignFormat::Concatenated),
        ("digest", SignFormat::Digest),
    ];
    set(
        &mut limits.sign_format,
        section.word("sign_format", &formats),
    );
    limits.sign_fields = section.number("sign_fields");
    set(&mut limits.sign_labels, section.texts("sign_labels"));
    set(&mut limits.channels, section.texts("channels"));
    set(&mut limits.static_password, section.flag("static_password"));
    section.finish();
    Some(PolicyBlueprint {
        code: code?,
        limits,
    })
}

fn user(mut section: Section<'_>) -> Option<UserBlueprint> {
    let login_name = section.required_text("login_name");
    let user = UserBlueprint {
        login_name: login_name.clone().unwrap_or_default(),
        external_id: section.text("external_id"),
        display_name: section.text("display_name"),
        email: section.text("email"),
        phone: section.text("phone"),
        password: section.secret("password"),
        authenticators: section
            .tables("authenticator", "serial")
            .into_iter()
            .filter_map(authenticator::read)
            .collect(),
    };
    section.finish();
    login_name.map(|_| user)
}

/// Sets what the file names; the rest keeps its default.
fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
