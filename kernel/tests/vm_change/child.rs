//! ipvlan and vlan children.

use std::os::fd::AsFd as _;

use colvin_kernel::netlink::change::{
    IpvlanFlag, IpvlanMode, LinkKind, NewLink, RouteSocket, VlanProtocol,
};
use colvin_model::IfIndex;

use crate::guest::in_the_guest;
use crate::{found, named, pod};

/// Makes a child of `lower` in the pod, reads it back, and deletes it.
fn made(kind: LinkKind, lower: IfIndex, host: &mut RouteSocket) -> String {
    let (guard, namespace, mut socket) = pod();
    let name = named("net1");
    let new = NewLink {
        kind,
        lower,
        name: &name,
        netns: Some(namespace.as_fd()),
        index: None,
        mac: None,
        mtu_bytes: Some(1400),
        alias: None,
        up: true,
    };
    host.take_sent();
    host.create(&new).unwrap();
    assert_eq!(host.take_sent().len(), 1);
    let child = found(&mut socket, "net1");
    assert_eq!(child.child, Some(kind));
    assert_eq!(child.lower.map(|lower| lower.index), Some(lower));
    assert_eq!((child.link.mtu_bytes, child.link.admin_up), (1400, true));
    let shown = guard.ip("-details link show dev net1").unwrap();
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(socket.delete(child.link.index).unwrap());
    shown
}

#[test]
#[ignore = "vm"]
fn ipvlan_and_vlan_children_are_made_whole_by_one_message() {
    in_the_guest(
        "child::ipvlan_and_vlan_children_are_made_whole_by_one_message",
        || {
            let mut host = RouteSocket::open().unwrap();
            let pf = found(&mut host, "pf0").link.index;
            for mode in IpvlanMode::all() {
                for flag in IpvlanFlag::all() {
                    let shown = made(LinkKind::Ipvlan { mode, flag }, pf, &mut host);
                    let words = format!("ipvlan mode {mode} {flag}");
                    assert!(shown.contains(&words), "{shown}");
                }
            }
            for protocol in VlanProtocol::all() {
                let kind = LinkKind::Vlan {
                    id: 110.try_into().unwrap(),
                    protocol,
                };
                let shown = made(kind, pf, &mut host);
                let words = format!("vlan protocol {protocol} id 110");
                assert!(shown.to_lowercase().contains(&words), "{shown}");
            }
        },
    );
}

#[test]
#[ignore = "vm"]
fn a_tag_in_a_service_tag_is_made_of_two_links() {
    in_the_guest("child::a_tag_in_a_service_tag_is_made_of_two_links", || {
        let mut host = RouteSocket::open().unwrap();
        let pf = found(&mut host, "pf0").link.index;
        let outer = named("pf0.s200");
        let service = NewLink {
            kind: LinkKind::Vlan {
                id: 200.try_into().unwrap(),
                protocol: VlanProtocol::Dot1ad,
            },
            lower: pf,
            name: &outer,
            netns: None,
            index: None,
            mac: None,
            mtu_bytes: None,
            alias: None,
            up: true,
        };
        host.create(&service).unwrap();
        assert!(host.create(&service).unwrap_err().is_taken());
        let lower = found(&mut host, "pf0.s200").link.index;
        let kind = LinkKind::Vlan {
            id: 30.try_into().unwrap(),
            protocol: VlanProtocol::Dot1q,
        };
        assert!(made(kind, lower, &mut host).contains("802.1Q id 30"));
        assert!(host.delete(lower).unwrap());
    });
}
