//! The plugin's process as the bench has it in hand. Left to others: what it does.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::Outcome;

/// A process that ends with this.
pub(crate) struct Program {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Program {
    /// Starts it and waits until it has its offers.
    #[expect(
        clippy::disallowed_methods,
        reason = "the plugin's memory is to be its own"
    )]
    pub(crate) fn start(folder: &Path, way: &str) -> Outcome<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg(folder)
            .arg(way)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take();
        let output = process.stdout.take().ok_or("no output")?;
        let mut program = Self {
            process,
            input,
            output: BufReader::new(output),
        };
        match program.hear()?.as_str() {
            "ready" => Ok(program),
            other => Err(format!("the plugin says {other:?}").into()),
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Tells it a word.
    pub(crate) fn say(&mut self, word: &str) -> Outcome<()> {
        let input = self.input.as_mut().ok_or("it has ended")?;
        Ok(writeln!(input, "{word}")?)
    }

    fn hear(&mut self) -> Outcome<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// The time that it has been on a CPU.
    pub(crate) fn cpu(&mut self) -> Outcome<Duration> {
        self.say("cpu")?;
        let told = self.hear()?;
        let (secs, nanos) = told.split_once(' ').ok_or("no CPU time")?;
        Ok(Duration::new(secs.parse()?, nanos.parse()?))
    }

    /// Asks it to end and waits until it has.
    pub(crate) fn end(mut self) -> Outcome<()> {
        drop(self.input.take());
        let status = self.process.wait()?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("the plugin ended with {status}").into())
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.input.take());
        // it ends by itself when its input does; the last word is the kernel's
        drop(self.process.wait());
    }
}
