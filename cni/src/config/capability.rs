//! `runtimeConfig`: what a runtime says of one attachment, by capability.
//!
//! What is not ours (`portMappings`, `ipRanges`, ..) is for plugins beside us and for IPAM. Left to
//! others: which source comes first (`asked.rs`).

use std::path::{Component, PathBuf};

use colvin_model::MacAddr;
use colvin_model::offer::DeviceId;

use super::read::{filled, guid, number, object, parsed, present, text};
use crate::json::{self, Raw};

/// Our capabilities: name and meaning, for the reference page.
pub const CAPABILITIES: [(&str, &str); 6] = [
    (
        "mac",
        "the interface's address; before every other source of it",
    ),
    ("ips", "addresses for IPAM `static`"),
    (
        "deviceID",
        "the device; before the keys `deviceID` and `pciBusID`",
    ),
    (
        "bandwidth",
        "`egressRate` in bit/s becomes the VF's `max_tx_rate`; a card cannot limit what a VF receives, so an `ingressRate` is refused",
    ),
    ("infinibandGUID", "as the key of that name"),
    (
        "CNIDeviceInfoFile",
        "where to write the device's PCI address by the device information specification",
    ),
];

/// What a runtime says of this attachment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuntimeConfig {
    /// `mac`.
    pub mac: Option<MacAddr>,
    /// Whether there are `ips`; IPAM reads them.
    pub has_ips: bool,
    /// `deviceID`.
    pub device_id: Option<DeviceId>,
    /// `bandwidth`.
    pub bandwidth: Option<Bandwidth>,
    /// `infinibandGUID`.
    pub infiniband_guid: Option<u64>,
    /// `CNIDeviceInfoFile`.
    pub device_info_file: Option<PathBuf>,
}

/// Limits of an interface, in bit/s as the pod sees it; 0 is no limit. Bursts are the card's affair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bandwidth {
    /// What it may receive.
    pub ingress_bit_per_s: u64,
    /// What it may send.
    pub egress_bit_per_s: u64,
}

impl Bandwidth {
    /// What it may send in whole Mbit/s, at least 1; `None` when there is no limit.
    pub fn max_rate_mbps(self) -> Option<u32> {
        let rate = (self.egress_bit_per_s / 1_000_000).max(1);
        (self.egress_bit_per_s > 0).then(|| u32::try_from(rate).unwrap_or(u32::MAX))
    }
}

impl RuntimeConfig {
    pub(super) fn read(raw: Raw<'_>) -> Result<Self, String> {
        let object = object(raw)?;
        let mut read = Self::default();
        for (name, value) in object.iter() {
            if present(value).is_none() {
                continue;
            }
            read.take(name, value).map_err(|wrong| {
                format!(
                    "has a capability `{name}` whose value {} {wrong}",
                    json::shown(value)
                )
            })?;
        }
        Ok(read)
    }

    fn take(&mut self, name: &str, value: Raw<'_>) -> Result<(), String> {
        match name {
            "mac" => self.mac = filled(value)?,
            "ips" => {
                let ips: Result<Vec<String>, _> = serde_json::from_str(value.get());
                self.has_ips = !ips
                    .map_err(|_malformed| "is no list of addresses")?
                    .is_empty();
            }
            "deviceID" => self.device_id = filled(value)?,
            "bandwidth" => self.bandwidth = Some(bandwidth(value)?),
            "infinibandGUID" => self.infiniband_guid = Some(guid(&text(value)?)?),
            "CNIDeviceInfoFile" => self.device_info_file = Some(info_file(parsed(value)?)?),
            _ => {}
        }
        Ok(())
    }
}

fn bandwidth(value: Raw<'_>) -> Result<Bandwidth, String> {
    let object = object(value)?;
    let rate = |name: &str| match object.get(name).and_then(present) {
        Some(rate) => {
            number(rate, 0, u64::MAX).map_err(|wrong| format!("has a `{name}` that {wrong}"))
        }
        None => Ok(0),
    };
    Ok(Bandwidth {
        ingress_bit_per_s: rate("ingressRate")?,
        egress_bit_per_s: rate("egressRate")?,
    })
}

/// The folder in which device information files are: nothing else on the node is written.
const DEVICE_INFO: &str = "/var/run/k8s.cni.cncf.io/devinfo/cni";

fn info_file(path: String) -> Result<PathBuf, String> {
    let path = PathBuf::from(path);
    let plain = path
        .components()
        .skip(1)
        .all(|part| matches!(part, Component::Normal(_)));
    if plain && path.starts_with(DEVICE_INFO) && path.components().count() == 7 {
        return Ok(path);
    }
    Err(format!("is no file in {DEVICE_INFO}"))
}
