//! `colvin completion SHELL`: the script that a shell completes by. Left to others: installing it.

use std::io::Write;

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::Ended;
use crate::args::Cli;

/// Writes the script.
///
/// # Errors
/// When it cannot be written.
pub(super) fn run(shell: Shell, to: &mut dyn Write) -> anyhow::Result<Ended> {
    // The generator takes a broken pipe for a defect: it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "colvin", &mut script);
    to.write_all(&script)?;
    Ok(Ended::Well)
}
