//! Serving over HTTP: connections, health, metrics, and the commands that run a server.

pub mod connections;
pub mod demo;
mod demo_corpora;
pub mod description;
pub mod health;
pub mod mailbox;
pub mod partner;
pub mod partner_dual;
pub mod partner_okay;
mod patience;
pub mod proxies;
pub mod reader;
pub mod serve;
pub mod solver;
pub mod stop;
pub mod telemetry;
pub mod tls;
pub mod tour;
mod visitor_metrics;
mod worker_metrics;
