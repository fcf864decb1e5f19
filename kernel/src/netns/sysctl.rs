//! The kernel's settings below `/proc/sys/net`, of the calling thread's network namespace: inside
//! another one they are read and written in [`super::NetNs::run`].
//!
//! Left to others: which settings, and what was there before.

use std::io;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{Errno, read as read_from, write as write_to};

/// The most bytes a setting may have.
const LONGEST_VALUE_BYTES: usize = 4096;

/// What can go wrong with a setting.
#[derive(Debug, thiserror::Error)]
pub enum SysctlError {
    /// It is no path below `net/`.
    #[error("{} is no setting below net/", path.display())]
    Outside {
        /// What was asked for.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It cannot be written.
    #[error("cannot write {value:?} to {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What was to be written.
        value: String,
        /// Why not.
        source: io::Error,
    },
}

/// A setting's value without the line's end, or `None` when there is no such setting. `setting` is a
/// path such as `net/ipv6/conf/eth0/accept_ra`: with `/`, as a link's name may have dots.
///
/// # Errors
/// [`SysctlError::Outside`] and [`SysctlError::Read`].
pub fn read(proc_root: &Path, setting: &str) -> Result<Option<String>, SysctlError> {
    let path = place(proc_root, setting)?;
    let failed = |errno: Errno| SysctlError::Read {
        path: path.clone(),
        source: errno.into(),
    };
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = match openat(CWD, &path, flags, Mode::empty()) {
        Ok(file) => file,
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(failed(errno)),
    };
    let mut value = vec![0; LONGEST_VALUE_BYTES];
    let length = rustix::io::retry_on_intr(|| read_from(&file, &mut value)).map_err(failed)?;
    value.truncate(length);
    Ok(Some(String::from_utf8_lossy(&value).trim_end().to_owned()))
}

/// Writes a setting.
///
/// # Errors
/// [`SysctlError::Outside`] and [`SysctlError::Write`] (`ENOENT` when there is no such setting,
/// `EROFS` where `/proc/sys` may not be written).
pub fn write(proc_root: &Path, setting: &str, value: &str) -> Result<(), SysctlError> {
    let path = place(proc_root, setting)?;
    let failed = |errno: Errno| SysctlError::Write {
        path: path.clone(),
        value: value.to_owned(),
        source: errno.into(),
    };
    let flags = OFlags::WRONLY | OFlags::CLOEXEC;
    let file = openat(CWD, &path, flags, Mode::empty()).map_err(failed)?;
    let written = rustix::io::retry_on_intr(|| write_to(&file, value.as_bytes()));
    match written.map_err(failed)? {
        length if length == value.len() => Ok(()),
        _ => Err(failed(Errno::IO)),
    }
}

fn place(proc_root: &Path, setting: &str) -> Result<PathBuf, SysctlError> {
    let parts = Path::new(setting);
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    if parts.starts_with("net") && parts.components().all(is_plain) {
        return Ok(proc_root.join("sys").join(parts));
    }
    Err(SysctlError::Outside {
        path: parts.to_owned(),
    })
}
