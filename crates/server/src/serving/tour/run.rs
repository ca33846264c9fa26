//! The tour from beginning to end: a server of its own, each protocol's part, a verdict.

use anyhow::Context as _;
use tokio::sync::oneshot;

use super::wire::{Wire, outln};
use super::{activid, ocapi};
use crate::serving::demo;
use crate::serving::partner::Account;

/// Plays all parts against a server on a free port with a database in a temporary folder.
pub async fn run() -> anyhow::Result<()> {
    let stage = demo::Stage::set("127.0.0.1:0", |site| {
        site.difficulty = Some(ocapi::DIFFICULTY);
    })
    .await?;
    let account = stage.account()?;
    let base = format!("http://{}", stage.application.address());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(stage.application.run(async move {
        // A dropped sender means the same: the tour is over.
        let _ = stopped.await;
    }));
    let mut wire = Wire::to(base)?;
    let played = play(&mut wire, &account).await;
    drop(stop);
    serving.await.context("the server ended badly")??;
    played?;
    outln("\nEvery step was as it must be.");
    Ok(())
}

async fn play(wire: &mut Wire, account: &Account) -> anyhow::Result<()> {
    ocapi::play(wire, account).await?;
    activid::play(wire).await
}
