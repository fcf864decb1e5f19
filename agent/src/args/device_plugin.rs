//! The flags about what is offered to the kubelet. Left to others: acting on them (`wiring`).

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use colvin_device_plugin::{Cdi, Registration};

use super::{KubeletDir, namespaced_name};

/// What is offered to the kubelet, and how.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Extended resources")]
pub(crate) struct DevicePluginArgs {
    /// Whether networks are offered to the kubelet as extended resources
    #[arg(
        long,
        env = "COLVIN_DEVICE_PLUGIN",
        value_enum,
        value_name = "SWITCH",
        default_value = "on"
    )]
    pub(crate) device_plugin: Switch,
    #[command(flatten)]
    pub(crate) kubelet: KubeletDir,
    /// How the kubelet hears of a resource: by its plugin watcher, by a call, or by the watcher where
    /// the kubelet has the folder for it
    #[arg(
        long,
        env = "COLVIN_REGISTRATION",
        value_enum,
        value_name = "WAY",
        default_value = "auto"
    )]
    pub(crate) registration: RegistrationWay,
    /// How containers get character devices (vfio, uio, RDMA, vhost, vdpa): by names of CDI devices, by annotations
    /// beside the names, or by a plain list, for runtimes without CDI
    #[arg(
        long,
        env = "COLVIN_CDI",
        value_enum,
        value_name = "WAY",
        default_value = "names"
    )]
    pub(crate) cdi: CdiWay,
    /// Where records of what was given to pods are kept until the next boot
    #[arg(
        long,
        env = "COLVIN_RUN_DIR",
        value_name = "DIR",
        default_value = "/run/colvin"
    )]
    pub(crate) run_dir: PathBuf,
    /// Where CDI specs are written
    #[arg(
        long,
        env = "COLVIN_CDI_DIR",
        value_name = "DIR",
        default_value = "/var/run/cdi"
    )]
    pub(crate) cdi_dir: PathBuf,
    /// Where device-info files are written, which CNI plugins read
    #[arg(
        long,
        env = "COLVIN_DEVICE_INFO_DIR",
        value_name = "DIR",
        default_value = "/var/run/k8s.cni.cncf.io/devinfo/dp"
    )]
    pub(crate) device_info_dir: PathBuf,
    /// Also serve the pools of this config file of the SR-IOV network device plugin; read again when it
    /// changes
    #[arg(long, env = "COLVIN_CONFIG_FILE", value_name = "FILE")]
    pub(crate) config_file: Option<PathBuf>,
    /// What stands before the `/` of the config file's resources that say nothing else
    #[arg(
        long,
        env = "COLVIN_RESOURCE_PREFIX",
        value_name = "PREFIX",
        default_value = "intel.com"
    )]
    pub(crate) resource_prefix: String,
    /// The pod that the agent runs in: an answer of the kubelet that lacks it is not believed
    #[arg(long, env = "COLVIN_POD", value_name = "NAMESPACE/NAME", value_parser = namespaced_name)]
    pub(crate) pod: Option<(String, String)>,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

/// How the kubelet hears of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RegistrationWay {
    Auto,
    Watcher,
    Register,
}

/// How containers get character devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CdiWay {
    Names,
    Annotations,
    Off,
}

impl From<RegistrationWay> for Registration {
    fn from(way: RegistrationWay) -> Self {
        match way {
            RegistrationWay::Auto => Self::Auto,
            RegistrationWay::Watcher => Self::Watcher,
            RegistrationWay::Register => Self::Register,
        }
    }
}

impl From<CdiWay> for Cdi {
    fn from(way: CdiWay) -> Self {
        match way {
            CdiWay::Names => Self::Names,
            CdiWay::Annotations => Self::Annotations,
            CdiWay::Off => Self::Off,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use crate::args::Args;

    #[test]
    fn sdp_21_the_config_file_and_its_prefix_are_told_by_the_flags_that_people_know() {
        let line = "colvin-agent --node-name a --config-file /etc/pcidp/worker-1";
        let parsed = |line: &str| Args::parse_from(line.split(' ')).device_plugin;
        let args = parsed(line);
        assert_eq!(args.config_file, Some("/etc/pcidp/worker-1".into()));
        assert_eq!(args.resource_prefix, "intel.com");
        let args = parsed(&format!("{line} --resource-prefix openshift.io"));
        assert_eq!(args.resource_prefix, "openshift.io");
    }
}
