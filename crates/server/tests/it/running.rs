//! A server of the test's own: the compiled program on a free port with a database of its own.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

/// The compiled program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

/// The demo's tenant, as the program ships it.
pub(crate) const DEMO_TENANT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/serving/demo.toml");

/// A port that is free, and stays so: it is below those that the system gives to whoever asks for any.
pub(crate) fn free_port() -> u16 {
    use std::sync::atomic::{AtomicU16, Ordering};
    static NEXT: AtomicU16 = AtomicU16::new(10_000);
    loop {
        let port = NEXT.fetch_add(1, Ordering::Relaxed);
        assert!(port < 20_000, "no port was free");
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The folder of the foreign clients' scripts.
pub(crate) fn foreign(script: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/foreign")
        .join(script)
}

/// A setting that `scripts/test` makes.
pub(crate) fn prepared(name: &str) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "the test runner speaks through the environment"
    )]
    let value = std::env::var(name);
    value.unwrap_or_else(|_| panic!("{name} is not set; run scripts/test, which prepares it"))
}

/// A data folder, and the database in or beside it.
pub(crate) struct Home {
    folder: TempDir,
    store: Option<String>,
}

impl Home {
    /// A folder with an embedded database, made ready by `init`.
    pub(crate) fn sqlite() -> Self {
        Self::ready(None)
    }

    /// A folder for keys, and a fresh database on the PostgreSQL that `scripts/test` started.
    pub(crate) fn postgres() -> Self {
        Self::ready(Some(fresh_database()))
    }

    fn ready(store: Option<String>) -> Self {
        let home = Self {
            folder: TempDir::with_prefix("countersign-test-").unwrap(),
            store,
        };
        home.done(["init"]);
        home
    }

    /// Runs a sub-command on this home.
    pub(crate) fn run<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a sub-command that must succeed; gives what it printed.
    pub(crate) fn done<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> String {
        let output = self.run(arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{:?}: {told}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Does something to the database behind the server's back; it must be on PostgreSQL.
    pub(crate) fn psql(&self, sql: &str) {
        psql(self.store.as_ref().expect("a home on PostgreSQL"), sql);
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The newest audited events of the tenant with this number, oldest first.
    pub(crate) async fn events(&self, okay_id: u64) -> Vec<challenge::audit::Event> {
        let embedded = || store::StoreUrl::Sqlite(self.data().join("countersign.db"));
        let url = self
            .store
            .clone()
            .map_or_else(embedded, store::StoreUrl::Postgres);
        let store = store::open(&url, &store::Options::default()).await.unwrap();
        let tenants = store.tenants().await.unwrap();
        let mut ours = tenants.into_iter().map(|rows| rows.tenant);
        let tenant =
            ours.find(|tenant| tenant.okay.as_ref().is_some_and(|okay| okay.id == okay_id));
        let mut events = store.events(tenant.unwrap().id, 10_000).await.unwrap();
        events.reverse();
        events
    }

    /// The database's URL, where it is not in the data folder.
    pub(crate) fn store(&self) -> Option<String> {
        self.store.clone()
    }

    /// A sub-command on this home, to be run.
    pub(crate) fn command<I: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = I>,
    ) -> Command {
        let mut command = Command::new(PROGRAM);
        command.env("COUNTERSIGN_LOG", "warn");
        command.args(arguments).arg("--data").arg(self.data());
        if let Some(store) = &self.store {
            command.arg("--store").arg(store);
        }
        command
    }

    /// Starts a server on a free port; it is killed when it is dropped.
    pub(crate) fn serve(&self) -> Server {
        Server::started(self.command(["serve", "--listen", "127.0.0.1:0"]))
    }
}

/// A running server.
pub(crate) struct Server {
    process: Child,
    /// Its address, such as `http://127.0.0.1:40123`.
    pub(crate) base: String,
}

impl Server {
    fn started(mut command: Command) -> Self {
        command.stderr(Stdio::inherit());
        Self::quietly(command)
    }

    /// Starts a server whose log goes where the command says.
    pub(crate) fn quietly(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let base = line
            .trim_end()
            .strip_prefix("listening on ")
            .map(str::to_owned);
        let base = base.unwrap_or_else(|| panic!("not the line to wait for: {line:?}"));
        Self { process, base }
    }

    /// Asks it to stop, as a service manager does, and waits; whether it ended well.
    pub(crate) fn stopped(mut self) -> bool {
        let id = self.process.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().unwrap();
        self.process.wait().unwrap().success()
    }

    /// Asks it to read its certificate again.
    pub(crate) fn hang_up(&self) {
        let id = self.process.id().to_string();
        Command::new("kill").args(["-HUP", &id]).status().unwrap();
    }

    /// Ends it at once, wherever it is.
    pub(crate) fn killed(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself already; either way it is gone afterwards.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A new database of its own name; the cluster goes away with the test run.
fn fresh_database() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server = prepared("COUNTERSIGN_TEST_POSTGRES");
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("server_test_{}_{number}", std::process::id());
    psql(&server, &format!("CREATE DATABASE {name}"));
    let (base, _) = server.rsplit_once('/').unwrap();
    format!("{base}/{name}")
}

/// Has PostgreSQL itself do something.
fn psql(database: &str, sql: &str) {
    let status = Command::new("psql")
        .args([database, "--quiet", "--command", sql])
        .status()
        .expect("psql comes with Debian's postgresql, which scripts/test installs");
    assert!(status.success(), "psql: {sql}");
}
