//! Network namespaces: named by their file, told apart by device and inode, and entered by the
//! calling thread for one piece of work.
//!
//! A thread that enters comes back, whatever the work does, or the process ends. Sockets that the
//! work opens stay where they were opened, so one entry serves for many messages. Left to others:
//! what is done inside.
#![expect(
    unsafe_code,
    reason = "ioctl(NS_GET_NSTYPE) has no safe wrapper in rustix"
)]

mod error;
mod id;
mod live;
pub mod sysctl;

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, fstatfs, openat};
use rustix::io::Errno;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

pub use error::NetNsError;
pub use id::{InvalidNetNsId, NetNsId};
pub use live::{Live, live};

/// An open network namespace. It lives at least as long as this.
#[derive(Debug)]
pub struct NetNs {
    file: OwnedFd,
    id: NetNsId,
}

impl NetNs {
    /// The namespace that a path stands for: `/proc/PID/ns/net`, or a file on which it is mounted.
    ///
    /// # Errors
    /// [`NetNsError::Gone`] when there is no such path, [`NetNsError::NotANamespace`] when it is
    /// something else, such as the plain file that is left when a mount has gone, and
    /// [`NetNsError::Open`] for anything else.
    pub fn open(path: &Path) -> Result<Self, NetNsError> {
        let failed = |errno: Errno| NetNsError::Open {
            path: path.to_owned(),
            source: errno.into(),
        };
        // a pipe in its place must not hold us up
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = match openat(CWD, path, flags, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::NOENT | Errno::NOTDIR | Errno::SRCH) => {
                return Err(NetNsError::Gone {
                    path: path.to_owned(),
                });
            }
            // a socket, or a device without a driver
            Err(Errno::NXIO) => return Err(not_one(path, "a socket or device")),
            Err(errno) => return Err(failed(errno)),
        };
        let stat = fstat(&file).map_err(failed)?;
        let system = fstatfs(&file).map_err(failed)?;
        if system.f_type != NSFS {
            return Err(not_one(path, shape(FileType::from_raw_mode(stat.st_mode))));
        }
        if !is_network(file.as_fd()).map_err(failed)? {
            return Err(not_one(path, "a namespace of another kind"));
        }
        Ok(Self {
            file,
            id: NetNsId {
                device: stat.st_dev,
                inode: stat.st_ino,
            },
        })
    }

    /// The calling thread's own.
    ///
    /// # Errors
    /// As [`NetNs::open`]; without `/proc` there is no answer.
    pub fn current() -> Result<Self, NetNsError> {
        Self::open(Path::new("/proc/thread-self/ns/net"))
    }

    /// What tells it from every other one that is there at the same time.
    pub fn id(&self) -> NetNsId {
        self.id
    }

    /// Whether both are the same.
    pub fn is_same(&self, other: &Self) -> bool {
        self.id == other.id
    }

    /// Does the work inside the namespace, on the calling thread, which is back in its own
    /// afterwards; other threads see nothing of it. What the work opens stays in the namespace.
    ///
    /// A thread of its own for the work would cost an `ADD` a quarter of its time: the kernel's move
    /// of a link waits for what the end of a thread leaves to RCU.
    ///
    /// # Errors
    /// [`NetNsError::Enter`] when the thread may not enter, or would not be let back (`EPERM`
    /// without `CAP_SYS_ADMIN`), and as [`NetNs::current`]; the work was then not begun.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> Result<T, NetNsError> {
        self.run_from(&Self::current()?, work)
    }

    /// The same for a thread whose own namespace is open already: it must be that one, since there it ends.
    ///
    /// # Errors
    /// [`NetNsError::Enter`], as [`NetNs::run`].
    pub fn run_from<T>(&self, home: &Self, work: impl FnOnce() -> T) -> Result<T, NetNsError> {
        let home = Return(home);
        // who is not let into where it is would not be let back
        home.0.enter()?;
        self.enter()?;
        Ok(work())
    }

    fn enter(&self) -> Result<(), NetNsError> {
        let entered =
            move_into_link_name_space(self.file.as_fd(), Some(LinkNameSpaceType::Network));
        entered.map_err(|errno| NetNsError::Enter {
            id: self.id,
            source: errno.into(),
        })
    }
}

/// Brings the thread back when it is dropped, after a panic too.
struct Return<'a>(&'a NetNs);

impl Drop for Return<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.0.enter() {
            // all that this thread did from here on would be done to somebody else's network
            drop(writeln!(
                io::stderr(),
                "{error}, out of another: the process ends"
            ));
            std::process::abort();
        }
    }
}

impl AsFd for NetNs {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl From<NetNs> for File {
    fn from(namespace: NetNs) -> Self {
        namespace.file.into()
    }
}

/// `NSFS_MAGIC`.
const NSFS: rustix::fs::FsWord = 0x6e73_6673;

fn not_one(path: &Path, found: &'static str) -> NetNsError {
    NetNsError::NotANamespace {
        path: path.to_owned(),
        found,
    }
}

/// What a file is, for people.
fn shape(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "a plain file",
        FileType::Directory => "a folder",
        FileType::Fifo => "a pipe",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Symlink | FileType::Unknown => "no file of the kernel's",
    }
}

/// Whether a file of nsfs stands for a network namespace. A kernel before 4.11 cannot tell, and is
/// believed: entering says so then.
fn is_network(file: BorrowedFd<'_>) -> Result<bool, Errno> {
    // SAFETY: the request takes no argument and touches no memory of ours; the descriptor is
    // borrowed, so it is open.
    let kind = unsafe { libc::ioctl(file.as_raw_fd(), libc::NS_GET_NSTYPE) };
    if kind >= 0 {
        return Ok(kind == libc::CLONE_NEWNET);
    }
    match Errno::from_io_error(&io::Error::last_os_error()) {
        Some(Errno::NOTTY) | None => Ok(true),
        Some(errno) => Err(errno),
    }
}
