//! Who sends a push (RFC 8292): a token signed with the server's push key, and the key.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use challenge::clock::Timestamp;
use challenge::push_key::PushKey;
use serde_json::json;

use super::letter::Unwritable;

/// Seconds for which a token is good; a push service takes no more than a day (RFC 8292, section 2).
const TOKEN_S: u32 = 12 * 3600;

/// The value of `Authorization` for a push service, which is named by its origin. `contact` is a
/// `mailto:` or `https:` URI where its operator reaches ours.
pub(super) fn authorization(
    key: &PushKey,
    (service, contact): (&str, &str),
    now: Timestamp,
) -> Result<String, Unwritable> {
    let header = json!({ "typ": "JWT", "alg": "ES256" }).to_string();
    let claims = json!({
        "aud": service,
        "exp": now.plus_s(TOKEN_S).unix_s(),
        "sub": contact,
    });
    let parts = [header, claims.to_string()];
    let signed = parts.map(|part| Base64UrlUnpadded::encode_string(part.as_bytes()));
    let signed = signed.join(".");
    let signature = key.sign(signed.as_bytes()).map_err(|_| Unwritable)?;
    let signature = Base64UrlUnpadded::encode_string(&signature);
    let public = Base64UrlUnpadded::encode_string(key.public().as_bytes());
    Ok(format!("vapid t={signed}.{signature}, k={public}"))
}

#[cfg(test)]
mod tests {
    use challenge::secret::Keyring;
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_token_is_for_one_service_for_half_a_day_and_verifies_with_the_key_beside_it() {
        let keyring = Keyring::new([(1, [7; 32])].into()).unwrap();
        let key = keyring.push_key().unwrap();
        let now = Timestamp::from_unix_s(1_790_000_000);
        let whom = ("https://push.example", "mailto:ops@bank.example");
        let value = authorization(&key, whom, now).unwrap();
        let (token, public) = value
            .strip_prefix("vapid t=")
            .and_then(|rest| rest.split_once(", k="))
            .unwrap();
        let bytes = |text: &str| Base64UrlUnpadded::decode_vec(text).unwrap();
        assert_eq!(bytes(public), key.public().as_bytes());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        assert!(key.public().verifies(signed.as_bytes(), &bytes(signature)));
        let (header, claims) = signed.split_once('.').unwrap();
        let read = |part: &str| serde_json::from_slice::<Value>(&bytes(part)).unwrap();
        assert_eq!(read(header), json!({"typ": "JWT", "alg": "ES256"}));
        let expected = json!({
            "aud": "https://push.example", "exp": 1_790_043_200, "sub": "mailto:ops@bank.example",
        });
        assert_eq!(read(claims), expected);
    }
}
