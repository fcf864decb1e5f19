//! The socket `agent.sock`: made so that it is never missing for a moment, and missed when it is gone.
//!
//! It is renamed into its place: while agents are rolled out the new one takes it over, and the old one
//! leaves it alone. Left to others: what is said by it.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;

/// A socket in its place.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Makes it, for root alone.
    ///
    /// # Errors
    /// When it cannot be made; what was in its place is still there.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let beside = path.with_file_name(format!(".agent-{:08x}.sock", fastrand::u32(..)));
        let listener = UnixListener::bind(&beside)?;
        let placed = fs::set_permissions(&beside, Permissions::from_mode(0o600))
            .and_then(|()| fs::rename(&beside, path));
        if let Err(error) = placed {
            // the first error tells more than that of cleaning up behind it
            drop(fs::remove_file(&beside));
            return Err(error);
        }
        Ok(Self {
            listener,
            path: path.to_owned(),
        })
    }

    /// Whether nothing is in its place any more. What a newer agent put there is not missing.
    pub(crate) fn is_missing(&self) -> bool {
        fs::symlink_metadata(&self.path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    }
}
