//! The object read back as what the mapping looks at, so that whoever asks `why` gets the answer that
//! the node's agent would give, by the same function.
//!
//! What the object does not say (single VFs, MACs of VFs, counters) is not made up: what the mapping
//! takes from those on the node is in the findings. Left to others: the mapping
//! (`colvin_model::network`).

use std::net::IpAddr;

use colvin_model::inventory as model;
use colvin_model::observation::{
    Addresses, Carrier, InterfaceAddress, Link, NamedVlan, Neighbor as SeenNeighbor, OperState,
    PciFunction, PortFacts, Role, SriovCapability, WireText,
};
use colvin_model::{
    DeviceId, Finding, FindingReason, IfIndex, IfName, Inventory, LinkAddress, MacAddr, NumaNode,
    PciAddress, PciClass, Symbol, VlanId,
};

use super::{Neighbor, NodeTopology, Uplink};

/// A node as its object tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// What it has.
    pub inventory: Inventory,
    /// The addresses of its uplinks.
    pub addresses: Addresses,
    /// Uplinks whose ids are neither PCI addresses nor names of links: they are left out.
    pub unreadable: Vec<String>,
}

impl NodeTopology {
    /// What the object tells of the node.
    pub fn observed(&self) -> Observed {
        let mut observed = Observed::default();
        let numbered = self.status.uplinks.iter().zip(1_u32..);
        for (uplink, number) in numbered {
            let (Ok(id), Some(index)) = (uplink.id.parse(), IfIndex::new(number)) else {
                observed.unreadable.push(uplink.id.clone());
                continue;
            };
            let addresses = uplink.addresses.iter().filter_map(|text| {
                let (address, prefix_length) = address(text)?;
                Some(InterfaceAddress {
                    link: index,
                    address,
                    prefix_length,
                })
            });
            observed.addresses.addresses.extend(addresses);
            observed
                .inventory
                .uplinks
                .push(of_uplink(uplink, id, index));
        }
        let uplinks = &mut observed.inventory.uplinks;
        uplinks.sort_by(|a, b| a.id.cmp(&b.id));
        for finding in &self.status.findings {
            let about = finding.uplink.as_deref().and_then(|id| id.parse().ok());
            let known = FindingReason::ALL.iter();
            let mut known = known.filter(|(reason, _)| reason.as_str() == finding.reason);
            if let (Some(about), Some((reason, _))) = (about, known.next()) {
                let message = finding.message.clone();
                observed.inventory.findings.push(match about {
                    model::UplinkId::Function(at) => Finding::of_function(at, *reason, message),
                    model::UplinkId::Netdev(name) => Finding::of_link(name, *reason, message),
                });
            }
        }
        observed.inventory.findings.sort();
        observed
    }
}

/// An address with its prefix length, as `10.20.3.7/16`.
fn address(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/')?;
    Some((address.parse().ok()?, length.parse().ok()?))
}

fn symbol(text: Option<&String>) -> Option<Symbol> {
    text.map(|text| Symbol::from(text.as_str()))
}

fn name(text: Option<&String>) -> Option<IfName> {
    text.and_then(|text| text.parse().ok())
}

fn of_uplink(uplink: &Uplink, id: model::UplinkId, index: IfIndex) -> model::Uplink {
    let at = match &id {
        model::UplinkId::Function(at) => Some(*at),
        model::UplinkId::Netdev(_) => None,
    };
    let function = at.and_then(|at| function(uplink, at));
    let link = name(uplink.name.as_ref()).map(|name| link(uplink, name, index, at));
    let port = PortFacts {
        speed_mbps: uplink.speed_mbps,
        driver: symbol(uplink.driver.as_ref()),
        ..PortFacts::default()
    };
    model::Uplink {
        id,
        function,
        link,
        state: state(&uplink.link),
        port,
        firmware: symbol(uplink.firmware.as_ref()),
        eswitch: None,
        bond: name(uplink.bond.as_ref()),
        bridge: name(uplink.bridge.as_ref()),
        rdma: symbol(uplink.rdma.as_ref()),
        protected: uplink.protected.iter().map(|why| protection(why)).collect(),
        virtual_functions: Vec::new(),
        representors: Vec::new(),
        subfunctions: Vec::new(),
        neighbors: uplink.neighbors.iter().filter_map(of_neighbor).collect(),
    }
}

fn function(uplink: &Uplink, at: PciAddress) -> Option<PciFunction> {
    let (vendor, device) = (uplink.vendor.as_ref()?, uplink.device.as_ref()?);
    let id: DeviceId = format!("{vendor}:{device}").parse().ok()?;
    let sriov = uplink.sriov.as_ref().map(|sriov| SriovCapability {
        total: sriov.total,
        configured: sriov.configured,
        offset: sriov.offset,
        stride: sriov.stride,
        vf_device: None,
        drivers_autoprobe: None,
        virtfn: std::collections::BTreeMap::new(),
    });
    Some(PciFunction {
        address: at,
        class: PciClass::new(0x02_0000),
        id,
        subsystem: None,
        driver: symbol(uplink.driver.as_ref()),
        numa_node: uplink.numa_node.map(NumaNode::new),
        iommu_group: None,
        pcie_root: symbol(uplink.pcie_root.as_ref()),
        role: Role::Physical { sriov },
        slot: None,
    })
}

fn link(uplink: &Uplink, name: IfName, index: IfIndex, function: Option<PciAddress>) -> Link {
    let mac: Option<MacAddr> = uplink.mac.as_deref().and_then(|mac| mac.parse().ok());
    let address = mac.and_then(|mac| LinkAddress::from_bytes(&mac.bytes()));
    Link {
        index,
        name,
        alt_names: uplink
            .alt_names
            .iter()
            .map(|name| name.as_str().into())
            .collect(),
        alias: None,
        hardware_type: 1,
        permanent_address: address.clone(),
        address,
        mtu_bytes: uplink.mtu.unwrap_or_default(),
        admin_up: state(&uplink.link) != model::LinkState::AdminDown,
        carrier: match state(&uplink.link) {
            model::LinkState::Up => Carrier::Up,
            model::LinkState::NoCarrier => Carrier::Down,
            model::LinkState::AdminDown | model::LinkState::Unknown => Carrier::Unknown,
        },
        oper_state: OperState::Unknown,
        master: None,
        lower: None,
        kind: None,
        parent: None,
        function,
        switch_id: None,
        port_name: None,
        bond: None,
    }
}

fn state(word: &str) -> model::LinkState {
    use model::LinkState::{AdminDown, NoCarrier, Unknown, Up};
    let known = [Up, NoCarrier, AdminDown];
    let mut known = known.into_iter().filter(|state| state.as_str() == word);
    known.next().unwrap_or(Unknown)
}

/// A reason that is not known protects all the same.
fn protection(word: &str) -> model::Protection {
    let mut known = model::Protection::ALL.into_iter();
    known
        .find(|protection| protection.as_str() == word)
        .unwrap_or(model::Protection::RoutesUnknown)
}

fn of_neighbor(neighbor: &Neighbor) -> Option<SeenNeighbor> {
    let text = |text: &str| WireText::from_wire(text.as_bytes());
    let some = |value: &Option<String>| value.as_deref().and_then(text);
    let vlan = |id: u16| VlanId::try_from(id).ok();
    let vlans = neighbor.vlans.iter().filter_map(|named| {
        Some(NamedVlan {
            id: vlan(named.id)?,
            name: some(&named.name),
        })
    });
    Some(SeenNeighbor {
        chassis_id: text(&neighbor.chassis_id)?,
        port_id: text(&neighbor.port_id)?,
        port_description: some(&neighbor.port_description),
        system_name: some(&neighbor.system_name),
        system_description: None,
        vlan: neighbor.vlan.and_then(vlan),
        vlans: vlans.collect(),
        management_vlan: None,
        management_addresses: Vec::new(),
        capabilities: Vec::new(),
        max_frame_bytes: None,
        aggregation_port: None,
        source: MacAddr::new([0; 6]),
        stale: neighbor.stale,
    })
}
