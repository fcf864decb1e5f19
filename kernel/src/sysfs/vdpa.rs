//! vdpa devices, which a function or subfunction may have: a virtio NIC whose data path is hardware.
//!
//! Whoever makes one names it as he likes (`vdpa dev add name …`), so they are found on their own bus
//! and traced to what they lie below. Left to others: whether a container gets one.

use colvin_model::Symbol;

use super::place::Folder;
use super::symbols::{is_name, is_part};
use super::{SysfsError, SysfsRoot, device_path};

/// The bus's folder.
const DEVICES: &str = "bus/vdpa/devices";

/// A vdpa device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VdpaDevice {
    /// Its name, such as `vdpa0`.
    pub name: Symbol,
    /// The PCI function (as its address) or subfunction (as its auxiliary device's name) that has it, or
    /// `None` when it has no hardware (`vdpa_sim`).
    pub owner: Option<Symbol>,
    /// The driver that is bound: `vhost_vdpa` or `virtio_vdpa`.
    pub driver: Option<Symbol>,
}

impl VdpaDevice {
    /// Whether programs get it as a character device.
    pub fn is_vhost(&self) -> bool {
        self.is_driven_by("vhost_vdpa")
    }

    /// Whether it is a virtio device of this machine, with a netdev.
    pub fn is_virtio(&self) -> bool {
        self.is_driven_by("virtio_vdpa")
    }

    fn is_driven_by(&self, driver: &str) -> bool {
        self.driver.as_ref().is_some_and(|bound| *bound == driver)
    }
}

/// Reads all vdpa devices, in order of their names; a machine without that bus has none.
///
/// Source: `bus/vdpa/devices/<name>` and its `driver` (kernel
/// `Documentation/ABI/testing/sysfs-bus-vdpa`).
///
/// # Errors
/// [`SysfsError`] when they cannot be listed, or a link does not serve.
pub fn scan(root: &SysfsRoot) -> Result<Vec<VdpaDevice>, SysfsError> {
    let names = names(root)?;
    names.iter().map(|name| device(root, name)).collect()
}

/// The first vdpa device of the function or subfunction of this name.
pub(super) fn of(root: &SysfsRoot, owner: &str) -> Result<Option<VdpaDevice>, SysfsError> {
    for name in names(root)? {
        let device = device(root, &name)?;
        if device.owner.as_ref().is_some_and(|it| *it == owner) {
            return Ok(Some(device));
        }
    }
    Ok(None)
}

/// The character device of a vdpa device that vhost drives, such as `vhost-vdpa-0`; `None` while it is
/// being made.
pub(super) fn vhost_node(root: &SysfsRoot, name: &Symbol) -> Result<Option<String>, SysfsError> {
    let folder = format!("{DEVICES}/{name}");
    let mut node = None;
    root.list(Folder::Sys.at(&folder, ""), |name| {
        let name = std::str::from_utf8(name).ok();
        let number = name.and_then(|name| name.strip_prefix("vhost-vdpa-"));
        if number.is_some_and(|number| number.parse::<u32>().is_ok()) {
            node = name.map(str::to_owned);
        }
    })?;
    Ok(node)
}

fn names(root: &SysfsRoot) -> Result<Vec<String>, SysfsError> {
    let mut names: Vec<String> = Vec::new();
    root.list(Folder::Sys.at(DEVICES, ""), |name| {
        let name = std::str::from_utf8(name).ok();
        names.extend(name.filter(|name| is_part(name)).map(str::to_owned));
    })?;
    names.sort_unstable();
    Ok(names)
}

fn device(root: &SysfsRoot, name: &str) -> Result<VdpaDevice, SysfsError> {
    let owner = root.link(
        Folder::Sys.at(DEVICES, name),
        "a link to a device",
        |target| Some(owner(target).map(|owner| Symbol::from(owner.as_str()))),
    )?;
    let file = format!("{name}/driver");
    let driver = root.link(
        Folder::Sys.at(DEVICES, &file),
        "a link to a driver",
        |target| {
            let driver = device_path::last(target);
            is_name(driver).then(|| Symbol::from(driver))
        },
    )?;
    Ok(VdpaDevice {
        name: Symbol::from(name),
        owner: owner.flatten(),
        driver,
    })
}

/// The function or subfunction nearest to the end of a path, as text.
fn owner(path: &str) -> Option<String> {
    // whoever names the device may give it any name
    let (above, _) = path.rsplit_once('/')?;
    match device_path::subfunction(above) {
        Some(subfunction) => Some(subfunction.to_owned()),
        None => device_path::function(above).map(|function| function.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_belongs_to_the_nearest_function_or_subfunction() {
        let of = |below: &str| owner(below);
        let bus = "../../../devices/pci0000:00/0000:00:01.0";
        let vf = format!("{bus}/0000:08:00.2");
        assert_eq!(of(&format!("{vf}/vdpa0")).unwrap(), "0000:08:00.2");
        let aux = format!("{vf}/pds_core.vDPA.1/blue");
        assert_eq!(of(&aux).unwrap(), "0000:08:00.2");
        let slice = format!("{bus}/0000:08:00.0/mlx5_core.sf.4/vdpa1");
        assert_eq!(of(&slice).unwrap(), "mlx5_core.sf.4");
        assert_eq!(of("../../../devices/vdpa_sim/vdpa2"), None);
    }
}
