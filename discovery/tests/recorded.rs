//! A real machine, as `colvin snapshot` recorded it.
#![expect(clippy::unwrap_used, reason = "test")]

use std::time::Duration;

use colvin_discovery::Discovery;
use colvin_model::inventory::{LinkState, Protection, VfUse};
use colvin_model::{Inventory, Symbol};
use colvin_testkit::machine::Machine;

const MACHINE: &str = "intel-82576-linux-6.12";

fn look(machine: &Machine) -> Inventory {
    let mut discovery = Discovery::at_root(machine.path()).unwrap();
    discovery.look_all(Duration::from_secs(1_000_000));
    discovery.inventory().clone()
}

#[test]
fn a_guests_snapshot_holds_what_was_there() {
    let inventory = look(&Machine::unpack(MACHINE).unwrap());
    let [pf0, pf1] = inventory.uplinks.as_slice() else {
        unreachable!("{inventory:?}")
    };
    assert_eq!(
        (pf0.state, pf0.port.speed_mbps),
        (LinkState::Up, Some(1000))
    );
    assert_eq!(
        pf0.link.as_ref().unwrap().alt_names,
        [Symbol::from("enp1s0f0")]
    );
    assert_eq!(
        (pf0.protected.as_slice(), pf1.protected.as_slice()),
        (&[Protection::DefaultRoute][..], &[][..])
    );
    let vfs: Vec<_> = pf0
        .virtual_functions
        .iter()
        .map(|vf| (vf.address.to_string(), vf.usage))
        .collect();
    let here = |address: &str| (address.to_owned(), VfUse::Here);
    let expected = [
        ("0000:01:10.0".to_owned(), VfUse::Userspace),
        ("0000:01:10.2".to_owned(), VfUse::Elsewhere),
        here("0000:01:10.4"),
        here("0000:01:10.6"),
        here("0000:01:11.0"),
        here("0000:01:11.2"),
        here("0000:01:11.4"),
    ];
    assert_eq!(vfs, expected);
    let heard: Vec<_> = [pf0, pf1]
        .iter()
        .flat_map(|uplink| &uplink.neighbors)
        .map(|n| format!("{} {}", n.system_name.as_ref().unwrap(), n.port_id))
        .collect();
    assert_eq!(heard, ["leaf1 Ethernet1/7", "leaf2 Ethernet1/3"]);
    assert_eq!(inventory.findings, []);
}

#[test]
fn disc_04_link_facts_come_from_the_dump_and_never_from_class_net() {
    let machine = Machine::unpack(MACHINE).unwrap();
    let before = look(&machine);
    for (file, lie) in [
        ("mtu", "68\n"),
        ("operstate", "down\n"),
        ("carrier", "0\n"),
        ("address", "02:ff:ff:ff:ff:ff\n"),
        ("speed", "10\n"),
    ] {
        machine
            .write(
                &format!("sys/devices/pci0000:00/0000:00:05.0/0000:01:00.0/net/pf0/{file}"),
                lie,
            )
            .unwrap();
    }
    assert_eq!(look(&machine), before);
    machine.remove("netlink/links").unwrap();
    assert_ne!(
        look(&machine),
        before,
        "without a dump, the files are what there is"
    );
}
