//! `docs/reference/cli.md`: the command's own help, page by page.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};

use crate::args::Cli;

#[test]
fn the_page_of_the_command_is_fresh() {
    let mut page = String::from(
        "# The `colvin` command\n\nWhat `colvin COMMAND --help` says. Made from `cli/src/args.rs`.\n",
    );
    let mut command = Cli::command().term_width(100).disable_help_subcommand(true);
    command.build();
    write(&mut page, &mut command);
    super::check("cli.md", &page);
}

#[test]
fn the_top_page_names_every_command() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let bytes = std::fs::read(file).unwrap();
    let page = String::from_utf8_lossy(&bytes);
    let table = page
        .split("\n## ")
        .find(|part| part.starts_with("The command\n"));
    let rows = table
        .unwrap()
        .lines()
        .filter(|line| line.starts_with("| `"));
    let first = rows.map(|row| row.split(" | ").next().unwrap_or_default());
    let named = first.collect::<Vec<_>>().join("\n").replace("colvin ", "");
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    for command in command.get_subcommands() {
        let name = command.get_name();
        let parts: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
        let whole = parts.is_empty().then(|| name.to_owned());
        let parts = parts.into_iter().map(|part| format!("{name} {part}"));
        for name in parts.chain(whole) {
            let shown = [format!("`{name}`"), format!("`{name} ")];
            assert!(shown.iter().any(|name| named.contains(name)), "{name}");
        }
    }
}

fn write(page: &mut String, command: &mut Command) {
    let name = command.get_bin_name().unwrap_or("colvin").to_owned();
    let help = command.render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    write!(
        page,
        "\n## `{name}`\n\n```text\n{}\n```\n",
        lines.join("\n").trim()
    )
    .unwrap();
    for part in command.get_subcommands_mut() {
        write(page, part);
    }
}
