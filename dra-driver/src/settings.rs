//! What a node's administrator chooses, and where the files are. Left to others: flags and their texts.

use std::path::PathBuf;
use std::time::Duration;

use crate::{DRIVER, Uid};

/// How claims are prepared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where the files are.
    pub folders: Folders,
    /// The UID of the pod we run in: then two instances may serve at once, so that an update leaves no gap (DRA-07).
    /// `None` outside of pods, where the next instance takes the sockets of the last.
    pub pod_uid: Option<Uid>,
    /// The program that refuses a container whose interface was not made, or `None` where there is no gate: the CDI
    /// edits of each device call it as `PROGRAM gate --resource R --device D` before the container starts.
    pub gate: Option<PathBuf>,
    /// Whether containers find a file with what their devices are (DRA-35).
    pub metadata: bool,
    /// The boot of the machine, from `/proc/sys/kernel/random/boot_id`. What was prepared in another boot is prepared
    /// anew when the kubelet asks; `None` believes all.
    pub boot_id: Option<String>,
    /// How long is waited for what.
    pub pace: Pace,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            folders: Folders::default(),
            pod_uid: None,
            gate: None,
            metadata: true,
            boot_id: None,
            pace: Pace::default(),
        }
    }
}

/// Where the files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// The kubelet's (`--root-dir`), with `plugins` and `plugins_registry` in it: the same path for us and for the
    /// kubelet.
    pub kubelet: PathBuf,
    /// Ours, kept over reboots: the checkpoint is in it.
    pub state: PathBuf,
    /// Ours, empty after a reboot: `claims` is made in it.
    pub run: PathBuf,
    /// Of CDI specs, empty after a reboot.
    pub cdi: PathBuf,
}

impl Default for Folders {
    /// Where they are on every node.
    fn default() -> Self {
        Self {
            kubelet: "/var/lib/kubelet".into(),
            state: "/var/lib/colvin".into(),
            run: "/run/colvin".into(),
            cdi: "/var/run/cdi".into(),
        }
    }
}

impl Folders {
    /// Our folder among the kubelet's plugins, with the socket, the lock and the metadata files.
    pub fn plugin(&self) -> PathBuf {
        self.kubelet.join("plugins").join(DRIVER)
    }

    /// Where the kubelet looks for plugins.
    pub fn registry(&self) -> PathBuf {
        self.kubelet.join("plugins_registry")
    }

    /// Who has it may write any of the files (DRA-07).
    pub(crate) fn lock(&self) -> PathBuf {
        self.plugin().join("serialize.lock")
    }

    /// What was prepared.
    pub fn checkpoint(&self) -> PathBuf {
        self.state.join("dra").join("checkpoint.json")
    }
}

/// How long is waited for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// For all that one call of the kubelet asks. The kubelet waits for 45 s (DRA-10).
    pub call: Duration,
    /// For the API server, of that.
    pub read: Duration,
    /// Until a failed socket is tried again: at first this long, twice as long each time, ...
    pub retry_first: Duration,
    /// ... at most this long.
    pub retry_longest: Duration,
    /// Until the kubelet should have found the socket in its folder; then it is made anew. Twice as long each time,
    /// up to five minutes.
    pub unheard: Duration,
    /// For a process that serves on the socket that should be ours, to end.
    pub occupied: Duration,
    /// Between two lists of the devices' health. The kubelet forgets what it heard after three of it (DRA-32).
    pub health: Duration,
    /// At the end, for calls that are under way.
    pub leave: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            call: Duration::from_secs(40),
            read: Duration::from_secs(20),
            retry_first: Duration::from_millis(50),
            retry_longest: Duration::from_secs(10),
            unheard: Duration::from_mins(1),
            occupied: Duration::from_secs(30),
            health: Duration::from_secs(10),
            leave: Duration::from_secs(5),
        }
    }
}
