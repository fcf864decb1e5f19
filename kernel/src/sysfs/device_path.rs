//! What a link into `devices/` tells by its text alone: PCIe root, PCI functions, device.
//!
//! Left to others: reading the link.

use colvin_model::PciAddress;

/// The last part of a path.
pub(super) fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The part before the last.
pub(super) fn parent(path: &str) -> Option<&str> {
    path.rsplit('/').nth(1)
}

/// The PCI function nearest to the end of a path.
pub(super) fn function(path: &str) -> Option<PciAddress> {
    path.rsplit('/').find_map(|part| part.parse().ok())
}

/// The subfunction of that function which lies on the path, if one does.
pub(super) fn subfunction(path: &str) -> Option<&str> {
    let below = |part: &&str| part.parse::<PciAddress>().is_err();
    let mut parts = path.rsplit('/').take_while(below);
    parts.find(|part| super::subfunction::is_subfunction(part))
}

/// The PCIe root complex: the first part such as `pci0000:3a`.
pub(super) fn pcie_root(path: &str) -> Option<&str> {
    path.split('/').find(|part| {
        let numbers = part.strip_prefix("pci").and_then(|at| at.split_once(':'));
        let hex = |digits: &str, least: usize| {
            digits.len() >= least && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        numbers.is_some_and(|(domain, bus)| hex(domain, 4) && hex(bus, 2))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIRTIO: &str = "../../devices/pci0000:00/0000:00:03.0/virtio2/net/eth0";
    const VMD: &str =
        "../../../devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0";

    #[test]
    fn the_nearest_function_is_found_through_other_buses() {
        assert_eq!(function(VIRTIO).unwrap().to_string(), "0000:00:03.0");
        assert_eq!(function(VMD).unwrap().to_string(), "10000:e1:00.0");
        assert_eq!(function("../../devices/virtual/net/lo"), None);
    }

    #[test]
    fn the_root_is_the_first_one() {
        assert_eq!(pcie_root(VMD), Some("pci0000:00"));
        let arm = "../../../devices/platform/soc/40000000.pcie/pci0002:00/0002:00:00.0";
        assert_eq!(pcie_root(arm), Some("pci0002:00"));
        assert_eq!(pcie_root("../../devices/virtual/net/pcie0"), None);
    }

    #[test]
    fn a_path_of_one_part_has_no_parent() {
        assert_eq!((last("x"), parent("x")), ("x", None));
        assert_eq!(parent(VMD), Some("10000:e0:06.0"));
    }
}
