//! The command line: what can be said, and who is asked to do it.

mod admin;
mod approvals;
mod arguments;
mod auditing;
mod backups;
mod corpora;
mod doctor;
mod failure;
mod imports;
mod keys;
mod logging;
mod output;
mod run;

pub use admin::{
    AdminCommand, AdminTokenCommand, PasswordArguments, TokenCreateArguments, TokenRevokeArguments,
};
pub use approvals::{
    ApprovalCommand, ApproveArguments, CallbackCommand, DecideArguments, DeclineArguments,
    DeviceCommand, HomeOption, LinkArguments, RedeliverArguments, SessionArguments,
};
pub use arguments::{
    ApplyArguments, AuthenticatorCommand, CardArguments, CardForm, DemoArguments, HotpArguments,
    ListCommand, Named, OcraArguments, ServeArguments, TenantOption, TokenCommand, TotpArguments,
    UserCommand,
};
pub use auditing::{
    AuditCommand, AuditExportArguments, AuditForm, StatisticsArguments, VerifyArguments,
};
pub use backups::{BackupArguments, RestoreArguments};
pub use corpora::{CorpusCommand, ExportArguments, ExportForm, ImportArguments};
pub use doctor::DoctorArguments;
pub use failure::Failure;
pub use imports::{ImportCommand, IntakeArguments, KeyEncoding, OpenerArguments, PskcArguments};
pub use keys::{DropArguments, KeyCommand, RotateArguments};
pub use output::{Output, Row, moment, plain};
pub use run::main;
