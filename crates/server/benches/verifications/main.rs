//! How fast answers are verified, once each and on disk, over real HTTP, in one run on one machine.
//!
//! `scripts/bench` runs it; `scripts/bench visitors` measures visitors' challenges instead, see
//! `visitors.rs`, `scripts/bench approvals` approvals on phones, see `approvals.rs`, `scripts/bench dualshield`
//! challenges with their responses, see `dualshield.rs`, and `scripts/bench streams` phones that listen, see `streams.rs`. For SQLite and PostgreSQL it starts the program as a process of its own,
//! lets 1, 16, 64 and 256 connections send right one-time passwords, each a fresh counter, and sets
//! the rate beside what the same server answers on `/healthz` over the same connections. Load and
//! server share the machine's cores. Every answer that is not a success ends the run with an error.

mod approvals;
mod dualshield;
mod generator;
mod load;
mod methods;
mod phone;
mod server;
mod streams;
mod table;
mod visitors;

use std::process::ExitCode;

use crate::generator::Load;
use crate::load::Measured;
use crate::server::Server;

/// Connections at once, one row of the table each.
const CONNECTIONS: [usize; 4] = [1, 16, 64, 256];

/// Users with a token each; connections share them out, so that no two meet at one.
const USERS: usize = 10_240;

fn main() -> ExitCode {
    // `cargo bench` passes `--bench`; `cargo test --benches` does not, and wants no load.
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("run this with scripts/bench");
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    for argument in std::env::args() {
        match argument.as_str() {
            "visitors" => return visitors::run(&runtime),
            "approvals" => return approvals::run(&runtime),
            "dualshield" => return dualshield::run(&runtime),
            "streams" | "--streams" => return streams::run(&runtime),
            _ => {}
        }
    }
    methods::print();
    // `scripts/bench -- 64`: that many connections alone.
    let wanted: Vec<usize> = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .collect();
    let connections = if wanted.is_empty() {
        CONNECTIONS.to_vec()
    } else {
        wanted
    };
    for (name, store) in server::stores() {
        let server = Server::start(store.as_deref(), &generator::tenant(USERS))?;
        let mut load = runtime.block_on(Load::new(&server.address, USERS))?;
        table::head(name, server.memory_kib());
        for &connections in &connections {
            let limit = measure(
                &runtime,
                &server,
                load::health(&server.address, connections),
            )?;
            let verified = measure(&runtime, &server, load.verify(connections))?;
            table::row(connections, &limit, &verified);
        }
        table::foot(&server);
    }
    Ok(())
}

/// Runs one load and adds what it cost the server in CPU time.
pub(crate) fn measure(
    runtime: &tokio::runtime::Runtime,
    server: &Server,
    load: impl Future<Output = Result<Measured, String>>,
) -> Result<Measured, String> {
    let before = server.cpu_us();
    let mut measured = runtime.block_on(load)?;
    measured.server_cpu_us = server.cpu_us().saturating_sub(before);
    Ok(measured)
}
