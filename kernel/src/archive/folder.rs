//! An archive to a folder, and a folder to an archive. Left to others: which folder.

#![expect(
    clippy::disallowed_methods,
    reason = "packing and unpacking is for folders of any kind, sysfs is read elsewhere"
)]

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::{Archive, ArchiveError, Entry, EntryPath, FILE_LIMIT_BYTES};

impl Archive {
    /// Makes all entries below a folder, which must be empty; it is made when it is not there.
    ///
    /// An archive has nothing below its links, so nothing is written through one.
    ///
    /// # Errors
    /// [`ArchiveError::NotEmpty`], or [`ArchiveError::Write`] with the path that cannot be made;
    /// what was made before stays.
    pub fn unpack(&self, folder: &Path) -> Result<(), ArchiveError> {
        make_folder(folder)?;
        let mut listing = fs::read_dir(folder).map_err(|source| read_error(folder, source))?;
        if listing.next().is_some() {
            return Err(ArchiveError::NotEmpty {
                path: folder.to_owned(),
            });
        }
        for (name, entry) in self.entries() {
            let path = folder.join(std::ffi::OsStr::from_bytes(name.as_bytes()));
            if let Some(above) = path.parent() {
                make_folder(above)?;
            }
            let made = match entry {
                Entry::Folder => fs::create_dir_all(&path),
                Entry::File(bytes) => {
                    fs::File::create_new(&path).and_then(|mut file| file.write_all(bytes))
                }
                Entry::Link(target) => symlink(std::ffi::OsStr::from_bytes(target), &path),
            };
            made.map_err(|source| ArchiveError::Write { path, source })?;
        }
        Ok(())
    }

    /// The archive of all that is below a folder: made for tests, it reads every file whole.
    ///
    /// Files over [`FILE_LIMIT_BYTES`], links that lead out of the folder, and what is neither
    /// file, folder nor link are errors.
    ///
    /// # Errors
    /// [`ArchiveError`] that names the path.
    pub fn pack(folder: &Path) -> Result<Self, ArchiveError> {
        let mut archive = Self::new();
        let mut below = vec![PathBuf::new()];
        while let Some(name) = below.pop() {
            let path = folder.join(&name);
            let is_empty = archive.pack_folder(&path, &name, &mut below)?;
            if is_empty && !name.as_os_str().is_empty() {
                archive.record(&path, &name, Entry::Folder)?;
            }
        }
        Ok(archive)
    }

    /// Records the files and links of one folder; whether it is empty.
    fn pack_folder(
        &mut self,
        path: &Path,
        name: &Path,
        below: &mut Vec<PathBuf>,
    ) -> Result<bool, ArchiveError> {
        let mut is_empty = true;
        for child in fs::read_dir(path).map_err(|source| read_error(path, source))? {
            let child = child.map_err(|source| read_error(path, source))?;
            let (path, name) = (child.path(), name.join(child.file_name()));
            let failed = |source| read_error(&path, source);
            let kind = child.file_type().map_err(failed)?;
            is_empty = false;
            if kind.is_dir() {
                below.push(name);
            } else if kind.is_symlink() {
                let target = fs::read_link(&path).map_err(failed)?;
                let target = target.into_os_string().into_vec();
                self.record(&path, &name, Entry::Link(target))?;
            } else if kind.is_file() {
                let bytes = read_limited(&path).map_err(failed)?;
                self.record(&path, &name, Entry::File(bytes))?;
            } else {
                let source = io::Error::new(ErrorKind::Unsupported, "no file, folder or link");
                return Err(failed(source));
            }
        }
        Ok(is_empty)
    }

    fn record(&mut self, path: &Path, name: &Path, entry: Entry) -> Result<(), ArchiveError> {
        let path = || path.to_owned();
        let name =
            EntryPath::new(name.as_os_str().as_bytes()).map_err(|source| ArchiveError::Name {
                path: path(),
                source,
            })?;
        self.insert(name, entry)
            .map_err(|source| ArchiveError::Record {
                path: path(),
                source,
            })
    }
}

fn make_folder(path: &Path) -> Result<(), ArchiveError> {
    fs::create_dir_all(path).map_err(|source| ArchiveError::Write {
        path: path.to_owned(),
        source,
    })
}

fn read_error(path: &Path, source: io::Error) -> ArchiveError {
    ArchiveError::Read {
        path: path.to_owned(),
        source,
    }
}

/// A file's bytes, one more than an archive takes at most.
fn read_limited(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read as _;
    let limit = u64::try_from(FILE_LIMIT_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    fs::File::open(path)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
