//! `[[tenant.user.authenticator]]`, its key included.

use challenge::directory::provision::{AuthenticatorBlueprint, KeySource, Kind};
use challenge::methods::grid;
use oath::{Algorithm, Key};
use secrecy::ExposeSecret;
use toml::Value;

use crate::config::nearest::nearest;
use crate::config::section::Section;

/// The authenticator; nothing where its serial, kind or key cannot be read.
pub(super) fn read(mut section: Section<'_>) -> Option<AuthenticatorBlueprint> {
    let serial = section.required_text("serial");
    let kind = kind(&mut section);
    let mut token = AuthenticatorBlueprint::new(
        serial.clone().unwrap_or_default(),
        kind.unwrap_or(Kind::Hotp),
    );
    token.device_id = section.text("device_id");
    token.product = section.text("product");
    token.policies = section.texts("policies");
    token.key = key(&mut section);
    token.suite = section.text("suite");
    token.signature_suite = section.text("signature_suite");
    token.digits = section.number("digits");
    token.algorithm = algorithm(&mut section);
    token.counter = section.number("counter");
    token.look_ahead = section.number("look_ahead");
    token.period_s = section.number("period_s");
    token.t0 = section.number("t0");
    token.counter_window = section.number("counter_window");
    token.time_window = section.number("time_window");
    token.pin = section.secret("pin");
    token.path = section.secret("path");
    token.grid_mode = section.word("grid_mode", &grid::Mode::NAMED);
    token.grid_wraps = section.flag("grid_wraps");
    section.finish();
    (serial.is_some() && kind.is_some()).then_some(token)
}

fn kind(section: &mut Section<'_>) -> Option<Kind> {
    let text = section.required_text("kind")?;
    let found = Kind::NAMED
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, kind)| *kind);
    if found.is_none() {
        let known = Kind::NAMED.iter().map(|(name, _)| *name);
        let meant = nearest(&text, known).unwrap_or_default();
        section.problem(
            "kind",
            format!("there is no {text:?}; did you mean {meant:?}?"),
        );
    }
    found
}

fn algorithm(section: &mut Section<'_>) -> Option<Algorithm> {
    let text = section.text("algorithm")?;
    let parsed = text.parse();
    if parsed.is_err() {
        section.problem(
            "algorithm",
            format!("there is no {text:?}; choose SHA1, SHA256 or SHA512"),
        );
    }
    parsed.ok()
}

/// The key; one that cannot be read is a kept problem, and counts as none.
fn key(section: &mut Section<'_>) -> KeySource {
    const FORMS: &str = "{ hex = \"…\" }, { base32 = \"…\" }, { generate = true }, or \
                         { env|file = \"…\", encoding = \"hex\"|\"base32\" }";
    match section.take("secret") {
        None => KeySource::AsItIs,
        Some(Value::Table(table)) => {
            let mut place = section.below("secret", table);
            let source = key_of(&mut place);
            place.finish();
            source.unwrap_or(KeySource::AsItIs)
        }
        Some(_) => {
            section.problem("secret", format!("expected {FORMS}"));
            KeySource::AsItIs
        }
    }
}

fn key_of(place: &mut Section<'_>) -> Option<KeySource> {
    let (hex, base32) = (place.text("hex"), place.text("base32"));
    let generate = place.flag("generate");
    let is_elsewhere = place.has("env") || place.has("file");
    let ways = [
        hex.is_some(),
        base32.is_some(),
        generate.is_some(),
        is_elsewhere,
    ];
    if ways.iter().filter(|way| **way).count() != 1 {
        // The keys stay known, so that they are not called unknown as well.
        for key in ["env", "file", "encoding"] {
            drop(place.take(key));
        }
        place.problem(
            "hex",
            "give exactly one of hex, base32, generate, env and file",
        );
        return None;
    }
    let (text, encoding) = match (hex, base32, generate) {
        (Some(hex), ..) => (hex.into(), "hex"),
        (_, Some(base32), _) => (base32.into(), "base32"),
        (.., Some(true)) => return Some(KeySource::Generate),
        (.., Some(false)) => {
            place.problem("generate", "only true has a meaning here");
            return None;
        }
        (None, None, None) => {
            let encodings = [("hex", "hex"), ("base32", "base32")];
            if !place.has("encoding") {
                place.problem("encoding", "it is missing; choose \"hex\" or \"base32\"");
            }
            let encoding = place.word("encoding", &encodings);
            (place.fetched()?, encoding?)
        }
    };
    let text = text.expose_secret();
    let parsed = if encoding == "hex" {
        Key::from_hex(text)
    } else {
        Key::from_base32(text)
    };
    match parsed {
        Ok(key) => Some(KeySource::Given(key)),
        Err(error) => {
            place.problem(encoding, error);
            None
        }
    }
}
