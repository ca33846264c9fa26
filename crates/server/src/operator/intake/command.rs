//! The sub-command: what an operator says, and what is said in return.

use std::fs::File;
use std::io::{BufReader, IsTerminal as _};
use std::path::Path;
use std::time::Duration;

use challenge::directory::provision::{Intake, IntakeError, IntakeOptions, Provisioner};
use challenge::ports::StoreError;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use import::pskc::{Container, Given};
use import::{List, Outcome, Records, Report, Sheet, Source};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::report::{lines, told, value};
use crate::cli::{Failure, ImportCommand, IntakeArguments, KeyEncoding, PskcArguments};
use crate::operator::Desk;
use crate::operator::desk::OPERATOR;
use crate::system::{OsRng, SystemClock};

/// How often a file is read again because the directory changed meanwhile.
const ATTEMPTS: u32 = 3;

/// Bytes read at once.
const BUFFER: usize = 64 * 1024;

/// Bytes of a file with a key or passphrase at most.
const OPENER_MAX: u64 = 4096;

/// `import pskc|csv|otpauth`
pub async fn run(desk: &Desk, command: &ImportCommand) -> Result<(), Failure> {
    let (arguments, format) = match command {
        ImportCommand::Pskc(pskc) => (&pskc.intake, "pskc"),
        ImportCommand::Csv(arguments) => (arguments, "csv"),
        ImportCommand::Otpauth(arguments) => (arguments, "otpauth"),
    };
    desk.keyring()?;
    let store = desk.store().await?;
    let mut outcome = Err(Ended::Raced);
    for _ in 0..ATTEMPTS {
        // Another version of the master key may seal by now.
        let (version, keyring) = desk.keys_to_write(&*store).await?;
        let provisioner = Provisioner {
            store: &*store,
            keyring: &keyring,
            rng: &OsRng,
            clock: &SystemClock,
        };
        let asked = (command, arguments, format);
        outcome = once(desk, (&provisioner, version), asked).await;
        if !matches!(outcome, Err(Ended::Raced)) {
            break;
        }
    }
    tell(desk, arguments, outcome)
}

/// How an import ended that did not do as asked.
enum Ended {
    /// Lines were refused.
    Refused(Box<Report>),
    /// The directory changed meanwhile.
    Raced,
    /// Something else.
    Failed(Failure),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::Raced,
            error => Self::Failed(error.into()),
        }
    }
}

impl From<IntakeError> for Ended {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Store(error) => error.into(),
            refused @ IntakeError::Refused(_) => Self::Failed(Failure::new(refused)),
        }
    }
}

async fn once(
    desk: &Desk,
    (provisioner, version): (&Provisioner<'_>, u64),
    (command, arguments, format): (&ImportCommand, &IntakeArguments, &str),
) -> Result<Report, Ended> {
    let path = &arguments.file;
    let unread = |error: std::io::Error| Failure::new(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(unread)?;
    let length = file.metadata().map_err(unread)?.len();
    let bar = bar(length)?;
    let file = BufReader::with_capacity(BUFFER, bar.wrap_read(file));
    let records: Box<dyn Records + Send> = match command {
        ImportCommand::Pskc(pskc) => Box::new(Container::read(file, opener(desk, pskc)?)),
        ImportCommand::Csv(_) => {
            let sheet = Sheet::read(file);
            Box::new(sheet.map_err(|error| Failure::new(not_imported(path, &error)))?)
        }
        ImportCommand::Otpauth(_) => Box::new(List::read(file)),
    };
    let options = IntakeOptions {
        policies: (!arguments.policy.is_empty()).then(|| arguments.policy.clone()),
        keeps_unassigned: arguments.unassigned,
        ignores_dates: arguments.ignore_dates,
        actor: Some(OPERATOR),
        source: format,
    };
    let intake = Intake::begin(provisioner, &arguments.tenant, options).await?;
    // The keys are those of that version: under others nothing is sealed that is written from here.
    if intake.version() != version {
        return Err(Ended::Raced);
    }
    let source = Source::new(records, intake, arguments.skip_refused)
        .telling(|tokens| bar.set_message(tokens.to_string()));
    let outcome = source.take_in(provisioner.store, arguments.dry_run).await;
    bar.finish_and_clear();
    match outcome? {
        Outcome::Taken(report) => Ok(report),
        Outcome::Refused(report) => Err(Ended::Refused(Box::new(report))),
        Outcome::Broken(broken) => Err(Failure::new(not_imported(path, &broken)).into()),
    }
}

/// Hidden where stderr is no terminal.
fn bar(length: u64) -> Result<ProgressBar, Failure> {
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    let template = "{wide_bar} {bytes}/{total_bytes}, {msg} tokens, {eta} left";
    bar.set_style(ProgressStyle::with_template(template).map_err(Failure::new)?);
    if std::io::stderr().is_terminal() {
        // It goes on moving while what was read is being written.
        bar.enable_steady_tick(Duration::from_millis(200));
    }
    Ok(bar)
}

/// What the operator has to open a file with.
fn opener(desk: &Desk, pskc: &PskcArguments) -> Result<Given, Failure> {
    let from_environment = |name: &String| {
        let value = desk.environment.get(name).map(Zeroizing::new);
        value.ok_or_else(|| Failure::new(format!("the environment variable {name} is not set")))
    };
    let opener = &pskc.opener;
    let key = match (&opener.key_file, &opener.key_env) {
        (Some(path), _) => Some(text_of(path)?),
        (_, Some(name)) => Some(from_environment(name)?),
        _ => None,
    };
    if let Some(text) = key {
        let text = text.trim().as_bytes();
        let (bytes, name) = match pskc.key_encoding {
            KeyEncoding::Hex => (HEXLOWER_PERMISSIVE.decode(text), "hexadecimal"),
            KeyEncoding::Base64 => (BASE64.decode(text), "base64"),
        };
        let wrong =
            format!("the pre-shared key is not {name}; say how it is written with --key-encoding");
        return Ok(Given::Key(Zeroizing::new(
            bytes.map_err(|_| Failure::new(wrong))?,
        )));
    }
    let passphrase = match (&opener.passphrase_file, &opener.passphrase_env) {
        (Some(path), _) => text_of(path)?,
        (_, Some(name)) => from_environment(name)?,
        _ => return Ok(Given::Nothing),
    };
    let passphrase = passphrase.trim_end_matches(['\r', '\n']);
    Ok(Given::Passphrase(SecretString::from(passphrase)))
}

fn text_of(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let unread = |error: std::io::Error| Failure::new(format!("{}: {error}", path.display()));
    if std::fs::metadata(path).map_err(unread)?.len() > OPENER_MAX {
        let text = format!("{}: it is larger than {OPENER_MAX} bytes", path.display());
        return Err(Failure::new(text));
    }
    std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(unread)
}

fn not_imported(path: &Path, why: &impl std::fmt::Display) -> String {
    format!(
        "{} was not imported: {why}; nothing of it was",
        path.display()
    )
}

fn tell(
    desk: &Desk,
    arguments: &IntakeArguments,
    outcome: Result<Report, Ended>,
) -> Result<(), Failure> {
    let report = match outcome {
        Ok(report) => report,
        Err(Ended::Failed(failure)) => return Err(failure),
        Err(Ended::Raced) => return Err(StoreError::Conflict.into()),
        Err(Ended::Refused(report)) => return refuse(desk, arguments, &report),
    };
    for line in lines(&report.warnings, "warning") {
        desk.output.note(&line);
    }
    for note in &report.notes {
        desk.output.note(note);
    }
    let taken = report.taken;
    if taken.dated > 0 {
        desk.output.note(&format!(
            "{} tokens have an end of validity, which is not watched: revoke them when it comes",
            taken.dated
        ));
    }
    if desk.output.json {
        return desk.output.value(&value(&report, !arguments.dry_run));
    }
    desk.output.lines(&lines(&report.refused, "refused"))?;
    let done = if arguments.dry_run {
        "would be imported"
    } else {
        "imported"
    };
    desk.output.done(&format!(
        "{} authenticators {done}, {} users created, {} kept for later, {} refused",
        taken.authenticators, taken.users, taken.unassigned, report.refused.count
    ))
}

/// One line for stderr; the list goes to stdout.
fn refuse(desk: &Desk, arguments: &IntakeArguments, report: &Report) -> Result<(), Failure> {
    let first = report.refused.told.first();
    let first = first.map_or_else(String::new, told);
    let file = arguments.file.display();
    let more = match report.refused.count.saturating_sub(1) {
        0 => String::new(),
        more => format!(" (and {more} more, listed on stdout)"),
    };
    if desk.output.json {
        desk.output.value(&value(report, false))?;
    } else if !more.is_empty() {
        desk.output.lines(&lines(&report.refused, "refused"))?;
    }
    Err(Failure::new(format!(
        "{file} was not imported, and nothing of it was: {first}{more}; mend it, or leave out what is \
         refused with --skip-refused"
    )))
}
