//! What kind of kubelet it is and how it answers.
//!
//! Left to others: doing so.

use std::path::PathBuf;
use std::time::Duration;

/// What kind of kubelet it is.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its folder, as `/var/lib/kubelet`; `None` for a temporary one.
    pub folder: Option<PathBuf>,
    /// What happens when two instances serve one resource.
    pub overlap: Overlap,
    /// Whether it looks into `plugins_registry/`; without, the folder is not made.
    pub watcher: bool,
    /// Pause between two rounds of the plugin watcher. Kubernetes has 1 s.
    pub round: Duration,
    /// How long a plugin that was refused or did not answer is left alone at first; doubled each time.
    pub back_off: Duration,
    /// How long a plugin may take to let itself be dialled. Kubernetes has 10 s.
    pub dial_limit: Duration,
    /// How long a resource stays in the node's status after its plugin has gone. Kubernetes has 5 min.
    pub grace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            folder: None,
            overlap: Overlap::BySocket,
            watcher: true,
            round: Duration::from_millis(10),
            back_off: Duration::from_millis(500),
            dial_limit: Duration::from_secs(10),
            grace: Duration::from_mins(5),
        }
    }
}

/// What happens when two instances serve one resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// Each is known by its socket; the end of one leaves the other (Kubernetes 1.36 and newer).
    BySocket,
    /// Known by the resource: the end of the old one's stream disconnects the new one (before 1.36).
    ByResource,
}

/// What the kubelet serves, so that a test can say how it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// `Register` of device plugins.
    Register,
    /// All calls of pod resources.
    PodResources,
}

/// How a call is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// At once.
    #[default]
    AtOnce,
    /// After this long.
    Late(Duration),
    /// Not at all, until the kubelet ends.
    Never,
}

/// What a container is to its pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// One of the pod's containers: it reuses what init containers had.
    App,
    /// An init container that runs to its end.
    Init,
    /// An init container that runs on: it keeps its devices.
    Sidecar,
}
