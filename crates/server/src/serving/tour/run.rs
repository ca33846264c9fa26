//! The tour from beginning to end: a server of its own, each protocol's part, a verdict.

use anyhow::Context as _;
use tokio::sync::oneshot;

use super::activid;
use super::wire::{Wire, outln};
use crate::serving::demo;

/// Plays all parts against a server on a free port with a database in a temporary folder.
pub async fn run() -> anyhow::Result<()> {
    let stage = demo::Stage::set("127.0.0.1:0").await?;
    let base = format!("http://{}", stage.application.address());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(stage.application.run(async move {
        // A dropped sender means the same: the tour is over.
        let _ = stopped.await;
    }));
    let mut wire = Wire::to(base)?;
    let played = activid::play(&mut wire).await;
    drop(stop);
    serving.await.context("the server ended badly")??;
    played?;
    outln("\nEvery step was as it must be.");
    Ok(())
}
