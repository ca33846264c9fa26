//! `apply`: a file read, planned, and written whole or not at all.

use std::io::Write as _;

use challenge::directory::provision::{
    Blueprint, Generated, GeneratedKey, Options, Plan, ProvisionError, Provisioner,
};
use challenge::ports::{Store, StoreError};
use challenge::rng::Rng;
use serde_json::json;

use super::desk::OPERATOR;
use crate::cli::{ApplyArguments, Failure};
use crate::config::provisioning::{self, Described};
use crate::operator::Desk;
use crate::system::{OsRng, SystemClock};

/// How often a plan is made again because the directory changed meanwhile, each time with the keys of then.
const ATTEMPTS: u32 = 10;

/// Brings the directory to what the file says, and prints what changed.
pub async fn run(desk: &Desk, arguments: &ApplyArguments) -> Result<(), Failure> {
    desk.keyring()?;
    let file = arguments.file.display().to_string();
    let Described {
        blueprint,
        warnings,
    } = provisioning::read(&arguments.file, &desk.environment)
        .map_err(|unreadable| refused(desk, &file, &unreadable.0))?;
    let store = desk.open_unmarked().await?;
    let plan = planned(desk, (&*store, &OsRng), (arguments, &blueprint)).await?;
    let plan = plan.map_err(|error| match error {
        ProvisionError::Refused(findings) => {
            let problems: Vec<_> = findings.iter().map(ToString::to_string).collect();
            refused(desk, &file, &problems)
        }
        ProvisionError::Store(error) => error.into(),
    })?;
    report(desk, arguments, &plan, warnings)
}

/// Plans, and writes unless it is a dry run; again where the directory or the master key changed meanwhile.
async fn planned(
    desk: &Desk,
    (store, rng): (&dyn Store, &dyn Rng),
    (arguments, blueprint): (&ApplyArguments, &Blueprint),
) -> Result<Result<Plan, ProvisionError>, Failure> {
    let mut planned = Err(StoreError::Conflict.into());
    for _ in 0..ATTEMPTS {
        let (version, keyring) = desk.keys_to_write(store).await?;
        let provisioner = Provisioner {
            store,
            keyring: &keyring,
            rng,
            clock: &SystemClock,
        };
        let options = Options {
            prune: arguments.prune,
            actor: Some(OPERATOR),
            from_version: Some(version),
        };
        planned = if arguments.dry_run {
            provisioner.plan(blueprint, options).await
        } else {
            provisioner.apply(blueprint, options).await
        };
        if !matches!(planned, Err(ProvisionError::Store(StoreError::Conflict))) {
            break;
        }
    }
    Ok(planned)
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

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::{Arc, Once};

    use challenge::clock::{Clock as _, ManualClock};
    use challenge::rotation::Begun;
    use challenge::verifier::{Ports, Verifier};
    use challenge::visitor::InlineMint;

    use super::*;
    use crate::cli::Output;
    use crate::config::settings::Overrides;
    use crate::config::{Environment, Settings, master_key};

    const BANK: &str = r#"
[[tenant]]
name = "BANK"
[[tenant.policy]]
code = "P"
[[tenant.site]]
public_id = "shop"
secret = "a secret of a site that is long enough"
[[tenant.user]]
login_name = "ann"
[[tenant.user.authenticator]]
serial = "10000001"
kind = "hotp"
policies = ["P"]
secret = { hex = "3132333435363738393031323334353637383930" }
"#;

    fn desk(data: &Path) -> Desk {
        let environment = Environment::fixed([]);
        let overrides = Overrides {
            data: Some(data.to_owned()),
            ..Overrides::default()
        };
        Desk {
            settings: Settings::load(overrides, &environment).unwrap(),
            environment,
            output: Output { json: false },
        }
    }

    /// Another node, with the keys that are in the file by now.
    async fn other_node(desk: &Desk, clock: &Arc<ManualClock>) -> Verifier {
        let store = desk.open_unmarked().await.unwrap();
        let (_, keyring) = desk.keys_to_write(&*store).await.unwrap();
        let ports = Ports {
            store,
            clock: Arc::<ManualClock>::clone(clock),
            rng: Arc::new(OsRng),
            keyring,
            mint: Arc::new(InlineMint(OsRng)),
        };
        Verifier::start(ports).await.unwrap()
    }

    /// The master key changed, and the old one dropped.
    async fn change_the_key(desk: &Desk) {
        let source = desk.key_source().unwrap();
        let file = source.file().unwrap();
        master_key::add_version(file, 2, &OsRng).unwrap();
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let node = other_node(desk, &clock).await;
        let held = node.keyring().held()[1];
        assert!(node.introduce_key(held, &OPERATOR).await.unwrap());
        let begun = node.begin_sealing(2, &OPERATOR).await.unwrap();
        assert_eq!(begun, Begun::Seals);
        let pause = || std::future::ready(());
        node.reseal(&|_| (), &pause).await.unwrap();
        clock.advance_s(60);
        while node.seal_events().await.unwrap().events > 0 {}
        node.drop_key(1, true, &OPERATOR).await.unwrap();
        master_key::remove_version(file, 1).unwrap();
    }

    /// Randomness, for whose first byte is waited until others have changed the master key.
    struct Late {
        data: PathBuf,
        once: Once,
    }

    impl Rng for Late {
        fn fill(&self, buffer: &mut [u8]) {
            self.once.call_once(|| {
                let data = self.data.clone();
                let changed = std::thread::spawn(move || {
                    let runtime = tokio::runtime::Runtime::new().unwrap();
                    runtime.block_on(change_the_key(&desk(&data)));
                });
                changed.join().unwrap();
            });
            OsRng.fill(buffer);
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nothing_is_written_under_a_key_that_was_dropped_while_it_was_planned() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let desk = desk(&data);
        crate::operator::init::run(&desk).await.unwrap();
        let file = folder.path().join("bank.toml");
        std::fs::write(&file, BANK).unwrap();
        let blueprint = provisioning::read(&file, &desk.environment).unwrap();
        let arguments = ApplyArguments {
            file,
            dry_run: false,
            prune: false,
            show_secrets: false,
        };
        let late = Late {
            data,
            once: Once::new(),
        };
        let store = desk.open_unmarked().await.unwrap();
        let asked = (&arguments, &blueprint.blueprint);
        let plan = planned(&desk, (&*store, &late), asked).await.unwrap();
        assert!(!plan.unwrap().changes.is_empty());
        assert!(late.once.is_completed());
        // All of it opens with the one key that is left, and its event is marked under that one.
        let node = other_node(&desk, &Arc::new(ManualClock::at(SystemClock.now()))).await;
        assert_eq!(node.keyring().held().len(), 1);
        let needs = node.needs(&|_| ()).await.unwrap();
        assert_eq!(needs.of(1), 0, "{needs:?}");
        let rows = |table: &'static str| needs.rows.get(&(2, table)).copied();
        assert_eq!((rows("authenticator"), rows("site")), (Some(1), Some(2)));
        assert_eq!(store.marked_events(1).await.unwrap(), 0);
        let tenants = store.tenants().await.unwrap();
        assert!(tenants.iter().any(|rows| rows.tenant.name == "BANK"));
    }
}
