//! A machine to be thrown away, on which the commands of a document are typed as they stand there. Paths of a
//! real machine lie in a folder, the port of the documents is a free one, and their host names are this server.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::documents::{blocks, repository};
use crate::running::PROGRAM;

/// Folders of a real machine that lie in the stage's.
const PLACES: [&str; 4] = ["/etc/", "/usr/local/", "/var/backups/", "/var/lib/"];

/// Names by which documents call the server.
const HOSTS: [&str; 3] = ["bank.example", "captcha.example", "challenge.example"];

/// Programs of documents that cannot be run here, each with the reason; they do nothing on a stage.
pub(crate) const NOT_RUN: [(&str, &str); 5] = [
    ("apt-get", "it would install into the machine of the tests"),
    ("docker", "the machine of the tests runs no containers"),
    ("scripts/test", "it is what runs this test"),
    (
        "systemd-sysusers",
        "it would make users of the machine of the tests",
    ),
    (
        "systemd-tmpfiles",
        "it would make folders of the machine of the tests",
    ),
];

/// What stands for the program: `serve` and `demo` come back once they listen, and the others ask there.
const COUNTERSIGN: &str = r#"#!/bin/bash
set -euo pipefail
folder=FOLDER
serves=
for argument; do case $argument in serve | demo) serves=yes ;; --help) serves= && break ;; esac; done
if [[ -z $serves ]]; then
    at=$(cat "$folder/.at" 2>/dev/null || echo 127.0.0.1:8080)
    exec 'PROGRAM' "${@//127.0.0.1:8080/$at}"
fi
said=$folder/.said-$(($(wc -l <"$folder/.processes") + 1))
export COUNTERSIGN_LISTEN=127.0.0.1:0
: >"$said"
[[ "$*" != *demo* ]] || set -- "$@" --listen 127.0.0.1:8080
'PROGRAM' "${@//127.0.0.1:8080/127.0.0.1:0}" >"$said" 2>"$folder/.log" &
echo $! >>"$folder/.processes"
for _ in {1..2400}; do
    at=$(sed -n 's|^listening on http://||p' "$said")
    [[ -n $at ]] && echo "$at" >"$folder/.at" && exit
    kill -0 $! || break
    sleep 0.05
done
cat "$folder/.log" >&2
exit 1
"#;

/// What stands for curl: it asks the server of the stage, whatever the document calls it.
const CURL: &str = r#"#!/bin/bash
at=$(cat FOLDER/.at 2>/dev/null || echo 127.0.0.1:8080)
set -- "${@//127.0.0.1:8080/$at}"
for host in HOSTS; do set -- "${@//https:\/\/$host/http://$at}"; done
PATH=${PATH#*:} exec curl --noproxy '*' --max-time 60 "$@"
"#;

/// What is typed before everything else. Nobody becomes another user here, the program is there already, files are
/// put where the stage has their places, and of systemd there is as much as starts what the unit says.
const PRELUDE: &str = r#"set -euo pipefail
placed() { sed "s#\(/etc/\|/usr/local/\|/var/backups/\|/var/lib/\)#$PWD\1#g"; }
sudo() { [[ $1 != -u ]] || shift 2; "$@"; }
cargo() { case $* in build*) ;; 'run -- '*) shift 2; countersign "$@" ;; *) return 1 ;; esac; }
qrencode() { cat; }
install() {
    local from=${*: -2:1} to=${*: -1}
    if [[ $from == target/release/* ]]; then ln -sf "$PWD/$from" "$to"; return; fi
    command install "$@"
    placed <"$from" >"$to"
}
systemctl() {
    [[ $1 == daemon-reload ]] && return
    [[ $1 == enable && $2 == --now && $3 == countersign ]]
    $(sed -n 's/^ExecStart=[^ ]*countersign /countersign /p' "$PWD/etc/systemd/system/countersign.service")
}
"#;

/// The machine. What it serves ends with it.
pub(crate) struct Stage {
    folder: TempDir,
}

impl Stage {
    /// A machine with the program, and a checkout of the repository whose release was built.
    pub(crate) fn new() -> Self {
        let stage = Self {
            folder: TempDir::with_prefix("countersign-document-").unwrap(),
        };
        let at = stage.path("").display().to_string();
        let at = at.trim_end_matches('/');
        stage.program("countersign", &COUNTERSIGN.replace("FOLDER", at));
        let curl = CURL.replace("FOLDER", at);
        stage.program("curl", &curl.replace("HOSTS", &HOSTS.join(" ")));
        stage.write(".processes", "");
        let places = PLACES.iter().chain(&["usr/local/bin", "target/release"]);
        for place in places {
            fs::create_dir_all(stage.path(place)).unwrap();
        }
        symlink(PROGRAM, stage.path("target/release/countersign")).unwrap();
        for folder in ["packaging", "docs"] {
            symlink(repository().join(folder), stage.path(folder)).unwrap();
        }
        stage
    }

    /// A file or folder on it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name.trim_start_matches('/'))
    }

    /// Puts a file there.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// What a file there holds.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.path("bin").join(name);
        fs::create_dir_all(self.path("bin")).unwrap();
        fs::write(&path, text.replace("PROGRAM", PROGRAM)).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Types this into one shell; gives what it printed. It has to end well.
    pub(crate) fn types(&self, commands: &str) -> String {
        self.typed(&[commands.to_owned()]).remove(0)
    }

    /// Types all blocks of a document, one after the other, into one shell; gives what each printed.
    pub(crate) fn types_all(&self, document: &str) -> Vec<String> {
        self.typed(&blocks(document, "sh"))
    }

    /// Types these blocks into one shell.
    pub(crate) fn typed(&self, blocks: &[String]) -> Vec<String> {
        const MARK: &str = "== the next block ==\n";
        let folder = self.folder.path().display().to_string();
        let mut script = PRELUDE.to_owned();
        for (program, _) in NOT_RUN {
            writeln!(script, "{program}() {{ :; }}").unwrap();
        }
        for block in blocks {
            let placed =
                |block: String, place: &&str| block.replace(place, &format!("{folder}{place}"));
            let block = PLACES.iter().fold(block.clone(), placed);
            writeln!(script, "{block}\nprintf %s '{MARK}'").unwrap();
        }
        self.write(".script", &script);
        let output = Command::new("timeout")
            .args(["240", "bash"])
            .arg(self.path(".script"))
            .current_dir(self.folder.path())
            .env("PATH", self.search_path())
            .env("NO_PROXY", "*")
            .env("no_proxy", "*")
            .env("COUNTERSIGN_LOG", "warn")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{log}\n{told}\nof\n{script}");
        let parts = told.split(MARK).map(str::to_owned);
        parts.take(blocks.len()).collect()
    }

    fn search_path(&self) -> String {
        let bin = self.path("bin").display().to_string();
        format!("{bin}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
    }

    /// Where the server of this machine listens, such as `http://127.0.0.1:40123`.
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.read(".at").trim_end())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let processes = fs::read_to_string(self.path(".processes")).unwrap_or_default();
        // They are gone afterwards, whether they still ran or not.
        let _ = Command::new("kill")
            .args(processes.split_whitespace())
            .stderr(Stdio::null())
            .status();
    }
}

/// The JSON objects that were printed, one a line.
pub(crate) fn objects(told: &str) -> Vec<Value> {
    let lines = told.lines().filter(|line| line.starts_with('{'));
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect()
}
