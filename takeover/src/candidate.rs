//! The devices that a file can mean, with all that selectors ask of them. Left to others: asking.

use std::collections::BTreeMap;

use colvin_model::inventory::{Protection, Uplink, UplinkId, VfUse, VirtualFunction};
use colvin_model::observation::{PciFunction, Role};
use colvin_model::offer::{Ill, Kind};
use colvin_model::{IfName, Inventory, NumaNode, PciAddress, Symbol};

use crate::config::DeviceType;
use crate::facts::{Auxiliary, Facts, FunctionFacts, LinkType};

/// A device that an entry may select.
#[derive(Debug)]
pub(crate) struct Candidate<'a> {
    /// What entries it is for.
    pub(crate) device_type: DeviceType,
    /// What the kubelet calls it: a PCI address, or an auxiliary device's name.
    pub(crate) id: String,
    pub(crate) kind: Kind,
    /// Its own PCI address.
    pub(crate) address: Option<PciAddress>,
    /// The PCI function by which `additionalInfo` names it: its own, or that it is a part of.
    pub(crate) function: PciAddress,
    pub(crate) uplink: Option<UplinkId>,
    pub(crate) vf_index: Option<u16>,
    pub(crate) numa_node: Option<NumaNode>,
    /// Four hexadecimal digits.
    pub(crate) vendor: Option<String>,
    /// Four hexadecimal digits.
    pub(crate) device: Option<String>,
    pub(crate) driver: Option<&'a Symbol>,
    /// The PF's netdev, when it is in sight.
    pub(crate) pf_name: Option<&'a IfName>,
    pub(crate) pf: PciAddress,
    /// How many VFs it was told to have, or `None` when it is no PF.
    pub(crate) functions: Option<u16>,
    /// What `#` counts.
    pub(crate) index: Option<u32>,
    pub(crate) link_type: Known<LinkType>,
    pub(crate) rdma: Known<()>,
    /// What else is known of it, or `None` when nothing is.
    pub(crate) facts: Option<&'a FunctionFacts>,
    /// What is known of its PF.
    pub(crate) pf_facts: Option<&'a FunctionFacts>,
    /// Whether its netdev may be in another network namespace, so that the kernel hides facts of it.
    pub(crate) hidden: bool,
    pub(crate) ill: Option<Ill>,
    pub(crate) kept_back: Option<KeptBack>,
}

/// What the kernel tells of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known<T> {
    /// This.
    Is(T),
    /// There is none.
    None,
    /// It does not tell.
    Hidden,
}

/// Why no pod gets a device whatever the file says (SDP-30, design invariant 13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeptBack {
    HasFunctions,
    Protected(Vec<Protection>),
    PortOf(IfName),
}

/// All of a node, by device type, then by PCI address or name.
pub(crate) fn all<'a>(inventory: &'a Inventory, facts: &'a Facts) -> Vec<Candidate<'a>> {
    let mut all = Vec::new();
    for uplink in &inventory.uplinks {
        let Some(function) = &uplink.function else {
            continue;
        };
        if function.class.is_network() {
            all.push(whole(uplink, function, facts));
            let vfs = uplink.virtual_functions.iter();
            all.extend(vfs.map(|vf| virtual_function(uplink, function, vf, facts)));
        }
    }
    all.sort_by_key(|candidate| candidate.function);
    all.extend(facts.accelerators.iter().map(accelerator));
    let parents: BTreeMap<PciAddress, &Uplink> = inventory
        .uplinks
        .iter()
        .filter_map(|uplink| Some((uplink.address()?, uplink)))
        .collect();
    let auxiliaries = facts.auxiliaries.iter();
    all.extend(auxiliaries.filter_map(|it| auxiliary(it, parents.get(&it.parent)?, facts)));
    all
}

fn hexadecimal(number: u16) -> String {
    format!("{number:04x}")
}

/// A PF, or a function without SR-IOV.
fn whole<'a>(uplink: &'a Uplink, function: &'a PciFunction, facts: &'a Facts) -> Candidate<'a> {
    let own = facts.functions.get(&function.address);
    let unbound = function.driver.is_none();
    let functions = uplink.sriov().map(|sriov| sriov.configured);
    let hidden = uplink.link.is_none() && !unbound;
    Candidate {
        device_type: DeviceType::NetDevice,
        id: function.address.to_string(),
        kind: Kind::PhysicalFunction,
        address: Some(function.address),
        function: function.address,
        uplink: Some(uplink.id.clone()),
        vf_index: None,
        numa_node: function.numa_node,
        vendor: Some(hexadecimal(function.id.vendor)),
        device: Some(hexadecimal(function.id.device)),
        driver: function.driver.as_ref(),
        pf_name: uplink.name(),
        pf: function.address,
        functions,
        index: None,
        link_type: link_type(own, uplink),
        rdma: rdma(
            uplink.rdma.as_ref(),
            own.and_then(|own| own.rdma_enabled),
            hidden,
        ),
        facts: own,
        pf_facts: own,
        hidden,
        ill: unbound.then_some(Ill::NoDriver),
        kept_back: if functions > Some(0) {
            Some(KeptBack::HasFunctions)
        } else {
            let port_of = uplink.bond.as_ref().or(uplink.bridge.as_ref());
            kept_back(&uplink.protected, port_of)
        },
    }
}

fn virtual_function<'a>(
    uplink: &'a Uplink,
    pf: &'a PciFunction,
    vf: &'a VirtualFunction,
    facts: &'a Facts,
) -> Candidate<'a> {
    let own = facts.functions.get(&vf.address);
    let hidden = vf.usage == VfUse::Elsewhere;
    Candidate {
        device_type: DeviceType::NetDevice,
        id: vf.address.to_string(),
        kind: Kind::VirtualFunction,
        address: Some(vf.address),
        function: vf.address,
        uplink: Some(uplink.id.clone()),
        vf_index: Some(vf.index),
        numa_node: vf.numa_node,
        // a VF's vendor is its PF's
        vendor: Some(hexadecimal(pf.id.vendor)),
        device: vf.device.map(hexadecimal),
        driver: vf.driver.as_ref(),
        pf_name: uplink.name(),
        pf: pf.address,
        functions: None,
        index: Some(u32::from(vf.index)),
        link_type: link_type(own, uplink),
        rdma: rdma(
            vf.rdma.as_ref(),
            own.and_then(|own| own.rdma_enabled),
            hidden,
        ),
        facts: own,
        pf_facts: facts.functions.get(&pf.address),
        hidden,
        ill: match vf.usage {
            VfUse::Here | VfUse::Elsewhere | VfUse::Userspace => None,
            VfUse::NoDriver => Some(Ill::NoDriver),
            VfUse::HalfCreated => Some(Ill::HalfCreated),
        },
        kept_back: own.and_then(|own| kept_back(&own.protected, own.port_of.as_ref())),
    }
}

fn accelerator(function: &PciFunction) -> Candidate<'_> {
    let (pf, functions) = match &function.role {
        Role::Physical { sriov } => {
            let functions = sriov.as_ref().map(|sriov| sriov.configured);
            (function.address, functions)
        }
        Role::Virtual { pf } => (*pf, None),
    };
    Candidate {
        device_type: DeviceType::Accelerator,
        id: function.address.to_string(),
        kind: Kind::Accelerator,
        address: Some(function.address),
        function: function.address,
        uplink: None,
        vf_index: None,
        numa_node: function.numa_node,
        vendor: Some(hexadecimal(function.id.vendor)),
        device: Some(hexadecimal(function.id.device)),
        driver: function.driver.as_ref(),
        pf_name: None,
        pf,
        functions,
        index: None,
        link_type: Known::None,
        rdma: Known::None,
        facts: None,
        pf_facts: None,
        hidden: false,
        ill: function.driver.is_none().then_some(Ill::NoDriver),
        kept_back: None,
    }
}

/// A subfunction, which is selected by its parent's ids and driver (SDP-19).
fn auxiliary<'a>(
    device: &'a Auxiliary,
    parent: &'a Uplink,
    facts: &'a Facts,
) -> Option<Candidate<'a>> {
    let function = parent.function.as_ref()?;
    if !function.class.is_network() {
        return None;
    }
    let hidden = device.netdev.is_none() && device.driver.is_some();
    Some(Candidate {
        device_type: DeviceType::AuxNetDevice,
        id: device.name.to_string(),
        kind: Kind::Auxiliary,
        address: None,
        function: device.parent,
        uplink: Some(parent.id.clone()),
        vf_index: None,
        numa_node: function.numa_node,
        vendor: Some(hexadecimal(function.id.vendor)),
        device: Some(hexadecimal(function.id.device)),
        driver: function.driver.as_ref(),
        pf_name: parent.name(),
        pf: device.parent,
        functions: None,
        index: device.number,
        link_type: match device.link_type {
            Some(known) => Known::Is(known),
            None => link_type(None, parent),
        },
        rdma: rdma(device.rdma.as_ref(), device.rdma_enabled, hidden),
        facts: None,
        pf_facts: facts.functions.get(&device.parent),
        hidden,
        ill: device.driver.is_none().then_some(Ill::NoDriver),
        kept_back: kept_back(&device.protected, device.port_of.as_ref()),
    })
}

fn kept_back(protected: &[Protection], port_of: Option<&IfName>) -> Option<KeptBack> {
    match (protected, port_of) {
        ([], None) => None,
        ([], Some(master)) => Some(KeptBack::PortOf(master.clone())),
        (why, _) => Some(KeptBack::Protected(why.to_vec())),
    }
}

/// A function's own link type, or its PF's: the frames of a VF are those of its port.
fn link_type(own: Option<&FunctionFacts>, uplink: &Uplink) -> Known<LinkType> {
    if let Some(known) = own.and_then(|own| own.link_type) {
        return Known::Is(known);
    }
    match &uplink.link {
        None => Known::Hidden,
        Some(link) => LinkType::of_hardware_type(link.hardware_type).map_or(Known::None, Known::Is),
    }
}

/// Whether it has RDMA: by its device, or where that is hidden by what devlink says (SDP-16).
fn rdma(device: Option<&Symbol>, enabled: Option<bool>, hidden: bool) -> Known<()> {
    match (device, enabled) {
        (Some(_), _) | (None, Some(true)) => Known::Is(()),
        (None, None) if hidden => Known::Hidden,
        (None, Some(false) | None) => Known::None,
    }
}
