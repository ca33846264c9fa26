//! How the process is, in Prometheus' text format: its version, and each worker that goes on beside the
//! requests. It is read when somebody asks, out of what `/api/v1/server/health` tells too; whether the store can
//! be written is `/readyz`' to say.

use challenge::verifier::Verifier;

use super::visitor_metrics::{head, line};

const VERSION: &str = "countersign_build_info";
const WELL: &str = "countersign_worker_well";
const HEARD: &str = "countersign_worker_heard_timestamp_seconds";

/// The families, with a line a worker. Names of workers come from the code, never from a stranger.
pub(super) fn render(verifier: &Verifier) -> String {
    let now = verifier.now();
    let mut text = String::new();
    head(
        &mut text,
        (VERSION, "gauge", "The version that runs; always 1."),
    );
    let version = env!("CARGO_PKG_VERSION");
    line(
        &mut text,
        &format!("{VERSION}{{version=\"{version}\"}}"),
        "1",
    );
    let workers = verifier.health.workers();
    if workers.is_empty() {
        return text;
    }
    let help = "Whether a worker was heard in time and its last turn did not fail.";
    head(&mut text, (WELL, "gauge", help));
    for (worker, pulse) in &workers {
        let well = if pulse.is_well(now) { "1" } else { "0" };
        line(&mut text, &format!("{WELL}{{worker=\"{worker}\"}}"), well);
    }
    let help = "When a worker last ended a turn, in seconds since 1970.";
    head(&mut text, (HEARD, "gauge", help));
    for (worker, pulse) in &workers {
        let at = pulse.beat_at.unix_s().to_string();
        line(&mut text, &format!("{HEARD}{{worker=\"{worker}\"}}"), &at);
    }
    text
}
