//! Our sockets in the kubelet's folders: their names, how they are made, and how those of dead processes
//! are cleared away (DP-06, DP-21). Left to others: what is served on them.

use std::fs::Permissions;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use colvin_model::offer::ResourceName;
use tokio::net::{UnixListener, UnixStream};
use tracing::info;

use crate::files;
use crate::instance::{digest, in_name};

/// A socket whose owner takes longer than this to be reached is not judged.
const REACH: Duration = Duration::from_millis(500);

/// Of a socket that the kubelet has not come to yet, and of one whose list it has: the owner's right to execute,
/// which means nothing for a socket, tells other processes of ours.
const UNTAKEN: u32 = 0o600;
const TAKEN: u32 = 0o700;

/// What tells the sockets of one process from those of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instance(pub(crate) u32);

/// What the names of all sockets for a resource begin with, whoever serves them.
///
/// A path of a socket has at most 107 bytes and a resource's name up to 317, so the name is cut and a
/// digest of the whole stands for it.
pub(crate) fn prefix(resource: &ResourceName) -> String {
    let digest = digest(resource.as_str());
    format!("colvin-{}-{digest:08x}-", in_name(resource.name(), 20))
}

/// Whether a file of this name is a socket of ours.
pub(crate) fn is_ours(name: &str) -> bool {
    let socket = Path::new(name).extension().is_some_and(|it| it == "sock");
    name.starts_with("colvin-") && socket
}

/// Whether a socket of ours is of this instance.
pub(crate) fn is_of(name: &str, instance: Instance) -> bool {
    name.contains(&format!("-{:08x}-", instance.0))
}

/// A socket that is served; its file goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Socket {
    path: PathBuf,
    inode: u64,
}

impl Socket {
    /// Makes a socket with a name that no other has ever had, readable by its owner only.
    ///
    /// It gets its name when it already listens, so whoever sees the name can connect. Until then its
    /// name begins with a dot, and the kubelet passes over it.
    ///
    /// # Errors
    /// When it cannot be made; nothing is left then.
    pub(crate) fn bind(
        folder: &Path,
        resource: &ResourceName,
        instance: Instance,
    ) -> io::Result<(UnixListener, Self)> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}{:08x}-{count}.sock", prefix(resource), instance.0);
        let path = folder.join(&name);
        let unnamed = folder.join(format!(".{name}"));
        let made = UnixListener::bind(&unnamed).and_then(|listener| {
            std::fs::set_permissions(&unnamed, Permissions::from_mode(UNTAKEN))?;
            let inode = std::fs::symlink_metadata(&unnamed)?.ino();
            std::fs::rename(&unnamed, &path)?;
            Ok((listener, Self { path, inode }))
        });
        if made.is_err() {
            // the first error tells more than that of cleaning up behind it
            drop(files::remove(&unnamed));
        }
        made
    }

    /// Where it is.
    #[cfg(test)]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its name in its folder.
    pub(crate) fn name(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Says to other processes that the kubelet has its list.
    pub(crate) fn set_taken(&self) {
        // without it another process that ends waits for nothing, and no more
        drop(std::fs::set_permissions(
            &self.path,
            Permissions::from_mode(TAKEN),
        ));
    }

    /// Whether its name still leads to it.
    pub(crate) fn is_there(&self) -> bool {
        std::fs::symlink_metadata(&self.path).is_ok_and(|it| it.ino() == self.inode)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.is_there() {
            // what stays is found by the next process and removed
            drop(files::remove(&self.path));
        }
    }
}

/// Whether the kubelet has the list of who serves here, as that says.
pub(crate) fn is_taken(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|it| it.permissions().mode() & 0o777 == TAKEN)
}

/// Whether nobody listens here any more.
pub(crate) async fn is_dead(path: &Path) -> bool {
    let reached = tokio::time::timeout(REACH, UnixStream::connect(path)).await;
    let gone = [ErrorKind::ConnectionRefused, ErrorKind::NotFound];
    reached.is_ok_and(|it| it.is_err_and(|error| gone.contains(&error.kind())))
}

/// Removes sockets of ours that nobody listens on any more: the kubelet never cleans the folder of the
/// plugin watcher.
pub(crate) async fn remove_dead(folder: &Path) {
    let Ok(names) = files::names(folder) else {
        return;
    };
    for name in names.iter().filter(|name| is_ours(name)) {
        let path = folder.join(name);
        if is_dead(&path).await && files::remove(&path).is_ok() {
            info!(socket = %path.display(), "removed the socket of a process that is gone");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ME: Instance = Instance(0x1234_5678);

    fn green() -> ResourceName {
        "colvin.dev/green".parse().unwrap()
    }

    #[tokio::test]
    async fn dp_21_no_two_sockets_have_one_name() {
        let top = tempfile::tempdir().unwrap();
        let (_one, first) = Socket::bind(top.path(), &green(), ME).unwrap();
        let (_two, second) = Socket::bind(top.path(), &green(), ME).unwrap();
        let (_three, other) = Socket::bind(top.path(), &green(), Instance(9)).unwrap();
        assert_ne!(first.name(), second.name());
        assert!(is_of(&first.name(), ME) && !is_of(&other.name(), ME));
        for socket in [&first, &second, &other] {
            assert!(is_ours(&socket.name()) && socket.name().starts_with(&prefix(&green())));
        }
    }

    #[tokio::test]
    async fn a_socket_is_its_owners_alone_and_goes_with_it() {
        let top = tempfile::tempdir().unwrap();
        let (listener, socket) = Socket::bind(top.path(), &green(), ME).unwrap();
        let mode = std::fs::metadata(socket.path())
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(files::names(top.path()).unwrap(), [socket.name()]);
        UnixStream::connect(socket.path()).await.unwrap();
        assert!(socket.is_there());
        drop((listener, socket));
        assert!(files::names(top.path()).unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_socket_of_another_by_our_name_is_left_alone() {
        let top = tempfile::tempdir().unwrap();
        let (_listener, socket) = Socket::bind(top.path(), &green(), ME).unwrap();
        let name = socket.name();
        std::fs::remove_file(socket.path()).unwrap();
        std::fs::write(socket.path(), b"").unwrap();
        assert!(!socket.is_there());
        drop(socket);
        assert_eq!(files::names(top.path()).unwrap(), [name]);
    }

    #[tokio::test]
    async fn dp_06_sockets_of_dead_processes_are_removed_and_no_others() {
        let top = tempfile::tempdir().unwrap();
        let (_alive, socket) = Socket::bind(top.path(), &green(), ME).unwrap();
        let dead = top.path().join("colvin-green-00000000-00000001-0.sock");
        drop(UnixListener::bind(&dead).unwrap());
        let foreign = top.path().join("other.sock");
        drop(UnixListener::bind(&foreign).unwrap());
        assert!(dead.exists());
        remove_dead(top.path()).await;
        assert_eq!(
            files::names(top.path()).unwrap(),
            [socket.name(), "other.sock".into()]
        );
    }

    #[test]
    fn the_longest_name_fits_into_a_path_of_a_socket() {
        let resource = format!("{}/{}", "x".repeat(60), "y".repeat(63))
            .parse()
            .unwrap();
        let name = format!(".{}{:08x}-{}.sock", prefix(&resource), u32::MAX, 99_999);
        let path = Path::new("/var/lib/kubelet/plugins_registry").join(name);
        assert!(path.as_os_str().len() <= 107, "{}", path.display());
    }
}
