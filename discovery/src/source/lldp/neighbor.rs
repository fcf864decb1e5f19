//! From what a frame says to the model's neighbour: names made safe, numbers that cannot be left out.
//!
//! Left to others: decoding (`lldp-rs`), how long it counts (`super`).

use std::net::IpAddr;

use colvin_model::observation::{Capability, NamedVlan, Neighbor, WireText};
use colvin_model::{MacAddr, VlanId};
use lldp_rs::tlv::{Capability as WireCapability, SystemCapabilities};
use lldp_rs::{Lldpdu, NetworkAddress, Text};

/// The model's neighbour of an LLDPDU that came from `source`.
pub fn of(lldpdu: &Lldpdu<'_>, source: lldp_rs::MacAddr) -> Option<Neighbor> {
    let (chassis, port) = (lldpdu.chassis_id(), lldpdu.port_id());
    let aggregation = lldpdu.link_aggregation().filter(|tlv| tlv.is_enabled());
    Some(Neighbor {
        chassis_id: id(chassis.text(), &chassis)?,
        port_id: id(port.text(), &port)?,
        port_description: lldpdu.port_description().and_then(text),
        system_name: lldpdu.system_name().and_then(text),
        system_description: lldpdu.system_description().and_then(text),
        vlan: lldpdu.port_vlan_id().and_then(vlan),
        vlans: vlans(lldpdu),
        management_vlan: lldpdu.management_vlan_id().and_then(vlan),
        management_addresses: management_addresses(lldpdu),
        capabilities: lldpdu.capabilities().map_or_else(Vec::new, capabilities),
        max_frame_bytes: lldpdu.max_frame_size(),
        aggregation_port: aggregation.map(|tlv| tlv.port),
        source: MacAddr::new(source.0),
        stale: false,
    })
}

fn text(text: Text<'_>) -> Option<WireText> {
    WireText::from_wire(text.as_bytes())
}

/// An id as text where it is text, else in its customary form; a blank one is shown as `-`.
fn id(as_text: Option<Text<'_>>, shown: &impl ToString) -> Option<WireText> {
    let id = match as_text {
        Some(id) => text(id),
        None => WireText::from_wire(shown.to_string().as_bytes()),
    };
    id.or_else(|| WireText::from_wire(b"-"))
}

fn vlan(id: u16) -> Option<VlanId> {
    VlanId::try_from(id).ok()
}

/// The named VLANs, by number, each once.
fn vlans(lldpdu: &Lldpdu<'_>) -> Vec<NamedVlan> {
    let named = lldpdu.vlan_names().filter_map(|tlv| {
        Some(NamedVlan {
            id: vlan(tlv.vlan_id)?,
            name: text(tlv.name),
        })
    });
    let mut vlans: Vec<_> = named.collect();
    vlans.sort();
    vlans.dedup_by_key(|vlan| vlan.id);
    vlans
}

fn management_addresses(lldpdu: &Lldpdu<'_>) -> Vec<IpAddr> {
    let addresses = lldpdu.management_addresses();
    let ip = addresses.filter_map(|tlv| match tlv.address {
        NetworkAddress::Ipv4(address) => Some(IpAddr::V4(address)),
        NetworkAddress::Ipv6(address) => Some(IpAddr::V6(address)),
        _ => None,
    });
    ip.collect()
}

fn capabilities(tlv: SystemCapabilities) -> Vec<Capability> {
    let known = tlv.enabled.iter().filter_map(|capability| {
        Some(match capability {
            WireCapability::Other => Capability::Other,
            WireCapability::Repeater => Capability::Repeater,
            WireCapability::Bridge => Capability::Bridge,
            WireCapability::WlanAccessPoint => Capability::WlanAccessPoint,
            WireCapability::Router => Capability::Router,
            WireCapability::Telephone => Capability::Telephone,
            WireCapability::DocsisCableDevice => Capability::DocsisCableDevice,
            WireCapability::StationOnly => Capability::StationOnly,
            WireCapability::CVlan => Capability::CVlan,
            WireCapability::SVlan => Capability::SVlan,
            WireCapability::TwoPortMacRelay => Capability::TwoPortMacRelay,
            _ => return None,
        })
    });
    known.collect()
}
