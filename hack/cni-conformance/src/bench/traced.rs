//! The same calls below strace and time, apart from the times: system calls, those that wait for a disk, memory.
//!
//! Memory is not taken from `wait4`: the kernel counts what the caller had when it started the program, and this caller is
//! larger than ours. `time` is smaller.
//!
//! Left to others: times.

use crate::{
    rounds::{Case, Side},
    stage::Stage,
    tell,
};
use anyhow::{Context as _, Result, ensure};
use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

/// An ADD and a DEL of a case below strace, after an ADD and a DEL that make what is made once.
///
/// # Errors
/// When a call or strace fails.
pub(crate) fn run(stage: &Stage, case: &Case, side: Side) -> Result<()> {
    stage.guard.during(|| -> Result<()> {
        for verb in ["ADD", "DEL"] {
            stage.call(case, side, verb, 0).cost(&stage.guard)?;
        }
        Ok(())
    })?;
    for verb in ["ADD", "DEL"] {
        let name = format!("{}.{}.{}", case.name, verb.to_lowercase(), side.name());
        let table = observed(stage, case, side, verb, &["strace", "-f", "-c", "-o"])?;
        let total = calls(&table, "total").context("no total in strace's table")?;
        tell(&format!("{name}.calls"), f64::from(total))?;
        let waits = ["fsync", "fdatasync", "syncfs", "sync"];
        let waits: u32 = waits.iter().filter_map(|call| calls(&table, call)).sum();
        tell(&format!("{name}.fsyncs"), f64::from(waits))?;
    }
    for verb in ["ADD", "DEL"] {
        let name = format!("{}.{}.{}", case.name, verb.to_lowercase(), side.name());
        let said = observed(
            stage,
            case,
            side,
            verb,
            &["/usr/bin/time", "-f", "%M", "-o"],
        )?;
        let kib: u32 = said
            .trim()
            .parse()
            .with_context(|| format!("time says `{said}`"))?;
        tell(&format!("{name}.rss_mb"), f64::from(kib) * 1024.0 / 1e6)?;
    }
    Ok(())
}

/// What a tool writes of a call: its words, the last of which asks for the file.
fn observed(stage: &Stage, case: &Case, side: Side, verb: &str, tool: &[&str]) -> Result<String> {
    let call = stage.call(case, side, verb, 0);
    let file = tempfile::NamedTempFile::new_in("/run").context("making a file for a tool")?;
    let mut observer = Command::new("timeout");
    observer
        .arg("60")
        .args(tool)
        .arg(file.path())
        .arg(&call.program)
        .env_clear()
        .envs(call.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = observer.spawn().context("starting a tool")?;
    let mut stdin = child.stdin.take().context("no input")?;
    stdin
        .write_all(call.stdin.as_bytes())
        .context("writing to a tool")?;
    drop(stdin);
    let output = child.wait_with_output().context("waiting for a tool")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let below = tool.first().unwrap_or(&"a tool");
    ensure!(
        output.status.success(),
        "{verb} below {below}: {}: {said}",
        output.status
    );
    fs::read_to_string(file.path()).with_context(|| format!("reading what {below} wrote"))
}

/// How often a call was made: the fourth column of the line that ends with its name.
fn calls(table: &str, name: &str) -> Option<u32> {
    let mut lines = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line = lines.find(|words| words.last() == Some(&name))?;
    line.get(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read_by_name_with_and_without_errors() {
        let table = "% time     seconds  usecs/call     calls    errors syscall\n\
                      50.00    0.000010           5         2           fsync\n\
                      50.00    0.000010           5        12         3 openat\n\
                     100.00    0.000020           1        14         3 total\n";
        assert_eq!(calls(table, "fsync"), Some(2));
        assert_eq!(calls(table, "openat"), Some(12));
        assert_eq!(calls(table, "total"), Some(14));
        assert_eq!(calls(table, "fdatasync"), None);
    }
}
