//! Links found, set and deleted.

use colvin_kernel::netlink::change::{AddressGeneration, By, LinkChange, Switch, VfChange};
use colvin_model::IfIndex;
use colvin_model::observation::Link;

use crate::{Place, chain, named};

#[test]
#[ignore = "netns"]
fn a_link_is_found_by_index_by_name_and_by_an_alternative_name() {
    let mut host = Place::with_cable();
    let long = "an-alternative-name-that-is-longer-than-fifteen-bytes";
    let index = host.index("v0");
    host.socket.add_alt_names(index, &["left", long]).unwrap();
    let whole = host.socket.link(By::Index(index)).unwrap().unwrap();
    assert_eq!(whole.link.alt_names, ["left", long]);
    let found = |host: &mut Place, by: By<'_>| {
        let found = host.socket.link(by).unwrap();
        found.map(|found| found.link.index)
    };
    assert_eq!(found(&mut host, By::Name(&named("v0"))), Some(index));
    assert_eq!(found(&mut host, By::AnyName("v0")), Some(index));
    assert_eq!(found(&mut host, By::AnyName(long)), Some(index));
    assert_eq!(
        found(&mut host, By::Name(&named("left"))),
        None,
        "not its own"
    );
    assert_eq!(found(&mut host, By::AnyName("nobody")), None);
    assert_eq!(
        found(&mut host, By::Index(IfIndex::new(9999).unwrap())),
        None
    );

    let all = host.socket.links().unwrap();
    let one = all.into_iter().find(|facts| facts.link.index == index);
    let shown = |facts: &Option<_>| format!("{facts:?}");
    assert_eq!(shown(&one), shown(&Some(whole)), "dump and question agree");
}

#[test]
#[ignore = "netns"]
fn alternative_names_are_given_and_taken_whole() {
    let mut host = Place::with_cable();
    let (v0, v1) = (host.index("v0"), host.index("v1"));
    host.socket.take_sent();
    host.socket.add_alt_names::<&str>(v0, &[]).unwrap();
    assert_eq!(host.socket.sent(), [], "nothing is sent for none");
    host.socket.add_alt_names(v0, &["a", "b", "c"]).unwrap();
    assert_eq!(host.socket.sent().len(), 1);
    let error = host.socket.add_alt_names(v1, &["b"]).unwrap_err();
    assert!(error.is_taken(), "{error:?}");
    host.socket.remove_alt_names(v0, &["a", "c"]).unwrap();
    let error = host.socket.remove_alt_names(v0, &["a"]).unwrap_err();
    assert_eq!(error.errno(), Some(2), "{error:?}");
    assert_eq!(host.find("v0").unwrap().link.alt_names, ["b"]);
}

#[test]
#[ignore = "netns"]
fn a_link_is_deleted_once_and_one_of_the_kernels_own_stays() {
    let mut host = Place::with_cable();
    let (lo, v0) = (host.index("lo"), host.index("v0"));
    assert!(host.socket.delete(v0).unwrap());
    assert!(!host.socket.delete(v0).unwrap());
    let error = host.socket.delete(lo).unwrap_err();
    assert!(error.is_unsupported(), "{error:?}");
}

#[test]
#[ignore = "netns"]
fn what_one_message_changes_is_changed_and_the_rest_stays() {
    let mut host = Place::with_cable();
    let before = host.find("v0").unwrap();
    assert!(!before.promiscuous && !before.all_multicast && before.link.admin_up);
    let change = LinkChange {
        mtu_bytes: Some(1300),
        alias: Some("colvin: of pod a/b"),
        promiscuous: Switch::On,
        all_multicast: Switch::On,
        up: Switch::Off,
        ..LinkChange::default()
    };
    host.socket.take_sent();
    host.socket.set(before.link.index, &change).unwrap();
    let what = format!(
        "set link {}: MTU 1300, alias colvin: of pod a/b, down, promiscuous, all multicast",
        before.link.index
    );
    assert_eq!(host.socket.take_sent()[0].what, what);
    let after = host.find("v0").unwrap();
    assert!(after.promiscuous && after.all_multicast);
    assert_eq!(after.link.alias.as_ref().unwrap(), "colvin: of pod a/b");
    let expected = Link {
        alias: after.link.alias.clone(),
        mtu_bytes: 1300,
        admin_up: false,
        carrier: after.link.carrier,
        oper_state: after.link.oper_state,
        ..before.link.clone()
    };
    assert_eq!(after.link, expected);
    let back = LinkChange {
        mtu_bytes: Some(1500),
        alias: Some(""),
        promiscuous: Switch::Off,
        all_multicast: Switch::Off,
        up: Switch::On,
        ..LinkChange::default()
    };
    host.socket.set(before.link.index, &back).unwrap();
    let again = host.find("v0").unwrap();
    assert_eq!((again.link.alias, again.promiscuous), (None, false));
    assert_eq!(again.link.mtu_bytes, 1500);
}

#[test]
#[ignore = "netns"]
fn a_refusal_says_what_was_asked_and_what_the_kernel_says() {
    let mut host = Place::with_cable();
    let v0 = host.index("v0");
    let change = LinkChange {
        mtu_bytes: Some(70_000),
        ..LinkChange::default()
    };
    let error = host.socket.set(v0, &change).unwrap_err();
    let expected = format!(
        "cannot set link {v0}: MTU 70000 (\"mtu greater than device maximum\"): \
         Invalid argument (os error 22)"
    );
    assert_eq!(chain(&error), expected);
    let gone = IfIndex::new(9999).unwrap();
    let error = host.socket.set(gone, &change).unwrap_err();
    assert!(error.is_no_link(), "{error:?}");
}

#[test]
#[ignore = "netns"]
fn a_link_that_is_told_so_before_has_no_link_local_address() {
    let mut host = Place::new();
    host.guard.ip("link add v0 type veth peer name v1").unwrap();
    let (v0, v1) = (host.index("v0"), host.index("v1"));
    let change = LinkChange {
        address_generation: Some(AddressGeneration::None),
        ..LinkChange::default()
    };
    host.socket.set(v0, &change).unwrap();
    let up = LinkChange {
        up: Switch::On,
        ..LinkChange::default()
    };
    host.socket.set(v0, &up).unwrap();
    host.socket.set(v1, &up).unwrap();
    let mode = |host: &mut Place, name| host.find(name).unwrap().address_generation;
    assert_eq!(mode(&mut host, "v0"), Some(AddressGeneration::None));
    assert_eq!(mode(&mut host, "v1"), Some(AddressGeneration::Eui64));
    assert_eq!(host.socket.addresses(v0).unwrap(), []);
    assert_eq!(host.socket.addresses(v1).unwrap().len(), 1);
}

#[test]
#[ignore = "netns"]
fn a_link_without_vfs_has_none_and_takes_none() {
    let mut host = Place::with_cable();
    let v0 = host.index("v0");
    assert_eq!(host.socket.vf(v0, 0).unwrap(), None);
    assert_eq!(
        host.socket.vf(IfIndex::new(9999).unwrap(), 0).unwrap(),
        None
    );
    host.socket.take_sent();
    host.socket.set_vf(v0, 0, &VfChange::default()).unwrap();
    assert_eq!(host.socket.sent(), [], "nothing is sent for nothing");
    let change = VfChange {
        trust: Some(true),
        ..VfChange::default()
    };
    let error = host.socket.set_vf(v0, 0, &change).unwrap_err();
    assert!(error.is_unsupported(), "{error:?}");
}
