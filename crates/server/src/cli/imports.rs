//! Arguments of `import`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// `import`
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// A container of keys as vendors send it (PSKC, RFC 6030)
    Pskc(PskcArguments),
    /// A table with a header (CSV)
    Csv(IntakeArguments),
    /// A list of otpauth URIs, one a line
    Otpauth(IntakeArguments),
}

/// What every import takes.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub struct IntakeArguments {
    /// The file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The tenant's name
    #[arg(long, value_name = "NAME")]
    pub tenant: String,
    /// A policy of tokens for which the file names none, the default one first; repeatable
    /// [default: all of the tenant's]
    #[arg(long, value_name = "CODE")]
    pub policy: Vec<String>,
    /// Say what would be imported, and import nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Import what can be, and leave out what is refused, instead of importing nothing
    #[arg(long)]
    pub skip_refused: bool,
    /// Keep tokens for which nobody is named, locked, each with a user of its serial's name
    #[arg(long)]
    pub unassigned: bool,
    /// Import tokens that have expired or are not valid yet, too
    #[arg(long)]
    pub ignore_dates: bool,
}

/// `import pskc`
#[derive(Debug, Args)]
pub struct PskcArguments {
    /// What every import takes.
    #[command(flatten)]
    pub intake: IntakeArguments,
    /// What opens the file.
    #[command(flatten)]
    pub opener: OpenerArguments,
    /// How the pre-shared key is written
    #[arg(
        long,
        value_name = "ENCODING",
        default_value = "hex",
        requires = "opener"
    )]
    pub key_encoding: KeyEncoding,
}

/// What opens an encrypted file: at most one of these.
#[derive(Debug, Args)]
#[group(id = "opener", multiple = false)]
pub struct OpenerArguments {
    /// File with the pre-shared key
    #[arg(long, value_name = "FILE")]
    pub key_file: Option<PathBuf>,
    /// Environment variable with the pre-shared key
    #[arg(long, value_name = "NAME")]
    pub key_env: Option<String>,
    /// File with the passphrase that the key is derived from
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// Environment variable with the passphrase
    #[arg(long, value_name = "NAME")]
    pub passphrase_env: Option<String>,
}

/// How a pre-shared key is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeyEncoding {
    /// Hexadecimal digits.
    Hex,
    /// Base64 with its padding.
    Base64,
}
