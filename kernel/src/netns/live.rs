//! Which network namespaces are alive: held by a process or by a mount. A namespace that only an
//! open file or a link's end holds is not found.
//!
//! Left to others: whose they are, and what a missing one means.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Dir, Mode, OFlags, makedev, openat, stat};
use rustix::io::Errno;

use super::{NetNsError, NetNsId};

/// The namespaces that are alive, with a path each by which it can be opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Live {
    /// A path below the root of `/proc` each; a mount's where there is one, else a process's.
    pub paths: BTreeMap<NetNsId, PathBuf>,
    /// How many processes could not be looked at, though they are there. A namespace that is not
    /// in the list is known to be gone only when this is 0.
    pub unreadable: usize,
}

/// Looks at every process and at the mounts of the first process (of this one, where that may not
/// be seen), through a `/proc` which may be that of the host.
///
/// # Errors
/// [`NetNsError::Proc`] when `/proc` cannot be listed, or no list of mounts can be read.
pub fn live(proc_root: &Path) -> Result<Live, NetNsError> {
    let mut live = Live::default();
    for process in numbers(proc_root)? {
        look(&proc_root.join(process), &mut live)?;
    }
    mounts(proc_root, &mut live)?;
    Ok(live)
}

fn failed(path: &Path) -> impl Fn(Errno) -> NetNsError {
    |errno| NetNsError::Proc {
        path: path.to_owned(),
        source: errno.into(),
    }
}

/// The folders in a folder of `/proc` that are named by a number.
fn numbers(folder: &Path) -> Result<Vec<OsString>, NetNsError> {
    let failed = failed(folder);
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let open = openat(CWD, folder, flags, Mode::empty()).map_err(&failed)?;
    let mut numbers = Vec::new();
    for entry in Dir::new(open).map_err(&failed)? {
        let entry = entry.map_err(&failed)?;
        let name = entry.file_name().to_bytes();
        if name.iter().all(u8::is_ascii_digit) {
            numbers.push(OsStr::from_bytes(name).to_owned());
        }
    }
    Ok(numbers)
}

/// Adds the namespace of a process, or those of its threads when its first one has ended.
fn look(process: &Path, live: &mut Live) -> Result<(), NetNsError> {
    if take(&process.join("ns/net"), live) != Look::Gone {
        return Ok(());
    }
    let tasks = process.join("task");
    let threads = match numbers(&tasks) {
        Ok(threads) => threads,
        // the process has ended meanwhile
        Err(NetNsError::Proc { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    for thread in threads {
        take(&tasks.join(thread).join("ns/net"), live);
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Seen,
    Gone,
    Unreadable,
}

fn take(path: &Path, live: &mut Live) -> Look {
    match stat(path) {
        Ok(found) => {
            let id = NetNsId {
                device: found.st_dev,
                inode: found.st_ino,
            };
            live.paths.entry(id).or_insert_with(|| path.to_owned());
            Look::Seen
        }
        Err(Errno::NOENT | Errno::SRCH | Errno::NOTDIR) => Look::Gone,
        Err(_) => {
            live.unreadable = live.unreadable.saturating_add(1);
            Look::Unreadable
        }
    }
}

/// Adds the namespaces that are mounted where the first process sees them, or where this one does.
fn mounts(proc_root: &Path, live: &mut Live) -> Result<(), NetNsError> {
    let mut last = None;
    for process in ["1", "self"] {
        let process = proc_root.join(process);
        match read(&process.join("mountinfo")) {
            Ok(table) => {
                let root = process.join("root");
                for line in table.split(|byte| *byte == b'\n') {
                    if let Some((id, point)) = mounted(line) {
                        let below = point.strip_prefix("/").unwrap_or(&point);
                        live.paths.insert(id, root.join(below));
                    }
                }
                return Ok(());
            }
            Err(error) => last = Some(error),
        }
    }
    last.map_or(Ok(()), Err)
}

fn read(path: &Path) -> Result<Vec<u8>, NetNsError> {
    std::fs::read(path).map_err(|source| NetNsError::Proc {
        path: path.to_owned(),
        source,
    })
}

/// The network namespace that a line of `mountinfo` says is mounted, and where.
///
/// Source: `proc_pid_mountinfo(5)`: `id parent major:minor root point options - type source ..`.
fn mounted(line: &[u8]) -> Option<(NetNsId, PathBuf)> {
    let mut words = line.split(|byte| *byte == b' ').skip(2);
    let device = std::str::from_utf8(words.next()?).ok()?;
    let root = words.next()?.strip_prefix(b"net:[")?.strip_suffix(b"]")?;
    let point = words.next()?;
    let kind = words.skip_while(|word| *word != b"-").nth(1)?;
    let (major, minor) = device.split_once(':')?;
    let id = NetNsId {
        device: makedev(major.parse().ok()?, minor.parse().ok()?),
        inode: std::str::from_utf8(root).ok()?.parse().ok()?,
    };
    (kind == b"nsfs").then(|| (id, PathBuf::from(OsString::from_vec(unescape(point)))))
}

/// `\040` and the like become the bytes they stand for.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        let octal = behind.get(..3).and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 8).ok()
        });
        if let Some(byte) = octal.filter(|_| *first == b'\\') {
            plain.push(byte);
            rest = behind.get(3..).unwrap_or(&[]);
        } else {
            plain.push(*first);
            rest = behind;
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &[u8] =
        b"412 26 0:4 net:[4026532281] /run/netns/cni\\040a rw shared:9 - nsfs nsfs rw";

    #[test]
    fn a_mounted_namespace_is_read_with_its_place() {
        let id = NetNsId {
            device: 4,
            inode: 4_026_532_281,
        };
        assert_eq!(mounted(LINE), Some((id, "/run/netns/cni a".into())));
    }

    #[test]
    fn other_mounts_are_none() {
        for line in [
            &b""[..],
            b"22 26 0:20 / /proc rw - proc proc rw",
            b"412 26 0:4 mnt:[4026532281] /run/x rw - nsfs nsfs rw",
            b"412 26 0:4 net:[4026532281] /run/x rw - tmpfs tmpfs rw",
            b"412 26 0:4 net:[] /run/x rw - nsfs nsfs rw",
            b"412 26 0:4 net:[4026532281] /run/x rw",
        ] {
            assert_eq!(mounted(line), None, "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn escapes_of_a_mount_point_are_undone_and_half_ones_stay() {
        assert_eq!(unescape(b"\\134a\\011\\04"), b"\\a\t\\04");
    }
}
