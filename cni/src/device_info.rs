//! The device information file: which PCI function an interface is, for programs in the pod.
//!
//! Form: device information specification 1.1.0 of the Network Plumbing Working Group. The runtime
//! says where it is to stand (`CNIDeviceInfoFile`); only files in its own folder are taken
//! (`config/capability.rs`). Left to others: the file that the device plugin writes.

use std::fs;
use std::io;
use std::path::Path;

use colvin_model::PciAddress;
use serde::Serialize;

use crate::failure::{Code, Failure};

#[derive(Serialize)]
struct Form {
    r#type: &'static str,
    version: &'static str,
    pci: Pci,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Pci {
    pci_address: PciAddress,
    #[serde(skip_serializing_if = "Option::is_none")]
    pf_pci_address: Option<PciAddress>,
}

/// Writes it whole or not at all.
///
/// # Errors
/// Code 5 when it cannot be written.
pub fn write(file: &Path, device: PciAddress, pf: Option<PciAddress>) -> Result<(), Failure> {
    let form = Form {
        r#type: "pci",
        version: "1.1.0",
        pci: Pci {
            pci_address: device,
            pf_pci_address: pf,
        },
    };
    let failed = |error: io::Error| {
        let message = format!("writing the device information {}", file.display());
        Failure::caused(Code::Io, &message, &error)
    };
    let text = serde_json::to_vec(&form).map_err(|error| failed(error.into()))?;
    whole(file, &text).map_err(failed)
}

/// Removes it, if it is there.
///
/// # Errors
/// As [`write()`].
pub fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Writes a small file under another name and renames it: a reader sees all of it or nothing.
pub(crate) fn whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("/"));
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let new = folder.join(format!(".{name}.{}", std::process::id()));
    let write = || fs::write(&new, bytes);
    let written = write().or_else(|error| match error.kind() {
        io::ErrorKind::NotFound => fs::create_dir_all(folder).and_then(|()| write()),
        _ => Err(error),
    });
    let written = written.and_then(|()| fs::rename(&new, file));
    if written.is_err() {
        // the first failure is what counts
        drop(fs::remove_file(&new));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_the_function_and_its_pf_and_goes_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cni").join("net1-device.json");
        let vf = "0000:3b:02.1".parse().unwrap();
        write(&file, vf, Some("0000:3b:00.0".parse().unwrap())).unwrap();
        let text: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let wanted = serde_json::json!({
            "type": "pci", "version": "1.1.0",
            "pci": {"pci-address": "0000:3b:02.1", "pf-pci-address": "0000:3b:00.0"}
        });
        assert_eq!(text, wanted);
        assert!(remove(&file).is_ok() && !file.exists());
        assert!(remove(&file).is_ok());
        fs::write(folder.path().join("cni/x"), b"").unwrap();
        let below_a_file = folder.path().join("cni/x/y");
        assert_eq!(write(&below_a_file, vf, None).unwrap_err().code, Code::Io);
    }
}
