//! `colvin`: see the network cards of a machine and what is at the other end of each cable.
//!
//! This file is the process: arguments in, exit code out (0 done, 1 failed, 2 wrong usage, 3 the answer is no), errors
//! to standard error, a reader who went away is no error. Left to others: everything else.

#![forbid(unsafe_code)]

mod args;
mod capture;
mod claims;
mod cluster;
mod command;
mod config_file;
mod create;
mod demand;
mod document;
mod frame_report;
mod holding;
mod listening;
mod machine;
mod manifest;
mod names;
mod nearest;
mod output;
mod pending;
mod place;
mod ports;
mod print;
mod reach;
mod redact;
#[cfg(test)]
mod reference;
mod table;
mod taint;
mod tar;
mod utc;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use crate::command::Ended;

/// Standard output that remembers that nobody reads it any more.
struct Reader<'a> {
    to: BufWriter<io::StdoutLock<'a>>,
    gone: bool,
}

impl Reader<'_> {
    fn note<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result {
            self.gone |= error.kind() == io::ErrorKind::BrokenPipe;
        }
        result
    }
}

impl Write for Reader<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let written = self.to.write(buf);
        self.note(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.to.flush();
        self.note(flushed)
    }
}

fn main() -> ExitCode {
    let cli = match args::plugin::parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help goes to standard output and is no failure; that it cannot be written changes nothing.
            drop(error.print());
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let mut out = Reader {
        to: BufWriter::new(io::stdout().lock()),
        gone: false,
    };
    let ended = command::run(cli.command, &mut out)
        .and_then(|ended| out.flush().map(|()| ended).map_err(anyhow::Error::from));
    match ended {
        Ok(Ended::Well) => ExitCode::SUCCESS,
        Ok(Ended::Badly) => ExitCode::FAILURE,
        Ok(Ended::No) => ExitCode::from(3),
        Err(_) if out.gone => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

/// Says on standard error what could not be done.
fn complain(error: &anyhow::Error) {
    let line = format!("colvin: {error:#}");
    // There is nobody left to tell that standard error is closed.
    drop(writeln!(io::stderr(), "{}", print::printable(&line)));
}
