//! The form of a client: its fields, and what they say as the members of the management API.

use challenge::directory::provision::ClientBlueprint;
use protocols::management::shapes::clients::ClientShown;
use serde_json::{Value, json};

use super::asked;
use super::field::Field;
use super::form::Form;
use super::mistakes::Mistakes;
use super::page::Page;

/// The grants, by their names in the API, each with the key of its word.
const GRANTS: [(&str, &str); 3] = [
    ("client_credentials", "clients.grant_client"),
    ("password", "clients.grant_password"),
    ("ciba", "clients.grant_ciba"),
];

/// The scopes, likewise.
const SCOPES: [(&str, &str); 5] = [
    ("authenticate", "clients.scope_authenticate"),
    ("challenge", "clients.scope_challenge"),
    ("read", "clients.scope_read"),
    ("unlock", "clients.scope_unlock"),
    ("write", "clients.scope_write"),
];

/// The members that have a field of their own.
pub(super) const OTHERS: [&str; 11] = [
    "/secret",
    "/grants",
    "/protocols",
    "/scopes",
    "/addresses",
    "/certificate_sha256",
    "/default_policy",
    "/default_channel",
    "/token_s",
    "/user_token_s",
    "/caller_supplied_challenge",
];

/// What a protocol is called; its names are the same in every language.
pub(super) fn protocol_name(protocol: &str) -> &'static str {
    match protocol {
        "activid" => "ActivID",
        "dualshield" => "DualShield",
        "okay" => "Okay",
        _ => "Ocapi",
    }
}

/// What a client may do, in words.
pub(super) fn scope_words(page: &Page, client: &ClientShown) -> String {
    let scopes = asked::list(&wish_of(client), "scopes");
    let called = SCOPES
        .iter()
        .filter(|(scope, _)| scopes.iter().any(|one| one == scope));
    let called: Vec<_> = called.map(|(_, key)| page.t(key)).collect();
    called.join(", ")
}

/// What a form asks for.
pub(super) fn wish(form: &Form) -> Value {
    json!({
        "grants": form.all("grants"),
        "protocols": form.all("protocols"),
        "scopes": form.all("scopes"),
        "caller_supplied_challenge": form.ticked("caller_supplied_challenge"),
        "addresses": form.lines("addresses"),
        "certificate_sha256": form.given("certificate_sha256"),
        "default_policy": form.given("default_policy"),
        "default_channel": form.given("default_channel"),
        "token_s": asked::number(form, "token_s"),
        "user_token_s": asked::number(form, "user_token_s"),
    })
}

/// A client as the API shows it, as what a form asks for.
pub(super) fn wish_of(client: &ClientShown) -> Value {
    json!({
        "grants": client.grants,
        "protocols": client.protocols,
        "scopes": client.scopes,
        "caller_supplied_challenge": client.caller_supplied_challenge,
        "addresses": client.addresses,
        "certificate_sha256": client.certificate_sha256,
        "default_policy": client.default_policy,
        "default_channel": client.default_channel,
        "token_s": client.token_s,
        "user_token_s": client.user_token_s,
    })
}

/// What a form that is shown first asks for.
pub(super) fn usual() -> Value {
    let usual = ClientBlueprint::named("");
    json!({
        "grants": usual.grants,
        "protocols": usual.protocols,
        "scopes": usual.scopes,
        "token_s": usual.token_s,
        "user_token_s": usual.user_token_s,
    })
}

/// The fields of what is asked for.
pub(super) fn fields(page: &Page, wish: &Value, wrong: &Mistakes) -> Vec<Field> {
    let words = |choices: &[(&str, &'static str)]| -> Vec<(String, String)> {
        let called = choices.iter();
        let called = called.map(|(value, key)| ((*value).to_owned(), page.t(key).to_owned()));
        called.collect()
    };
    let protocols = ClientBlueprint::PROTOCOLS
        .map(|protocol| (protocol.to_owned(), protocol_name(protocol).to_owned()));
    let line = |name: &'static str, label: &'static str, pointer: &str| {
        Field::text(name, page.t(label))
            .value(asked::text(wish, name))
            .wrong(wrong.at(pointer))
            .with("autocomplete", "off")
            .with("spellcheck", "false")
    };
    let seconds = |name: &'static str, label: &'static str, pointer: &str| {
        Field::typed(name, page.t(label), "number")
            .value(asked::text(wish, name))
            .wrong(wrong.at(pointer))
            .with("min", "1")
    };
    vec![
        Field::boxes("protocols", page.t("clients.protocols"), protocols.into())
            .ticked(asked::list(wish, "protocols"))
            .hint(page.t("clients.protocols_hint"))
            .wrong(wrong.at("/protocols")),
        Field::boxes("grants", page.t("clients.grants"), words(&GRANTS))
            .ticked(asked::list(wish, "grants"))
            .wrong(wrong.at("/grants")),
        Field::boxes("scopes", page.t("clients.scopes"), words(&SCOPES))
            .ticked(asked::list(wish, "scopes"))
            .wrong(wrong.at("/scopes")),
        Field::lines("addresses", page.t("clients.addresses"))
            .value(asked::list(wish, "addresses").join("\n"))
            .hint(page.t("clients.addresses_hint"))
            .wrong(wrong.at("/addresses"))
            .with("placeholder", "192.0.2.0/24")
            .with("spellcheck", "false"),
        line(
            "certificate_sha256",
            "clients.certificate",
            "/certificate_sha256",
        )
        .hint(page.t("clients.certificate_hint")),
        line(
            "default_policy",
            "clients.default_policy",
            "/default_policy",
        )
        .hint(page.t("clients.default_hint")),
        line(
            "default_channel",
            "clients.default_channel",
            "/default_channel",
        )
        .hint(page.t("clients.default_hint")),
        seconds("token_s", "clients.token_s", "/token_s"),
        seconds("user_token_s", "clients.user_token_s", "/user_token_s"),
        Field::tick(
            "caller_supplied_challenge",
            page.t("clients.caller_supplied"),
        )
        .value(asked::tick(wish, "caller_supplied_challenge")),
    ]
}

/// The field for a secret that somebody chose; it helps to draw one.
pub(super) fn secret_field(page: &Page, hint: &'static str, wrong: &Mistakes) -> Field {
    Field::text("secret", page.t("clients.secret"))
        .hint(hint)
        .wrong(wrong.at("/secret"))
        .with("autocomplete", "off")
        .with("spellcheck", "false")
}
