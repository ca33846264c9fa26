//! `backup` and `restore`: the database copied while it is in use, and brought back such that what was used
//! since is good for nothing. The files are the store's matter, what is refused the domain's.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use challenge::clock::{Clock as _, Timestamp};
use challenge::ports::{Store, StoreError};
use challenge::restore::{self, Marked, Marking, Replaced};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use store::{Contents, CopyError, Replacement, StoreUrl};

use super::desk::OPERATOR;
use crate::cli::{BackupArguments, Failure, RestoreArguments, moment};
use crate::operator::Desk;
use crate::system::{OsRng, SystemClock};

/// How far the clock may be behind what a database tells of without a word: nodes differ by as much.
const CLOCKS_S: u32 = 60;

/// `backup`
pub fn back_up(desk: &Desk, arguments: &BackupArguments) -> Result<(), Failure> {
    let database = database(
        desk,
        "PostgreSQL is backed up by its own means (pg_dump, pg_basebackup with its archive); after \
         bringing such a backup back, run `countersign restore --mark` before a server uses it",
    )?;
    let (file, bar) = (&arguments.file, bytes()?);
    let copied = store::back_up(&database, file, arguments.force, &mut |done, of| {
        show(&bar, done, of);
    });
    bar.finish_and_clear();
    let contents = copied.map_err(failed)?;
    desk.output.note(
        "the master key is not in it, and nothing in it opens without: keep a copy of the key apart from it",
    );
    if desk.output.json {
        let mut value = told(&contents);
        value["file"] = json!(file);
        value["holds_master_key"] = json!(false);
        return desk.output.value(&value);
    }
    let text = format!("backed up to {}: {}", file.display(), summary(&contents));
    desk.output.done(&text)
}

/// `restore`
pub async fn restore(desk: &Desk, arguments: &RestoreArguments) -> Result<(), Failure> {
    // Before anything is touched: without the key there is no server to be restored.
    desk.keyring()?;
    match &arguments.file {
        Some(file) => bring_back(desk, arguments, file).await,
        None => mark_alone(desk, arguments).await,
    }
}

async fn mark_alone(desk: &Desk, arguments: &RestoreArguments) -> Result<(), Failure> {
    let store = desk.store().await?;
    let marked = marked(desk, arguments, (&*store, Replaced::default())).await?;
    if desk.output.json {
        return desk.output.value(&of_marking(&marked));
    }
    desk.output
        .done(&format!("marked as restored: {}", words(&marked)))
}

async fn bring_back(desk: &Desk, arguments: &RestoreArguments, file: &Path) -> Result<(), Failure> {
    let database = database(
        desk,
        "a file is brought back into an embedded database alone; bring PostgreSQL's back by its own means \
         (pg_restore), and then run `countersign restore --mark` before a server uses it",
    )?;
    let bar = bytes()?;
    let begun = Replacement::begin(&database, file, &mut |done, of| show(&bar, done, of));
    bar.finish_and_clear();
    let (replacement, contents) = begun.map_err(failed)?;
    let before = replacement.replaced().clone();
    let replaced = Replaced {
        latest: before.latest_ms.map(Timestamp::from_unix_ms),
        unread: before.unread.as_deref(),
    };
    let store = replacement.open().await.map_err(Failure::new)?;
    let marked = marked(desk, arguments, (&*store, replaced)).await?;
    // Its files are closed before they get another name.
    drop(store);
    let kept = replacement.finish(&stamp(marked.at)).map_err(failed)?;
    if let Some(problem) = &before.unread {
        desk.output.note(&format!(
            "the database that was there could not be read ({problem}): nothing counts up to {}, by the clock and \
             the backup alone; if the clock is behind, set it and run `countersign restore --mark`",
            moment(marked.at)
        ));
    }
    tell(desk, (file, &contents), (&marked, before.unread), kept)
}

/// Marks a database whose secrets open with this server's master key.
async fn marked(
    desk: &Desk,
    arguments: &RestoreArguments,
    (store, replaced): (&dyn Store, Replaced<'_>),
) -> Result<Marked, Failure> {
    // What is told of keys in the database is read once it is known that they are this server's.
    let fits = restore::check_keys(store, &desk.keyring()?).await;
    fits.map_err(|unfit| {
        Failure::new(format!(
            "{unfit}; put the master key of that time to where this server looks for it, and try again"
        ))
    })?;
    let keyring = desk.keyring_of(store).await?;
    store.stamp_with(keyring.audit_stamp().map_err(Failure::new)?);
    let marking = Marking {
        store,
        clock: &SystemClock,
        rng: &OsRng,
        actor: OPERATOR,
        replaced,
        texts_may_repeat: arguments.accept_repeated_texts,
    };
    let bar = users()?;
    let outcome = restore::mark(&marking, &mut |users| bar.set_position(users)).await;
    bar.finish_and_clear();
    let marked = outcome.map_err(|error| match error {
        StoreError::Conflict => Failure::new(
            "somebody else writes into the database, and not all of it was marked; stop all servers and try again",
        ),
        error => Failure::new(error),
    })?;
    if marked.at > SystemClock.now().plus_s(CLOCKS_S) {
        desk.output.note(&format!(
            "the clock is behind what the database tells of: time-based codes and what visitors are asked are \
             refused until {}; set the clock if it is wrong; docs/backup.md tells what to do where it was wrong before",
            moment(marked.at)
        ));
    }
    Ok(marked)
}

fn tell(
    desk: &Desk,
    (file, contents): (&Path, &Contents),
    (marked, unread): (&Marked, Option<String>),
    kept: Option<PathBuf>,
) -> Result<(), Failure> {
    if desk.output.json {
        let mut value = of_marking(marked);
        value["unread"] = json!(unread);
        value["file"] = json!(file);
        value["contents"] = told(contents);
        value["kept"] = json!(kept);
        return desk.output.value(&value);
    }
    let kept = kept.map_or_else(
        || "there was no database before".to_owned(),
        |kept| format!("the database that was there is kept as {}", kept.display()),
    );
    desk.output.lines(&[
        format!("restored {}: {}", file.display(), summary(contents)),
        words(marked),
        kept,
    ])
}

/// The file of an embedded database; for others a failure that says what to do instead.
fn database(desk: &Desk, otherwise: &str) -> Result<PathBuf, Failure> {
    match desk.store_url()? {
        StoreUrl::Sqlite(path) => Ok(path),
        StoreUrl::Postgres(_) => Err(Failure::new(otherwise)),
    }
}

fn failed(error: CopyError) -> Failure {
    Failure::new(error)
}

/// A moment in a file's name.
fn stamp(at: Timestamp) -> String {
    let seconds = i64::try_from(at.unix_s()).unwrap_or(i64::MAX);
    let text = moment(Timestamp::from_unix_s(seconds));
    text.replace(['-', ':'], "")
}

fn words(marked: &Marked) -> String {
    format!(
        "nothing counts that was issued or shown up to {}; {} users, {} approvals and {} administrators were \
         marked. Tokens with a counter have to be followed again by two codes (`authenticator resync`)",
        moment(marked.at),
        marked.users,
        marked.sessions,
        marked.administrators
    )
}

fn of_marking(marked: &Marked) -> serde_json::Value {
    json!({
        "restored_at": moment(marked.at),
        "latest_event": marked.latest_event.map(moment),
        "users": marked.users,
        "approvals": marked.sessions,
        "administrators": marked.administrators,
    })
}

fn summary(contents: &Contents) -> String {
    let latest = latest(contents).map(|latest| format!(", newest event {latest}"));
    format!(
        "{} bytes, schema {}, {} tenants, {} users, {} authenticators{}",
        contents.bytes,
        contents.schema,
        contents.tenants,
        contents.users,
        contents.authenticators,
        latest.unwrap_or_default()
    )
}

fn told(contents: &Contents) -> serde_json::Value {
    json!({
        "bytes": contents.bytes,
        "schema": contents.schema,
        "tenants": contents.tenants,
        "users": contents.users,
        "authenticators": contents.authenticators,
        "latest_event": latest(contents),
    })
}

fn latest(contents: &Contents) -> Option<String> {
    let latest = contents.latest_event_ms.map(Timestamp::from_unix_ms);
    latest.map(moment)
}

fn show(bar: &ProgressBar, done: u64, of: u64) {
    bar.set_length(of);
    bar.set_position(done);
}

/// Hidden where stderr is no terminal, as every bar.
fn bytes() -> Result<ProgressBar, Failure> {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let template = "{wide_bar} {bytes}/{total_bytes}, {eta} left";
    bar.set_style(ProgressStyle::with_template(template).map_err(Failure::new)?);
    Ok(bar)
}

fn users() -> Result<ProgressBar, Failure> {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let template = "{spinner} {pos} users marked";
    bar.set_style(ProgressStyle::with_template(template).map_err(Failure::new)?);
    if std::io::stderr().is_terminal() {
        // It goes on moving while what was marked is being written.
        bar.enable_steady_tick(Duration::from_millis(200));
    }
    Ok(bar)
}
