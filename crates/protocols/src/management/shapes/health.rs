//! How the server is, as JSON.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How this node of the server is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementHealth)]
pub struct HealthShown {
    /// The server's version.
    pub version: String,
    /// The moment, by its clock.
    pub time: String,
    /// What keeps everything.
    pub store: StoreHealth,
    /// The master key.
    pub key: KeyHealth,
    /// What goes on beside the requests, by name.
    pub workers: Vec<WorkerHealth>,
}

/// How the store is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementStoreHealth)]
pub struct StoreHealth {
    /// What it is and how durable, in words.
    pub description: String,
    /// Whether it can be read and written now.
    pub well: bool,
    /// Whether nothing that was acknowledged can be lost.
    pub durable: bool,
    /// What is wrong with it; null: nothing is.
    #[schema(required)]
    pub trouble: Option<String>,
}

/// How old the master key is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementKeyHealth)]
pub struct KeyHealth {
    /// The version that seals.
    pub version: u32,
    /// When its file was written; null: it is in no file.
    #[schema(required)]
    pub made_at: Option<String>,
    /// Days since then.
    #[schema(required)]
    pub age_days: Option<u64>,
}

/// How a worker is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ManagementWorker)]
pub struct WorkerHealth {
    /// Its name.
    #[schema(examples("callbacks"))]
    pub name: String,
    /// Whether it was heard in time, and its last turn did not fail.
    pub well: bool,
    /// When it was last heard.
    pub heard_at: String,
    /// When a turn failed, if the last one did.
    #[schema(required)]
    pub failed_at: Option<String>,
    /// With what it failed.
    #[schema(required)]
    pub trouble: Option<String>,
}
