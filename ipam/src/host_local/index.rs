//! Who has which addresses, without reading every reservation: a folder beside the networks' own
//! (`<dataDir>/.colvin/<network>`) with a symbolic link per owner, whose target is a boot id and the
//! addresses. Nobody follows these links.
//!
//! It is a copy, and says so itself when it is old: after each change the network's folder gets the
//! present time as its time of change, and the file `stamp` says which. Whatever another program makes
//! or removes there gives the folder another time, as does a program of ours that was killed in the
//! middle; a reboot makes the index old too. An old index is made anew from the reservations (`book`).
//! Where it cannot be kept, every call reads them: slower, and as right.
//!
//! The stamp is written over in place: a file made and removed in each call costs ext4 more than all
//! else here, since it gives out no inode that was free less than a minute ago, and looks at each.
//!
//! Left to others: reservations, and when they change.

use std::fs;
use std::net::IpAddr;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::buffer::spare_capacity;
use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, Timespec, Timestamps};
use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};

use super::settings::Places;
use crate::Owner;

/// The folder of all indexes, in `dataDir`. No network has such a name.
const FOLDER: &str = ".colvin";

/// The file that says how the network's folder was when the index was right: one line, and what is left
/// of longer ones. Its line names the boot, so one that a lost power supply tore is an old one.
const STAMP: &str = "stamp";

/// More than a stamp is long.
const STAMP_BYTES: usize = 256;

/// The form of all this.
const VERSION: u32 = 2;

/// An index that may be written.
#[derive(Debug)]
pub(super) struct Index {
    fd: OwnedFd,
}

/// What one owner has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The boot in which it was first seen.
    pub(super) boot_id: String,
    pub(super) addresses: Vec<IpAddr>,
}

impl Index {
    /// Opens the index of a network; `None` where there is none and `make` is not set, or it cannot be
    /// made.
    pub(super) fn open(places: &Places, make: bool) -> Option<Self> {
        let path = places.data_dir.join(FOLDER).join(&places.network);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let open = || rustix::fs::openat(CWD, &path, flags, Mode::empty());
        let fd = match open() {
            Err(Errno::NOENT) if make => {
                fs::create_dir_all(&path).ok()?;
                open().ok()?
            }
            other => other.ok()?,
        };
        Some(Self { fd })
    }

    /// Whether it says what is in the network's folder.
    pub(super) fn is_fresh(&self, folder: BorrowedFd<'_>, boot_id: &str) -> bool {
        let seen = stamp_of(folder, boot_id);
        seen.is_some() && self.read_stamp() == seen
    }

    /// Says that it is old, until [`Index::stamp`].
    pub(super) fn spoil(&self) -> Result<(), Errno> {
        self.remove(STAMP)
    }

    fn read_stamp(&self) -> Option<String> {
        let file = self.open_stamp(OFlags::RDONLY).ok()?;
        let mut bytes = Vec::with_capacity(STAMP_BYTES);
        rustix::io::read(file, spare_capacity(&mut bytes)).ok()?;
        bytes.truncate(bytes.iter().position(|byte| *byte == b'\n')?);
        String::from_utf8(bytes).ok()
    }

    fn write_stamp(&self, stamp: &str) -> Result<(), Errno> {
        let file = self.open_stamp(OFlags::WRONLY | OFlags::CREATE)?;
        let line = format!("{stamp}\n");
        if rustix::io::write(file, line.as_bytes())? < line.len() {
            return Err(Errno::NOSPC);
        }
        Ok(())
    }

    /// Of a file; whatever else may have that name is neither followed nor waited for.
    fn open_stamp(&self, how: OFlags) -> Result<OwnedFd, Errno> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | how;
        rustix::fs::openat(&self.fd, STAMP, flags, Mode::RUSR | Mode::WUSR)
    }

    /// Says that it is as the network's folder: gives the folder a time of change of its own, one that
    /// the kernel, whose clock ticks, gives no folder. Where that fails the index stays old.
    pub(super) fn stamp(&self, folder: BorrowedFd<'_>, boot_id: &str) {
        let _stamped = self.try_stamp(folder, boot_id).is_ok();
    }

    fn try_stamp(&self, folder: BorrowedFd<'_>, boot_id: &str) -> Result<(), Errno> {
        let ticks = clock_gettime(ClockId::RealtimeCoarse);
        let mut now = clock_gettime(ClockId::Realtime);
        if now == ticks {
            now.tv_nsec ^= 1;
        }
        let times = Timestamps {
            last_access: Timespec {
                tv_sec: 0,
                tv_nsec: rustix::fs::UTIME_OMIT,
            },
            last_modification: now,
        };
        rustix::fs::futimens(folder, &times)?;
        // a file system that keeps whole seconds cannot tell one change from the next
        let stat = rustix::fs::fstat(folder)?;
        let kept = i128::from(stat.st_mtime) == i128::from(now.tv_sec)
            && i128::from(stat.st_mtime_nsec) == i128::from(now.tv_nsec);
        match stamp_of(folder, boot_id) {
            Some(stamp) if kept => self.write_stamp(&stamp),
            _ => Err(Errno::NOTSUP),
        }
    }

    /// What the owner has.
    pub(super) fn get(&self, owner: &Owner) -> Option<Entry> {
        parse(&self.read(&name_of(owner))?)
    }

    /// As [`Index::get`], with the time when that was written.
    pub(super) fn get_with_time(&self, owner: &Owner) -> Option<(Entry, Time)> {
        let entry = self.get(owner)?;
        Some((entry, time_of(self.fd.as_fd(), &name_of(owner))?))
    }

    /// Says what the owner has.
    pub(super) fn put(&self, owner: &Owner, entry: &Entry) -> Result<(), Errno> {
        let addresses: Vec<String> = entry.addresses.iter().map(IpAddr::to_string).collect();
        let target = format!("{};{}", entry.boot_id, addresses.join(","));
        let name = name_of(owner);
        self.remove(&name)?;
        self.link(&name, &target)
    }

    /// Says that the owner has nothing.
    pub(super) fn forget(&self, owner: &Owner) -> Result<(), Errno> {
        self.remove(&name_of(owner))
    }

    /// Forgets all whose link has none of these names.
    pub(super) fn retain(&self, owners: &[String]) -> Result<(), Errno> {
        for entry in Dir::read_from(&self.fd)? {
            let entry = entry?;
            let name = entry.file_name();
            let kept = name.to_str().is_ok_and(|name| {
                matches!(name, "." | ".." | STAMP)
                    || owners
                        .binary_search_by(|owner| owner.as_str().cmp(name))
                        .is_ok()
            });
            if !kept {
                rustix::fs::unlinkat(&self.fd, name, AtFlags::empty())?;
            }
        }
        Ok(())
    }

    fn read(&self, name: &str) -> Option<String> {
        let target = rustix::fs::readlinkat(&self.fd, name, Vec::with_capacity(256)).ok()?;
        target.into_string().ok()
    }

    fn link(&self, name: &str, target: &str) -> Result<(), Errno> {
        rustix::fs::symlinkat(target, &self.fd, name)
    }

    fn remove(&self, name: &str) -> Result<(), Errno> {
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// When a file was last written: seconds and nanoseconds.
pub(super) type Time = (i64, i64);

/// When the file of this name was last written; of a link the link itself.
pub(super) fn time_of(folder: BorrowedFd<'_>, name: &str) -> Option<Time> {
    let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    Some((stat.st_mtime, i64::try_from(stat.st_mtime_nsec).ok()?))
}

/// How the network's folder is now.
fn stamp_of(folder: BorrowedFd<'_>, boot_id: &str) -> Option<String> {
    let stat = rustix::fs::fstat(folder).ok()?;
    let (device, inode) = (stat.st_dev, stat.st_ino);
    let (seconds, nanoseconds) = (stat.st_mtime, stat.st_mtime_nsec);
    Some(format!(
        "{VERSION};{boot_id};{device};{inode};{seconds};{nanoseconds}"
    ))
}

/// The link's name: both names, with what cannot stand in a file's name escaped.
pub(super) fn name_of(owner: &Owner) -> String {
    let mut name = escaped(&owner.container_id);
    name.push(':');
    name.push_str(&escaped(&owner.ifname));
    name
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25")
        .replace('/', "%2F")
        .replace(':', "%3A")
}

fn parse(target: &str) -> Option<Entry> {
    let (boot_id, addresses) = target.split_once(';')?;
    let addresses: Result<Vec<IpAddr>, _> = addresses.split(',').map(str::parse).collect();
    Some(Entry {
        boot_id: boot_id.to_owned(),
        addresses: addresses.ok()?,
    })
}
