//! What a device has for programs is read when it is given.

use super::*;

/// A pod that starts without the nodes that its program needs fails in silence.
#[test]
fn a_device_whose_nodes_are_not_known_is_not_given() {
    let mut some = devices(1);
    let told = |some: &Devices| {
        let grant = Grant {
            nodes: &Nodes(None),
            ..grant(some, None)
        };
        let results = vec![result("main", 1)];
        let config = vec![];
        let refused = grant.of(&ClaimAllocation { results, config }).unwrap_err();
        (refused.reason(), refused.to_string())
    };
    let sentence = "cannot read which device nodes 0000:3b:00.1 has";
    assert_eq!(told(&some), ("DeviceNodesUnreadable", sentence.to_owned()));
    some.0.get_mut(&name(1)).unwrap().is.ill = Some(Ill::NoDriver);
    assert_eq!(told(&some).0, "DeviceIll", "that is the reason");
}

/// DRA-17, RB-3.
#[test]
fn to_look_at_a_device_takes_nothing_of_it() {
    let mut some = devices(1);
    let device = some.0.get_mut(&name(1)).unwrap();
    device.is.ill = Some(Ill::NotUndone);
    let mut look = result("look", 1);
    look.admin_access = true;
    for nodes in [by_vfio(), Nodes(None)] {
        let given = Grant {
            nodes: &nodes,
            ..grant(&some, None)
        };
        let allocation = ClaimAllocation {
            results: vec![look.clone(), look.clone()],
            config: vec![],
        };
        let given = given.of(&allocation).unwrap();
        assert!(given.iter().all(|it| it.admin && it.nodes.is_empty()));
    }
}
