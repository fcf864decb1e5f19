//! A program's flags as a table of a reference page, by which tests hold the page to the code.
//!
//! Left to others: what the flags mean, the page around the table ([`crate::telemetry::table`] makes
//! that of the metrics).

use clap::{Arg, Command};

/// A Markdown table of the program's flags, by name.
pub fn flags(mut command: Command) -> String {
    command.build();
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
    let mut own: Vec<&Arg> = shown
        .filter(|arg| !["help", "version"].contains(&arg.get_id().as_str()))
        .collect();
    own.sort_by_key(|arg| arg.get_long());
    let rows = own.into_iter().map(row);
    let head = "| flag | environment | default | meaning |\n| --- | --- | --- | --- |\n";
    std::iter::once(head.to_owned()).chain(rows).collect()
}

fn row(arg: &Arg) -> String {
    let takes_value = arg.get_action().takes_values();
    let values = arg.get_possible_values();
    let named = arg.get_value_names().and_then(<[_]>::first);
    let value = named.map_or("VALUE", |name| name.as_str());
    let flag = match arg.get_long() {
        None => value.to_owned(),
        Some(long) if takes_value => format!("--{long} {value}"),
        Some(long) => format!("--{long}"),
    };
    let environment = arg
        .get_env()
        .map_or_else(String::new, |name| format!("`{}`", name.to_string_lossy()));
    let mut meaning = arg.get_help().map_or_else(String::new, ToString::to_string);
    if takes_value {
        for value in values {
            let help = value
                .get_help()
                .map_or_else(String::new, ToString::to_string);
            let help = help.trim_end_matches('.');
            meaning = format!("{meaning}; `{}`: {help}", value.get_name());
        }
    }
    let default = match arg.get_default_values() {
        _ if !takes_value => String::new(),
        [] if arg.is_required_set() => "required".to_owned(),
        values => {
            let shown = values.iter().map(|value| value.to_string_lossy());
            format!("`{}`", shown.collect::<Vec<_>>().join(","))
        }
    };
    let meaning = meaning.replace('|', "\\|").replace('\n', " ");
    format!("| `{flag}` | {environment} | {default} | {meaning} |\n")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::LogArgs;

    #[derive(Parser)]
    struct Program {
        /// Who
        #[arg(long, env = "PROGRAM_NAME", value_name = "NAME")]
        _name: String,
        /// Whether it is so
        #[arg(long)]
        _dry: bool,
        /// Where
        #[arg(value_name = "FILE")]
        _file: String,
        #[command(flatten)]
        _log: LogArgs,
    }

    #[test]
    fn each_flag_has_its_variable_default_and_meaning() {
        let table = flags(<Program as clap::CommandFactory>::command());
        let rows: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(
            rows,
            [
                "| `FILE` |  | required | Where |",
                "| `--dry` |  |  | Whether it is so |",
                "| `--log-format LOG_FORMAT` | `COLVIN_LOG_FORMAT` | `text` | How log lines are written; `text`: One line of text each, for people; `json`: One JSON object each, for programs |",
                "| `--log-level LOG_LEVEL` | `COLVIN_LOG_LEVEL` | `info` | What is logged: error, warn, info, debug or trace; also by target, as in info,kube=debug |",
                "| `--name NAME` | `PROGRAM_NAME` | required | Who |",
            ]
        );
    }
}
