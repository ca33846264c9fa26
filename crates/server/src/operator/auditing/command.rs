//! The sub-command: what an operator says, and what is said in return.

use std::fmt::Write as _;
use std::pin::pin;
use std::sync::Arc;

use challenge::audit::chain::Which;
use challenge::audit::check::{Report, Tools, check};
use challenge::clock::{Clock as _, Timestamp};
use challenge::officers::Officer;
use futures_util::StreamExt as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use protocols::management::acts::audit::{self, Format, Wanted};
use protocols::management::moment;
use serde_json::json;

use super::sealed::{self, EndFile};
use crate::cli::{AuditCommand, AuditExportArguments, Failure, VerifyArguments};
use crate::operator::Desk;
use crate::operator::desk::tenants;
use crate::system::SystemClock;

/// `audit verify|head|export`
pub async fn run(desk: &Desk, command: &AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::Verify(arguments) => verify(desk, arguments).await,
        AuditCommand::Head => head(desk).await,
        AuditCommand::Export(arguments) if arguments.form.sealed => sealed(desk).await,
        AuditCommand::Export(arguments) => export(desk, arguments).await,
    }
}

async fn verify(desk: &Desk, arguments: &VerifyArguments) -> Result<(), Failure> {
    let trusted = arguments.head.as_deref().map(EndFile::read).transpose()?;
    let bar = bar("events")?;
    let progress = |done: u64, of: u64| {
        bar.set_length(of);
        bar.set_position(done);
    };
    let report = match (&arguments.export, trusted) {
        (Some(path), Some(trusted)) => {
            let keys = trusted.keys();
            let keys = keys.ok_or_else(|| Failure::new("--head: it names no public key"))?;
            let pinned = trusted.verified(Which::Head, &keys);
            let pinned = pinned.map_err(|problem| Failure::new(format!("--head: {problem}")))?;
            sealed::verify(path, (&keys, pinned), &progress)?
        }
        (_, trusted) => {
            let store = desk.store().await?;
            let keyring = desk.keyring_of(&*store).await?;
            // A head that was kept elsewhere outlives the key that signed it, and brings it.
            let mut keys = keyring.audit_public_keys();
            let brought = trusted.as_ref().and_then(EndFile::keys);
            for (version, key) in brought.map_or_else(Vec::new, |brought| brought.0) {
                if keys.0.iter().all(|(known, _)| *known != version) {
                    keys.0.push((version, key));
                }
            }
            let pinned = trusted.map(|head| head.verified(Which::Head, &keys));
            let pinned = pinned
                .transpose()
                .map_err(|problem| Failure::new(format!("--head: {problem}")))?;
            let tools = Tools {
                log: &*store,
                keyring: &keyring,
                pinned,
                now: SystemClock.now(),
                progress: &progress,
            };
            check(&tools).await?
        }
    };
    bar.finish_and_clear();
    tell(desk, &report)
}

fn tell(desk: &Desk, report: &Report) -> Result<(), Failure> {
    let faults: Vec<_> = report.faults.iter().map(ToString::to_string).collect();
    let cut = report.chain.and_then(|chain| chain.cut);
    let began_at = report.chain.map(|chain| moment::show(chain.beginning.at));
    if desk.output.json {
        desk.output.value(&json!({
            "whole": report.is_whole(),
            "sealed": report.sealed,
            "waiting": report.waiting,
            "erased": report.erased,
            "began_at": began_at,
            "cut_up_to": cut.map(|cut| cut.number),
            "fault_count": report.fault_count,
            "faults": faults,
        }))?;
    }
    if !report.is_whole() {
        desk.output.lines(&faults)?;
        return Err(Failure::new(format!(
            "the audit log is not whole: {} faults; keep the database as it is, and compare it with a \
             backup",
            report.fault_count
        )));
    }
    let mut line = format!("the audit log is whole: {} events sealed", report.sealed);
    if report.waiting > 0 {
        let _ = write!(line, ", {} wait to be sealed", report.waiting);
    }
    if report.erased > 0 {
        let _ = write!(line, ", of {} the personal data was erased", report.erased);
    }
    if let Some(began_at) = began_at {
        let _ = write!(line, "; the chain began at {began_at}");
    }
    if let Some(cut) = cut {
        let _ = write!(
            line,
            "; events up to {} were removed when their time was over",
            cut.number
        );
    }
    desk.output.lines(&[line])
}

async fn head(desk: &Desk) -> Result<(), Failure> {
    let store = desk.store().await?;
    let keys = desk.keyring_of(&*store).await?.audit_public_keys();
    let shown = store.chain().await?;
    let shown = shown.ok_or_else(nothing_sealed)?;
    let head = EndFile::of(&shown.beginning, &shown.head, &keys);
    let head = head.ok_or_else(|| Failure::new("the key that signed the head is not here"))?;
    desk.output.value(&head.with(&keys))
}

async fn sealed(desk: &Desk) -> Result<(), Failure> {
    let store = desk.store().await?;
    let keys = desk.keyring_of(&*store).await?.audit_public_keys();
    let chain = store.chain().await?.ok_or_else(nothing_sealed)?;
    sealed::export(&*store, &chain, (&keys, desk.output)).await
}

fn nothing_sealed() -> Failure {
    Failure::new("nothing is sealed yet; a running server seals what happened after two seconds")
}

async fn export(desk: &Desk, arguments: &AuditExportArguments) -> Result<(), Failure> {
    let management = Arc::new(desk.management().await?);
    if let Some(name) = &arguments.tenant {
        // Says which tenants there are, where there is none of this name.
        tenants(&**management.verifier.store(), Some(name)).await?;
    }
    let wanted = Wanted {
        from: read("--from", arguments.from.as_deref())?,
        to: read("--until", arguments.until.as_deref())?,
        ..Wanted::default()
    };
    let format = if arguments.form.csv {
        Format::Table
    } else {
        Format::Lines
    };
    let officer = Officer::command_line();
    let tenant = arguments.tenant.as_deref();
    let pages = audit::export(&management, &officer, tenant, (&wanted, format));
    let mut pages = pin!(pages.map_err(|refusal| Failure::new(refusal.to_wire().detail))?);
    while let Some(page) = pages.next().await {
        desk.output.document(&page?)?;
    }
    Ok(())
}

fn read(option: &str, text: Option<&str>) -> Result<Option<Timestamp>, Failure> {
    let read = text.map(|text| moment::read(option, text)).transpose();
    read.map_err(|_| {
        Failure::new(format!(
            "{option}: expected a date such as 2027-01-31, or 2027-01-31T12:00:00Z"
        ))
    })
}

/// A bar on stderr; hidden where that is no terminal.
fn bar(what: &str) -> Result<ProgressBar, Failure> {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = format!("{{wide_bar}} {{pos}}/{{len}} {what}, {{per_sec}}, {{eta}} left");
    bar.set_style(ProgressStyle::with_template(&style).map_err(Failure::new)?);
    Ok(bar)
}
