//! The three shapes in which a check is asked for and answered.

/// Whose answers are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Google's.
    Recaptcha,
    /// hCaptcha's.
    Hcaptcha,
    /// Cloudflare's.
    Turnstile,
}

impl Shape {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Recaptcha, Self::Hcaptcha, Self::Turnstile];

    /// The path at which this shape is spoken: the one that the original has on its own host.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Recaptcha => "/recaptcha/api/siteverify",
            Self::Hcaptcha => "/siteverify",
            Self::Turnstile => "/turnstile/v0/siteverify",
        }
    }
}
