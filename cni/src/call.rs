//! One call of the plugin from its environment and standard input to its answer.
//!
//! Left to others: each verb (`call/<verb>.rs`), the process around it (`main.rs`).

mod add;
mod check;
mod del;
mod gc;
mod history;
mod refusal;
mod status;
mod version;

use std::ffi::OsString;

use colvin_attach::Roots;
use colvin_attach::trace::Trace;

use crate::config::{self, Config};
use crate::environment::{Environment, Verb};
use crate::failure::{Code, Failure};
use crate::version::Version;

/// What goes out of the process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Standard output: a result, an error object, or nothing.
    pub output: String,
    /// Standard error, a line each.
    pub notes: Vec<String>,
    /// Whether the call failed.
    pub failed: bool,
}

impl Answer {
    fn of(output: String, notes: Vec<String>) -> Self {
        Self {
            output,
            notes,
            failed: false,
        }
    }
}

/// A call that is to be carried out.
pub(crate) struct Call<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) bytes: &'a [u8],
    pub(crate) config: &'a Config<'a>,
    pub(crate) roots: &'a Roots,
    /// What is worth a line on standard error, though the call goes on.
    pub(crate) notes: Vec<String>,
    /// What was done so far, step by step.
    pub(crate) trace: Trace,
}

/// Answers a call.
///
/// `input` is the bytes of standard input, read only when the verb needs them.
pub fn answer(
    lookup: impl Fn(&str) -> Option<OsString>,
    input: impl FnOnce(Verb) -> Result<Vec<u8>, Failure>,
    roots: impl FnOnce() -> Result<Roots, Failure>,
) -> Answer {
    let environment = match Environment::read(lookup) {
        Ok(Some(environment)) => environment,
        Ok(None) => return about(),
        // the runtime reads the version that it wrote, also of a call that goes no further
        Err(failure) => {
            let bytes = input(Verb::Version).unwrap_or_default();
            return refuse(&failure, &bytes, Vec::new());
        }
    };
    let bytes = match input(environment.verb) {
        Ok(bytes) => bytes,
        Err(failure) => return refuse(&failure, b"", Vec::new()),
    };
    if environment.verb == Verb::Version {
        return Answer::of(version::answer(&bytes), Vec::new());
    }
    let mut notes = Vec::new();
    match carry_out(&environment, &bytes, roots, &mut notes) {
        Ok(output) => Answer::of(output, notes),
        Err(failure) => refuse(&failure, &bytes, notes),
    }
}

fn carry_out(
    environment: &Environment,
    bytes: &[u8],
    roots: impl FnOnce() -> Result<Roots, Failure>,
    notes: &mut Vec<String>,
) -> Result<String, Failure> {
    let (config, passed_over) = Config::parse(bytes, environment.verb)?;
    notes.extend(passed_over);
    let mut call = Call {
        environment,
        bytes,
        config: &config,
        roots: &roots()?,
        notes: Vec::new(),
        trace: Trace::begin(),
    };
    let result = match environment.verb {
        Verb::Add => add::answer(&mut call),
        Verb::Del => del::answer(&mut call),
        Verb::Check => check::answer(&mut call),
        Verb::Status => status::answer(&call),
        Verb::Gc => gc::answer(&mut call),
        Verb::Version => Ok(version::answer(bytes)),
    };
    history::keep(&mut call, result.as_ref().err());
    notes.append(&mut call.notes);
    result
}

fn refuse(failure: &Failure, bytes: &[u8], notes: Vec<String>) -> Answer {
    Answer {
        output: failure.json(config::version_of(bytes)),
        notes,
        failed: true,
    }
}

/// What a person gets who runs the program by hand (CNI-P4).
fn about() -> Answer {
    let versions = Version::ALL.map(Version::as_str);
    let about = format!(
        "colvin-cni {}, a CNI plugin: run by a container runtime",
        env!("CARGO_PKG_VERSION")
    );
    let spoken = format!("CNI protocol versions supported: {}", versions.join(", "));
    Answer::of(String::new(), vec![about, spoken])
}

impl Call<'_> {
    /// The names of the attachment; the environment has them for every verb about one.
    fn names(&self) -> Result<(&str, &colvin_model::IfName), Failure> {
        let environment = self.environment;
        match (&environment.container, &environment.interface) {
            (Some(container), Some(interface)) => Ok((container.as_str(), interface)),
            _ => Err(Failure::new(
                Code::Environment,
                "CNI_CONTAINERID and CNI_IFNAME are needed",
            )),
        }
    }
}
