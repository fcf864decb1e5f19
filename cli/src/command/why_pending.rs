//! `colvin why-pending POD`: which networks it asks for, which nodes reach them, how many devices are free there, and
//! what else keeps the scheduler away.
//!
//! It ends with 3 when no node can run the pod as things are. Left to others: the answer ([`crate::pending`]).

use std::io::Write;

use anyhow::anyhow;
use colvin_crds::v1alpha1::Network;
use colvin_crds::v1alpha1::network::Advertise;
use k8s_openapi::api::core::v1::Pod;
use serde::Serialize;

use super::Ended;
use super::report::{self, Partial};
use crate::args::Format;
use crate::args::pods::{self, WhyPending};
use crate::claims;
use crate::cluster::Cluster;
use crate::nearest::did_you_mean;
use crate::output::{Output, Tone};
use crate::pending::words::{obstacles, verdict};
use crate::pending::{Candidate, Devices, Explanation, Scene, State, explain};
use crate::ports::count;
use crate::table::{Table, column};

/// The answer in the words of the objects.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    pod: &'a str,
    /// `Pending`, `Gated`, `Placed`, `Running`, `Over` or `Leaving`.
    state: &'static str,
    verdict: String,
    asks: Vec<AskReport<'a>>,
    nodes: Vec<NodeReport<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    refused_networks: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    not_judged: &'a [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduler: Option<&'a str>,
    #[serde(flatten)]
    partial: Partial,
}

#[derive(Debug, Serialize)]
struct AskReport<'a> {
    resource: &'a str,
    number: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct NodeReport<'a> {
    name: &'a str,
    fits: bool,
    devices: Vec<DevicesReport<'a>>,
    obstacles: Vec<ObstacleReport>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DevicesReport<'a> {
    resource: &'a str,
    /// The network; of several choices the one that is meant here.
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<&'a str>,
    reached: bool,
    allocatable: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    taken: Option<u64>,
    taken_by: &'a [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    taints: &'a [String],
}

#[derive(Debug, Serialize)]
struct ObstacleReport {
    reason: &'static str,
    message: String,
}

/// Says why.
///
/// # Errors
/// When there is no such pod, or nobody answers.
pub(super) fn run(args: &WhyPending, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let mut cluster = Cluster::open(&args.cluster)?;
    let pod = pod(&args.pod, &cluster)?;
    let networks = cluster.networks()?;
    let topologies = cluster.topologies()?;
    let nodes = cluster.places()?;
    let bound = cluster.bound()?;
    let namespace = pod.metadata.namespace.as_deref().unwrap_or("default");
    let labels = cluster.namespace_labels(namespace);
    let by_dra = |network: &Network| network.spec.advertise == Advertise::Dra;
    let is_asked = !claims::of_pod(&pod).is_empty() || networks.iter().any(by_dra);
    let claims = if is_asked {
        cluster.claims(None)?
    } else {
        None
    };
    let explanation = explain(Scene {
        pod: &pod,
        nodes: nodes.as_deref(),
        bound: bound.as_deref(),
        claims: claims.as_ref(),
        networks: &networks,
        topologies: &topologies,
        namespace: labels.as_ref(),
    });
    let mut output = Output::new(to, args.look.color);
    match args.look.output.form() {
        Some(form) => output.object(form, &Report::of(&explanation, &cluster))?,
        None => show(&mut output, &explanation, args.look.output, &cluster)?,
    }
    Ok(match report::ended(&cluster) {
        Ended::Well if explanation.is_hopeless() => Ended::No,
        ended => ended,
    })
}

/// The pod that is asked about.
///
/// # Errors
/// When it is not there, with the nearest name, or nobody answers.
pub(super) fn pod(asked: &pods::Pod, cluster: &Cluster) -> anyhow::Result<Pod> {
    let namespace = asked.namespace.as_deref();
    let namespace = namespace.unwrap_or_else(|| cluster.default_namespace());
    let name = asked.name.strip_prefix("pod/").unwrap_or(&asked.name);
    if let Some(pod) = cluster.pod(namespace, name)? {
        return Ok(pod);
    }
    let known = cluster.pod_names(namespace);
    let near = did_you_mean(name, known.iter().map(String::as_str));
    Err(anyhow!(
        "there is no pod {name} in the namespace {namespace}{near}. One that was refused when it was to be created is \
         told in the events of who creates it: kubectl get events -n {namespace} --field-selector reason=FailedCreate"
    ))
}

impl<'a> Report<'a> {
    fn of(explanation: &'a Explanation, cluster: &Cluster) -> Self {
        let asks = explanation.asks.iter().map(|ask| AskReport {
            resource: &ask.resource,
            number: ask.number,
            network: ask.network(),
        });
        let nodes = explanation.nodes.iter();
        Self {
            pod: &explanation.pod,
            state: word(&explanation.state),
            verdict: verdict(explanation),
            asks: asks.collect(),
            nodes: nodes
                .map(|node| NodeReport::of(node, explanation))
                .collect(),
            refused_networks: &explanation.refused,
            not_judged: &explanation.unjudged,
            scheduler: explanation.scheduler.as_deref(),
            partial: Partial::of(cluster),
        }
    }
}

impl<'a> NodeReport<'a> {
    fn of(node: &'a Candidate, explanation: &'a Explanation) -> Self {
        let devices = explanation.asks.iter().zip(&node.devices);
        let obstacles = node.obstacles.iter().map(|one| ObstacleReport {
            reason: one.reason(),
            message: one.told(true),
        });
        Self {
            name: &node.node,
            fits: node.obstacles.is_empty(),
            devices: devices
                .map(|(ask, devices)| DevicesReport {
                    resource: &ask.resource,
                    network: ask.network().map(|_| devices.name.as_str()),
                    reached: devices.reached,
                    allocatable: devices.allocatable,
                    taken: devices.taken,
                    taken_by: &devices.by,
                    taints: &devices.tainted,
                })
                .collect(),
            obstacles: obstacles.collect(),
        }
    }
}

/// The word for programs.
fn word(state: &State) -> &'static str {
    match state {
        State::Pending { .. } => "Pending",
        State::Gated(_) => "Gated",
        State::Placed { .. } => "Placed",
        State::Runs { .. } => "Running",
        State::Over { .. } => "Over",
        State::Leaving => "Leaving",
    }
}

fn show(
    output: &mut Output<'_>,
    explanation: &Explanation,
    format: Format,
    cluster: &Cluster,
) -> anyhow::Result<()> {
    output.line(&verdict(explanation))?;
    if matches!(explanation.state, State::Pending { .. } | State::Gated(_)) {
        nodes(output, explanation, format)?;
        for network in &explanation.refused {
            let line = format!(
                "its namespace is not among those that {network} allows: a new pod like it would be refused"
            );
            output.marked(Tone::Odd, "!", &line)?;
        }
        match &explanation.scheduler {
            Some(says) => output.line(&format!("the scheduler says: {says}"))?,
            None => output.aside("the scheduler has not said anything of it yet: does it run?")?,
        }
        if !explanation.unjudged.is_empty() {
            let what = explanation.unjudged.join(", ");
            output.aside(&format!("not judged here, and part of this pod: {what}"))?;
        }
    }
    report::partial(output, cluster)
}

/// The nodes that reach something of what is asked for; all of them in a wide table.
fn nodes(output: &mut Output<'_>, explanation: &Explanation, format: Format) -> anyhow::Result<()> {
    let all = format == Format::Wide || explanation.asks.is_empty();
    let is_shown = |node: &&Candidate| all || node.reaches_some();
    let shown: Vec<&Candidate> = explanation.nodes.iter().filter(is_shown).collect();
    if !shown.is_empty() {
        output.table(table(explanation, &shown, format))?;
    }
    let others = explanation.nodes.len() - shown.len();
    if others > 0 && !shown.is_empty() {
        let (do_not, it) = match (others, explanation.asks.len()) {
            (1, 1) => ("does not", "it"),
            (1, _) => ("does not", "any of them"),
            (_, 1) => ("do not", "it"),
            (_, _) => ("do not", "any of them"),
        };
        output.aside(&format!(
            "{} more {do_not} reach {it}",
            count(others, "node")
        ))?;
    }
    Ok(())
}

fn table(explanation: &Explanation, nodes: &[&Candidate], format: Format) -> Table {
    let columns = [
        column("NODE"),
        column("FREE"),
        column("WHAT KEEPS THE POD AWAY").cut().blank(),
    ];
    let several = explanation.asks.len() > 1;
    let mut table = Table::in_format(&columns, 0, format);
    for node in nodes {
        let free = explanation
            .asks
            .iter()
            .zip(&node.devices)
            .map(|(ask, devices)| {
                let name = if several {
                    format!("{} ", ask.called())
                } else {
                    String::new()
                };
                format!("{name}{}", free(devices))
            });
        table.row([
            node.node.clone(),
            free.collect::<Vec<_>>().join(", "),
            obstacles(&node.obstacles, several),
        ]);
    }
    table
}

/// Free of allocatable devices.
fn free(devices: &Devices) -> String {
    match devices.free() {
        _ if !devices.reached => "-".to_owned(),
        Some(free) => format!("{free}/{}", devices.allocatable),
        None => format!("?/{}", devices.allocatable),
    }
}
