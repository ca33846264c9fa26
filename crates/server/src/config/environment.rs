//! The environment, read in one place so that tests can bring their own.

use std::collections::BTreeMap;

/// Environment variables by name.
#[derive(Debug)]
pub struct Environment(Source);

enum Source {
    Process,
    Fixed(BTreeMap<String, String>),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values may be secrets.
        out.write_str(match self {
            Self::Process => "Process",
            Self::Fixed(_) => "Fixed",
        })
    }
}

impl Environment {
    /// The environment of this process.
    pub fn process() -> Self {
        Self(Source::Process)
    }

    /// A made-up environment.
    pub fn fixed<const N: usize>(variables: [(&str, &str); N]) -> Self {
        let owned = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self(Source::Fixed(owned.into_iter().collect()))
    }

    /// The value of a variable; nothing where it is not set or not Unicode.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one door through which the environment comes"
    )]
    pub fn get(&self, name: &str) -> Option<String> {
        match &self.0 {
            Source::Process => std::env::var(name).ok(),
            Source::Fixed(variables) => variables.get(name).cloned(),
        }
    }
}
