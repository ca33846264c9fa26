//! What the next page is to say, once: that something was done, after the browser was sent on to a page.
//!
//! It is kept in a cookie as the key of a word of ours, and perhaps a name that the word has a place for.
//! No secret is ever put there; what is told once is told by the answer itself.

use data_encoding::BASE64URL_NOPAD;

use super::words::Words;

/// Characters of a name that are kept.
const NAME_LENGTH_MAX: usize = 100;

/// What is to be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    key: &'static str,
    name: String,
}

impl Notice {
    /// A word of the area `notices`, with what stands at its `{name}`.
    pub(super) fn of(key: &'static str, name: &str) -> Self {
        Self {
            key,
            name: name.chars().take(NAME_LENGTH_MAX).collect(),
        }
    }

    /// The text.
    pub(super) fn text(&self, words: Words) -> String {
        words.with(self.key, &[("name", &self.name)])
    }

    /// The value of the cookie.
    pub(super) fn to_cookie(&self) -> String {
        let name = BASE64URL_NOPAD.encode(self.name.as_bytes());
        format!("{}.{name}", self.key)
    }

    /// What a cookie says, if it is a notice.
    pub(super) fn from_cookie(unverified: &str) -> Option<Self> {
        let (key, name) = unverified.rsplit_once('.')?;
        let key = Words::known(key).filter(|key| key.starts_with("notices."))?;
        let name = BASE64URL_NOPAD.decode(name.as_bytes()).ok()?;
        Some(Self::of(key, &String::from_utf8(name).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_comes_back_from_its_cookie() {
        let notice = Notice::of("notices.signed_out", "a; b=\"ü\"");
        let cookie = notice.to_cookie();
        assert!(
            cookie
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        );
        assert_eq!(Notice::from_cookie(&cookie), Some(notice));
    }

    #[test]
    fn a_cookie_that_is_none_says_nothing() {
        for cookie in [
            "",
            "x",
            "frame.sign_out.",
            "notices.nothing.",
            "notices.signed_out.%",
        ] {
            assert_eq!(Notice::from_cookie(cookie), None, "{cookie}");
        }
    }
}
