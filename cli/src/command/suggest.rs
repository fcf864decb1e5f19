//! `colvin suggest`: Networks out of what the switches say, with the evidence.
//!
//! It proposes; a person decides. Ports that are on a Network already are left alone, and so are the
//! names that people gave. Left to others: the objects ([`crate::cluster`]), YAML ([`crate::manifest`]),
//! making them ([`crate::create`]).

mod cluster;
mod ports;
mod proposal;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use colvin_crds::v1alpha1::{Network, NodeTopology};
use colvin_model::network::{NetworkSpec as Compiled, Standing, map};
use serde::Serialize;
use serde_json::Value;

use self::ports::LeftOut;
use self::proposal::Proposal;
use super::Ended;
use super::lint::fleet::Fleet;
use crate::args::authoring::Suggest;
use crate::cluster::{Cluster, Connection, KnownNode};
use crate::output::Output;
use crate::{create, manifest};

/// Who owns the fields of what is applied.
const MANAGER: &str = "colvin-suggest";
/// The most ports of a Network that comments list.
const MOST_LISTED: usize = 40;

/// What is proposed, and what nothing is proposed for.
pub(super) struct Suggestion {
    proposals: Vec<Proposal>,
    left_out: Vec<LeftOut>,
}

/// Proposes Networks for the cluster or the files that were named.
///
/// # Errors
/// When there are no objects to look at, or a Network cannot be made.
pub(crate) fn run(args: &Suggest, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let mut cluster = Cluster::open(&args.cluster)?;
    let topologies = cluster.topologies()?;
    let networks = cluster.networks()?;
    let nodes = cluster.nodes()?.unwrap_or_default();
    let suggestion = suggest(&topologies, &networks, &nodes);
    for note in cluster.partial() {
        create::note(note);
    }
    if topologies.is_empty() {
        create::note(
            "there is no NodeTopology: where agents run, each node has one; colvin show -o yaml makes one of this machine",
        );
    }
    if let Some(form) = args.look.output.form() {
        let report = suggestion.report()?;
        Output::new(to, args.look.color).object(form, &report)?;
    } else {
        to.write_all(suggestion.yaml()?.as_bytes())?;
    }
    if !args.apply {
        return Ok(Ended::Well);
    }
    let connection = Connection::open(&args.cluster.connection)?;
    let networks: Vec<Network> = suggestion
        .proposals
        .iter()
        .map(|proposal| proposal.network.clone())
        .collect();
    let whole = create::all(&connection, &networks, MANAGER)?;
    Ok(if whole { Ended::Well } else { Ended::Badly })
}

/// Networks for the ports that are on none.
pub(super) fn suggest(
    topologies: &[NodeTopology],
    networks: &[Network],
    nodes: &[KnownNode],
) -> Suggestion {
    let fleet = Fleet::of(topologies, nodes);
    let (ports, left_out) = ports::all(topologies, &held(&fleet, networks));
    let taken = networks
        .iter()
        .filter_map(|network| network.metadata.name.clone());
    let taken: BTreeSet<String> = taken.collect();
    let clusters = cluster::clusters(&ports, &taken);
    let proposals = clusters.iter().map(|cluster| Proposal::of(cluster, &fleet));
    Suggestion {
        proposals: proposals
            .filter(|proposal| !proposal.evidence.is_empty())
            .collect(),
        left_out,
    }
}

/// The networks of each port: node, id, networks.
fn held(fleet: &Fleet, networks: &[Network]) -> BTreeMap<(String, String), BTreeSet<String>> {
    let compiled: Vec<Compiled> = networks
        .iter()
        .filter_map(|network| Compiled::try_from(network).ok())
        .collect();
    let mut held: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for view in fleet.views() {
        for (id, standings) in map(view, &compiled).uplinks {
            let on = standings
                .into_iter()
                .filter(|(_, standing)| matches!(standing, Standing::On(_)));
            for (network, _) in on {
                let at = (view.node.name.to_string(), id.to_string());
                held.entry(at).or_default().insert(network.to_string());
            }
        }
    }
    held
}

/// What is proposed, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    proposals: Vec<Proposed>,
    left_out: Vec<Left>,
}

#[derive(Serialize)]
struct Proposed {
    network: Value,
    evidence: Vec<String>,
    remarks: Vec<String>,
}

#[derive(Serialize)]
struct Left {
    port: String,
    why: String,
}

impl Suggestion {
    fn report(&self) -> anyhow::Result<Report> {
        let proposals = self.proposals.iter().map(|proposal| {
            Ok(Proposed {
                network: manifest::spare(&proposal.network)?,
                evidence: proposal.evidence.clone(),
                remarks: proposal.remarks.clone(),
            })
        });
        let left_out = self.left_out.iter().map(|left| Left {
            port: left.port.clone(),
            why: left.why.clone(),
        });
        Ok(Report {
            proposals: proposals.collect::<anyhow::Result<_>>()?,
            left_out: left_out.collect(),
        })
    }

    /// The Networks as YAML, the evidence as comments.
    fn yaml(&self) -> anyhow::Result<String> {
        let mut text = String::new();
        for proposal in &self.proposals {
            let mut comments = vec![format!(
                "{}: {}",
                proposal.name(),
                many(proposal.evidence.len(), "port")
            )];
            let listed = proposal.evidence.iter().take(MOST_LISTED);
            comments.extend(listed.map(|line| format!("  {line}")));
            let more = proposal.evidence.len().saturating_sub(MOST_LISTED);
            if more > 0 {
                comments.push(format!("  and {more} more: -o json has all"));
            }
            comments.extend(
                proposal
                    .remarks
                    .iter()
                    .map(|remark| format!("note: {remark}")),
            );
            text += &manifest::document(&comments, &manifest::spare(&proposal.network)?);
        }
        if self.proposals.is_empty() {
            text += "# nothing to propose\n";
        }
        let mut by_why: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for left in &self.left_out {
            by_why.entry(&left.why).or_default().push(&left.port);
        }
        for (why, ports) in by_why {
            let more = ports.len().saturating_sub(MOST_LISTED);
            let shown: Vec<&str> = ports.iter().take(MOST_LISTED).copied().collect();
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            let line = format!("left out, {why}: {}{more}", shown.join(", "));
            text.push_str("# ");
            text.push_str(&crate::print::printable(&line));
            text.push('\n');
        }
        Ok(text)
    }
}

/// `1 port`, `2 ports`.
fn many(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}
