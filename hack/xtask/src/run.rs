//! Running programs: always shown, always from the top of the workspace, and a failure names the
//! command. Test runs are also counted.
//!
//! Left to others: which programs, and what their results mean.

use crate::place;
use anyhow::{Context as _, Result, bail};
use std::{
    ffi::OsStr,
    io::{self, BufRead as _, BufReader, Read, Write},
    process::{Command, Stdio},
};

/// How many tests ran, summed over `test result:` lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Count {
    /// The counts of one `test result: ok. 3 passed; 0 failed; …` line, or `None` for another line.
    fn parse(line: &str) -> Option<Self> {
        let rest = line.trim_start().strip_prefix("test result: ")?;
        let number = |what: &str| {
            let words: Vec<&str> = rest
                .split([' ', ';'])
                .filter(|word| !word.is_empty())
                .collect();
            let place = words.iter().position(|word| *word == what)?;
            words.get(place.checked_sub(1)?)?.parse().ok()
        };
        Some(Self {
            passed: number("passed")?,
            failed: number("failed")?,
        })
    }

    /// The two runs as one.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
        }
    }

    /// How many tests ran at all.
    pub(crate) fn total(self) -> u64 {
        self.passed + self.failed
    }
}

/// Prints a line for the person who runs the chore.
#[expect(
    clippy::print_stdout,
    reason = "a chore talks to the person who runs it"
)]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// Prints a line about something that is wrong.
#[expect(
    clippy::print_stderr,
    reason = "a chore talks to the person who runs it"
)]
pub(crate) fn complain(line: &str) {
    eprintln!("xtask: {line}");
}

/// A command that starts at the top of the workspace; `words` are its first arguments, blank between
/// them.
pub(crate) fn command<S: AsRef<OsStr>>(program: S, words: &str) -> Command {
    let mut command = Command::new(program);
    command
        .args(words.split_whitespace())
        .current_dir(place::top())
        .stdin(Stdio::null());
    command
}

/// A cargo command: the pinned toolchain's, snapshots never rewritten.
pub(crate) fn cargo(words: &str) -> Command {
    let mut command = command("cargo", words);
    command.env("INSTA_UPDATE", "no").env("TRYBUILD", "no");
    command
}

/// Runs a command to its end with its output on ours.
///
/// # Errors
/// When it cannot be started or does not succeed.
pub(crate) fn succeed(mut command: Command) -> Result<()> {
    let shown = shown(&command);
    say(&format!("$ {shown}"));
    let status = command
        .status()
        .with_context(|| format!("starting `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}`: {status}");
    }
    Ok(())
}

/// Runs a command and returns what it printed to its standard output.
///
/// # Errors
/// When it cannot be started, does not succeed (its standard error is in the message) or prints
/// something that is not UTF-8.
pub(crate) fn output(mut command: Command) -> Result<String> {
    let shown = shown(&command);
    let output = command
        .output()
        .with_context(|| format!("starting `{shown}`"))?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        bail!("`{shown}`: {}\n{}", output.status, told.trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("the output of `{shown}`"))
}

/// Runs a command and returns all that it printed.
///
/// # Errors
/// When it cannot be started or does not succeed: then what it printed is shown.
pub(crate) fn output_and_errors(mut command: Command) -> Result<String> {
    let shown = shown(&command);
    say(&format!("$ {shown}"));
    let output = command
        .output()
        .with_context(|| format!("starting `{shown}`"))?;
    let mut told = String::from_utf8_lossy(&output.stdout).into_owned();
    told.push_str(&String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        say(&told);
        bail!("`{shown}`: {}", output.status);
    }
    Ok(told)
}

/// A `cargo test` that has ended.
pub(crate) struct Tested {
    /// What ran (`tests/netns_links.rs`, `Doc-tests lldp`), and its tests.
    pub(crate) runs: Vec<(String, Count)>,
    pub(crate) succeeded: bool,
}

impl Tested {
    /// All its tests.
    pub(crate) fn count(&self) -> Count {
        self.runs
            .iter()
            .fold(Count::default(), |sum, (_, count)| sum.plus(*count))
    }
}

/// Runs a `cargo test` with its output on ours, and counts its tests.
///
/// # Errors
/// When it cannot be started or its output cannot be read; not when a test fails.
pub(crate) fn tested(mut command: Command) -> Result<Tested> {
    let shown = shown(&command);
    say(&format!("$ {shown}"));
    // one pipe for both, so that a result stands after the line that says of what
    let (reader, writer) = io::pipe().context("making a pipe")?;
    command
        .stdout(writer.try_clone().context("sharing a pipe")?)
        .stderr(writer);
    let mut child = command
        .spawn()
        .with_context(|| format!("starting `{shown}`"))?;
    drop(command); // the pipe ends with the child
    let runs = runs(reader, io::stdout().lock());
    let runs = runs.with_context(|| format!("reading from `{shown}`"))?;
    let status = child
        .wait()
        .with_context(|| format!("waiting for `{shown}`"))?;
    Ok(Tested {
        runs,
        succeeded: status.success(),
    })
}

/// The results told in cargo's output, which is passed on as it comes.
fn runs(output: impl Read, mut copy: impl Write) -> io::Result<Vec<(String, Count)>> {
    let (mut what, mut runs) = (String::new(), Vec::new());
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        copy.write_all(&line)?;
        copy.write_all(b"\n")?;
        let line = String::from_utf8_lossy(&line);
        if let Some(count) = Count::parse(&line) {
            runs.push((what.clone(), count));
        } else if let Some(next) = announced(&line) {
            what = next;
        }
    }
    Ok(runs)
}

/// `tests/x.rs` of cargo's `     Running tests/x.rs (target/debug/deps/x-0123)`, and the like.
fn announced(line: &str) -> Option<String> {
    let line = line.trim_start();
    if line.starts_with("Doc-tests ") {
        return Some(line.to_owned());
    }
    Some(
        line.strip_prefix("Running ")?
            .split(" (")
            .next()?
            .to_owned(),
    )
}

/// Whether this process is root, of the machine or of its own user namespace.
///
/// # Errors
/// When `id` cannot tell.
pub(crate) fn is_root() -> Result<bool> {
    Ok(output(command("id", "-u"))?.trim() == "0")
}

/// The command as a person would type it, without paths in front of the program.
fn shown(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let mut text = program.rsplit('/').next().unwrap_or(&program).to_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_line_is_counted_and_another_line_is_not() {
        let line =
            "test result: FAILED. 12 passed; 3 failed; 4 ignored; 0 measured; 0 filtered out";
        assert_eq!(
            Count::parse(line),
            Some(Count {
                passed: 12,
                failed: 3
            })
        );
        assert_eq!(Count::parse("test model::a_result ... ok"), None);
        assert_eq!(Count::parse("test result: what?"), None);
    }

    #[test]
    fn a_result_is_told_with_what_ran() {
        let output = "     Running tests/a.rs (t/a-1)\ntest result: ok. 2 passed; 0 failed;\n   \
                      Doc-tests b\nx\ntest result: FAILED. 1 passed; 1 failed;\n";
        let mut copy = Vec::new();
        let expected = [
            (
                "tests/a.rs".to_owned(),
                Count {
                    passed: 2,
                    failed: 0,
                },
            ),
            (
                "Doc-tests b".to_owned(),
                Count {
                    passed: 1,
                    failed: 1,
                },
            ),
        ];
        assert_eq!(runs(output.as_bytes(), &mut copy).unwrap(), expected);
        assert_eq!(copy, output.as_bytes());
    }

    #[test]
    fn a_command_that_fails_is_named() {
        let error = succeed(command("false", "--really")).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("`false --really`: exit status: 1"),
            "{error}"
        );
        assert!(output(command("/no/such/program", "")).is_err());
    }
}
