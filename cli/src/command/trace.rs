//! `colvin trace [POD|CONTAINER]`: the steps and netlink messages of the last ADD and DEL, and how long each took.
//!
//! Left to others: keeping them (`colvin-cni`), which container a pod's interface has (the journal).

#![expect(
    clippy::disallowed_methods,
    reason = "the folder of traces is ours on any machine; sysfs is not read here"
)]

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use colvin_attach::sweep::attachments;
use serde::{Deserialize, Serialize};

use super::Ended;
use super::diagnose::{Whom, roots, short};
use crate::args::Format;
use crate::args::attachments::Trace;
use crate::output::{Output, Tone};
use crate::ports::count;
use crate::table::{Table, column};
use crate::utc::Utc;

/// The most bytes of a file that are read.
const MOST_BYTES: u64 = 1 << 20;

/// What the plugin kept of an attachment.
#[derive(Debug, Deserialize)]
struct Kept {
    network: String,
    container: String,
    ifname: String,
    add: Option<Told>,
    del: Option<Told>,
}

/// What a call told.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    at_ms: u64,
    took_us: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    steps: Vec<Step>,
}

/// A step of it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    what: String,
    at_us: u64,
    took_us: u64,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A call.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    verb: &'static str,
    network: String,
    container: String,
    ifname: String,
    #[serde(flatten)]
    told: Told,
}

/// The answer for programs.
#[derive(Debug, Serialize)]
struct Report<'a> {
    calls: &'a [Call],
    /// Files that could not be read.
    partial: &'a [String],
}

/// Shows the calls.
///
/// # Errors
/// When nothing is kept, or the folder cannot be read.
pub(super) fn run(args: &Trace, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let roots = roots(&args.folders)?;
    let folder = roots.run.join("trace");
    let (kept, partial) = read_all(&folder)?;
    let whom = Whom::new(args.whom.as_deref());
    let calls = if whom.is_all() {
        last(calls(kept))
    } else {
        let journal = attachments(&roots)
            .context("cannot tell which containers a pod has; root may read the journal")?;
        let of_pod = |container: &str| {
            journal.iter().any(|it| {
                let key = it.key.as_ref();
                let owner = (it.owner.namespace.as_deref(), it.owner.pod.as_deref());
                key.is_some_and(|key| key.container == container)
                    && matches!(owner, (Some(ns), Some(pod)) if whom.is_pod(ns, pod))
            })
        };
        let is_asked = |it: &Kept| whom.is_container(&it.container) || of_pod(&it.container);
        calls(kept.into_iter().filter(is_asked).collect())
    };
    let mut output = Output::new(to, args.look.color);
    match args.look.output.form() {
        Some(form) if !calls.is_empty() => output.object(
            form,
            &Report {
                calls: &calls,
                partial: &partial,
            },
        )?,
        _ => {
            for call in &calls {
                show(&mut output, call, args.look.output)?;
            }
            for line in &partial {
                output.marked(Tone::Bad, "partial:", line)?;
            }
        }
    }
    let folder = folder.display();
    match &args.whom {
        _ if !calls.is_empty() => {}
        Some(whom) => {
            return Err(anyhow!(
                "nothing is kept of {whom} in {folder}: after DEL a pod is found by its container's id only, and the last 64 are kept"
            ));
        }
        None => {
            return Err(anyhow!(
                "nothing is kept in {folder}: colvin-cni was not called since the machine was started; --run-dir names another folder"
            ));
        }
    }
    Ok(if partial.is_empty() {
        Ended::Well
    } else {
        Ended::Badly
    })
}

/// Everything that is kept, and why a file is not understood.
fn read_all(folder: &Path) -> anyhow::Result<(Vec<Kept>, Vec<String>)> {
    let mut kept = Vec::new();
    let mut partial = Vec::new();
    let failed = || format!("cannot list {}; root may", folder.display());
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((kept, partial)),
        Err(error) => return Err(error).with_context(failed),
    };
    for entry in entries {
        let path = entry.with_context(failed)?.path();
        if path.extension().is_none_or(|it| it != "json") {
            continue;
        }
        match read(&path) {
            Ok(it) => kept.extend(it),
            Err(error) => partial.push(format!("{}: {error:#}", path.display())),
        }
    }
    Ok((kept, partial))
}

/// One file; `None` when it was replaced meanwhile.
fn read(path: &Path) -> anyhow::Result<Option<Kept>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(MOST_BYTES + 1).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let is_small = u64::try_from(bytes.len()).is_ok_and(|it| it <= MOST_BYTES);
    ensure!(is_small, "it has more than {MOST_BYTES} bytes");
    serde_json::from_slice(&bytes).context("it is no trace of colvin-cni")
}

/// The calls, the earliest first.
fn calls(kept: Vec<Kept>) -> Vec<Call> {
    let mut calls = Vec::new();
    for it in kept {
        for (verb, told) in [("ADD", it.add), ("DEL", it.del)] {
            calls.extend(told.map(|told| Call {
                verb,
                network: it.network.clone(),
                container: it.container.clone(),
                ifname: it.ifname.clone(),
                told,
            }));
        }
    }
    calls.sort_by_key(|call| call.told.at_ms);
    calls
}

/// The last ADD and the last DEL.
fn last(calls: Vec<Call>) -> Vec<Call> {
    let mut last: Vec<Call> = Vec::new();
    for call in calls.into_iter().rev() {
        if last.iter().all(|it| it.verb != call.verb) {
            last.push(call);
        }
    }
    last.reverse();
    last
}

fn show(output: &mut Output<'_>, call: &Call, format: Format) -> anyhow::Result<()> {
    let Call { told, .. } = call;
    let whose = format!(
        "{} for container {} (network {}), {}, took {}",
        call.ifname,
        short(&call.container),
        call.network,
        Utc::of(Duration::from_millis(told.at_ms)),
        milliseconds(told.took_us),
    );
    output.marked(Tone::Head, call.verb, &whose)?;
    if let Some(parent) = &told.traceparent {
        output.aside(&format!("traceparent {parent}"))?;
    }
    let columns = [
        column("AT"),
        column("TOOK"),
        column("KIND"),
        column("WHAT"),
        column("ERROR").cut().blank(),
    ];
    let mut table = Table::in_format(&columns, 0, format);
    for step in &told.steps {
        table.row([
            milliseconds(step.at_us),
            milliseconds(step.took_us),
            step.kind.clone(),
            step.what.clone(),
            step.error.clone().unwrap_or_default(),
        ]);
    }
    output.table(table)?;
    let sent = told.steps.iter().filter(|step| step.kind == "netlink");
    let took = sent.clone().map(|step| step.took_us).sum();
    output.aside(&format!(
        "{} in {}",
        count(sent.count(), "netlink message"),
        milliseconds(took)
    ))?;
    if let Some(error) = &told.error {
        output.marked(Tone::Bad, "failed:", error)?;
    }
    output.line("")?;
    Ok(())
}

/// A time, to the microsecond.
fn milliseconds(micros: u64) -> String {
    format!("{}.{:03} ms", micros / 1000, micros % 1000)
}
