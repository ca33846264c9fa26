//! Where settings, keys and descriptions come in: command line, environment, files. Past this door
//! everything has been read, checked and named.

pub mod environment;
pub mod master_key;
pub mod nearest;
pub mod provisioning;
pub mod section;
pub mod settings;
pub mod tls;

pub use environment::Environment;
pub use settings::{LogFormat, Overrides, Settings};
pub use tls::{TlsLayer, TlsSettings};
