//! How a program is measured: wall time, system calls, peak memory, and what it says of itself.
//!
//! Left to others: which programs.

use crate::run;
use anyhow::{Context as _, Result, bail};
use std::{
    process::{Command, Stdio},
    time::Instant,
};

/// The least of several runs of each, ours and the peer's in turn.
///
/// # Errors
/// The first of either.
pub(super) fn in_turn(
    runs: u32,
    mut ours: impl FnMut() -> Result<f64>,
    mut theirs: impl FnMut() -> Result<f64>,
) -> Result<(f64, f64)> {
    let mut least = (f64::MAX, f64::MAX);
    for _ in 0..runs {
        least = (least.0.min(ours()?), least.1.min(theirs()?));
    }
    Ok(least)
}

/// Milliseconds from start to end of a command that must succeed; its output is thrown away.
pub(super) fn wall_ms(mut command: Command) -> Result<f64> {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("starting {command:?}"))?;
    let took = begun.elapsed().as_secs_f64() * 1000.0;
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(took)
}

/// What a tool that runs the command writes of it. `options` end in the one that names the file.
fn observed(tool: &str, options: &str, command: &Command) -> Result<String> {
    let file =
        tempfile::NamedTempFile::new().with_context(|| format!("making a file for {tool}"))?;
    let mut observer = run::command(tool, options);
    observer
        .arg(file.path())
        .arg("--")
        .arg(command.get_program())
        .args(command.get_args());
    wall_ms(observer)?;
    std::fs::read_to_string(file.path()).with_context(|| format!("reading what {tool} wrote"))
}

/// System calls of a command and its threads and children, from start to end.
pub(super) fn system_calls(command: &Command) -> Result<f64> {
    let table = observed("strace", "-f -c -o", command)?;
    total_calls(&table).with_context(|| format!("no total in strace's table:\n{table}"))
}

/// The calls in the `total` line: the fourth column, of five or six.
fn total_calls(table: &str) -> Option<f64> {
    let line = table
        .lines()
        .find(|line| line.trim_end().ends_with(" total"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

/// System calls of a command between the first two calls of `marker`, which it makes for that.
pub(super) fn calls_between(command: &Command, marker: &str) -> Result<f64> {
    let trace = observed("strace", "-f -o", command)?;
    between(&trace, marker).with_context(|| format!("no two calls of {marker} in the trace"))
}

/// The lines of a trace between the first two of `marker` that stand for the start of a call.
fn between(trace: &str, marker: &str) -> Option<f64> {
    let name = |line: &str| {
        let call = line
            .split_whitespace()
            .nth(1)?
            .split_once('(')?
            .0
            .to_owned();
        Some(call).filter(|call| !call.is_empty())
    };
    let mut calls = trace
        .lines()
        .filter_map(name)
        .skip_while(|call| call != marker)
        .skip(1);
    let mut count = 0_u32;
    loop {
        if calls.next()? == marker {
            return Some(f64::from(count));
        }
        count += 1;
    }
}

/// Peak resident memory of a command, in MB (10^6 bytes).
pub(super) fn peak_mb(command: &Command) -> Result<f64> {
    let text = observed("/usr/bin/time", "-f %M -o", command)?;
    let kib: f64 = text
        .trim()
        .parse()
        .with_context(|| format!("time says `{text}`"))?;
    Ok(kib * 1024.0 / 1e6)
}

/// What a program says of itself as `name=value` words on its standard output.
pub(super) struct Said(String);

impl Said {
    /// Runs it to its end.
    pub(super) fn by(command: Command) -> Result<Self> {
        Ok(Self(run::output(command)?))
    }

    /// The value of a name.
    pub(super) fn value(&self, name: &str) -> Result<f64> {
        let words = self.0.split_whitespace();
        let mut values = words.filter_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        let value = values.next().and_then(|value| value.parse().ok());
        value.with_context(|| format!("no {name}= in `{}`", self.0.trim_end()))
    }

    /// The value of a name, which must be this one.
    pub(super) fn must_be(&self, name: &str, expected: f64) -> Result<()> {
        let value = self.value(name)?;
        if (value - expected).abs() > f64::EPSILON {
            bail!(
                "{name} is {value}, not {expected}, in `{}`",
                self.0.trim_end()
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read_with_and_without_errors() {
        let with = "100.00    0.001  3  345  12 total\n";
        let without =
            "% time  seconds usecs/call calls errors syscall\n100.00  0.001  3  345  total\n";
        assert_eq!(total_calls(with), Some(345.0));
        assert_eq!(total_calls(without), Some(345.0));
        assert_eq!(total_calls("strace: nothing\n"), None);
    }

    #[test]
    fn calls_are_counted_between_two_markers_only() {
        let trace = "7 openat(AT_FDCWD, \"getcwd\") = 3\n7 getcwd(\"/\", 512) = 2\n7 read(3, \"\", 1) = 0\n\
                     8 --- SIGCHLD {} ---\n8 close(3) = 0\n7 getcwd(\"/\", 512) = 2\n7 exit_group(0) = ?\n";
        assert!(between(trace, "getcwd").is_some_and(|calls| (calls - 2.0).abs() < 0.1));
        assert_eq!(between("7 getcwd(\"/\", 512) = 2\n", "getcwd"), None);
    }

    #[test]
    fn a_value_that_is_not_said_is_an_error() {
        let said = Said("functions=1032 ms=5.5\n".to_owned());
        assert!(said.value("ms").is_ok());
        assert!(said.value("functionsms").is_err() && said.value("calls").is_err());
        assert!(said.must_be("functions", 1032.0).is_ok());
        assert!(said.must_be("functions", 1031.0).is_err());
    }
}
