//! Where the store is, as the operator writes it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where the store is.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A file (`sqlite:PATH`).
    Sqlite(PathBuf),
    /// A PostgreSQL connection string (`postgres://USER:PASSWORD@HOST:PORT/DATABASE`).
    Postgres(String),
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(out, "sqlite:{}", path.display()),
            // It may hold a password.
            Self::Postgres(_) => out.write_str("postgres://.."),
        }
    }
}

/// A text that names no store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a store is sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
pub struct NotAStoreUrl;

impl FromStr for StoreUrl {
    type Err = NotAStoreUrl;

    fn from_str(text: &str) -> Result<Self, NotAStoreUrl> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            // `sqlite:///var/lib/x` is what other programs call `/var/lib/x`.
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() {
                Err(NotAStoreUrl)
            } else {
                Ok(Self::Sqlite(path.into()))
            };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        Err(NotAStoreUrl)
    }
}

/// What is demanded of a store.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Refuse a PostgreSQL that may forget what it acknowledged.
    pub require_durable: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_spelling_names_its_store() {
        assert_eq!(
            "sqlite:a/b.db".parse(),
            Ok(StoreUrl::Sqlite("a/b.db".into()))
        );
        assert_eq!(
            "sqlite:///a/b.db".parse(),
            Ok(StoreUrl::Sqlite("/a/b.db".into()))
        );
        for url in ["postgres://h/d", "postgresql://h/d"] {
            assert_eq!(url.parse(), Ok(StoreUrl::Postgres(url.into())));
        }
    }

    #[test]
    fn anything_else_is_told_what_is_expected() {
        for text in ["", "sqlite:", "mysql://h/d", "a.db"] {
            let error = text.parse::<StoreUrl>().unwrap_err();
            assert!(error.to_string().contains("sqlite:PATH or postgres://"));
        }
    }

    #[test]
    fn a_password_is_not_printed() {
        let url: StoreUrl = "postgres://u:hidden@h/d".parse().unwrap();
        assert!(!format!("{url:?}").contains("hidden"));
    }
}
