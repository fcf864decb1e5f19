//! What can be typed of the commands that look at one machine, and which machine that is.
//!
//! Left to others: what they find.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::{Color, Look, cluster, duration, examples};

/// Which machine is looked at.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Machine {
    /// Look at the machine recorded in this folder, which has a `sys/` tree.
    #[arg(long, value_name = "DIR", global = true, conflicts_with = "from")]
    pub(crate) root: Option<PathBuf>,
    /// Look at the machine in this snapshot; `-` is standard input.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) from: Option<PathBuf>,
}

/// What the node is called in objects.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Node {
    /// The node's name in JSON and YAML [default: the host's, or that of the file or folder].
    #[arg(long = "node", value_name = "NAME", global = true)]
    pub(crate) name: Option<String>,
}

/// `colvin show`.
#[derive(Args, Debug)]
pub(crate) struct Show {
    /// With JSON and YAML: every VF by itself. With a table: the VFs below the ports.
    #[arg(long)]
    pub(crate) vfs: bool,
    #[command(flatten)]
    pub(crate) machine: Machine,
    #[command(flatten)]
    pub(crate) node: Node,
    #[command(flatten)]
    pub(crate) look: Look,
    /// A part of the machine.
    #[command(subcommand)]
    pub(crate) part: Option<ShowPart>,
}

/// A part of the machine.
#[derive(Debug, Subcommand)]
pub(crate) enum ShowPart {
    /// Show the VFs, of one PF or of all.
    Vfs {
        /// The PF: its PCI address, its netdev or another name of it.
        pf: Option<String>,
    },
}

/// `colvin neighbors`.
#[derive(Args, Debug)]
#[command(
    mut_arg("files", |arg| arg.requires("all_nodes")),
    mut_arg("kubeconfig", |arg| arg.requires("all_nodes")),
    mut_arg("context", |arg| arg.requires("all_nodes")),
    mut_arg("request_timeout", |arg| arg.requires("all_nodes"))
)]
pub(crate) struct Neighbors {
    /// How long to listen at most.
    #[arg(long, value_name = "DURATION", default_value = "35s", value_parser = duration)]
    pub(crate) wait: Duration,
    /// Show those of every node of a cluster, as the nodes' agents heard them.
    #[arg(long, conflicts_with_all = ["wait", "root", "from"])]
    pub(crate) all_nodes: bool,
    #[command(flatten)]
    pub(crate) cluster: cluster::Cluster,
    #[command(flatten)]
    pub(crate) machine: Machine,
    #[command(flatten)]
    pub(crate) node: Node,
    #[command(flatten)]
    pub(crate) look: Look,
}

/// `colvin watch`.
#[derive(Args, Debug)]
pub(crate) struct Watch {
    /// Ends after this time.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub(crate) time: Option<Duration>,
    /// The form of the output.
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(crate) output: LineFormat,
    /// Whether to use colour; `auto` does on a terminal, unless `NO_COLOR` is set.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    pub(crate) color: Color,
}

/// The form of output that has no end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LineFormat {
    /// A line for people.
    #[default]
    Table,
    /// A JSON object per line.
    Json,
}

/// `colvin lldp`.
#[derive(Args, Debug)]
pub(crate) struct Lldp {
    /// What to do with them.
    #[command(subcommand)]
    pub(crate) command: LldpCommand,
}

/// What to do with LLDP frames.
#[derive(Debug, Subcommand)]
pub(crate) enum LldpCommand {
    /// Decode the LLDP frames of a capture (pcap or pcapng).
    #[command(after_help = examples::DECODE)]
    Decode(Decode),
}

/// `colvin lldp decode`.
#[derive(Args, Debug)]
pub(crate) struct Decode {
    /// The capture; `-` is standard input.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) look: Look,
}

/// `colvin snapshot`.
#[derive(Args, Debug)]
pub(crate) struct Snapshot {
    /// Where to; `-` is standard output.
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub(crate) output: PathBuf,
    /// Replace the file if it is there.
    #[arg(long)]
    pub(crate) force: bool,
    /// Listen this long for LLDP frames and take them along.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) listen: Option<Duration>,
    /// Look at the machine recorded in this folder, which has a `sys/` tree.
    #[arg(long, value_name = "DIR", conflicts_with = "listen")]
    pub(crate) root: Option<PathBuf>,
}

/// `colvin doctor`.
#[derive(Args, Debug)]
#[command(
    mut_arg("files", |arg| arg.requires("whole_cluster")),
    mut_arg("kubeconfig", |arg| arg.requires("whole_cluster")),
    mut_arg("context", |arg| arg.requires("whole_cluster")),
    mut_arg("request_timeout", |arg| arg.requires("whole_cluster"))
)]
pub(crate) struct Doctor {
    /// Check a cluster, not this machine: API server, kinds, agents, rights, Networks beside their uplinks, clocks,
    /// admission.
    #[arg(id = "whole_cluster", long = "cluster", conflicts_with_all = ["config_file", "resource_prefix", "root", "from", "node"])]
    pub(crate) whole_cluster: bool,
    /// Judge this config file of the SR-IOV network device plugin, or file with its `ConfigMap`, as well; `-` is standard
    /// input [default: /etc/pcidp/config.json, where the machine has it].
    #[arg(long, value_name = "FILE")]
    pub(crate) config_file: Option<PathBuf>,
    /// What the plugin is told to put before names that have no resourcePrefix of their own.
    #[arg(long, value_name = "DOMAIN", default_value = "intel.com")]
    pub(crate) resource_prefix: String,
    #[command(flatten)]
    pub(crate) cluster: cluster::Cluster,
    #[command(flatten)]
    pub(crate) machine: Machine,
    /// Which of the nodes of a `ConfigMap` with a key per node this is [default: the host's name, or that of the file or
    /// folder].
    #[arg(long, value_name = "NAME")]
    pub(crate) node: Option<String>,
    #[command(flatten)]
    pub(crate) look: Look,
}
