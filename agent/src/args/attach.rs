//! Flags of the agent's part of attaching pods. Left to others: acting on them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::namespaced_name;
use crate::chain::PROGRAM;

/// How pods are attached, and what the agent does for the plugin that does it.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Attaching pods")]
pub(crate) struct AttachArgs {
    /// How pods are attached: by the CNI plugin colvin-cni behind the cluster's own network, by colvin-cni where Multus or
    /// another calls it, or not at all. The agent installs the plugin, keeps records of networks for it, answers it which
    /// devices a pod has, and undoes attachments that nobody owns any more. It needs `NET_ADMIN` and `SYS_ADMIN`
    #[arg(
        long,
        env = "COLVIN_ATTACH",
        value_enum,
        value_name = "WAY",
        default_value = "off"
    )]
    pub(crate) attach: Way,
    /// The program that is installed as colvin-cni
    #[arg(
        long,
        env = "COLVIN_CNI_PROGRAM",
        value_name = "FILE",
        default_value = "/colvin-cni"
    )]
    pub(crate) cni_program: PathBuf,
    /// The container runtime's folder of CNI plugins, by the same path as on the node
    #[arg(
        long,
        env = "COLVIN_CNI_BIN_DIR",
        value_name = "DIR",
        default_value = "/opt/cni/bin"
    )]
    pub(crate) cni_bin_dir: PathBuf,
    /// The container runtime's folder of CNI configurations
    #[arg(
        long,
        env = "COLVIN_CNI_CONF_DIR",
        value_name = "DIR",
        default_value = "/etc/cni/net.d"
    )]
    pub(crate) cni_conf_dir: PathBuf,
    /// The `DaemonSet` that the agent is of: when it is gone, or no longer asks for attaching, the agent takes colvin-cni
    /// from the node at its end
    #[arg(long, env = "COLVIN_DAEMON_SET", value_name = "NAMESPACE/NAME", value_parser = namespaced_name)]
    pub(crate) daemon_set: Option<(String, String)>,
}

impl AttachArgs {
    /// The program that keeps a container from running without its interface, where pods are attached by the chain:
    /// below Multus it is Multus that fails a pod.
    pub(crate) fn gate(&self) -> Option<PathBuf> {
        (self.attach == Way::Chained).then(|| self.cni_bin_dir.join(PROGRAM))
    }
}

/// Who calls the plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    Chained,
    BelowMultus,
    Off,
}
