//! `init`: the data folder, the master key, the schema. What is there already stays as it is.

use crate::cli::Failure;
use crate::config::master_key::{self, Whereabouts};
use crate::operator::Desk;
use crate::system::OsRng;

/// Makes what is missing and says what it did.
pub async fn run(desk: &Desk) -> Result<(), Failure> {
    let data = &desk.settings.data;
    let mut done = Vec::new();
    if master_key::make_folder(data)? {
        done.push(format!("made the data folder {}", data.display()));
    }
    let store = desk.open_store().await?;
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
    if desk.output.json {
        return desk.output.value(&serde_json::json!({ "done": done }));
    }
    desk.output.lines(&done)
}
