//! The TLVs of 802.1AB itself. Left to others: organizational ones.

use lldp_rs::Tlv;
use lldp_rs::tlv::{Capability, ChassisId, InterfaceNumbering, PortId};
use serde_json::Value;

use super::{Fields, hex, list, shown};

pub(super) fn of(tlv: &Tlv<'_>) -> (&'static str, Fields) {
    match tlv {
        Tlv::ChassisId(id) => (
            "chassisId",
            Fields::of([
                ("subtype", Value::from(chassis_subtype(id))),
                ("id", shown(id)),
            ]),
        ),
        Tlv::PortId(id) => (
            "portId",
            Fields::of([
                ("subtype", Value::from(port_subtype(id))),
                ("id", shown(id)),
            ]),
        ),
        Tlv::TimeToLive(ttl) => ("ttl", Fields::of([("seconds", ttl.ttl_secs.into())])),
        Tlv::PortDescription(tlv) => ("portDescription", Fields::of([("text", shown(tlv.0))])),
        Tlv::SystemName(tlv) => ("systemName", Fields::of([("text", shown(tlv.0))])),
        Tlv::SystemDescription(tlv) => ("systemDescription", Fields::of([("text", shown(tlv.0))])),
        Tlv::SystemCapabilities(tlv) => (
            "capabilities",
            Fields::of([
                (
                    "available",
                    list(tlv.available.iter().map(Capability::name)),
                ),
                ("enabled", list(tlv.enabled.iter().map(Capability::name))),
            ]),
        ),
        Tlv::ManagementAddress(tlv) => (
            "managementAddress",
            Fields::of([
                ("address", shown(tlv.address)),
                ("numbering", Value::from(numbering(tlv.numbering))),
                ("interface", tlv.interface.into()),
                ("objectId", hex(tlv.object_id).into()),
            ]),
        ),
        // The caller knows organizational ones; a reserved type has nothing but its octets.
        _ => ("unknown", Fields::default()),
    }
}

fn chassis_subtype(id: &ChassisId<'_>) -> &'static str {
    match id {
        ChassisId::ChassisComponent(_) => "chassisComponent",
        ChassisId::InterfaceAlias(_) => "interfaceAlias",
        ChassisId::PortComponent(_) => "portComponent",
        ChassisId::Mac(_) => "mac",
        ChassisId::NetworkAddress(_) => "networkAddress",
        ChassisId::InterfaceName(_) => "interfaceName",
        ChassisId::Local(_) => "local",
        _ => "unknown",
    }
}

fn port_subtype(id: &PortId<'_>) -> &'static str {
    match id {
        PortId::InterfaceAlias(_) => "interfaceAlias",
        PortId::PortComponent(_) => "portComponent",
        PortId::Mac(_) => "mac",
        PortId::NetworkAddress(_) => "networkAddress",
        PortId::InterfaceName(_) => "interfaceName",
        PortId::AgentCircuit(_) => "agentCircuit",
        PortId::Local(_) => "local",
        _ => "unknown",
    }
}

fn numbering(numbering: InterfaceNumbering) -> &'static str {
    match numbering {
        InterfaceNumbering::IfIndex => "ifIndex",
        InterfaceNumbering::SystemPort => "systemPort",
        _ => "unknown",
    }
}
