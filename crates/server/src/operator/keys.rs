//! `key`: the master key looked at, changed, and its old versions dropped, while everything goes on.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use challenge::clock::{Clock as _, Timestamp};
use challenge::ports::Store;
use challenge::rotation::ports::KeyRow;
use challenge::rotation::{Begun, DropRefused, Needs, Pass, State};
use challenge::secret::Keyring;
use challenge::verifier::{Ports, Verifier};
use challenge::visitor::InlineMint;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::desk::OPERATOR;
use crate::cli::{DropArguments, Failure, KeyCommand, RotateArguments, moment};
use crate::config::master_key::{self, Source};
use crate::operator::Desk;
use crate::system::{OsRng, SystemClock};

/// How often it is looked whether the nodes hold a new version.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The pause after rows that were sealed anew, which leaves the store to the requests.
const PAUSE: Duration = Duration::from_millis(5);

/// `key status|rotate|drop`
pub async fn run(desk: &Desk, command: &KeyCommand) -> Result<(), Failure> {
    match command {
        KeyCommand::Status => status(desk).await,
        KeyCommand::Rotate(arguments) => rotate(desk, arguments).await,
        KeyCommand::Drop(arguments) => drop_version(desk, arguments).await,
    }
}

async fn status(desk: &Desk) -> Result<(), Failure> {
    let verifier = desk.verifier().await?;
    let state = verifier.key_state().await.map_err(Failure::new)?;
    let bar = bar(verifier.store().as_ref()).await?;
    let needs = verifier.needs(&|looked| bar.set_position(looked)).await;
    bar.finish_and_clear();
    let needs = needs.map_err(Failure::new)?;
    if desk.output.json {
        let keys: Vec<_> = state.keys.iter().map(|row| shown(row, &state)).collect();
        let nodes = state.nodes.iter().map(|node| {
            let held: Vec<_> = node.held.iter().map(|held| held.version).collect();
            json!({ "name": node.name, "seals_with": node.seals, "holds": held })
        });
        let rows = needs.rows.iter().map(
            |((version, table), rows)| json!({ "version": version, "table": table, "rows": rows }),
        );
        return desk.output.value(&json!({
            "keys": keys,
            "nodes": nodes.collect::<Vec<_>>(),
            "needed": rows.collect::<Vec<_>>(),
            "damaged": needs.damaged,
        }));
    }
    desk.output.lines(&told(&state, &needs))
}

fn shown(row: &KeyRow, state: &State) -> serde_json::Value {
    json!({
        "version": row.held.version,
        "state": standing(row, state),
        "known_since": moment(row.added_at),
        "seals_since": row.seals_since.map(moment),
        "resealed_at": row.resealed_at.map(moment),
        "dropped_at": row.dropped_at.map(moment),
    })
}

fn standing(row: &KeyRow, state: &State) -> &'static str {
    match (row.dropped_at, row.seals_since) {
        (Some(_), _) => "dropped",
        _ if row.held.version == state.seals => "seals",
        (None, None) => "waits",
        (None, Some(_)) => "opens",
    }
}

fn told(state: &State, needs: &Needs) -> Vec<String> {
    let keys = state.keys.iter().map(|row| {
        let version = row.held.version;
        let since = moment(row.added_at);
        match (standing(row, state), needs.of(version)) {
            ("dropped", 0) => format!("version {version}: dropped"),
            ("dropped", rows) => format!(
                "version {version}: dropped, and {rows} rows are sealed under it still; put its line back \
                 into the key file, from its copy, and run `countersign key rotate`"
            ),
            (standing, rows) => format!(
                "version {version}: {standing}, known since {since}, needed by {rows} rows"
            ),
        }
    });
    let unknown: BTreeSet<_> = needs.rows.keys().map(|(version, _)| *version).collect();
    let unknown = unknown.into_iter().filter(|of| state.key(*of).is_none());
    let unknown = unknown.map(|version| {
        let rows = needs.of(version);
        format!(
            "version {version}: not known to this database, and {rows} rows are sealed under it"
        )
    });
    let nodes = state.nodes.iter().map(|node| {
        let held: Vec<_> = node
            .held
            .iter()
            .map(|held| held.version.to_string())
            .collect();
        format!(
            "node {}: holds {}, seals with {}",
            node.name,
            held.join(", "),
            node.seals
        )
    });
    let damaged = needs.damaged.iter().map(|(table, rows)| {
        format!(
            "{rows} rows of {table} are damaged: no key that is here opens what is sealed in them"
        )
    });
    keys.chain(unknown).chain(nodes).chain(damaged).collect()
}

async fn rotate(desk: &Desk, arguments: &RotateArguments) -> Result<(), Failure> {
    let source = desk.key_source()?;
    desk.keyring()?;
    let store = desk.open_unmarked().await?;
    let verifier = prepared(desk, &source, store).await?;
    let state = verifier.key_state().await.map_err(Failure::new)?;
    let mut done = Vec::new();
    if let Some(waiting) = state.waiting() {
        let version = waiting.held.version;
        if !verifier.keyring().held().contains(&waiting.held) {
            return Err(Failure::new(format!(
                "master key version {version} waits to be used and is not in this node's key; run this \
                 where it is, or bring it here"
            )));
        }
        begin(&verifier, version, arguments.wait).await?;
        done.push(format!("master key version {version} seals from now on"));
    }
    let bar = bar(verifier.store().as_ref()).await?;
    let watch = |pass: Pass| bar.set_position(pass.rows);
    let pause = || tokio::time::sleep(PAUSE);
    let resealed = verifier.reseal(&watch, &pause).await;
    bar.finish_and_clear();
    let resealed = resealed.map_err(Failure::new)?;
    let signed = verifier.sign_log_anew().await.map_err(Failure::new)?;
    if signed.unfit > 0 {
        done.push(format!(
            "{} signatures of the audit log did not verify and were left; see `countersign audit verify`",
            signed.unfit
        ));
    }
    let seals = verifier.key_version();
    done.push(format!("{resealed} rows sealed anew under version {seals}"));
    let state = verifier.key_state().await.map_err(Failure::new)?;
    let older = state.keys.iter().filter(|row| row.dropped_at.is_none());
    let older: Vec<_> = older
        .map(|row| row.held.version)
        .filter(|version| *version < seals)
        .collect();
    for version in &older {
        done.push(format!(
            "version {version} still opens; `countersign key drop {version}` ends that"
        ));
    }
    if desk.output.json {
        return desk.output.value(&json!({
            "seals": seals, "resealed": resealed, "older": older,
        }));
    }
    desk.output.lines(&done)
}

/// The verifier, with a version in its ring and known to the database that is to seal; where a rotation was
/// cut off, that one.
async fn prepared(
    desk: &Desk,
    source: &Source,
    store: Arc<dyn Store>,
) -> Result<Verifier, Failure> {
    let keyring = desk.keyring_of(&*store).await?;
    let keys = store.master_keys().await?;
    let is_under_way = is_under_way(&keys);
    let unknown = |ring: &Keyring| {
        let held = ring.held().into_iter();
        // One below those that are known served before the database knew of keys.
        let mut unknown =
            held.filter(|held| keys.iter().all(|row| row.held.version < held.version));
        unknown.next_back()
    };
    let keyring = if is_under_way || unknown(&keyring).is_some() {
        keyring
    } else {
        let known = keys.iter().map(|row| row.held.version).max().unwrap_or(0);
        add(source, known + 1)?;
        desk.keyring_of(&*store).await?
    };
    let fresh = unknown(&keyring).filter(|_| !is_under_way);
    let ports = Ports {
        store,
        clock: Arc::new(SystemClock),
        rng: Arc::new(OsRng),
        keyring,
        mint: Arc::new(InlineMint(OsRng)),
    };
    let verifier = Verifier::start(ports).await?;
    if let Some(fresh) = fresh {
        let introduced = verifier.introduce_key(fresh, &OPERATOR).await;
        introduced.map_err(Failure::new)?;
    }
    Ok(verifier)
}

/// Whether a rotation was begun that is to be ended before another one. A version below the one that seals never
/// comes to its end, and is in nobody's way.
fn is_under_way(keys: &[KeyRow]) -> bool {
    let good = || keys.iter().filter(|row| row.dropped_at.is_none());
    let sealed = good().filter(|row| row.seals_since.is_some());
    let seals = sealed.map(|row| row.held.version).max().unwrap_or(0);
    good().any(|row| {
        row.held.version >= seals && (row.seals_since.is_none() || row.resealed_at.is_none())
    })
}

fn add(source: &Source, version: u32) -> Result<(), Failure> {
    let Some(path) = source.file() else {
        return Err(Failure::new(format!(
            "the master key is in an environment variable, where no version can be added: set \
             COUNTERSIGN_MASTER_KEY to the versions there are, as VERSION:DIGITS with commas between them, \
             and {version}:DIGITS with the output of `openssl rand -hex 32`; restart each node with it, \
             then run this again with it"
        )));
    };
    Ok(master_key::add_version(path, version, &OsRng)?)
}

/// Lets a version seal once every node that runs holds it.
async fn begin(verifier: &Verifier, version: u32, wait_s: u32) -> Result<(), Failure> {
    let until = SystemClock.now().plus_s(wait_s);
    loop {
        let begun = verifier.begin_sealing(version, &OPERATOR).await;
        let without = match begun.map_err(Failure::new)? {
            Begun::Seals => return taken_up(verifier, version, until).await,
            Begun::NotHeldBy(without) => without,
        };
        if SystemClock.now() >= until {
            return Err(Failure::new(format!(
                "nothing was changed yet: these nodes do not hold master key version {version}: {}; copy \
                 the key file to them, or end them, and run this again",
                without.join(", ")
            )));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Waits until every node that runs seals with a version; one that does not in time is no trouble yet: what
/// it seals until then is found later.
async fn taken_up(verifier: &Verifier, version: u32, until: Timestamp) -> Result<(), Failure> {
    loop {
        let state = verifier.key_state().await.map_err(Failure::new)?;
        let follow = state.nodes.iter().all(|node| node.seals == version);
        if follow || SystemClock.now() >= until {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn drop_version(desk: &Desk, arguments: &DropArguments) -> Result<(), Failure> {
    let version = arguments.version;
    let source = desk.key_source()?;
    let verifier = desk.verifier().await?;
    let dropped = verifier.drop_key(version, arguments.now, &OPERATOR).await;
    let is_here = || {
        verifier
            .keyring()
            .held()
            .iter()
            .any(|held| held.version == version)
    };
    match dropped {
        Ok(()) => {}
        // It was cut off before it was out of the file.
        Err(DropRefused::Dropped(_)) if is_here() => {}
        Err(refused) => return Err(Failure::new(refused)),
    }
    let rest = match source.file() {
        Some(path) => {
            master_key::remove_version(path, version)?;
            format!(
                "it is out of {}; take it out on the other nodes",
                path.display()
            )
        }
        None => "take it out of COUNTERSIGN_MASTER_KEY on every node".to_owned(),
    };
    if desk.output.json {
        return desk.output.value(&json!({ "dropped": version }));
    }
    desk.output.lines(&[format!(
        "master key version {version} is dropped: {rest}; keep a copy for as long as you keep backups \
         from its time"
    )])
}

/// A bar over all rows, on stderr; hidden where that is no terminal.
async fn bar(store: &dyn Store) -> Result<ProgressBar, Failure> {
    // A count that takes too long is no reason to stop.
    let rows = store.count_sealed_rows().await.ok();
    let bar = ProgressBar::with_draw_target(rows, ProgressDrawTarget::stderr());
    let style = "{wide_bar} {pos}/{len} rows, {per_sec}, {eta} left";
    bar.set_style(ProgressStyle::with_template(style).map_err(Failure::new)?);
    Ok(bar)
}

#[cfg(test)]
mod tests {
    use challenge::secret::Held;

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_s(1_800_000_000);

    fn held(version: u32) -> Held {
        let fingerprint = [0; 16];
        Held {
            version,
            fingerprint,
        }
    }

    fn row(version: u32) -> KeyRow {
        KeyRow::first(held(version), NOW)
    }

    #[test]
    fn a_rotation_is_under_way_until_the_highest_version_has_sealed_all() {
        let unfinished = |version| KeyRow {
            resealed_at: None,
            ..row(version)
        };
        let waiting = |version| KeyRow::waiting(held(version), NOW);
        assert!(!is_under_way(&[row(1)]));
        assert!(is_under_way(&[row(1), waiting(2)]));
        assert!(is_under_way(&[row(1), unfinished(2)]));
        // Two operators at once: what the other one began is over.
        assert!(!is_under_way(&[row(1), waiting(2), row(3)]));
        assert!(!is_under_way(&[row(1), unfinished(2), row(3)]));
        assert!(is_under_way(&[row(1), waiting(2), unfinished(3)]));
    }

    #[test]
    fn rows_under_a_version_that_was_dropped_or_is_not_known_are_told() {
        let dropped = |version| KeyRow {
            dropped_at: Some(NOW),
            ..row(version)
        };
        let state = State {
            keys: vec![dropped(2), dropped(3), row(4)],
            nodes: Vec::new(),
            seals: 4,
        };
        let needs = Needs {
            rows: [
                ((1, "site"), 5),
                ((3, "site"), 2),
                ((3, "device"), 1),
                ((4, "site"), 7),
            ]
            .into(),
            ..Needs::default()
        };
        let told = told(&state, &needs);
        assert_eq!(told[0], "version 2: dropped");
        let still = "version 3: dropped, and 3 rows are sealed under it still";
        assert!(told[1].starts_with(still), "{told:?}");
        assert!(told[2].ends_with("needed by 7 rows"), "{told:?}");
        let unknown = "version 1: not known to this database, and 5 rows are sealed under it";
        assert_eq!(told[3..], [unknown]);
    }
}
