//! Bodies as the gateway's many clients write them: numbers or texts, members nobody knows, any
//! content type. What is wrong in form is found here, before anything is looked up.

use std::fmt;

use axum::body::Body;
use challenge::approval::Question;
use serde::de::{DeserializeOwned, Error as _, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::incoming::{self, NoBody};
use crate::okay::refusal::Refused;
use crate::okay::session_type::SessionType;

/// Bytes of a body at most: the longest header and text fit, however they are escaped.
pub(super) const BODY_LENGTH_MAX: usize = 256 * 1024;

/// A text, or a whole number whose decimals stand for it.
#[derive(Clone, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, examples("40007"))]
pub(super) struct Text(String);

impl Text {
    /// The text, or the number's decimals.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Text;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a text or a whole number")
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Text, E> {
                Ok(Text(number.to_string()))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text(plain(text.to_owned()).map_err(E::custom)?))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// A text without NUL, which no database keeps and nothing displays.
fn plain(text: String) -> Result<String, &'static str> {
    if text.contains('\0') {
        Err("a text holds the character NUL")
    } else {
        Ok(text)
    }
}

fn plain_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    plain(text).map_err(D::Error::custom)
}

/// To link a user. Signed: `tenantId`, `userExternalId`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GatewayLinkRequest)]
pub(super) struct LinkRequest {
    /// The tenant's number, also as a text.
    #[schema(value_type = u64, examples(40007))]
    pub(super) tenant_id: Text,
    /// The tenant's own name for the user: 1 to 200 bytes.
    #[schema(value_type = String, examples("uid406jkt"))]
    pub(super) user_external_id: Text,
    /// Base64 of the SHA-256 over the signed fields and the secret.
    pub(super) signature: String,
}

/// To have a user asked. Signed: `tenantId`, `userExternalId`, `guiHeader`, `guiText`, `type`; for
/// device information `tenantId`, `userExternalId`, `deviceData`, `type`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GatewayStartRequest)]
pub(super) struct StartRequest {
    /// The tenant's number, also as a text.
    #[schema(value_type = u64, examples(40007))]
    pub(super) tenant_id: Text,
    /// The tenant's own name for the user.
    #[schema(value_type = String, examples("uid406jkt"))]
    pub(super) user_external_id: Text,
    /// A number, also as a text, or a name: 101 `AUTH_OK`, 102 `AUTH_PIN`, `AUTH_PIN_TAN`, 105
    /// `AUTH_BIOMETRIC_OK`, 104 `DEVICE_INFO`, `SET_PIN`, 106 `USER_FORGOT_PIN`, 108 `FALLBACK`.
    #[serde(rename = "type")]
    #[schema(value_type = String, examples("AUTH_OK"))]
    pub(super) session_type: Text,
    /// What the phone displays.
    pub(super) auth_params: Option<AuthParams>,
    /// What is wanted of device information.
    pub(super) session_params: Option<SessionParams>,
    /// Base64 of the SHA-256 over the signed fields and the secret.
    pub(super) signature: String,
}

/// What the phone displays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GatewayAuthParams)]
pub(super) struct AuthParams {
    /// The text: at most 16384 bytes.
    #[serde(default, deserialize_with = "plain_text")]
    #[schema(examples("Do you okay this transaction"))]
    pub(super) gui_text: String,
    /// The headline: at most 16384 bytes.
    #[serde(default, deserialize_with = "plain_text")]
    #[schema(examples("Authorization requested"))]
    pub(super) gui_header: String,
}

/// What is wanted of device information.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GatewaySessionParams)]
pub(super) struct SessionParams {
    /// In the tenant's words: at most 16384 bytes.
    #[serde(default, deserialize_with = "plain_text")]
    #[schema(examples("isBioEnabled"))]
    pub(super) device_data: String,
}

/// To look at a session. Signed: `tenantId`, `sessionExternalId`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GatewayCheckRequest)]
pub(super) struct CheckRequest {
    /// The tenant's number, also as a text.
    #[schema(value_type = u64, examples(40007))]
    pub(super) tenant_id: Text,
    /// The session's id, also as a number.
    #[schema(value_type = String, examples("100227"))]
    pub(super) session_external_id: Text,
    /// Base64 of the SHA-256 over the signed fields and the secret.
    pub(super) signature: String,
}

impl StartRequest {
    /// What is asked. The type decides which of the parameters count.
    pub(super) fn question(&self, session_type: &SessionType) -> Question {
        let kind = session_type.kind;
        if kind == challenge::approval::SessionKind::DeviceInfo {
            let params = self.session_params.as_ref();
            return Question {
                kind,
                header: String::new(),
                text: String::new(),
                device_data: Some(params.map_or_else(String::new, |one| one.device_data.clone())),
            };
        }
        let params = self.auth_params.as_ref();
        let (header, text) = params.map_or_else(Default::default, |params| {
            (params.gui_header.clone(), params.gui_text.clone())
        });
        Question {
            kind,
            header,
            text,
            device_data: None,
        }
    }
}

/// Reads a body as JSON, whatever its content type says.
///
/// What is no JSON object, or nested deeper than 128, is [`Refused::NotAnObject`]; an object
/// without what is needed, or with a member twice, [`Refused::Undecodable`].
pub(super) async fn read<T: DeserializeOwned>(body: Body) -> Result<T, Refused> {
    let body = incoming::read_body(body, BODY_LENGTH_MAX)
        .await
        .map_err(|error| match error {
            NoBody::TooLarge => Refused::TooLarge,
            NoBody::EndedEarly => Refused::NotAnObject,
        })?;
    if serde_json::from_slice::<Map<String, Value>>(&body).is_err() {
        return Err(Refused::NotAnObject);
    }
    serde_json::from_slice(&body).map_err(|error| Refused::Undecodable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_link(body: impl Into<Body>) -> Result<LinkRequest, Refused> {
        read(body.into()).await
    }

    #[tokio::test]
    async fn numbers_and_texts_mean_the_same_and_unknown_members_nothing() {
        for body in [
            r#"{"tenantId":40007,"userExternalId":"3137","signature":"s"}"#,
            r#"{"tenantId":"40007","userExternalId":3137,"signature":"s","x":{"y":[1]}}"#,
            " {\"signature\":\"s\",\n\"userExternalId\":\"3137\",\"tenantId\":40007} ",
        ] {
            let read = read_link(body).await.unwrap();
            assert_eq!(read.tenant_id.as_str(), "40007");
            assert_eq!(read.user_external_id.as_str(), "3137");
        }
    }

    #[tokio::test]
    async fn only_what_is_no_object_is_no_object() {
        let deep = |depth: usize| {
            let inner = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            format!(r#"{{"tenantId":1,"userExternalId":"u","signature":"s","x":{inner}}}"#)
        };
        assert!(read_link(deep(100)).await.is_ok());
        for body in [
            "",
            "x",
            "[]",
            "null",
            "1",
            "\"{}\"",
            "{",
            "{}{}",
            &deep(200),
        ] {
            let refused = read_link(body.to_owned()).await.unwrap_err();
            assert_eq!(refused, Refused::NotAnObject, "{body}");
        }
        assert_eq!(
            read_link(vec![b'{', 0xFF, b'}']).await.unwrap_err(),
            Refused::NotAnObject
        );
        let long = format!(r#"{{"x":"{}"}}"#, "x".repeat(BODY_LENGTH_MAX));
        assert_eq!(read_link(long).await.unwrap_err(), Refused::TooLarge);
    }

    #[tokio::test]
    async fn an_object_without_what_is_needed_is_undecodable() {
        for body in [
            "{}",
            r#"{"tenantId":-1,"userExternalId":"u","signature":"s"}"#,
            r#"{"tenantId":1.5,"userExternalId":"u","signature":"s"}"#,
            r#"{"tenantId":1e3,"userExternalId":"u","signature":"s"}"#,
            r#"{"tenantId":18446744073709551616,"userExternalId":"u","signature":"s"}"#,
            r#"{"tenantId":null,"userExternalId":"u","signature":"s"}"#,
            r#"{"tenantId":[1],"userExternalId":"u","signature":"s"}"#,
            r#"{"tenantId":1,"userExternalId":true,"signature":"s"}"#,
            r#"{"tenantId":1,"userExternalId":"u\u0000","signature":"s"}"#,
            r#"{"tenantId":1,"userExternalId":"u","signature":7}"#,
            r#"{"tenantId":1,"tenantId":1,"userExternalId":"u","signature":"s"}"#,
        ] {
            let refused = read_link(body).await.unwrap_err();
            assert!(matches!(refused, Refused::Undecodable(_)), "{body}");
        }
    }

    #[tokio::test]
    async fn the_longest_texts_fit_into_a_body_however_they_are_escaped() {
        let text = r"\u0041".repeat(challenge::approval::TEXT_MAX);
        let body = format!(
            r#"{{"tenantId":1,"userExternalId":"u","type":101,"signature":"s",
                "authParams":{{"guiHeader":"{text}","guiText":"{text}"}}}}"#
        );
        let read: StartRequest = read(Body::from(body)).await.unwrap();
        let params = read.auth_params.unwrap();
        assert_eq!(params.gui_text.len(), challenge::approval::TEXT_MAX);
        assert_eq!(params.gui_text, params.gui_header);
    }
}
