//! The console's cookies: their names, their attributes, and how they are read.
//!
//! Where the server is known by an `https:` address they have the prefix `__Host-`, which browsers take
//! from this host alone, over TLS alone and for every path (RFC 6265bis, section 4.1.3.2). Without TLS, which
//! only a browser on the same machine may use, they have plain names.

use axum::http::{HeaderMap, HeaderValue, header};

/// What is kept in a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cookie {
    /// The secret of a session.
    Session,
    /// A secret that binds forms to a browser before anybody is signed in.
    Visitor,
    /// The language that was chosen.
    Language,
    /// What the next page is to say, once.
    Notice,
}

/// A year in seconds: as long as a language is remembered.
const YEAR_S: u32 = 31_536_000;

/// A day in seconds: as long as a visitor's form may lie about.
const DAY_S: u32 = 86_400;

/// A minute in seconds: as long as a notice waits for its page.
const MINUTE_S: u32 = 60;

/// How cookies are named and protected at this server's address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cookies {
    secure: bool,
}

impl Cookies {
    /// The cookies of a server that the world knows by this address.
    pub(super) fn of(public_url: &str) -> Self {
        Self {
            secure: public_url.starts_with("https://"),
        }
    }

    /// Whether they are sent over TLS alone.
    pub(super) fn are_secure(self) -> bool {
        self.secure
    }

    fn name(self, cookie: Cookie) -> &'static str {
        match (self.secure, cookie) {
            (true, Cookie::Session) => "__Host-console",
            (false, Cookie::Session) => "console",
            (true, Cookie::Visitor) => "__Host-console-visitor",
            (false, Cookie::Visitor) => "console-visitor",
            (true, Cookie::Language) => "__Host-console-language",
            (false, Cookie::Language) => "console-language",
            (true, Cookie::Notice) => "__Host-console-notice",
            (false, Cookie::Notice) => "console-notice",
        }
    }

    /// A cookie's value, unverified. Of several with its name, none is believed.
    pub(super) fn read(self, headers: &HeaderMap, cookie: Cookie) -> Option<&str> {
        let name = self.name(cookie);
        let lines = headers.get_all(header::COOKIE).iter();
        let mut found = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
        let value = found.next()?;
        found.next().is_none().then_some(value)
    }

    /// The header that keeps a value, whose characters are those of a cookie (RFC 6265, section 4.1.1).
    ///
    /// A session's cookie goes with the browser's window: how long it is good for, the server knows.
    pub(super) fn set(self, cookie: Cookie, value: &str) -> HeaderValue {
        let lifetime = match cookie {
            Cookie::Session => String::new(),
            Cookie::Visitor => format!("; Max-Age={DAY_S}"),
            Cookie::Language => format!("; Max-Age={YEAR_S}"),
            Cookie::Notice => format!("; Max-Age={MINUTE_S}"),
        };
        self.header(cookie, value, &lifetime)
    }

    /// The header that forgets a value.
    pub(super) fn forget(self, cookie: Cookie) -> HeaderValue {
        self.header(cookie, "", "; Max-Age=0")
    }

    fn header(self, cookie: Cookie, value: &str, lifetime: &str) -> HeaderValue {
        let name = self.name(cookie);
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{lifetime}");
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, line.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_is_read_by_its_whole_name() {
        let plain = Cookies::of("http://127.0.0.1:8080");
        for (lines, expected) in [
            (&["console=a"][..], Some("a")),
            (&["x=1; console=a=b; y=2"], Some("a=b")),
            (&["console-visitor=v", "console=a"], Some("a")),
            (&["xconsole=a"], None),
            (&["__Host-console=a"], None),
            (&["console=a; console=b"], None),
            (&["console=a", "console=b"], None),
            (&[], None),
        ] {
            assert_eq!(
                plain.read(&headers(lines), Cookie::Session),
                expected,
                "{lines:?}"
            );
        }
    }

    #[test]
    fn over_tls_a_cookie_is_the_host_s_own() {
        let cookies = Cookies::of("https://verify.example");
        let set = cookies.set(Cookie::Session, "secret");
        assert_eq!(
            set,
            "__Host-console=secret; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        let read = headers(&["console=a; __Host-console=b"]);
        assert_eq!(cookies.read(&read, Cookie::Session), Some("b"));
        let forget = cookies.forget(Cookie::Session);
        assert!(forget.to_str().unwrap().ends_with("; Secure; Max-Age=0"));
    }
}
