//! What can be typed of the commands that ask about pods and the devices they hold.
//!
//! Left to others: which cluster (`cluster`).

use std::path::PathBuf;

use clap::Args;

use super::Look;
use super::cluster::Cluster;

/// Which pod.
#[derive(Args, Debug)]
pub(crate) struct Pod {
    /// The pod.
    #[arg(value_name = "POD")]
    pub(crate) name: String,
    /// Its namespace [default: that of the kubeconfig's context].
    #[arg(short, long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
}

/// Where it is asked who holds which device.
#[derive(Args, Debug)]
pub(crate) struct Holders {
    /// Read what `colvin-agent holders` wrote, and ask no agent; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) holders: Option<PathBuf>,
    /// The namespace where the agents run [default: all are searched, or colvin-system where they may not be].
    #[arg(long, value_name = "NAME", conflicts_with = "holders")]
    pub(crate) agent_namespace: Option<String>,
}

/// `colvin path`.
#[derive(Args, Debug)]
pub(crate) struct Path {
    #[command(flatten)]
    pub(crate) pod: Pod,
    #[command(flatten)]
    pub(crate) holders: Holders,
    #[command(flatten)]
    pub(crate) cluster: Cluster,
    #[command(flatten)]
    pub(crate) look: Look,
}

/// `colvin vfs`.
#[derive(Args, Debug)]
pub(crate) struct Vfs {
    /// The node.
    #[arg(long, value_name = "NAME")]
    pub(crate) node: String,
    /// Only those of this Network.
    #[arg(long, value_name = "NAME")]
    pub(crate) network: Option<String>,
    #[command(flatten)]
    pub(crate) holders: Holders,
    #[command(flatten)]
    pub(crate) cluster: Cluster,
    #[command(flatten)]
    pub(crate) look: Look,
}

/// `colvin why-pending`.
#[derive(Args, Debug)]
pub(crate) struct WhyPending {
    #[command(flatten)]
    pub(crate) pod: Pod,
    #[command(flatten)]
    pub(crate) cluster: Cluster,
    #[command(flatten)]
    pub(crate) look: Look,
}
