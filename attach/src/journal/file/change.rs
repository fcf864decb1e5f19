//! A state of an attachment that lives on: there may be many of them, so the file is kept short.
//!
//! Left to others: the states of making and undoing ([`super::Held::begin`], [`super::Held::note`]).

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

use super::{Held, failed, sync_folder};
use crate::error::AttachError;
use crate::journal::folder;
use crate::journal::record::Record;
use crate::roots::Roots;

/// From this size on a file is written anew, with its last state alone.
const LONG_BYTES: u64 = 64 * 1024;

impl Held {
    /// Writes a state of an attachment that is about to be changed, and takes room for those that follow. A file that
    /// has grown long is exchanged for a new one, as one step: whoever reads it sees the old one or the new one.
    ///
    /// # Errors
    /// [`AttachError::File`], such as for a full disk; what was said before stands then.
    pub(crate) fn change(&mut self, roots: &Roots, record: &Record) -> Result<(), AttachError> {
        let size = self
            .file
            .metadata()
            .map_err(failed("look at", &self.path))?;
        if size.len() >= LONG_BYTES {
            return self.exchange(roots, record);
        }
        let bytes = self.bytes_of(record)?;
        self.take_room(size.len(), &bytes)?;
        self.note(record)
    }

    /// Writes a new file, and gives it the old one's name. It is locked before it has that. One that a kill left is
    /// overwritten the next time.
    fn exchange(&mut self, roots: &Roots, record: &Record) -> Result<(), AttachError> {
        let path = self.path.with_extension("next");
        let bytes = self.bytes_of(record)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        let file = options.mode(0o600).open(&path);
        let file = file.map_err(failed("make", &path))?;
        file.lock().map_err(failed("lock", &path))?;
        let mut next = Self {
            name: self.name.clone(),
            path,
            file,
            // an unfinished one is removed
            is_written: false,
            is_torn: false,
        };
        next.take_room(0, &bytes)?;
        (&next.file)
            .write_all(&bytes)
            .map_err(failed("write", &next.path))?;
        let outlives = record.outlives_its_boot();
        if outlives {
            next.file.sync_data().map_err(failed("sync", &next.path))?;
        }
        fs::rename(&next.path, &self.path).map_err(failed("rename", &next.path))?;
        next.path.clone_from(&self.path);
        next.is_written = true;
        *self = next;
        if outlives {
            sync_folder(&folder::place(roots))?;
        }
        Ok(())
    }
}
