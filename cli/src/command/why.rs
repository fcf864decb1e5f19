//! `colvin why NODE NETWORK`: for each uplink of a node the evidence that puts it on a network, or what comes nearest.
//!
//! It ends with 3 when the node does not reach the network, so that 1 stays for what could not be told. Left to
//! others: the answers ([`crate::reach`]).

mod show;

use std::io::Write;

use anyhow::{anyhow, bail};
use colvin_crds::v1alpha1::Network;
use colvin_model::NetworkName;
use colvin_model::network::Why as Reason;
use serde::Serialize;

use super::Ended;
use super::report::{self, Partial};
use crate::args::cluster::Why;
use crate::cluster::{Cluster, KnownNode};
use crate::nearest::did_you_mean;
use crate::output::Output;
use crate::reach::{Answer, Asked, Compiled, Published};

/// The answer in the words of the objects.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    node: &'a str,
    network: &'a str,
    reached: bool,
    uplinks: Vec<UplinkReport<'a>>,
    #[serde(flatten)]
    partial: Partial,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct UplinkReport<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    link: &'a str,
    /// The agent's answer: `On`, `Refused`, `Not`, or `NoAgent`.
    agent: &'static str,
    /// The answer by the objects.
    computed: Computed,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<String>,
}

/// The computed answer, as a program takes it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Computed {
    /// `On`, `Refused`, `NoMatch`, `NoMembers` or `Unreadable`.
    answer: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<String>,
    /// The terms, each with what is there and what is wanted: those that hold, or the first that does not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    terms: Vec<TermReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    functions: Option<String>,
    message: String,
}

#[derive(Debug, Serialize)]
struct TermReport {
    term: &'static str,
    found: String,
    wanted: String,
    holds: bool,
}

/// Says why.
///
/// # Errors
/// When there is no such node or network, the network means nothing, or nobody answers.
pub(super) fn run(args: &Why, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let mut cluster = Cluster::open(&args.cluster)?;
    let networks = cluster.networks()?;
    let (compiled, network) = compiled(&args.network, &networks, &cluster)?;
    let nodes = cluster.nodes()?;
    let Some(topology) = cluster.topology(&args.node)? else {
        return Err(no_topology(&args.node, nodes.as_deref(), &mut cluster)?);
    };
    let known = nodes.iter().flatten().find(|node| node.name == args.node);
    let asked = Asked::new(&topology, known);
    let answers = asked.answers(&compiled.specs, &network);
    let reached = answers.iter().any(Answer::is_on);
    let mut output = Output::new(to, args.look.color);
    if let Some(form) = args.look.output.form() {
        let report = Report {
            node: &args.node,
            network: &args.network,
            reached,
            uplinks: answers.iter().map(UplinkReport::of).collect(),
            partial: Partial::of(&cluster),
        };
        output.object(form, &report)?;
    } else {
        show::show(&mut output, args, &answers, &topology)?;
        report::partial(&mut output, &cluster)?;
    }
    Ok(match report::ended(&cluster) {
        Ended::Well if !reached => Ended::No,
        ended => ended,
    })
}

/// The Networks as the mapping takes them, and the name of the one that is asked for.
///
/// # Errors
/// When there is no such Network, or it means nothing.
pub(super) fn compiled(
    asked: &str,
    networks: &[Network],
    cluster: &Cluster,
) -> anyhow::Result<(Compiled, NetworkName)> {
    let compiled = Compiled::of(networks);
    if let Some(wrong) = compiled.wrong_with(asked) {
        bail!("the Network {asked} means nothing, so no uplink can be on it: {wrong}");
    }
    let found = compiled
        .specs
        .iter()
        .find(|spec| spec.name().as_str() == asked);
    if let Some(name) = found.map(|spec| spec.name().clone()) {
        return Ok((compiled, name));
    }
    // one that could not be read is named among what is missing
    if let Some(unread) = cluster
        .partial()
        .iter()
        .find(|line| line.starts_with(&format!("the Network {asked} ")))
    {
        bail!("{unread}");
    }
    let names: Vec<&str> = networks
        .iter()
        .filter_map(|network| network.metadata.name.as_deref())
        .collect();
    if names.is_empty() {
        bail!(
            "there is no Network {asked}, nor any other: colvin suggest proposes some by what the nodes see"
        );
    }
    bail!(
        "there is no Network {asked}{}; colvin networks lists them",
        did_you_mean(asked, names)
    )
}

/// Why there is no object of this node.
pub(super) fn no_topology(
    node: &str,
    nodes: Option<&[KnownNode]>,
    cluster: &mut Cluster,
) -> anyhow::Result<anyhow::Error> {
    let nodes = nodes.unwrap_or_default();
    if nodes.iter().any(|known| known.name == node) {
        return Ok(anyhow!(
            "the node {node} has no NodeTopology: no agent reports from it. Is its pod running? kubectl get pods -A -o \
             wide --field-selector spec.nodeName={node} -l app.kubernetes.io/name=colvin"
        ));
    }
    let topologies = cluster.topologies()?;
    let known = nodes.iter().map(|node| node.name.as_str());
    let known = known.chain(
        topologies
            .iter()
            .filter_map(|one| one.metadata.name.as_deref()),
    );
    Ok(anyhow!(
        "there is no node {node}{}; colvin nodes lists them",
        did_you_mean(node, known)
    ))
}

impl<'a> UplinkReport<'a> {
    fn of(answer: &Answer<'a>) -> Self {
        Self {
            id: &answer.uplink.id,
            name: answer.uplink.name.as_deref(),
            link: &answer.uplink.link,
            agent: agent(answer),
            computed: Computed::of(answer),
            difference: answer.difference(),
        }
    }
}

/// The agent's answer in a word.
pub(super) fn agent(answer: &Answer<'_>) -> &'static str {
    match answer.published {
        Published::On(_) => "On",
        Published::Refused(_) => "Refused",
        Published::Not => "Not",
        Published::NoAgent => "NoAgent",
    }
}

impl Computed {
    pub(super) fn of(answer: &Answer<'_>) -> Self {
        let message = answer.computed.as_ref().map(ToString::to_string);
        let mut computed = Self {
            answer: "Unreadable",
            member: None,
            terms: Vec::new(),
            functions: None,
            message: message.unwrap_or_else(|| {
                "the uplink's id is neither a PCI address nor a name".to_owned()
            }),
        };
        match answer.why() {
            Some(Reason::On(belonging)) => {
                computed.answer = "On";
                computed.member = Some(belonging.evidence.member.to_string());
                let matches = belonging.evidence.matches.iter();
                computed.terms.extend(matches.map(|found| TermReport {
                    term: found.term.name(),
                    found: found.value.clone(),
                    wanted: found.term.wanted(),
                    holds: true,
                }));
                computed.functions =
                    (!belonging.functions.is_empty()).then(|| belonging.functions.to_string());
            }
            Some(Reason::Refused(_)) => computed.answer = "Refused",
            Some(Reason::NoMatch(miss)) => {
                computed.answer = "NoMatch";
                computed.member = Some(miss.member.to_string());
                computed.terms.push(TermReport {
                    term: miss.term.name(),
                    found: miss.found.to_string(),
                    wanted: miss.term.wanted(),
                    holds: false,
                });
            }
            Some(Reason::NoMembers) => computed.answer = "NoMembers",
            None => {}
        }
        computed
    }
}
