//! The command under its other name: linked as `kubectl-colvin` it is `kubectl colvin`, and its help says so.
//!
//! Left to others: what can be typed.

use std::env::args_os;
use std::ffi::OsStr;
use std::path::Path;

use clap::{Command, CommandFactory as _, FromArgMatches as _, Parser as _};

use super::Cli;

/// The file's name by which kubectl finds a plugin called `colvin`.
const PLUGIN: &str = "kubectl-colvin";

/// What was typed.
///
/// # Errors
/// What clap says of it: wrong usage, or help that was asked for.
pub(crate) fn parse() -> Result<Cli, clap::Error> {
    if !is_plugin(args_os().next().as_deref()) {
        return Cli::try_parse();
    }
    let mut matches = as_plugin(Cli::command()).try_get_matches()?;
    Cli::from_arg_matches_mut(&mut matches)
}

fn is_plugin(program: Option<&OsStr>) -> bool {
    let name = program.and_then(|program| Path::new(program).file_name());
    name.is_some_and(|name| name == PLUGIN)
}

/// The command with usage and examples as they are typed for a plugin.
fn as_plugin(command: Command) -> Command {
    retold(command.bin_name("kubectl colvin"))
}

fn retold(command: Command) -> Command {
    let examples = command.get_after_help().map(ToString::to_string);
    let command = match examples {
        Some(text) => command.after_help(text.replace("  colvin ", "  kubectl colvin ")),
        None => command,
    };
    command.mut_subcommands(retold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plugins_help_says_how_a_plugin_is_called() {
        let mut command = as_plugin(Cli::command());
        command.build();
        let why = command.find_subcommand_mut("why").unwrap();
        let help = why.render_long_help().to_string();
        assert!(
            help.contains("Usage: kubectl colvin why [OPTIONS] <NODE> <NETWORK>"),
            "{help}"
        );
        assert!(
            help.contains("\n  kubectl colvin why worker-4 green\n"),
            "{help}"
        );
        assert!(is_plugin(Some(OsStr::new("/usr/local/bin/kubectl-colvin"))));
        assert!(!is_plugin(Some(OsStr::new("colvin"))) && !is_plugin(None));
    }
}
