//! The folder of a software device: a file for each link, with the key, that nobody else may read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::Trouble;

/// What the name of a link's file ends with.
const ENDING: &str = ".link.json";

/// One link: to which server, as whom, with which key.
#[derive(Serialize, Deserialize)]
pub(super) struct Link {
    /// The server's address, without a slash at the end.
    pub(super) server: String,
    /// How the device names itself: `TENANT-DEVICE`.
    pub(super) device: String,
    /// The tenant's number.
    pub(super) tenant_id: u64,
    /// The tenant's name for people.
    pub(super) tenant_name: String,
    /// The tenant's name for the user.
    pub(super) user: String,
    /// The private key: PKCS #8 in base64.
    pub(super) private_key: String,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.private_key.zeroize();
    }
}

/// The folder.
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

impl Home {
    /// The folder at this path, whether it is there or not.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Makes the folder, for its owner alone, and makes sure that it can be written to: a link whose
    /// key could not be kept would be lost.
    pub(super) fn prepare(&self) -> Result<(), Trouble> {
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0);
        made.map_err(|error| trouble(&self.0, &error))?;
        let probe = self.0.join(".writable");
        Self::write(&probe, b"")?;
        fs::remove_file(&probe).map_err(|error| trouble(&probe, &error))
    }

    /// The links in the folder, in the order of their files' names.
    pub(super) fn links(&self) -> Result<Vec<Link>, Trouble> {
        let mut paths = Vec::new();
        let entries = fs::read_dir(&self.0).map_err(|error| trouble(&self.0, &error))?;
        for entry in entries {
            let path = entry.map_err(|error| trouble(&self.0, &error))?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            if name.is_some_and(|name| name.ends_with(ENDING)) {
                paths.push(path);
            }
        }
        paths.sort();
        let links = paths.iter().map(|path| {
            let text = fs::read(path).map_err(|error| trouble(path, &error))?;
            serde_json::from_slice(&text).map_err(|error| trouble(path, &error))
        });
        links.collect()
    }

    /// Keeps a link. It is on disk, whole, when this returns.
    pub(super) fn keep(&self, link: &Link) -> Result<(), Trouble> {
        let path = self.path(link)?;
        let fresh = path.with_extension("new");
        let mut text = serde_json::to_vec_pretty(link).map_err(|error| trouble(&path, &error))?;
        let written = Self::write(&fresh, &text);
        text.zeroize();
        written?;
        fs::rename(&fresh, &path).map_err(|error| trouble(&path, &error))?;
        let folder = File::open(&self.0).and_then(|folder| folder.sync_all());
        folder.map_err(|error| trouble(&self.0, &error))
    }

    /// Forgets a link and its key.
    pub(super) fn forget(&self, link: &Link) -> Result<(), Trouble> {
        let path = self.path(link)?;
        fs::remove_file(&path).map_err(|error| trouble(&path, &error))
    }

    fn write(path: &Path, text: &[u8]) -> Result<(), Trouble> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let file = options.open(path).and_then(|mut file| {
            file.write_all(text)?;
            file.sync_all()
        });
        file.map_err(|error| trouble(path, &error))
    }

    fn path(&self, link: &Link) -> Result<PathBuf, Trouble> {
        // The name comes from the server and becomes part of a path.
        let plain = |byte: u8| byte.is_ascii_digit() || byte == b'-';
        if link.device.is_empty() || !link.device.bytes().all(plain) {
            return Err(Trouble::Unanswered(
                "the server gave the device a name that is none".to_owned(),
            ));
        }
        Ok(self.0.join(format!("{}{ENDING}", link.device)))
    }
}

fn trouble(path: &Path, error: &dyn std::fmt::Display) -> Trouble {
    Trouble::Here(format!("{}: {error}", path.display()))
}
