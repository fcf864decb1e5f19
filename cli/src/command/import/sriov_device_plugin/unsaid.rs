//! What a config file says and a Network cannot, in words for comments. Left to others: what it can.

use colvin_takeover::{Entry, Item, Selector};

/// What an entry says and a Network does not.
pub(super) fn of_entry(entry: &Entry) -> Vec<String> {
    let mut lines = Vec::new();
    if entry.exclude_topology {
        lines.push("excludeTopology: the kubelet is told NUMA nodes".to_owned());
    }
    if !entry.additional_info.is_empty() {
        lines.push("additionalInfo: containers are not told it".to_owned());
    }
    lines
}

/// What a selector says and a Network does not.
pub(super) fn of_selector(selector: &Selector) -> Vec<String> {
    let mut lines = Vec::new();
    let mut list = |key: &str, items: &[Item], why: &str| {
        if !items.is_empty() {
            let items: Vec<&str> = items.iter().map(|item| item.text.as_str()).collect();
            lines.push(format!("{key} {}: {why}", items.join(", ")));
        }
    };
    let of_vfs = "it is asked of VFs, and a Network has all VFs of its uplinks, or those of devices.functions";
    list("devices", &selector.devices, of_vfs);
    list("drivers", &selector.drivers, of_vfs);
    list("linkTypes", &selector.link_types, "an uplink is not asked");
    list(
        "ddpProfiles",
        &selector.ddp_profiles,
        "an uplink is not asked",
    );
    list("pKeys", &selector.pkeys, of_vfs);
    list(
        "acpiIndexes",
        &selector.acpi_indexes,
        "an uplink is not asked",
    );
    let is_named = !selector.root_devices.is_empty() || !selector.pf_names.is_empty();
    if is_named && selector.vendors.len() > 1 {
        list(
            "vendors",
            &selector.vendors,
            "the uplinks are named already",
        );
    }
    if is_named {
        list("pciAddresses", &selector.pci_addresses, of_vfs);
    } else if !selector.pci_addresses.is_empty() {
        lines.push("pciAddresses: if they are VFs of PFs of the node, write the PFs as uplinks, kind VirtualFunction, and devices.functions".to_owned());
    } else if !selector.vendors.is_empty() {
        lines.push(
            "which PFs: these are all uplinks of the vendor; put interface or pciAddress to it"
                .to_owned(),
        );
    }
    if !selector.root_devices.is_empty() && !selector.pf_names.is_empty() {
        lines.push("pfNames: rootDevices names the uplinks already".to_owned());
    }
    if selector.is_rdma {
        lines.push(
            "isRdma: containers get RDMA devices where there are some, and VFs without are in"
                .to_owned(),
        );
    }
    if selector.need_vhost_net {
        lines.push(
            "needVhostNet: containers get neither /dev/vhost-net nor /dev/net/tun".to_owned(),
        );
    }
    if selector.vdpa_type.is_some() {
        lines.push("vdpaType: VFs are not asked".to_owned());
    }
    lines
}
