//! The machine: the data folder, whether what is written there comes to disk, and how much room is left.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use store::StoreUrl;

use super::command::Findings;
use super::finding::Kind;
use crate::operator::Desk;

/// Bytes free below which a disk is full, and below which little is left.
const FULL: u64 = 100 * MIB;
const LITTLE: u64 = 1024 * MIB;

const MIB: u64 = 1024 * 1024;

/// The kinds of file systems in memory (`statfs(2)`).
const IN_MEMORY: [i64; 2] = [0x0102_1994, 0x8584_58f6];

/// Looks at the data folder, and at that of an embedded database.
pub(super) fn look(desk: &Desk, found: &mut Findings) {
    let data = &desk.settings.data;
    if let Ok(folder) = std::fs::metadata(data) {
        let mode = folder.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            let told = format!("{} has mode {mode:04o}", data.display());
            found.add(Kind::DataOpen, told);
        }
    }
    // What is wrong with the URL is told with the database.
    let Ok(StoreUrl::Sqlite(path)) = desk.store_url() else {
        return;
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    // That it is not there is told with the database.
    if !folder.is_dir() {
        return;
    }
    if let Err(error) = brought_to_disk(&folder) {
        found.add(
            Kind::DataUnwritable,
            format!("{}: {error}", folder.display()),
        );
    }
    match rustix::fs::statfs(&folder) {
        Ok(disk) => look_at(&folder, (disk.f_type, disk.f_bavail, disk.f_bsize), found),
        Err(error) => found.add(
            Kind::DataUnwritable,
            format!("{}: {error}", folder.display()),
        ),
    }
}

/// Writes a file, brings it and its folder to disk, and removes it.
fn brought_to_disk(folder: &Path) -> std::io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&[0; 4096])?;
    file.as_file().sync_all()?;
    file.close()?;
    std::fs::File::open(folder)?.sync_all()
}

fn look_at(folder: &Path, (kind, blocks, block): (i64, u64, i64), found: &mut Findings) {
    let name = folder.display();
    if IN_MEMORY.contains(&kind) {
        found.add(Kind::DataFleeting, &name);
    }
    let free = blocks.saturating_mul(u64::try_from(block).unwrap_or(0));
    let told = format!("{} MiB are free at {name}", free / MIB);
    if free < FULL {
        found.add(Kind::DiskFull, told);
    } else if free < LITTLE {
        found.add(Kind::DiskLittle, told);
    }
}

#[cfg(test)]
mod tests {
    use super::super::command::Findings;
    use super::*;

    #[test]
    fn a_disk_in_memory_and_one_with_little_room_are_told_with_the_number() {
        let folder = Path::new("/data");
        let looked = |kind, free_mib: u64| {
            let mut found = Findings::default();
            look_at(folder, (kind, free_mib * 256, 4096), &mut found);
            found.codes()
        };
        assert_eq!(looked(0xef53, 1024), Vec::<&str>::new());
        assert_eq!(looked(0xef53, 1023), ["disk.little"]);
        assert_eq!(looked(0xef53, 99), ["disk.full"]);
        assert_eq!(looked(0x0102_1994, 4096), ["data.in_memory"]);
    }

    #[test]
    fn a_folder_that_takes_no_file_is_told() {
        assert!(brought_to_disk(Path::new("/proc/self")).is_err());
        let folder = tempfile::tempdir().unwrap();
        brought_to_disk(folder.path()).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
