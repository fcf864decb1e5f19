//! What kind of kubelet it is. Left to others: behaving so.

use std::path::PathBuf;
use std::time::Duration;

/// `DRAPlugin` of 1.34 and newer.
pub(super) const PLUGIN_V1: &str = "v1.DRAPlugin";
/// `DRAPlugin` of 1.32 and newer.
pub(super) const PLUGIN_V1BETA1: &str = "v1beta1.DRAPlugin";
/// `DRAResourceHealth` of 1.37 and newer.
pub(super) const HEALTH_V1: &str = "v1.DRAResourceHealth";
/// `DRAResourceHealth` of 1.34 and newer.
pub(super) const HEALTH_V1ALPHA1: &str = "v1alpha1.DRAResourceHealth";

/// What kind of kubelet it is.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its folder, as `/var/lib/kubelet`; `None` for a temporary one.
    pub folder: Option<PathBuf>,
    /// The services for claims that it knows.
    pub plugin_services: Vec<&'static str>,
    /// The services for health that it knows, the one it likes best first; it watches no health without.
    pub health_services: Vec<&'static str>,
    /// Whether it watches the health of drivers that do not offer that, too (1.36).
    pub health_of_all: bool,
    /// Pause between two looks at `plugins_registry/`. Kubernetes has 1 s.
    pub round: Duration,
    /// How long a plugin that was refused or did not answer is left alone at first; doubled each time.
    pub back_off: Duration,
    /// Pause between two tries to start or to end a pod. Kubernetes has up to 90 s.
    pub pod_pause: Duration,
    /// How long a driver may take for claims. Kubernetes has 45 s.
    pub call_limit: Duration,
}

impl Default for Options {
    /// That of 1.37.
    fn default() -> Self {
        Self {
            folder: None,
            plugin_services: vec![PLUGIN_V1, PLUGIN_V1BETA1],
            health_services: vec![HEALTH_V1, HEALTH_V1ALPHA1],
            health_of_all: false,
            round: Duration::from_millis(10),
            back_off: Duration::from_millis(50),
            pod_pause: Duration::from_millis(10),
            call_limit: Duration::from_secs(45),
        }
    }
}

impl Options {
    /// One that speaks v1beta1 only, and watches no health: 1.32 and 1.33.
    pub fn v1_33() -> Self {
        Self {
            plugin_services: vec![PLUGIN_V1BETA1],
            health_services: vec![],
            ..Self::default()
        }
    }

    /// One that watches health by v1alpha1, of every driver: 1.36.
    pub fn v1_36() -> Self {
        Self {
            health_services: vec![HEALTH_V1ALPHA1],
            health_of_all: true,
            ..Self::default()
        }
    }
}
