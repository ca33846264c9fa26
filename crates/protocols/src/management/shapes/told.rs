//! Secrets in bodies and answers: what is written and never told, and what is told once.

use std::fmt;
use std::ops::Deref;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A secret in the one answer that tells it. It is written out by whoever serialises the answer, and by nobody
/// who logs it.
#[derive(Clone, Default)]
pub struct ToldOnce(SecretString);

impl ToldOnce {
    /// The secret itself, for the page that tells it.
    pub fn as_str(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<String> for ToldOnce {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<SecretString> for ToldOnce {
    fn from(secret: SecretString) -> Self {
        Self(secret)
    }
}

impl Deref for ToldOnce {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for ToldOnce {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ToldOnce(..)")
    }
}

impl Serialize for ToldOnce {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for ToldOnce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// For members that are written and never told: they stand in the description of a body, and in no answer.
pub(super) const fn never<T>(_: &T) -> bool {
    true
}

/// How such a member would be told: it is not.
pub(super) fn nothing<T, S: Serializer>(_: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_none()
}

#[cfg(test)]
mod tests {
    use crate::management::shapes::authenticators::Enrolment;
    use crate::management::shapes::moving::LinkingShown;
    use crate::management::shapes::officers::LinkShown;

    #[test]
    fn what_is_told_once_is_in_the_answer_and_in_no_log() {
        let link = LinkShown {
            url: "https://bank.example/console/link/csl_secret"
                .to_owned()
                .into(),
            expires_at: "2030-01-31T00:00:00Z".to_owned(),
        };
        let enrolment = Enrolment {
            uri: "otpauth://totp/a?secret=KEY".to_owned().into(),
            qr_png: "c2VjcmV0".to_owned().into(),
        };
        let linking = LinkingShown {
            code: "980565".to_owned().into(),
            url: "https://bank.example/app/#/link/980565".to_owned().into(),
            qr_png: "ODA1NjU=".to_owned().into(),
            expires_at: "2030-01-31T00:00:00Z".to_owned(),
        };
        let logged = format!("{link:?} {enrolment:?} {linking:?}");
        for secret in ["csl_secret", "KEY", "c2VjcmV0", "980565", "ODA1NjU="] {
            assert!(!logged.contains(secret), "{logged}");
        }
        let told = serde_json::to_string(&(&link, &enrolment, &linking)).unwrap();
        assert!(told.contains("csl_secret") && told.contains("KEY") && told.contains("980565"));
        let kept: (LinkShown, Enrolment, LinkingShown) = serde_json::from_str(&told).unwrap();
        assert_eq!(&*kept.0.url, &*link.url);
    }
}
