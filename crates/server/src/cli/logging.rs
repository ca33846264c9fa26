//! The log: on stderr, for people or as JSON, and never a secret in it.

use std::io::stderr;

use tracing_subscriber::EnvFilter;

use super::Failure;
use crate::config::{LogFormat, Settings};

/// Begins to log as the settings say.
pub(super) fn start(settings: &Settings) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&settings.log)
        .map_err(|error| Failure::new(format!("log: {error}; write it like info,store=debug")))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr);
    let started = match settings.log_format {
        LogFormat::Human => log.with_ansi(false).try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    started.map_err(Failure::new)
}
