//! What can be typed: commands, flags, and what they say about themselves.
//!
//! `docs/reference/cli.md` is made from this. Left to others: doing it ([`crate::command`]).

pub(crate) mod attachments;
pub(crate) mod authoring;
pub(crate) mod bundle;
pub(crate) mod cluster;
mod examples;
pub(crate) mod plugin;
pub(crate) mod pods;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// See the network cards of a machine, the networks behind them and what is at the other end of
/// the cable.
#[derive(Debug, Parser)]
#[command(name = "colvin", version, after_help = examples::COLVIN, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the ports of a machine, how they hang together and what is odd.
    #[command(after_help = examples::SHOW)]
    Show(Show),
    /// Listen for LLDP and show which switch port is behind each port.
    #[command(after_help = examples::NEIGHBORS)]
    Neighbors(Neighbors),
    /// Follow the machine: one line per change.
    #[command(after_help = examples::WATCH)]
    Watch(Watch),
    /// Work with LLDP frames.
    Lldp(Lldp),
    /// Write the machine as one plain-text file, MACs and serials replaced.
    #[command(after_help = examples::SNAPSHOT)]
    Snapshot(Snapshot),
    /// Say what on this machine hinders discovery, or what a cluster lacks, and the remedy.
    #[command(after_help = examples::DOCTOR)]
    Doctor(Doctor),
    /// List the nodes of a cluster: their ports, their networks, what is odd.
    #[command(after_help = examples::NODES)]
    Nodes(cluster::Everywhere),
    /// List the Networks of a cluster, or show who reaches one of them, by which uplink and why.
    #[command(after_help = examples::NETWORKS)]
    Networks(cluster::Networks),
    /// Say why a node reaches a Network, or why it does not.
    #[command(after_help = examples::WHY)]
    Why(cluster::Why),
    /// Say why a pod waits for a node: which nodes reach its networks, what is free there, what else is in the way.
    #[command(after_help = examples::WHY_PENDING)]
    WhyPending(pods::WhyPending),
    /// Follow the devices of a pod to the switch: VF, PF, switch port, VLAN.
    #[command(after_help = examples::PATH)]
    Path(pods::Path),
    /// List the VFs of a node with who holds each.
    #[command(after_help = examples::VFS)]
    Vfs(pods::Vfs),
    /// Say what this node attached to a pod or container, and where journal, kernel and kubelet disagree.
    #[command(after_help = examples::DIAGNOSE)]
    Diagnose(attachments::Diagnose),
    /// Show how long the last ADD and DEL took on this node, step by step, with every netlink message.
    #[command(after_help = examples::TRACE)]
    Trace(attachments::Trace),
    /// Group the nodes of a cluster that are alike, and say what differs on the others.
    #[command(after_help = examples::DRIFT)]
    Drift(cluster::Everywhere),
    /// Say what is wrong with manifests of Networks, with line and column, before they are applied.
    #[command(after_help = examples::LINT)]
    Lint(authoring::Lint),
    /// Propose Networks from what the switches say, with the evidence; applies nothing by itself.
    #[command(after_help = examples::SUGGEST)]
    Suggest(authoring::Suggest),
    /// Make Networks of what a cluster has from other projects.
    Import(authoring::Import),
    /// Turn a Network into the attachment definition (NAD) for Multus, or a definition into the Network it amounts to.
    #[command(after_help = examples::CONVERT)]
    Convert(authoring::Convert),
    /// Write what somebody needs to find out what is wrong into one file, without addresses and names.
    #[command(after_help = bundle::EXAMPLES)]
    SupportBundle(bundle::SupportBundle),
    /// Write the completion script of a shell.
    Completion {
        /// Which shell.
        shell: Shell,
    },
}

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

/// How output looks.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Look {
    /// The form of the output.
    #[arg(
        short,
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        global = true
    )]
    pub(crate) output: Format,
    /// Whether to use colour; `auto` does on a terminal, unless `NO_COLOR` is set.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t, global = true)]
    pub(crate) color: Color,
}

/// The form of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Table,
    /// For people with a wide screen.
    Wide,
    /// For programs.
    Json,
    /// For programs and people.
    Yaml,
}

/// When output is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    #[default]
    Auto,
    /// Yes.
    Always,
    /// No.
    Never,
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

/// A time such as `5s`, `500ms`, `2m` or `5`, which is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time: write 5s, 500ms or 2m");
    let digits = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits).ok_or_else(wrong)?;
    let number: u32 = number.parse().map_err(|_not_a_number| wrong())?;
    match unit {
        "ms" => Ok(Duration::from_millis(number.into())),
        "s" | "" => Ok(Duration::from_secs(number.into())),
        "m" => Ok(Duration::from_secs(u64::from(number) * 60)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_declaration_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_time_has_a_unit_or_is_seconds() {
        assert_eq!(duration("5s"), Ok(Duration::from_secs(5)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_mins(2)));
        assert_eq!(duration("7"), Ok(Duration::from_secs(7)));
        for wrong in ["", "s", "5h", "-1s", "1.5s", "99999999999s", "5 s", "ß"] {
            assert!(duration(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn common_flags_stand_before_or_behind_the_part() {
        for line in [
            "colvin show -o json --root /x vfs",
            "colvin show vfs -o json --root /x",
        ] {
            let Command::Show(show) = Cli::try_parse_from(line.split(' ')).unwrap().command else {
                panic!("another command");
            };
            assert_eq!(show.look.output, Format::Json, "{line}");
            assert_eq!(show.machine.root, Some("/x".into()), "{line}");
        }
    }

    #[test]
    fn a_machine_has_one_source() {
        let both = ["colvin", "show", "--root", "/x", "--from", "y"];
        assert!(Cli::try_parse_from(both).is_err());
    }
}
