//! Arguments of `audit` and `statistics`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::ExportForm;

/// `audit`
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that no event was removed, changed, added or put elsewhere: exit code 0 only if the log is
    /// whole
    Verify(VerifyArguments),
    /// Print the signed head of the log, to be kept where nobody who has the database can change it
    Head,
    /// Print what happened
    Export(AuditExportArguments),
}

/// `audit verify`
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// A head that `audit head` printed before: the log must still hold all up to it
    #[arg(long, value_name = "FILE")]
    pub head: Option<PathBuf>,
    /// Check what `audit export --sealed` printed, and not the database; --head gives the public key
    #[arg(long, value_name = "FILE", requires = "head")]
    pub export: Option<PathBuf>,
}

/// `audit export`
#[derive(Debug, Args)]
pub struct AuditExportArguments {
    /// In which form.
    #[command(flatten)]
    pub form: AuditForm,
    /// One tenant's events alone
    #[arg(long, value_name = "NAME", conflicts_with = "sealed")]
    pub tenant: Option<String>,
    /// From this date or moment on, such as 2027-01-31 or 2027-01-31T12:00:00Z
    #[arg(long, value_name = "MOMENT", conflicts_with = "sealed")]
    pub from: Option<String>,
    /// Before this date or moment
    #[arg(long, value_name = "MOMENT", conflicts_with = "sealed")]
    pub until: Option<String>,
}

/// The forms of an export of the log, one of which must be said.
#[derive(Clone, Copy, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct AuditForm {
    /// A line an event, for spreadsheets; newest first
    #[arg(long)]
    pub csv: bool,
    /// A JSON object an event; newest first
    #[arg(long)]
    pub jsonl: bool,
    /// The whole chain as JSON Lines, oldest first, which others can verify without the database
    #[arg(long)]
    pub sealed: bool,
}

/// `statistics`
#[derive(Debug, Args)]
pub struct StatisticsArguments {
    /// In which form.
    #[command(flatten)]
    pub form: ExportForm,
    /// One tenant's counts alone [default: those of the whole server]
    #[arg(long, value_name = "NAME")]
    pub tenant: Option<String>,
    /// How far back: hour, day or month
    #[arg(long, value_name = "RANGE", default_value = "day")]
    pub range: String,
}
