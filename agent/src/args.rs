//! What the agent is told: flags, each with its environment variable.
//!
//! Left to others: acting on them (`wiring` takes them all apart, so that a forgotten one does not
//! compile).

mod attach;
mod device_plugin;
mod dra;
mod folders;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as _, Command, CommandFactory as _, Parser};
use colvin_service::{AdminArgs, ClusterArgs, LogArgs};

pub(crate) use attach::{AttachArgs, Way};
pub(crate) use device_plugin::{DevicePluginArgs, Switch};
pub(crate) use dra::{DraArgs, When};
pub(crate) use folders::{KubeletDir, StateDir};

use crate::holders::HoldersArgs;
use crate::started::StartedArgs;

/// Discover this node's network cards, decide which networks they are on, and publish that.
#[derive(Debug, Parser)]
#[command(
    name = "colvin-agent",
    version,
    max_term_width = 100,
    mut_arg("admin_address", |arg| arg.required(false).default_value("0.0.0.0:9808"))
)]
pub(crate) struct Args {
    /// The node's name in the cluster
    #[arg(long, env = "COLVIN_NODE_NAME", value_name = "NAME")]
    pub(crate) node_name: String,
    #[command(flatten)]
    pub(crate) state: StateDir,
    /// Run on the machine recorded in this folder, which has a `sys/` tree
    #[arg(long, env = "COLVIN_ROOT", value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// With --root: hear LLDP, and see carriers, on the links of this network namespace that bear the
    /// recorded names and indexes, in place of the recorded frames
    #[arg(long, env = "COLVIN_FRAMES", requires = "root")]
    pub(crate) frames: bool,
    /// Wait up to this long, at random, before the first write: a cluster's agents start at once
    #[arg(long, env = "COLVIN_START_DELAY", value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub(crate) start_delay: Duration,
    /// How long something gained must last before it is published; what is lost is published at once
    #[arg(long, env = "COLVIN_GAIN_DELAY", value_name = "DURATION", default_value = "2s", value_parser = duration)]
    pub(crate) gain_delay: Duration,
    /// How long a change of mere texts waits for others before it is published
    #[arg(long, env = "COLVIN_TEXT_DELAY", value_name = "DURATION", default_value = "30s", value_parser = duration)]
    pub(crate) text_delay: Duration,
    /// Up to this long more, at random: a change on a switch reaches all its nodes at once
    #[arg(long, env = "COLVIN_TEXT_JITTER", value_name = "DURATION", default_value = "300s", value_parser = duration)]
    pub(crate) text_jitter: Duration,
    /// A file that is made when the agent has started, for `colvin-agent started`; the admin port is opened then,
    /// so that it is the agent before this one that answers there until this one is ready
    #[arg(long, env = "COLVIN_STARTED_FILE", value_name = "FILE")]
    pub(crate) started_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) device_plugin: DevicePluginArgs,
    #[command(flatten)]
    pub(crate) dra: DraArgs,
    #[command(flatten)]
    pub(crate) attach: AttachArgs,
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
    #[command(flatten)]
    pub(crate) admin: AdminArgs,
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

/// What can be typed: the flags above, or a command with flags of its own.
pub(crate) fn command() -> Command {
    let holders = HoldersArgs::augment_args(Command::new("holders"));
    let started = StartedArgs::augment_args(Command::new("started"));
    Args::command()
        .subcommand(holders)
        .subcommand(started)
        .subcommand_negates_reqs(true)
        .args_conflicts_with_subcommands(true)
}

/// A time such as `30s`, `500ms` or `5m`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time: write 30s, 500ms or 5m");
    let digits = text.find(|letter: char| !letter.is_ascii_digit());
    let (number, unit) = text
        .split_at_checked(digits.unwrap_or(text.len()))
        .ok_or_else(wrong)?;
    let number: u32 = number.parse().map_err(|_not_a_number| wrong())?;
    match unit {
        "ms" => Ok(Duration::from_millis(number.into())),
        "s" => Ok(Duration::from_secs(number.into())),
        "m" => Ok(Duration::from_secs(u64::from(number) * 60)),
        _ => Err(wrong()),
    }
}

/// The namespace and name of an object.
fn namespaced_name(text: &str) -> Result<(String, String), String> {
    match text.split_once('/') {
        Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() => {
            Ok((namespace.to_owned(), name.to_owned()))
        }
        _ => Err(format!(
            "{text:?} does not name an object: write NAMESPACE/NAME"
        )),
    }
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches as _;

    use super::*;

    #[test]
    fn the_page_of_the_flags_is_fresh() {
        let flags = colvin_service::reference::flags(Args::command());
        let commands = [
            HoldersArgs::augment_args(Command::new("holders")),
            StartedArgs::augment_args(Command::new("started")),
        ];
        let of_commands = commands.map(|command| {
            let (name, about) = (command.get_name(), command.get_long_about().unwrap());
            let head = format!("## `colvin-agent {name}`\n\n{about}\n\n");
            head + &colvin_service::reference::flags(command)
        });
        let page = format!(
            "# The `colvin-agent` program\n\n\
             The daemon that runs on each node. The chart's values say where its state is, its admin port, log and start delay; \
             `agent.extraArgs` takes any other flag.\n\n\
             A flag wins over its environment variable. Made from `agent/src/args.rs`.\n\n{flags}\n{}",
            of_commands.join("\n")
        );
        let kept = colvin_testkit::page::kept("docs/reference/agent.md", &page).unwrap();
        let stale = "stale: COLVIN_UPDATE=1 cargo test -p colvin-agent the_page_of_the_flags";
        assert_eq!(kept, page, "{stale}");
    }

    #[test]
    fn the_page_of_concepts_tells_these_delays() {
        let args = Args::parse_from(["colvin-agent", "--node-name=a"]);
        let page = colvin_testkit::page::text("docs/concepts.md").unwrap();
        let gain = format!("when it has lasted {} s", args.gain_delay.as_secs());
        let (least, jitter) = (args.text_delay.as_secs(), args.text_jitter.as_secs());
        let text = format!("after {least} to {} s, at random", least + jitter);
        assert!(page.contains(&gain), "{gain}");
        assert!(page.contains(&text), "{text}");
    }

    #[test]
    fn an_object_has_a_namespace() {
        let named = namespaced_name("colvin-system/colvin-agent-x").unwrap();
        assert_eq!(named, ("colvin-system".into(), "colvin-agent-x".into()));
        for wrong in ["", "a", "/a", "a/"] {
            assert!(namespaced_name(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_declaration_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn without_a_command_it_is_the_daemon() {
        let parsed = |line: &str| command().try_get_matches_from(line.split(' '));
        let daemon = parsed("colvin-agent --node-name a").unwrap();
        assert_eq!(daemon.subcommand_name(), None);
        assert_eq!(Args::from_arg_matches(&daemon).unwrap().node_name, "a");
        let holders = parsed("colvin-agent holders --offered").unwrap();
        assert_eq!(holders.subcommand_name(), Some("holders"));
        assert!(parsed("colvin-agent --node-name a holders").is_err());
        command().debug_assert();
    }

    #[test]
    fn frames_are_heard_for_a_recorded_machine_only() {
        let parsed = |line: &str| Args::try_parse_from(line.split(' '));
        assert!(parsed("colvin-agent --node-name a --frames").is_err());
        assert!(parsed("colvin-agent --node-name a --root / --frames").is_ok());
    }

    #[test]
    fn a_time_has_a_unit() {
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("5m"), Ok(Duration::from_mins(5)));
        for wrong in ["", "5", "s", "1h", "-1s"] {
            assert!(duration(wrong).is_err(), "{wrong:?}");
        }
    }
}
