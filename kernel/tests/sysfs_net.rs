//! Links and RDMA devices of machines that have no netlink dump.

#![expect(clippy::unwrap_used, clippy::unnecessary_wraps, reason = "test")]

use std::collections::BTreeMap;

use colvin_kernel::sysfs::net::{NetFacts, function_of};
use colvin_kernel::sysfs::subfunction::{self, Subfunction};
use colvin_kernel::sysfs::{SysfsRoot, infiniband, net};
use colvin_model::observation::{
    BondMember, Carrier, Link, LinkParent, OperState, PortFacts, RdmaDevice,
};
use colvin_model::{IfIndex, LinkAddress, PciAddress, Symbol};
use colvin_testkit::machine::Machine;

fn symbol(text: &str) -> Option<Symbol> {
    Some(Symbol::from(text))
}

fn function(text: &str) -> Option<PciAddress> {
    Some(text.parse().unwrap())
}

fn ethernet(text: &str) -> Option<LinkAddress> {
    Some(LinkAddress::Ethernet(text.parse().unwrap()))
}

fn scan(name: &str) -> (NetFacts, BTreeMap<String, Link>) {
    let machine = Machine::unpack(name).unwrap();
    let root = SysfsRoot::new(machine.path()).unwrap();
    let mut findings = Vec::new();
    let facts = net::scan(&root, &mut findings).unwrap();
    assert_eq!(findings, [], "{name}");
    let links = facts.links.values();
    let named = links
        .map(|link| (link.name.to_string(), link.clone()))
        .collect();
    (facts, named)
}

#[test]
fn a_link_is_read_whole() {
    let (facts, links) = scan("switchdev");
    let expected = Link {
        index: IfIndex::new(2).unwrap(),
        name: "enp8s0f0np0".parse().unwrap(),
        alt_names: Vec::new(),
        alias: None,
        hardware_type: 1,
        address: ethernet("02:00:00:00:00:01"),
        permanent_address: ethernet("02:00:00:00:00:01"),
        mtu_bytes: 1500,
        admin_up: true,
        carrier: Carrier::Up,
        oper_state: OperState::Up,
        master: None,
        lower: None,
        kind: None,
        parent: Some(LinkParent {
            bus: Symbol::from("pci"),
            name: Symbol::from("0000:08:00.0"),
        }),
        function: function("0000:08:00.0"),
        switch_id: Some([2, 0, 0, 0, 0, 0xab].into()),
        port_name: symbol("p0"),
        bond: None,
    };
    assert_eq!(links["enp8s0f0np0"], expected);
    let port = PortFacts {
        speed_mbps: Some(100_000),
        driver: symbol("mlx5_core"),
        ..PortFacts::default()
    };
    assert_eq!(facts.ports[&expected.index], port);
    assert_eq!(links["enp8s0f0r3"].port_name, symbol("pf0vf3"));
}

#[test]
fn a_subfunction_and_its_netdev_lie_below_the_pf() {
    let machine = Machine::unpack("switchdev").unwrap();
    let root = SysfsRoot::new(machine.path()).unwrap();
    let found = subfunction::scan(&root, &mut Vec::new()).unwrap();
    let expected = Subfunction {
        driver: None,
        name: Symbol::from("mlx5_core.sf.4"),
        function: function("0000:08:00.0"),
        number: Some(88),
    };
    assert_eq!(found, [expected]);
    let (_, links) = scan("switchdev");
    let netdev = &links["enp8s0f0s88"];
    assert_eq!(netdev.function, function("0000:08:00.0"));
    assert_eq!(netdev.parent.as_ref().unwrap().bus, "auxiliary");
}

#[test]
fn devices_on_other_buses_lead_to_their_function() {
    let (facts, links) = scan("cloud-vm");
    let parent = |name: &str| {
        let link = &links[name];
        let parent = link.parent.as_ref().unwrap();
        (
            parent.bus.to_string(),
            parent.name.to_string(),
            link.function,
        )
    };
    let expected = ("virtio".into(), "virtio0".into(), function("0000:00:03.0"));
    assert_eq!(parent("eth0"), expected);
    let expected = ("usb".into(), "1-1:1.0".into(), function("0000:00:04.0"));
    assert_eq!(parent("usb0"), expected);
    assert_eq!(links["docker0"].kind, symbol("bridge"));
    assert_eq!(links["docker0"].parent, None);
    assert_eq!(links["lo"].function, None);
    // no wire, no speed; and an alias cannot command a terminal
    let eth0 = &links["eth0"];
    assert_eq!(facts.ports[&eth0.index].speed_mbps, None);
    assert_eq!(eth0.alias, symbol("to the \\x1b[31mworld"));
}

#[test]
fn a_device_on_another_bus_is_asked_for_by_name() {
    let machine = Machine::unpack("cloud-vm").unwrap();
    let root = SysfsRoot::new(machine.path()).unwrap();
    let of = |bus: &str, device: &str| function_of(&root, bus, device).unwrap();
    assert_eq!(of("virtio", "virtio0"), function("0000:00:03.0"));
    assert_eq!(of("usb", "1-1:1.0"), function("0000:00:04.0"));
    assert_eq!(of("pci", "0000:00:05.0"), function("0000:00:05.0"));
    assert_eq!(of("virtio", "virtio9"), None);
    assert_eq!(of("..", "pci/devices/0000:00:05.0"), None);
    assert_eq!(of("virtio", "../../pci/devices/0000:00:05.0"), None);
}

#[test]
fn bond_members_have_their_own_address_and_partner() {
    let (_, links) = scan("bond");
    let bond = links["bond0"].index;
    assert_eq!(links["bond0"].kind, symbol("bond"));
    let member = |name: &str| {
        let link = &links[name];
        assert_eq!(link.master, Some(bond));
        assert_eq!(link.address, ethernet("02:00:00:00:00:10"));
        (link.permanent_address.clone(), link.bond.clone().unwrap())
    };
    let first = BondMember {
        active: Some(true),
        aggregator: Some(1),
        partner: ethernet("02:00:00:00:01:00"),
        partner_key: Some(32_768),
    };
    assert_eq!(member("ens1f0"), (ethernet("02:00:00:00:00:10"), first));
    let second = BondMember {
        active: Some(false),
        aggregator: Some(2),
        ..BondMember::default()
    };
    assert_eq!(member("ens1f1"), (ethernet("02:00:00:00:00:11"), second));
    let vlan = &links["bond0.110"];
    assert_eq!(
        (vlan.kind.clone(), vlan.lower),
        (symbol("vlan"), Some(bond))
    );
    // bonding_masters is a file, no link
    assert_eq!(links.len(), 5);
}

#[test]
fn a_link_that_is_down_has_an_unknown_carrier() {
    let (_, links) = scan("igb");
    let vf = &links["enp1s0f0v3"];
    let state = (vf.admin_up, vf.carrier, vf.oper_state);
    assert_eq!(state, (false, Carrier::Unknown, OperState::Down));
}

#[test]
fn disc_11_rdma_devices_are_found_by_what_they_are() {
    let machine = Machine::unpack("infiniband").unwrap();
    let root = SysfsRoot::new(machine.path()).unwrap();
    let mut findings = Vec::new();
    let found = infiniband::scan(&root, &mut findings).unwrap();
    let device = |name: &str, function, layer: &str| RdmaDevice {
        subfunction: None,
        name: Symbol::from(name),
        function,
        link_layer: symbol(layer),
    };
    let expected = [
        device("erdma_0", function("0000:00:08.0"), "Ethernet"),
        device("mlx5_0", function("0000:41:00.0"), "InfiniBand"),
        device("rxe0", None, "Ethernet"),
    ];
    assert_eq!(found, expected);
    assert_eq!(findings, []);
    let (_, links) = scan("infiniband");
    let ipoib = &links["ibp65s0"];
    assert_eq!(ipoib.hardware_type, 32);
    assert_eq!(ipoib.address.as_ref().unwrap().mac(), None);
}

#[test]
fn a_machine_without_any_of_it_has_none() {
    let machine = Machine::empty().unwrap();
    let root = SysfsRoot::new(machine.path()).unwrap();
    let mut findings = Vec::new();
    let facts = net::scan(&root, &mut findings).unwrap();
    assert_eq!(facts, NetFacts::default());
    assert_eq!(infiniband::scan(&root, &mut findings).unwrap(), []);
    assert_eq!(subfunction::scan(&root, &mut findings).unwrap(), []);
    assert_eq!(findings, []);
}

#[test]
fn this_machine_is_read_without_a_finding() {
    let root = SysfsRoot::live().unwrap();
    let mut findings = Vec::new();
    let facts = net::scan(&root, &mut findings).unwrap();
    colvin_kernel::sysfs::pci::scan(&root, &mut findings).unwrap();
    assert_eq!(findings, []);
    let links = facts.links.values();
    assert!(
        links
            .map(|link| link.name.as_str())
            .any(|name| name == "lo")
    );
}
