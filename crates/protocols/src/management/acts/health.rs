//! How this node of the server is: its store, its key, its workers.

use challenge::officers::{Officer, Power};
use challenge::watching::Pulse;

use crate::desk::Desk;
use crate::management::moment;
use crate::management::refusal::Refusal;
use crate::management::shapes::health::{HealthShown, KeyHealth, StoreHealth, WorkerHealth};

const DAY_MS: i64 = 86_400_000;

/// How this node is. For officers of the whole server.
pub async fn show(desk: &Desk, officer: &Officer) -> Result<HealthShown, Refusal> {
    officer.server(Power::Read)?;
    let verifier = &desk.verifier;
    let (store, now) = (verifier.store(), verifier.now());
    let checked = store.check().await;
    let problem = store.durability_problem();
    let made_at = verifier.health.key_made_at();
    let age_ms = made_at.map(|made_at| now.unix_ms() - made_at.unix_ms());
    let worker = |(name, pulse): (&str, Pulse)| WorkerHealth {
        name: name.to_owned(),
        well: pulse.is_well(now),
        heard_at: moment::show(pulse.beat_at),
        failed_at: pulse.trouble.as_ref().map(|(at, _)| moment::show(*at)),
        trouble: pulse.trouble.map(|(_, trouble)| trouble),
    };
    Ok(HealthShown {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        time: moment::show(now),
        store: StoreHealth {
            description: store.describe(),
            well: checked.is_ok(),
            durable: problem.is_none(),
            trouble: checked.err().map(|error| error.to_string()).or(problem),
        },
        key: KeyHealth {
            version: verifier.key_version(),
            made_at: made_at.map(moment::show),
            age_days: age_ms.map(|ms| u64::try_from(ms / DAY_MS).unwrap_or(0)),
        },
        workers: verifier.health.workers().into_iter().map(worker).collect(),
    })
}
