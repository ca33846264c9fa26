//! From the arguments to the exit code: 0 done, 1 refused or failed with one line on stderr, 2 wrong
//! usage; of `device` also 3 and 4.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::{ContextKind, ContextValue};

use super::arguments::{Arguments, Command, General, TlsArguments};
use super::{Failure, Output, logging};
use crate::config::{Environment, Overrides, Settings, TlsLayer};
use crate::device;
use crate::operator::{
    Desk, admin, apply, approvals, auditing, authenticators, backup, callbacks, corpus, doctor,
    init, intake, keys, rows, sites, statistics, token, users,
};
use crate::serving;

/// Reads the arguments, has them done, and says how it ended.
pub fn main() -> ExitCode {
    let Arguments { general, command } = parsed();
    match run(&general, command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nobody reads stderr: then the code says it alone.
            let _ = writeln!(std::io::stderr(), "countersign: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

/// The arguments; ends the program with 2 where the usage is wrong, with 0 after --help and
/// --version.
fn parsed() -> Arguments {
    Arguments::try_parse().unwrap_or_else(|mut error| {
        // What stands where nothing is expected may be a key or a code: it is not echoed.
        if let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg)
            && !argument.starts_with('-')
        {
            error.insert(
                ContextKind::InvalidArg,
                ContextValue::String("…".to_owned()),
            );
        }
        error.exit()
    })
}

fn run(general: &General, command: Command) -> Result<(), Failure> {
    let output = Output { json: general.json };
    let command = match command {
        Command::Token(command) => return token::run(output, &command),
        // It is on a phone's side, and has nothing of a server's settings.
        Command::Device(command) => return block_on(device::command::run(output, command)),
        command => command,
    };
    let mut overrides = Overrides {
        config: general.config.clone(),
        data: general.data.clone(),
        store: general.store.clone(),
        ..Overrides::default()
    };
    if let Command::Serve(arguments) = &command {
        overrides.listen.clone_from(&arguments.listen);
        overrides
            .metrics_listen
            .clone_from(&arguments.metrics_listen);
        overrides.public_url.clone_from(&arguments.public_url);
        overrides
            .trusted_proxies
            .clone_from(&arguments.trusted_proxy);
        overrides.trusted_proxy_certificates = arguments.trusted_proxy_certificates;
        overrides.tls = tls(&arguments.tls);
        overrides.require_durable = arguments.require_durable;
    }
    let environment = Environment::process();
    let settings = match Settings::load(overrides, &environment) {
        Err(problem) if matches!(command, Command::Doctor(_)) => {
            return doctor::unreadable(output, &problem);
        }
        settings => settings?,
    };
    let desk = Desk {
        settings,
        environment,
        output,
    };
    match command {
        Command::Serve(_) => {
            let blueprint = desk.application()?;
            serve(&desk, serving::serve::run(blueprint))
        }
        Command::Demo(arguments) => {
            let addresses = serving::demo::Addresses {
                server: &arguments.listen,
                partner: arguments.partner_listen.as_deref(),
                okay_partner: arguments.okay_partner_listen.as_deref(),
                dual_partner: arguments.dual_partner_listen.as_deref(),
            };
            serve(&desk, serving::demo::run(addresses))
        }
        Command::Tour => serve(&desk, serving::tour::run()),
        command => block_on(operate(&desk, command)),
    }
}

/// What the command line says of the TLS listener.
fn tls(arguments: &TlsArguments) -> TlsLayer {
    let arguments = arguments.clone();
    TlsLayer {
        listen: arguments.tls_listen,
        certificate: arguments.tls_certificate,
        key: arguments.tls_key,
        client_ca: arguments.tls_client_ca,
    }
}

/// Runs a server to its end, on all cores.
fn serve(desk: &Desk, work: impl Future<Output = anyhow::Result<()>>) -> Result<(), Failure> {
    logging::start(&desk.settings)?;
    for warning in &desk.settings.warnings {
        tracing::warn!("{warning}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    // `{:#}`: the causes as well, in one line.
    let ended = runtime.map_err(Failure::new)?.block_on(work);
    ended.map_err(|error| Failure::new(format!("{error:#}")))
}

async fn operate(desk: &Desk, command: Command) -> Result<(), Failure> {
    match command {
        Command::Init => init::run(desk).await,
        Command::Apply(arguments) => apply::run(desk, &arguments).await,
        Command::Import(command) => intake::run(desk, &command).await,
        Command::Tenant(command) => rows::tenants(desk, &command).await,
        Command::Client(command) => rows::clients(desk, &command).await,
        Command::Policy(command) => rows::policies(desk, &command).await,
        Command::Site(command) => sites::run(desk, &command).await,
        Command::User(command) => users::run(desk, &command).await,
        Command::Authenticator(command) => authenticators::run(desk, &command).await,
        Command::Approval(command) => approvals::run(desk, &command).await,
        Command::Callback(command) => callbacks::run(desk, &command).await,
        Command::Admin(command) => admin::run(desk, &command).await,
        Command::Audit(command) => auditing::run(desk, &command).await,
        Command::Backup(arguments) => backup::back_up(desk, &arguments),
        Command::Restore(arguments) => backup::restore(desk, &arguments).await,
        Command::Doctor(arguments) => doctor::run(desk, &arguments).await,
        Command::Key(command) => keys::run(desk, &command).await,
        Command::Statistics(arguments) => statistics::run(desk, &arguments).await,
        Command::Corpus(command) => corpus::run(desk, &command).await,
        Command::Serve(_)
        | Command::Demo(_)
        | Command::Tour
        | Command::Token(_)
        | Command::Device(_) => Ok(()),
    }
}

/// Runs a sub-command to its end on this thread.
fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.map_err(Failure::new)?.block_on(work)
}
