//! `apply`: a file read, planned, and written whole or not at all.

use std::io::Write as _;

use challenge::directory::provision::{
    Generated, GeneratedKey, Options, Plan, ProvisionError, Provisioner,
};
use serde_json::json;

use super::desk::OPERATOR;
use crate::cli::{ApplyArguments, Failure};
use crate::config::provisioning::{self, Described};
use crate::operator::Desk;
use crate::system::{OsRng, SystemClock};

/// Brings the directory to what the file says, and prints what changed.
pub async fn run(desk: &Desk, arguments: &ApplyArguments) -> Result<(), Failure> {
    desk.keyring()?;
    let file = arguments.file.display().to_string();
    let Described {
        blueprint,
        warnings,
    } = provisioning::read(&arguments.file, &desk.environment)
        .map_err(|unreadable| refused(desk, &file, &unreadable.0))?;
    let store = desk.store().await?;
    let keyring = desk.keyring_of(&*store).await?;
    let (rng, clock) = (OsRng, SystemClock);
    let provisioner = Provisioner {
        store: &*store,
        keyring: &keyring,
        rng: &rng,
        clock: &clock,
    };
    let options = Options {
        prune: arguments.prune,
        actor: Some(OPERATOR),
        ..Options::default()
    };
    let plan = if arguments.dry_run {
        provisioner.plan(&blueprint, options).await
    } else {
        provisioner.apply(&blueprint, options).await
    };
    let plan = plan.map_err(|error| match error {
        ProvisionError::Refused(findings) => {
            let problems: Vec<_> = findings.iter().map(ToString::to_string).collect();
            refused(desk, &file, &problems)
        }
        ProvisionError::Store(error) => error.into(),
    })?;
    report(desk, arguments, &plan, warnings)
}

/// One line for stderr; where there is more than one problem, the list goes to stdout.
fn refused(desk: &Desk, file: &str, problems: &[String]) -> Failure {
    let first = problems.first().map_or("", String::as_str);
    let Some(more @ 1..) = problems.len().checked_sub(1) else {
        return Failure::new(format!("{file} was not applied: {first}"));
    };
    let printed = if desk.output.json {
        desk.output.value(&json!({ "problems": problems }))
    } else {
        desk.output.lines(problems)
    };
    match printed {
        Ok(()) => Failure::new(format!(
            "{file} was not applied: {first} (and {more} more, listed on stdout)"
        )),
        Err(failure) => failure,
    }
}

fn report(
    desk: &Desk,
    arguments: &ApplyArguments,
    plan: &Plan,
    mut warnings: Vec<String>,
) -> Result<(), Failure> {
    warnings.extend(plan.warnings.iter().map(ToString::to_string));
    // A dry run draws keys that nobody will ever have.
    let shows = arguments.show_secrets && !arguments.dry_run;
    if !shows && !arguments.dry_run {
        warnings.extend(plan.generated.iter().map(|generated| {
            let Generated { tenant, serial, .. } = generated;
            format!(
                "tenant {tenant}, authenticator {serial}: a secret was generated and not shown; \
                 next time use --show-secrets"
            )
        }));
    }
    let secrets: Vec<_> = plan
        .generated
        .iter()
        .filter(|_| shows)
        .map(|one| (one, secret_of(&one.key)))
        .collect();
    if desk.output.json {
        let secrets: Vec<_> = secrets
            .iter()
            .map(|(one, secret)| {
                json!({ "tenant": one.tenant, "serial": one.serial, "secret": secret })
            })
            .collect();
        return desk.output.value(&json!({
            "dry_run": arguments.dry_run,
            "changes": plan.changes,
            "warnings": warnings,
            "generated": secrets,
        }));
    }
    for warning in &warnings {
        // Where stderr is gone nobody wants the warnings.
        let _ = writeln!(std::io::stderr(), "warning: {warning}");
    }
    let mut lines = plan.changes.clone();
    lines.push(match (plan.changes.len(), arguments.dry_run) {
        (0, _) => "nothing to change".to_owned(),
        (1, true) => "1 change would be made (dry run)".to_owned(),
        (count, true) => format!("{count} changes would be made (dry run)"),
        (1, false) => "1 change made".to_owned(),
        (count, false) => format!("{count} changes made"),
    });
    lines.extend(
        secrets
            .iter()
            .map(|(one, secret)| format!("{}: {secret}", one.serial)),
    );
    desk.output.lines(&lines)
}

/// A generated key as it is handed over.
fn secret_of(key: &GeneratedKey) -> String {
    match key {
        GeneratedKey::Uri(uri) => uri.to_string(),
        GeneratedKey::Ocra(uri) => uri.to_string(),
    }
}
