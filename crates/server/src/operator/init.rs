//! `init`: the data folder, the master key, the schema, the first administrator. What is there already
//! stays as it is.

use crate::cli::Failure;
use crate::config::master_key::{self, Whereabouts};
use crate::operator::Desk;
use crate::operator::admin::Link;
use crate::system::OsRng;

/// Makes what is missing and says what it did.
pub async fn run(desk: &Desk) -> Result<(), Failure> {
    let data = &desk.settings.data;
    let mut done = Vec::new();
    if master_key::make_folder(data)? {
        done.push(format!("made the data folder {}", data.display()));
    }
    let store = desk.open_unmarked().await?;
    if let Whereabouts::DataFolder(path) = Whereabouts::of(&desk.settings, &desk.environment)? {
        let is_missing = !path.exists();
        if is_missing && !store.tenants().await?.is_empty() {
            return Err(Failure::new(format!(
                "the database holds secrets sealed under another master key; put that key to {} \
                 or name its file with COUNTERSIGN_MASTER_KEY_FILE",
                path.display()
            )));
        }
        if master_key::make(&path, &OsRng)? {
            done.push(format!(
                "made the master key {}; keep a copy of it apart from the database",
                path.display()
            ));
        }
    }
    desk.keyring()?;
    done.push(format!("the database is ready: {}", store.describe()));
    drop(store);
    let verifier = desk.verifier().await?;
    verifier.found_console().await?;
    let first = verifier.make_first_administrator().await?;
    let link = first
        .as_ref()
        .map(|(administrator, link)| Link::of(desk, administrator, link));
    if let Some(link) = &link {
        done.push(format!(
            "made the administrator {}, who signs in once the server runs, within a day: {}",
            link.login_name, link.url
        ));
    }
    if desk.output.json {
        let link = link.map(|link| link.value());
        let value = serde_json::json!({ "done": done, "administrator": link });
        return desk.output.value(&value);
    }
    desk.output.lines(&done)
}
