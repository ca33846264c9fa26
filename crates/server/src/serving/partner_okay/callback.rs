//! The callbacks that a partner receives: what one says, and whether the Okay server said it.
//!
//! Nothing in a callback counts before its signatures were verified.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use axum::http::HeaderMap;
use challenge::clock::Timestamp;
use data_encoding::BASE64;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::account::Account;

/// Seconds by which a callback's time may differ from the partner's clock, as the Standard Webhooks
/// libraries have it.
const TIME_TOLERANCE_S: u64 = 300;

/// A callback as it came.
pub struct Callback {
    /// Its body.
    pub body: Value,
    /// The user it is about, if it says so.
    pub unverified_user: String,
    /// What was verified about it, in order.
    pub checks: Vec<Check>,
    /// `webhook-id`: the same in every try, so that a partner does nothing twice.
    pub id: Option<String>,
}

/// One thing that was verified.
pub struct Check {
    /// What.
    pub what: &'static str,
    /// Whether it is as it must be.
    pub passed: bool,
}

impl Account {
    /// Reads a callback and verifies all of its signatures.
    pub fn receive(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Callback {
        let parsed: Value = serde_json::from_slice(body).unwrap_or_default();
        let claimed = text(&parsed["signature"]);
        let expected = signed_fields(&parsed).map(|fields| {
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            self.signature(&fields)
        });
        let is_ours = expected.is_some_and(|expected| same(&expected, &claimed));
        let mut checks = vec![Check {
            what: "signature",
            passed: is_ours,
        }];
        if let Some(secret) = &self.standard_secret {
            checks.push(Check {
                what: "webhook-signature",
                passed: is_standard(secret, headers, body),
            });
            checks.push(Check {
                what: "webhook-timestamp",
                passed: is_timely(headers, now),
            });
        }
        Callback {
            unverified_user: text(&parsed["userExternalId"]),
            id: header(headers, "webhook-id").map(str::to_owned),
            body: parsed,
            checks,
        }
    }
}

impl Callback {
    /// Whether everything about it is as it must be.
    pub fn is_verified(&self) -> bool {
        self.checks.iter().all(|check| check.passed)
    }
}

/// The fields that the signature is over, in their order; nothing for a type that there is not.
fn signed_fields(body: &Value) -> Option<Vec<String>> {
    // What is signed is the status's name, not its number and not its message.
    let status = match text(&body["status"]["code"]).as_str() {
        "0" => "SUCCESS",
        "101" => "ERROR",
        "-1" => "INCOMPLETE",
        _ => return None,
    };
    let (user, session) = (
        text(&body["userExternalId"]),
        text(&body["sessionExternalId"]),
    );
    let kind = text(&body["type"]);
    let result = match kind.as_str() {
        "101" | "103" => return Some(vec![user, status.to_owned(), kind]),
        "102" => &body["authResult"],
        "104" => &body["sessionResult"],
        _ => return None,
    };
    let (data, data_type) = (text(&result["data"]), text(&result["dataType"]));
    Some(vec![
        user,
        session,
        status.to_owned(),
        kind,
        data,
        data_type,
    ])
}

/// A member's text, whether it came as a text or as a number; nothing is the empty text.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

fn same(expected: &str, claimed: &str) -> bool {
    verify_slices_are_equal(expected.as_bytes(), claimed.as_bytes()).is_ok()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Standard Webhooks: HMAC-SHA256 over id, time and body, in base64, one of several after `v1,`.
fn is_standard(secret: &SecretString, headers: &HeaderMap, body: &[u8]) -> bool {
    let (Some(id), Some(time), Some(signatures)) = (
        header(headers, "webhook-id"),
        header(headers, "webhook-timestamp"),
        header(headers, "webhook-signature"),
    ) else {
        return false;
    };
    let secret = secret.expose_secret();
    let encoded = secret.strip_prefix("whsec_").unwrap_or(secret);
    let Ok(key) = BASE64.decode(encoded.as_bytes()) else {
        return false;
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let mut message = format!("{id}.{time}.").into_bytes();
    message.extend_from_slice(body);
    let decoded = signatures
        .split(' ')
        .filter_map(|each| BASE64.decode(each.strip_prefix("v1,")?.as_bytes()).ok());
    decoded
        .into_iter()
        .any(|tag| hmac::verify(&key, &message, &tag).is_ok())
}

fn is_timely(headers: &HeaderMap, now: Timestamp) -> bool {
    let time = header(headers, "webhook-timestamp").and_then(|time| time.parse::<u64>().ok());
    time.is_some_and(|time| time.abs_diff(now.unix_s()) <= TIME_TOLERANCE_S)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_s(1_800_000_000);

    fn account(secret: &str) -> Account {
        Account {
            server: String::new(),
            tenant_id: 1,
            secret: secret.into(),
            standard_secret: None,
        }
    }

    fn verified(account: &Account, body: &Value) -> bool {
        account
            .receive(&HeaderMap::new(), body.to_string().as_bytes(), NOW)
            .is_verified()
    }

    #[test]
    fn the_published_link_callback_verifies_and_no_other_does() {
        let account = account("madonna");
        let published = json!({
            "type": 101, "userExternalId": "169U", "status": {"code": 101, "message": "x"},
            "signature": "7KqaxVN8vdS3VcJ4q83kQVP2wnzqoN+peI4ORXj7QP8=",
        });
        assert!(verified(&account, &published));
        for (member, other) in [
            ("type", json!(103)),
            ("type", json!(7)),
            ("userExternalId", json!("170U")),
            ("status", json!({"code": 0})),
            ("status", json!({"code": 5})),
            ("signature", json!("")),
            ("signature", Value::Null),
        ] {
            let mut forged = published.clone();
            forged[member] = other;
            assert!(!verified(&account, &forged), "{forged}");
        }
        assert!(!verified(&account, &json!([])));
    }

    #[test]
    fn an_answer_is_signed_with_its_data_and_type() {
        let account = account("secret");
        for (kind, result) in [("102", "authResult"), ("104", "sessionResult")] {
            let signature = account.signature(&["u", "5", "SUCCESS", kind, "CANCEL", "101"]);
            let mut body = json!({
                "type": kind, "userExternalId": "u", "sessionExternalId": "5",
                "status": {"code": 0}, "signature": signature,
            });
            body[result] = json!({"dataType": 101, "data": "CANCEL"});
            assert!(verified(&account, &body));
            body[result]["data"] = json!("OK");
            assert!(!verified(&account, &body));
        }
    }

    #[test]
    fn a_standard_signature_covers_id_time_and_body() {
        // The example of the Standard Webhooks specification's libraries.
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let body = br#"{"test": 2432232314}"#;
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            (
                "webhook-signature",
                "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let standard =
            |headers: &HeaderMap, body: &[u8]| is_standard(&secret.into(), headers, body);
        assert!(standard(&headers, body));
        assert!(is_timely(&headers, Timestamp::from_unix_s(1_614_265_630)));
        assert!(!is_timely(&headers, Timestamp::from_unix_s(1_614_265_631)));
        assert!(!standard(&headers, b"{}"));
        headers.insert("webhook-id", HeaderValue::from_static("msg_other"));
        assert!(!standard(&headers, body));
        headers.remove("webhook-signature");
        assert!(!standard(&headers, body));
    }
}
