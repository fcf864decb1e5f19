//! The few system calls that everything else is made of: read a file, read a link, list a folder.
//!
//! Left to others: what is in the file.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use rustix::fs::{Mode, OFlags, RawDir, openat, readlinkat_raw};
use rustix::io::{Errno, read};

use super::SysfsRoot;
use super::error::SysfsError;
use super::place::{At, Folder, PATH_LIMIT_BYTES};

/// The most bytes a file may have: the page that sysfs gives.
const FILE_LIMIT_BYTES: usize = 4096;

/// The bytes that one `getdents64` may fill.
const LISTING_BYTES: usize = 64 * 1024;

/// Whether this says that there is no such thing: never was, or went while it was being read.
fn is_absence(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::NOENT | Errno::NOTDIR | Errno::NODEV | Errno::NXIO
    )
}

/// `Ok(None)` for what is absent.
fn unless_absent<T>(result: Result<T, Errno>, at: At<'_>) -> Result<Option<T>, SysfsError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(errno) if is_absence(errno) => Ok(None),
        Err(errno) => Err(SysfsError::Read {
            path: at.shown(),
            source: errno.into(),
        }),
    }
}

impl SysfsRoot {
    pub(super) fn count(&self, calls: u64) {
        self.calls.fetch_add(calls, Ordering::Relaxed);
    }

    /// The handle of a folder, or `None` while there is no such folder.
    fn handle(&self, folder: Folder) -> Result<Option<BorrowedFd<'_>>, SysfsError> {
        let slot: &OnceLock<OwnedFd> = match folder {
            Folder::Sys => return Ok(Some(self.sys.as_fd())),
            Folder::PciDevices => &self.pci_devices,
            Folder::Net => &self.net,
            Folder::Infiniband => &self.infiniband,
            Folder::AuxiliaryDevices => &self.auxiliary_devices,
        };
        if let Some(open) = slot.get() {
            return Ok(Some(open.as_fd()));
        }
        let path = folder.path().strip_prefix("sys/").unwrap_or(".");
        self.count(1);
        match openat(&self.sys, path, folder_flags(), Mode::empty()) {
            Ok(open) => Ok(Some(slot.get_or_init(|| open).as_fd())),
            Err(errno) if is_absence(errno) => Ok(None),
            Err(errno) => Err(SysfsError::List {
                path: folder.path().to_owned().into(),
                source: errno.into(),
            }),
        }
    }

    /// Opens a file or folder; `None` when there is none.
    fn open(&self, at: At<'_>, flags: OFlags) -> Result<Option<OwnedFd>, SysfsError> {
        let Some(folder) = self.handle(at.folder)? else {
            return Ok(None);
        };
        let mut space = [0; PATH_LIMIT_BYTES];
        let opened = match at.path(&mut space) {
            Some(path) => {
                self.count(1);
                openat(folder, path, flags, Mode::empty())
            }
            None => Err(Errno::NAMETOOLONG),
        };
        unless_absent(opened, at)
    }

    /// Whether there is such a file or folder.
    pub(super) fn is_there(&self, at: At<'_>) -> Result<bool, SysfsError> {
        let opened = self.open(at, OFlags::PATH | OFlags::CLOEXEC)?;
        self.count(opened.iter().map(|_| 1).sum());
        Ok(opened.is_some())
    }

    /// A file's value without the line's end, or `None` when there is no such file.
    pub(super) fn attribute<T>(
        &self,
        at: At<'_>,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, SysfsError> {
        self.bytes(at, |bytes| {
            let text = text(bytes, at)?.trim_end_matches('\n');
            parse(text).ok_or_else(|| malformed(at, expected, text))
        })
    }

    /// What `use_bytes` makes of a file's content, or `None` when there is no such file.
    pub(super) fn bytes<T>(
        &self,
        at: At<'_>,
        use_bytes: impl FnOnce(&[u8]) -> Result<T, SysfsError>,
    ) -> Result<Option<T>, SysfsError> {
        // non-blocking, so that a pipe in a made root holds nobody up
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let Some(file) = self.open(at, flags)? else {
            return Ok(None);
        };
        let mut space = [MaybeUninit::uninit(); FILE_LIMIT_BYTES + 1];
        self.count(2); // the read, and the close at the end
        let Some((content, _)) = unless_absent(read(&file, &mut space), at)? else {
            return Ok(None);
        };
        if content.len() > FILE_LIMIT_BYTES {
            return Err(SysfsError::TooLong {
                path: at.shown(),
                limit_bytes: FILE_LIMIT_BYTES,
            });
        }
        use_bytes(content).map(Some)
    }

    /// What `parse` makes of a link's target, or `None` when there is no such link.
    pub(super) fn link<T>(
        &self,
        at: At<'_>,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, SysfsError> {
        let Some(folder) = self.handle(at.folder)? else {
            return Ok(None);
        };
        let mut path = [0; PATH_LIMIT_BYTES];
        let mut space = [MaybeUninit::uninit(); FILE_LIMIT_BYTES];
        let target = match at.path(&mut path) {
            Some(path) => {
                self.count(1);
                match readlinkat_raw(folder, path, &mut space) {
                    Err(Errno::INVAL) => return Ok(None), // it is there and no link
                    other => other,
                }
            }
            None => Err(Errno::NAMETOOLONG),
        };
        let Some((target, rest)) = unless_absent(target, at)? else {
            return Ok(None);
        };
        if rest.is_empty() {
            return Err(SysfsError::TooLong {
                path: at.shown(),
                limit_bytes: FILE_LIMIT_BYTES - 1,
            });
        }
        let target = text(target, at)?;
        parse(target)
            .map(Some)
            .ok_or_else(|| malformed(at, expected, target))
    }

    /// Gives each name in a folder to `name`, in the kernel's order; a folder that is not there
    /// gives none.
    pub(super) fn list(&self, at: At<'_>, mut name: impl FnMut(&[u8])) -> Result<(), SysfsError> {
        let at_folder = At {
            file: if at.device.is_empty() && at.file.is_empty() {
                "."
            } else {
                at.file
            },
            ..at
        };
        let failed = |errno: Errno| SysfsError::List {
            path: at.shown(),
            source: errno.into(),
        };
        let Some(folder) = self.open(at_folder, folder_flags())? else {
            return Ok(());
        };
        let mut space = Vec::with_capacity(LISTING_BYTES);
        let mut entries = RawDir::new(&folder, space.spare_capacity_mut());
        self.count(1); // the close at the end
        loop {
            if entries.is_buffer_empty() {
                self.count(1);
            }
            match entries.next() {
                None => return Ok(()),
                Some(Ok(entry)) => match entry.file_name().to_bytes() {
                    b"." | b".." => {}
                    other => name(other),
                },
                Some(Err(errno)) if is_absence(errno) => return Ok(()),
                Some(Err(errno)) => return Err(failed(errno)),
            }
        }
    }
}

fn folder_flags() -> OFlags {
    OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC
}

fn text<'a>(bytes: &'a [u8], at: At<'_>) -> Result<&'a str, SysfsError> {
    std::str::from_utf8(bytes)
        .ok()
        .ok_or_else(|| SysfsError::NotText { path: at.shown() })
}

/// The error of a file that says `found`.
pub(super) fn malformed(at: At<'_>, expected: &'static str, found: &str) -> SysfsError {
    SysfsError::Malformed {
        path: at.shown(),
        expected,
        found: found.chars().take(64).collect(),
    }
}
