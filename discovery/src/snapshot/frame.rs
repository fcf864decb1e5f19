//! LLDP frames with addresses and serial numbers replaced.
//!
//! Left to others: what the frame says (`lldp-rs`).

use colvin_model::MacAddr;
use lldp_rs::tlv::org::Organizational;
use lldp_rs::tlv::org::med::{InventoryItem, Med};
use lldp_rs::tlv::{ChassisId, PortId};
use lldp_rs::{Frame, NetworkAddress};

use super::disguise::Disguise;

/// Bytes of the two addresses at the front.
const ADDRESSES: usize = 12;

/// Learns a frame's source, the ids that are MAC addresses, and the serial numbers of its inventory.
pub(super) fn learn(bytes: &[u8], disguise: &mut Disguise) {
    disguise.learn_text(bytes);
    let Ok(frame) = Frame::decode(bytes) else {
        if let Some(source) = bytes.get(6..ADDRESSES).and_then(|mac| mac.try_into().ok()) {
            disguise.learn_mac(MacAddr::new(source));
        }
        return;
    };
    let lldpdu = frame.lldpdu();
    let mut macs = vec![frame.source()];
    if let ChassisId::Mac(mac) | ChassisId::NetworkAddress(NetworkAddress::Mac(mac)) =
        lldpdu.chassis_id()
    {
        macs.push(mac);
    }
    if let PortId::Mac(mac) | PortId::NetworkAddress(NetworkAddress::Mac(mac)) = lldpdu.port_id() {
        macs.push(mac);
    }
    macs.extend(
        lldpdu
            .management_addresses()
            .filter_map(|tlv| match tlv.address {
                NetworkAddress::Mac(mac) => Some(mac),
                _ => None,
            }),
    );
    for mac in macs {
        disguise.learn_mac(MacAddr::new(mac.0));
    }
    for tlv in lldpdu.organizational() {
        if let Organizational::Med(Med::Inventory(item)) = tlv
            && matches!(
                item.item,
                InventoryItem::SerialNumber | InventoryItem::AssetId
            )
        {
            disguise.learn_identifier(item.text.as_bytes());
        }
    }
}

/// The frame with everything learned replaced.
pub(super) fn disguised(bytes: &[u8], disguise: &Disguise) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let (addresses, rest) = bytes.split_at(bytes.len().min(ADDRESSES));
    for address in addresses.chunks(6) {
        out.extend(disguise.value(address));
    }
    let Ok(frame) = Frame::decode(bytes) else {
        out.extend(disguise.apply(rest));
        return out;
    };
    // the ids' own bytes, which may be a MAC address as a whole value
    let lldpdu = frame.lldpdu().as_bytes();
    let head = rest.len().saturating_sub(tail_length(rest, lldpdu));
    let (before, mut tlvs) = rest.split_at(head);
    out.extend_from_slice(before);
    for tlv in frame.lldpdu().raw_tlvs() {
        let Some((header, _)) = tlvs.split_at_checked(2) else {
            break;
        };
        out.extend_from_slice(header);
        let (subtype, id) = tlv.value.split_at(tlv.value.len().min(1));
        if matches!(tlv.kind, 1 | 2) {
            out.extend_from_slice(subtype);
            out.extend(disguise.value(id));
        } else {
            out.extend(disguise.apply(tlv.value));
        }
        tlvs = tlvs.get(2 + tlv.value.len()..).unwrap_or_default();
    }
    out.extend_from_slice(tlvs);
    out
}

/// How many bytes of `rest` the LLDPDU and what follows it are: it begins behind the `EtherType`.
fn tail_length(rest: &[u8], lldpdu: &[u8]) -> usize {
    let begin = (2..=6).find(|at| rest.get(*at..).is_some_and(|tail| tail.starts_with(lldpdu)));
    begin.map_or(0, |at| rest.len() - at)
}
