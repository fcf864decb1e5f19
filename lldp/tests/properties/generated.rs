//! Strategies for values of every TLV. Bytes they need are leaked: a test's process is short.
//!
//! The organizational ones are in `organizational.rs`.

mod organizational;

use std::net::{Ipv4Addr, Ipv6Addr};

use lldp_rs::tlv::org::Organizational;
use lldp_rs::tlv::{
    CapabilitySet, ChassisId, InterfaceNumbering, ManagementAddress, Oui, PortDescription, PortId,
    RawTlv, SystemCapabilities, SystemDescription, SystemName, UnknownOrganizational,
};
use lldp_rs::{Destination, FrameHeader, MacAddr, NetworkAddress, Tag, TagKind, Text, Tlv};
use organizational::{auto_attach, cee_dcbx, ieee8021, ieee8023, med};
use proptest::prelude::*;

type Bytes = &'static [u8];

fn bytes(range: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), range).prop_map(|bytes| &*bytes.leak())
}

fn text(range: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Text<'static>> {
    bytes(range).prop_map(Text::new)
}

fn mac() -> impl Strategy<Value = MacAddr> {
    any::<[u8; 6]>().prop_map(MacAddr)
}

/// An address of at most 31 octets; a family with a format of its own is never `Other` with that length.
fn address() -> impl Strategy<Value = NetworkAddress<'static>> {
    prop_oneof![
        any::<[u8; 4]>().prop_map(|octets| NetworkAddress::Ipv4(Ipv4Addr::from(octets))),
        any::<[u8; 16]>().prop_map(|octets| NetworkAddress::Ipv6(Ipv6Addr::from(octets))),
        mac().prop_map(NetworkAddress::Mac),
        (7..=255_u8, bytes(1..=31))
            .prop_map(|(family, octets)| NetworkAddress::Other { family, octets }),
        (1..=2_u8, bytes(1..=3))
            .prop_map(|(family, octets)| NetworkAddress::Other { family, octets }),
    ]
}

fn chassis_id() -> impl Strategy<Value = ChassisId<'static>> {
    prop_oneof![
        text(1..=255).prop_map(ChassisId::ChassisComponent),
        text(1..=40).prop_map(ChassisId::InterfaceAlias),
        text(1..=40).prop_map(ChassisId::PortComponent),
        mac().prop_map(ChassisId::Mac),
        address().prop_map(ChassisId::NetworkAddress),
        text(1..=40).prop_map(ChassisId::InterfaceName),
        text(1..=40).prop_map(ChassisId::Local),
        (8..=255_u8, bytes(1..=40)).prop_map(|(subtype, id)| ChassisId::Other { subtype, id }),
        bytes(1..=5).prop_map(|id| ChassisId::Other { subtype: 4, id }),
    ]
}

fn port_id() -> impl Strategy<Value = PortId<'static>> {
    prop_oneof![
        text(1..=255).prop_map(PortId::InterfaceAlias),
        text(1..=40).prop_map(PortId::PortComponent),
        mac().prop_map(PortId::Mac),
        address().prop_map(PortId::NetworkAddress),
        text(1..=40).prop_map(PortId::InterfaceName),
        text(1..=40).prop_map(PortId::AgentCircuit),
        text(1..=40).prop_map(PortId::Local),
        (8..=255_u8, bytes(1..=40)).prop_map(|(subtype, id)| PortId::Other { subtype, id }),
        bytes(7..=9).prop_map(|id| PortId::Other { subtype: 3, id }),
    ]
}

/// A chassis id and a port id.
pub(crate) fn ids() -> impl Strategy<Value = (ChassisId<'static>, PortId<'static>)> {
    (chassis_id(), port_id())
}

/// What stands before the LLDPDU.
pub(crate) fn header() -> impl Strategy<Value = FrameHeader> {
    let destination = prop_oneof![
        Just(Destination::NearestBridge),
        Just(Destination::NearestNonTpmrBridge),
        Just(Destination::NearestCustomerBridge),
        mac().prop_map(Destination::from),
    ];
    let kind = prop_oneof![Just(TagKind::Customer), Just(TagKind::Service)];
    let tag = prop::option::of((kind, any::<u16>()).prop_map(|(kind, tci)| Tag { kind, tci }));
    (destination, mac(), tag).prop_map(|(destination, source, tag)| FrameHeader {
        destination,
        source,
        tag,
    })
}

/// Any TLV but the three that a builder begins with.
pub(crate) fn any_tlv() -> impl Strategy<Value = Tlv<'static>> {
    prop_oneof![
        2 => basic(),
        1 => management_address().prop_map(Tlv::ManagementAddress),
        1 => (9..=126_u8, bytes(0..=511)).prop_map(|(kind, value)| Tlv::Reserved(RawTlv { kind, value })),
        4 => ieee8021().prop_map(Organizational::Ieee8021).prop_map(Tlv::Organizational),
        4 => ieee8023().prop_map(Organizational::Ieee8023).prop_map(Tlv::Organizational),
        4 => med().prop_map(Organizational::Med).prop_map(Tlv::Organizational),
        1 => auto_attach().prop_map(Organizational::AutoAttach).prop_map(Tlv::Organizational),
        1 => cee_dcbx().prop_map(Organizational::CeeDcbx).prop_map(Tlv::Organizational),
        1 => unknown().prop_map(Organizational::Unknown).prop_map(Tlv::Organizational),
    ]
}

fn basic() -> impl Strategy<Value = Tlv<'static>> {
    prop_oneof![
        text(0..=255)
            .prop_map(PortDescription)
            .prop_map(Tlv::PortDescription),
        text(0..=255).prop_map(SystemName).prop_map(Tlv::SystemName),
        text(0..=255)
            .prop_map(SystemDescription)
            .prop_map(Tlv::SystemDescription),
        any::<(u16, u16)>().prop_map(|(available, enabled)| {
            let (available, enabled) = (CapabilitySet(available), CapabilitySet(enabled));
            Tlv::SystemCapabilities(SystemCapabilities { available, enabled })
        }),
    ]
}

fn management_address() -> impl Strategy<Value = ManagementAddress<'static>> {
    let numbering = prop_oneof![
        Just(InterfaceNumbering::Unknown),
        Just(InterfaceNumbering::IfIndex),
        Just(InterfaceNumbering::SystemPort),
        (4..=255_u8).prop_map(InterfaceNumbering::Other),
    ];
    (address(), numbering, any::<u32>(), bytes(0..=128)).prop_map(
        |(address, numbering, interface, object_id)| ManagementAddress {
            address,
            numbering,
            interface,
            object_id,
        },
    )
}

fn unknown() -> impl Strategy<Value = UnknownOrganizational<'static>> {
    // locally administered: nobody's OUI
    (any::<[u8; 2]>(), any::<u8>(), bytes(0..=507)).prop_map(|([second, third], subtype, body)| {
        UnknownOrganizational {
            oui: Oui([0x02, second, third]),
            subtype,
            body,
        }
    })
}
