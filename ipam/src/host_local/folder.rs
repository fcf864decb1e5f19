//! The folder of one network's reservations, laid out as the plugin `host-local` does: a file per
//! address, named by it, that holds the container's id, a line break and the interface's name;
//! `last_reserved_ip.<set>`; `lock`. Either program may work in it, each under the lock.
//!
//! A reservation appears whole or not at all: it is written beside, and linked to its name. Left to
//! others: which address, and finding an owner's reservations without reading all files (`index`).

use std::cell::Cell;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::IpAddr;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, Mode, OFlags, StatVfsMountFlags};
use rustix::io::Errno;

use super::lock::Lock;
use super::settings::Places;
use crate::{FolderError, Owner, Request};

/// What is between the container's id and the interface's name.
const LINE_BREAK: &str = "\r\n";

/// Where a reservation is written before it has its name.
const DRAFT: &str = ".colvin-draft";

/// The most that is read of a reservation.
const LIMIT_BYTES: u64 = 4096;

/// The folder, locked until this is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    fd: OwnedFd,
    /// Whether the draft is that of this program.
    drafted: Cell<bool>,
    _lock: Lock,
}

/// Whose a reservation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// There is no such reservation.
    Nobody,
    /// This one's; the interface's name is empty in files of old.
    Owner(Owner),
    /// The file is empty: its writer died, or a person keeps the address from being given out.
    Empty,
    /// The file says something that is no owner.
    Unknown,
}

impl Folder {
    /// Opens the folder and waits for its lock; `None` when there is no such folder.
    ///
    /// # Errors
    /// [`FolderError`]; also when the lock is held for longer than the request's limit.
    pub(super) fn open(
        places: &Places,
        request: &Request<'_>,
    ) -> Result<Option<Self>, FolderError> {
        let path = places.data_dir.join(&places.network);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = match rustix::fs::open(&path, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(failed("open", &path, error)),
        };
        let lock = Lock::take(fd.as_fd(), &path, request.limit)?;
        Ok(Some(Self {
            path,
            fd,
            drafted: Cell::new(false),
            _lock: lock,
        }))
    }

    /// As [`Folder::open`], but makes the folder where there is none.
    ///
    /// # Errors
    /// As [`Folder::open`].
    pub(super) fn make(places: &Places, request: &Request<'_>) -> Result<Self, FolderError> {
        if let Some(folder) = Self::open(places, request)? {
            return Ok(folder);
        }
        let path = places.data_dir.join(&places.network);
        fs::create_dir_all(&path).map_err(|source| FolderError::Io {
            action: "make folder",
            path: path.clone(),
            source,
        })?;
        Self::open(places, request)?.ok_or_else(|| failed("open", &path, Errno::NOENT))
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Writes what reservations of this owner say, to be linked to addresses.
    ///
    /// # Errors
    /// [`FolderError`], such as a full disk.
    pub(super) fn draft(&self, owner: &Owner) -> Result<(), FolderError> {
        // never written over: the draft of a writer that died may be a reservation by now
        self.tidy()?;
        let text = format!("{}{LINE_BREAK}{}", owner.container_id, owner.ifname);
        self.write(DRAFT, OFlags::EXCL, text.as_bytes())
            .inspect_err(|_| drop(self.tidy()))?;
        self.drafted.set(true);
        Ok(())
    }

    /// Reserves the address for the owner whose draft it is; `false` when it is reserved already.
    ///
    /// # Errors
    /// [`FolderError`]; nothing is reserved then.
    pub(super) fn reserve(&self, address: IpAddr) -> Result<bool, FolderError> {
        let name = address.to_string();
        match rustix::fs::linkat(&self.fd, DRAFT, &self.fd, &name, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Ok(false),
            Err(error) => Err(failed("reserve", &self.path.join(name), error)),
        }
    }

    /// Gives the address up; `false` when it was not reserved.
    ///
    /// # Errors
    /// [`FolderError`]
    pub(super) fn release(&self, address: IpAddr) -> Result<bool, FolderError> {
        self.remove(&address.to_string())
    }

    /// Removes the draft, also one that a writer left behind that died.
    ///
    /// # Errors
    /// [`FolderError`]
    pub(super) fn tidy(&self) -> Result<(), FolderError> {
        self.drafted.set(false);
        self.remove(DRAFT).map(|_| ())
    }

    /// Whether there is a draft to reserve addresses with.
    pub(super) const fn is_drafted(&self) -> bool {
        self.drafted.get()
    }

    /// Whose the address is.
    ///
    /// # Errors
    /// [`FolderError`]
    pub(super) fn holder(&self, address: IpAddr) -> Result<Holder, FolderError> {
        let Some(text) = self.read(&address.to_string())? else {
            return Ok(Holder::Nobody);
        };
        if text.trim().is_empty() {
            return Ok(Holder::Empty);
        }
        let (container_id, ifname) = text
            .trim()
            .split_once(LINE_BREAK)
            .unwrap_or((text.trim(), ""));
        let plain = |text: &str| !text.contains(char::is_whitespace);
        if !plain(container_id) || !plain(ifname) {
            return Ok(Holder::Unknown);
        }
        Ok(Holder::Owner(Owner::new(container_id, ifname)))
    }

    /// All addresses that are reserved, in no order.
    ///
    /// # Errors
    /// [`FolderError`]
    pub(super) fn reserved(&self) -> Result<Vec<IpAddr>, FolderError> {
        let entries =
            Dir::read_from(&self.fd).map_err(|error| failed("list", &self.path, error))?;
        let mut addresses = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| failed("list", &self.path, error))?;
            let name = entry.file_name().to_str().ok();
            // the name is what is reserved: `010.0.0.1` and the like are not ours to read
            let address = name.and_then(|name| Some((name, name.parse::<IpAddr>().ok()?)));
            if let Some((name, address)) = address
                && address.to_string() == name
            {
                addresses.push(address);
            }
        }
        Ok(addresses)
    }

    /// The address that was last reserved of a set, by any program.
    ///
    /// # Errors
    /// [`FolderError`]
    pub(super) fn last_of(&self, set: usize) -> Result<Option<IpAddr>, FolderError> {
        let text = self.read(&last_name(set))?;
        Ok(text.and_then(|text| text.trim().parse().ok()))
    }

    /// Notes the address that was last reserved of a set. It only spreads the next ones: where it
    /// cannot be written, the next search begins at the old place.
    pub(super) fn note_last(&self, set: usize, address: IpAddr) {
        // written over and then cut: ext4 writes a file that was cut to nothing to the disk at once
        let noted = self.write(
            &last_name(set),
            OFlags::empty(),
            address.to_string().as_bytes(),
        );
        drop(noted);
    }

    /// Whether a file could be made here, as far as the file system says.
    ///
    /// # Errors
    /// [`FolderError`]: why it could not.
    pub(super) fn has_space(&self) -> Result<(), FolderError> {
        let system = rustix::fs::fstatvfs(&self.fd)
            .map_err(|error| failed("ask for the space of", &self.path, error))?;
        if system.f_flag.contains(StatVfsMountFlags::RDONLY) {
            return Err(failed("write to", &self.path, Errno::ROFS));
        }
        // a file system without limits says 0 of 0
        let full = system.f_blocks > 0 && system.f_bfree == 0;
        if full || (system.f_files > 0 && system.f_ffree == 0) {
            return Err(FolderError::NoSpace {
                path: self.path.clone(),
            });
        }
        Ok(())
    }

    fn read(&self, name: &str) -> Result<Option<String>, FolderError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let path = self.path.join(name);
        let file = match rustix::fs::openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => fs::File::from(fd),
            Err(Errno::NOENT) => return Ok(None),
            // a link where a file should be
            Err(Errno::LOOP) => return Ok(Some(String::new())),
            Err(error) => return Err(failed("read", &path, error)),
        };
        let mut bytes = Vec::new();
        match file.take(LIMIT_BYTES).read_to_end(&mut bytes) {
            Ok(_) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            // a folder where a file should be
            Err(error) if error.kind() == io::ErrorKind::IsADirectory => Ok(Some(String::new())),
            Err(source) => Err(FolderError::Io {
                action: "read",
                path,
                source,
            }),
        }
    }

    fn write(&self, name: &str, how: OFlags, bytes: &[u8]) -> Result<(), FolderError> {
        let path = self.path.join(name);
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC | how;
        let fd = rustix::fs::openat(&self.fd, name, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|error| failed("make", &path, error))?;
        let failed = |source| FolderError::Io {
            action: "write",
            path: path.clone(),
            source,
        };
        let mut file = fs::File::from(fd);
        file.write_all(bytes).map_err(failed)?;
        let length = bytes.len().try_into().unwrap_or(u64::MAX);
        if file.metadata().map_err(failed)?.len() > length {
            file.set_len(length).map_err(failed)?;
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<bool, FolderError> {
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(failed("remove", &self.path.join(name), error)),
        }
    }
}

fn last_name(set: usize) -> String {
    format!("last_reserved_ip.{set}")
}

pub(super) fn failed(action: &'static str, path: &Path, error: Errno) -> FolderError {
    FolderError::Io {
        action,
        path: path.to_owned(),
        source: error.into(),
    }
}
