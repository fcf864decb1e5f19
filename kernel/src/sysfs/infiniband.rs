//! RDMA devices from `class/infiniband`: for roots without an RDMA netlink dump.
//!
//! Some RDMA cards are no network controllers (class 0x00ff): here they are found by what they can.
//! Left to others: which uplink has which (`colvin-model`).

use colvin_model::observation::RdmaDevice;
use colvin_model::{Finding, PciAddress, Subject};

use super::look::Look;
use super::place::Folder;
use super::symbols::{Symbols, is_name};
use super::{SysfsError, SysfsRoot, device_path};

/// Reads all RDMA devices, in order of their names; a machine without RDMA has none.
///
/// Source: `class/infiniband/<name>` and its first port (kernel
/// `Documentation/ABI/stable/sysfs-class-infiniband`).
///
/// # Errors
/// [`SysfsError::List`] when they cannot be listed.
pub fn scan(root: &SysfsRoot, findings: &mut Vec<Finding>) -> Result<Vec<RdmaDevice>, SysfsError> {
    let mut names: Vec<String> = Vec::new();
    root.list(Folder::Infiniband.at("", ""), |name| {
        if let Some(name) = std::str::from_utf8(name).ok().filter(|name| is_name(name)) {
            names.push(name.to_owned());
        }
    })?;
    names.sort_unstable();
    let mut symbols = Symbols::default();
    let mut devices = Vec::with_capacity(names.len());
    for name in names {
        let mut look = Look::new(root, Folder::Infiniband, &name);
        let function = function(root, &name);
        let function = look.keep(function);
        let link_layer = look.attribute("ports/1/link_layer", "a link layer", |text| {
            is_name(text).then(|| symbols.get(text))
        });
        findings.extend(look.finding(function.map_or(Subject::Node, Subject::Function)));
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
        let found = root.link(Folder::Infiniband.at(name, file), expected, |target| {
            Some(device_path::function(target))
        })?;
        if let Some(Some(function)) = found {
            return Ok(Some(function));
        }
    }
    Ok(None)
}
