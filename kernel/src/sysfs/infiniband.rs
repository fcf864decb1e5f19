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

/// A function, and its subfunction.
type Place = (Option<PciAddress>, Option<String>);

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
        let place = place(root, &name);
        let (function, subfunction) = look.keep(place).unwrap_or_default();
        let link_layer = look.attribute("ports/1/link_layer", "a link layer", |text| {
            is_name(text).then(|| symbols.get(text))
        });
        findings.extend(look.finding(function.map_or(Subject::Node, Subject::Function)));
        devices.push(RdmaDevice {
            name: symbols.get(&name),
            function,
            subfunction: subfunction.map(|name| symbols.get(&name)),
            link_layer,
        });
    }
    Ok(devices)
}

/// The partition key at index 0 of an RDMA device's first port, or `None` when it has none.
///
/// Source: `ports/1/pkeys/0` (kernel `Documentation/ABI/stable/sysfs-class-infiniband`).
///
/// # Errors
/// [`SysfsError`] when the file is there and does not serve.
pub fn partition_key(root: &SysfsRoot, device: &str) -> Result<Option<u16>, SysfsError> {
    let at = Folder::Infiniband.at(device, "ports/1/pkeys/0");
    root.attribute(at, "a key such as 0xffff", |text| {
        u16::from_str_radix(text.strip_prefix("0x")?, 16).ok()
    })
}

/// The function and subfunction below which the device lies, by the text of its own link, else of
/// `device`.
fn place(root: &SysfsRoot, name: &str) -> Result<Option<Place>, SysfsError> {
    let expected = "a link to a device";
    for file in ["", "device"] {
        let found = root.link(Folder::Infiniband.at(name, file), expected, |target| {
            let subfunction = device_path::subfunction(target).map(str::to_owned);
            Some((device_path::function(target), subfunction))
        })?;
        if let Some((Some(_), _)) = found {
            return Ok(found);
        }
    }
    Ok(None)
}
