//! Which VFs and subfunctions carry the node's own traffic.

use super::*;

#[test]
fn sdp_30_the_nodes_own_traffic_protects_a_vf_and_a_subfunction() {
    let machine = Machine::unpack("selectable").unwrap();
    let own = vec![Protection::DefaultRoute];
    // the default route leaves by a bond of a VF and a subfunction, and not by eno1
    bond(
        &machine,
        &[
            card(2, "net/ens1f0v0"),
            card(0, "mlx5_core.sf.2/net/ens1f0s88"),
        ],
    );
    let facts = facts(&machine);
    let bond = "bond0".parse().ok();
    let vf = facts.of_function(at("0000:18:00.2")).unwrap();
    assert_eq!((&vf.protected, &vf.port_of), (&own, &bond));
    let slice = &facts.auxiliaries[0];
    assert_eq!((&slice.protected, &slice.port_of), (&own, &bond));
    let other = facts.of_function(at("0000:18:00.3")).unwrap();
    assert_eq!((&other.protected, &other.port_of), (&Vec::new(), &None));
}

/// A bond of these netdevs, by which the default route leaves.
fn bond(machine: &Machine, members: &[String]) {
    let folder = "sys/devices/virtual/net/bond0";
    for (file, text) in [
        ("ifindex", "99"),
        ("iflink", "99"),
        ("mtu", "1500"),
        ("type", "1"),
        ("flags", "0x1003"),
        ("operstate", "up"),
        ("uevent", "DEVTYPE=bond\nINTERFACE=bond0\nIFINDEX=99"),
        ("bonding/mode", "802.3ad 4"),
    ] {
        machine
            .write(&format!("{folder}/{file}"), format!("{text}\n"))
            .unwrap();
    }
    machine
        .link("sys/class/net/bond0", "../../devices/virtual/net/bond0")
        .unwrap();
    for member in members {
        machine
            .link(&format!("{member}/master"), "../../bond0")
            .unwrap();
    }
    let routes = machine.path().join("netlink/routes");
    let mut bytes = std::fs::read(&routes).unwrap();
    let link = bytes.len() - 4;
    bytes
        .get_mut(link..)
        .unwrap()
        .copy_from_slice(&99_u32.to_ne_bytes());
    std::fs::write(routes, bytes).unwrap();
}

#[test]
fn sdp_30_while_routes_are_unknown_every_netdev_may_be_the_nodes_own() {
    let machine = Machine::unpack("selectable").unwrap();
    machine.remove("netlink").unwrap();
    let facts = facts(&machine);
    let unknown = [Protection::RoutesUnknown];
    assert_eq!(
        facts.of_function(at("0000:18:00.2")).unwrap().protected,
        unknown
    );
    assert_eq!(facts.auxiliaries[0].protected, unknown);
    // what has no netdev here carries nothing of ours
    assert_eq!(facts.of_function(at("0000:18:00.6")).unwrap().protected, []);
}
