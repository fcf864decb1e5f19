//! What a call did, step by step, and how long each took.
//!
//! Left to others: where it is written (`colvin-cni`), how it is shown (`colvin trace`).

use std::time::{Duration, Instant};

use serde::Serialize;

/// The steps of one call, in order.
#[derive(Debug)]
pub struct Trace {
    begun: Instant,
    steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What was done.
    pub what: String,
    /// When it ended, in microseconds since the call began.
    pub at_us: u64,
    /// How long it took, in microseconds.
    pub took_us: u64,
    /// What kind of step.
    pub kind: StepKind,
    /// What went wrong, if something did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What kind of step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum StepKind {
    /// A look at files or at the kernel.
    Look,
    /// The journal was written.
    Journal,
    /// A message to the kernel that changes something.
    Netlink,
    /// A call of IPAM.
    Ipam,
    /// A wait.
    Wait,
}

impl Trace {
    /// An empty one, which begins now.
    pub fn begin() -> Self {
        Self {
            begun: Instant::now(),
            steps: Vec::new(),
        }
    }

    /// The steps so far.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// How long it has taken so far.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Does the work as a step, and says how it ended.
    ///
    /// # Errors
    /// What the work gives.
    pub fn step<T, E: std::fmt::Display>(
        &mut self,
        kind: StepKind,
        what: impl Into<String>,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let begun = Instant::now();
        let result = work();
        let error = result.as_ref().err().map(ToString::to_string);
        self.push(kind, what.into(), begun.elapsed(), error);
        result
    }

    /// Adds a step that has just ended.
    pub fn push(&mut self, kind: StepKind, what: String, took: Duration, error: Option<String>) {
        self.steps.push(Step {
            what,
            at_us: micros(self.begun.elapsed()),
            took_us: micros(took),
            kind,
            error,
        });
    }
}

/// A duration in microseconds.
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
