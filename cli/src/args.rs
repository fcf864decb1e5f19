//! What can be typed: commands, flags, and what they say about themselves.
//!
//! `docs/reference/cli.md` is made from this. Left to others: doing it ([`crate::command`]).

pub(crate) mod attachments;
pub(crate) mod authoring;
pub(crate) mod bundle;
pub(crate) mod cluster;
mod examples;
mod machine;
pub(crate) mod plugin;
pub(crate) mod pods;

use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use machine::{
    Decode, Doctor, LineFormat, Lldp, LldpCommand, Machine, Neighbors, Node, Show, ShowPart,
    Snapshot, Watch,
};

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
