//! The join on small machines, and on random ones.

use std::collections::BTreeMap;

use super::*;
use crate::observation::{
    Addresses, Carrier, DefaultRoute, DevlinkDevice, EswitchMode, Link, LinkParent, NamedVlan,
    Neighbor, OperState, PciFunction, PortFacts, RdmaDevice, Role, SlotLink, SriovCapability,
    WireText,
};
use crate::{
    DeviceId, FindingReason, IfIndex, LinkAddress, MacAddr, NumaNode, PciClass, Subject, Symbol,
};
use proptest::prelude::*;

fn at(address: &str) -> PciAddress {
    address.parse().unwrap()
}

fn function(address: &str, role: Role) -> PciFunction {
    PciFunction {
        address: at(address),
        class: PciClass::new(0x02_0000),
        id: DeviceId {
            vendor: 0x15b3,
            device: 0x101d,
        },
        subsystem: None,
        driver: Some(Symbol::from("mlx5_core")),
        numa_node: Some(NumaNode::new(1)),
        iommu_group: Some(7),
        pcie_root: Some(Symbol::from("pci0000:3a")),
        role,
        slot: None,
    }
}

fn pf(address: &str, configured: u16) -> PciFunction {
    let place = |index| at(address).virtual_function(2, 1, index);
    let sriov = SriovCapability {
        total: 8,
        configured,
        offset: 2,
        stride: 1,
        vf_device: Some(0x101e),
        drivers_autoprobe: Some(true),
        virtfn: (0..configured)
            .filter_map(|index| Some((index, place(index)?)))
            .collect(),
    };
    function(address, Role::Physical { sriov: Some(sriov) })
}

fn vf(address: &str, owner: &str) -> PciFunction {
    function(address, Role::Virtual { pf: at(owner) })
}

fn link(index: u32, name: &str, function: Option<&str>) -> Link {
    Link {
        index: IfIndex::new(index).unwrap(),
        name: name.parse().unwrap(),
        alt_names: vec![Symbol::from("enp59s0f0np0")],
        alias: None,
        hardware_type: 1,
        address: LinkAddress::from_bytes(&[2, 0, 0, 0, 0, u8::try_from(index).unwrap()]),
        permanent_address: None,
        mtu_bytes: 1500,
        admin_up: true,
        carrier: Carrier::Up,
        oper_state: OperState::Up,
        master: None,
        lower: None,
        kind: None,
        parent: function.map(|address| LinkParent {
            bus: Symbol::from("pci"),
            name: Symbol::from(address),
        }),
        function: function.map(at),
        switch_id: None,
        port_name: None,
        bond: None,
    }
}

fn observations(functions: Vec<PciFunction>, links: Vec<Link>) -> Observations {
    Observations {
        functions: functions
            .into_iter()
            .map(|function| (function.address, function))
            .collect(),
        links: links.into_iter().map(|link| (link.index, link)).collect(),
        addresses: Some(Addresses::default()),
        ..Observations::default()
    }
}

fn neighbor(name: &str) -> Neighbor {
    let text = |text: &str| WireText::from_wire(text.as_bytes());
    Neighbor {
        chassis_id: text("00:1c:73:00:00:01").unwrap(),
        port_id: text("Ethernet1/7").unwrap(),
        port_description: text("green bay 7"),
        system_name: text(name),
        system_description: None,
        vlan: 110.try_into().ok(),
        vlans: vec![NamedVlan {
            id: 110.try_into().unwrap(),
            name: text("green"),
        }],
        management_vlan: None,
        management_addresses: Vec::new(),
        capabilities: Vec::new(),
        max_frame_bytes: Some(9236),
        aggregation_port: None,
        source: MacAddr::new([2, 0, 0, 0, 1, 1]),
        stale: false,
    }
}

/// A card in switchdev mode with two VFs, one of them elsewhere, all facts known.
pub(crate) fn switchdev_card() -> Inventory {
    let pf_link = Link {
        port_name: Some(Symbol::from("p0")),
        master: IfIndex::new(9),
        ..link(2, "ens2f0np0", Some("0000:3b:00.0"))
    };
    let representor = |index, name: &str, port: &str| Link {
        port_name: Some(Symbol::from(port)),
        ..link(index, name, Some("0000:3b:00.0"))
    };
    let bond = Link {
        kind: Some(Symbol::from("bond")),
        ..link(9, "bond0", None)
    };
    let mut seen = observations(
        vec![
            pf("0000:3b:00.0", 2),
            vf("0000:3b:00.2", "0000:3b:00.0"),
            vf("0000:3b:00.3", "0000:3b:00.0"),
        ],
        vec![
            pf_link,
            representor(3, "ens2f0npf0vf0", "pf0vf0"),
            representor(4, "ens2f0npf0vf1", "pf0vf1"),
            link(5, "ens2f0v0", Some("0000:3b:00.2")),
            bond,
        ],
    );
    let index = IfIndex::new(2).unwrap();
    seen.ports.insert(
        index,
        PortFacts {
            speed_mbps: Some(100_000),
            ..PortFacts::default()
        },
    );
    seen.rdma.push(RdmaDevice {
        name: Symbol::from("mlx5_0"),
        function: Some(at("0000:3b:00.0")),
        link_layer: None,
    });
    let devlink = DevlinkDevice {
        function: at("0000:3b:00.0"),
        firmware: Some(Symbol::from("22.31.1014")),
        serial: None,
        eswitch: Some(EswitchMode::Switchdev),
    };
    seen.devlink.insert(devlink.function, devlink);
    let route = DefaultRoute {
        link: IfIndex::new(9).unwrap(),
        gateway: None,
        ipv6: false,
    };
    seen.addresses = Some(Addresses {
        addresses: Vec::new(),
        default_routes: vec![route],
    });
    seen.neighbors.insert(index, vec![neighbor("leaf-12")]);
    Inventory::of(&seen)
}

#[test]
fn disc_23_representors_are_no_uplinks() {
    let inventory = switchdev_card();
    let names: Vec<_> = inventory
        .uplinks
        .iter()
        .map(|uplink| uplink.name().unwrap().as_str())
        .collect();
    assert_eq!(names, ["ens2f0np0"]);
    let representors: Vec<_> = inventory.uplinks[0]
        .representors
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(representors, ["ens2f0npf0vf0", "ens2f0npf0vf1"]);
}

#[test]
fn a_default_route_over_a_bond_protects_its_members() {
    assert_eq!(
        switchdev_card().uplinks[0].protected,
        [Protection::DefaultRoute]
    );
    let mut seen = observations(
        vec![pf("0000:3b:00.0", 0)],
        vec![link(2, "ens2", Some("0000:3b:00.0"))],
    );
    assert_eq!(Inventory::of(&seen).uplinks[0].protected, []);
    seen.addresses = None;
    assert_eq!(
        Inventory::of(&seen).uplinks[0].protected,
        [Protection::RoutesUnknown]
    );
}

#[test]
fn disc_08_a_vf_without_a_netdev_here_stays_listed() {
    let inventory = switchdev_card();
    let usage: Vec<_> = inventory.uplinks[0]
        .virtual_functions
        .iter()
        .map(|vf| (vf.index, vf.usage))
        .collect();
    assert_eq!(usage, [(0, VfUse::Here), (1, VfUse::Elsewhere)]);
    assert_eq!(inventory.uplinks[0].used_virtual_functions(), 1);
}

#[test]
fn disc_10_vfs_that_are_not_made_yet_are_half_created() {
    let seen = observations(
        vec![pf("0000:3b:00.0", 2), vf("0000:3b:00.2", "0000:3b:00.0")],
        vec![],
    );
    let inventory = Inventory::of(&seen);
    let usage: Vec<_> = inventory.uplinks[0]
        .virtual_functions
        .iter()
        .map(|vf| (vf.address, vf.usage))
        .collect();
    assert_eq!(
        usage,
        [
            (at("0000:3b:00.2"), VfUse::Elsewhere),
            (at("0000:3b:00.3"), VfUse::HalfCreated)
        ]
    );
    assert!(
        inventory
            .findings
            .iter()
            .any(|found| found.reason == FindingReason::HalfCreated)
    );
}

#[test]
fn disc_13_vfs_that_only_netlink_knows_do_not_exist() {
    let mut plain = pf("0000:3b:00.0", 0);
    if let Role::Physical { sriov: Some(sriov) } = &mut plain.role {
        sriov.total = 8;
    }
    let inventory = Inventory::of(&observations(
        vec![plain],
        vec![link(2, "ens2", Some("0000:3b:00.0"))],
    ));
    assert_eq!(inventory.uplinks[0].virtual_functions, []);
}

#[test]
fn disc_14_a_pf_without_a_kernel_driver_is_a_finding() {
    for driver in [None, Some(Symbol::from("vfio-pci"))] {
        let function = PciFunction {
            driver,
            ..pf("0000:3b:00.0", 0)
        };
        let inventory = Inventory::of(&observations(vec![function], vec![]));
        assert_eq!(inventory.uplinks[0].state, LinkState::Unknown);
        assert_eq!(inventory.findings[0].reason, FindingReason::NoKernelDriver);
        assert_eq!(
            inventory.findings[0].subject,
            Subject::Function(at("0000:3b:00.0"))
        );
    }
}

#[test]
fn disc_11_an_rdma_card_that_is_no_network_class_is_an_uplink() {
    let odd = PciFunction {
        class: PciClass::new(0x00_ff00),
        ..function("0000:3b:00.0", Role::Physical { sriov: None })
    };
    let mut seen = observations(vec![odd], vec![]);
    assert_eq!(Inventory::of(&seen).uplinks, []);
    seen.rdma.push(RdmaDevice {
        name: Symbol::from("erdma_0"),
        function: Some(at("0000:3b:00.0")),
        link_layer: None,
    });
    assert_eq!(
        Inventory::of(&seen).uplinks[0].rdma,
        Some(Symbol::from("erdma_0"))
    );
}

#[test]
fn disc_03_a_vf_in_the_wrong_place_is_a_finding() {
    let mut owner = pf("0000:3b:00.0", 2);
    if let Role::Physical { sriov: Some(sriov) } = &mut owner.role {
        sriov.virtfn = BTreeMap::from([(0, at("0000:3b:00.2")), (1, at("0000:3b:00.5"))]);
    }
    let seen = observations(vec![owner, vf("0000:3b:00.2", "0000:3b:00.0")], vec![]);
    let found = Inventory::of(&seen).findings;
    assert!(
        found
            .iter()
            .any(|f| f.reason == FindingReason::VfIndexMismatch && f.message.contains("virtfn1"))
    );
}

#[test]
fn two_ports_behind_one_function_are_two_uplinks() {
    let seen = observations(
        vec![function("0000:3b:00.0", Role::Physical { sriov: None })],
        vec![
            link(2, "ens2", Some("0000:3b:00.0")),
            link(3, "ens2d1", Some("0000:3b:00.0")),
        ],
    );
    let ids: Vec<_> = Inventory::of(&seen)
        .uplinks
        .iter()
        .map(|uplink| uplink.id.to_string())
        .collect();
    assert_eq!(ids, ["0000:3b:00.0", "ens2d1"]);
}

#[test]
fn software_links_and_vf_links_are_no_uplinks() {
    let veth = Link {
        kind: Some(Symbol::from("veth")),
        ..link(2, "veth0", None)
    };
    let lo = Link {
        hardware_type: 772,
        ..link(1, "lo", None)
    };
    let hyperv = Link {
        parent: Some(LinkParent {
            bus: Symbol::from("vmbus"),
            name: Symbol::from("guid"),
        }),
        ..link(3, "eth0", None)
    };
    let ids: Vec<_> = Inventory::of(&observations(vec![], vec![veth, lo, hyperv]))
        .uplinks
        .iter()
        .map(|u| u.id.to_string())
        .collect();
    assert_eq!(ids, ["eth0"]);
}

#[test]
fn what_is_odd_is_said_once_and_with_a_remedy() {
    let narrow = SlotLink {
        card_lanes: 8,
        slot_lanes: 4,
        card_mega_transfers: None,
        slot_mega_transfers: None,
    };
    let function = PciFunction {
        slot: Some(narrow),
        ..pf("0000:3b:00.0", 0)
    };
    let jumbo = Link {
        mtu_bytes: 9000,
        ..link(2, "ens2", Some("0000:3b:00.0"))
    };
    let mut seen = observations(vec![function], vec![jumbo]);
    let small = Neighbor {
        max_frame_bytes: Some(1522),
        ..neighbor("leaf-1")
    };
    seen.neighbors.insert(
        IfIndex::new(2).unwrap(),
        vec![
            small.clone(),
            Neighbor {
                system_name: None,
                ..small
            },
        ],
    );
    let inventory = Inventory::of(&seen);
    let reasons: Vec<_> = inventory
        .findings
        .iter()
        .map(|found| found.reason)
        .collect();
    let twice = [
        FindingReason::AmbiguousNeighbor,
        FindingReason::MtuMismatch,
        FindingReason::NarrowSlot,
    ];
    assert_eq!(reasons, twice);
    assert_eq!(inventory.findings_of(&inventory.uplinks[0]).count(), 3);
    assert_eq!(
        inventory.uplink_at(at("0000:3b:00.0")).unwrap().id,
        UplinkId::Function(at("0000:3b:00.0"))
    );
}

proptest! {
    #[test]
    fn every_uplink_has_its_own_id_and_every_vf_one_place(
        addresses in proptest::collection::btree_set(0u16..64, 0..20),
        vfs in proptest::collection::btree_set((0u16..64, 0u16..64), 0..20),
        links in proptest::collection::vec((0u16..64, proptest::bool::ANY), 0..30),
    ) {
        let place = |rid: u16| PciAddress::from_routing_id(0, rid).to_string();
        let mut functions: Vec<_> = addresses.iter().map(|rid| pf(&place(*rid), rid % 4)).collect();
        functions.extend(vfs.iter().map(|(rid, owner)| vf(&place(*rid), &place(*owner))));
        let links = links.iter().enumerate().map(|(index, (rid, representor))| Link {
            port_name: representor.then(|| Symbol::from("pf0vf0")),
            ..link(u32::try_from(index).unwrap() + 1, &format!("eth{index}"), Some(&place(*rid)))
        });
        let inventory = Inventory::of(&observations(functions, links.collect()));
        prop_assert!(inventory.uplinks.is_sorted_by(|a, b| a.id < b.id));
        for uplink in &inventory.uplinks {
            prop_assert!(uplink.virtual_functions.is_sorted_by(|a, b| a.index < b.index));
        }
    }
}
