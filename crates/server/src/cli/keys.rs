//! Arguments of `key`.

use clap::{Args, Subcommand};

/// `key`
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Show the versions of the master key, which nodes hold them, and what still needs which
    Status,
    /// Make a new version, wait until every node that runs holds it, let it seal, and seal everything
    /// anew; run it again to go on with what was cut off
    Rotate(RotateArguments),
    /// Forget a version that nothing needs any more
    Drop(DropArguments),
}

/// `key rotate`
#[derive(Debug, Args)]
pub struct RotateArguments {
    /// Seconds to wait for nodes that do not hold the new version yet
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    pub wait: u32,
}

/// `key drop`
#[derive(Debug, Args)]
pub struct DropArguments {
    /// Which
    #[arg(value_name = "VERSION")]
    pub version: u32,
    /// End the challenges and linking codes that were given out under it, instead of waiting for them
    #[arg(long)]
    pub now: bool,
}
