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
