//! `colvin doctor`: what on this machine hinders discovery, or what a cluster lacks ([`cluster`]), and the remedy.
//!
//! A check says OK, WARN (something is not seen) or FAIL (discovery does not work). Of a recorded machine only what is
//! recorded is judged. A config file of the SR-IOV network device plugin is judged too: FAIL is a part of it that is not
//! served. Left to others: looking (`colvin_discovery`), healing (nobody changes anything here).

mod agents;
pub(super) mod cluster;
mod hardware;
mod pools;
mod rights;
mod window;

use std::io::Write;

use colvin_discovery::clock;
use serde::Serialize;

use super::Ended;
use crate::args::{Doctor, Node};
use crate::machine::Machine;
use crate::output::{Output, Tone};

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
enum Verdict {
    /// Nothing hinders.
    #[serde(rename = "OK")]
    Ok,
    /// Something is not seen, or may not be what was meant.
    #[serde(rename = "WARN")]
    Warn,
    /// Discovery does not work, or something that was asked for is not served.
    #[serde(rename = "FAIL")]
    Fail,
}

/// A check and its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    name: &'static str,
    verdict: Verdict,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl Check {
    fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self {
            name,
            verdict: Verdict::Ok,
            message: message.into(),
            remedy: None,
        }
    }

    fn warn(name: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        let remedy = Some(remedy.into());
        Self {
            name,
            verdict: Verdict::Warn,
            message: message.into(),
            remedy,
        }
    }

    fn fail(name: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        let remedy = Some(remedy.into());
        Self {
            name,
            verdict: Verdict::Fail,
            message: message.into(),
            remedy,
        }
    }
}

/// All checks, in their order.
#[derive(Debug, Serialize)]
struct Report {
    checks: Vec<Check>,
}

/// Checks the machine.
///
/// # Errors
/// When a recorded machine cannot be opened, or nothing can be written.
pub(super) fn run(args: &Doctor, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let checks = if args.whole_cluster {
        cluster::checks(&args.cluster)?
    } else {
        checks(args, &Machine::open(&args.machine)?)
    };
    let report = Report { checks };
    let mut output = Output::new(to, args.look.color);
    match args.look.output.form() {
        Some(form) => output.object(form, &report)?,
        None => {
            for check in &report.checks {
                show(&mut output, check)?;
            }
        }
    }
    let failed = report
        .checks
        .iter()
        .any(|check| check.verdict == Verdict::Fail);
    Ok(if failed { Ended::Badly } else { Ended::Well })
}

fn show(output: &mut Output<'_>, check: &Check) -> std::io::Result<()> {
    let (tone, word) = match check.verdict {
        Verdict::Ok => (Tone::Good, "OK  "),
        Verdict::Warn => (Tone::Odd, "WARN"),
        Verdict::Fail => (Tone::Bad, "FAIL"),
    };
    output.marked(tone, word, &format!("{}: {}", check.name, check.message))?;
    match &check.remedy {
        Some(remedy) => output.line(&format!("     {remedy}")),
        None => Ok(()),
    }
}

fn checks(args: &Doctor, machine: &Machine) -> Vec<Check> {
    let mut checks = Vec::new();
    if machine.is_live() {
        checks.extend(rights::checks());
        checks.extend(window::checks());
    }
    let mut discovery = match machine.discovery() {
        Ok(discovery) => discovery,
        Err(error) => {
            let remedy =
                "mount sysfs at /sys; in a container: a read-only hostPath /sys and hostNetwork";
            checks.push(Check::fail("discovery", format!("{error:#}"), remedy));
            return checks;
        }
    };
    let file = pools::file(args, machine.folder());
    discovery.ask_selectable(file.is_some());
    discovery.look_all(clock::now());
    if machine.is_live() {
        checks.extend(window::namespace(&discovery));
        checks.extend(agents::checks());
    }
    checks.extend(hardware::checks(discovery.inventory(), machine.folder()));
    if let Some(file) = file {
        let node = machine.node(&Node {
            name: args.node.clone(),
        });
        let prefix = &args.resource_prefix;
        checks.extend(pools::checks(&file, prefix, &discovery, &node));
    }
    checks
}

#[cfg(test)]
mod tests;
