//! sysfs under any root: the node's own `/sys`, or a recorded machine in a folder.
//!
//! Every read is one `openat`, one `read` and one `close` relative to a folder that was opened once;
//! a link is one `readlinkat`. No absolute path, no `canonicalize`, no `stat`; a value is parsed
//! from a buffer on the stack. Absent, unreadable and malformed are told apart: `Ok(None)` says that
//! the kernel has no such file, [`SysfsError`] names a file that is there and does not serve.
//!
//! sysfs is tagged by network namespace through the mount, not the reader: `net/` folders and
//! `class/net` list the links of the namespace in which this sysfs was mounted.
//!
//! Left to others: what to read when (`colvin-discovery`), links of the live machine
//! ([`crate::netlink`]), what the facts mean (`colvin-model`).

mod device_path;
pub mod driver;
mod error;
pub mod infiniband;
mod look;
pub mod net;
pub mod nodes;
pub mod pci;
mod place;
mod read;
pub mod slot;
pub mod subfunction;
mod symbols;
pub mod vdpa;
pub mod vf;

use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

pub use error::{SysfsError, SysfsPath};
use rustix::fs::{CWD, Mode, OFlags, openat};

/// An open `sys` folder. It may be shared between threads; its folders are opened at first use and
/// stay open.
#[derive(Debug)]
pub struct SysfsRoot {
    sys: OwnedFd,
    pci_devices: OnceLock<OwnedFd>,
    net: OnceLock<OwnedFd>,
    infiniband: OnceLock<OwnedFd>,
    auxiliary_devices: OnceLock<OwnedFd>,
    calls: AtomicU64,
}

impl SysfsRoot {
    /// The sysfs of this machine: `/sys`.
    ///
    /// # Errors
    /// [`SysfsError::Root`] when there is none.
    pub fn live() -> Result<Self, SysfsError> {
        Self::new(Path::new("/"))
    }

    /// The `sys` folder under `root`, such as an unpacked machine.
    ///
    /// # Errors
    /// [`SysfsError::Root`] when there is none, or it may not be read.
    pub fn new(root: &Path) -> Result<Self, SysfsError> {
        let path = root.join("sys");
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let sys = openat(CWD, &path, flags, Mode::empty()).map_err(|errno| SysfsError::Root {
            path,
            source: errno.into(),
        })?;
        Ok(Self {
            sys,
            pci_devices: OnceLock::new(),
            net: OnceLock::new(),
            infiniband: OnceLock::new(),
            auxiliary_devices: OnceLock::new(),
            calls: AtomicU64::new(1),
        })
    }

    /// How many system calls were made through this root so far; tests and benches hold it.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}
