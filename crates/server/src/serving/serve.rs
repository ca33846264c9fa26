//! `countersign serve`: a server on a store that was made ready before.

use crate::app::{Application, Blueprint};
use crate::serving::{stop, telemetry};

/// Serves until asked to stop.
pub async fn run(blueprint: Blueprint) -> anyhow::Result<()> {
    if telemetry::recorder().is_none() {
        tracing::warn!("metrics are not recorded");
    }
    let application = Application::build(blueprint).await?;
    if let Some(address) = application.encrypted_address() {
        tracing::info!("listening on https://{address}");
    }
    // The one line on stdout: other programs wait for it.
    println!("listening on http://{}", application.address());
    application.run(stop::asked()).await
}
