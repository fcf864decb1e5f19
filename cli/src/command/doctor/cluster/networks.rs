//! Networks beside the uplinks that they are on: packets that do not fit, VFs that nobody made, what the controller says.
//!
//! Left to others: which uplink is on which Network (the agents), what is wrong with a Network's words (`colvin lint`).

use std::collections::BTreeMap;

use colvin_crds::v1alpha1::network::DeviceKind;
use colvin_crds::v1alpha1::node_topology::Uplink;
use colvin_crds::v1alpha1::{Network, NodeTopology};

use super::super::Check;
use super::some;
use crate::ports::count;
use crate::reach::Compiled;

const NETWORKS: &str = "networks";
const MTU: &str = "MTU";
const VFS: &str = "VFs";

pub(super) fn checks(networks: &[Network], topologies: &[NodeTopology]) -> Vec<Check> {
    let mut checks = Vec::new();
    if networks.is_empty() {
        let message = "there is none: no pod can ask for one";
        let remedy = "colvin suggest proposes some of what the switches say";
        checks.push(Check::warn(NETWORKS, message, remedy));
    }
    for (name, error) in Compiled::of(networks).invalid {
        let remedy = "agents pass it over: colvin lint says where";
        checks.push(Check::fail(NETWORKS, format!("{name}: {error}"), remedy));
    }
    for network in networks {
        let places = places(network, topologies);
        checks.extend(mtu(network, &places));
        checks.extend(functions(network, &places));
        checks.extend(conditions(network));
    }
    if checks.is_empty() {
        checks.push(Check::ok(NETWORKS, count(networks.len(), "Network")));
    }
    checks
}

fn name(network: &Network) -> &str {
    network.metadata.name.as_deref().unwrap_or_default()
}

/// The uplinks that are on the Network, each with the name of its node.
fn places<'a>(network: &Network, topologies: &'a [NodeTopology]) -> Vec<(&'a str, &'a Uplink)> {
    let nodes = topologies.iter().map(|topology| {
        let node = topology.metadata.name.as_deref().unwrap_or_default();
        (node, &topology.status.uplinks)
    });
    let uplinks = nodes.flat_map(|(node, uplinks)| uplinks.iter().map(move |it| (node, it)));
    let on = |uplink: &Uplink| uplink.networks.iter().any(|it| it.name == name(network));
    uplinks.filter(|(_, uplink)| on(uplink)).collect()
}

fn called((node, uplink): (&str, &Uplink)) -> String {
    format!("{node} {}", uplink.name.as_deref().unwrap_or(&uplink.id))
}

/// Whether the Network's packets fit.
fn mtu(network: &Network, places: &[(&str, &Uplink)]) -> Vec<Check> {
    let Some(wanted) = network.spec.attach.as_ref().and_then(|it| it.mtu) else {
        return Vec::new();
    };
    let mut small: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let mut switches: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for place in places {
        let (_, uplink) = place;
        if let Some(mtu) = uplink.mtu.filter(|mtu| *mtu < wanted) {
            small.entry(mtu).or_default().push(called(*place));
        }
        let neighbors = uplink.neighbors.iter().filter_map(|it| it.mtu);
        let least = neighbors.map(u32::from).min();
        if let Some(mtu) = least.filter(|mtu| *mtu < wanted) {
            switches.entry(mtu).or_default().push(called(*place));
        }
    }
    let network = name(network);
    let uplinks = small.into_iter().map(|(mtu, places)| {
        let message = format!("{network} wants {wanted}, and {} has {mtu}", some(&places));
        let remedy = format!("pods get no interface there: set {wanted} or more at the uplink, or a smaller attach.mtu");
        Check::fail(MTU, message, remedy)
    });
    let switches = switches.into_iter().map(|(mtu, places)| {
        let message = format!(
            "{network} wants {wanted}, and the switch behind {} takes {mtu}",
            some(&places)
        );
        let remedy = "large packets are lost at the switch: set its MTU, or a smaller attach.mtu";
        Check::warn(MTU, message, remedy)
    });
    uplinks.chain(switches).collect()
}

/// Whether there are VFs where the Network gives VFs.
fn functions(network: &Network, places: &[(&str, &Uplink)]) -> Vec<Check> {
    if network.spec.devices.kind != DeviceKind::VirtualFunction {
        return Vec::new();
    }
    let (mut without, mut none) = (Vec::new(), Vec::new());
    for place in places {
        match &place.1.sriov {
            Some(sriov) if sriov.configured > 0 => {}
            Some(sriov) if sriov.total > 0 => none.push((called(*place), place.1)),
            Some(_) | None => without.push(called(*place)),
        }
    }
    let network = name(network);
    let mut checks = Vec::new();
    if let Some((_, first)) = none.first() {
        let netdev = first.name.as_deref().unwrap_or("NETDEV");
        let places: Vec<String> = none.iter().map(|(place, _)| place.clone()).collect();
        let message = format!("{network} gives VFs, and {} has none", some(&places));
        let remedy = format!(
            "make some there, as by echo 8 > /sys/class/net/{netdev}/device/sriov_numvfs at each start"
        );
        checks.push(Check::fail(VFS, message, remedy));
    }
    if !without.is_empty() {
        let message = format!("{network} gives VFs, and {} can have none", some(&without));
        let remedy = "switch SR-IOV on in the firmware, or give Macvlan, Ipvlan, Vlan or PhysicalFunction in devices.kind";
        checks.push(Check::warn(VFS, message, remedy));
    }
    checks
}

/// What the controller says of the Network that is not as it should be.
fn conditions(network: &Network) -> Vec<Check> {
    let status = network.status.as_ref();
    let conditions = status.map(|status| status.conditions.as_slice());
    let conditions = conditions.unwrap_or_default().iter();
    let wrong = conditions.filter(|one| (one.type_ == "Ready") != (one.status == "True"));
    let checks = wrong.map(|one| {
        let message = format!("{}: {}: {}", name(network), one.reason, one.message);
        let remedy = format!("colvin networks {} has all of it", name(network));
        Check::warn(NETWORKS, message, remedy)
    });
    checks.collect()
}
