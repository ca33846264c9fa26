//! A callback as it is sent: its body, the vendor's signature, and the Standard Webhooks headers.
//! Pure. When and where it is sent is the server's matter.

use aws_lc_rs::hmac;
use base64ct::{Base64, Encoding as _};
use challenge::approval::{Answered, Callback, Told};
use challenge::clock::Timestamp;
use serde_json::{Value, json};

use super::auth_result::{AuthResult, CANCEL};
use super::signature::sign;

/// The status of what went well: code, message, and the name that is signed.
const SUCCESS: (u16, &str, &str) = (0, "OK", "SUCCESS");

/// The status of a session that ended without an answer, in the words of `/check`.
const ENDED: (u16, &str, &str) = (101, "TenantSessionNotFound", "ERROR");

/// What a Standard Webhooks secret begins with.
const STANDARD_PREFIX: &str = "whsec_";

/// Who a callback is for: what the tenant's settings say about it.
pub struct Addressee<'a> {
    /// The tenant's secret, for the vendor's signature.
    pub secret: &'a [u8],
    /// The tenant's Standard Webhooks secret, as text; nothing: the bytes of `secret` are the key.
    pub standard_secret: Option<&'a [u8]>,
    /// The tenant's word for a declined approval.
    pub decline_word: &'a str,
}

/// One try of a callback.
pub struct Letter {
    /// The JSON body. It may hold PIN digits: it is sent, never logged.
    pub body: String,
    /// `webhook-id`, `webhook-timestamp` and `webhook-signature` (Standard Webhooks 1.0).
    pub headers: [(&'static str, String); 3],
}

/// Why a callback cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// The digits that the user typed were forgotten.
    #[error("the PIN digits were forgotten, a day after they were typed")]
    Forgotten,
    /// The second secret is not what Standard Webhooks wants.
    #[error("callback_standard_secret: give whsec_ and base64 of 24 to 64 bytes")]
    StandardSecret,
}

/// Writes a callback to be sent `now`; `id` is the same in every try, so that a receiver can see
/// that it has it already.
pub fn letter(
    callback: &Callback,
    addressee: &Addressee<'_>,
    (id, now): (&str, Timestamp),
) -> Result<Letter, Unwritable> {
    let body = body(callback, addressee)?.to_string();
    let key = match addressee.standard_secret {
        Some(text) => standard_key(text).ok_or(Unwritable::StandardSecret)?,
        None => addressee.secret.to_vec(),
    };
    let time = now.unix_s().to_string();
    let signed = format!("{id}.{time}.{body}");
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes());
    let signature = format!("v1,{}", Base64::encode_string(tag.as_ref()));
    Ok(Letter {
        body,
        headers: [
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", time),
            ("webhook-signature", signature),
        ],
    })
}

/// The body: all members that any receiver was seen to want, numbers in 101 to 103, texts in 104.
fn body(callback: &Callback, addressee: &Addressee<'_>) -> Result<Value, Unwritable> {
    let user = callback.user_external_id.as_str();
    match &callback.told {
        Told::Linked => Ok(about_user((user, 101), addressee.secret)),
        Told::Unlinked => Ok(about_user((user, 103), addressee.secret)),
        Told::Answered { session, answer } => {
            let result = AuthResult::of(answer, addressee.decline_word);
            let result = result.ok_or(Unwritable::Forgotten)?;
            let about = (user, session.to_string());
            Ok(match answer {
                Answered::DeviceInfo { .. } => device_info(about, &result, addressee.secret),
                _ => about_session(about, (SUCCESS, &result), addressee.secret),
            })
        }
        Told::Ended { session } => {
            // A receiver that looks at the result alone must not take the end for a yes.
            let result = AuthResult {
                data_type: CANCEL,
                data: addressee.decline_word.to_owned().into(),
            };
            let about = (user, session.to_string());
            Ok(about_session(about, (ENDED, &result), addressee.secret))
        }
    }
}

fn about_user((user, kind): (&str, u16), secret: &[u8]) -> Value {
    let (code, message, name) = SUCCESS;
    let signature = sign(&[user, name, &kind.to_string()], secret);
    json!({
        "type": kind,
        "userExternalId": user,
        "status": { "code": code, "message": message },
        "signature": signature,
    })
}

fn about_session(
    (user, session): (&str, String),
    ((code, message, name), result): ((u16, &str, &str), &AuthResult),
    secret: &[u8],
) -> Value {
    let data_type = result.data_type.to_string();
    let fields = [user, &session, name, "102", &result.data, &data_type];
    let signature = sign(&fields, secret);
    json!({
        "type": 102,
        "userExternalId": user,
        "sessionExternalId": session,
        "authResult": { "dataType": result.data_type, "data": *result.data },
        "status": { "code": code, "message": message },
        "signature": signature,
    })
}

fn device_info((user, session): (&str, String), result: &AuthResult, secret: &[u8]) -> Value {
    let (code, message, name) = SUCCESS;
    let data_type = result.data_type.to_string();
    let fields = [user, &session, name, "104", &result.data, &data_type];
    let signature = sign(&fields, secret);
    json!({
        "sessionResult": { "dataType": data_type, "data": *result.data },
        "userExternalId": user,
        "sessionExternalId": session,
        "type": "104",
        "status": { "code": code.to_string(), "message": message },
        "signature": signature,
    })
}

/// The key that a Standard Webhooks secret stands for, as the published libraries read it.
fn standard_key(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let text = text.strip_prefix(STANDARD_PREFIX).unwrap_or(text);
    Base64::decode_vec(text).ok().filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use challenge::approval::Digits;
    use challenge::id::Id;

    use super::*;

    const ADDRESSEE: Addressee<'_> = Addressee {
        secret: b"securetoken",
        standard_secret: None,
        decline_word: "CANCEL",
    };

    fn written(told: Told) -> Value {
        let callback = Callback {
            user_external_id: "uid406jkt".to_owned(),
            told,
        };
        let now = Timestamp::from_unix_s(1_700_000_000);
        let letter = letter(&callback, &ADDRESSEE, ("0a", now)).unwrap();
        serde_json::from_str(&letter.body).unwrap()
    }

    fn answered(answer: Answered) -> Value {
        let session = Id::from_number(100_227).unwrap();
        written(Told::Answered { session, answer })
    }

    #[test]
    fn the_published_link_callback_has_its_published_signature() {
        assert_eq!(
            sign(&["169U", "ERROR", "101"], b"madonna"),
            "7KqaxVN8vdS3VcJ4q83kQVP2wnzqoN+peI4ORXj7QP8="
        );
    }

    #[test]
    fn callbacks_about_the_user_have_numbers() {
        for (told, kind) in [(Told::Linked, 101), (Told::Unlinked, 103)] {
            let expected = sign(&[&format!("uid406jktSUCCESS{kind}securetoken")], b"");
            assert_eq!(
                written(told),
                json!({
                    "type": kind, "userExternalId": "uid406jkt",
                    "status": { "code": 0, "message": "OK" }, "signature": expected,
                })
            );
        }
    }

    #[test]
    fn an_answer_is_told_with_all_members_and_signed_data_before_type() {
        let digits = Digits::Clear("1234".to_owned().into());
        for (answer, data_type, data) in [
            (Answered::Approved, 103, "OK"),
            (Answered::UserVerified, 107, "OK"),
            (Answered::Pin(None), 102, "PIN"),
            (Answered::Pin(Some(digits.clone())), 102, "1234"),
            (Answered::PinSet(None), 105, "PIN"),
            (Answered::PinSet(Some(digits)), 105, "1234"),
            (Answered::PinForgotten { asked: true }, 106, "OK"),
            (Answered::PinForgotten { asked: false }, 106, "CANCEL"),
            (Answered::FellBack, 108, "CANCEL"),
            (Answered::Declined, 101, "CANCEL"),
        ] {
            let text = format!("uid406jkt100227SUCCESS102{data}{data_type}securetoken");
            assert_eq!(
                answered(answer),
                json!({
                    "type": 102, "userExternalId": "uid406jkt", "sessionExternalId": "100227",
                    "authResult": { "dataType": data_type, "data": data },
                    "status": { "code": 0, "message": "OK" },
                    "signature": sign(&[&text], b""),
                })
            );
        }
    }

    #[test]
    fn device_information_has_texts_where_the_others_have_numbers() {
        let answer = Answered::DeviceInfo {
            biometrics: true,
            push: false,
        };
        let data = "isBiometryEnabled=1;isApnsEnabled=0;";
        let text = format!("uid406jkt100227SUCCESS104{data}104securetoken");
        assert_eq!(
            answered(answer),
            json!({
                "sessionResult": { "dataType": "104", "data": data },
                "userExternalId": "uid406jkt", "sessionExternalId": "100227", "type": "104",
                "status": { "code": "0", "message": "OK" },
                "signature": sign(&[&text], b""),
            })
        );
    }

    #[test]
    fn an_end_without_an_answer_is_an_error_that_nobody_can_take_for_a_yes() {
        let session = Id::from_number(100_227).unwrap();
        let told = written(Told::Ended { session });
        assert_eq!(told["status"]["code"], 101);
        assert_eq!(told["authResult"]["dataType"], 101);
        assert_eq!(told["authResult"]["data"], "CANCEL");
        let text = "uid406jkt100227ERROR102CANCEL101securetoken";
        assert_eq!(told["signature"], sign(&[text], b""));
    }

    #[test]
    fn forgotten_and_sealed_digits_are_never_sent() {
        for digits in [Digits::Forgotten, Digits::Sealed("c2VhbGVk".to_owned())] {
            let callback = Callback {
                user_external_id: "u".to_owned(),
                told: Told::Answered {
                    session: Id::from_number(1).unwrap(),
                    answer: Answered::Pin(Some(digits)),
                },
            };
            let letter = letter(&callback, &ADDRESSEE, ("0a", Timestamp::default()));
            assert_eq!(letter.err(), Some(Unwritable::Forgotten));
        }
    }

    #[test]
    fn standard_webhooks_signatures_are_those_of_the_specification() {
        // The example of the specification's libraries.
        let key = standard_key(b"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let text = br#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#;
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), text);
        assert_eq!(
            Base64::encode_string(tag.as_ref()),
            "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        for wrong in ["whsec_", "whsec_not base64", ""] {
            assert!(standard_key(wrong.as_bytes()).is_none(), "{wrong:?}");
        }
    }
}
