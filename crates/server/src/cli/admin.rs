//! Arguments of what is about administrators and the tokens of the management API.

use clap::{Args, Subcommand};

use super::TenantOption;

/// `admin`
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Make, list and revoke bearer tokens of the management API
    #[command(subcommand)]
    Token(AdminTokenCommand),
    /// Print a link by which an administrator signs in once and chooses a new password
    Password(PasswordArguments),
}

/// `admin token`
#[derive(Debug, Subcommand)]
pub enum AdminTokenCommand {
    /// Make a token and print it: it is shown this once
    Create(TokenCreateArguments),
    /// List tokens, those included that ended in the last 30 days
    List(TenantOption),
    /// Revoke a token; servers refuse it within a second
    Revoke(TokenRevokeArguments),
}

/// `admin token create`
#[derive(Debug, Args)]
pub struct TokenCreateArguments {
    /// What its holder may do: admin, operator or auditor
    #[arg(long)]
    pub role: String,
    /// The one tenant it is for [default: the whole server]
    #[arg(long, value_name = "NAME")]
    pub tenant: Option<String>,
    /// What people call it, up to 64 characters [default: the role]
    #[arg(long)]
    pub name: Option<String>,
    /// Days it lives, 1 to 3650 [default: 365]
    #[arg(long, value_name = "D")]
    pub days: Option<u32>,
}

/// `admin token revoke`
#[derive(Debug, Args)]
pub struct TokenRevokeArguments {
    /// The token's id, as `admin token list` shows it
    pub id: String,
}

/// `admin password`
#[derive(Debug, Args)]
pub struct PasswordArguments {
    /// The administrator's login name [default: the only administrator of the whole server; the first
    /// one is made where there is none]
    pub login: Option<String>,
    /// Forget the second factor and the recovery codes too, to be set up anew: for a lost phone
    #[arg(long)]
    pub forget_second_factor: bool,
}
