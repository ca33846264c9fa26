//! Sub-commands and options, as `clap` reads them. Secrets are read as plain texts and parsed
//! later: clap quotes what it cannot parse.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use secrecy::SecretString;

use super::{
    AdminCommand, ApprovalCommand, AuditCommand, BackupArguments, CallbackCommand, CorpusCommand,
    DeviceCommand, DoctorArguments, ImportCommand, KeyCommand, RestoreArguments,
    StatisticsArguments,
};

/// A self-hosted challenge-response server.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, about, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) general: General,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Options that every sub-command takes, before or after its own.
#[derive(Debug, Args)]
pub(super) struct General {
    /// File with settings (TOML)
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "General options"
    )]
    pub(super) config: Option<PathBuf>,
    /// Folder of the master key and the embedded database [default: ./countersign-data]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help_heading = "General options"
    )]
    pub(super) data: Option<PathBuf>,
    /// Database, sqlite:PATH or postgres://… [default: sqlite:DATA/countersign.db]
    #[arg(
        long,
        global = true,
        value_name = "URL",
        help_heading = "General options"
    )]
    pub(super) store: Option<String>,
    /// Answer in JSON
    #[arg(long, global = true, help_heading = "General options")]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the server
    Serve(ServeArguments),
    /// Run a server with a demo tenant and a partner's website, and say what to try with them
    Demo(DemoArguments),
    /// Play the protocols end to end against a server of its own, printing each step
    Tour,
    /// Make data folder, master key, database and first administrator; what is there stays
    Init,
    /// Bring tenants, clients, sites, policies, users and authenticators to what a file says
    Apply(ApplyArguments),
    /// Take in tokens that come in a file: all of them, or nothing
    #[command(subcommand)]
    Import(ImportCommand),
    /// Compute a one-time password, a response or a signature: a software token
    #[command(subcommand)]
    Token(TokenCommand),
    /// Look at tenants
    #[command(subcommand)]
    Tenant(ListCommand),
    /// Look at clients
    #[command(subcommand)]
    Client(ListCommand),
    /// Look at policies
    #[command(subcommand)]
    Policy(ListCommand),
    /// Look at sites, at what their pages need, and at what was counted of their visitors
    #[command(subcommand)]
    Site(ListCommand),
    /// Look at users, lock and unlock them
    #[command(subcommand)]
    User(UserCommand),
    /// Look at authenticators, lock, unlock, resynchronise and revoke them
    #[command(subcommand)]
    Authenticator(AuthenticatorCommand),
    /// Be a software device: link it, see what it is asked, approve, decline
    #[command(subcommand)]
    Device(DeviceCommand),
    /// Look at a session with the device's signature, withdraw one that waits
    #[command(subcommand)]
    Approval(ApprovalCommand),
    /// Look at callbacks that wait or were given up, send one again
    #[command(subcommand)]
    Callback(CallbackCommand),
    /// Make tokens of the management API, and sign-in links for administrators of the console
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Verify the audit log, give out its signed head, and export what happened
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Copy the embedded database to a file, while servers use it
    Backup(BackupArguments),
    /// Bring a backup back, and make useless what was used since it was taken
    Restore(RestoreArguments),
    /// Look the set-up over, changing nothing. Exit code 0: nothing is wrong, 1: errors, 3: warnings
    Doctor(DoctorArguments),
    /// Change the master key while everything goes on
    #[command(subcommand)]
    Key(KeyCommand),
    /// Export what was counted of answers and requests
    Statistics(StatisticsArguments),
    /// Import images that visitors are asked about, look at them, and get out what was said
    #[command(subcommand)]
    Corpus(CorpusCommand),
}

/// `serve`
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Address to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Address to serve /metrics on, instead of beside everything else
    #[arg(long, value_name = "ADDR")]
    pub metrics_listen: Option<String>,
    /// Base URL that clients see [default: http:// and the address]
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// Address or network (CIDR) of a proxy in front, whose X-Forwarded-For is believed; repeatable
    #[arg(long, value_name = "NETWORK")]
    pub trusted_proxy: Vec<String>,
    /// Believe these proxies the client's certificate in Client-Cert (RFC 9440) too; they must remove
    /// what their clients write there
    #[arg(long)]
    pub trusted_proxy_certificates: bool,
    /// The TLS listener.
    #[command(flatten)]
    pub tls: TlsArguments,
    /// Refuse a database that may lose acknowledged commits at a failover
    #[arg(long)]
    pub require_durable: bool,
}

/// The TLS listener of `serve`.
#[derive(Clone, Debug, Args)]
#[expect(
    clippy::struct_field_names,
    reason = "the options are named after the fields"
)]
pub struct TlsArguments {
    /// Address to speak TLS on as well [default: port 8443 beside --listen, with a certificate]
    #[arg(long, value_name = "ADDR")]
    pub tls_listen: Option<String>,
    /// File with the server's certificate, and those between it and its authority (PEM)
    #[arg(long, value_name = "FILE")]
    pub tls_certificate: Option<PathBuf>,
    /// File with the certificate's private key (PEM)
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// File with the authorities that must have signed clients' certificates (PEM) [default: any
    /// may, and the certificate that a client is pinned to decides]
    #[arg(long, value_name = "FILE")]
    pub tls_client_ca: Option<PathBuf>,
}

/// `demo`
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Address to listen on
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// Address of the partner's website [default: a free port on the same host]
    #[arg(long, value_name = "ADDR")]
    pub partner_listen: Option<String>,
    /// Address of the website whose customers approve on a phone [default: a free port on the same host]
    #[arg(long, value_name = "ADDR")]
    pub okay_partner_listen: Option<String>,
    /// Address of the website whose customers sign in by grid or card [default: a free port here]
    #[arg(long, value_name = "ADDR")]
    pub dual_partner_listen: Option<String>,
}

/// `apply`
#[derive(Debug, Args)]
pub struct ApplyArguments {
    /// What tenants, clients, users and so on are to be (TOML)
    pub file: PathBuf,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// In the tenants of the file: remove clients, policies, sites and approval settings that are
    /// not in it, revoke authenticators and drop passwords that are not; nothing spent is forgotten
    #[arg(long)]
    pub prune: bool,
    /// Print the secrets that were generated, once, as otpauth URIs
    #[arg(long)]
    pub show_secrets: bool,
}

/// `token`
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// An event-based code (RFC 4226)
    Hotp(HotpArguments),
    /// A time-based code (RFC 6238)
    Totp(TotpArguments),
    /// A response or signature (RFC 6287)
    Ocra(OcraArguments),
}

/// `token hotp`
#[derive(Debug, Args)]
pub struct HotpArguments {
    /// The key in hexadecimal
    #[arg(long, value_name = "HEX", allow_hyphen_values = true)]
    pub key_hex: SecretString,
    /// The counter
    #[arg(long, value_name = "N")]
    pub counter: u64,
    /// Digits of the code, 6 to 10
    #[arg(long, default_value_t = 6)]
    pub digits: u8,
    /// SHA1, SHA256 or SHA512
    #[arg(long, default_value = "SHA1")]
    pub algorithm: String,
}

/// `token totp`
#[derive(Debug, Args)]
pub struct TotpArguments {
    /// The key in hexadecimal
    #[arg(long, value_name = "HEX", allow_hyphen_values = true)]
    pub key_hex: SecretString,
    /// Unix time in seconds [default: now]
    #[arg(long, value_name = "UNIX")]
    pub time: Option<u64>,
    /// Seconds of a time step
    #[arg(long, value_name = "S", default_value_t = 30)]
    pub step: u32,
    /// Digits of the code, 6 to 10
    #[arg(long, default_value_t = 6)]
    pub digits: u8,
    /// SHA1, SHA256 or SHA512
    #[arg(long, default_value = "SHA1")]
    pub algorithm: String,
}

/// `token ocra`
#[derive(Debug, Args)]
pub struct OcraArguments {
    /// The suite, such as OCRA-1:HOTP-SHA1-8:QN08
    #[arg(long)]
    pub suite: String,
    /// The key in hexadecimal
    #[arg(long, value_name = "HEX", allow_hyphen_values = true)]
    pub key_hex: SecretString,
    /// The question, or the text to sign
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub question: String,
    /// The counter, for suites with C
    #[arg(long, value_name = "N")]
    pub counter: Option<u64>,
    /// The PIN, for suites with P
    #[arg(long, allow_hyphen_values = true)]
    pub pin: Option<SecretString>,
    /// Session information, for suites with S; a short one is padded on the left
    #[arg(long, value_name = "HEX", allow_hyphen_values = true)]
    pub session_hex: Option<SecretString>,
    /// Unix time in seconds, for suites with T [default: now]
    #[arg(long, value_name = "UNIX")]
    pub time: Option<u64>,
}

/// `tenant`, `client`, `policy`, `site`
#[derive(Debug, Subcommand)]
pub enum ListCommand {
    /// List them
    List(TenantOption),
    /// Show one
    Show(Named),
}

/// `user`
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// List them
    List(TenantOption),
    /// Show one
    Show(Named),
    /// Lock one under every policy, until unlocked
    Lock(Named),
    /// Unlock one: locks and counts begin anew
    Unlock(Named),
    /// Erase the personal data of one for good: the user is locked, the authenticators are revoked, and
    /// the audit log keeps what happened without names, addresses and texts
    Erase(Named),
}

/// `authenticator`
#[derive(Debug, Subcommand)]
pub enum AuthenticatorCommand {
    /// List them
    List(TenantOption),
    /// Show one
    Show(Named),
    /// Lock one, until unlocked
    Lock(Named),
    /// Unlock one
    Unlock(Named),
    /// Revoke one for good; what it spent stays spent
    Revoke(Named),
    /// Follow a token again that ran ahead: two consecutive codes
    Resync(ResyncArguments),
    /// Print a card on stdout, in one of three forms; what is on it is its secret
    Card(CardArguments),
}

/// Which tenant's.
#[derive(Debug, Args)]
pub struct TenantOption {
    /// The tenant's name
    #[arg(long, value_name = "NAME")]
    pub tenant: Option<String>,
}

/// One thing by name.
#[derive(Debug, Args)]
pub struct Named {
    /// Its name: login name of a user, serial of an authenticator
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The tenant's name; needed where several tenants have one of this name
    #[arg(long, value_name = "NAME")]
    pub tenant: Option<String>,
}

/// `authenticator resync`
#[derive(Debug, Args)]
pub struct ResyncArguments {
    /// Which authenticator.
    #[command(flatten)]
    pub named: Named,
    /// A code
    pub first: SecretString,
    /// The code after it
    pub second: SecretString,
    /// For tokens that count responses or signatures: the new question that both codes answer
    #[arg(long, value_name = "TEXT")]
    pub question: Option<String>,
}

/// `authenticator card`
#[derive(Debug, Args)]
pub struct CardArguments {
    /// Which card.
    #[command(flatten)]
    pub named: Named,
    /// In which form.
    #[command(flatten)]
    pub form: CardForm,
}

/// The forms of a printed card, one of which must be said.
#[derive(Clone, Copy, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct CardForm {
    /// A PDF of one page in the size of a bank card, to be printed unscaled
    #[arg(long)]
    pub pdf: bool,
    /// A picture in the size of a bank card
    #[arg(long)]
    pub svg: bool,
    /// A table of letters; with `--json` its rows
    #[arg(long)]
    pub text: bool,
}

#[test]
fn the_definition_is_sound() {
    <Arguments as clap::CommandFactory>::command().debug_assert();
}

#[test]
fn general_options_stand_before_or_after() {
    for line in [
        ["countersign", "--data", "d", "user", "show", "alice"],
        ["countersign", "user", "--data", "d", "show", "alice"],
        ["countersign", "user", "show", "alice", "--data", "d"],
    ] {
        let arguments = Arguments::try_parse_from(line).unwrap();
        assert_eq!(arguments.general.data, Some(PathBuf::from("d")));
    }
}
