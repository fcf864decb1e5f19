//! Every system call of a verb in turn: killed in front of it, then what a runtime does next, then the
//! oracle.
//!
//! Left to others: kills by chance (`soak.rs`).

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::arena::Arena;
use crate::call::{Attachment, Ended, How, Verb};
use crate::state::State;
use crate::subject::Subject;

/// How long the kernel may take to end what was in a namespace; it is milliseconds on a machine with nothing to do.
const SETTLES: Duration = Duration::from_secs(5);

/// How often each thing happened.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) kills: u32,
    /// ADD again after a killed one: it was made, or refused because it was made already.
    pub(crate) made: u32,
    pub(crate) refused: u32,
    pub(crate) leaks: u32,
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kills,
            made,
            refused,
            leaks,
        } = self;
        write!(
            f,
            "{kills} kills, {leaks} leaks; ADD again made it {made} times, found it made {refused} times"
        )
    }
}

/// What a runtime does after a call that was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Del,
    AddAgain,
    Gc,
}

/// A node, an attachment on it, and how the node was before.
#[derive(Debug)]
pub(crate) struct Sweep {
    pub(crate) arena: Arena,
    pub(crate) subject: Subject,
    pub(crate) attachment: Attachment,
    pub(crate) before: State,
    pub(crate) count: Count,
}

impl Sweep {
    /// Makes the node; one whole attachment goes well and leaves nothing.
    pub(crate) fn new(subject: Subject) -> Result<Self> {
        let arena = Arena::new()?;
        let sweep = Self {
            before: State::look(&arena)?,
            attachment: subject.attachment(0, "c0"),
            count: Count::default(),
            arena,
            subject,
        };
        sweep.well(Verb::Add)?;
        subject.judge(&sweep.arena, "pod0")?;
        sweep.well(Verb::Del)?;
        sweep.is_clean("a whole ADD and DEL")?;
        Ok(sweep)
    }

    /// A whole call that must succeed.
    pub(crate) fn well(&self, verb: Verb) -> Result<Ended> {
        let ended = self.attachment.ask(&self.arena, verb, &How::Whole)?;
        ensure!(ended.is_well(), "{verb:?}: {ended:?}");
        Ok(ended)
    }

    /// Nothing is left. The links of a namespace that ended go when the kernel comes to it, which nobody else can
    /// hasten: that is waited for.
    pub(crate) fn is_clean(&self, after: &str) -> Result<()> {
        let begun = Instant::now();
        loop {
            let leaks = State::look(&self.arena)?.leaks(&self.before);
            if leaks.is_empty() {
                return Ok(());
            }
            ensure!(
                begun.elapsed() < SETTLES,
                "after {after}:\n{}",
                leaks.join("\n")
            );
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// How many system calls a whole call makes. The node is as before the call when `undo` is done.
    fn calls(&self, verb: Verb) -> Result<u32> {
        let ended = self.attachment.ask(&self.arena, verb, &How::Counted)?;
        ensure!(ended.is_well() && ended.calls > 0, "{ended:?}");
        Ok(ended.calls)
    }

    /// Kills ADD at every call.
    pub(crate) fn adds(&mut self) -> Result<u32> {
        let calls = self.calls(Verb::Add)?;
        self.well(Verb::Del)?;
        for at in 1..=calls {
            let next = [Next::Del, Next::AddAgain, Next::Gc]
                .into_iter()
                .cycle()
                .nth(at.try_into()?);
            let next = next.context("a cycle ends")?;
            self.kill(Verb::Add, at)?;
            self.go_on(next)
                .and_then(|()| self.is_clean("it"))
                .with_context(|| {
                    format!("ADD killed in front of call {at} of {calls}, then {next:?}")
                })?;
        }
        Ok(calls)
    }

    /// Kills DEL at every call.
    pub(crate) fn dels(&mut self) -> Result<u32> {
        self.well(Verb::Add)?;
        let calls = self.calls(Verb::Del)?;
        for at in 1..=calls {
            self.well(Verb::Add)?;
            self.kill(Verb::Del, at)?;
            let next = if at % 2 == 0 { Next::Del } else { Next::Gc };
            self.go_on(next)
                .and_then(|()| self.is_clean("it"))
                .with_context(|| {
                    format!("DEL killed in front of call {at} of {calls}, then {next:?}")
                })?;
        }
        Ok(calls)
    }

    fn kill(&mut self, verb: Verb, at: u32) -> Result<()> {
        let ended = self.attachment.ask(&self.arena, verb, &How::Killed(at))?;
        // the last ones may not come: how often a thread waits for another is chance
        if ended.code.is_none() {
            self.count.kills += 1;
        }
        Ok(())
    }

    /// What a runtime does next; in the end nothing is attached.
    pub(crate) fn go_on(&mut self, next: Next) -> Result<()> {
        match next {
            Next::Del => self.well(Verb::Del).map(drop),
            Next::Gc => self.well(Verb::Gc).map(drop),
            Next::AddAgain => {
                let again = self.attachment.ask(&self.arena, Verb::Add, &How::Whole)?;
                ensure!(again.code.is_some(), "{again:?}");
                if again.is_well() {
                    self.count.made += 1;
                } else {
                    self.count.refused += 1;
                }
                // either way it is there: a half of it would be neither
                self.subject
                    .judge(&self.arena, "pod0")
                    .with_context(|| format!("{again:?}"))?;
                self.well(Verb::Del).map(drop)
            }
        }
    }
}
