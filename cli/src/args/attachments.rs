//! What can be typed of the commands that ask what this node attached to pods and containers.
//!
//! Left to others: what they find (`diagnose`, `trace`).

use std::path::PathBuf;

use clap::Args;

use super::Look;

/// Where attachments are written down.
#[derive(Args, Debug)]
pub(crate) struct Folders {
    /// The folder of what outlives a boot: the journal is its `attachments` folder.
    #[arg(long, value_name = "DIR", default_value = "/var/lib/colvin")]
    pub(crate) state_dir: PathBuf,
    /// The folder of what ends with a boot: devices given out, traces, the agent's socket.
    #[arg(long, value_name = "DIR", default_value = "/run/colvin")]
    pub(crate) run_dir: PathBuf,
}

/// `colvin diagnose`.
#[derive(Args, Debug)]
pub(crate) struct Diagnose {
    /// Only this pod, as `NAME` or `NAMESPACE/NAME`, or the container whose id begins so.
    #[arg(value_name = "POD|CONTAINER")]
    pub(crate) whom: Option<String>,
    /// Ask the API server too what it says of the pods [default: only where a kubeconfig, a context or files are named].
    #[arg(long)]
    pub(crate) api: bool,
    #[command(flatten)]
    pub(crate) folders: Folders,
    #[command(flatten)]
    pub(crate) cluster: super::cluster::Cluster,
    #[command(flatten)]
    pub(crate) look: Look,
}

/// `colvin trace`.
#[derive(Args, Debug)]
pub(crate) struct Trace {
    /// Only this pod, as `NAME` or `NAMESPACE/NAME`, or the container whose id begins so [default: the last ADD and the last DEL of the node].
    #[arg(value_name = "POD|CONTAINER")]
    pub(crate) whom: Option<String>,
    #[command(flatten)]
    pub(crate) folders: Folders,
    #[command(flatten)]
    pub(crate) look: Look,
}
