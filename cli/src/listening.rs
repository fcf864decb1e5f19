//! Listening for LLDP for a bounded time, with a line on standard error that tells whom we wait for.
//!
//! Left to others: hearing (`colvin_discovery`), what becomes of what was heard (the commands).

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use anyhow::{Context as _, bail};
use colvin_discovery::source::lldp::Listening;
use colvin_discovery::{Discovery, Watcher, clock};
use colvin_model::{FindingReason, Subject};

use crate::print::printable;

/// Looks at everything, then listens until every port with a carrier was heard or the time is over.
///
/// # Errors
/// When listening is not permitted, with the remedy, or the machine cannot be followed.
pub(crate) fn listen(discovery: &mut Discovery, time: Duration) -> anyhow::Result<()> {
    let mut watcher = Watcher::open();
    discovery.listen(Listening::Uplinks);
    let begin = clock::now();
    let end = begin.saturating_add(time);
    discovery.look_all(begin);
    let forbidden = discovery.inventory().findings.iter().find(|finding| {
        finding.subject == Subject::Node && finding.reason == FindingReason::NotPermitted
    });
    if let Some(finding) = forbidden {
        bail!("cannot listen for LLDP: {}", finding.message);
    }
    let mut progress = Progress::new();
    loop {
        let now = clock::now();
        let waiting: Vec<String> = discovery
            .lldp()
            .unheard()
            .map(ToString::to_string)
            .collect();
        if waiting.is_empty() || now >= end {
            progress.clear();
            return Ok(());
        }
        progress.show(&waiting, end.saturating_sub(now));
        let until = progress.next(now).map_or(end, |next| next.min(end));
        watcher
            .wait(discovery, Some(until))
            .context("cannot listen for LLDP")?;
    }
}

/// A line on standard error that tells whom we wait for, where someone sees it.
struct Progress {
    shown: bool,
    terminal: bool,
}

impl Progress {
    fn new() -> Self {
        Self {
            shown: false,
            terminal: io::stderr().is_terminal(),
        }
    }

    /// When the line is to be drawn again.
    fn next(&self, now: Duration) -> Option<Duration> {
        self.terminal
            .then(|| now.saturating_add(Duration::from_secs(1)))
    }

    fn show(&mut self, waiting: &[String], left: Duration) {
        let seconds = left
            .as_secs()
            .saturating_add(u64::from(left.subsec_nanos() > 0));
        let (first, more) = waiting.split_at(waiting.len().min(4));
        let names = first.join(", ");
        let more = match more.len() {
            0 => String::new(),
            count => format!(" and {count} more"),
        };
        self.draw(&format!("listening on {names}{more}: {seconds} s left"));
    }

    fn clear(&mut self) {
        if self.shown {
            self.draw("");
        }
    }

    fn draw(&mut self, text: &str) {
        if self.terminal {
            self.shown = true;
            // A line that cannot be drawn is no reason to stop listening.
            drop(write!(io::stderr(), "\r\x1b[K{}", printable(text)));
        }
    }
}
