//! Links moved between namespaces, renamed and raised in the same message.

use std::os::fd::AsFd as _;

use colvin_kernel::netlink::change::{By, LinkChange, Switch};
use colvin_model::{IfIndex, LinkAddress};

use crate::{Place, chain, named};

#[test]
#[ignore = "netns"]
fn one_message_moves_names_and_raises_and_one_brings_back() {
    let (mut host, mut pod) = (Place::with_cable(), Place::new());
    let before = host.find("v0").unwrap();
    let index = before.link.index;
    host.socket.add_alt_names(index, &["enp1s0v0"]).unwrap();
    // names of the host are no names of the pod
    host.guard.ip("link add net1 type bridge").unwrap();
    let name = named("net1");
    let mac = LinkAddress::from_bytes(&[2, 0, 0, 0, 0, 0x55]).unwrap();
    let change = LinkChange {
        netns: Some(pod.namespace.as_fd()),
        new_index: Some(IfIndex::new(77).unwrap()),
        name: Some(&name),
        address: Some(&mac),
        mtu_bytes: Some(1280),
        alias: Some("v0"),
        up: Switch::On,
        ..LinkChange::default()
    };
    host.socket.take_sent();
    host.socket.set(index, &change).unwrap();
    let sent = host.socket.take_sent();
    let what = format!(
        "set link {index}: another namespace, index 77, address {mac}, MTU 1280, name net1, alias v0, up"
    );
    assert_eq!((sent.len(), &sent[0].what), (1, &what));
    assert_eq!(host.find("v0"), None);

    let inside = pod.find("net1").unwrap();
    assert_eq!(inside.link.index.get(), 77);
    assert_eq!(inside.link.address, Some(mac));
    assert_eq!(inside.link.permanent_address, before.link.permanent_address);
    assert_eq!((inside.link.mtu_bytes, inside.link.admin_up), (1280, true));
    assert_eq!(inside.link.alt_names, ["enp1s0v0"], "they go along");
    let found = pod.socket.link(By::AnyName("enp1s0v0")).unwrap();
    assert_eq!(found.unwrap().link.index.get(), 77);

    let name = named("v0");
    let back = LinkChange {
        netns: Some(host.namespace.as_fd()),
        new_index: Some(index),
        name: Some(&name),
        address: before.link.address.as_ref(),
        mtu_bytes: Some(before.link.mtu_bytes),
        alias: Some(""),
        up: Switch::On,
        ..LinkChange::default()
    };
    pod.socket.set(inside.link.index, &back).unwrap();
    let mut after = host.find("v0").unwrap();
    assert_eq!(after.link.alt_names, ["enp1s0v0"]);
    after.link.alt_names.clear();
    after.link.carrier = before.link.carrier;
    after.link.oper_state = before.link.oper_state;
    assert_eq!(after, before);
}

#[test]
#[ignore = "netns"]
fn a_link_keeps_its_index_where_that_is_free() {
    let (mut host, mut pod) = (Place::new(), Place::new());
    let add = |index| format!("link add v0 index {index} type veth peer name v1");
    host.guard.ip(&add(500)).unwrap();
    let name = named("net1");
    let change = LinkChange {
        netns: Some(pod.namespace.as_fd()),
        name: Some(&name),
        ..LinkChange::default()
    };
    host.socket
        .set(IfIndex::new(500).unwrap(), &change)
        .unwrap();
    assert_eq!(pod.index("net1").get(), 500);
    assert!(!pod.find("net1").unwrap().link.admin_up, "it arrives down");
}

#[test]
#[ignore = "netns"]
fn a_link_whose_name_is_taken_there_stays_where_it_is() {
    let (mut host, mut pod) = (Place::with_cable(), Place::with_cable());
    let before = host.find("v0").unwrap();
    let index = before.link.index;
    let taken = named("v1");
    for name in [Some(&taken), None] {
        let change = LinkChange {
            netns: Some(pod.namespace.as_fd()),
            name,
            up: Switch::On,
            ..LinkChange::default()
        };
        let error = host.socket.set(index, &change).unwrap_err();
        assert!(error.is_taken(), "{error:?}");
        let named = if name.is_some() { ", name v1" } else { "" };
        let text = chain(&error);
        let head = format!("cannot set link {index}: another namespace{named}, up");
        assert!(
            text.starts_with(&head) && text.ends_with("File exists (os error 17)"),
            "{text}"
        );
    }
    assert_eq!(pod.socket.links().unwrap().len(), 3);
    host.socket.add_alt_names(index, &["x"]).unwrap();
    let other = pod.index("v0");
    pod.socket.add_alt_names(other, &["x"]).unwrap();
    let free = named("free");
    let change = LinkChange {
        netns: Some(pod.namespace.as_fd()),
        name: Some(&free),
        ..LinkChange::default()
    };
    let error = host.socket.set(index, &change).unwrap_err();
    assert!(error.is_taken(), "an alternative name is a name: {error:?}");
    assert_eq!(host.find("v0").unwrap().link.index, index);
}

#[test]
#[ignore = "netns"]
fn an_index_that_is_taken_there_is_refused() {
    let (mut host, mut pod) = (Place::with_cable(), Place::new());
    let (index, lo) = (host.index("v0"), pod.index("lo"));
    let change = LinkChange {
        netns: Some(pod.namespace.as_fd()),
        new_index: Some(lo),
        ..LinkChange::default()
    };
    let error = host.socket.set(index, &change).unwrap_err();
    assert_eq!(error.errno(), Some(16), "{error:?}");
    assert_eq!(host.index("v0"), index);
    assert_eq!(pod.socket.links().unwrap().len(), 1);
}
