//! `colvin drift`: which nodes of a cluster are alike, and what differs on the others.
//!
//! Left to others: which traits count and who falls out (`colvin_model::drift`).

use std::collections::BTreeMap;
use std::io::Write;

use colvin_crds::v1alpha1::NodeTopology;
use colvin_model::drift::{Difference, Drift, Group, Trait, Traits, drift};
use serde::Serialize;

use super::Ended;
use super::report::{self, Partial};
use crate::args::Format;
use crate::args::cluster::Everywhere;
use crate::cluster::Cluster;
use crate::output::{Output, Tone};
use crate::ports::count;
use crate::table::{Table, column};

/// The groups and what falls out of them.
#[derive(Debug, Serialize)]
struct Report<'a> {
    groups: Vec<GroupReport<'a>>,
    outliers: Vec<OutlierReport<'a>>,
    #[serde(flatten)]
    partial: Partial,
}

#[derive(Debug, Serialize)]
struct GroupReport<'a> {
    nodes: &'a [String],
    /// The traits of each uplink.
    uplinks: Vec<BTreeMap<&'static str, &'a str>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OutlierReport<'a> {
    nodes: &'a [String],
    /// The position of the group they are nearest to.
    nearest_group: usize,
    differences: Vec<String>,
}

/// Groups the nodes.
///
/// # Errors
/// When nobody answers, or nothing can be written.
pub(super) fn run(args: &Everywhere, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let mut cluster = Cluster::open(&args.cluster)?;
    let topologies = cluster.topologies()?;
    let drift = drift(topologies.iter().map(NodeTopology::traits).collect());
    let mut output = Output::new(to, args.look.color);
    if let Some(form) = args.look.output.form() {
        output.object(form, &Report::of(&drift, &cluster))?;
    } else {
        show(&mut output, &drift, topologies.len(), args.look.output)?;
        report::partial(&mut output, &cluster)?;
    }
    Ok(report::ended(&cluster))
}

impl<'a> Report<'a> {
    fn of(drift: &'a Drift, cluster: &Cluster) -> Self {
        let traits = |traits: &'a Traits| {
            traits
                .iter()
                .map(|(of, value)| (key(*of), value.as_str()))
                .collect()
        };
        let groups = drift.groups.iter().map(|group| GroupReport {
            nodes: &group.nodes,
            uplinks: group
                .uplinks
                .iter()
                .map(|uplink| traits(&uplink.traits))
                .collect(),
        });
        let outliers = drift.outliers.iter().map(|outlier| OutlierReport {
            nodes: &outlier.group.nodes,
            nearest_group: outlier.nearest,
            differences: outlier
                .differences
                .iter()
                .map(Difference::to_string)
                .collect(),
        });
        Self {
            groups: groups.collect(),
            outliers: outliers.collect(),
            partial: Partial::of(cluster),
        }
    }
}

/// A trait's name for programs.
fn key(of: Trait) -> &'static str {
    match of {
        Trait::Networks => "networks",
        Trait::Driver => "driver",
        Trait::Card => "card",
        Trait::Link => "link",
        Trait::Speed => "speed",
        Trait::Mtu => "mtu",
        Trait::Functions => "vfs",
        Trait::MostFunctions => "possibleVfs",
        Trait::Master => "master",
        Trait::Protected => "protected",
        Trait::Neighbors => "neighbors",
        Trait::Vlan => "vlan",
        Trait::Aliases => "aliases",
    }
}

fn show(
    output: &mut Output<'_>,
    drift: &Drift,
    nodes: usize,
    format: Format,
) -> anyhow::Result<()> {
    if nodes == 0 {
        output.line("there is no NodeTopology")?;
        output.aside("which nodes have an agent: colvin nodes")?;
        return Ok(());
    }
    output.line(&format!(
        "{} of {}, {}",
        count(nodes, "node"),
        count(drift.groups.len(), "design"),
        count(drift.outlying_nodes(), "outlier")
    ))?;
    output.table(table(drift, format))?;
    for outlier in &drift.outliers {
        let all = format == Format::Wide;
        let names = report::names(outlier.group.nodes.iter().map(String::as_str), all);
        // with one design only there is no question from which they differ
        let from = if drift.groups.len() == 1 {
            String::new()
        } else {
            format!(" (from {})", letter(outlier.nearest))
        };
        let words: Vec<_> = outlier
            .differences
            .iter()
            .map(Difference::to_string)
            .collect();
        match words.as_slice() {
            [one] => output.marked(Tone::Odd, "!", &format!("{names}{from}: {one}"))?,
            several => {
                output.marked(Tone::Odd, "!", &format!("{names}{from}:"))?;
                for line in several {
                    output.line(&format!("    {line}"))?;
                }
            }
        }
    }
    Ok(())
}

/// A group's name in a table: `A` to `Z`, then `A2`.
fn letter(place: usize) -> String {
    let letters = ('A'..='Z').nth(place % 26).unwrap_or('?');
    match place / 26 {
        0 => letters.to_string(),
        round => format!("{letters}{}", round + 1),
    }
}

fn table(drift: &Drift, format: Format) -> Table {
    let columns = [
        column("DESIGN"),
        column("NODES"),
        column("UPLINKS").cut(),
        column("WHICH").cut(),
    ];
    let mut table = Table::in_format(&columns, 0, format);
    for (place, group) in drift.groups.iter().enumerate() {
        table.row([
            letter(place),
            group.nodes.len().to_string(),
            uplinks(group),
            report::names(
                group.nodes.iter().map(String::as_str),
                format == Format::Wide,
            ),
        ]);
    }
    table
}

/// The uplinks of a group in words, those of one kind counted: `2x ice 100G green, igb 1G`.
fn uplinks(group: &Group) -> String {
    const TOLD: [Trait; 4] = [Trait::Driver, Trait::Speed, Trait::Networks, Trait::Link];
    let mut kinds: Vec<(String, usize)> = Vec::new();
    for uplink in &group.uplinks {
        let up = uplink
            .traits
            .get(&Trait::Link)
            .is_some_and(|link| link == "Up");
        let told = TOLD.iter().filter(|of| **of != Trait::Link || !up);
        let words: Vec<&str> = told
            .filter_map(|of| uplink.traits.get(of))
            .map(String::as_str)
            .collect();
        let kind = words.join(" ");
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, many)) => *many += 1,
            None => kinds.push((kind, 1)),
        }
    }
    let counted = kinds.into_iter().map(|(kind, many)| match many {
        1 => kind,
        many => format!("{many}x {kind}"),
    });
    let words: Vec<_> = counted.collect();
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.join(", ")
    }
}
