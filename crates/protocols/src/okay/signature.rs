//! The vendor's signature: SHA-256 over the fields one after the other and the secret, in base64.
//!
//! It has no separators, no nonce and no key derivation; what that allows is closed in the domain,
//! which binds a signature to the split of the first request that carried it.

use aws_lc_rs::digest::{Context, SHA256};
use base64ct::{Base64, Encoding as _};
use subtle::{Choice, ConstantTimeEq as _};

/// Bytes of a signature.
pub(super) const LENGTH: usize = 32;

/// The signature of these fields in this order, as bytes.
fn digest(fields: &[&str], secret: &[u8]) -> [u8; LENGTH] {
    let mut context = Context::new(&SHA256);
    for field in fields {
        context.update(field.as_bytes());
    }
    context.update(secret);
    let digest = context.finish();
    digest.as_ref().first_chunk().copied().unwrap_or_default()
}

/// The signature of these fields in this order, as it goes over the wire.
pub(super) fn sign(fields: &[&str], secret: &[u8]) -> String {
    Base64::encode_string(&digest(fields, secret))
}

/// A signature off the wire: base64 of 32 bytes.
pub(super) fn decode(text: &str) -> Option<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    let decoded = Base64::decode(text, &mut bytes).ok()?;
    (decoded.len() == LENGTH).then_some(bytes)
}

/// Whether the signature is over one of these ways to write the fields. All are computed and
/// compared in constant time, so that time does not tell how near a guess came.
pub(super) fn verifies(
    unverified_signature: &[u8; LENGTH],
    ways: &[Vec<&str>],
    secret: &[u8],
) -> bool {
    let none = Choice::from(0);
    let any = ways.iter().fold(none, |any, fields| {
        any | digest(fields, secret).ct_eq(unverified_signature)
    });
    any.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_signatures_are_made() {
        for (fields, secret, expected) in [
            (
                &["10000", "U12"][..],
                "hollywood",
                "2ZCK7nx/Gz2qvFlo/vPLk1H37H6g/IobIOgEJAOvQks=",
            ),
            (
                &[
                    "12000",
                    "AATFR7851",
                    "Secure Service Request",
                    "Have you requested authorization request?",
                    "101",
                ],
                "password",
                "BBtE0ixMwgVZ2U0XZCBGpGffwfQgu4S0ler0Ia2kwHQ=",
            ),
            (
                &["40007", "100227"],
                "securetoken",
                "YXDW1cf2GdRZlWSBX85crl97sVd+cB3AA9pKUahpgPk=",
            ),
            (
                &["169U", "ERROR", "101"],
                "madonna",
                "7KqaxVN8vdS3VcJ4q83kQVP2wnzqoN+peI4ORXj7QP8=",
            ),
            (
                &["40007", "uid406jkt"],
                "securetoken",
                "zqVmg24iAeAqhKdyFOClJdmaB1NBE4lm4K/xnZUwg7M=",
            ),
            (
                &["150001", "uid406jkt"],
                "securetoken",
                "VlkDHU3I1Ur/VpX3Tu0w9nW6QZRKNsXjhMmf7R3zovg=",
            ),
            (
                &[
                    "40007",
                    "uid406jkt",
                    "Authorization requested",
                    "Do you okay this transaction",
                    "101",
                ],
                "securetoken",
                "B85tC+tde9fTCBeJSXXVqS1nE3DoCvTt035GQWYyYP0=",
            ),
            (
                &[
                    "40007",
                    "uid406jkt",
                    "Authorization requested",
                    "Do you okay this transaction",
                    "102",
                ],
                "securetoken",
                "vgts5sbva6zVIu/KtR9pJgGxNgKZhvtuHiOMK/tscsM=",
            ),
        ] {
            assert_eq!(sign(fields, secret.as_bytes()), expected, "{fields:?}");
            let signature = decode(expected).unwrap();
            assert!(verifies(&signature, &[fields.to_vec()], secret.as_bytes()));
            let others = [vec!["1"], fields.to_vec()];
            assert!(verifies(&signature, &others, secret.as_bytes()));
            assert!(!verifies(&signature, &[fields.to_vec()], b"another"));
            assert!(!verifies(&signature, &[], secret.as_bytes()));
        }
    }

    #[test]
    fn a_signature_is_base64_of_32_bytes_with_padding() {
        let good = sign(&[], b"secret");
        assert!(decode(&good).is_some());
        for bad in [
            "",
            "=",
            "AAAA",
            good.trim_end_matches('='),
            &format!(" {good}"),
            &format!("{good}\n"),
            &good.replace(['+', '/'], "-"),
            &Base64::encode_string(&[0; 33]),
            &Base64::encode_string(&[0; 31]),
        ] {
            let same = bad == good;
            assert!(same || decode(bad).is_none(), "{bad}");
        }
    }
}
