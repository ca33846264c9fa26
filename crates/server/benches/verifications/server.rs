//! The program under measurement: a process of its own, with a database of its own.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

/// Kernel clock ticks a second, as `/proc` counts CPU time.
const TICKS_PER_S: u64 = 100;

/// A running server.
pub(crate) struct Server {
    process: Child,
    /// Where it listens, such as `127.0.0.1:40123`.
    pub(crate) address: String,
    folder: TempDir,
}

/// The databases that are measured, each with its URL unless it is the embedded one.
pub(crate) fn stores() -> Vec<(&'static str, Option<String>)> {
    let mut stores = vec![("SQLite", None)];
    match postgres() {
        Some(url) => stores.push(("PostgreSQL", Some(url))),
        None => println!("PostgreSQL: left out; scripts/bench starts one"),
    }
    stores
}

/// The PostgreSQL that `scripts/bench` started.
#[expect(
    clippy::disallowed_methods,
    reason = "the script speaks through the environment"
)]
fn postgres() -> Option<String> {
    std::env::var("COUNTERSIGN_TEST_POSTGRES").ok()
}

impl Server {
    /// Starts a server with what `tenant` describes.
    pub(crate) fn start(store: Option<&str>, tenant: &str) -> Result<Self, String> {
        let folder = TempDir::with_prefix("countersign-bench-").map_err(|e| e.to_string())?;
        let description = folder.path().join("tenant.toml");
        fs::write(&description, tenant).map_err(|error| error.to_string())?;
        let command = |arguments: &[&str]| {
            let mut command = Command::new(PROGRAM);
            command
                .args(arguments)
                .arg("--data")
                .arg(folder.path().join("data"))
                .env("COUNTERSIGN_LOG", "warn");
            if let Some(store) = store {
                command.args(["--store", store]);
            }
            command
        };
        let file = description.display().to_string();
        for arguments in [&["init"][..], &["apply", &file]] {
            let output = command(arguments)
                .output()
                .map_err(|error| error.to_string())?;
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).into_owned());
            }
        }
        let mut process = command(&["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut line = String::new();
        let stdout = process.stdout.take().ok_or("no stdout")?;
        BufReader::new(stdout)
            .read_line(&mut line)
            .map_err(|error| error.to_string())?;
        let address = line
            .trim_end()
            .strip_prefix("listening on http://")
            .map(str::to_owned);
        let address = address.ok_or_else(|| format!("not the line to wait for: {line:?}"))?;
        Ok(Self {
            process,
            address,
            folder,
        })
    }

    /// Resident memory now, in KiB.
    pub(crate) fn memory_kib(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most memory it ever held, in KiB.
    pub(crate) fn memory_peak_kib(&self) -> u64 {
        self.status("VmHWM:")
    }

    /// CPU time it has used, all threads, in microseconds.
    pub(crate) fn cpu_us(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()));
        let stat = stat.unwrap_or_default();
        // The fields after the closing bracket of the name; user and system time are 14 and 15.
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.filter_map(|field| field.parse::<u64>().ok()).sum();
        ticks * 1_000_000 / TICKS_PER_S
    }

    /// Size of the embedded database with its log, in KiB.
    pub(crate) fn database_kib(&self) -> u64 {
        let files = fs::read_dir(self.folder.path().join("data"));
        let files = files.into_iter().flatten().flatten();
        let sizes = files.filter_map(|file| Some(file.metadata().ok()?.len()));
        sizes.sum::<u64>() / 1024
    }

    fn status(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok())
            .unwrap_or(0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whether it still ran or not, it is gone afterwards.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
