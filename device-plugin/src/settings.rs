//! What a node's administrator chooses, and where the files are. Left to others: flags and their texts.

use std::path::PathBuf;
use std::time::Duration;

/// How devices are served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Where the files are.
    pub folders: Folders,
    /// How the kubelet hears of a resource.
    pub registration: Registration,
    /// How containers get their device nodes.
    pub cdi: Cdi,
    /// The program that refuses a container whose interface was not made, or `None` where there is no
    /// gate: the CDI edits of each device call it as `PROGRAM gate --resource R --device D` before the
    /// container starts. With [`Cdi::Off`] the kubelet is asked to call `PreStartContainer` instead, and
    /// [`crate::DeviceReader::applied`] decides.
    pub gate: Option<PathBuf>,
    /// The pod we run in, or `None` outside of pods. An answer of the kubelet that does not list it is
    /// from before the kubelet heard of its pods, and then nothing counts as free again.
    pub own_pod: Option<PodName>,
    /// The boot of the machine, from `/proc/sys/kernel/random/boot_id`. Records of another boot are not
    /// believed; `None` believes all.
    pub boot_id: Option<String>,
    /// How long is waited for what.
    pub pace: Pace,
}

/// A pod's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodName {
    /// Its namespace.
    pub namespace: String,
    /// Its name there.
    pub name: String,
}

/// Where the files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// The kubelet's, with `device-plugins`, `plugins_registry` and `pod-resources` in it.
    pub kubelet: PathBuf,
    /// Ours, empty after a reboot: `outstanding` is made in it.
    pub run: PathBuf,
    /// Of CDI specs, empty after a reboot.
    pub cdi: PathBuf,
    /// Of the device plugins' device-info files, empty after a reboot.
    pub device_info: PathBuf,
}

impl Default for Folders {
    /// Where they are on every node.
    fn default() -> Self {
        Self {
            kubelet: "/var/lib/kubelet".into(),
            run: "/run/colvin".into(),
            cdi: "/var/run/cdi".into(),
            device_info: "/var/run/k8s.cni.cncf.io/devinfo/dp".into(),
        }
    }
}

/// How the kubelet hears of a resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Registration {
    /// By the plugin watcher where the kubelet has its folder, else by the call.
    #[default]
    Auto,
    /// By a socket in `plugins_registry`.
    Watcher,
    /// By the call `Register` on `device-plugins/kubelet.sock`.
    Register,
}

/// How containers get their device nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cdi {
    /// By names of CDI devices.
    #[default]
    Names,
    /// By names, and by annotations too, for runtimes that read only those.
    Annotations,
    /// The runtime has no CDI: the kubelet tells it each node.
    Off,
}

/// How long is waited for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Until a failed call is tried again: at first this long, twice as long each time, ...
    pub retry_first: Duration,
    /// ... at most this long.
    pub retry_longest: Duration,
    /// From registration until the kubelet should have asked for the list; then we register again. Twice
    /// as long each time, up to five minutes. Not shorter than a busy kubelet takes to come back to a socket that
    /// it has seen: it gives up one that is gone by then.
    pub no_client: Duration,
    /// From the end of the kubelet's last stream until we register again.
    pub lost_client: Duration,
    /// From `Allocate` until the kubelet is first asked whose the device is, then twice as long each
    /// time, ...
    pub look_first: Duration,
    /// ... at most this long.
    pub look_longest: Duration,
    /// Between two looks while something is held.
    pub look_held: Duration,
    /// From `Allocate` until a device that no pod was seen with is free again. Devices of plain init
    /// containers are in no answer of the kubelet, so this is the longest such a container's start may
    /// take.
    pub unseen: Duration,
    /// For the calls to the kubelet.
    pub call: Duration,
    /// At the end, for another process that has begun to serve and that the kubelet has not taken yet.
    pub hand_over: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            retry_first: Duration::from_millis(50),
            retry_longest: Duration::from_secs(10),
            no_client: Duration::from_mins(1),
            lost_client: Duration::from_millis(200),
            look_first: Duration::from_millis(100),
            look_longest: Duration::from_secs(5),
            look_held: Duration::from_mins(1),
            unseen: Duration::from_mins(5),
            call: Duration::from_secs(15),
            hand_over: Duration::from_secs(45),
        }
    }
}
