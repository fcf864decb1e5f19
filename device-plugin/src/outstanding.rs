//! Records of devices that were given out: `outstanding/<device>.json` below our folder in `/run`.
//!
//! One is written before a device is promised, and stamped with its pod as soon as the kubelet tells it.
//! There it outlives us, but not the machine's boot. Left to others: when one is written and removed.

use std::path::{Path, PathBuf};

use colvin_model::inventory::UplinkId;
use colvin_model::offer::{DeviceId, Holder, Kind, OfferedDevice, Origin, ResourceName};
use colvin_model::{NetworkName, PciAddress};
use serde::{Deserialize, Serialize};

use crate::files::{self, FilesError};

/// A device that was given out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outstanding {
    /// Of this format: 1.
    pub version: u32,
    /// By what it was asked for.
    pub resource: ResourceName,
    /// The network it attaches to, or `None` for a resource of the other plugin's file.
    #[serde(default)]
    pub network: Option<NetworkName>,
    /// Its id.
    pub device: DeviceId,
    /// What it is.
    pub kind: Kind,
    /// Its PCI address; for a share that of the uplink.
    #[serde(default)]
    pub address: Option<PciAddress>,
    /// The uplink it is of.
    #[serde(default)]
    pub uplink: Option<UplinkId>,
    /// Its index below the PF.
    #[serde(default)]
    pub vf_index: Option<u16>,
    /// The boot of the machine in which it was given out.
    #[serde(default)]
    pub boot_id: Option<String>,
    /// Who got it, once the kubelet told: namespace, pod and container.
    #[serde(flatten)]
    pub holder: Option<Holder>,
}

impl Outstanding {
    /// The version that is written and read.
    pub const VERSION: u32 = 1;

    /// Of a device that is about to be given out.
    pub(crate) fn new(
        resource: &ResourceName,
        origin: &Origin,
        id: &DeviceId,
        device: &OfferedDevice,
        boot_id: Option<&str>,
    ) -> Self {
        Self {
            version: Self::VERSION,
            resource: resource.clone(),
            network: match origin {
                Origin::Network(network) => Some(network.clone()),
                Origin::ConfigFile => None,
            },
            device: id.clone(),
            kind: device.kind,
            address: device.address,
            uplink: device.uplink.clone(),
            vf_index: device.vf_index,
            boot_id: boot_id.map(str::to_owned),
            holder: None,
        }
    }

    /// The name of its file. Shares of one uplink have equal ids in several networks, so theirs have the
    /// resource in it; any other device is one resource's at a time.
    pub fn file_name(&self) -> String {
        let device = self.device.in_file_name();
        if self.kind.is_shared() {
            format!("{}-{device}.json", self.resource.in_file_name())
        } else {
            format!("{device}.json")
        }
    }
}

/// The folder of records, below ours.
pub(crate) fn folder(run: &Path) -> PathBuf {
    run.join("outstanding")
}

/// Writes a record.
///
/// # Errors
/// [`FilesError::Write`]; what was there before stays.
pub(crate) fn write(folder: &Path, record: &Outstanding) -> Result<(), FilesError> {
    // text and numbers: there is nothing in it that JSON has not
    let content = serde_json::to_vec(record).unwrap_or_default();
    files::write(&folder.join(record.file_name()), &content)
}

/// What the record in this file says now, or `None` when it is not there or cannot be understood.
pub(crate) fn read(path: &Path) -> Option<Outstanding> {
    let content = files::read(path).ok()??;
    let record: Outstanding = serde_json::from_slice(&content).ok()?;
    (record.version == Outstanding::VERSION).then_some(record)
}

/// All records of this boot, by the names of their files; and the names of files that are none.
///
/// # Errors
/// [`FilesError::Read`] when the folder cannot be read.
pub(crate) fn all(
    folder: &Path,
    boot_id: Option<&str>,
) -> Result<(Vec<Outstanding>, Vec<String>), FilesError> {
    let (mut records, mut others) = (Vec::new(), Vec::new());
    for name in files::names(folder)? {
        if name.starts_with('.') {
            continue;
        }
        match read(&folder.join(&name)) {
            Some(record) if record.file_name() == name && is_of(&record, boot_id) => {
                records.push(record);
            }
            _ => others.push(name),
        }
    }
    Ok((records, others))
}

fn is_of(record: &Outstanding, boot_id: Option<&str>) -> bool {
    match (&record.boot_id, boot_id) {
        (Some(written), Some(now)) => written == now,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::{Grant, examples};
    use serde_json::json;

    fn record(network: &str, grant: &Grant) -> Outstanding {
        let network: NetworkName = network.parse().unwrap();
        let resource = ResourceName::of_network(&network);
        let origin = Origin::Network(network);
        Outstanding::new(&resource, &origin, &grant.id, &grant.device, Some("boot-1"))
    }

    #[test]
    fn a_record_says_what_was_given_and_then_to_whom() {
        let mut record = record("green", &examples::vf("0000:3b:00.2"));
        let mut expected = json!({
            "version": 1, "resource": "colvin.dev/green", "network": "green",
            "device": "0000:3b:00.2", "kind": "VirtualFunction", "address": "0000:3b:00.2",
            "uplink": "0000:3b:00.0", "vfIndex": 2, "bootId": "boot-1",
        });
        assert_eq!(serde_json::to_value(&record).unwrap(), expected);
        record.holder = Some(Holder {
            namespace: "default".into(),
            pod: "web".into(),
            container: "main".into(),
        });
        let words = [
            ("namespace", "default"),
            ("pod", "web"),
            ("container", "main"),
        ];
        for (key, word) in words {
            expected[key] = word.into();
        }
        assert_eq!(serde_json::to_value(&record).unwrap(), expected);
    }

    #[test]
    fn records_are_read_back_and_those_of_another_boot_are_not() {
        let top = tempfile::tempdir().unwrap();
        let stamped = Outstanding {
            holder: Some(Holder {
                namespace: "default".into(),
                pod: "web".into(),
                container: "main".into(),
            }),
            ..record("green", &examples::vf("0000:3b:00.2"))
        };
        let plain = record("green", &examples::vf("0000:3b:00.3"));
        for record in [&stamped, &plain] {
            write(top.path(), record).unwrap();
        }
        files::write(&top.path().join("torn.json"), b"{\"version\":1").unwrap();
        let (records, others) = all(top.path(), Some("boot-1")).unwrap();
        assert_eq!(
            (records, others),
            (vec![stamped, plain], vec!["torn.json".to_owned()])
        );
        let (records, others) = all(top.path(), Some("boot-2")).unwrap();
        assert_eq!((records.len(), others.len()), (0, 3));
    }

    #[test]
    fn shares_of_two_networks_have_two_records() {
        let share = examples::share("0000:3b:00.0/7");
        let (green, blue) = (record("green", &share), record("blue", &share));
        assert_eq!(green.file_name(), "colvin.dev-green-0000:3b:00.0-7.json");
        assert_ne!(green.file_name(), blue.file_name());
        let vf = record("green", &examples::vf("0000:3b:00.2"));
        assert_eq!(vf.file_name(), "0000:3b:00.2.json");
    }
}
