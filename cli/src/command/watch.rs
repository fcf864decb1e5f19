//! `colvin watch`: one line per change, until it is ended.
//!
//! Left to others: a change's form for programs (`line`), waiting and looking again (`colvin_discovery`), what is a change (`colvin_model::change`).

mod line;

use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use colvin_discovery::source::lldp::Listening;
use colvin_discovery::{Discovery, Watcher, clock};
use colvin_model::change::{Change, changes};
use colvin_model::{Finding, FindingReason, Inventory, Subject};

use line::Line;

use super::Ended;
use crate::args::{LineFormat, Watch};
use crate::output::{Output, Tone};
use crate::ports::{count, finding_line};
use crate::utc::Utc;

/// Follows the machine.
///
/// # Errors
/// When the machine cannot be looked at or followed, or nothing can be written.
pub(super) fn run(args: &Watch, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let mut output = Output::new(to, args.color);
    let mut watcher = Watcher::open();
    let mut discovery = Discovery::live().context("cannot look at this machine")?;
    discovery.listen(Listening::Uplinks);
    let begin = clock::now();
    let end = args.time.map(|time| begin.saturating_add(time));
    discovery.look_all(begin);
    let mut before = discovery.inventory().clone();
    start(&mut output, &before, args.output)?;
    while end.is_none_or(|end| clock::now() < end) {
        if watcher
            .wait(&mut discovery, end)
            .context("cannot follow this machine")?
        {
            let now = Utc::of(now());
            for change in changes(&before, discovery.inventory()) {
                tell(&mut output, &change, now, args.output)?;
            }
            output.flush()?;
            before.clone_from(discovery.inventory());
        }
    }
    Ok(Ended::Well)
}

/// Says what is watched, and what hinders it.
fn start(output: &mut Output<'_>, inventory: &Inventory, format: LineFormat) -> anyhow::Result<()> {
    let uplinks = count(inventory.uplinks.len(), "uplink");
    let findings = count(inventory.findings.len(), "finding");
    let message = format!("watching {uplinks} with {findings}");
    match format {
        LineFormat::Table => {
            output.marked(Tone::Aside, &Utc::of(now()).clock(), &message)?;
            for finding in inventory.findings.iter().filter(|finding| hinders(finding)) {
                output.marked(Tone::Odd, "!", &finding_line(finding, inventory))?;
            }
            output.flush()?;
        }
        LineFormat::Json => {
            output.json_line(&Line::started(message, Utc::of(now())))?;
        }
    }
    Ok(())
}

/// Whether a finding says that something will not be seen.
fn hinders(finding: &Finding) -> bool {
    finding.subject == Subject::Node
        && matches!(
            finding.reason,
            FindingReason::NotPermitted | FindingReason::SourceFailed
        )
}

fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

fn tell(
    output: &mut Output<'_>,
    change: &Change,
    now: Utc,
    format: LineFormat,
) -> anyhow::Result<()> {
    match format {
        LineFormat::Table => output.marked(Tone::Aside, &now.clock(), &change.to_string())?,
        LineFormat::Json => output.json_line(&Line::of(change, now))?,
    }
    Ok(())
}
