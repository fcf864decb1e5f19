//! What the cards and their drivers hinder. Left to others: rights and the kernel.

use std::path::Path;

use colvin_model::inventory::Uplink;
use colvin_model::{FindingReason, Inventory};

use super::Check;
use crate::ports::{self, called, finding_sentence};

/// Where distributions keep the list of PCI names, below the root.
const NAME_LISTS: [&str; 2] = ["usr/share/misc/pci.ids", "usr/share/hwdata/pci.ids"];

pub(super) fn checks(inventory: &Inventory, folder: Option<&Path>) -> Vec<Check> {
    let mut checks = vec![uplinks(inventory), names(folder)];
    let pfs: Vec<&Uplink> = inventory
        .uplinks
        .iter()
        .filter(|uplink| uplink.sriov().is_some())
        .collect();
    if !pfs.is_empty() {
        checks.push(iommu(&pfs));
        checks.extend(pfs.iter().filter_map(|pf| sriov(pf)));
    }
    for finding in &inventory.findings {
        let line = finding_sentence(finding, inventory);
        checks.push(Check {
            name: finding.reason.as_str(),
            verdict: super::Verdict::Warn,
            message: line,
            remedy: remedy(finding.reason).map(str::to_owned),
        });
    }
    checks
}

fn uplinks(inventory: &Inventory) -> Check {
    let count = inventory.uplinks.len();
    if count == 0 {
        let remedy = "run it in the host's network namespace, with the host's /sys";
        Check::warn(
            "uplinks",
            "no port to the outside is to be seen from here",
            remedy,
        )
    } else {
        Check::ok(
            "uplinks",
            format!("{} to the outside", ports::count(count, "port")),
        )
    }
}

fn names(folder: Option<&Path>) -> Check {
    let root = folder.unwrap_or(Path::new("/"));
    let list = NAME_LISTS.iter().find(|list| root.join(list).exists());
    match list {
        Some(list) => Check::ok("pci.ids", format!("cards are named by /{list}")),
        None => Check::ok(
            "pci.ids",
            "is not there: cards are named by the list that was built in",
        ),
    }
}

fn iommu(pfs: &[&Uplink]) -> Check {
    let grouped = |uplink: &&&Uplink| {
        uplink
            .function
            .as_ref()
            .is_some_and(|function| function.iommu_group.is_some())
    };
    if pfs.iter().any(|uplink| grouped(&uplink)) {
        Check::ok(
            "IOMMU",
            "is on: VFs can be given to virtual machines and DPDK",
        )
    } else {
        Check::warn(
            "IOMMU",
            "is off: VFs work in containers, but cannot be given to virtual machines and DPDK by vfio",
            "switch VT-d or AMD-Vi on in the firmware; on Intel boot with intel_iommu=on iommu=pt",
        )
    }
}

fn sriov(pf: &Uplink) -> Option<Check> {
    let capability = pf.sriov()?;
    let (name, total, configured) = (called(pf), capability.total, capability.configured);
    Some(if total == 0 {
        Check::warn(
            "SR-IOV",
            format!("{name} has SR-IOV and may have no VF"),
            "switch SR-IOV on for the card, in the firmware's set-up or with the maker's tool",
        )
    } else {
        Check::ok("SR-IOV", format!("{name} has {configured} of {total} VFs"))
    })
}

/// What can be done, where the finding's own sentence does not say it.
fn remedy(reason: FindingReason) -> Option<&'static str> {
    match reason {
        FindingReason::NotPermitted => {
            Some("sudo, or once: setcap cap_net_raw+ep $(command -v colvin)")
        }
        FindingReason::UnreadableFile
        | FindingReason::MalformedFile
        | FindingReason::InvalidPciAddress => {
            Some("look at the kernel log; if the kernel is sound, please report it with a snapshot")
        }
        FindingReason::UndecodableMessage => {
            Some("please report it with a snapshot: colvin snapshot")
        }
        _ => None,
    }
}
