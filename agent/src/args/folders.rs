//! Folders that several commands are told of. Left to others: what is in them.

use std::path::PathBuf;

use clap::Args;

/// The kubelet's folder.
#[derive(Clone, Debug, Args)]
pub(crate) struct KubeletDir {
    /// The kubelet's folder
    #[arg(
        long,
        env = "COLVIN_KUBELET_DIR",
        value_name = "DIR",
        default_value = "/var/lib/kubelet"
    )]
    pub(crate) kubelet_dir: PathBuf,
}

/// The agent's folder.
#[derive(Clone, Debug, Args)]
pub(crate) struct StateDir {
    /// Where the agent keeps what it must know after a restart
    #[arg(
        long,
        env = "COLVIN_STATE_DIR",
        value_name = "DIR",
        default_value = "/var/lib/colvin"
    )]
    pub(crate) state_dir: PathBuf,
}
