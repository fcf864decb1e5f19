//! Strategies for the organizational TLVs.
//!
//! What they share with the others is in `generated.rs`.

use lldp_rs::tlv::org::ieee8021::{
    ApplicationPriority, EtsConfiguration, EtsRecommendation, EtsTable, Evb, Ieee8021,
    ManagementVlanId, PortVlanId, PriorityFlowControl, ProtocolIdentity, ProtocolVlanId,
    VidUsageDigest, VlanName,
};
use lldp_rs::tlv::org::ieee8023::{
    AdditionalCapabilities, EnergyEfficientEthernet, Ieee8023, MacPhy, MaxFrameSize, Power,
    PowerAllocation, PowerBt,
};
use lldp_rs::tlv::org::med::{
    CivicAddress, Coordinates, ExtendedPower, Inventory, InventoryItem, Location, Med,
    MedCapabilities, NetworkPolicy,
};
use lldp_rs::tlv::org::{AutoAttach, CeeDcbx, LinkAggregation};
use proptest::array::{uniform2, uniform3, uniform8, uniform16};
use proptest::prelude::*;

use super::{bytes, text};

pub(super) fn auto_attach() -> impl Strategy<Value = AutoAttach<'static>> {
    let assignments = prop::collection::vec(any::<[u8; 5]>(), 0..=90);
    (any::<[u8; 32]>(), assignments)
        .prop_map(|(digest, rows)| AutoAttach::new(Box::leak(Box::new(digest)), rows.leak()))
}

pub(super) fn cee_dcbx() -> impl Strategy<Value = CeeDcbx<'static>> {
    let feature =
        (0..=127_u8, prop::collection::vec(any::<u8>(), 0..60)).prop_map(|(kind, value)| {
            [
                &[kind << 1, u8::try_from(value.len()).unwrap()],
                value.as_slice(),
            ]
            .concat()
        });
    prop::collection::vec(feature, 0..7)
        .prop_map(|features| CeeDcbx::new(features.concat().leak()).unwrap())
}

fn link_aggregation() -> impl Strategy<Value = LinkAggregation> {
    any::<(u8, u32)>().prop_map(|(status, port)| LinkAggregation { status, port })
}

fn ets_table() -> impl Strategy<Value = EtsTable> {
    (uniform8(0..=15_u8), any::<[u8; 8]>(), any::<[u8; 8]>()).prop_map(
        |(class_of_priority, bandwidth_percent, algorithm)| EtsTable {
            class_of_priority,
            bandwidth_percent,
            algorithm,
        },
    )
}

pub(super) fn ieee8021() -> impl Strategy<Value = Ieee8021<'static>> {
    let vlan = || 0..=4094_u16;
    prop_oneof![
        vlan().prop_map(|vlan_id| Ieee8021::PortVlanId(PortVlanId { vlan_id })),
        (any::<u8>(), vlan())
            .prop_map(|(flags, vlan_id)| ProtocolVlanId { flags, vlan_id })
            .prop_map(Ieee8021::ProtocolVlanId),
        (vlan(), text(0..=32))
            .prop_map(|(vlan_id, name)| Ieee8021::VlanName(VlanName { vlan_id, name })),
        bytes(0..=255).prop_map(|octets| Ieee8021::ProtocolIdentity(ProtocolIdentity { octets })),
        any::<u32>().prop_map(|digest| Ieee8021::VidUsageDigest(VidUsageDigest { digest })),
        vlan().prop_map(|vlan_id| Ieee8021::ManagementVlanId(ManagementVlanId { vlan_id })),
        link_aggregation().prop_map(Ieee8021::LinkAggregation),
        (any::<(bool, bool)>(), 1..=8_u8, ets_table())
            .prop_map(
                |((willing, credit_based_shaper), max_traffic_classes, table)| {
                    EtsConfiguration {
                        willing,
                        credit_based_shaper,
                        max_traffic_classes,
                        table,
                    }
                }
            )
            .prop_map(Ieee8021::EtsConfiguration),
        ets_table().prop_map(|table| Ieee8021::EtsRecommendation(EtsRecommendation { table })),
        (any::<(bool, bool)>(), 0..=15_u8, any::<u8>())
            .prop_map(
                |((willing, macsec_bypass), capability, enabled)| PriorityFlowControl {
                    willing,
                    macsec_bypass,
                    capability,
                    enabled,
                }
            )
            .prop_map(Ieee8021::PriorityFlowControl),
        prop::collection::vec(uniform3(any::<u8>()), 0..=160)
            .prop_map(|entries| ApplicationPriority::new(entries.leak()))
            .prop_map(Ieee8021::ApplicationPriority),
        evb().prop_map(Ieee8021::Evb),
    ]
}

fn evb() -> impl Strategy<Value = Evb> {
    (
        any::<(u8, u8, bool, bool)>(),
        0..=7_u8,
        0..=3_u8,
        uniform3(0..=31_u8),
    )
        .prop_map(
            |((bridge_status, station_status, wait, keep), max_retries, mode, exponents)| Evb {
                bridge_status,
                station_status,
                max_retries,
                retransmission_exponent: exponents[0],
                mode,
                resource_wait_remote: wait,
                resource_wait_exponent: exponents[1],
                keep_alive_remote: keep,
                keep_alive_exponent: exponents[2],
            },
        )
}

pub(super) fn ieee8023() -> impl Strategy<Value = Ieee8023> {
    prop_oneof![
        any::<(u8, u16, u16)>()
            .prop_map(|(autonegotiation, advertised, mau_type)| MacPhy {
                autonegotiation,
                advertised,
                mau_type
            })
            .prop_map(Ieee8023::MacPhy),
        power().prop_map(Ieee8023::Power),
        link_aggregation().prop_map(Ieee8023::LinkAggregation),
        any::<u16>().prop_map(|octets| Ieee8023::MaxFrameSize(MaxFrameSize { octets })),
        any::<[u16; 5]>()
            .prop_map(|times| EnergyEfficientEthernet {
                transmit_wake_us: times[0],
                receive_wake_us: times[1],
                fallback_receive_wake_us: times[2],
                echo_transmit_wake_us: times[3],
                echo_receive_wake_us: times[4],
            })
            .prop_map(Ieee8023::EnergyEfficientEthernet),
        any::<u16>()
            .prop_map(|bits| Ieee8023::AdditionalCapabilities(AdditionalCapabilities { bits })),
    ]
}

fn power() -> impl Strategy<Value = Power> {
    let allocation =
        any::<(u8, u16, u16)>().prop_map(|(bits, requested, allocated)| PowerAllocation {
            type_source_priority: bits,
            requested_deciwatts: requested,
            allocated_deciwatts: allocated,
        });
    let bt = (
        uniform2(any::<u16>()),
        uniform2(any::<u16>()),
        any::<(u16, u8, u16, u8, [u8; 3])>(),
    );
    let bt = bt.prop_map(|(requested_deciwatts, allocated_deciwatts, rest)| PowerBt {
        requested_deciwatts,
        allocated_deciwatts,
        status: rest.0,
        setup: rest.1,
        available_deciwatts: rest.2,
        autoclass: rest.3,
        power_down: rest.4,
    });
    let parts = prop::option::of((allocation, prop::option::of(bt)));
    (any::<(u8, u8, u8)>(), parts).prop_map(|((support, pairs, class), parts)| Power {
        support,
        pairs,
        class,
        allocation: parts.map(|(allocation, _)| allocation),
        bt: parts.and_then(|(_, bt)| bt),
    })
}

pub(super) fn med() -> impl Strategy<Value = Med<'static>> {
    prop_oneof![
        any::<(u16, u8)>().prop_map(|(bits, device_type)| {
            Med::Capabilities(MedCapabilities { bits, device_type })
        }),
        (any::<(u8, bool, bool)>(), 0..=4095_u16, 0..=7_u8, 0..=63_u8)
            .prop_map(
                |((application, unknown, tagged), vlan_id, priority, dscp)| NetworkPolicy {
                    application,
                    unknown,
                    tagged,
                    vlan_id,
                    priority,
                    dscp,
                }
            )
            .prop_map(Med::NetworkPolicy),
        location().prop_map(Med::Location),
        (0..=3_u8, 0..=3_u8, 0..=15_u8, any::<u16>()).prop_map(
            |(power_type, source, priority, deciwatts)| {
                Med::ExtendedPower(ExtendedPower {
                    power_type,
                    source,
                    priority,
                    deciwatts,
                })
            }
        ),
        (inventory_item(), text(0..=32))
            .prop_map(|(item, text)| Med::Inventory(Inventory { item, text })),
    ]
}

fn inventory_item() -> impl Strategy<Value = InventoryItem> {
    prop::sample::select(vec![
        InventoryItem::HardwareRevision,
        InventoryItem::FirmwareRevision,
        InventoryItem::SoftwareRevision,
        InventoryItem::SerialNumber,
        InventoryItem::Manufacturer,
        InventoryItem::Model,
        InventoryItem::AssetId,
    ])
}

fn location() -> impl Strategy<Value = Location<'static>> {
    let element =
        (any::<u8>(), prop::collection::vec(any::<u8>(), 0..40)).prop_map(|(kind, value)| {
            [
                &[kind, u8::try_from(value.len()).unwrap()],
                value.as_slice(),
            ]
            .concat()
        });
    let elements = prop::collection::vec(element, 0..6).prop_map(|elements| elements.concat());
    prop_oneof![
        uniform16(any::<u8>()).prop_map(|octets| Location::Coordinates(Coordinates(octets))),
        (any::<u8>(), any::<[u8; 2]>(), elements)
            .prop_map(|(what, country, elements)| {
                CivicAddress::new(what, country, elements.leak()).unwrap()
            })
            .prop_map(Location::Civic),
        text(10..=25).prop_map(Location::EmergencyNumber),
        (4..=255_u8, bytes(0..=60)).prop_map(|(format, octets)| Location::Other { format, octets }),
    ]
}
