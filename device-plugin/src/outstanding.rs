//! Writes and reads records of devices that were given out; what is in one is [`colvin_attach::record`]'s.
//!
//! Left to others: when one is written and removed.

use std::path::Path;

use colvin_attach::record::{self, Outstanding, Record as _, is_of_boot};

use crate::files::{self, FilesError};

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
    record::read(path).ok()?
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
            Some(record) if is_of_boot(record.boot_id.as_deref(), boot_id) => records.push(record),
            _ => others.push(name),
        }
    }
    Ok((records, others))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::{Grant, examples};
    use colvin_model::NetworkName;
    use colvin_model::offer::{Holder, Origin, ResourceName};
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
