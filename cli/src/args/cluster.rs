//! Which cluster is looked at, and what can be typed of the commands that look at one.
//!
//! Left to others: the connection ([`crate::cluster`]).

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{Look, duration};

/// Which cluster is looked at, or which files in its place.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Cluster {
    /// Read objects from this file and ask no cluster: YAML or JSON, as `kubectl get -o yaml` writes it; `-` is
    /// standard input. May be given several times.
    #[arg(short, long = "filename", value_name = "FILE", conflicts_with_all = ["kubeconfig", "context"])]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Which cluster, and how long it may take to answer.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Connection {
    /// The kubeconfig [default: those that KUBECONFIG lists, else ~/.kube/config, else the cluster this pod is in].
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig [default: its current one].
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// How long to wait for each answer of the API server.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub(crate) request_timeout: Duration,
}

/// `colvin nodes` and `colvin drift`.
#[derive(Args, Debug)]
pub(crate) struct Everywhere {
    #[command(flatten)]
    pub(crate) cluster: Cluster,
    #[command(flatten)]
    pub(crate) look: Look,
}

/// `colvin networks`.
#[derive(Args, Debug)]
pub(crate) struct Networks {
    /// The Network to show in full: who reaches it, by which uplink, why.
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) cluster: Cluster,
    #[command(flatten)]
    pub(crate) look: Look,
}

/// `colvin why`.
#[derive(Args, Debug)]
pub(crate) struct Why {
    /// The node.
    pub(crate) node: String,
    /// The Network.
    pub(crate) network: String,
    #[command(flatten)]
    pub(crate) cluster: Cluster,
    #[command(flatten)]
    pub(crate) look: Look,
}
