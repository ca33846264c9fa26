//! What is wrong with a blueprint, or worth a warning, and where: all of it, not the first alone.

use std::fmt;

/// One thing found, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The thing it is about: `tenant ONLINEBANK, user alice`.
    pub path: String,
    /// What was found. Never a secret.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.path, self.text)
    }
}

/// The path of one thing in a blueprint.
#[derive(Clone, Debug)]
pub(super) struct At(String);

impl At {
    pub(super) fn tenant(name: &str) -> Self {
        Self(format!("tenant {}", shown(name)))
    }

    /// A setting of the whole server.
    pub(super) fn server(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// A thing that belongs to this one.
    pub(super) fn within(&self, what: &str, name: &str) -> Self {
        Self(format!("{}, {what} {}", self.0, shown(name)))
    }

    pub(super) fn finding(&self, text: impl Into<String>) -> Finding {
        Finding {
            path: self.0.clone(),
            text: text.into(),
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A name as it may stand in a line for people: without control characters, and not too long.
fn shown(name: &str) -> String {
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut text: String = name.chars().take(64).map(clean).collect();
    if name.chars().nth(64).is_some() {
        text.push('…');
    }
    text
}

/// Everything found so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) problems: Vec<Finding>,
    pub(super) warnings: Vec<Finding>,
}

impl Findings {
    /// Something that must be mended before anything is written.
    pub(super) fn problem(&mut self, at: &At, text: impl Into<String>) {
        self.problems.push(at.finding(text));
    }

    /// Something that is done as asked, though it is better not asked for.
    pub(super) fn warn(&mut self, at: &At, text: impl Into<String>) {
        self.warnings.push(at.finding(text));
    }

    /// The value; or nothing, and the problem is kept.
    pub(super) fn accept<T, E: fmt::Display>(
        &mut self,
        at: &At,
        key: &str,
        result: Result<T, E>,
    ) -> Option<T> {
        result
            .map_err(|error| self.problem(at, format!("{key}: {error}")))
            .ok()
    }
}
