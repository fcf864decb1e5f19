//! Our sockets in the kubelet's folders: their names, how they are made, and how those of dead processes are cleared
//! away (DRA-05, DRA-07). Left to others: what is served on them.

use std::fs::Permissions;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use colvin_model::digest::digest;
use tokio::net::{UnixListener, UnixStream};
use tracing::info;

use crate::{DRIVER, Folders, Uid, files};

/// The most bytes of a socket's path (`sun_path` has 108 with its end), less the dot of one that is not named yet.
const LONGEST_PATH: usize = 106;

/// A socket whose owner takes longer than this to be reached is not judged.
const REACH: Duration = Duration::from_millis(500);

/// Where our two sockets are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    /// Of the driver's services.
    pub(crate) driver: PathBuf,
    /// Where the kubelet asks who we are.
    pub(crate) registration: PathBuf,
}

impl Places {
    /// Of a pod, or of whoever is alone.
    pub(crate) fn of(folders: &Folders, pod: Option<&Uid>) -> Self {
        let own = pod.map(|uid| format!("-{uid}")).unwrap_or_default();
        Self {
            driver: fit(&folders.plugin(), "dra", &own, ""),
            registration: fit(&folders.registry(), DRIVER, &own, "-reg"),
        }
    }
}

/// The name of a socket, with a digest for what makes its path too long.
fn fit(folder: &Path, before: &str, own: &str, after: &str) -> PathBuf {
    let path = folder.join(format!("{before}{own}{after}.sock"));
    if path.as_os_str().len() <= LONGEST_PATH {
        return path;
    }
    let own = digest(path.as_os_str().as_encoded_bytes());
    folder.join(format!("{before}-{own:016x}{after}.sock"))
}

/// Whether a file of this name is a socket of our driver's services.
pub(crate) fn is_drivers(name: &str) -> bool {
    name.starts_with("dra") && is_socket(name)
}

/// Whether a file of this name is a socket for our registration.
pub(crate) fn is_registrations(name: &str) -> bool {
    let rest = name.strip_prefix(DRIVER);
    rest.is_some_and(|rest| rest.starts_with('-') && rest.ends_with("-reg.sock"))
}

fn is_socket(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|it| it == "sock")
}

/// A socket that is served; its file goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Socket {
    path: PathBuf,
    inode: u64,
}

impl Socket {
    /// Makes a socket in place of what has its name, for its owner only.
    ///
    /// It gets its name when it already listens, so whoever sees the name can connect. Until then its name begins
    /// with a dot, and the kubelet passes over it.
    ///
    /// # Errors
    /// When it cannot be made; nothing is left then.
    pub(crate) fn bind(path: &Path) -> io::Result<(UnixListener, Self)> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let unnamed = path.with_file_name(format!(".{name}"));
        for stale in [&unnamed, path] {
            // the kubelet must see the old name go before the new one comes
            gone(std::fs::remove_file(stale))?;
        }
        let made = UnixListener::bind(&unnamed).and_then(|listener| {
            std::fs::set_permissions(&unnamed, Permissions::from_mode(0o600))?;
            let inode = std::fs::symlink_metadata(&unnamed)?.ino();
            std::fs::rename(&unnamed, path)?;
            let path = path.to_owned();
            Ok((listener, Self { path, inode }))
        });
        if made.is_err() {
            // the first error tells more than that of cleaning up behind it
            drop(std::fs::remove_file(&unnamed));
        }
        made
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
            drop(std::fs::remove_file(&self.path));
        }
    }
}

fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whether somebody serves there.
pub(crate) async fn is_served(path: &Path) -> bool {
    let reached = tokio::time::timeout(REACH, UnixStream::connect(path)).await;
    match reached {
        Ok(Ok(_stream)) => true,
        Ok(Err(error)) => {
            let gone = [ErrorKind::ConnectionRefused, ErrorKind::NotFound];
            !gone.contains(&error.kind())
        }
        Err(_elapsed) => true,
    }
}

/// Removes sockets of ours that nobody listens on any more, of pods that were: the kubelet would ask them for ever.
pub(crate) async fn remove_dead(folder: &Path, is_ours: fn(&str) -> bool) {
    let Ok(names) = files::names(folder) else {
        return;
    };
    for name in names.iter().filter(|name| is_ours(name)) {
        let path = folder.join(name);
        if !is_served(&path).await && files::remove(&path).is_ok() {
            info!(socket = %path.display(), "removed the socket of a process that is gone");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(kubelet: &Path) -> Folders {
        Folders {
            kubelet: kubelet.to_owned(),
            ..Folders::default()
        }
    }

    /// DRA-02, DRA-07.
    #[test]
    fn sockets_are_named_as_the_kubelet_and_its_users_know_them() {
        let folders = Folders::default();
        let alone = Places::of(&folders, None);
        assert_eq!(
            alone.driver,
            Path::new("/var/lib/kubelet/plugins/colvin.dev/dra.sock")
        );
        assert_eq!(
            alone.registration,
            Path::new("/var/lib/kubelet/plugins_registry/colvin.dev-reg.sock")
        );
        let pod: Uid = "4b1f6e2e-7a55-4d5c-9d8f-0a6f3c1d2e3f".parse().unwrap();
        let of_pod = Places::of(&folders, Some(&pod));
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(name(&of_pod.driver), format!("dra-{pod}.sock"));
        assert_eq!(
            name(&of_pod.registration),
            format!("colvin.dev-{pod}-reg.sock")
        );
        for places in [alone, of_pod] {
            assert!(is_drivers(&name(&places.driver)));
            assert!(is_registrations(&name(&places.registration)));
        }
    }

    /// DRA-05.
    #[test]
    fn a_path_that_is_too_long_for_a_socket_is_hashed() {
        let deep = PathBuf::from(format!("/var/{}", "k".repeat(40)));
        let pods = ["1", "2"].map(|end| format!("{}{end}", "u".repeat(40)).parse::<Uid>().unwrap());
        let places = pods.map(|pod| Places::of(&folders(&deep), Some(&pod)));
        for place in &places {
            for path in [&place.driver, &place.registration] {
                assert!(path.as_os_str().len() <= LONGEST_PATH, "{}", path.display());
                assert!(is_socket(&path.to_string_lossy()));
            }
        }
        assert_ne!(places[0].driver, places[1].driver);
        assert_ne!(places[0].registration, places[1].registration);
    }

    /// DRA-05.
    #[tokio::test]
    async fn a_socket_takes_the_place_of_a_stale_one_and_goes_with_its_owner() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("dra.sock");
        drop(UnixListener::bind(&path).unwrap());
        assert!(!is_served(&path).await);
        let (listener, socket) = Socket::bind(&path).unwrap();
        assert!(is_served(&path).await && socket.is_there());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop((listener, socket));
        assert!(files::names(top.path()).unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_socket_of_another_by_our_name_is_left_alone() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("dra.sock");
        let (_listener, socket) = Socket::bind(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, b"").unwrap();
        assert!(!socket.is_there());
        drop(socket);
        assert_eq!(files::names(top.path()).unwrap(), ["dra.sock"]);
    }

    /// DRA-05.
    #[tokio::test]
    async fn sockets_of_dead_pods_are_removed_and_no_others() {
        let top = tempfile::tempdir().unwrap();
        let alive = top.path().join("colvin.dev-one-reg.sock");
        let (_listener, _socket) = Socket::bind(&alive).unwrap();
        let others = [
            "colvin.development.org-reg.sock",
            "gpu.example.com-reg.sock",
        ];
        for dead in others.into_iter().chain(["colvin.dev-two-reg.sock"]) {
            drop(UnixListener::bind(top.path().join(dead)).unwrap());
        }
        remove_dead(top.path(), is_registrations).await;
        let left = files::names(top.path()).unwrap();
        assert_eq!(left, ["colvin.dev-one-reg.sock", others[0], others[1]]);
    }
}
