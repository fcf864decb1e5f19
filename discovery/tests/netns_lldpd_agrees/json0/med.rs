//! What lldpd says of the TLVs of LLDP-MED. Left to others: all other TLVs.

use lldp_rs::Lldpdu;
use lldp_rs::tlv::org::med::{Coordinates, ExtendedPower, InventoryItem, Location, Med};
use serde_json::{Map, Value, json};

use super::{one, priority, put};

/// The object of all MED TLVs.
pub(super) fn of(lldpdu: &Lldpdu<'_>) -> Value {
    let mut all = Map::new();
    let (mut policies, mut locations, mut inventory) = (Vec::new(), Vec::new(), Map::new());
    for tlv in lldpdu.med() {
        match tlv {
            Med::Capabilities(tlv) => {
                let kind = match tlv.device_type {
                    4 => "Network Connectivity Device",
                    _ => "?",
                };
                all.insert("device-type".into(), one(kind));
                let words = [
                    "Capabilities",
                    "Policy",
                    "Location",
                    "MDI/PSE",
                    "MDI/PD",
                    "Inventory",
                ];
                let available = words
                    .iter()
                    .enumerate()
                    .filter(|(bit, _)| tlv.bits >> bit & 1 == 1);
                let words = available.map(|(_, word)| json!({ "type": word, "available": true }));
                all.insert("capability".into(), words.collect());
            }
            Med::NetworkPolicy(tlv) => {
                let (kind, priority) = match (tlv.application, tlv.priority) {
                    (1, 5) => ("Voice", "Voice"),
                    (6, 4) => ("Video Conferencing", "Video"),
                    _ => ("?", "?"),
                };
                let mut policy = json!({
                    "apptype": kind,
                    "defined": !tlv.unknown,
                    "priority": one(priority),
                    "pcp": one(tlv.priority),
                    "dscp": one(tlv.dscp),
                });
                if tlv.tagged {
                    policy
                        .as_object_mut()
                        .unwrap()
                        .insert("vlan".into(), json!([{ "vid": tlv.vlan_id.to_string() }]));
                }
                policies.push(policy);
            }
            Med::Location(tlv) => locations.push(location(tlv)),
            Med::ExtendedPower(tlv) => {
                all.insert("poe".into(), json!([poe(tlv)]));
            }
            Med::Inventory(tlv) => {
                let key = match tlv.item {
                    InventoryItem::HardwareRevision => "hardware",
                    InventoryItem::FirmwareRevision => "firmware",
                    InventoryItem::SoftwareRevision => "software",
                    InventoryItem::SerialNumber => "serial",
                    InventoryItem::Manufacturer => "manufacturer",
                    InventoryItem::Model => "model",
                    InventoryItem::AssetId => "asset",
                };
                inventory.insert(key.to_owned(), one(tlv.text));
            }
            _ => {}
        }
    }
    put(&mut all, "policy", policies);
    put(&mut all, "location", locations);
    all.insert("inventory".into(), json!([inventory]));
    Value::Object(all)
}

fn poe(tlv: ExtendedPower) -> Value {
    json!({
        "device-type": one(match tlv.power_type { 0 => "PSE", 1 => "PD", _ => "?" }),
        "source": one(match tlv.source { 1 => "Primary Power Source", _ => "?" }),
        "priority": one(priority(tlv.priority)),
        "power": one(u32::from(tlv.deciwatts) * 100),
    })
}

fn location(tlv: Location<'_>) -> Value {
    match tlv {
        Location::Coordinates(at) => coordinates(at),
        Location::Civic(address) => {
            let country: String = address
                .country
                .iter()
                .map(|letter| char::from(*letter))
                .collect();
            let mut civic = Map::new();
            civic.insert("type".into(), "Civic address".into());
            civic.insert("country".into(), one(country));
            for element in address.elements() {
                let key = match element.kind {
                    0 => "language",
                    3 => "city",
                    _ => "?",
                };
                civic.insert(key.into(), one(element.value));
            }
            Value::Object(civic)
        }
        Location::EmergencyNumber(number) => json!({ "type": "ELIN", "ecs": one(number) }),
        _ => json!("?"),
    }
}

fn coordinates(at: Coordinates) -> Value {
    // fixed point, cut off and not rounded
    let fixed = |value: i64, fraction_bits: u32, digits: u32| {
        let scaled = (i128::from(value) * 10_i128.pow(digits)) >> fraction_bits;
        let (whole, rest) = (scaled / 10_i128.pow(digits), scaled % 10_i128.pow(digits));
        format!(
            "{whole}.{rest:0width$}",
            width = usize::try_from(digits).unwrap()
        )
    };
    json!({
        "type": "Coordinates",
        "geoid": match at.datum() { 1 => "WGS84", _ => "?" },
        "lat": one(fixed(at.latitude(), 25, 5) + "N"),
        "lon": one(fixed(at.longitude(), 25, 4) + "E"),
        "altitude": [{ "unit": match at.altitude_type() { 1 => "m", _ => "?" }, "value": fixed(at.altitude(), 8, 2) }],
    })
}
