//! Subfunctions: slices of a card on the auxiliary bus, such as `mlx5_core.sf.4`.
//!
//! Left to others: their netdevs, which come as links with an auxiliary parent.

use colvin_model::{Finding, PciAddress, Subject, Symbol};

use super::look::Look;
use super::place::Folder;
use super::{SysfsError, SysfsRoot, device_path};

/// A subfunction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subfunction {
    /// Its name on the auxiliary bus; the number in it is not that of the subfunction.
    pub name: Symbol,
    /// The PCI function that it is a slice of.
    pub function: Option<PciAddress>,
    /// Its number among the function's subfunctions (`sfnum`), when the driver tells.
    pub number: Option<u32>,
    /// The driver that is bound, such as `mlx5_core.sf`.
    pub driver: Option<Symbol>,
}

/// Reads all subfunctions, in order of their names; a machine without an auxiliary bus has none.
///
/// Source: `bus/auxiliary/devices/<driver>.sf.<id>` and its `sfnum` (kernel
/// `Documentation/networking/device_drivers/ethernet/mellanox/mlx5/switchdev.rst`).
///
/// # Errors
/// [`SysfsError::List`] when they cannot be listed.
pub fn scan(root: &SysfsRoot, findings: &mut Vec<Finding>) -> Result<Vec<Subfunction>, SysfsError> {
    let mut names: Vec<String> = Vec::new();
    root.list(Folder::AuxiliaryDevices.at("", ""), |name| {
        let text = std::str::from_utf8(name).ok();
        names.extend(text.filter(|name| is_subfunction(name)).map(str::to_owned));
    })?;
    names.sort_unstable();
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        let mut look = Look::new(root, Folder::AuxiliaryDevices, &name);
        let function = look.link("", "a link to a device", |target| {
            Some(device_path::function(target))
        });
        let function = function.flatten();
        let number = look.attribute("sfnum", "a number", |text| text.parse().ok());
        let driver = look.link("driver", "a link to a driver", |target| {
            let driver = device_path::last(target);
            super::symbols::is_name(driver).then(|| Symbol::from(driver))
        });
        findings.extend(look.finding(function.map_or(Subject::Node, Subject::Function)));
        found.push(Subfunction {
            name: Symbol::from(name.as_str()),
            function,
            number,
            driver,
        });
    }
    Ok(found)
}

/// Whether a name is `<driver>.sf.<id>`.
pub(super) fn is_subfunction(name: &str) -> bool {
    name.rsplit_once(".sf.")
        .is_some_and(|(driver, id)| super::symbols::is_name(driver) && id.parse::<u32>().is_ok())
}
