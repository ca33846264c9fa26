//! Files of tokens, taken in whole or not at all: read, planned and written by what the sub-command
//! `import` calls.

use std::io::Cursor;
use std::sync::Arc;

use challenge::directory::provision::{Intake, IntakeError, IntakeOptions};
use challenge::officers::{Officer, Power};
use challenge::ports::StoreError;
use import::pskc::Container;
use import::{List, Outcome, Records, Remarks, Sheet, Source, Unreadable};
use secrecy::ExposeSecret as _;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tracing::Instrument as _;
use zeroize::Zeroizing;

use crate::desk::Desk;
use crate::management::refusal::{FieldError, Refusal};
use crate::management::shapes::imports::{ImportBody, ImportFormat, ImportShown, by_members};

/// Files that are read at a time: deriving a key and opening values is work for a thread.
static READING: Semaphore = Semaphore::const_new(1);

/// How often a file is read again because the directory changed meanwhile.
const ATTEMPTS: u32 = 3;

/// Where a file stands in the body.
const FILE: &str = "/file";

/// Takes a file in, or says what would come of it. Where lines are refused and are not to be left out,
/// nothing is written, and they are told as what is wrong with the body; of a dry run, in the answer.
///
/// It goes on to its end though the caller hangs up.
pub async fn take_in(
    desk: &Arc<Desk>,
    officer: &Officer,
    tenant: &str,
    body: ImportBody,
) -> Result<ImportShown, Refusal> {
    let view = officer.tenant(&desk.verifier.catalogue, tenant, Power::Tend)?;
    body.opener()?;
    let permit = READING.acquire().await;
    let (desk, officer) = (Arc::clone(desk), officer.clone());
    let (runtime, name) = (Handle::current(), view.tenant.name.clone());
    let reading = async move {
        let mut left = ATTEMPTS;
        loop {
            left -= 1;
            match once(&desk, &officer, (&name, &body)).await {
                Err(Refused::Raced) if left > 0 => {}
                Err(refused) => return Err(refused.into()),
                Ok(shown) => {
                    desk.verifier.catalogue.refresh().await?;
                    return Ok(shown);
                }
            }
        }
    };
    let reading = reading.in_current_span();
    // Not on a thread that answers others.
    let reading = tokio::task::spawn_blocking(move || {
        // Kept to the end of the work, whether somebody waits for it or not.
        let _permit = permit;
        runtime.block_on(reading)
    });
    let done = reading.await;
    done.unwrap_or_else(|error| Err(Refusal::Unavailable(error.to_string())))
}

/// Why a file was not taken in.
enum Refused {
    Raced,
    Told(Refusal),
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Raced => Self::NotPossible(
                "the tenant was changed again and again while the file was read, or a name in it was \
                 taken meanwhile; try again"
                    .to_owned(),
            ),
            Refused::Told(refusal) => refusal,
        }
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict => Self::Raced,
            error => Self::Told(error.into()),
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Told(refusal)
    }
}

async fn once(
    desk: &Desk,
    officer: &Officer,
    (tenant, body): (&str, &ImportBody),
) -> Result<ImportShown, Refused> {
    let options = IntakeOptions {
        policies: body.policies.clone(),
        keeps_unassigned: body.unassigned,
        ignores_dates: body.ignore_dates,
        actor: Some(officer.actor()),
        source: body.format.name(),
    };
    let provisioner = desk.verifier.provisioner();
    let intake = Intake::begin(&provisioner, tenant, options).await;
    let intake = intake.map_err(|error| match error {
        IntakeError::Refused(text) if body.policies.is_some() => {
            Refusal::invalid("/policies", text).into()
        }
        IntakeError::Refused(text) => Refusal::NotPossible(text).into(),
        IntakeError::Store(error) => Refused::from(error),
    })?;
    let source = Source::new(records(body)?, intake, body.skip_refused);
    match source.take_in(provisioner.store, body.dry_run).await? {
        Outcome::Taken(report) => {
            let is_written = !body.dry_run && report.taken.authenticators > 0;
            Ok(ImportShown::of(report, is_written))
        }
        Outcome::Refused(report) if body.dry_run => Ok(ImportShown::of(report, false)),
        Outcome::Refused(report) => Err(Refusal::Invalid(of_lines(&report.refused)).into()),
        Outcome::Broken(why) => Err(unreadable(&why).into()),
    }
}

fn records(body: &ImportBody) -> Result<Box<dyn Records + Send>, Refusal> {
    let text = body.file.expose_secret().as_bytes().to_vec();
    let file = Cursor::new(Zeroizing::new(text));
    Ok(match body.format {
        ImportFormat::Csv => Box::new(Sheet::read(file).map_err(|why| unreadable(&why))?),
        ImportFormat::Pskc => Box::new(Container::read(file, body.opener()?)),
        ImportFormat::Otpauth => Box::new(List::read(file)),
    })
}

fn unreadable(why: &Unreadable) -> Refusal {
    Refusal::invalid(FILE, by_members(&why.to_string()))
}

/// A line each, and one for those that are not told.
fn of_lines(refused: &Remarks) -> Vec<FieldError> {
    let told = refused.told.iter().map(|one| by_members(&one.told()));
    let rest = refused.rest();
    let more = (rest > 0).then(|| format!("and {rest} more lines"));
    let all = told.chain(more);
    all.map(|text| FieldError::new(FILE, text)).collect()
}
