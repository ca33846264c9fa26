//! Codes that are sent to the user when one is asked for, and repeated once (NIST SP 800-63B, 5.1.3).
//!
//! Of the code only a digest under the authenticator's own key is kept, as the challenge's question.
//! How it is sent is not for here (see `delivery`).

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use oath::Key;
use zeroize::Zeroizing;

use crate::rng::{self, Rng};

/// Random bytes that tell apart what is kept of two equal codes.
const SALT_LENGTH: usize = 16;

/// Draws a code of decimal digits.
pub fn draw_code(digits: u8, rng: &dyn Rng) -> Zeroizing<String> {
    Zeroizing::new(rng::text(rng, b"0123456789", usize::from(digits)))
}

/// What is kept of a code: a salt, and the code's HMAC-SHA-256 under the authenticator's key.
pub fn keep(key: &Key, code: &str, rng: &dyn Rng) -> String {
    let salt: [u8; SALT_LENGTH] = rng::bytes(rng);
    let mac = mac_of(key, &salt, code);
    HEXLOWER.encode(&[&salt[..], mac.as_ref()].concat())
}

/// Whether this is the code of which `kept` was kept, whatever spaces people put into it. Where
/// nothing was kept the same is computed, and the answer is no.
pub(super) fn is_delivered(key: &Key, kept: &str, unverified_code: &str) -> bool {
    let plain: Zeroizing<String> = Zeroizing::new(
        unverified_code
            .chars()
            .filter(|one| !one.is_whitespace())
            .collect(),
    );
    let kept = HEXLOWER.decode(kept.as_bytes()).unwrap_or_default();
    let (salt, expected) = kept
        .split_first_chunk::<SALT_LENGTH>()
        .unwrap_or((&[0; SALT_LENGTH], &[]));
    let mac = mac_of(key, salt, &plain);
    aws_lc_rs::constant_time::verify_slices_are_equal(mac.as_ref(), expected).is_ok()
}

fn mac_of(key: &Key, salt: &[u8], code: &str) -> hmac::Tag {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(salt);
    context.update(code.as_bytes());
    context.sign()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::DangerCountingRng;

    fn key(byte: u8) -> Key {
        Key::new([byte; 32]).unwrap()
    }

    #[test]
    fn the_code_that_was_kept_is_known_and_no_other() {
        let rng = DangerCountingRng::default();
        let code = draw_code(6, &rng);
        assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()));
        let kept = keep(&key(1), &code, &rng);
        assert!(!kept.contains(code.as_str()));
        assert!(is_delivered(&key(1), &kept, &code));
        assert!(is_delivered(
            &key(1),
            &kept,
            &format!(" {} {}", &code[..3], &code[3..])
        ));
        assert!(!is_delivered(&key(2), &kept, &code));
        assert!(!is_delivered(
            &key(1),
            &keep(&key(1), "000000", &rng),
            &code
        ));
        assert!(!is_delivered(&key(1), "", &code));
        assert!(!is_delivered(&key(1), "", ""));
        assert!(!is_delivered(&key(1), "00000000", ""));
    }

    #[test]
    fn equal_codes_are_kept_differently() {
        let rng = DangerCountingRng::default();
        assert_ne!(keep(&key(1), "123456", &rng), keep(&key(1), "123456", &rng));
    }
}
