//! One VF or PCI function, found by its address alone: its PF, its number there, its netdevs.
//!
//! A handful of system calls, whatever the number of VFs. Left to others: the inventory
//! ([`super::pci`]), and netdevs in another network namespace, which this sysfs does not show.

use colvin_model::{IfName, PciAddress};

use super::place::Folder;
use super::{SysfsError, SysfsRoot, device_path};

/// Where a VF belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VfPlace {
    /// Its PF.
    pub pf: PciAddress,
    /// Its number, as the PF's `virtfnN` and netlink have it.
    pub number: u16,
}

/// The PF and number of a VF; `None` when the function is no VF, is gone, or its PF does not know it
/// (a VF that was handed into a virtual machine).
///
/// The number is computed from the PF's distances and confirmed by its link to the VF; where that
/// says something else, the links are looked at one by one.
///
/// # Errors
/// [`SysfsError`] when a file is there and does not serve.
pub fn place(root: &SysfsRoot, vf: PciAddress) -> Result<Option<VfPlace>, SysfsError> {
    let name = vf.to_string();
    let at = Folder::PciDevices.at(&name, "physfn");
    let Some(pf) = root.link(at, "a link to a PF", address)? else {
        return Ok(None);
    };
    let folder = pf.to_string();
    let number = |file| {
        let at = Folder::PciDevices.at(&folder, file);
        root.attribute(at, "a number of 16 bits", |text| text.parse::<u16>().ok())
    };
    if let (Some(offset), Some(stride)) = (number("sriov_offset")?, number("sriov_stride")?)
        && let Some(guess) = pf.index_of(offset, stride, vf)
        && virtfn(root, &folder, guess)? == Some(vf)
    {
        return Ok(Some(VfPlace { pf, number: guess }));
    }
    let configured = number("sriov_numvfs")?.unwrap_or(0);
    for number in 0..configured {
        if virtfn(root, &folder, number)? == Some(vf) {
            return Ok(Some(VfPlace { pf, number }));
        }
    }
    Ok(None)
}

fn virtfn(root: &SysfsRoot, pf: &str, number: u16) -> Result<Option<PciAddress>, SysfsError> {
    let file = format!("virtfn{number}");
    root.link(Folder::PciDevices.at(pf, &file), "a link to a VF", address)
}

fn address(target: &str) -> Option<PciAddress> {
    device_path::last(target).parse().ok()
}

/// The netdevs of a function, in order of their names, as far as they are in the network namespace
/// in which this sysfs was mounted. A virtio function has them one folder deeper.
///
/// # Errors
/// [`SysfsError`] when the folder is there and cannot be listed.
pub fn netdevs(root: &SysfsRoot, function: PciAddress) -> Result<Vec<IfName>, SysfsError> {
    let name = function.to_string();
    let mut names = links(root, &name, "net")?;
    if names.is_empty() {
        for device in list(root, &name, "")? {
            if device.starts_with("virtio") {
                names.extend(links(root, &name, &format!("{device}/net"))?);
            }
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn links(root: &SysfsRoot, function: &str, folder: &str) -> Result<Vec<IfName>, SysfsError> {
    let names = list(root, function, folder)?;
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

fn list(root: &SysfsRoot, function: &str, folder: &str) -> Result<Vec<String>, SysfsError> {
    let mut names = Vec::new();
    root.list(Folder::PciDevices.at(function, folder), |name| {
        names.extend(std::str::from_utf8(name).ok().map(str::to_owned));
    })?;
    Ok(names)
}
