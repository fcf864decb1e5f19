//! Small files that are there whole or not at all. Left to others: what is in them, and that one process at a time
//! writes them.
//!
//! None is flushed to the disk: a process that is killed loses nothing, and a power cut ends all that they are about. After
//! it the kubelet has every claim prepared again.

#![expect(
    clippy::disallowed_methods,
    reason = "these folders are ours on any machine; sysfs is not read here"
)]

#[cfg(test)]
pub(crate) mod death;

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// The most bytes that one of our files has: a node has a few hundred devices, each with a few hundred bytes.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// A file could not be written, read or removed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} {}", path.display())]
pub(crate) struct FileError {
    verb: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl FileError {
    pub(crate) fn new(verb: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        Self { verb, path, source }
    }
}

/// Writes a file, and its folder where that is missing. One that has this content already is left alone.
///
/// # Errors
/// What was there before is still there then.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let failed = |source| FileError::new("write", path, source);
    if fs::read(path).is_ok_and(|there| there == content) {
        return Ok(());
    }
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
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // one process writes at a time, so one that was killed leaves at most this name, for the next to overwrite
    let unfinished = path.with_file_name(format!(".{name}.tmp"));
    step()?;
    let mut file = File::create(&unfinished)?;
    step()?;
    file.write_all(content)?;
    step()?;
    fs::rename(&unfinished, path)
}

/// Writes into a file without replacing it: who has it open or mounted sees the new content (DRA-35).
///
/// # Errors
/// It may be half-written then.
pub(crate) fn write_in_place(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let failed = |source| FileError::new("write", path, source);
    let folder = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder).map_err(failed)?;
    let file = step().and_then(|()| File::create(path));
    let written = file.and_then(|mut file| {
        step()?;
        file.write_all(content)
    });
    written.map_err(failed)
}

/// Writes into a file that is there; gives whether it is.
///
/// # Errors
/// It may be half-written then.
pub(crate) fn write_into(path: &Path, content: &[u8]) -> Result<bool, FileError> {
    let opened = File::options().write(true).truncate(true).open(path);
    match opened.and_then(|mut file| file.write_all(content)) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(source) => Err(FileError::new("write", path, source)),
    }
}

/// What is in a file, or `None` when there is none. One that is larger than any of ours is cut, and so not understood.
///
/// # Errors
/// When it is there and cannot be read.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    let failed = |source| FileError::new("read", path, source);
    let mut content = Vec::new();
    match File::open(path) {
        Ok(file) => file
            .take(MAX_BYTES)
            .read_to_end(&mut content)
            .map_err(failed)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    Ok(Some(content))
}

/// Removes a file; one that is not there is removed already.
///
/// # Errors
/// When it stays.
pub(crate) fn remove(path: &Path) -> Result<(), FileError> {
    gone(path, step().and_then(|()| fs::remove_file(path)))
}

/// Removes a folder with all that is in it; one that is not there is removed already.
///
/// # Errors
/// When something of it stays.
pub(crate) fn remove_folder(path: &Path) -> Result<(), FileError> {
    gone(path, step().and_then(|()| fs::remove_dir_all(path)))
}

fn gone(path: &Path, removed: io::Result<()>) -> Result<(), FileError> {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(FileError::new("remove", path, error))
        }
        _ => Ok(()),
    }
}

/// Puts a file aside, under a name that none has had, beside where it was.
///
/// # Errors
/// It is where it was then.
pub(crate) fn put_aside(path: &Path) -> Result<PathBuf, FileError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut aside = (0_u32..).map(|number| path.with_file_name(format!("{name}.odd-{number}")));
    // numbers do not end before a folder's room does
    let aside = aside
        .find(|aside| fs::symlink_metadata(aside).is_err())
        .unwrap_or_default();
    let renamed = step().and_then(|()| fs::rename(path, &aside));
    renamed.map_err(|source| FileError::new("put aside", path, source))?;
    Ok(aside)
}

/// Stands before each step that changes a file: tests let a process end there.
#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "in tests it fails")]
const fn step() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
use death::step;

/// The names in a folder that are text, sorted; none when there is no such folder.
///
/// # Errors
/// When it cannot be listed.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>, FileError> {
    let failed = |source| FileError::new("list", folder, source);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(failed)?.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt as _;

    #[test]
    fn a_file_is_made_with_its_folder_and_replaced_whole() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("a/b.json");
        for content in ["one", "two"] {
            write(&path, content.as_bytes()).unwrap();
            assert_eq!(read(&path).unwrap().unwrap(), content.as_bytes());
        }
        assert_eq!(names(&top.path().join("a")).unwrap(), ["b.json"]);
        remove(&path).unwrap();
        remove(&path).unwrap();
        assert_eq!(read(&path).unwrap(), None);
    }

    #[test]
    fn what_is_written_in_place_stays_the_same_file() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("a/b.json");
        write_in_place(&path, b"longer").unwrap();
        let before = fs::metadata(&path).unwrap().ino();
        write_in_place(&path, b"short").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().ino(), before);
        assert_eq!(read(&path).unwrap().unwrap(), b"short");
        remove_folder(&top.path().join("a")).unwrap();
        remove_folder(&top.path().join("a")).unwrap();
    }

    #[test]
    fn what_is_put_aside_is_kept_every_time() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("c.json");
        for content in ["one", "two"] {
            fs::write(&path, content).unwrap();
            let aside = put_aside(&path).unwrap();
            assert_eq!(fs::read(aside).unwrap(), content.as_bytes());
        }
        assert_eq!(names(top.path()).unwrap(), ["c.json.odd-0", "c.json.odd-1"]);
        assert!(put_aside(&path).is_err(), "there is none");
        assert!(names(&path).unwrap().is_empty(), "no folder");
        assert!(write(Path::new("/proc/none/a"), b"").is_err());
    }
}
