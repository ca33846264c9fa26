//! The `Authorization` of a device: its name, a time, a nonce and a signature over the request.

use axum::http::{HeaderMap, header};
use base64ct::{Base64, Encoding as _};
use challenge::approval::DeviceName;

use crate::device::refusal::Refused;

/// The scheme's name.
pub(super) const SCHEME: &str = "Countersign";

/// Bytes of a signature: r and s.
const SIGNATURE_LENGTH: usize = 64;

/// What a device says about a request. Nothing of it is verified.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authorization {
    pub(super) device: DeviceName,
    pub(super) time_ms: i64,
    pub(super) nonce: String,
    pub(super) unverified_signature: Vec<u8>,
}

/// Reads the one `Authorization` header: `Countersign device="…", time="…", nonce="…",
/// signature="…"`, in any order, each once (RFC 9110, section 11.4).
pub(super) fn read(headers: &HeaderMap) -> Result<Authorization, Refused> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (given.next(), given.next()) else {
        return Err(Refused::NoAuthorization);
    };
    let text = value.to_str().map_err(|_| malformed())?;
    let (scheme, parameters) = text.trim().split_once(' ').unwrap_or((text, ""));
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return Err(Refused::NoAuthorization);
    }
    let [mut device, mut time, mut nonce, mut signature] = [None; 4];
    for parameter in parameters.split(',') {
        let (name, value) = parameter.trim().split_once('=').ok_or_else(malformed)?;
        let value = value
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .filter(|value| !value.contains(['"', '\\']))
            .ok_or_else(malformed)?;
        let place = match name {
            "device" => &mut device,
            "time" => &mut time,
            "nonce" => &mut nonce,
            "signature" => &mut signature,
            _ => return Err(malformed()),
        };
        if place.replace(value).is_some() {
            return Err(malformed());
        }
    }
    let device = device.and_then(|text| text.parse().ok());
    let time_ms = time.and_then(|text| text.parse().ok());
    Ok(Authorization {
        device: device.ok_or_else(malformed)?,
        time_ms: time_ms.ok_or_else(malformed)?,
        nonce: nonce.ok_or_else(malformed)?.to_owned(),
        unverified_signature: signature.and_then(decode).ok_or_else(malformed)?,
    })
}

/// A signature off the wire: base64 of 64 bytes.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let bytes = Base64::decode_vec(text).ok()?;
    (bytes.len() == SIGNATURE_LENGTH).then_some(bytes)
}

fn malformed() -> Refused {
    Refused::Malformed(
        "Authorization: send Countersign device=\"TENANT-DEVICE\", time=\"MS\", nonce=\"N\", \
         signature=\"BASE64\", each once"
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn parsed(value: &str) -> Result<Authorization, Refused> {
        let mut headers = HeaderMap::new();
        headers.append(
            header::AUTHORIZATION,
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
        read(&headers)
    }

    #[test]
    fn the_four_parameters_are_read_in_any_order() {
        let signature = Base64::encode_string(&[7; 64]);
        for value in [
            format!(r#"Countersign device="12-34", time="-5", nonce="n", signature="{signature}""#),
            format!(r#"countersign signature="{signature}",nonce="n",time="-5",device="12-34""#),
        ] {
            let read = parsed(&value).unwrap();
            assert_eq!(read.device.to_string(), "12-34");
            assert_eq!((read.time_ms, read.nonce.as_str()), (-5, "n"));
            assert_eq!(read.unverified_signature, [7; 64]);
        }
    }

    #[test]
    fn what_is_missing_twice_or_no_signature_is_refused() {
        let good = Base64::encode_string(&[7; 64]);
        let short = Base64::encode_string(&[7; 63]);
        for value in [
            "Countersign".to_owned(),
            "Countersign x".to_owned(),
            format!(r#"Countersign device="12-34", time="5", nonce="n", signature="{short}""#),
            format!(r#"Countersign device="12-34", time="5", nonce="n", signature={good}"#),
            format!(r#"Countersign device="12", time="5", nonce="n", signature="{good}""#),
            format!(r#"Countersign device="12-34", time="x", nonce="n", signature="{good}""#),
            format!(r#"Countersign device="12-34", time="5", signature="{good}""#),
            format!(
                r#"Countersign device="12-34", time="5", time="5", nonce="n", signature="{good}""#
            ),
            format!(
                r#"Countersign device="12-34", time="5", nonce="n", x="y", signature="{good}""#
            ),
            "Countersign é=\"1\"".to_owned(),
        ] {
            assert!(
                matches!(parsed(&value), Err(Refused::Malformed(_))),
                "{value}"
            );
        }
        for value in ["Bearer abc", "", "Basic abc"] {
            assert_eq!(parsed(value), Err(Refused::NoAuthorization), "{value}");
        }
        assert_eq!(read(&HeaderMap::new()), Err(Refused::NoAuthorization));
    }
}
