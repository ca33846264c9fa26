//! The master keys: read from the environment or a file, made once by `init`, added by `key rotate` and taken
//! out by `key drop`. Which of them seals is in the database.
//!
//! The file is text, one key a line after its version:
//!
//! ```text
//! countersign master keys, format 1
//! 1 8f3c…64 hexadecimal digits
//! ```

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use challenge::clock::Timestamp;
use challenge::rng::{self, Rng};
use challenge::secret::{Keyring, MASTER_KEY_LENGTH};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use zeroize::{Zeroize, Zeroizing};

use super::{Environment, Settings};

const VARIABLE: &str = "COUNTERSIGN_MASTER_KEY";
const FILE_NAME: &str = "master.key";
const FIRST_LINE: &str = "countersign master keys, format 1";

/// Keys by version.
type Keys = BTreeMap<u32, [u8; MASTER_KEY_LENGTH]>;

/// Where the master keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// In the variable `COUNTERSIGN_MASTER_KEY`.
    Variable,
    /// In a file that was named: whoever named it makes it.
    Named(PathBuf),
    /// In the data folder, where `init` makes it.
    DataFolder(PathBuf),
}

impl Whereabouts {
    /// Where these settings say that they are.
    pub fn of(settings: &Settings, environment: &Environment) -> Result<Self, String> {
        let in_variable = environment
            .get(VARIABLE)
            .is_some_and(|value| !value.is_empty());
        match (&settings.master_key_file, in_variable) {
            (Some(_), true) => Err(format!(
                "both {VARIABLE} and a master key file are set; keep the one that is right"
            )),
            (None, true) => Ok(Self::Variable),
            (Some(path), false) => Ok(Self::Named(path.clone())),
            (None, false) => Ok(Self::DataFolder(settings.data.join(FILE_NAME))),
        }
    }
}

/// Where the master keys are read from, and read again while a server runs.
#[derive(Clone)]
pub struct Source {
    /// Where they are.
    pub whereabouts: Whereabouts,
    /// The data folder, for those who have to make a key first.
    data: PathBuf,
    /// What the variable holds, where they are in it.
    variable: Zeroizing<String>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Source({:?})", self.whereabouts)
    }
}

impl Source {
    /// Where these settings say that the keys are.
    pub fn of(settings: &Settings, environment: &Environment) -> Result<Self, String> {
        Ok(Self {
            whereabouts: Whereabouts::of(settings, environment)?,
            data: settings.data.clone(),
            variable: Zeroizing::new(environment.get(VARIABLE).unwrap_or_default()),
        })
    }

    /// Reads the master keys. The error is one line that says what to do, and holds no key.
    pub fn read(&self) -> Result<Keyring, String> {
        match &self.whereabouts {
            Whereabouts::Variable => ring(in_variable(&self.variable)?, VARIABLE),
            Whereabouts::Named(path) => read(path).map_err(|error| match error {
                ReadError::Missing => format!(
                    "the master key file {} is not there; put it there, or name none and let \
                     `countersign init` make one",
                    path.display()
                ),
                ReadError::Other(text) => text,
            }),
            Whereabouts::DataFolder(path) => read(path).map_err(|error| match error {
                ReadError::Missing => {
                    let data = self.data.display();
                    format!("{data} has no master key; run `countersign init --data {data}` first")
                }
                ReadError::Other(text) => text,
            }),
        }
    }

    /// The file that they are in, if they are in one.
    pub fn file(&self) -> Option<&Path> {
        match &self.whereabouts {
            Whereabouts::Variable => None,
            Whereabouts::Named(path) | Whereabouts::DataFolder(path) => Some(path),
        }
    }

    /// When the file of the master keys was written; nothing where they are in no file, or it does not tell.
    pub fn made_at(&self) -> Option<Timestamp> {
        let modified = std::fs::metadata(self.file()?)
            .and_then(|file| file.modified())
            .ok()?;
        let since = modified.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis())
            .ok()
            .map(Timestamp::from_unix_ms)
    }
}

/// The keys in the variable: one, which is version 1, or several, each after its version and a colon.
fn in_variable(text: &str) -> Result<Keys, String> {
    let wrong = || {
        format!(
            "{VARIABLE}: write {} hexadecimal digits, or several keys as VERSION:DIGITS with commas between them",
            2 * MASTER_KEY_LENGTH
        )
    };
    let mut keys = Keys::new();
    for part in text.split(',') {
        let (version, hex) = part.trim().split_once(':').unwrap_or(("1", part));
        let version = version.trim().parse::<u32>().map_err(|_| wrong())?;
        let key = decoded(hex.trim()).ok_or_else(wrong)?;
        if keys.insert(version, key).is_some() {
            return Err(format!("{VARIABLE}: version {version} is there twice"));
        }
    }
    Ok(keys)
}

/// Adds a version to a key file, drawn anew; the file is there whole at every moment.
pub fn add_version(path: &Path, version: u32, rng: &dyn Rng) -> Result<(), String> {
    let key: Zeroizing<[u8; MASTER_KEY_LENGTH]> = Zeroizing::new(rng::bytes(rng));
    let hex = Zeroizing::new(HEXLOWER.encode(&*key));
    rewrite(path, |text| {
        let end = if text.ends_with('\n') { "" } else { "\n" };
        if wiped(parse(text)?).contains(&version) {
            return Err(format!("version {version} is there already"));
        }
        Ok(format!("{text}{end}{version} {}\n", hex.as_str()))
    })
}

/// Takes a version out of a key file.
pub fn remove_version(path: &Path, version: u32) -> Result<(), String> {
    rewrite(path, |text| {
        wiped(parse(text)?);
        let is_of = |line: &str| {
            let (of, _) = line.trim().split_once(' ').unwrap_or_default();
            of.parse() == Ok(version)
        };
        let kept = text.lines().filter(|line| !is_of(line));
        Ok(kept.flat_map(|line| [line, "\n"]).collect())
    })
}

/// The versions alone.
fn wiped(mut keys: Keys) -> Vec<u32> {
    keys.values_mut().for_each(Zeroize::zeroize);
    keys.into_keys().collect()
}

/// Puts another text in a key file's place. Two that do this at once do it one after the other, and a
/// link stays a link.
fn rewrite(path: &Path, change: impl FnOnce(&str) -> Result<String, String>) -> Result<(), String> {
    let named = |problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
    let path = path.canonicalize().map_err(|error| named(&error))?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let changed = (|| {
        let lock = std::fs::File::open(folder)?;
        lock.lock()?;
        let text = Zeroizing::new(std::fs::read_to_string(&path)?);
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.as_file()
            .set_permissions(std::fs::Permissions::from_mode(0o600))?;
        // Rewritten by root it stays the server's own. Only root may give a file away; whoever else can is the owner.
        let before = path.metadata()?;
        let _ = fchown(file.as_file(), Some(before.uid()), Some(before.gid()));
        let next = Zeroizing::new(change(&text).map_err(std::io::Error::other)?);
        file.write_all(next.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        lock.sync_all()
    })();
    changed.map_err(|error| named(&error))
}

enum ReadError {
    Missing,
    Other(String),
}

fn read(path: &Path) -> Result<Keyring, ReadError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ReadError::Missing);
        }
        Err(error) => return Err(ReadError::Other(format!("{}: {error}", path.display()))),
    };
    let name = path.display().to_string();
    parse(&text)
        .and_then(|keys| ring(keys, "it").map_err(|_| "there is no key in it".to_owned()))
        .map_err(|problem| ReadError::Other(format!("{name}: {problem}")))
}

/// The keys in a file's text, by version.
fn parse(text: &str) -> Result<Keys, String> {
    let mut lines = (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty());
    if lines
        .next()
        .is_none_or(|(_, line)| line.trim() != FIRST_LINE)
    {
        return Err(format!(
            "not a master key file: it begins with {FIRST_LINE:?}"
        ));
    }
    let mut keys = BTreeMap::new();
    for (number, line) in lines {
        let parts = line.trim().split_once(' ');
        let parsed = parts
            .and_then(|(version, hex)| Some((version.parse::<u32>().ok()?, decoded(hex.trim())?)));
        let (version, key) = parsed.ok_or_else(|| {
            format!(
                "line {number}: write a version and {} digits",
                2 * MASTER_KEY_LENGTH
            )
        })?;
        if keys.insert(version, key).is_some() {
            return Err(format!("line {number}: version {version} is there twice"));
        }
    }
    Ok(keys)
}

fn decoded(hex: &str) -> Option<[u8; MASTER_KEY_LENGTH]> {
    let bytes = Zeroizing::new(HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?);
    bytes.as_slice().try_into().ok()
}

fn ring(keys: Keys, name: &str) -> Result<Keyring, String> {
    Keyring::new(keys).ok_or_else(|| format!("{name}: there is no key in it"))
}

/// Makes the data folder, readable for its owner alone. Whether it had to be made.
pub fn make_folder(folder: &Path) -> Result<bool, String> {
    if folder.is_dir() {
        return Ok(false);
    }
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder);
    made.map(|()| true)
        .map_err(|error| format!("{}: {error}", folder.display()))
}

/// Makes a master key file, readable for its owner alone. Whether there was none yet.
///
/// Of two that do this at once, one wins, and both then use its key: the file appears whole under
/// its name or not at all, and never takes another one's place.
pub fn make(path: &Path, rng: &dyn Rng) -> Result<bool, String> {
    write_new(path, rng).map_err(|error| format!("{}: {error}", path.display()))
}

fn write_new(path: &Path, rng: &dyn Rng) -> std::io::Result<bool> {
    if path.try_exists()? {
        return Ok(false);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let key: Zeroizing<[u8; MASTER_KEY_LENGTH]> = Zeroizing::new(rng::bytes(rng));
    let hex = Zeroizing::new(HEXLOWER.encode(&*key));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.as_file()
        .set_permissions(std::fs::Permissions::from_mode(0o600))?;
    file.write_all(format!("{FIRST_LINE}\n1 {}\n", hex.as_str()).as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => {}
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(error.error),
    }
    std::fs::File::open(folder)?.sync_all()?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::OsRng;
    use challenge::rng::DangerCountingRng;

    #[test]
    fn a_key_file_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let rng = DangerCountingRng::default();
        assert_eq!(make(&path, &rng), Ok(true));
        let first = std::fs::read_to_string(&path).unwrap();
        assert_eq!(make(&path, &rng), Ok(false));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), first);
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(read(&path).is_ok());
    }

    #[test]
    fn several_versions_are_read_and_a_broken_line_is_named() {
        let hex = "ab".repeat(32);
        let good = format!("{FIRST_LINE}\n1 {hex}\n2 {hex}\n");
        assert_eq!(parse(&good).unwrap().len(), 2);
        for (text, problem) in [
            (
                format!("{FIRST_LINE}\n1 {hex}\n1 {hex}\n"),
                "line 3: version 1 is there twice",
            ),
            (
                format!("{FIRST_LINE}\n1 {}\n", "ab".repeat(31)),
                "line 2: write a version",
            ),
            (hex.clone(), "not a master key file"),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.contains(problem), "{error}");
            assert!(!error.contains("abab"), "{error}");
        }
    }

    #[test]
    fn a_version_is_added_to_the_file_and_taken_out_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let (path, rng) = (folder.path().join("master.key"), OsRng);
        make(&path, &rng).unwrap();
        let first = std::fs::read_to_string(&path).unwrap();
        add_version(&path, 2, &rng).unwrap();
        let both = read(&path).ok().unwrap().held();
        assert_eq!(both.len(), 2);
        assert_ne!(both[0].fingerprint, both[1].fingerprint);
        let again = add_version(&path, 2, &rng).unwrap_err();
        assert!(again.contains("version 2 is there already"), "{again}");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        remove_version(&path, 1).unwrap();
        assert_eq!(read(&path).ok().unwrap().held(), both[1..]);
        // Nothing but the file stays behind, and a link stays one.
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        add_version(&link, 3, &rng).unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(read(&path).ok().unwrap().held().len(), 2);
        assert!(
            !std::fs::read_to_string(&path)
                .unwrap()
                .contains(first.trim())
        );
    }

    #[test]
    fn a_file_that_is_rewritten_by_another_user_stays_its_owners() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        make(&path, &OsRng).unwrap();
        // Where the test may not give it away, it is whoever runs it.
        let _ = std::os::unix::fs::chown(&path, Some(12_345), Some(12_346));
        let owner = || {
            let now = path.metadata().unwrap();
            (now.uid(), now.gid(), now.mode() & 0o777)
        };
        let before = owner();
        add_version(&path, 2, &OsRng).unwrap();
        assert_eq!(owner(), before);
        remove_version(&path, 1).unwrap();
        assert_eq!(owner(), before);
    }

    #[test]
    fn of_two_that_add_at_once_none_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        make(&path, &OsRng).unwrap();
        std::thread::scope(|scope| {
            for version in 2..10 {
                let path = &path;
                scope.spawn(move || add_version(path, version, &OsRng).unwrap());
            }
        });
        assert_eq!(read(&path).ok().unwrap().held().len(), 9);
    }

    #[test]
    fn the_variable_holds_one_key_or_several() {
        let hex = "ab".repeat(32);
        let versions = |text: &str| in_variable(text).map(|keys| keys.into_keys().collect());
        assert_eq!(versions(&hex), Ok(vec![1]));
        assert_eq!(versions(&format!("2:{hex}, 5:{hex}")), Ok(vec![2, 5]));
        for wrong in [
            String::new(),
            format!("{hex},{hex}"),
            format!("x:{hex}"),
            format!("1:{hex}0"),
            format!("1:{hex},"),
        ] {
            let told = versions(&wrong).unwrap_err();
            assert!(told.starts_with("COUNTERSIGN_MASTER_KEY: "), "{told}");
            assert!(!told.contains("abab"), "{told}");
        }
    }

    #[test]
    fn a_missing_key_says_what_to_do() {
        let environment = Environment::fixed([("COUNTERSIGN_DATA", "/nowhere")]);
        let settings = Settings::load(crate::config::Overrides::default(), &environment).unwrap();
        let source = Source::of(&settings, &environment).unwrap();
        let error = source.read().unwrap_err();
        assert!(
            error.contains("countersign init --data /nowhere"),
            "{error}"
        );
    }
}
