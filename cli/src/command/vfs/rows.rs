//! A row per VF: what the node's object says of it, and who holds it. Left to others: showing it.

use std::collections::{BTreeMap, BTreeSet};

use colvin_crds::v1alpha1::NodeTopology;
use colvin_crds::v1alpha1::node_topology::{Uplink, VfRange};
use colvin_model::network::Functions;
use colvin_model::{PciAddress, offer::Ill};
use serde::Serialize;

use crate::claims;
use crate::holding::Held;

/// A VF.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    /// The PF: its netdev, or its PCI address.
    pub(super) pf: String,
    /// Its index below the PF.
    pub(super) index: u16,
    /// Its PCI address, or `None` where the PF's offset and stride put none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) address: Option<String>,
    /// The driver that is bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) driver: Option<String>,
    /// The Networks that it is for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) networks: Vec<String>,
    /// The extended resources, or the class, that it is offered as.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) resources: Vec<String>,
    /// `Held`, `Free`, `NotOffered`, `Unknown` where nobody tells who holds what, or why no new pod may have it.
    pub(super) state: String,
    /// Who holds it, as `namespace/pod (container)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) holder: Option<String>,
    /// Why no new pod may have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<String>,
}

impl Row {
    /// Whether it is for this network.
    pub(super) fn is_on(&self, network: &str) -> bool {
        self.networks.iter().any(|name| name == network)
    }
}

/// The VFs of all PFs. `is_all` says whether what nobody is said to hold is free.
pub(super) fn rows(topology: &NodeTopology, held: &[Held], is_all: bool) -> Vec<Row> {
    let node = topology.metadata.name.as_deref().unwrap_or_default();
    let mut by_vf: BTreeMap<(&str, u16), Vec<&Held>> = BTreeMap::new();
    for one in held.iter().filter(|one| one.may_be_on(node)) {
        let at = one.locate(Some(topology));
        if let (Some(uplink), Some(index)) = (at.uplink, at.vf_index) {
            by_vf.entry((&uplink.id, index)).or_default().push(one);
        }
    }
    let uplinks = topology.status.uplinks.iter();
    let rows = uplinks.flat_map(|uplink| {
        let vfs = vfs(uplink).into_iter();
        let unheld = Vec::new();
        let by_vf = &by_vf;
        vfs.map(move |(index, range)| {
            let entries = by_vf.get(&(uplink.id.as_str(), index)).unwrap_or(&unheld);
            let is_known = is_all || !entries.is_empty();
            row(uplink, index, range, is_known.then_some(entries.as_slice()))
        })
        .collect::<Vec<_>>()
    });
    rows.collect()
}

/// The VFs of a PF by index, each with the range that it is of.
fn vfs(uplink: &Uplink) -> BTreeMap<u16, &VfRange> {
    let Some(sriov) = &uplink.sriov else {
        return BTreeMap::new();
    };
    let ranges = sriov.functions.iter();
    let ranges = ranges.filter_map(|range| Some((range.range.parse::<Functions>().ok()?, range)));
    let in_range = |(indexes, range): (Functions, _)| {
        let there = (0..sriov.configured).filter(move |index| indexes.contains(*index));
        there.map(move |index| (index, range))
    };
    ranges.flat_map(in_range).collect()
}

/// The row of a VF; `entries` are those of the agent, or `None` where nobody tells.
fn row(uplink: &Uplink, index: u16, range: &VfRange, entries: Option<&[&Held]>) -> Row {
    let address = address(uplink, index);
    let has = |functions: &Option<String>| {
        let functions = functions
            .as_ref()
            .and_then(|text| text.parse::<Functions>().ok());
        functions.is_some_and(|functions| functions.contains(index))
    };
    let on = uplink.networks.iter().filter(|on| has(&on.functions));
    let mut networks: Vec<String> = on.map(|on| on.name.clone()).collect();
    let said = entries.into_iter().flatten();
    networks.extend(
        said.clone()
            .filter_map(|one| one.network())
            .map(str::to_owned),
    );
    networks.sort_unstable();
    networks.dedup();
    let holder = said.clone().find_map(|one| one.holder());
    let (state, why) = state(
        uplink,
        range,
        entries,
        holder.is_some(),
        !networks.is_empty(),
    );
    Row {
        pf: uplink.name.clone().unwrap_or_else(|| uplink.id.clone()),
        index,
        address: address.map(|address| address.to_string()),
        driver: range.driver.clone(),
        networks,
        resources: said
            .map(|one| one.resource.clone())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        state,
        holder,
        why,
    }
}

fn address(uplink: &Uplink, index: u16) -> Option<PciAddress> {
    let sriov = uplink.sriov.as_ref()?;
    let pf: PciAddress = uplink.id.parse().ok()?;
    pf.virtual_function(sriov.offset, sriov.stride, index)
}

/// The state in a word, and why no new pod may have the VF.
fn state(
    uplink: &Uplink,
    range: &VfRange,
    entries: Option<&[&Held]>,
    is_held: bool,
    on_network: bool,
) -> (String, Option<String>) {
    let ill = entries
        .into_iter()
        .flatten()
        .find_map(|one| one.ill.as_deref());
    if is_held {
        return ("Held".to_owned(), ill.map(words));
    }
    if let Some(ill) = ill {
        return (ill.to_owned(), Some(words(ill)));
    }
    if let Some(half) = &range.state {
        return (half.clone(), Some(words(half)));
    }
    if range.driver.is_none() {
        let ill = Ill::NoDriver;
        return (ill.as_str().to_owned(), Some(ill.to_string()));
    }
    match entries {
        Some([]) if on_network => (
            "NotOffered".to_owned(),
            Some("its agent does not offer it: see its log".to_owned()),
        ),
        Some([]) => ("NotOffered".to_owned(), Some(unoffered(uplink))),
        Some(_) => ("Free".to_owned(), None),
        None if on_network => ("Unknown".to_owned(), None),
        None => ("NotOffered".to_owned(), Some(unoffered(uplink))),
    }
}

/// Why no network has a VF of this uplink.
fn unoffered(uplink: &Uplink) -> String {
    let refused: Vec<String> = uplink
        .refused
        .iter()
        .map(|refused| format!("{} is refused here: {}", refused.name, refused.reason))
        .collect();
    match (uplink.networks.as_slice(), refused.as_slice()) {
        ([], []) => "the PF is on no network".to_owned(),
        ([], refused) => refused.join("; "),
        _ => "no network of the PF has this VF".to_owned(),
    }
}

/// The words for a reason of the agent's.
fn words(reason: &str) -> String {
    let known = [
        Ill::Gone,
        Ill::NoDriver,
        Ill::HalfCreated,
        Ill::NoNetdev,
        Ill::LinkDown,
        Ill::NotReturned,
        Ill::NotUndone,
    ];
    let found = known.iter().find(|ill| ill.as_str() == reason);
    let of_taint = || claims::meaning(reason).unwrap_or(reason).to_owned();
    found.map_or_else(of_taint, ToString::to_string)
}
