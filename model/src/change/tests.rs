//! Changes between small inventories.

use super::*;
use crate::inventory::{LinkState, UplinkId};
use crate::observation::{PciFunction, PortFacts, Role, SriovCapability, WireText};
use crate::{DeviceId, FindingReason, MacAddr, PciClass};

fn uplink(configured: u16, state: LinkState) -> Uplink {
    let address: PciAddress = "0000:3b:00.0".parse().unwrap();
    let virtual_functions = (0..configured)
        .map(|index| vf(index, VfUse::Here))
        .collect();
    Uplink {
        id: UplinkId::Function(address),
        function: Some(PciFunction {
            address,
            class: PciClass::new(0x02_0000),
            id: DeviceId {
                vendor: 0x8086,
                device: 0x10c9,
            },
            subsystem: None,
            driver: Some("igb".into()),
            numa_node: None,
            iommu_group: None,
            pcie_root: None,
            role: Role::Physical {
                sriov: Some(SriovCapability {
                    total: 7,
                    configured,
                    offset: 128,
                    stride: 2,
                    vf_device: None,
                    drivers_autoprobe: None,
                    virtfn: BTreeMap::new(),
                }),
            },
            slot: None,
        }),
        link: None,
        state,
        port: PortFacts::default(),
        firmware: None,
        eswitch: None,
        bond: None,
        bridge: None,
        rdma: None,
        protected: Vec::new(),
        virtual_functions,
        representors: Vec::new(),
        subfunctions: Vec::new(),
        neighbors: Vec::new(),
    }
}

fn vf(index: u16, usage: VfUse) -> VirtualFunction {
    let pf: PciAddress = "0000:3b:00.0".parse().unwrap();
    VirtualFunction {
        index,
        address: pf.virtual_function(128, 2, index).unwrap(),
        device: None,
        driver: (usage != VfUse::HalfCreated).then(|| "igbvf".into()),
        netdev: None,
        mac: None,
        numa_node: None,
        iommu_group: None,
        rdma: None,
        usage,
    }
}

fn neighbor(port: &str, description: &str) -> Neighbor {
    let text = |text: &str| WireText::from_wire(text.as_bytes());
    Neighbor {
        chassis_id: text("00:00:5e:00:53:01").unwrap(),
        port_id: text(port).unwrap(),
        port_description: text(description),
        system_name: text("leaf-12"),
        system_description: None,
        vlan: "110".parse().ok(),
        vlans: Vec::new(),
        management_vlan: None,
        management_addresses: Vec::new(),
        capabilities: Vec::new(),
        max_frame_bytes: None,
        aggregation_port: None,
        source: MacAddr::new([0, 0, 0x5e, 0, 0x53, 2]),
        stale: false,
    }
}

fn lines(before: &[Uplink], after: &[Uplink]) -> Vec<String> {
    let inventory = |uplinks: &[Uplink]| Inventory {
        uplinks: uplinks.to_vec(),
        findings: Vec::new(),
    };
    let changes = changes(&inventory(before), &inventory(after));
    changes.iter().map(ToString::to_string).collect()
}

#[test]
fn the_same_inventory_has_no_changes() {
    let up = uplink(3, LinkState::Up);
    assert!(lines(std::slice::from_ref(&up), std::slice::from_ref(&up)).is_empty());
}

#[test]
fn an_uplink_appears_with_its_vfs_and_goes_as_one() {
    let up = uplink(3, LinkState::Up);
    assert_eq!(
        lines(&[], std::slice::from_ref(&up)),
        ["0000:3b:00.0: uplink appeared", "0000:3b:00.0: VFs 0 -> 3"]
    );
    assert_eq!(lines(&[up], &[]), ["0000:3b:00.0: uplink gone"]);
}

#[test]
fn new_vfs_are_one_line_and_not_one_per_vf() {
    let mut half = uplink(7, LinkState::Up);
    half.virtual_functions = vec![vf(0, VfUse::Here), vf(1, VfUse::HalfCreated)];
    let done = uplink(7, LinkState::Up);
    let none = uplink(0, LinkState::Up);
    assert_eq!(
        lines(&[none], std::slice::from_ref(&half)),
        ["0000:3b:00.0: VFs 0 -> 1 of 7"]
    );
    assert_eq!(lines(&[half], &[done]), ["0000:3b:00.0: VFs 1 of 7 -> 7"]);
}

#[test]
fn a_vf_that_changes_hands_is_named_by_index_and_address() {
    let before = uplink(2, LinkState::Up);
    let mut after = before.clone();
    after.virtual_functions[1].driver = Some("vfio-pci".into());
    after.virtual_functions[1].usage = VfUse::Userspace;
    assert_eq!(
        lines(&[before], &[after]),
        ["0000:3b:00.0: VF 1 0000:3b:10.2 Here (igbvf) -> Userspace (vfio-pci)"]
    );
}

#[test]
fn a_cable_that_moves_is_carrier_and_neighbors() {
    let mut before = uplink(0, LinkState::Up);
    before.neighbors = vec![neighbor("Ethernet1/7", "green")];
    let down = uplink(0, LinkState::NoCarrier);
    let mut after = uplink(0, LinkState::Up);
    after.neighbors = vec![neighbor("Ethernet1/8", "blue")];
    assert_eq!(
        lines(std::slice::from_ref(&before), &[down]),
        [
            "0000:3b:00.0: link Up -> NoCarrier",
            "0000:3b:00.0: neighbor gone: leaf-12 port Ethernet1/7 (green) vlan 110",
        ]
    );
    assert_eq!(
        lines(std::slice::from_ref(&before), &[after]),
        [
            "0000:3b:00.0: neighbor gone: leaf-12 port Ethernet1/7 (green) vlan 110",
            "0000:3b:00.0: neighbor appeared: leaf-12 port Ethernet1/8 (blue) vlan 110",
        ]
    );
    let mut told = before.clone();
    told.neighbors = vec![neighbor("Ethernet1/7", "red")];
    assert_eq!(
        lines(&[before], &[told]),
        [
            "0000:3b:00.0: neighbor changed: leaf-12 port Ethernet1/7 (green) vlan 110 -> leaf-12 port Ethernet1/7 (red) vlan 110"
        ]
    );
}

#[test]
fn disc_12_an_iommu_groups_new_number_is_no_change() {
    let before = uplink(2, LinkState::Up);
    let mut after = before.clone();
    if let Some(function) = &mut after.function {
        function.iommu_group = Some(40);
    }
    for vf in &mut after.virtual_functions {
        vf.iommu_group = Some(41);
    }
    assert!(lines(&[before], &[after]).is_empty());
}

#[test]
fn findings_come_and_go() {
    let finding = Finding::of_node(FindingReason::SourceFailed, "the links were not to be had");
    let odd = Inventory {
        uplinks: Vec::new(),
        findings: vec![finding.clone()],
    };
    let well = Inventory::default();
    assert_eq!(
        changes(&well, &odd),
        [Change::FindingAppeared(finding.clone())]
    );
    assert_eq!(changes(&odd, &well), [Change::FindingGone(finding)]);
}
