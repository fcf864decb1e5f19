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

mod machine;

pub(crate) use machine::switchdev_card;
use machine::{at, function, link, neighbor, observations, pf, vf};

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
fn disc_03_the_first_vf_without_an_index_is_named_by_its_own_pf_only() {
    let (near, far) = (pf("0000:3b:00.0", 1), pf("0000:3c:00.0", 0));
    let vfs =
        ["0000:3b:00.2", "0000:3a:00.3", "0000:3a:00.2"].map(|vf_at| vf(vf_at, "0000:3b:00.0"));
    let functions = [near, far].into_iter().chain(vfs).collect();
    let inventory = Inventory::of(&observations(functions, vec![]));
    let mut found = inventory.findings.iter();
    let stray = found.rfind(|found| found.reason == FindingReason::VfIndexMismatch);
    let stray = stray.unwrap();
    assert!(stray.message.starts_with("0000:3a:00.2 names this PF"));
    assert_eq!(stray.subject, Subject::Function(at("0000:3b:00.0")));
    assert!(found.all(|found| found.reason != FindingReason::VfIndexMismatch));
    assert_eq!(inventory.uplinks[0].virtual_functions.len(), 1);
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
fn lldp_15_a_neighbour_of_an_earlier_run_contends_with_nobody() {
    let mut seen = observations(
        vec![pf("0000:3b:00.0", 0)],
        vec![link(2, "ens2", Some("0000:3b:00.0"))],
    );
    let remembered = Neighbor {
        stale: true,
        ..neighbor("leaf-1")
    };
    let index = IfIndex::new(2).unwrap();
    seen.neighbors
        .insert(index, vec![remembered, neighbor("leaf-2")]);
    assert_eq!(Inventory::of(&seen).findings, []);
    seen.neighbors
        .insert(index, vec![neighbor("leaf-1"), neighbor("leaf-2")]);
    let found = Inventory::of(&seen).findings;
    assert_eq!(found[0].reason, FindingReason::AmbiguousNeighbor);
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
        let seen = observations(functions, links.collect());
        prop_assert_eq!(port::with_functions(&seen).count(), seen.links.len());
        for (link, function) in port::with_functions(&seen) {
            prop_assert_eq!(function, link.function.and_then(|at| seen.functions.get(&at)));
        }
        let inventory = Inventory::of(&seen);
        prop_assert!(inventory.uplinks.is_sorted_by(|a, b| a.id < b.id));
        for uplink in &inventory.uplinks {
            prop_assert!(uplink.virtual_functions.is_sorted_by(|a, b| a.index < b.index));
        }
    }
}
