//! Links made by one message, and refused.

use std::os::fd::AsFd as _;

use colvin_kernel::netlink::change::{LinkKind, MacvlanMode, NewLink};
use colvin_model::{IfIndex, IfName, LinkAddress, MacAddr};

use crate::{Place, chain, named};

const MAC: MacAddr = MacAddr::new([2, 0, 0, 0, 0, 9]);

fn macvlan(lower: IfIndex, name: &IfName) -> NewLink<'_> {
    NewLink {
        kind: LinkKind::Macvlan {
            mode: MacvlanMode::Bridge,
            bc_queue_len: None,
        },
        lower,
        name,
        netns: None,
        index: None,
        mac: None,
        mtu_bytes: None,
        alias: None,
        up: false,
    }
}

#[test]
#[ignore = "netns"]
fn a_macvlan_is_made_whole_in_another_namespace_by_one_message() {
    let (mut host, mut pod) = (Place::with_cable(), Place::new());
    let parent = host.find("v0").unwrap().link.address;
    let lower = host.index("v0");
    let name = named("fifteen-letters");
    let index = IfIndex::new(4711).unwrap();
    for (mode, word) in MacvlanMode::all().zip(["private", "vepa", "bridge", "passthru"]) {
        let kind = LinkKind::Macvlan {
            mode,
            bc_queue_len: Some(2000),
        };
        let new = NewLink {
            kind,
            netns: Some(pod.namespace.as_fd()),
            index: Some(index),
            mac: Some(MAC),
            mtu_bytes: Some(1400),
            up: true,
            ..macvlan(lower, &name)
        };
        host.socket.take_sent();
        host.socket.create(&new).unwrap();
        let sent = host.socket.take_sent();
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert_eq!(
            sent[0].what,
            format!("make the macvlan fifteen-letters on link {lower}")
        );
        assert_eq!(sent[0].errno, None);

        let made = pod.find("fifteen-letters").unwrap();
        assert_eq!(made.child, Some(kind));
        assert_eq!((made.link.index, made.link.mtu_bytes), (index, 1400));
        let own = Some(LinkAddress::Ethernet(MAC));
        let is_passthru = mode == MacvlanMode::Passthru;
        assert_eq!(
            made.link.address,
            if is_passthru { parent.clone() } else { own }
        );
        assert!(made.link.admin_up);
        assert_eq!(made.lower.map(|at| at.index), Some(lower));
        assert!(made.lower.unwrap().netnsid.is_some(), "it stands elsewhere");
        let shown = pod.guard.link("fifteen-letters").unwrap();
        assert_eq!(shown["linkinfo"]["info_data"]["mode"], word);
        assert_eq!(shown["linkinfo"]["info_data"]["bcqueuelen"], 2000);
        assert!(pod.socket.delete(index).unwrap());
    }
}

#[test]
#[ignore = "netns"]
fn a_link_that_cannot_be_made_leaves_nothing_and_says_why() {
    let (mut host, mut pod) = (Place::with_cable(), Place::with_cable());
    let lower = host.index("v0");
    let taken = named("v1");
    let new = NewLink {
        netns: Some(pod.namespace.as_fd()),
        ..macvlan(lower, &taken)
    };
    let error = host.socket.create(&new).unwrap_err();
    assert!(error.is_taken(), "{error:?}");
    assert_eq!(
        chain(&error),
        format!("cannot make the macvlan v1 on link {lower}: File exists (os error 17)")
    );
    assert_eq!(host.socket.sent().last().unwrap().errno, Some(17));
    assert_eq!(pod.socket.links().unwrap().len(), 3, "lo, v0, v1");

    let name = named("m0");
    let nowhere = IfIndex::new(9999).unwrap();
    let error = host.socket.create(&macvlan(nowhere, &name)).unwrap_err();
    assert!(error.is_no_link(), "{error:?}");

    let v1 = pod.index("v1");
    pod.guard.ip("link add x index 300 type bridge").unwrap();
    let busy = NewLink {
        index: IfIndex::new(300),
        netns: Some(pod.namespace.as_fd()),
        ..macvlan(lower, &name)
    };
    let error = host.socket.create(&busy).unwrap_err();
    assert!(matches!(error.errno(), Some(16 | 17)), "{error:?}");
    assert!(pod.socket.delete(v1).unwrap());

    let passthru = NewLink {
        kind: LinkKind::Macvlan {
            mode: MacvlanMode::Passthru,
            bc_queue_len: None,
        },
        ..macvlan(lower, &taken)
    };
    let passthru = NewLink {
        netns: Some(pod.namespace.as_fd()),
        ..passthru
    };
    host.socket.create(&passthru).unwrap();
    let error = host.socket.create(&macvlan(lower, &name)).unwrap_err();
    assert_eq!(error.errno(), Some(22), "its parent is taken: {error:?}");
    let child = pod.index("v1");
    assert!(pod.socket.delete(child).unwrap());

    let tall = NewLink {
        mtu_bytes: Some(1501),
        ..macvlan(lower, &name)
    };
    // the kernel cuts what is above its parent's, or refuses: either way, no taller link
    if host.socket.create(&tall).is_ok() {
        assert_eq!(host.find("m0").unwrap().link.mtu_bytes, 1500);
    } else {
        assert_eq!(host.find("m0"), None);
    }
}
