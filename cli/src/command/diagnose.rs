//! `colvin diagnose [POD|CONTAINER]`: what this node attached, by the journal, the kernel, the kubelet and the API server, and where they
//! disagree.
//!
//! Left to others: what is gathered (`facts`, `agent`, `api`), what is a disagreement (`disagree`), undoing (`colvin-attach`).

mod agent;
mod api;
mod disagree;
mod facts;
mod whom;

use std::io::Write;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use colvin_attach::Roots;
use serde::Serialize;

use super::Ended;
use crate::args::Format;
use crate::args::attachments::{Diagnose, Folders};
use crate::output::{Output, Tone};
use crate::ports::or_empty;
use crate::table::{Table, column};
use agent::Agent;
use api::ApiServer;
use disagree::{Disagreement, disagreements};
use facts::{Attachment, Facts, Given, Prepared};
pub(super) use whom::Whom;

/// How much of a container's id a table shows.
const SHORT_ID: usize = 12;

/// The answer for programs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    attachments: &'a [&'a Attachment],
    given: &'a [&'a Given],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    claims: &'a [&'a Prepared],
    agent: &'a Agent,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_server: Option<&'a ApiServer>,
    notes: &'a [String],
    disagreements: &'a [Disagreement],
}

/// Compares what is known of the attachments of this node.
///
/// # Errors
/// When the journal cannot be listed, or nothing is known of the one that was asked about.
pub(super) fn run(args: &Diagnose, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let roots = roots(&args.folders)?;
    let whom = Whom::new(args.whom.as_deref());
    let facts = Facts::gather(&roots)?;
    let agent = Agent::ask(&roots, &whom, &facts);
    let api = ApiServer::ask(args, &whom, &facts);
    let found = facts.attachments.iter().filter(|it| it.is_of(&whom));
    let found: Vec<&Attachment> = found.collect();
    let given: Vec<_> = facts.given.iter().filter(|it| it.is_of(&whom)).collect();
    let claims = facts.claims.iter();
    let claims = claims.filter(|it| whom.is_all() || has_some(it, &found, &agent));
    let claims: Vec<&Prepared> = claims.collect();
    if let Some(name) = &args.whom
        && found.is_empty()
        && given.is_empty()
        && !agent.knows_devices()
    {
        return Err(anyhow!(
            "nothing on this node is attached for {name}: `colvin diagnose` alone lists all there is"
        ));
    }
    let mut disagreements = disagreements(&facts, &agent, api.as_ref());
    disagreements.retain(|it| it.is_about(&whom));
    let mut output = Output::new(to, args.look.color);
    if let Some(form) = args.look.output.form() {
        let report = Report {
            attachments: &found,
            given: &given,
            claims: &claims,
            agent: &agent,
            api_server: api.as_ref(),
            notes: &facts.notes,
            disagreements: &disagreements,
        };
        output.object(form, &report)?;
    } else {
        if found.is_empty() {
            output.line("nothing is attached")?;
        } else {
            output.table(table(&found, args.look.output))?;
        }
        for claim in claims {
            output.marked(Tone::Aside, "claim:", &claim.line())?;
        }
        below(&mut output, &facts, (&agent, api.as_ref()), &disagreements)?;
    }
    Ok(if disagreements.is_empty() {
        Ended::Well
    } else {
        Ended::Badly
    })
}

/// This node with the folders that were typed. Nothing is written by it, so it needs no time.
///
/// # Errors
/// When the kernel does not tell which boot this is.
pub(super) fn roots(folders: &Folders) -> anyhow::Result<Roots> {
    let roots = Roots::node(Duration::ZERO).context("cannot read the boot's id below /proc")?;
    Ok(Roots {
        state: folders.state_dir.clone(),
        run: folders.run_dir.clone(),
        ..roots
    })
}

/// Whether a claim has a device that is attached here, or that the kubelet gave to whom was asked about.
fn has_some(claim: &Prepared, found: &[&Attachment], agent: &Agent) -> bool {
    let said = agent.said.iter().filter_map(|said| said.devices.as_ref());
    let mut said = said.flatten().map(|it| it.device.as_str());
    let attached = |address| found.iter().any(|it| it.device == Some(address));
    let mut devices = claim.devices.iter();
    devices.any(|it| it.address.is_some_and(attached) || said.any(|name| name == it.device))
}

/// The beginning of a container's id, enough for people.
pub(super) fn short(id: &str) -> String {
    id.chars().take(SHORT_ID).collect()
}

fn table(found: &[&Attachment], format: Format) -> Table {
    let columns = [
        column("POD"),
        column("CONTAINER"),
        column("INTERFACE"),
        column("KIND"),
        column("DEVICE"),
        column("NETNS"),
        column("LINK"),
        column("STATE"),
        column("SINCE"),
        column("NETWORK"),
        column("DRIVER"),
        column("PATH"),
        column("RECORD"),
    ];
    let mut table = Table::in_format(&columns, 4, format);
    for it in found {
        table.row([
            or_empty(it.pod_name()),
            or_empty(it.container.as_deref().map(short)),
            or_empty(it.interface.as_ref()),
            or_empty(it.kind.as_ref()),
            or_empty(it.device),
            it.netns.as_str().to_owned(),
            it.link.as_str().to_owned(),
            it.state.clone().unwrap_or_else(|| "unreadable".to_owned()),
            or_empty(it.since.as_ref()),
            or_empty(it.network.as_ref()),
            or_empty(it.driver.as_ref()),
            or_empty(it.netns_path.as_ref().map(|path| path.display())),
            it.record.clone(),
        ]);
    }
    table
}

/// What stands below the table.
fn below(
    output: &mut Output<'_>,
    facts: &Facts,
    (agent, api): (&Agent, Option<&ApiServer>),
    disagreements: &[Disagreement],
) -> std::io::Result<()> {
    for line in agent.lines() {
        output.marked(Tone::Aside, "agent:", &line)?;
    }
    for line in api.map(ApiServer::lines).unwrap_or_default() {
        output.marked(Tone::Aside, "API server:", &line)?;
    }
    for note in &facts.notes {
        output.aside(note)?;
    }
    for it in disagreements {
        output.marked(Tone::Bad, "disagrees:", &it.what)?;
        output.line(&format!("     {}", it.remedy))?;
    }
    if disagreements.is_empty() {
        output.marked(Tone::Good, "OK", "nothing disagrees")?;
    }
    Ok(())
}
