//! The TLVs of 802.1, 802.3 and LLDP-MED. Left to others: those of 802.1AB itself.

use lldp_rs::tlv::Organizational;
use lldp_rs::tlv::org::LinkAggregation;
use lldp_rs::tlv::org::ieee8021::{EtsTable, Evb, Ieee8021};
use lldp_rs::tlv::org::ieee8023::{Ieee8023, Power};
use lldp_rs::tlv::org::med::{InventoryItem, Location, Med};
use serde_json::{Value, json};

use super::{Fields, hex, list, shown};

pub(super) fn of(tlv: &Organizational<'_>) -> (&'static str, Fields) {
    match tlv {
        Organizational::Ieee8021(tlv) => of_8021(tlv),
        Organizational::Ieee8023(tlv) => of_8023(tlv),
        Organizational::Med(tlv) => of_med(tlv),
        _ => ("unknown", Fields::default()),
    }
}

fn of_8021(tlv: &Ieee8021<'_>) -> (&'static str, Fields) {
    match tlv {
        Ieee8021::PortVlanId(tlv) => ("portVlanId", Fields::of([("vlan", tlv.vlan_id.into())])),
        Ieee8021::ProtocolVlanId(tlv) => (
            "protocolVlanId",
            Fields::of([
                ("supported", tlv.is_supported().into()),
                ("enabled", tlv.is_enabled().into()),
                ("vlan", tlv.vlan_id.into()),
            ]),
        ),
        Ieee8021::VlanName(tlv) => (
            "vlanName",
            Fields::of([("vlan", tlv.vlan_id.into()), ("text", shown(tlv.name))]),
        ),
        Ieee8021::ProtocolIdentity(tlv) => (
            "protocolIdentity",
            Fields::of([("octets", hex(tlv.octets).into())]),
        ),
        Ieee8021::VidUsageDigest(tlv) => (
            "vidUsageDigest",
            Fields::of([("digest", tlv.digest.into())]),
        ),
        Ieee8021::ManagementVlanId(tlv) => (
            "managementVlanId",
            Fields::of([("vlan", tlv.vlan_id.into())]),
        ),
        Ieee8021::LinkAggregation(tlv) => ("linkAggregation", aggregation(*tlv)),
        Ieee8021::EtsConfiguration(tlv) => {
            let mut fields = Fields::of([
                ("willing", tlv.willing.into()),
                ("creditBasedShaper", tlv.credit_based_shaper.into()),
                ("maxTrafficClasses", tlv.max_traffic_classes.into()),
            ]);
            fields.0.extend(ets(&tlv.table));
            ("etsConfiguration", fields)
        }
        Ieee8021::EtsRecommendation(tlv) => ("etsRecommendation", Fields(ets(&tlv.table).into())),
        Ieee8021::PriorityFlowControl(tlv) => (
            "priorityFlowControl",
            Fields::of([
                ("willing", tlv.willing.into()),
                ("macsecBypass", tlv.macsec_bypass.into()),
                ("capability", tlv.capability.into()),
                (
                    "enabled",
                    list((0..8_u8).filter(|priority| tlv.enabled >> priority & 1 == 1)),
                ),
            ]),
        ),
        Ieee8021::ApplicationPriority(tlv) => {
            let application = |entry: lldp_rs::tlv::org::ieee8021::Application| json!({"priority": entry.priority, "selector": entry.selector, "protocol": entry.protocol});
            (
                "applicationPriority",
                Fields::of([("applications", list(tlv.iter().map(application)))]),
            )
        }
        Ieee8021::Evb(tlv) => ("edgeVirtualBridging", evb(tlv)),
        _ => ("unknown", Fields::default()),
    }
}

fn evb(tlv: &Evb) -> Fields {
    Fields::of([
        ("bridgeStatus", tlv.bridge_status.into()),
        ("stationStatus", tlv.station_status.into()),
        ("maxRetries", tlv.max_retries.into()),
        ("retransmissionExponent", tlv.retransmission_exponent.into()),
        ("mode", tlv.mode.into()),
        ("resourceWaitRemote", tlv.resource_wait_remote.into()),
        ("resourceWaitExponent", tlv.resource_wait_exponent.into()),
        ("keepAliveRemote", tlv.keep_alive_remote.into()),
        ("keepAliveExponent", tlv.keep_alive_exponent.into()),
    ])
}

fn ets(table: &EtsTable) -> [(&'static str, Value); 3] {
    [
        ("classOfPriority", list(table.class_of_priority)),
        ("bandwidthPercent", list(table.bandwidth_percent)),
        ("algorithm", list(table.algorithm)),
    ]
}

fn aggregation(tlv: LinkAggregation) -> Fields {
    Fields::of([
        ("capable", tlv.is_capable().into()),
        ("enabled", tlv.is_enabled().into()),
        ("port", tlv.port.into()),
    ])
}

fn of_8023(tlv: &Ieee8023) -> (&'static str, Fields) {
    match tlv {
        Ieee8023::MacPhy(tlv) => (
            "macPhy",
            Fields::of([
                (
                    "autonegotiationSupported",
                    tlv.autonegotiation_supported().into(),
                ),
                (
                    "autonegotiationEnabled",
                    tlv.autonegotiation_enabled().into(),
                ),
                ("advertised", tlv.advertised.into()),
                ("mauType", tlv.mau_type.into()),
            ]),
        ),
        Ieee8023::Power(tlv) => ("power", power(tlv)),
        Ieee8023::LinkAggregation(tlv) => ("linkAggregation", aggregation(*tlv)),
        Ieee8023::MaxFrameSize(tlv) => {
            ("maxFrameSize", Fields::of([("octets", tlv.octets.into())]))
        }
        Ieee8023::EnergyEfficientEthernet(tlv) => (
            "energyEfficientEthernet",
            Fields::of([
                ("transmitWakeMicroseconds", tlv.transmit_wake_us.into()),
                ("receiveWakeMicroseconds", tlv.receive_wake_us.into()),
                (
                    "fallbackReceiveWakeMicroseconds",
                    tlv.fallback_receive_wake_us.into(),
                ),
                (
                    "echoTransmitWakeMicroseconds",
                    tlv.echo_transmit_wake_us.into(),
                ),
                (
                    "echoReceiveWakeMicroseconds",
                    tlv.echo_receive_wake_us.into(),
                ),
            ]),
        ),
        Ieee8023::AdditionalCapabilities(tlv) => (
            "additionalCapabilities",
            Fields::of([
                ("preemptionSupported", tlv.preemption_supported().into()),
                ("preemptionEnabled", tlv.preemption_enabled().into()),
                ("preemptionActive", tlv.preemption_active().into()),
                ("fragmentOctets", tlv.fragment_octets().into()),
            ]),
        ),
        _ => ("unknown", Fields::default()),
    }
}

fn power(tlv: &Power) -> Fields {
    let mut fields = Fields::of([
        ("support", tlv.support.into()),
        ("pairs", tlv.pairs.into()),
        ("class", tlv.class.into()),
    ]);
    if let Some(allocation) = &tlv.allocation {
        fields.0.extend([
            (
                "typeSourcePriority",
                Value::from(allocation.type_source_priority),
            ),
            ("requestedDeciwatts", allocation.requested_deciwatts.into()),
            ("allocatedDeciwatts", allocation.allocated_deciwatts.into()),
        ]);
    }
    if let Some(bt) = &tlv.bt {
        fields.0.extend([
            ("requestedDeciwattsPerMode", list(bt.requested_deciwatts)),
            ("allocatedDeciwattsPerMode", list(bt.allocated_deciwatts)),
            ("status", bt.status.into()),
            ("setup", bt.setup.into()),
            ("availableDeciwatts", bt.available_deciwatts.into()),
            ("autoclass", bt.autoclass.into()),
            ("powerDown", hex(&bt.power_down).into()),
        ]);
    }
    fields
}

fn of_med(tlv: &Med<'_>) -> (&'static str, Fields) {
    match tlv {
        Med::Capabilities(tlv) => (
            "medCapabilities",
            Fields::of([
                ("bits", tlv.bits.into()),
                ("deviceType", tlv.device_type.into()),
            ]),
        ),
        Med::NetworkPolicy(tlv) => (
            "medNetworkPolicy",
            Fields::of([
                ("application", tlv.application.into()),
                ("unknown", tlv.unknown.into()),
                ("tagged", tlv.tagged.into()),
                ("vlan", tlv.vlan_id.into()),
                ("priority", tlv.priority.into()),
                ("dscp", tlv.dscp.into()),
            ]),
        ),
        Med::Location(tlv) => ("medLocation", location(tlv)),
        Med::ExtendedPower(tlv) => (
            "medExtendedPower",
            Fields::of([
                ("powerType", tlv.power_type.into()),
                ("source", tlv.source.into()),
                ("priority", tlv.priority.into()),
                ("deciwatts", tlv.deciwatts.into()),
            ]),
        ),
        Med::Inventory(tlv) => (item(tlv.item), Fields::of([("text", shown(tlv.text))])),
        _ => ("unknown", Fields::default()),
    }
}

fn location(location: &Location<'_>) -> Fields {
    match location {
        Location::Coordinates(at) => Fields::of([
            ("latitudeTimes2Pow25", at.latitude().into()),
            ("longitudeTimes2Pow25", at.longitude().into()),
            ("altitudeTimes2Pow8", at.altitude().into()),
            ("altitudeType", at.altitude_type().into()),
            ("datum", at.datum().into()),
        ]),
        Location::Civic(civic) => {
            let elements = civic
                .elements()
                .map(|element| json!({"type": element.kind, "text": element.value.to_string()}));
            Fields::of([
                ("what", civic.what.into()),
                ("country", shown(lldp_rs::Text::new(&civic.country))),
                ("elements", list(elements)),
            ])
        }
        Location::EmergencyNumber(number) => Fields::of([("emergencyNumber", shown(number))]),
        Location::Other { format, octets } => {
            Fields::of([("format", (*format).into()), ("octets", hex(octets).into())])
        }
        _ => Fields::default(),
    }
}

fn item(item: InventoryItem) -> &'static str {
    match item {
        InventoryItem::HardwareRevision => "medHardwareRevision",
        InventoryItem::FirmwareRevision => "medFirmwareRevision",
        InventoryItem::SoftwareRevision => "medSoftwareRevision",
        InventoryItem::SerialNumber => "medSerialNumber",
        InventoryItem::Manufacturer => "medManufacturer",
        InventoryItem::Model => "medModel",
        InventoryItem::AssetId => "medAssetId",
    }
}
