//! What `lldpcli -f json0 show neighbors details` says of an LLDPDU, made from our decoder's values.
//!
//! Left to others: comparing. A value that lldpd words in a table of its own (the MAU types) is known
//! here for what the bench sends only; another one shows as `?` and so differs.

#[path = "json0/med.rs"]
mod med;

use lldp_rs::tlv::org::Organizational;
use lldp_rs::tlv::org::ieee8021::Ieee8021;
use lldp_rs::tlv::org::ieee8023::{Ieee8023, Power};
use lldp_rs::tlv::{Capability, ChassisId, PortId, SystemCapabilities};
use lldp_rs::{Lldpdu, NetworkAddress};
use serde_json::{Map, Value, json};

#[expect(clippy::needless_pass_by_value, reason = "values and references alike")]
fn one(value: impl ToString) -> Value {
    json!([{ "value": value.to_string() }])
}

fn put(map: &mut Map<String, Value>, key: &str, values: Vec<Value>) {
    if !values.is_empty() {
        map.insert(key.to_owned(), Value::Array(values));
    }
}

/// The object of one interface, without its name, age and such.
pub(crate) fn of(lldpdu: &Lldpdu<'_>) -> Value {
    let mut all = Map::new();
    all.insert("chassis".to_owned(), json!([chassis(lldpdu)]));
    all.insert("port".to_owned(), json!([port(lldpdu)]));
    let (mut ppvids, mut pis, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for tlv in lldpdu.organizational() {
        match tlv {
            Organizational::Ieee8021(Ieee8021::ProtocolVlanId(tlv)) => ppvids.push(json!({
                "value": tlv.vlan_id.to_string(), "supported": tlv.is_supported(), "enabled": tlv.is_enabled(),
            })),
            Organizational::Ieee8021(Ieee8021::ProtocolIdentity(tlv)) => {
                pis.push(json!({ "value": hex(tlv.octets, " ") }));
            }
            Organizational::Unknown(tlv) => unknown.push(json!({
                "oui": hex(&tlv.oui.0, ","), "subtype": tlv.subtype.to_string(),
                "len": tlv.body.len().to_string(), "value": hex(tlv.body, ","),
            })),
            _ => {}
        }
    }
    let vlans = lldpdu.vlan_names().map(|vlan| {
        json!({
            "vlan-id": vlan.vlan_id.to_string(),
            "pvid": lldpdu.port_vlan_id() == Some(vlan.vlan_id),
            "value": vlan.name.to_string(),
        })
    });
    put(&mut all, "vlan", vlans.collect());
    put(&mut all, "ppvid", ppvids);
    put(&mut all, "pi", pis);
    all.insert("lldp-med".to_owned(), json!([med::of(lldpdu)]));
    if !unknown.is_empty() {
        all.insert(
            "unknown-tlvs".to_owned(),
            json!([{ "unknown-tlv": unknown }]),
        );
    }
    Value::Object(all)
}

fn hex(bytes: &[u8], between: &str) -> String {
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(between)
}

fn chassis(lldpdu: &Lldpdu<'_>) -> Value {
    let kind = match lldpdu.chassis_id() {
        ChassisId::Mac(_) => "mac",
        ChassisId::Local(_) => "local",
        _ => "?",
    };
    let ip = |address| match address {
        NetworkAddress::Ipv4(ip) => Some(json!({ "value": ip.to_string() })),
        NetworkAddress::Ipv6(ip) => Some(json!({ "value": ip.to_string() })),
        _ => None,
    };
    json!({
        "id": [{ "type": kind, "value": lldpdu.chassis_id().to_string() }],
        "name": one(lldpdu.system_name().unwrap()),
        "descr": one(lldpdu.system_description().unwrap()),
        "mgmt-ip": lldpdu.management_addresses().filter_map(|tlv| ip(tlv.address)).collect::<Vec<_>>(),
        "capability": capabilities(lldpdu.capabilities().unwrap()),
    })
}

fn capabilities(tlv: SystemCapabilities) -> Vec<Value> {
    // in lldpd's words and order
    let words = [
        (Capability::Other, "Other"),
        (Capability::Repeater, "Repeater"),
        (Capability::Bridge, "Bridge"),
        (Capability::Router, "Router"),
        (Capability::WlanAccessPoint, "Wlan"),
        (Capability::Telephone, "Tel"),
        (Capability::DocsisCableDevice, "Docsis"),
        (Capability::StationOnly, "Station"),
    ];
    let available = words
        .into_iter()
        .filter(|(capability, _)| tlv.available.contains(*capability));
    available
        .map(|(capability, word)| json!({ "type": word, "enabled": tlv.enabled.contains(capability) }))
        .collect()
}

fn port(lldpdu: &Lldpdu<'_>) -> Value {
    let kind = match lldpdu.port_id() {
        PortId::Mac(_) => "mac",
        PortId::InterfaceName(_) => "ifname",
        PortId::Local(_) => "local",
        _ => "?",
    };
    let mut port = Map::new();
    port.insert(
        "id".into(),
        json!([{ "type": kind, "value": lldpdu.port_id().to_string() }]),
    );
    port.insert("descr".into(), one(lldpdu.port_description().unwrap()));
    port.insert("ttl".into(), one(lldpdu.ttl_secs()));
    if let Some(octets) = lldpdu.max_frame_size() {
        port.insert("mfs".into(), one(octets));
    }
    if let Some(aggregation) = lldpdu.link_aggregation().filter(|tlv| tlv.is_enabled()) {
        port.insert("aggregation".into(), one(aggregation.port));
    }
    if let Some(phy) = lldpdu.mac_phy() {
        let medium = match phy.mau_type {
            54 => "10GbaseT - Four-pair Category 6A or better, full duplex mode only",
            _ => "?",
        };
        port.insert(
            "auto-negotiation".into(),
            json!([{
                "supported": phy.autonegotiation_supported(),
                "enabled": phy.autonegotiation_enabled(),
                "current": one(medium),
            }]),
        );
    }
    for tlv in lldpdu.organizational() {
        if let Organizational::Ieee8023(Ieee8023::Power(tlv)) = tlv {
            port.insert("power".into(), json!([power(tlv)]));
        }
    }
    Value::Object(port)
}

fn power(tlv: Power) -> Value {
    let allocation = tlv.allocation.unwrap();
    let kind = allocation.type_source_priority;
    json!({
        "supported": tlv.support & 2 != 0,
        "enabled": tlv.support & 4 != 0,
        "paircontrol": tlv.support & 8 != 0,
        "device-type": one(if tlv.support & 1 == 1 { "PSE" } else { "PD" }),
        "pairs": one(match tlv.pairs { 1 => "signal", 2 => "spare", _ => "?" }),
        "class": one(format!("class {}", tlv.class - 1)),
        "power-type": one(if kind & 0x80 == 0 { 2 } else { 1 }),
        "source": one(match kind >> 4 & 3 { 1 => "PSE", _ => "?" }),
        "priority": one(priority(kind & 3)),
        "requested": one(u32::from(allocation.requested_deciwatts) * 100),
        "allocated": one(u32::from(allocation.allocated_deciwatts) * 100),
    })
}

fn priority(number: u8) -> &'static str {
    match number {
        1 => "critical",
        2 => "high",
        3 => "low",
        _ => "unknown",
    }
}
