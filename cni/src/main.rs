//! The process around a call: environment and standard input in, standard output and exit code out.
//!
//! Left to others: the call (`call.rs`).

#![forbid(unsafe_code)]

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use colvin_attach::Roots;
use colvin_cni::call::answer;
use colvin_cni::environment::Verb;
use colvin_cni::failure::{Code, Failure};
use colvin_cni::gate::{self, Gate};
use colvin_cni::json::MOST_BYTES;
use rustix::event::{PollFd, PollFlags, poll};

/// musl's own gives every size its pages, and takes them back at once: a fifth of the time of a call.
#[cfg(target_env = "musl")]
#[global_allocator]
static MEMORY: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// How long a runtime may take to write a configuration.
const INPUT_LIMIT: Duration = Duration::from_secs(10);

/// How long VERSION waits for one, which it does not need.
const VERSION_LIMIT: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|word| word == gate::WORD) {
        return gated(Gate::parse(arguments).and_then(|gate| {
            let said = |failure: Failure| failure.to_string();
            gate.judge(
                &input(INPUT_LIMIT, false).map_err(said)?,
                &roots().map_err(said)?,
            )
        }));
    }
    called()
}

/// The end of a hook: what keeps the container from starting goes to the runtime by standard error.
fn gated(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            drop(writeln!(io::stderr().lock(), "colvin-cni: {why}"));
            ExitCode::FAILURE
        }
    }
}

/// A call by the CNI protocol.
fn called() -> ExitCode {
    let input = |verb| match verb {
        Verb::Version => input(VERSION_LIMIT, true),
        _ => input(INPUT_LIMIT, false),
    };
    let answer = answer(|name| std::env::var_os(name), input, roots);
    // where nobody reads, there is nobody to tell
    let mut errors = io::stderr().lock();
    for note in &answer.notes {
        drop(writeln!(errors, "colvin-cni: {note}"));
    }
    let mut output = io::stdout().lock();
    let written = output
        .write_all(answer.output.as_bytes())
        .and_then(|()| output.flush());
    match (written, answer.failed) {
        (Ok(()), false) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Where everything is on a node.
fn roots() -> Result<Roots, Failure> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Roots::node(now.unwrap_or_default())
        .map_err(|error| Failure::caused(Code::Io, "reading the boot's name", &error))
}

/// All of standard input: at most one byte more than is allowed, and not for ever. One that does not end is as
/// good as one that does where it may be left `open`.
fn input(limit: Duration, open: bool) -> Result<Vec<u8>, Failure> {
    let end = Instant::now() + limit;
    // read past its buffer, which nothing else fills
    let stdin = io::stdin();
    let mut bytes = Vec::new();
    while bytes.len() <= MOST_BYTES {
        let left = end.saturating_duration_since(Instant::now());
        let timeout = rustix::event::Timespec::try_from(left).ok();
        let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
        let read = match poll(&mut fds, timeout.as_ref()) {
            Ok(0) if open => break,
            Ok(0) => {
                let message = "standard input did not end: a configuration is expected there";
                return Err(Failure::new(Code::Io, message));
            }
            Ok(_) => {
                bytes.reserve(4096);
                rustix::io::read(&stdin, rustix::buffer::spare_capacity(&mut bytes))
            }
            Err(error) => Err(error),
        };
        match read {
            Ok(0) => break,
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => {
                let error = io::Error::from(error);
                return Err(Failure::caused(Code::Io, "reading standard input", &error));
            }
        }
    }
    Ok(bytes)
}
