//! RDMA devices from `class/infiniband`: for roots without an RDMA netlink dump.
//!
//! Some RDMA cards are no network controllers (class 0x00ff): here they are found by what they can.
//! Left to others: which uplink has which (`colvin-model`).

use colvin_model::observation::RdmaDevice;
use colvin_model::{Finding, PciAddress, Subject};

use super::read::{At, Folder};
use super::symbols::{Symbols, is_name};
use super::{SysfsError, SysfsRoot, device_path, error};

/// Reads all RDMA devices, in order of their names; a machine without RDMA has none.
///
/// Source: `class/infiniband/<name>` and its first port (kernel
/// `Documentation/ABI/stable/sysfs-class-infiniband`).
///
/// # Errors
/// [`SysfsError::List`] when they cannot be listed.
pub fn scan(root: &SysfsRoot, findings: &mut Vec<Finding>) -> Result<Vec<RdmaDevice>, SysfsError> {
    let mut names: Vec<String> = Vec::new();
    root.list(at("", ""), |name| {
        if let Some(name) = std::str::from_utf8(name).ok().filter(|name| is_name(name)) {
            names.push(name.to_owned());
        }
    })?;
    names.sort_unstable();
    let mut symbols = Symbols::default();
    let mut devices = Vec::with_capacity(names.len());
    for name in names {
        let mut errors = Vec::new();
        let function = function(root, &name).unwrap_or_else(|error| {
            errors.push(error);
            None
        });
        let layer = root.attribute(at(&name, "ports/1/link_layer"), "a link layer", |text| {
            is_name(text).then(|| symbols.get(text))
        });
        let link_layer = layer.unwrap_or_else(|error| {
            errors.push(error);
            None
        });
        let subject = function.map_or(Subject::Node, Subject::Function);
        findings.extend(error::finding(subject, &errors));
        devices.push(RdmaDevice {
            name: symbols.get(&name),
            function,
            link_layer,
        });
    }
    Ok(devices)
}

/// The function below which the device lies, by the text of its own link, else of `device`.
fn function(root: &SysfsRoot, name: &str) -> Result<Option<PciAddress>, SysfsError> {
    let expected = "a link to a device";
    for file in ["", "device"] {
        let found = root.link(at(name, file), expected, |target| {
            Some(device_path::function(target))
        })?;
        if let Some(Some(function)) = found {
            return Ok(Some(function));
        }
    }
    Ok(None)
}

fn at<'a>(device: &'a str, file: &'a str) -> At<'a> {
    At {
        folder: Folder::Infiniband,
        device,
        file,
    }
}
