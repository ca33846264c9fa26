//! Arguments of `backup` and `restore`.

use std::path::PathBuf;

use clap::Args;

/// `backup`
#[derive(Debug, Args)]
pub struct BackupArguments {
    /// The file to be written
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Overwrite a file of this name
    #[arg(long)]
    pub force: bool,
}

/// `restore`
#[derive(Debug, Args)]
pub struct RestoreArguments {
    /// The file that a backup wrote
    #[arg(
        value_name = "FILE",
        required_unless_present = "mark",
        conflicts_with = "mark"
    )]
    pub file: Option<PathBuf>,
    /// Bring nothing back, and mark a database that was restored by its own means, before a server uses it
    #[arg(long)]
    pub mark: bool,
    /// Go on taking signatures that have neither counter nor time in them, although it is not known which
    /// were taken since the backup: the same text could be signed off twice by one signature
    #[arg(long)]
    pub accept_repeated_texts: bool,
}
