//! How devices are called in slices, and which block they are in. Left to others: the pools' names (`colvin-slices`).

use crate::NetworkName;
use crate::digest::digest;
use crate::offer::{DeviceId, Kind, OfferedDevice};

/// The most bytes of a device's name (LIM-5).
pub const MOST_BYTES_OF_A_NAME: usize = 63;

/// The most bytes behind a port's label: `-`, and the longest number.
const NUMBER_BYTES: usize = "-4294967295".len();

/// The names of a device.
pub(super) struct Named {
    pub(super) device: String,
    pub(super) port: String,
    pub(super) place: u32,
}

/// Names a device: a function or netdev by itself, a share by its uplink, its network and its number.
pub(super) fn of(network: &NetworkName, id: &DeviceId, is: &OfferedDevice) -> Named {
    let uplink = is.uplink.as_ref().map(ToString::to_string);
    if let Some((of, number)) = id.as_str().split_once('/') {
        let port = dashed(
            &format!("{of}-{network}"),
            MOST_BYTES_OF_A_NAME - NUMBER_BYTES,
        );
        let place = number.parse().unwrap_or_default();
        let device = dashed(&format!("{port}-{number}"), MOST_BYTES_OF_A_NAME);
        return Named {
            device,
            port,
            place,
        };
    }
    let most = MOST_BYTES_OF_A_NAME - NUMBER_BYTES;
    let of = dashed(uplink.as_deref().unwrap_or(id.as_str()), most - "-pf".len());
    Named {
        device: dashed(id.as_str(), MOST_BYTES_OF_A_NAME),
        // a PF stands in no block of its VFs, for their places begin at 0
        port: match is.kind {
            Kind::PhysicalFunction => format!("{of}-pf"),
            _ => of,
        },
        place: is.vf_index.map(u32::from).unwrap_or_default(),
    }
}

/// A DNS label of a text: what a label cannot have is a dash. One that would not be the only such text, or would be too
/// long, ends in a digest of all of it.
fn dashed(text: &str, most: usize) -> String {
    let plain = |character: char| match character {
        'a'..='z' | '0'..='9' | '-' => character,
        _ => '-',
    };
    let label: String = text.chars().map(plain).collect();
    let told = text
        .bytes()
        .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b':' | b'.'));
    let ends = |label: &str| label.starts_with('-') || label.ends_with('-') || label.is_empty();
    if told && label.len() <= most && !ends(&label) {
        return label;
    }
    let hash = format!("{:016x}", digest(text.as_bytes()));
    let beginning: String = label.chars().take(most - hash.len() - 1).collect();
    match beginning.trim_matches('-') {
        "" => hash,
        beginning => format!("{beginning}-{hash}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lim_5_a_name_is_a_label_whatever_the_device_is_called() {
        assert_eq!(dashed("0000:3b:00.5", 63), "0000-3b-00-5");
        assert_eq!(dashed("eth1", 63), "eth1");
        let odd = ["Eth1", "eth_1", "-", "ü", &"e".repeat(80)];
        let mut labels: Vec<String> = odd.iter().map(|text| dashed(text, 63)).collect();
        for label in &labels {
            let clean = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
            assert!(label.len() <= 63 && label.bytes().all(clean), "{label}");
            assert!(!label.starts_with('-') && !label.ends_with('-'), "{label}");
        }
        labels.sort();
        labels.dedup();
        assert_eq!(labels.len(), odd.len(), "each has a name of its own");
    }
}
