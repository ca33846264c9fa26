//! Requests as they come: where from, what the path names, and what a query, a header or a body asks for.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::RequestExt;
use axum::body::Body;
use axum::extract::{ConnectInfo, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use challenge::methods::proof_of_work::{Attempt, KEY_LENGTH};
use challenge::visitor::{AnswerGiven, Language, Task};
use data_encoding::HEXLOWER_PERMISSIVE;
use http_body_util::LengthLimitError;
use serde_json::Value;

use crate::json;
use crate::ocapi::refusal::Refused;

/// Bytes of a body at most.
pub(super) const BODY_LENGTH_MAX: usize = 16 * 1024;

/// Characters of an `Idempotency-Key` at most.
pub(super) const REPEAT_KEY_LENGTH_MAX: usize = 256;

/// Characters at most of an answer to a code.
pub(super) const CODE_LENGTH_MAX: usize = 64;

/// Characters at most that an image is said to show.
pub(super) const TEXT_LENGTH_MAX: usize = 200;

/// The header by which a check can be repeated.
const REPEAT_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What the path names; nothing where it is no text.
pub(super) async fn name(request: &mut Request) -> Result<String, Refused> {
    let parameters = request.extract_parts::<RawPathParams>().await;
    let parameters = parameters.map_err(|_| Refused::NotHere)?;
    let name = parameters.iter().find(|(name, _)| *name == "name");
    name.map(|(_, value)| value.to_owned())
        .ok_or(Refused::NotHere)
}

/// The address of the peer.
pub(super) fn address(parts: &Parts) -> Option<IpAddr> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map(|ConnectInfo(address)| address.ip().to_canonical())
}

/// An address as it is told to the domain.
pub(super) fn text_of(address: Option<IpAddr>) -> String {
    address.map_or_else(|| "unknown".to_owned(), |address| address.to_string())
}

/// What a visitor is known by, where too much from one is slowed down: the address, or the first half of it
/// under IPv6, since one line has 2^64 of those.
pub fn neighbourhood_of(address: Option<IpAddr>) -> String {
    match address {
        Some(IpAddr::V6(address)) => {
            let half = address.to_bits() >> 64 << 64;
            format!("{}/64", Ipv6Addr::from_bits(half))
        }
        other => text_of(other),
    }
}

/// A parameter of the query; refused where it stands twice, absent where it is empty.
pub(super) fn parameter(parts: &Parts, name: &str) -> Result<Option<String>, Refused> {
    let query = parts.uri.query().unwrap_or_default();
    let pairs = form_urlencoded::parse(query.as_bytes());
    let mut given = pairs.filter(|(given, _)| given == name);
    let (first, second) = (given.next(), given.next());
    if second.is_some() {
        return Err(Refused::Malformed(format!("{name} stands twice")));
    }
    let value = first.map(|(_, value)| value.into_owned());
    Ok(value.filter(|value| !value.is_empty()))
}

/// The kind that a challenge is to be of: a name that need not be one.
pub(super) fn kind(parts: &Parts) -> Result<Option<String>, Refused> {
    parameter(parts, "kind")
}

/// The language of a tag such as `fr-CA`; English where it is none that is spoken here. ALTCHA's widget
/// calls it `language`.
pub(super) fn language(parts: &Parts) -> Result<Option<Language>, Refused> {
    let tag = parameter(parts, "lang")?;
    let tag = tag.map_or_else(|| parameter(parts, "language"), |tag| Ok(Some(tag)))?;
    Ok(tag.map(|tag| Language::of_tag(&tag).unwrap_or_default()))
}

/// The id of the challenge that the wanted one comes after, unverified.
pub(super) fn after(parts: &Parts) -> Result<Option<String>, Refused> {
    parameter(parts, "after")
}

/// Whether a check only looks. What cannot be read is refused: to consume by mistake cannot be undone.
pub(super) fn peek(parts: &Parts) -> Result<bool, Refused> {
    match parameter(parts, "peek")?.as_deref() {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(_) => Err(Refused::Malformed("peek is true or false".to_owned())),
    }
}

/// The key by which a check can be repeated.
pub(super) fn repeat_key(headers: &HeaderMap) -> Result<Option<&str>, Refused> {
    let mut given = headers.get_all(REPEAT_KEY).iter();
    let (first, second) = (given.next(), given.next());
    let Some(first) = first else {
        return Ok(None);
    };
    let text = first.to_str().unwrap_or_default();
    if second.is_some() || !(1..=REPEAT_KEY_LENGTH_MAX).contains(&text.len()) {
        let text = format!(
            "Idempotency-Key stands once and has 1 to {REPEAT_KEY_LENGTH_MAX} printable characters"
        );
        return Err(Refused::Malformed(text));
    }
    Ok(Some(text))
}

/// The answer in a body, whatever its content type says: it is JSON.
pub(super) async fn answer(body: Body, task: &Task) -> Result<AnswerGiven, Refused> {
    let body = axum::body::to_bytes(body, BODY_LENGTH_MAX).await;
    let body = body.map_err(|error| {
        if error.into_inner().is::<LengthLimitError>() {
            Refused::TooLarge
        } else {
            Refused::Malformed("the body ended early".to_owned())
        }
    })?;
    let body = json::read(&body)
        .map_err(|error| Refused::Malformed(format!("the body is no good JSON: {error}")))?;
    let Some(answer) = body.get("answer") else {
        return Err(Refused::Malformed(r#"send {"answer": …}"#.to_owned()));
    };
    match task {
        Task::ProofOfWork(_) => attempt(answer).map(AnswerGiven::ProofOfWork),
        Task::Classification(images) => chosen(answer, images.pick.images.len()),
        Task::Transcription(images) => texts(answer, images.pick.images.len()),
        Task::Text(_) => match answer.as_str() {
            Some(text) if is_line(text, CODE_LENGTH_MAX) => Ok(AnswerGiven::Text(text.to_owned())),
            _ => Err(Refused::Malformed(format!(
                "answer is a text of at most {CODE_LENGTH_MAX} characters, none of them a control character"
            ))),
        },
    }
}

/// The images that were chosen out of so many.
fn chosen(answer: &Value, count: usize) -> Result<AnswerGiven, Refused> {
    let malformed = || {
        let text = format!("answer is a list of ids of images, \"1\" to \"{count}\", each once");
        Refused::Malformed(text)
    };
    let mut numbers = Vec::new();
    for id in answer.as_array().ok_or_else(malformed)? {
        let number = id.as_str().and_then(|id| number_of(id, count));
        let number = number.filter(|number| !numbers.contains(number));
        numbers.push(number.ok_or_else(malformed)?);
    }
    Ok(AnswerGiven::Chosen(numbers))
}

/// What each of so many images shows.
fn texts(answer: &Value, count: usize) -> Result<AnswerGiven, Refused> {
    let malformed = || {
        let text = format!(
            "answer has a text of at most {TEXT_LENGTH_MAX} characters, none of them a control character, for the id of \
             each image, \"1\" to \"{count}\""
        );
        Refused::Malformed(text)
    };
    let members = answer.as_object().filter(|members| members.len() == count);
    let members = members.ok_or_else(malformed)?;
    let texts = (1..=count).map(|number| {
        let text = members.get(&number.to_string()).and_then(Value::as_str);
        let text = text.filter(|text| is_line(text, TEXT_LENGTH_MAX));
        text.map(str::to_owned).ok_or_else(malformed)
    });
    texts.collect::<Result<_, _>>().map(AnswerGiven::Texts)
}

/// Whether a text is one line of at most so many characters. Control characters are typed by nobody, and
/// PostgreSQL has no place for one of them, NUL.
pub(super) fn is_line(text: &str, length_max: usize) -> bool {
    text.chars().count() <= length_max && !text.chars().any(char::is_control)
}

/// The number of an image by its id, where it is one of so many.
pub(super) fn number_of(id: &str, count: usize) -> Option<usize> {
    (1..=count).find(|number| number.to_string() == id)
}

fn attempt(answer: &Value) -> Result<Attempt, Refused> {
    let counter = answer.get("counter").and_then(Value::as_u64);
    let counter = counter.and_then(|counter| u32::try_from(counter).ok());
    let counter = counter.ok_or_else(|| {
        Refused::Malformed("answer.counter is a whole number from 0 to 4294967295".to_owned())
    })?;
    let key = answer.get("derivedKey").and_then(Value::as_str);
    let key = key.and_then(|key| HEXLOWER_PERMISSIVE.decode(key.as_bytes()).ok());
    let key = key.and_then(|key| <[u8; KEY_LENGTH]>::try_from(key).ok());
    let key = key.ok_or_else(|| {
        let digits = KEY_LENGTH * 2;
        Refused::Malformed(format!("answer.derivedKey has {digits} hexadecimal digits"))
    })?;
    Ok(Attempt { counter, key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_under_ipv6_are_slowed_down_together_and_others_are_not() {
        for (address, expected) in [
            (Some("192.0.2.7"), "192.0.2.7"),
            (Some("2001:db8:1:2::1"), "2001:db8:1:2::/64"),
            (
                Some("2001:db8:1:2:ffff:ffff:ffff:ffff"),
                "2001:db8:1:2::/64",
            ),
            (Some("2001:db8:1:3::1"), "2001:db8:1:3::/64"),
            (Some("::1"), "::/64"),
            (None, "unknown"),
        ] {
            let address = address.map(|text| text.parse().unwrap());
            assert_eq!(neighbourhood_of(address), expected);
        }
    }
}
