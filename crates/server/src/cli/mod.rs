//! The command line: what can be said, and who is asked to do it.

mod arguments;
mod failure;
mod logging;
mod output;
mod run;

pub use arguments::{
    ApplyArguments, AuthenticatorCommand, DemoArguments, HotpArguments, ListCommand, Named,
    OcraArguments, ServeArguments, TokenCommand, TotpArguments, UserCommand,
};
pub use failure::Failure;
pub use output::{Output, Row};
pub use run::main;
