//! Answers of the token endpoint and its neighbours, and refusals at both doors.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::activid::refusal::{Ask, Refused, Wire};
use challenge::access::{AccessToken, IssuedToken};
use challenge::directory::TenantView;
use challenge::refusal::Refusal;

/// What callers are told to wait before they ask an unavailable server again.
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("1");

/// Which shape answers have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// OAuth JSON (RFC 6749, section 5).
    OAuth,
    /// SCIM JSON (RFC 7644).
    Scim,
}

/// What a granted request at the token endpoint is answered with.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ActividGranted)]
pub(super) enum Granted<'a> {
    /// A token.
    Token(Issued<'a>),
    /// A verified code, for which no token was wanted.
    Verified(Verified),
}

/// A token, in the order in which the vendor documents it (RFC 6749, section 5.1).
#[derive(Serialize, ToSchema)]
#[schema(as = ActividToken)]
pub(super) struct Issued<'a> {
    /// The token.
    access_token: &'a str,
    /// `Bearer`.
    token_type: &'a str,
    /// Seconds that it lives.
    expires_in: u32,
}

/// The answer where a code was verified and no token wanted: one space in base64 stands for it.
#[derive(Serialize, ToSchema)]
#[schema(as = ActividVerified)]
pub(super) struct Verified {
    /// `IA==`, which is no token.
    access_token: &'static str,
    /// How sure it is.
    context: Assurance,
    /// `Bearer`.
    token_type: &'static str,
}

/// How sure an answer is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = ActividAssurance)]
struct Assurance {
    /// The level, `2`.
    level_of_assurance: &'static str,
}

/// What a good token stands for (RFC 7662, section 2.2).
#[derive(Default, Serialize, ToSchema)]
#[schema(as = ActividIntrospection)]
pub(super) struct Introspection<'a> {
    /// Whether the token is good; where it is not, nothing else is told.
    active: bool,
    /// What a client's own token may do, by names between spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// The client it was issued to.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    /// The user it is about, by login name.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    /// `Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    /// When it ends, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    /// When it was issued, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    /// The user's id, or the client's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    /// Who issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
}

/// A refusal at the OpenID endpoints (RFC 6749, section 5.2).
#[derive(Serialize, ToSchema)]
#[schema(as = ActividOAuthError)]
pub(super) struct OAuthError<'a> {
    /// The reason's name.
    #[schema(examples("invalid_grant"))]
    error: &'a str,
    /// The same for people, in printable ASCII.
    error_description: String,
    /// The vendor's reason.
    hid_error: u16,
}

/// A refusal at SCIM (RFC 7644, section 3.12).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ActividScimError)]
pub(super) struct ScimError<'a> {
    /// That this is a refusal.
    schemas: [&'static str; 1],
    /// What went wrong.
    detail: &'a str,
    /// The HTTP status, as a text.
    status: String,
    /// The reason's name, where SCIM has one.
    #[serde(skip_serializing_if = "str::is_empty")]
    scim_type: &'a str,
    /// The vendor's reason.
    error_code: u16,
}

/// A token just issued.
pub(super) fn token(issued: &IssuedToken) -> Response<Body> {
    let body = Granted::Token(Issued {
        access_token: &issued.text,
        token_type: "Bearer",
        expires_in: issued.lifetime_s,
    });
    json(Door::OAuth, StatusCode::OK, &body)
}

/// A right answer for which no token was wanted.
pub(super) fn no_token() -> Response<Body> {
    let body = Granted::Verified(Verified {
        access_token: "IA==",
        context: Assurance {
            level_of_assurance: "2",
        },
        token_type: "Bearer",
    });
    json(Door::OAuth, StatusCode::OK, &body)
}

/// What a token stands for; nothing where its client is gone.
pub(super) fn introspection(
    tenant: &TenantView,
    issuer: &str,
    token: &AccessToken,
) -> Option<Response<Body>> {
    let client = tenant.client_by_id(token.client)?;
    let scopes = || {
        let names = client.scopes.iter().map(serde_json::to_value);
        let names: Vec<_> = names
            .flatten()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect();
        names.join(" ")
    };
    let body = Introspection {
        active: true,
        scope: token.user.is_none().then(scopes),
        client_id: Some(&client.name),
        username: token.user.as_ref().map(|user| user.login_name.as_str()),
        token_type: Some("Bearer"),
        exp: Some(token.expires_at.unix_ms().div_euclid(1000)),
        iat: Some(token.key.issued_ms.div_euclid(1000)),
        sub: token
            .user
            .as_ref()
            .map(|user| user.id.to_string())
            .or_else(|| Some(client.name.clone())),
        iss: Some(issuer),
    };
    Some(json(Door::OAuth, StatusCode::OK, &body))
}

/// A token that is not good, or none of the caller's business.
pub(super) fn inactive() -> Response<Body> {
    json(Door::OAuth, StatusCode::OK, &Introspection::default())
}

/// 200 without a body (RFC 7009, section 2.2).
pub(super) fn nothing() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    set_common(Door::OAuth, &mut response);
    response
}

/// A refusal, at either door; what is for the log goes there.
pub(super) fn refusal(door: Door, refused: &Refused) -> Response<Body> {
    if let Refused::Domain(Refusal::Unavailable(text)) = refused {
        tracing::error!(protocol = "activid", %text, "unavailable");
    }
    let wire = refused.to_wire();
    let (status, mut response) = match door {
        Door::OAuth => {
            let body = OAuthError {
                error: wire.oauth.1,
                error_description: printable(&wire.text),
                hid_error: wire.reason,
            };
            (wire.oauth.0, json(door, StatusCode::OK, &body))
        }
        Door::Scim => {
            let body = ScimError {
                schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
                detail: &wire.text,
                status: wire.scim.0.to_string(),
                scim_type: wire.scim.1,
                error_code: wire.reason,
            };
            (wire.scim.0, json(door, StatusCode::OK, &body))
        }
    };
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    if let Some(wanted) = authenticate(door, &wire) {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, wanted);
    }
    if status == 503 {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, RETRY_AFTER_S);
    }
    response
}

/// What `WWW-Authenticate` says (RFC 7617; RFC 6750, section 3).
fn authenticate(door: Door, wire: &Wire) -> Option<HeaderValue> {
    let text = match (wire.ask, door) {
        (Ask::Nothing, _) => return None,
        (Ask::Any | Ask::Basic, Door::OAuth) => r#"Basic realm="activid", charset="UTF-8""#,
        (Ask::Any | Ask::Basic, Door::Scim) => r#"Bearer realm="activid""#,
        (Ask::Bearer, _) => r#"Bearer realm="activid", error="invalid_token""#,
    };
    Some(HeaderValue::from_static(text))
}

/// A body, with the headers that all answers at this door have.
pub(super) fn json(door: Door, status: StatusCode, body: &impl Serialize) -> Response<Body> {
    // What is serialised here has text keys and no maps of other kinds: it cannot fail.
    let text = serde_json::to_vec(body).unwrap_or_default();
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let media_type = match door {
        Door::OAuth => "application/json;charset=UTF-8",
        Door::Scim => "application/scim+json;charset=utf-8",
    };
    let media_type = HeaderValue::from_static(media_type);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, media_type);
    set_common(door, &mut response);
    response
}

fn set_common(door: Door, response: &mut Response<Body>) {
    let headers = response.headers_mut();
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    match door {
        Door::OAuth => {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
        }
        Door::Scim => {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
    }
}

/// A text in the characters that an `error_description` may have (RFC 6749, section 5.2).
fn printable(text: &str) -> String {
    let allowed = |character| match character {
        '"' => '\'',
        '\\' => '/',
        ' '..='~' => character,
        _ => '?',
    };
    text.chars().map(allowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unavailable_store_is_said_without_its_reason() {
        for door in [Door::OAuth, Door::Scim] {
            let refused = Refused::Domain(Refusal::Unavailable("disk on fire".to_owned()));
            let response = refusal(door, &refused);
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(response.headers()[header::RETRY_AFTER], "1");
            assert!(!refused.to_wire().text.contains("fire"));
        }
    }

    #[test]
    fn a_description_has_the_characters_it_may_have() {
        assert_eq!(printable("a\"b\\c é\n~"), "a'b/c ??~");
    }
}
