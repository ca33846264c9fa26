//! A text sealed for a subscription (RFC 8291): one record of the content coding `aes128gcm` (RFC 8188).

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, ECDH_P256, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use challenge::approval::PublicKey;
use challenge::rng::{self, Rng};
use zeroize::Zeroizing;

use super::letter::Unwritable;

/// Bytes of a record at most, as the header names it. What is sent here is one shorter record.
const RECORD_SIZE: u32 = 4096;

/// Bytes of the salt that stands first (RFC 8188, section 2.1).
const SALT_LENGTH: usize = 16;

/// Bytes of the content-encryption key.
const KEY_LENGTH: usize = 16;

/// Bytes of what both sides agree on (RFC 8291, section 3.4).
const IKM_LENGTH: usize = 32;

/// What stands after the text of the last record; what follows is padding.
const LAST_RECORD: u8 = 2;

/// Draws that may be no private key before it is given up: each is one with all but 2^-32.
const DRAWS: u8 = 8;

/// Whom a text is for.
pub(super) struct Recipient<'a> {
    /// The public key.
    pub(super) p256dh: &'a PublicKey,
    /// The secret that both sides share.
    pub(super) auth: &'a [u8],
}

/// What is drawn anew for each text.
pub(super) struct Fresh {
    private: PrivateKey,
    salt: [u8; SALT_LENGTH],
}

impl Fresh {
    /// Draws a key pair and a salt.
    pub(super) fn draw(rng: &dyn Rng) -> Result<Self, Unwritable> {
        for _ in 0..DRAWS {
            let scalar: Zeroizing<[u8; 32]> = Zeroizing::new(rng::bytes(rng));
            if let Ok(private) = PrivateKey::from_private_key(&ECDH_P256, &*scalar) {
                let salt = rng::bytes(rng);
                return Ok(Self { private, salt });
            }
        }
        Err(Unwritable)
    }
}

/// Seals a text that is first filled up to `length` bytes, so that nothing can be told from how long it
/// is. A longer text is not taken.
pub(super) fn sealed(
    text: &[u8],
    length: usize,
    recipient: &Recipient<'_>,
    fresh: &Fresh,
) -> Result<Vec<u8>, Unwritable> {
    let padding = length.checked_sub(text.len()).ok_or(Unwritable)?;
    let public = fresh.private.compute_public_key().map_err(|_| Unwritable)?;
    let (key, nonce) = keys(recipient, fresh, public.as_ref())?;
    let mut record = text.to_vec();
    record.push(LAST_RECORD);
    record.resize(record.len() + padding, 0);
    key.seal_in_place_append_tag(nonce, Aad::empty(), &mut record)
        .map_err(|_| Unwritable)?;
    let id_length = u8::try_from(public.as_ref().len()).map_err(|_| Unwritable)?;
    let mut body = fresh.salt.to_vec();
    body.extend_from_slice(&RECORD_SIZE.to_be_bytes());
    body.push(id_length);
    body.extend_from_slice(public.as_ref());
    body.append(&mut record);
    Ok(body)
}

/// The content-encryption key and nonce (RFC 8291, section 3.4).
fn keys(
    recipient: &Recipient<'_>,
    fresh: &Fresh,
    public: &[u8],
) -> Result<(LessSafeKey, Nonce), Unwritable> {
    let theirs = recipient.p256dh.as_bytes();
    let shared: Zeroizing<[u8; IKM_LENGTH]> = {
        let peer = UnparsedPublicKey::new(&ECDH_P256, theirs);
        let extract = |shared: &[u8]| {
            let prk = Salt::new(HKDF_SHA256, recipient.auth).extract(shared);
            expanded(&prk, &[b"WebPush: info\0", theirs, public])
        };
        agreement::agree(&fresh.private, peer, Unwritable, extract)?
    };
    let prk = Salt::new(HKDF_SHA256, &fresh.salt).extract(&*shared);
    let key: Zeroizing<[u8; KEY_LENGTH]> = expanded(&prk, &[b"Content-Encoding: aes128gcm\0"])?;
    let nonce: Zeroizing<[u8; NONCE_LEN]> = expanded(&prk, &[b"Content-Encoding: nonce\0"])?;
    let key = UnboundKey::new(&AES_128_GCM, &*key).map_err(|_| Unwritable)?;
    Ok((LessSafeKey::new(key), Nonce::assume_unique_for_key(*nonce)))
}

/// So many bytes of a key's expansion.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn expanded<const N: usize>(prk: &Prk, info: &[&[u8]]) -> Result<Zeroizing<[u8; N]>, Unwritable> {
    let mut bytes = Zeroizing::new([0; N]);
    let expanded = prk.expand(info, Length(N)).map_err(|_| Unwritable)?;
    expanded.fill(&mut *bytes).map_err(|_| Unwritable)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64UrlUnpadded, Encoding as _};
    use challenge::rng::DangerCountingRng;

    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        Base64UrlUnpadded::decode_vec(text).unwrap()
    }

    /// The user agent of RFC 8291, appendix A.
    fn agent() -> (PublicKey, Vec<u8>) {
        let point = bytes(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        );
        let auth = bytes("BTBZMqHH6r4Tts7J_aSIgg");
        (PublicKey::of_unverified(&point).unwrap(), auth)
    }

    #[test]
    fn the_example_of_rfc_8291_comes_out() {
        let (p256dh, auth) = agent();
        let scalar = bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
        let fresh = Fresh {
            private: PrivateKey::from_private_key(&ECDH_P256, &scalar).unwrap(),
            salt: bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap(),
        };
        let recipient = Recipient {
            p256dh: &p256dh,
            auth: &auth,
        };
        let text = b"When I grow up, I want to be a watermelon";
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3\
                        vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuw\
                        XPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        let body = sealed(text, text.len(), &recipient, &fresh).unwrap();
        assert_eq!(Base64UrlUnpadded::encode_string(&body), expected);
    }

    #[test]
    fn every_text_has_one_length_and_never_looks_the_same() {
        let (p256dh, auth) = agent();
        let recipient = Recipient {
            p256dh: &p256dh,
            auth: &auth,
        };
        let rng = DangerCountingRng::default();
        let seal = |text: &[u8]| {
            let fresh = Fresh::draw(&rng).unwrap();
            sealed(text, 256, &recipient, &fresh)
        };
        let bodies = [&b""[..], b"a", b"a", &[0; 256]].map(|text| seal(text).unwrap());
        // Salt, record size, key with its length, text, delimiter, tag.
        assert!(bodies.iter().all(|body| body.len() == 86 + 256 + 1 + 16));
        assert_ne!(bodies[1], bodies[2]);
        assert_ne!(bodies[1][..16], bodies[2][..16], "the salt is drawn anew");
        assert_ne!(bodies[1][21..86], bodies[2][21..86], "so is the key pair");
        assert!(seal(&[0; 257]).is_err());
    }

    #[test]
    fn without_randomness_nothing_is_sealed() {
        struct Stuck;
        impl Rng for Stuck {
            fn fill(&self, buffer: &mut [u8]) {
                buffer.fill(0xff);
            }
        }
        assert!(Fresh::draw(&Stuck).is_err());
    }
}
