//! Small files that are there whole or not at all. Left to others: what is in them.
//!
//! They are in folders that are empty after a reboot (`/run`), so nothing is synced to a disk: a crash of
//! the machine takes them all, and a crash of ours leaves what was renamed.

#![expect(
    clippy::disallowed_methods,
    reason = "these folders are ours on any machine; sysfs is not read here"
)]

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::instance;

/// What an unfinished file's name begins with. Readers of the folders pass over it.
const UNFINISHED: &str = ".colvin-";

/// What it ends with.
const UNFINISHED_END: &str = ".tmp";

/// An unfinished file of this age is of a process that is gone: writing one takes microseconds.
const ABANDONED: Duration = Duration::from_mins(1);

/// A file could not be written, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// Not written; what was there before is still there.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not removed.
    #[error("cannot remove {}", path.display())]
    Remove {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Writes a file, and its folder where that is missing. One that has this content already is left alone.
///
/// # Errors
/// [`FilesError::Write`]; nothing half-written stays.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), FilesError> {
    if fs::read(path).is_ok_and(|there| there == content) {
        return Ok(());
    }
    let failed = |source| FilesError::Write {
        path: path.to_owned(),
        source,
    };
    match replace(path, content) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let folder = path.parent().unwrap_or(Path::new("/"));
            fs::create_dir_all(folder).map_err(failed)?;
            replace(path, content).map_err(failed)
        }
        result => result.map_err(failed),
    }
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let unfinished = path.with_file_name(format!(
        "{UNFINISHED}{:08x}-{count}{UNFINISHED_END}",
        instance::id()
    ));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&unfinished)?;
    let written = fill(&mut file, content).and_then(|()| fs::rename(&unfinished, path));
    if written.is_err() {
        // the first error tells more than that of cleaning up behind it
        drop(fs::remove_file(&unfinished));
    }
    written
}

fn fill(file: &mut File, content: &[u8]) -> io::Result<()> {
    file.write_all(content)
}

/// Removes a file; one that is not there is removed already.
///
/// # Errors
/// [`FilesError::Remove`].
pub(crate) fn remove(path: &Path) -> Result<(), FilesError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(FilesError::Remove {
            path: path.to_owned(),
            source: error,
        }),
        _ => Ok(()),
    }
}

/// The names in a folder that are text, sorted; none when there is no such folder.
///
/// # Errors
/// [`FilesError::Read`].
pub(crate) fn names(folder: &Path) -> Result<Vec<String>, FilesError> {
    let failed = |source| FilesError::Read {
        path: folder.to_owned(),
        source,
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(failed(source)),
    };
    let mut names = Vec::new();
    for entry in entries {
        if let Ok(name) = entry.map_err(failed)?.file_name().into_string() {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Removes unfinished files that a process of ours left when it was killed.
pub(crate) fn remove_abandoned(folder: &Path) {
    let Ok(names) = names(folder) else { return };
    let abandoned = |path: &Path| {
        let age = fs::metadata(path).and_then(|it| it.modified()).ok();
        age.and_then(|at| SystemTime::now().duration_since(at).ok())
            .is_some_and(|age| age > ABANDONED)
    };
    for name in names {
        let path = folder.join(&name);
        if name.starts_with(UNFINISHED) && name.ends_with(UNFINISHED_END) && abandoned(&path) {
            // it takes a few bytes; the next start tries again
            drop(remove(&path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_made_with_its_folder_and_replaced() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("a/b/file.json");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(names(path.parent().unwrap()).unwrap(), ["file.json"]);
        remove(&path).unwrap();
        remove(&path).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn what_cannot_be_written_leaves_the_old_file_and_nothing_else() {
        let top = tempfile::tempdir().unwrap();
        let folder_in_the_way = top.path().join("file.json");
        fs::create_dir(&folder_in_the_way).unwrap();
        let error = write(&folder_in_the_way, b"content").unwrap_err();
        assert!(error.to_string().contains("file.json"), "{error}");
        assert_eq!(names(top.path()).unwrap(), ["file.json"]);
    }

    #[test]
    fn a_file_with_the_same_content_is_left_alone() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("file");
        write(&path, b"same").unwrap();
        let before = fs::metadata(&path).unwrap();
        write(&path, b"same").unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_eq!(before.modified().unwrap(), after.modified().unwrap());
    }

    #[test]
    fn unfinished_files_are_removed_when_they_are_old() {
        let top = tempfile::tempdir().unwrap();
        let (old, young) = (
            top.path().join(".colvin-1-0.tmp"),
            top.path().join(".colvin-1-1.tmp"),
        );
        for path in [&old, &young] {
            fs::write(path, b"").unwrap();
        }
        let past = SystemTime::now() - ABANDONED * 2;
        File::options()
            .write(true)
            .open(&old)
            .unwrap()
            .set_modified(past)
            .unwrap();
        remove_abandoned(top.path());
        assert_eq!(names(top.path()).unwrap(), [".colvin-1-1.tmp"]);
    }
}
