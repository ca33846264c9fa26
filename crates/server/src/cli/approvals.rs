//! Arguments of what is about approvals: the software device, the sessions, and the callbacks.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use secrecy::SecretString;

use super::TenantOption;

/// `device`
#[derive(Debug, Subcommand)]
pub enum DeviceCommand {
    /// Link a new device with a code; its key stays in the folder
    Link(LinkArguments),
    /// List what the device is asked
    List(HomeOption),
    /// Approve
    Approve(ApproveArguments),
    /// Decline
    Decline(DeclineArguments),
    /// Print what the device is asked as it comes, until stopped
    Watch(HomeOption),
    /// Unlink the device and forget its key
    Unlink(HomeOption),
}

/// Which device.
#[derive(Debug, Args)]
pub struct HomeOption {
    /// Folder of the device's keys
    #[arg(long, value_name = "DIR")]
    pub home: PathBuf,
}

/// `device link`
#[derive(Debug, Args)]
pub struct LinkArguments {
    /// The server's address: scheme, host and port
    #[arg(long, value_name = "URL")]
    pub server: String,
    /// Folder for the device's keys; made where it is not there
    #[arg(long, value_name = "DIR")]
    pub home: PathBuf,
    /// The linking code
    #[arg(long)]
    pub code: String,
}

/// Which session of which device.
#[derive(Debug, Args)]
pub struct DecideArguments {
    /// Which device.
    #[command(flatten)]
    pub home: HomeOption,
    /// The session [default: the only pending one]
    #[arg(long, value_name = "ID")]
    pub session: Option<String>,
}

/// `device approve`
#[derive(Debug, Args)]
pub struct ApproveArguments {
    /// Which session.
    #[command(flatten)]
    pub which: DecideArguments,
    /// The PIN, where the session asks for one; a new one where it asks for that
    #[arg(long, value_name = "P", allow_hyphen_values = true)]
    pub pin: Option<SecretString>,
    /// The number on the asker's page, where the session asks for it
    #[arg(long, value_name = "N")]
    pub number: Option<String>,
}

/// `device decline`
#[derive(Debug, Args)]
pub struct DeclineArguments {
    /// Which session.
    #[command(flatten)]
    pub which: DecideArguments,
    /// Say too that it was somebody else who started it: nothing more is asked for a while
    #[arg(long)]
    pub not_me: bool,
}

/// `approval`
#[derive(Debug, Subcommand)]
pub enum ApprovalCommand {
    /// Show a session, what came of it, and the device's signature under the answer; never PIN digits
    Show(SessionArguments),
    /// Withdraw a session that waits; the tenant is told that it ended
    Cancel(SessionArguments),
}

/// Which session of which tenant.
#[derive(Debug, Args)]
pub struct SessionArguments {
    /// The session's id: the sessionExternalId that the tenant was given
    pub id: String,
    /// The tenant that asked, by name
    #[arg(long, value_name = "NAME")]
    pub tenant: String,
}

/// `callback`
#[derive(Debug, Subcommand)]
pub enum CallbackCommand {
    /// List the callbacks that wait or were given up, oldest first
    List(TenantOption),
    /// List the callbacks that were given up
    Dead(TenantOption),
    /// Send one again now, with all its tries before it; if its tenant's receiver had answered 410,
    /// new ones leave again too, and those given up meanwhile are to be sent again one by one
    Redeliver(RedeliverArguments),
}

/// `callback redeliver`
#[derive(Debug, Args)]
pub struct RedeliverArguments {
    /// The callback's id, as `callback list` shows it: the webhook-id it is sent with
    pub id: String,
}
