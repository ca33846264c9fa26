//! The table of figures.

use crate::load::Measured;
use crate::server::Server;

/// What stands above a store's rows.
pub(crate) fn head(store: &str, idle_kib: u64) {
    println!("\n{store}; memory before load {idle_kib} KiB");
    println!(
        "connections | verified/s | p50 ms | p99 ms | server CPU us each | /healthz/s | p50 ms | p99 ms | verified of /healthz"
    );
}

/// One row.
pub(crate) fn row(connections: usize, limit: &Measured, verified: &Measured) {
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let ms = |us: u64| us as f64 / 1000.0;
    let cpu_each = verified.server_cpu_us / verified.answers.max(1);
    println!(
        "{connections} | {:.0} | {:.2} | {:.2} | {cpu_each} | {:.0} | {:.2} | {:.2} | {:.0} %",
        verified.rate,
        ms(verified.p50_us),
        ms(verified.p99_us),
        limit.rate,
        ms(limit.p50_us),
        ms(limit.p99_us),
        verified.rate / limit.rate * 100.0,
    );
}

/// What stands above the rows of a load of one size.
pub(crate) fn loads_head(store: &str, connections: usize) {
    println!("\n{store}, {connections} connections");
    println!("what | answers/s | p50 ms | p99 ms | server CPU us each");
}

/// A row of them.
pub(crate) fn load(what: &str, measured: &Measured) {
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let ms = |us: u64| us as f64 / 1000.0;
    println!(
        "{what} | {:.0} | {:.2} | {:.2} | {}",
        measured.rate,
        ms(measured.p50_us),
        ms(measured.p99_us),
        measured.server_cpu_us / measured.answers.max(1),
    );
}

/// What stands below.
pub(crate) fn foot(server: &Server) {
    println!(
        "memory after load {} KiB, most {} KiB",
        server.memory_kib(),
        server.memory_peak_kib()
    );
}
