//! `colvin networks`: a line per Network of a cluster, by what the controller counted.
//!
//! Left to others: one Network in full (`network`), why a node is not on it (`why`).

use std::io::Write;

use colvin_crds::v1alpha1::network::status::DeviceCounts;
use colvin_crds::v1alpha1::{Network, NetworkStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use serde::Serialize;

use super::Ended;
use super::report::{self, Partial};
use crate::args::Format;
use crate::args::cluster::Networks;
use crate::cluster::Cluster;
use crate::output::{Output, Tone};
use crate::reach::Compiled;
use crate::table::{Table, column};

/// All Networks.
#[derive(Debug, Serialize)]
struct Report<'a> {
    networks: Vec<NetworkReport<'a>>,
    #[serde(flatten)]
    partial: Partial,
}

/// A Network, as its status has it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NetworkReport<'a> {
    pub(super) name: &'a str,
    pub(super) kind: String,
    pub(super) advertise: String,
    pub(super) members: usize,
    /// What the controller counted; absent while it has not looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) nodes: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) uplinks: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) devices: Option<DeviceCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) conditions: Option<&'a [Condition]>,
    /// Whether the counts are of an older `spec`.
    pub(super) outdated: bool,
    /// Why it means nothing, where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) invalid: Option<String>,
}

/// Lists the Networks.
///
/// # Errors
/// When nobody answers, or nothing can be written.
pub(super) fn run(args: &Networks, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let mut cluster = Cluster::open(&args.cluster)?;
    let networks = cluster.networks()?;
    let compiled = Compiled::of(&networks);
    let networks: Vec<_> = networks
        .iter()
        .map(|network| NetworkReport::of(network, &compiled))
        .collect();
    let mut output = Output::new(to, args.look.color);
    match args.look.output.form() {
        Some(form) => {
            let partial = Partial::of(&cluster);
            output.object(form, &Report { networks, partial })?;
        }
        None => show(&mut output, &networks, args.look.output, &cluster)?,
    }
    Ok(report::ended(&cluster))
}

/// The word that serde has for a value of an enum.
fn word(value: &impl Serialize) -> String {
    let word = serde_json::to_value(value).ok();
    word.and_then(|word| word.as_str().map(str::to_owned))
        .unwrap_or_default()
}

impl<'a> NetworkReport<'a> {
    /// The line of a Network.
    pub(super) fn of(network: &'a Network, compiled: &Compiled) -> Self {
        let name = network.metadata.name.as_deref().unwrap_or_default();
        // a status that was computed for no generation was never computed
        let looked = |status: &&NetworkStatus| status.observed_generation.is_some();
        let status = network.status.as_ref().filter(looked);
        let seen = status.and_then(|status| status.observed_generation);
        Self {
            name,
            kind: word(&network.spec.devices.kind),
            advertise: word(&network.spec.advertise),
            members: network.spec.members.len(),
            nodes: status.map(|status| status.nodes),
            uplinks: status.map(|status| status.uplinks),
            devices: status.map(|status| status.devices),
            conditions: status.map(|status| status.conditions.as_slice()),
            outdated: seen
                .is_some_and(|seen| network.metadata.generation.is_some_and(|now| now > seen)),
            invalid: compiled.wrong_with(name).map(str::to_owned),
        }
    }

    /// Whether it is ready, and why: `True`, `False` or `Unknown`, and the reason.
    pub(super) fn ready(&self) -> (&str, &str) {
        let mut conditions = self.conditions.unwrap_or_default().iter();
        match conditions.find(|condition| condition.type_ == "Ready") {
            Some(ready) => (&ready.status, &ready.reason),
            None => ("", ""),
        }
    }
}

fn show(
    output: &mut Output<'_>,
    networks: &[NetworkReport<'_>],
    format: Format,
    cluster: &Cluster,
) -> anyhow::Result<()> {
    if networks.is_empty() {
        output.line("there is no Network")?;
        output.aside("what could be one, by what the nodes see: colvin suggest")?;
    } else {
        output.table(table(networks, format))?;
    }
    for network in networks {
        if let Some(wrong) = &network.invalid {
            output.marked(
                Tone::Bad,
                "!",
                &format!("{} means nothing: {wrong}", network.name),
            )?;
        }
        if format == Format::Wide {
            conditions(output, network)?;
        }
    }
    if networks.iter().any(|network| network.nodes.is_none()) {
        output
            .aside("where nothing is counted the controller has not looked: is its pod running?")?;
    }
    if networks.iter().any(|network| network.outdated) {
        output.aside("(old): counted before the Network last changed")?;
    }
    report::partial(output, cluster)
}

/// The conditions in words.
///
/// # Errors
/// When they cannot be written.
pub(super) fn conditions(
    output: &mut Output<'_>,
    network: &NetworkReport<'_>,
) -> anyhow::Result<()> {
    for Condition {
        type_,
        status,
        reason,
        message,
        ..
    } in network.conditions.unwrap_or_default()
    {
        let is_good = (type_ == "Ready") == (status == "True");
        let tone = if is_good { Tone::Good } else { Tone::Odd };
        let why = if message.is_empty() {
            String::new()
        } else {
            format!(": {message}")
        };
        output.marked(
            tone,
            &format!("{} {type_} {status}", network.name),
            &format!("({reason}){why}"),
        )?;
    }
    Ok(())
}

fn table(networks: &[NetworkReport<'_>], format: Format) -> Table {
    let columns = [
        column("NETWORK"),
        column("KIND").expendable(1),
        column("NODES"),
        column("UPLINKS").expendable(3),
        column("DEVICES"),
        column("READY"),
        column("REASON").expendable(2),
        column("ADVERTISE"),
        column("MEMBERS"),
    ];
    let mut table = Table::in_format(&columns, 2, format);
    let number = |number: Option<u32>| number.map_or_else(String::new, |number| number.to_string());
    for network in networks {
        let (ready, reason) = network.ready();
        let old = if network.outdated { " (old)" } else { "" };
        table.row([
            network.name.to_owned(),
            network.kind.clone(),
            number(network.nodes),
            number(network.uplinks),
            network.devices.map_or_else(String::new, |devices| {
                format!("{}/{}", devices.allocatable, devices.capacity)
            }),
            format!("{ready}{old}"),
            reason.to_owned(),
            network.advertise.clone(),
            network.members.to_string(),
        ]);
    }
    table
}
