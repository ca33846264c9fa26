//! Arguments of `doctor`.

use clap::Args;

/// `doctor`
#[derive(Debug, Args)]
pub struct DoctorArguments {
    /// Ask nobody but the database: whether callbacks, mail server and gateway are reached is not looked at
    #[arg(long)]
    pub offline: bool,
}
