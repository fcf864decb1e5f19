//! What a crash, a reboot or a lost namespace leaves is undone by whoever comes next.

use std::path::Path;

use colvin_attach::BootId;
use colvin_attach::sweep::Dead;
use colvin_testkit::netns::Netns;

use crate::node::{Node, fixed, former, host_device, macvlan, request};

/// Leaves of a record only its first state, as a kill before the last one does.
fn only_intent(record: &Path) {
    let text = std::fs::read_to_string(record).unwrap();
    let first = text.split_inclusive('\n').next().unwrap();
    std::fs::write(record, first).unwrap();
}

#[test]
#[ignore = "netns"]
fn cni_add_4_an_add_that_was_killed_after_the_move_is_undone_by_del() {
    let node = Node::new();
    let before = Node::look(&node.host, "up0");
    let pod = Netns::new().unwrap();
    for kind in [host_device("up0"), macvlan("up0")] {
        let asked = request("c1", &pod, kind);
        node.add(&asked).unwrap();
        only_intent(&node.record());
        let undone = node.del(&former(&asked));
        assert!(undone.unfinished.is_empty(), "{:?}", undone.unfinished);
        assert_eq!(Node::look(&node.host, "up0"), before);
        assert!(pod.link("net1").is_err() && node.records().is_empty());
    }
}

#[test]
#[ignore = "netns"]
fn cni_add_4_an_add_that_was_killed_is_undone_by_the_next_add_of_whatever_container() {
    let node = Node::new();
    let (pod, other) = (Netns::new().unwrap(), Netns::new().unwrap());
    let asked = request("c1", &pod, host_device("up0"));
    node.add(&asked).unwrap();
    only_intent(&node.record());
    node.add(&asked).unwrap();
    only_intent(&node.record());
    let second = request("c2", &other, host_device("up0"));
    node.add(&second).unwrap();
    assert!(other.link("net1").is_ok() && pod.link("net1").is_err());
}

#[test]
#[ignore = "netns"]
fn an_add_that_was_killed_before_the_move_leaves_the_device_alone() {
    let node = Node::new();
    let before = Node::look(&node.host, "up0");
    let pod = Netns::new().unwrap();
    let asked = request("c1", &pod, host_device("up0"));
    node.add(&asked).unwrap();
    let record = node.record();
    only_intent(&record);
    let intent = std::fs::read(&record).unwrap();
    node.del(&former(&asked));
    std::fs::write(&record, intent).unwrap();
    let undone = node.del(&former(&asked));
    assert_eq!(undone.undone.len(), 1);
    assert!(undone.unfinished.is_empty(), "{:?}", undone.unfinished);
    assert_eq!(Node::look(&node.host, "up0"), before);
}

#[test]
#[ignore = "netns"]
fn cni_del_1_a_namespace_that_is_gone_or_not_named_is_no_failure() {
    let node = Node::new();
    let pod = Netns::new().unwrap();
    let mut asked = request("c1", &pod, host_device("up0"));
    asked.addressing = fixed(&[("10.1.2.3/24", None)], &[]);
    node.add(&asked).unwrap();
    let mut gone = former(&asked);
    gone.netns = None;
    drop(pod);
    let undone = node.del(&gone);
    assert!(undone.unfinished.is_empty(), "{:?}", undone.unfinished);
    assert_eq!(undone.undone.len(), 1);
    assert!(node.records().is_empty());
}

#[test]
#[ignore = "netns"]
fn cni_del_3_without_a_namespace_on_stdin_the_device_is_found_by_the_journal() {
    let node = Node::new();
    let before = Node::look(&node.host, "up0");
    let pod = Netns::new().unwrap();
    let asked = request("c1", &pod, host_device("up0"));
    node.add(&asked).unwrap();
    let mut nameless = former(&asked);
    nameless.netns = None;
    nameless.name = None;
    let undone = node.del(&nameless);
    assert_eq!(undone.undone.len(), 1);
    assert_eq!(Node::look(&node.host, "up0"), before);
}

#[test]
#[ignore = "netns"]
fn a_container_whose_namespace_was_made_anew_is_attached_again() {
    let node = Node::new();
    let (old, new) = (Netns::new().unwrap(), Netns::new().unwrap());
    for kind in [host_device("up0"), macvlan("up0")] {
        node.add(&request("c1", &old, kind.clone())).unwrap();
        let again = request("c1", &new, kind);
        node.add(&again).unwrap();
        assert!(old.link("net1").is_err() && new.link("net1").is_ok());
        node.del(&former(&again));
        assert!(node.records().is_empty());
    }
}

#[test]
#[ignore = "netns"]
fn a_record_of_another_boot_says_nothing_of_the_kernel_any_more() {
    let mut node = Node::new();
    let pod = Netns::new().unwrap();
    let asked = request("c1", &pod, host_device("up0"));
    node.add(&asked).unwrap();
    node.roots.boot_id = BootId::new("another-boot");
    let seen = node.look_at_all();
    assert_eq!(seen[0].dead, Some(Dead::OtherBoot));
    let undone = node.sweep(&seen[0]);
    assert_eq!(undone.undone, [asked.key]);
    // it was not looked for, as after a reboot it is at home
    assert!(pod.link("net1").is_ok());
    assert!(node.records().is_empty());
}

#[test]
#[ignore = "netns"]
fn an_unreadable_record_is_kept_aside_and_its_device_comes_home_by_its_mark() {
    for damage in [&b"rubbish"[..], b""] {
        let node = Node::new();
        let before = Node::look(&node.host, "up0");
        let pod = Netns::new().unwrap();
        let asked = request("c1", &pod, host_device("up0"));
        node.add(&asked).unwrap();
        std::fs::write(node.record(), damage).unwrap();
        // a living pod keeps what it has
        let seen = node.look_at_all();
        assert_eq!(seen[0].dead, Some(Dead::Unreadable));
        node.sweep(&seen[0]);
        assert!(pod.link("net1").is_ok());
        std::fs::write(
            node.roots
                .state
                .join("attachments")
                .join("netdev-2-up0.json"),
            damage,
        )
        .unwrap();
        let undone = node.del(&former(&asked));
        assert!(undone.unfinished.is_empty(), "{:?}", undone.unfinished);
        let mut after = Node::look(&node.host, "up0");
        // whether it was up nobody knows any more
        after["operstate"] = before["operstate"].clone();
        assert_eq!(after["ifname"], before["ifname"]);
        assert_eq!(after["address"], before["address"]);
        assert_eq!(after["mtu"], before["mtu"]);
        assert_eq!(after.get("ifalias"), None);
        assert!(node.records().is_empty());
        let aside = node.roots.state.join("quarantine");
        assert_eq!(aside.exists(), !damage.is_empty());
    }
}

#[test]
#[ignore = "netns"]
fn cni_del_1_when_all_state_is_lost_what_bears_our_mark_is_undone() {
    let node = Node::new();
    let before = Node::look(&node.host, "up0");
    let pod = Netns::new().unwrap();
    for kind in [host_device("up0"), macvlan("up0")] {
        let asked = request("c1", &pod, kind);
        node.add(&asked).unwrap();
        std::fs::remove_dir_all(&node.roots.state).unwrap();
        let undone = node.del(&former(&asked));
        assert!(undone.unfinished.is_empty(), "{:?}", undone.unfinished);
        assert!(pod.link("net1").is_err());
        let after = Node::look(&node.host, "up0");
        assert_eq!(after["address"], before["address"]);
        node.host.ip("link set up0 up").unwrap();
        // what is not ours is left alone
        pod.veth_to("net1", &node.wire, "far").unwrap();
        node.del(&former(&asked));
        assert!(pod.link("net1").is_ok());
        pod.ip("link del net1").unwrap();
    }
}

#[test]
#[ignore = "netns"]
fn an_empty_record_that_nobody_holds_is_removed() {
    let node = Node::new();
    let pod = Netns::new().unwrap();
    let folder = node.roots.state.join("attachments");
    std::fs::create_dir_all(&folder).unwrap();
    let asked = request("c1", &pod, macvlan("up0"));
    let leave = || {
        std::fs::write(folder.join("child-c1~net1~net1.json"), "").unwrap();
        std::fs::write(folder.join("netdev-9-dev0.json"), "").unwrap();
    };
    leave();
    node.del(&former(&asked));
    assert!(node.records().is_empty(), "{:?}", node.records());
    leave();
    node.gc(Some(Vec::new()));
    assert!(node.records().is_empty(), "{:?}", node.records());
    leave();
    for seen in node.look_at_all() {
        node.sweep(&seen);
    }
    assert!(node.records().is_empty(), "{:?}", node.records());
}

#[test]
#[ignore = "netns"]
fn the_sweep_sees_which_namespaces_live_and_undoes_what_is_dead() {
    let mut node = Node::new();
    node.roots.sees_all = false.into(); // as in a container
    let (pod, other) = (Netns::new().unwrap(), Netns::new().unwrap());
    node.add(&request("c1", &pod, macvlan("up0"))).unwrap();
    let mut second = request("c2", &other, macvlan("up0"));
    second.addressing = fixed(&[("10.1.2.3/24", None)], &[]);
    second.netns = node.file_for(&other, "c2-netns");
    node.add(&second).unwrap();
    assert!(node.look_at_all().iter().all(|seen| seen.dead.is_none()));
    drop(other);
    // the file is there still: nothing proves that the namespace is gone, as a container may not see it
    assert_eq!(node.look_at_all()[1].dead, None);
    std::fs::remove_file(&second.netns).unwrap();
    let seen = node.look_at_all();
    assert_eq!(seen[0].dead, None);
    assert_eq!(seen[1].dead, Some(Dead::NetnsGone));
    let undone = node.sweep(&seen[1]);
    assert_eq!(undone.undone, [second.key]);
    assert_eq!(node.records().len(), 1);
    assert!(pod.link("net1").is_ok());
}

#[test]
#[ignore = "netns"]
fn the_sweep_leaves_a_record_that_is_another_ones_by_now() {
    let mut node = Node::new();
    let pod = Netns::new().unwrap();
    let asked = request("c1", &pod, macvlan("up0"));
    node.add(&asked).unwrap();
    let seen = node.look_at_all();
    node.del(&former(&asked));
    node.roots.now += std::time::Duration::from_secs(1);
    node.add(&asked).unwrap();
    let undone = node.sweep(&seen[0]);
    assert!(undone.undone.is_empty());
    assert!(pod.link("net1").is_ok());
}
