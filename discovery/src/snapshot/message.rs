//! Netlink messages with addresses and serial numbers replaced, attribute by attribute.
//!
//! Whatever stands in an attribute's value is searched for what was learned; a value of six bytes is
//! compared as a whole. No length changes, so a message stays what it was, torn ones too.
//!
//! Left to others: what the messages mean (`colvin_kernel::netlink`).

use super::disguise::Disguise;

/// Bytes of a `struct nlmsghdr`.
const MESSAGE_HEADER: usize = 16;

/// Bytes of a `struct nlattr`.
const ATTRIBUTE_HEADER: usize = 4;

/// How deep attributes may lie in one another.
const DEPTH: u32 = 6;

/// `DEVLINK_ATTR_INFO_SERIAL_NUMBER` and `DEVLINK_ATTR_INFO_BOARD_SERIAL_NUMBER`.
const SERIALS: [u16; 2] = [99, 146];

/// Bytes before the attributes of a message, by the record it is in.
fn fixed_bytes(path: &str) -> usize {
    match path.rsplit('/').next().unwrap_or_default() {
        "links" => 16,    // struct ifinfomsg
        "addresses" => 8, // struct ifaddrmsg
        "routes" => 12,   // struct rtmsg
        "rdma" => 0,
        _ => 4, // struct genlmsghdr
    }
}

/// Learns the serial numbers in a record of devlink.
pub(super) fn learn(path: &str, bytes: &[u8], disguise: &mut Disguise) {
    if path.ends_with("/devlink-info") {
        for (_, payload) in messages(bytes) {
            for (kind, at, length) in attributes(payload, fixed_bytes(path)) {
                let value = payload.get(at..at + length).unwrap_or_default();
                if SERIALS.contains(&kind) {
                    disguise.learn_identifier(value.strip_suffix(&[0]).unwrap_or(value));
                }
            }
        }
    }
}

/// The record with everything learned replaced.
pub(super) fn disguised(path: &str, bytes: &[u8], disguise: &Disguise) -> Vec<u8> {
    if path.ends_with("/drivers") {
        return disguise.apply(bytes);
    }
    let mut out = bytes.to_vec();
    for (start, payload) in messages(bytes) {
        let replaced = values(payload, fixed_bytes(path), disguise, DEPTH);
        if let Some(place) = out.get_mut(start..start + payload.len()) {
            place.copy_from_slice(&replaced);
        }
    }
    out
}

/// Each message's payload, and where it begins.
fn messages(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0_usize;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..)?;
        let length = u32::from_ne_bytes(*rest.first_chunk::<4>()?);
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length >= MESSAGE_HEADER)?;
        let payload = rest.get(MESSAGE_HEADER..length)?;
        let start = at + MESSAGE_HEADER;
        at = at.saturating_add(length.next_multiple_of(4));
        Some((start, payload))
    })
}

/// Each attribute behind `from`: its kind, where its value begins and how long it is.
fn attributes(bytes: &[u8], from: usize) -> impl Iterator<Item = (u16, usize, usize)> {
    let mut at = from;
    std::iter::from_fn(move || {
        let header = bytes.get(at..at + ATTRIBUTE_HEADER)?;
        let [l0, l1, k0, k1] = *header.first_chunk::<4>()?;
        let length = usize::from(u16::from_ne_bytes([l0, l1]));
        let value = length.checked_sub(ATTRIBUTE_HEADER)?;
        let start = at + ATTRIBUTE_HEADER;
        bytes.get(start..start + value)?;
        at += length.next_multiple_of(4);
        Some((u16::from_ne_bytes([k0, k1]) & 0x3fff, start, value))
    })
}

/// Whether the bytes are attributes to their very end.
fn is_nest(bytes: &[u8]) -> bool {
    let end = attributes(bytes, 0)
        .last()
        .map(|(_, at, length)| (at + length).next_multiple_of(4));
    end.is_some_and(|end| end >= bytes.len())
}

fn values(bytes: &[u8], from: usize, disguise: &Disguise, depth: u32) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for (_, at, length) in attributes(bytes, from) {
        let Some(value) = bytes.get(at..at + length) else {
            break;
        };
        let replaced = if depth > 0 && is_nest(value) {
            values(value, 0, disguise, depth - 1)
        } else {
            disguise.value(value)
        };
        if let Some(place) = out.get_mut(at..at + length) {
            place.copy_from_slice(&replaced);
        }
    }
    out
}
