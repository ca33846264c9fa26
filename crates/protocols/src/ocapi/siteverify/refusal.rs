//! Why a check by a secret finds nothing valid, and the one table that says it in each shape's words.
//!
//! The table is printed into `docs/ocapi-siteverify-errors.md` by a test below.

use super::shape::Shape;

/// Why there is no `"success": true`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// It was not sent by POST, or its body cannot be read.
    BadRequest,
    /// There is no `secret`.
    NoSecret,
    /// The secret is no site's, or not of the site whose challenge this is.
    WrongSecret,
    /// Secrets that are no site's came from the address in such a number that no other is looked at now.
    TooManySecrets,
    /// There is no `response`.
    NoResponse,
    /// The response is no challenge, or was never answered right.
    WrongResponse,
    /// The response is a challenge of another site than the secret, or than `sitekey` says.
    OtherSite,
    /// Nobody answered, or nobody asked, in time.
    Late,
    /// That it is valid was told before.
    Duplicate,
    /// No answer can be given now; the response may have been spent all the same.
    Unavailable,
}

impl Failed {
    /// The code in `error-codes`.
    pub(super) fn code(self, shape: Shape) -> &'static str {
        use Shape::{Hcaptcha, Recaptcha, Turnstile};
        match (self, shape) {
            (Self::NoSecret, _) => "missing-input-secret",
            (Self::WrongSecret, _) => "invalid-input-secret",
            (Self::NoResponse, _) => "missing-input-response",
            (Self::WrongResponse, _) | (Self::OtherSite, Recaptcha | Turnstile) => {
                "invalid-input-response"
            }
            (Self::OtherSite, Hcaptcha) => "sitekey-secret-mismatch",
            (Self::Late | Self::Duplicate, Recaptcha | Turnstile) => "timeout-or-duplicate",
            (Self::Late | Self::Duplicate, Hcaptcha) => "invalid-or-already-seen-response",
            (Self::Unavailable | Self::TooManySecrets, Turnstile) => "internal-error",
            // The other two have no code of their own for it, and this blames neither secret nor response.
            (Self::BadRequest, _)
            | (Self::Unavailable | Self::TooManySecrets, Recaptcha | Hcaptcha) => "bad-request",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    const ALL: [(Failed, &str); 10] = [
        (
            Failed::BadRequest,
            "it was not sent by POST, or its body cannot be read",
        ),
        (Failed::NoSecret, "there is no `secret`"),
        (Failed::WrongSecret, "no site has this secret"),
        (
            Failed::TooManySecrets,
            "60 secrets that no site has came from the address within a minute; come again in the next one",
        ),
        (Failed::NoResponse, "there is no `response`"),
        (
            Failed::WrongResponse,
            "the response is no challenge, or was not answered right",
        ),
        (
            Failed::OtherSite,
            "the challenge is another site's than the secret or `sitekey`",
        ),
        (
            Failed::Late,
            "it was not answered within 5 minutes, or not checked within 10 more",
        ),
        (Failed::Duplicate, "`success` was told before"),
        (
            Failed::Unavailable,
            "the server cannot tell now; the response may be spent all the same",
        ),
    ];

    /// The codes that the documentation of each knows.
    fn known(shape: Shape) -> &'static [&'static str] {
        match shape {
            Shape::Recaptcha => &[
                "missing-input-secret",
                "invalid-input-secret",
                "missing-input-response",
                "invalid-input-response",
                "bad-request",
                "timeout-or-duplicate",
            ],
            Shape::Hcaptcha => &[
                "missing-input-secret",
                "invalid-input-secret",
                "missing-input-response",
                "invalid-input-response",
                "bad-request",
                "invalid-or-already-seen-response",
                "not-using-dummy-passcode",
                "sitekey-secret-mismatch",
            ],
            Shape::Turnstile => &[
                "missing-input-secret",
                "invalid-input-secret",
                "missing-input-response",
                "invalid-input-response",
                "bad-request",
                "timeout-or-duplicate",
                "internal-error",
            ],
        }
    }

    #[test]
    fn every_shape_uses_its_own_codes_alone() {
        for shape in Shape::ALL {
            for (failed, _) in ALL {
                let code = failed.code(shape);
                assert!(known(shape).contains(&code), "{shape:?} {code}");
            }
        }
    }

    fn table() -> String {
        let mut table = "# Every code of `siteverify`\n\n\
            Printed from `crates/protocols/src/ocapi/siteverify/refusal.rs` by its tests; do not edit.\n\
            The status is always 200, and `success` is `false` beside any of these.\n\n\
            | what happened |"
            .to_owned();
        for shape in Shape::ALL {
            write!(table, " `{}` |", shape.path()).unwrap();
        }
        table += "\n|---|---|---|---|\n";
        for (failed, what) in ALL {
            write!(table, "| {what} |").unwrap();
            for shape in Shape::ALL {
                write!(table, " `{}` |", failed.code(shape)).unwrap();
            }
            table.push('\n');
        }
        table
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "UPDATE=1 is a wish of the developer, not a setting"
    )]
    fn the_document_shows_the_codes() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../docs/ocapi-siteverify-errors.md"
        );
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, table()).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == table(),
            "docs/ocapi-siteverify-errors.md is stale; run UPDATE=1 cargo test -p protocols the_document_shows_the_codes"
        );
    }
}
