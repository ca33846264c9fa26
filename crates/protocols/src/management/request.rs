//! Requests of officers: who calls, and what the path, the query, the headers and the body say.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts as _, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use challenge::officers::{Denied, Officer, Origin};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::credentials::{self, Authorization};
use crate::desk::Desk;
use crate::incoming::{self, NoBody};
use crate::json;
use crate::management::members;
use crate::management::pace::Paces;
use crate::management::paging::Paging;
use crate::management::precondition::{IfMatch, IfNoneMatch};
use crate::management::refusal::Refusal;
use crate::management::writing;

/// Bytes of a body at most.
const BODY_LENGTH_MAX: usize = 256 * 1024;

/// Bytes of a body with a file at most: some ten thousand tokens, which are written well within the time
/// that a request has.
const FILE_LENGTH_MAX: usize = 1024 * 1024;

/// The media type of what is sent whole.
const JSON: &str = "application/json";

/// The media type of a change (RFC 7396).
const MERGE_PATCH: &str = "application/merge-patch+json";

/// A request of an officer who proved to be one.
pub(super) struct Call {
    /// What every door has at hand.
    pub(super) desk: Arc<Desk>,
    /// Who calls.
    pub(super) officer: Officer,
    path: Vec<(String, String)>,
    parts: Parts,
    body: Bytes,
}

/// The parameters of a query, each known and there once.
pub(super) struct Query(Vec<(String, String)>);

impl FromRequest<Arc<Desk>> for Call {
    type Rejection = Refusal;

    async fn from_request(request: Request<Body>, desk: &Arc<Desk>) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let officer = officer_of(desk, &parts).await?;
        if parts.method == Method::POST && parts.headers.contains_key(header::IF_MATCH) {
            // Whoever sends it relies on it.
            let text =
                "if-match: it is for PATCH and DELETE; this is done whatever the thing is now";
            return Err(Refusal::Malformed(text.to_owned()));
        }
        let path = path_of(&mut parts).await?;
        // Whatever was written through another node is seen from here on.
        desk.verifier.catalogue.refresh().await?;
        let body = incoming::read_body(body, length_max(parts.uri.path()))
            .await
            .map_err(|error| match error {
                NoBody::TooLarge => Refusal::TooLarge,
                NoBody::EndedEarly => Refusal::Malformed("the body ended early".to_owned()),
            })?;
        Ok(Self {
            desk: Arc::clone(desk),
            officer,
            path,
            parts,
            body,
        })
    }
}

/// Bytes that a body may have in this place.
fn length_max(path: &str) -> usize {
    if path.ends_with("/imports") {
        FILE_LENGTH_MAX
    } else {
        BODY_LENGTH_MAX
    }
}

async fn officer_of(desk: &Desk, parts: &Parts) -> Result<Officer, Refusal> {
    let given = credentials::authorization(&parts.headers)
        .map_err(|_| Refusal::Malformed("Authorization stands twice".to_owned()))?;
    let Some(Authorization::Bearer(token)) = given else {
        return Err(Denied::NotSignedIn.into());
    };
    let origin = Origin {
        address: incoming::address(parts),
        correlation: incoming::correlation(parts),
    };
    let officer = desk.verifier.officer_by_token(token, origin).await?;
    if let Some(paces) = parts.extensions.get::<Arc<Paces>>() {
        paces.count(officer.identity, desk.verifier.now())?;
    }
    Ok(officer)
}

/// The parameters of the path. One that is no text names nothing that there is.
async fn path_of(parts: &mut Parts) -> Result<Vec<(String, String)>, Refusal> {
    let given = RawPathParams::from_request_parts(parts, &()).await;
    let given = given.map_err(|_| Refusal::NotHere)?;
    let named = given
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let named: Vec<_> = named.collect();
    // No name has a NUL in it, and no database takes one.
    if named.iter().any(|(_, value)| value.contains('\0')) {
        return Err(Refusal::NotHere);
    }
    Ok(named)
}

impl Call {
    /// A parameter of the path; empty where the route has none of that name.
    pub(super) fn named(&self, name: &str) -> &str {
        let mut found = self.path.iter().filter(|(known, _)| known == name);
        found.next().map_or("", |(_, value)| value.as_str())
    }

    /// The query. A parameter that is not known or stands twice is refused by name: a filter that is
    /// spelt wrong must not look as if everything fitted it.
    pub(super) fn query(&self, known: &[&str]) -> Result<Query, Refusal> {
        Query::read(self.parts.uri.query().unwrap_or_default(), known)
    }

    /// Which part of a list is wanted, where nothing else may be asked.
    pub(super) fn paging(&self) -> Result<Paging, Refusal> {
        self.query(&[])?.paging()
    }

    /// What the caller says that the thing must still be.
    pub(super) fn if_match(&self) -> Result<IfMatch, Refusal> {
        IfMatch::read(&self.parts.headers)
    }

    /// What the caller knows already.
    pub(super) fn if_none_match(&self) -> Result<IfNoneMatch, Refusal> {
        IfNoneMatch::read(&self.parts.headers)
    }

    /// The headers.
    pub(super) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// Does `act` once for the key that came with the request, if one did.
    pub(super) fn once<T, Acting>(
        &self,
        act: Acting,
    ) -> impl Future<Output = Result<T, Refusal>> + Send
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
        Acting: Future<Output = Result<T, Refusal>> + Send + 'static,
    {
        // Acts are large: here they are moved once, and not with each future that holds them.
        let act = Box::pin(act);
        async move {
            let asked = self.asked();
            let key = (self.idempotency_key()?, asked.as_slice());
            writing::once(&self.desk, &self.officer, key, act).await
        }
    }

    /// The key under which the answer is kept, where one was given.
    fn idempotency_key(&self) -> Result<Option<&str>, Refusal> {
        let mut given = self.parts.headers.get_all("idempotency-key").iter();
        let (first, second) = (given.next(), given.next());
        let refused = || {
            let forms = "idempotency-key: send one key of 1 to 255 printable ASCII characters";
            Refusal::Malformed(forms.to_owned())
        };
        if second.is_some() {
            return Err(refused());
        }
        let Some(value) = first else { return Ok(None) };
        let key = value.to_str().map_err(|_| refused())?;
        let fits = (1..=challenge::officers::KEY_MAX).contains(&key.len());
        fits.then_some(Some(key)).ok_or_else(refused)
    }

    /// All of the request that counts for the same request sent again.
    fn asked(&self) -> Vec<u8> {
        let place = self.parts.uri.path_and_query();
        let place = place.map_or("/", |place| place.as_str());
        let line = format!("{} {place}\n", self.parts.method);
        [line.as_bytes(), &self.body].concat()
    }

    /// The body as an object of this shape; members that nobody knows are refused by name.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        self.check_media_type(&[JSON], JSON)?;
        members::read(self.value()?)
    }

    /// The same, where no body at all is an empty object.
    pub(super) fn json_or_nothing<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        if self.body.is_empty() {
            return members::read(Value::Object(serde_json::Map::new()));
        }
        self.json()
    }

    /// The body as a change of something (RFC 7396).
    pub(super) fn patch(&self) -> Result<Value, Refusal> {
        self.check_media_type(&[MERGE_PATCH, JSON], MERGE_PATCH)?;
        let patch = self.value()?;
        if !patch.is_object() {
            return Err(Refusal::invalid("", "expected an object"));
        }
        Ok(patch)
    }

    fn value(&self) -> Result<Value, Refusal> {
        let value = json::read(&self.body);
        let value = value.map_err(|error| Refusal::Malformed(format!("the body: {error}")))?;
        members::check_texts(&value)?;
        Ok(value)
    }

    /// A missing content type counts as the right one.
    fn check_media_type(&self, known: &[&str], named: &'static str) -> Result<(), Refusal> {
        let Some(given) = self.parts.headers.get(header::CONTENT_TYPE) else {
            return Ok(());
        };
        let text = given.to_str().unwrap_or_default();
        let essence = text.split(';').next().unwrap_or_default().trim();
        if known
            .iter()
            .any(|known| essence.eq_ignore_ascii_case(known))
        {
            return Ok(());
        }
        Err(Refusal::WrongMediaType(named))
    }

    /// Whether the request only looks.
    pub(super) fn is_reading(&self) -> bool {
        self.parts.method == Method::GET || self.parts.method == Method::HEAD
    }
}

impl Query {
    fn read(text: &str, known: &[&str]) -> Result<Self, Refusal> {
        const OF_LISTS: [&str; 2] = ["limit", "after"];
        let mut given: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let is_known = known.iter().chain(&OF_LISTS).any(|known| *known == name);
            if !is_known {
                let all: Vec<_> = known.iter().chain(&OF_LISTS).copied().collect();
                let all = all.join(", ");
                return Err(Refusal::Malformed(format!(
                    "there is no parameter {name:?}; there is {all}"
                )));
            }
            if given.iter().any(|(earlier, _)| *earlier == name) {
                return Err(Refusal::Malformed(format!("{name} stands twice")));
            }
            if value.contains('\0') {
                return Err(Refusal::Malformed(format!("{name} holds a NUL")));
            }
            given.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(given))
    }

    /// A parameter's value; nothing where it is missing or empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|(known, _)| known == name);
        let value = found.next().map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    /// A parameter that is `true` or `false`.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        let parsed = self.get(name).map(|text| match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Refusal::Malformed(format!("{name}: send true or false"))),
        });
        parsed.transpose()
    }

    /// Which part of the list is wanted.
    pub(super) fn paging(&self) -> Result<Paging, Refusal> {
        let given = |name| {
            let mut found = self.0.iter().filter(|(known, _)| known == name);
            found.next().map(|(_, value)| value.as_str())
        };
        Paging::read(given("limit"), given("after"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_is_not_known_or_stands_twice_is_refused_by_name() {
        let refused = |query: &str| match Query::read(query, &["q", "locked"]) {
            Err(Refusal::Malformed(text)) => text,
            _ => panic!("{query} was taken"),
        };
        assert!(refused("lokced=true").contains("\"lokced\"; there is q, locked, limit, after"));
        assert_eq!(refused("q=1&q=1"), "q stands twice");
        assert_eq!(refused("q=%00"), "q holds a NUL");
    }

    #[test]
    fn an_empty_filter_is_none_and_a_flag_is_true_or_false() {
        let query = Query::read("q=&locked=true&limit=7", &["q", "locked"]).unwrap();
        assert_eq!((query.get("q"), query.get("x")), (None, None));
        assert_eq!(query.flag("locked"), Ok(Some(true)));
        assert_eq!(query.paging().unwrap().limit, 7);
        let query = Query::read("locked=yes", &["locked"]).unwrap();
        assert!(query.flag("locked").is_err());
    }
}
