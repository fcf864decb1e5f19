//! Which VFs and subfunctions carry the node's own traffic.

use super::*;

#[test]
fn sdp_30_the_nodes_own_traffic_protects_a_vf_and_a_subfunction() {
    let machine = Machine::unpack("selectable").unwrap();
    let own = vec![Protection::DefaultRoute];
    // the default route leaves by a bond of a VF and a subfunction, and not by eno1
    let members = members();
    master(&machine, "bond", &members);
    leave_by_it(&machine);
    let facts = facts(&machine);
    let bond = "over0".parse().ok();
    let vf = facts.of_function(at("0000:18:00.2")).unwrap();
    assert_eq!((&vf.protected, &vf.port_of), (&own, &bond));
    let slice = &facts.auxiliaries[0];
    assert_eq!((&slice.protected, &slice.port_of), (&own, &bond));
    let other = facts.of_function(at("0000:18:00.3")).unwrap();
    assert_eq!((&other.protected, &other.port_of), (&Vec::new(), &None));
}

#[test]
fn sdp_30_ports_of_whatever_holds_links_are_told() {
    for kind in ["bond", "team", "bridge", "openvswitch"] {
        let machine = Machine::unpack("selectable").unwrap();
        master(&machine, kind, &members());
        let facts = facts(&machine);
        let over = "over0".parse().ok();
        let vf = facts.of_function(at("0000:18:00.2")).unwrap();
        assert_eq!(vf.port_of, over, "{kind}");
        assert_eq!(facts.auxiliaries[0].port_of, over, "{kind}");
    }
}

/// The netdevs of a VF and of a subfunction.
fn members() -> [String; 2] {
    [
        card(2, "net/ens1f0v0"),
        card(0, "mlx5_core.sf.2/net/ens1f0s88"),
    ]
}

/// A link of this kind over these netdevs.
fn master(machine: &Machine, kind: &str, members: &[String]) {
    let folder = "sys/devices/virtual/net/over0";
    for (file, text) in [
        ("ifindex", "99"),
        ("iflink", "99"),
        ("mtu", "1500"),
        ("type", "1"),
        ("flags", "0x1003"),
        ("operstate", "up"),
        (
            "uevent",
            &format!("DEVTYPE={kind}\nINTERFACE=over0\nIFINDEX=99"),
        ),
    ] {
        machine
            .write(&format!("{folder}/{file}"), format!("{text}\n"))
            .unwrap();
    }
    if kind == "bond" {
        let mode = format!("{folder}/bonding/mode");
        machine.write(&mode, "802.3ad 4\n").unwrap();
    }
    machine
        .link("sys/class/net/over0", "../../devices/virtual/net/over0")
        .unwrap();
    for member in members {
        machine
            .link(&format!("{member}/master"), "../../over0")
            .unwrap();
    }
}

/// The default route leaves by that link.
fn leave_by_it(machine: &Machine) {
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
