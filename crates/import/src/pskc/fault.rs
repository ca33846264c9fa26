//! Why a file, or a token of it, cannot be used. Not for saying where: that is the container's.

/// Why something cannot be used.
#[derive(Debug)]
pub(super) enum Fault {
    /// It concerns the file: nothing in it can be read.
    File(String),
    /// It concerns this token alone.
    Token(String),
}

impl Fault {
    pub(super) fn file(text: impl Into<String>) -> Self {
        Self::File(text.into())
    }

    pub(super) fn token(text: impl Into<String>) -> Self {
        Self::Token(text.into())
    }
}
