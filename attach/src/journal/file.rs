//! A record's file: locked, read, written, removed.
//!
//! The lock is on the file itself (`flock`), so none is left behind: who has it looks whether the name
//! still stands for this file. Left to others: what a state means.

mod change;

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

use super::folder;
use super::line::{self, Read};
use super::record::Record;
use crate::error::AttachError;
use crate::roots::Roots;

/// How often another process that has the lock is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Room for a state: the largest record that is read.
const LARGEST_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// How many states are written at most; each gets the room that the first one takes and half again,
/// for the later ones also say what was made.
const STATES: u64 = 3;

/// What a record says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    /// Nothing was begun: the file was just made.
    New,
    /// What was begun or made. When `damaged`, later states may have been lost.
    Record {
        /// The last whole state.
        record: Box<Record>,
        /// Whether there is something else in the file.
        damaged: bool,
    },
    /// There is no whole state: the kernel must be asked.
    Unreadable,
}

/// A record's file, locked. One to which nothing was written is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    /// The record's name.
    pub(crate) name: String,
    path: PathBuf,
    file: File,
    is_written: bool,
    /// Whether the last line has no end, so that the next state needs a line of its own.
    is_torn: bool,
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.is_written {
            // it says nothing, and whoever finds it takes it for that
            drop(fs::remove_file(&self.path));
        }
    }
}

/// Locks a record. `None` when it is not there and not to be made.
///
/// # Errors
/// [`AttachError::File`], and [`AttachError::Busy`] when another process has the lock all the time.
pub(crate) fn hold(
    roots: &Roots,
    name: &str,
    make: bool,
    limit: Duration,
) -> Result<Option<(Held, Content)>, AttachError> {
    let path = folder::path(roots, name);
    let begun = Instant::now();
    loop {
        let Some(file) = open(roots, &path, make)? else {
            return Ok(None);
        };
        if !lock(&file, &path, name, begun, limit)? {
            continue;
        }
        let mut held = Held {
            name: name.to_owned(),
            path,
            file,
            is_written: true,
            is_torn: false,
        };
        let content = held.read()?;
        return Ok(Some((held, content)));
    }
}

/// What a record says now, without its lock.
///
/// # Errors
/// [`AttachError::File`].
pub(crate) fn peek(roots: &Roots, name: &str) -> Result<Option<Content>, AttachError> {
    let path = folder::path(roots, name);
    match fs::read(&path) {
        Ok(bytes) if bytes.is_empty() => Ok(Some(Content::New)),
        Ok(bytes) => Ok(Some(content(&bytes))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed("read", &path)(source)),
    }
}

fn failed(verb: &'static str, path: &Path) -> impl Fn(io::Error) -> AttachError {
    move |source| AttachError::File {
        verb,
        path: path.to_owned(),
        source,
    }
}

fn content(bytes: &[u8]) -> Content {
    match line::read(bytes) {
        Read {
            record: Some(record),
            damaged,
        } => Content::Record {
            record: Box::new(record),
            damaged,
        },
        Read { record: None, .. } => Content::Unreadable,
    }
}

fn open(roots: &Roots, path: &Path, make: bool) -> Result<Option<File>, AttachError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(make).mode(0o600);
    match options.open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound && make => {
            folder::make(&folder::place(roots))?;
            options.open(path).map(Some).map_err(failed("make", path))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed("open", path)(source)),
    }
}

/// Locks the file; `false` when its name stands for another file by then, or for none.
fn lock(
    file: &File,
    path: &Path,
    name: &str,
    begun: Instant,
    limit: Duration,
) -> Result<bool, AttachError> {
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if begun.elapsed() < limit => thread::sleep(LOOK_AGAIN),
            Err(TryLockError::WouldBlock) => {
                return Err(AttachError::Busy {
                    device: name.to_owned(),
                    waited_ms: begun.elapsed().as_millis(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed("lock", path)(source)),
        }
    }
    let own = file.metadata().map_err(failed("look at", path))?;
    match fs::symlink_metadata(path) {
        Ok(named) => Ok(named.ino() == own.ino() && named.dev() == own.dev()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(failed("look at", path)(source)),
    }
}

impl Held {
    fn read(&mut self) -> Result<Content, AttachError> {
        let mut bytes = Vec::new();
        let mut limited = (&self.file).take(LARGEST_FILE_BYTES);
        let read = limited.read_to_end(&mut bytes);
        read.map_err(failed("read", &self.path))?;
        if bytes.is_empty() {
            self.is_written = false;
            return Ok(Content::New);
        }
        self.is_torn = bytes.last() != Some(&b'\n');
        Ok(content(&bytes))
    }

    /// Writes the first state, and takes the room for the others. When this returns, no kill can lose it; a power
    /// cut only where nothing outlives that ([`Record::outlives_its_boot`]).
    ///
    /// # Errors
    /// [`AttachError::File`], such as for a full disk; nothing is kept then.
    pub(crate) fn begin(&mut self, roots: &Roots, record: &Record) -> Result<(), AttachError> {
        let bytes = self.bytes_of(record)?;
        if self.is_written {
            self.clear()?;
        }
        self.take_room(0, &bytes)?;
        let begun = self.put(&bytes).and_then(|()| {
            if !record.outlives_its_boot() {
                return Ok(());
            }
            self.file.sync_data().map_err(failed("sync", &self.path))?;
            sync_folder(&folder::place(roots))
        });
        // nothing is changed without it, so it is not kept
        self.is_written = begun.is_ok();
        begun
    }

    /// Takes room for this state and those that follow it, behind what is in the file.
    fn take_room(&self, behind: u64, bytes: &[u8]) -> Result<(), AttachError> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let room = size.saturating_mul(STATES).saturating_mul(3) / 2 + 4096;
        let room = room.saturating_add(behind);
        let reserve = || fallocate(&self.file, FallocateFlags::KEEP_SIZE, 0, room);
        match rustix::io::retry_on_intr(reserve) {
            // a file system that cannot promise room: a state is written before what it speaks of all the same
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
            Err(errno) => Err(failed("take room for", &self.path)(errno.into())),
        }
    }

    /// Empties the file: what it said is undone. It is removed unless something is begun in it.
    ///
    /// # Errors
    /// [`AttachError::File`].
    pub(crate) fn clear(&mut self) -> Result<(), AttachError> {
        let emptied = self.file.set_len(0).and_then(|()| self.file.rewind());
        emptied.map_err(failed("empty", &self.path))?;
        self.is_torn = false;
        self.is_written = false;
        Ok(())
    }

    /// Writes a later state.
    ///
    /// # Errors
    /// [`AttachError::File`].
    pub(crate) fn note(&mut self, record: &Record) -> Result<(), AttachError> {
        let mut bytes = self.bytes_of(record)?;
        if self.is_torn {
            bytes.insert(0, b'\n');
        }
        self.put(&bytes)
    }

    fn bytes_of(&self, record: &Record) -> Result<Vec<u8>, AttachError> {
        line::write(record).map_err(|error| failed("write", &self.path)(error.into()))
    }

    /// Adds bytes at the end. What part of them cannot be written is no state, so it is passed over.
    fn put(&mut self, bytes: &[u8]) -> Result<(), AttachError> {
        self.is_written = true;
        let written = (&self.file).write_all(bytes);
        self.is_torn = written.is_err();
        written.map_err(failed("write", &self.path))
    }

    /// Whether there is something in the file.
    pub(crate) fn says_something(&self) -> bool {
        self.is_written
    }

    /// Keeps the file though nothing was written to it: what it said is not undone.
    pub(crate) fn keep(mut self) {
        self.is_written = true;
    }

    /// Removes the record: there is nothing left to undo.
    ///
    /// # Errors
    /// [`AttachError::File`].
    pub(crate) fn remove(mut self) -> Result<(), AttachError> {
        let removed = fs::remove_file(&self.path);
        self.is_written = true;
        match removed {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(failed("remove", &self.path)(source)),
        }
    }

    /// Gives the record another name, which frees its device for others.
    ///
    /// # Errors
    /// [`AttachError::File`].
    pub(crate) fn rename(&mut self, roots: &Roots, name: &str) -> Result<(), AttachError> {
        let path = folder::path(roots, name);
        fs::rename(&self.path, &path).map_err(failed("rename", &self.path))?;
        sync_folder(&folder::place(roots))?;
        name.clone_into(&mut self.name);
        self.path = path;
        Ok(())
    }

    /// Keeps what is in the file beside the journal, for people, and empties it.
    ///
    /// # Errors
    /// [`AttachError::File`]; the file is as it was then.
    pub(crate) fn quarantine(&mut self, roots: &Roots) -> Result<(), AttachError> {
        if !self.is_written {
            return Ok(()); // it is empty
        }
        let folder = folder::quarantine(roots);
        folder::make(&folder)?;
        let copy = folder.join(format!("{}.{}", self.name, roots.now.as_nanos()));
        fs::copy(&self.path, &copy).map_err(failed("copy", &self.path))?;
        sync_folder(&folder)
    }
}

/// What a folder names is on the disk when this returns.
fn sync_folder(folder: &Path) -> Result<(), AttachError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(failed("sync", folder))
}
