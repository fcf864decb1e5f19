//! What follows, what stays, what is refused. Left to others: kills in between.

use std::time::Duration;

use colvin_attach::{AttachError, Class};
use colvin_testkit::netns::Netns;

use crate::node::{Node, former, host_device, macvlan};
use crate::scene::{Scene, green};

const A: (&str, &str) = ("10.1.0.0/16", "10.20.4.1");
const B: (&str, &str) = ("10.2.0.0/16", "10.20.4.1");
const V6: (&str, &str) = ("2001:db8:9::/48", "2001:db8:4::1");

#[test]
#[ignore = "netns"]
fn mtu_and_routes_follow_and_the_device_goes_back_as_it_came() {
    for kind in [host_device("up0"), macvlan("up0")] {
        let is_moved = matches!(kind, colvin_attach::Kind::HostDevice(_));
        let before = Node::look(&Node::new().host, "up0");
        let scene = Scene::new(kind, green(None, &[A]));
        scene.check().unwrap();
        let changes = scene.follow(&green(Some(1400), &[B, V6])).unwrap().unwrap();
        assert_eq!(
            changes.to_string(),
            "mtu 1400 in place of 1500, a route to 10.2.0.0/16 by 10.20.4.1, \
             a route to 2001:db8:9::/48 by 2001:db8:4::1, no route to 10.1.0.0/16 by 10.20.4.1 any more"
        );
        assert_eq!(scene.mtu(), 1400);
        let wanted = [
            "10.2.0.0/16 via 10.20.4.1",
            "2001:db8:9::/48 via 2001:db8:4::1",
        ];
        assert_eq!(scene.routes(), wanted);
        // CHECK knows it, though the result of ADD says otherwise
        scene.check().unwrap();
        scene.pod.ip("link set net1 mtu 1300").unwrap();
        assert_eq!(scene.check().unwrap_err().class(), Class::Drift);
        scene.pod.ip("link set net1 mtu 1400").unwrap();
        // once more is nothing
        let lines = scene.lines();
        assert_eq!(scene.follow(&green(Some(1400), &[B, V6])).unwrap(), None);
        assert_eq!(scene.lines(), lines);
        // and where the Network leaves it to the device, that has what is its own
        let changes = scene.follow(&green(None, &[])).unwrap().unwrap();
        assert_eq!(changes.mtu, Some((1400, 1500)));
        assert_eq!((scene.mtu(), scene.routes()), (1500, vec![]));
        scene.check().unwrap();
        scene.follow(&green(Some(1400), &[])).unwrap();
        let undone = scene.node.del(&former(&scene.asked));
        assert!(undone.unfinished.is_empty(), "{:?}", undone.unfinished);
        assert!(scene.pod.link("net1").is_err() && scene.node.records().is_empty());
        if is_moved {
            let after = Node::look(&scene.node.host, "up0");
            assert_eq!(after["mtu"], before["mtu"]);
            assert_eq!(after.get("ifalias"), None);
        }
    }
}

#[test]
#[ignore = "netns"]
fn what_somebody_did_by_hand_stays() {
    let scene = Scene::new(macvlan("up0"), green(None, &[A]));
    // B is there before the Network wants it, and A is made anew
    scene.pod.ip("route add 10.2.0.0/16 via 10.20.4.1").unwrap();
    scene.pod.ip("route del 10.1.0.0/16").unwrap();
    scene.pod.ip("route add 10.1.0.0/16 via 10.20.4.1").unwrap();
    scene.pod.ip("route add 10.7.0.0/16 via 10.20.4.7").unwrap();
    let by_hand = [
        "10.1.0.0/16 via 10.20.4.1",
        "10.2.0.0/16 via 10.20.4.1",
        "10.7.0.0/16 via 10.20.4.7",
    ];
    assert_eq!(scene.follow(&green(None, &[B])).unwrap(), None);
    assert_eq!(scene.routes(), by_hand);
    assert_eq!(scene.follow(&green(None, &[])).unwrap(), None);
    assert_eq!(scene.routes(), by_hand);
    // an MTU that somebody set stays until the Network says another one than before
    scene.pod.ip("link set net1 mtu 1300").unwrap();
    scene.follow(&green(None, &[V6])).unwrap().unwrap();
    assert_eq!(scene.mtu(), 1300);
}

#[test]
#[ignore = "netns"]
fn what_cannot_be_leaves_the_pod_as_it_was() {
    let scene = Scene::new(macvlan("up0"), green(None, &[A]));
    scene.pod.ip("route add 10.3.0.0/16 via 10.20.4.9").unwrap();
    let before = (scene.mtu(), scene.routes());
    let lines = scene.lines();
    let refused = |wanted| {
        let error: AttachError = scene.follow(&wanted).unwrap_err();
        assert_eq!((scene.mtu(), scene.routes()), before, "{error}");
        scene.check().unwrap();
        error
    };
    let error = refused(green(Some(9000), &[B]));
    assert_eq!(error.class(), Class::Config);
    assert!(error.to_string().contains("at most 1500"), "{error}");
    let error = refused(green(Some(1200), &[A]));
    assert!(error.to_string().contains("at least 1280"), "{error}");
    assert_eq!(
        scene.lines(),
        lines,
        "it was seen before anything was begun"
    );
    // a gateway that is on no link of the pod, after the MTU and a route were changed already
    let error = refused(green(Some(1400), &[B, ("10.4.0.0/16", "192.0.2.1")]));
    assert_eq!(error.class(), Class::Kernel, "{error}");
    // a way that somebody else has taken
    let error = refused(green(Some(1400), &[("10.3.0.0/16", "10.20.4.1")]));
    assert_eq!(error.class(), Class::Kernel, "{error}");
    // and what can be is done all the same
    scene.follow(&green(Some(1400), &[B])).unwrap().unwrap();
    let wanted = ["10.2.0.0/16 via 10.20.4.1", "10.3.0.0/16 via 10.20.4.9"];
    assert_eq!(
        (scene.mtu(), scene.routes()),
        (1400, wanted.map(str::to_owned).to_vec())
    );
}

#[test]
#[ignore = "netns"]
fn an_interface_that_the_pod_named_otherwise_is_found_and_one_that_is_gone_is_said() {
    let scene = Scene::new(host_device("up0"), green(None, &[]));
    scene.pod.ip("link set net1 name data").unwrap();
    let changes = scene.follow(&green(Some(1400), &[])).unwrap().unwrap();
    assert_eq!(changes.mtu, Some((1500, 1400)));
    scene.pod.ip("link del data").unwrap();
    let error = scene.follow(&green(Some(1300), &[])).unwrap_err();
    assert_eq!(error.class(), Class::Drift, "{error}");
}

#[test]
#[ignore = "netns"]
fn a_pod_that_went_and_a_later_attachment_of_its_name_are_left_alone() {
    let mut scene = Scene::new(macvlan("up0"), green(None, &[]));
    let seen = colvin_attach::sweep::attachments(&scene.node.roots).unwrap();
    scene.node.del(&former(&scene.asked));
    scene.node.roots.now += Duration::from_secs(1);
    scene.node.add(&scene.asked).unwrap();
    let follow = || {
        let mut trace = colvin_attach::trace::Trace::begin();
        let (roots, patience) = (&scene.node.roots, colvin_attach::Patience::default());
        let wanted = green(Some(1400), &[]);
        colvin_attach::reconfigure(roots, &seen[0], &wanted, patience, &mut trace)
    };
    assert_eq!(scene.node.host.run(follow).unwrap().unwrap(), None);
    assert_eq!(scene.mtu(), 1500);
    scene.pod = Netns::new().unwrap();
    std::fs::write(scene.node.record(), b"rubbish").unwrap();
    assert_eq!(scene.follow(&green(Some(1400), &[])).unwrap(), None);
    assert_eq!(std::fs::read(scene.node.record()).unwrap(), b"rubbish");
}

#[test]
#[ignore = "netns"]
fn many_changes_do_not_make_the_record_long() {
    let scene = Scene::new(macvlan("up0"), green(None, &[A]));
    for round in 0..120 {
        let mtu = if round % 2 == 0 { 1400 } else { 1450 };
        scene.follow(&green(Some(mtu), &[B])).unwrap();
    }
    let length = std::fs::metadata(scene.node.record()).unwrap().len();
    assert!(length < 70_000, "{length}");
    assert_eq!(scene.mtu(), 1450);
    scene.check().unwrap();
    let undone = scene.node.del(&former(&scene.asked));
    assert!(undone.unfinished.is_empty(), "{:?}", undone.unfinished);
    assert!(scene.node.records().is_empty());
}
