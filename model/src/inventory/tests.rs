//! The join on small machines, and on random ones.

use std::collections::{BTreeMap, BTreeSet};

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
mod oddities;
mod protection;

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
fn disc_11_an_rdma_card_that_is_no_network_class_is_an_uplink() {
    let odd = PciFunction {
        class: PciClass::new(0x00_ff00),
        ..function("0000:3b:00.0", Role::Physical { sriov: None })
    };
    let mut seen = observations(vec![odd], vec![]);
    assert_eq!(Inventory::of(&seen).uplinks, []);
    seen.rdma.push(RdmaDevice {
        subfunction: None,
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
