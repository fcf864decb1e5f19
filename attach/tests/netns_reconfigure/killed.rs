//! A kill between any two steps: the next call finishes, or DEL undoes, and nothing of ours is forgotten.
//!
//! The lines of the record are: begun, made, being changed, changed. Left to others: what follows at all.

use colvin_testkit::netns::Netns;

use crate::node::{Node, former, host_device, macvlan};
use crate::scene::{Scene, green};

const A: (&str, &str) = ("10.1.0.0/16", "10.20.4.1");
const B: (&str, &str) = ("10.2.0.0/16", "10.20.4.1");

/// How far the kernel was changed when the kill came.
#[derive(Clone, Copy, Debug)]
enum Made {
    Nothing,
    Mtu,
    MtuAndOldRoute,
    All,
}

/// A change that was begun, and of which so much was made.
fn killed(made: Made) -> Scene {
    let scene = Scene::new(host_device("up0"), green(None, &[A]));
    scene.follow(&green(Some(1400), &[B])).unwrap().unwrap();
    assert_eq!(scene.lines().len(), 4);
    scene.cut(3);
    let back: &[&str] = match made {
        Made::All => &[],
        Made::MtuAndOldRoute => &["route del 10.2.0.0/16"],
        Made::Mtu => &[
            "route del 10.2.0.0/16",
            "route add 10.1.0.0/16 via 10.20.4.1 proto static",
        ],
        Made::Nothing => &[
            "route del 10.2.0.0/16",
            "route add 10.1.0.0/16 via 10.20.4.1 proto static",
            "link set net1 mtu 1500",
        ],
    };
    for change in back {
        scene.pod.ip(change).unwrap();
    }
    scene
}

const EACH: [Made; 4] = [Made::Nothing, Made::Mtu, Made::MtuAndOldRoute, Made::All];

#[test]
#[ignore = "netns"]
fn the_next_call_finishes_what_was_begun() {
    for made in EACH {
        let scene = killed(made);
        // what is on its way is no drift
        scene.check().unwrap();
        scene.follow(&green(Some(1400), &[B])).unwrap();
        assert_eq!(scene.mtu(), 1400, "{made:?}");
        assert_eq!(scene.routes(), ["10.2.0.0/16 via 10.20.4.1"], "{made:?}");
        scene.check().unwrap();
        // all of it is known to be ours
        scene.follow(&green(None, &[])).unwrap();
        assert_eq!((scene.mtu(), scene.routes()), (1500, vec![]), "{made:?}");
    }
}

#[test]
#[ignore = "netns"]
fn what_was_begun_is_taken_back_when_the_network_does_not_want_it_any_more() {
    for made in EACH {
        let scene = killed(made);
        scene.follow(&green(None, &[A])).unwrap();
        assert_eq!(scene.mtu(), 1500, "{made:?}");
        assert_eq!(scene.routes(), ["10.1.0.0/16 via 10.20.4.1"], "{made:?}");
        scene.check().unwrap();
        // or wants something else by now, which the kernel refuses at first
        let scene = killed(made);
        scene
            .follow(&green(Some(1300), &[("10.4.0.0/16", "192.0.2.1")]))
            .unwrap_err();
        scene.follow(&green(Some(1300), &[])).unwrap();
        assert_eq!((scene.mtu(), scene.routes()), (1300, vec![]), "{made:?}");
    }
}

#[test]
#[ignore = "netns"]
fn del_and_the_next_add_undo_it_as_if_it_had_not_been_changed() {
    for made in EACH {
        let scene = killed(made);
        let undone = scene.node.del(&former(&scene.asked));
        assert!(undone.unfinished.is_empty(), "{:?}", undone.unfinished);
        assert!(scene.node.records().is_empty());
        assert_eq!(Node::look(&scene.node.host, "up0")["mtu"], 1500, "{made:?}");
        let other = Netns::new().unwrap();
        let mut again = scene.asked.clone();
        again.key.container = "c2".to_owned();
        again.netns = other.path();
        scene.node.add(&again).unwrap();
        assert_eq!(other.link("net1").unwrap()["mtu"], 1500);
    }
}

#[test]
#[ignore = "netns"]
fn a_del_at_the_same_time_waits_and_undoes_all() {
    for _ in 0..8 {
        let scene = Scene::new(macvlan("up0"), green(None, &[A]));
        std::thread::scope(|scope| {
            let following = scope.spawn(|| {
                for mtu in [1400, 1450, 1480] {
                    if scene.node.records().is_empty() {
                        break;
                    }
                    let seen = colvin_attach::sweep::attachments(&scene.node.roots).unwrap();
                    let Some(seen) = seen.first() else {
                        break;
                    };
                    let follow = || {
                        let mut trace = colvin_attach::trace::Trace::begin();
                        let (roots, patience) =
                            (&scene.node.roots, colvin_attach::Patience::default());
                        let wanted = green(Some(mtu), &[B]);
                        colvin_attach::reconfigure(roots, seen, &wanted, patience, &mut trace)
                    };
                    scene.node.host.run(follow).unwrap().unwrap();
                }
            });
            let undone = scene.node.del(&former(&scene.asked));
            assert!(undone.unfinished.is_empty(), "{:?}", undone.unfinished);
            following.join().unwrap();
        });
        assert!(scene.node.records().is_empty());
        assert!(scene.pod.link("net1").is_err());
    }
}
