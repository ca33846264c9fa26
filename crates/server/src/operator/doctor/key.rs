//! The master key: whether it is there, its owner's alone, the database's, and how old.

use std::os::unix::fs::PermissionsExt as _;

use challenge::clock::Clock as _;
use challenge::rotation::{self, KeyTrouble};
use challenge::verifier::Verifier;

use super::command::Findings;
use super::finding::Kind;
use crate::cli::{Failure, moment};
use crate::operator::Desk;
use crate::system::SystemClock;

/// Days after which a key is old.
const OLD_DAYS: i64 = 730;

const DAY_MS: i64 = 86_400_000;

/// Looks at the key where it is.
pub(super) fn look(desk: &Desk, found: &mut Findings) {
    let source = match desk.key_source() {
        Ok(source) => source,
        Err(problem) => {
            found.add(Kind::KeyUnusable, problem);
            return;
        }
    };
    let Some(path) = source.file() else {
        if let Err(problem) = source.read() {
            found.add(Kind::KeyUnusable, problem);
        }
        return;
    };
    let Ok(file) = std::fs::metadata(path) else {
        found.add(Kind::KeyMissing, path.display());
        return;
    };
    let mode = file.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        found.add(
            Kind::KeyOpen,
            format!("{} has mode {mode:04o}", path.display()),
        );
    }
    if let Err(problem) = source.read() {
        found.add(Kind::KeyUnusable, problem);
    }
}

/// The verifier of this set-up, where its keys are those of the database.
pub(super) async fn opened(desk: &Desk, found: &mut Findings) -> Result<Option<Verifier>, Failure> {
    // What is wrong with it was told.
    let Ok(keyring) = desk.keyring() else {
        return Ok(None);
    };
    let store = match desk.open_unmarked().await {
        Ok(store) => store,
        Err(refusal) => {
            found.add(Kind::StoreUnreachable, refusal);
            return Ok(None);
        }
    };
    let known = store.master_keys().await?;
    // A database that no server opened yet knows no key: nothing is written for it here.
    if known.is_empty() {
        return Ok(None);
    }
    match rotation::agree(&*store, &keyring, SystemClock.now()).await {
        Ok(_) => {}
        Err(trouble @ (KeyTrouble::Missing(_) | KeyTrouble::Other(_))) => {
            found.add(Kind::KeyWrong, trouble);
            return Ok(None);
        }
        Err(trouble) => return Err(Failure::new(trouble)),
    }
    drop(store);
    let verifier = desk.verifier().await?;
    let state = verifier.key_state().await.map_err(Failure::new)?;
    let unfinished =
        |row: &&rotation::ports::KeyRow| row.dropped_at.is_none() && row.resealed_at.is_none();
    if let Some(row) = state.keys.iter().find(unfinished) {
        let version = row.held.version;
        found.add(
            Kind::KeyWaits,
            match row.seals_since {
                None => format!("version {version} is known and does not seal yet"),
                Some(_) => format!("version {version} seals, and not everything is sealed anew"),
            },
        );
    }
    if let Some(row) = state.key(state.seals) {
        let age_ms = SystemClock.now().unix_ms() - row.added_at.unix_ms();
        if age_ms > OLD_DAYS * DAY_MS {
            let (version, since) = (row.held.version, moment(row.added_at));
            found.add(Kind::KeyOld, format!("version {version} is of {since}"));
        }
    }
    Ok(Some(verifier))
}
