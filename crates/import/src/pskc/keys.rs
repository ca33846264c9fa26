//! The key that a file is encrypted with, and the MAC over what it encrypts. A value whose MAC does not
//! fit is never used.

use aws_lc_rs::hmac;
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::Fault;
use super::cipher::Cipher;
use super::derivation::Derivation;
use super::tree::Element;
use super::value::base64;

/// What the operator has to open the file with.
#[derive(Default)]
pub enum Given {
    /// Nothing.
    #[default]
    Nothing,
    /// The pre-shared key.
    Key(Zeroizing<Vec<u8>>),
    /// The passphrase that the key is derived from.
    Passphrase(SecretString),
}

/// What opens the values of a file.
pub(super) struct Keys {
    given: Given,
    /// The key, or why there is none.
    key: Result<Zeroizing<Vec<u8>>, String>,
    /// Whether the file said which key it is.
    has_key: bool,
    /// Whether the file said how its MACs are made.
    has_mac: bool,
    /// Of the old form: the algorithm and the initialisation vector of all values.
    old: Option<(String, Option<Vec<u8>>)>,
    mac: Option<Mac>,
}

/// How values are authenticated.
struct Mac {
    algorithm: hmac::Algorithm,
    /// The encrypted key; nothing: the key that encrypts.
    sealed_key: Option<Element>,
    /// The key, once it was needed.
    key: Option<hmac::Key>,
}

const WITHOUT_KEY: &str = "the file names no key";

impl Keys {
    pub(super) fn given(given: Given) -> Self {
        // Older files encrypt with a key that they do not name.
        let key = match &given {
            Given::Key(key) => Ok(key.clone()),
            Given::Nothing | Given::Passphrase(_) => Err(WITHOUT_KEY.to_owned()),
        };
        Self {
            given,
            key,
            has_key: false,
            has_mac: false,
            old: None,
            mac: None,
        }
    }

    /// Whether the file, or who gave a key for it, says that its secrets are encrypted.
    pub(super) fn are_expected(&self) -> bool {
        let is_given = !matches!(self.given, Given::Nothing);
        is_given || self.has_key || self.has_mac || self.old.is_some()
    }

    /// Whether what an element holds is encrypted and has, in the old form, the digest that shows it.
    pub(super) fn seal(&self, element: &Element) -> bool {
        let is_old = element.child("Value").is_some() && element.child("ValueDigest").is_some();
        element.child("EncryptedValue").is_some() || (is_old && self.old.is_some())
    }

    /// Reads `EncryptionKey`: which key it is, and where it comes from. There is one: each may take a second
    /// to derive.
    pub(super) fn read_encryption_key(&mut self, element: &Element) -> Result<(), Fault> {
        if std::mem::replace(&mut self.has_key, true) {
            return Err(Fault::file("the file names a second EncryptionKey"));
        }
        if let Some(derived) = element.child("DerivedKey") {
            let method = derived.child("KeyDerivationMethod");
            let method = method.ok_or_else(|| Fault::file("the derived key has no method"))?;
            let derivation = Derivation::read(method)?;
            self.key = match &self.given {
                Given::Passphrase(passphrase) => Ok(derivation.derive(passphrase)),
                _ => Err(format!(
                    "the file is encrypted under a passphrase{}; give it with --passphrase-file or \
                     --passphrase-env",
                    named(derived.text_at(&["MasterKeyName"]))
                )),
            };
            return Ok(());
        }
        let name = element.text_at(&["KeyName"]);
        if name.is_none() && !element.children.is_empty() {
            return Err(Fault::file(
                "the file is encrypted for a certificate (RSA), whose private key stays where it is; \
                 ask for a file under a pre-shared key or a passphrase",
            ));
        }
        self.key = match &self.given {
            Given::Key(key) => Ok(key.clone()),
            _ => Err(format!(
                "the file is encrypted under a pre-shared key{}; give it with --key-file or --key-env",
                named(name)
            )),
        };
        Ok(())
    }

    /// Reads `EncryptionMethod` of the old form, which holds for all values.
    pub(super) fn read_old_encryption(&mut self, element: &Element) -> Result<(), Fault> {
        if self.old.is_some() {
            return Err(Fault::file("the file names a second EncryptionMethod"));
        }
        let algorithm = element.attribute("Algorithm").unwrap_or_default();
        if algorithm.eq_ignore_ascii_case("none") {
            return Ok(());
        }
        let iv = element.text_at(&["IV"]).map(base64);
        if matches!(iv, Some(None)) {
            return Err(Fault::file("the initialisation vector (IV) is not base64"));
        }
        let iv = iv.flatten().map(|iv| iv.to_vec());
        self.old = Some((algorithm.to_owned(), iv));
        Ok(())
    }

    /// Reads `MACMethod`, or `DigestMethod` of the old form.
    pub(super) fn read_mac(&mut self, element: Element) -> Result<(), Fault> {
        if std::mem::replace(&mut self.has_mac, true) {
            return Err(Fault::file("the file names a second MACMethod"));
        }
        // Files whose values are wrapped (RFC 3394) need none, and some have one that says nothing.
        let Some(name) = element.attribute("Algorithm") else {
            return Ok(());
        };
        let name = name
            .rsplit('#')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let algorithm = match name.as_str() {
            "hmac-sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            "hmac-sha224" => hmac::HMAC_SHA224,
            "hmac-sha256" => hmac::HMAC_SHA256,
            "hmac-sha384" => hmac::HMAC_SHA384,
            "hmac-sha512" => hmac::HMAC_SHA512,
            _ => {
                return Err(Fault::file(
                    "the MAC algorithm is not known; HMAC with SHA-1 and SHA-2 is",
                ));
            }
        };
        let mut children = element.children.into_iter();
        self.mac = Some(Mac {
            algorithm,
            sealed_key: children.find(|child| child.name == "MACKey"),
            key: None,
        });
        Ok(())
    }

    fn key(&self) -> Result<&[u8], Fault> {
        let missing = |why: &String| match (&self.given, why.as_str()) {
            (Given::Passphrase(_), WITHOUT_KEY) => Fault::file(
                "the file does not derive its key from a passphrase; give the key with --key-file or \
                 --key-env",
            ),
            (_, WITHOUT_KEY) => {
                Fault::file("the file is encrypted; give its key with --key-file or --key-env")
            }
            _ => Fault::file(why.as_str()),
        };
        self.key.as_ref().map(|key| key.as_slice()).map_err(missing)
    }

    /// Opens an `EncryptedValue` whose MAC is in `mac`.
    pub(super) fn open(
        &mut self,
        sealed: &Element,
        mac: Option<&Element>,
    ) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let (algorithm, cipher_text) = encrypted(sealed)?;
        self.open_bytes((algorithm, &cipher_text, None), mac)
    }

    /// Opens a `Value` of the old form. Without a digest it was not encrypted: of a secret the caller refuses
    /// that before.
    pub(super) fn open_old(
        &mut self,
        value: &Element,
        digest: Option<&Element>,
    ) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let bytes = base64(&value.text).ok_or_else(|| Fault::token("a value is not base64"))?;
        let Some((algorithm, iv)) = self.old.clone() else {
            return Ok(bytes);
        };
        if digest.is_none() {
            return Ok(bytes);
        }
        self.open_bytes((&algorithm, &bytes, iv.as_deref()), digest)
    }

    fn open_bytes(
        &mut self,
        (algorithm, sealed, iv): (&str, &[u8], Option<&[u8]>),
        mac: Option<&Element>,
    ) -> Result<Zeroizing<Vec<u8>>, Fault> {
        let mac_key = self.mac_key()?;
        let cipher = Cipher::named(algorithm, self.key()?)?;
        let wrong = "it cannot be decrypted: the key is another one, or the file was changed";
        let Some(mac) = mac else {
            if !cipher.is_authentic() {
                return Err(Fault::token(
                    "an encrypted value has no MAC, so that nobody knows whether it was changed; ask \
                     for a file with a MACMethod (RFC 6030, section 6.2)",
                ));
            }
            let plain = cipher.open(sealed, iv);
            return plain.ok_or_else(|| Fault::token(wrong));
        };
        let Some(mac_key) = mac_key else {
            return Err(Fault::file(
                "there are MACs, but no MACMethod that says how to check them",
            ));
        };
        let tag = base64(&mac.text).ok_or_else(|| Fault::token("a MAC is not base64"))?;
        // Over what is encrypted, the vector at its beginning included (RFC 6030, section 6.2); files from
        // before have it over what is plain. Where the vector stands elsewhere, only that one covers it.
        let fits = |bytes: &[u8]| hmac::verify(&mac_key, bytes, &tag).is_ok();
        let is_checked = iv.is_none() && fits(sealed);
        let plain = cipher.open(sealed, iv);
        let plain = plain.filter(|plain| is_checked || fits(plain));
        plain.ok_or_else(|| Fault::token(wrong))
    }

    fn mac_key(&mut self) -> Result<Option<hmac::Key>, Fault> {
        let Some(mac) = &self.mac else {
            return Ok(None);
        };
        if let Some(key) = &mac.key {
            return Ok(Some(key.clone()));
        }
        let bytes = match &mac.sealed_key {
            None => Zeroizing::new(self.key()?.to_vec()),
            Some(sealed) => {
                let (algorithm, cipher_text) = encrypted(sealed)?;
                let opened = Cipher::named(algorithm, self.key()?)?.open(&cipher_text, None);
                opened.ok_or_else(|| {
                    Fault::file("the key does not open the file's MAC key; is it the right one?")
                })?
            }
        };
        let key = hmac::Key::new(mac.algorithm, &bytes);
        if let Some(mac) = &mut self.mac {
            mac.key = Some(key.clone());
        }
        Ok(Some(key))
    }
}

/// Algorithm and cipher text of an encrypted element.
fn encrypted(element: &Element) -> Result<(&str, Zeroizing<Vec<u8>>), Fault> {
    let method = element.child("EncryptionMethod");
    let algorithm = method.and_then(|method| method.attribute("Algorithm"));
    let algorithm = algorithm.ok_or_else(|| Fault::token("an encrypted value has no algorithm"))?;
    let text = element.text_at(&["CipherData", "CipherValue"]);
    let cipher_text = text.and_then(base64);
    let cipher_text =
        cipher_text.ok_or_else(|| Fault::token("an encrypted value is not base64"))?;
    Ok((algorithm, cipher_text))
}

/// A key's name, in quotes, for messages.
fn named(name: Option<&str>) -> String {
    let clean = |letter: char| if letter.is_control() { ' ' } else { letter };
    name.map_or_else(String::new, |name| {
        let name: String = name.chars().take(64).map(clean).collect();
        format!(" “{name}”")
    })
}
