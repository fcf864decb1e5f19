//! CHECK, GC, STATUS, and several attachments at a time.

use colvin_attach::{Class, HostDevice, HostDeviceRef, Kind, Patience, Target};
use colvin_testkit::netns::Netns;

use crate::node::{Node, fixed, former, host_device, macvlan, request};

#[test]
#[ignore = "netns"]
fn cni_check_3_check_passes_right_after_add_and_names_what_has_drifted() {
    let node = Node::new();
    let pod = Netns::new().unwrap();
    for kind in [host_device("up0"), macvlan("up0")] {
        let mut asked = request("c1", &pod, kind);
        asked.addressing = fixed(
            &[("10.1.2.3/24", Some("10.1.2.1")), ("fd00::3/64", None)],
            &["10.9.0.0/16"],
        );
        let attached = node.add(&asked).unwrap();
        node.check(&asked, &attached).unwrap();
        for (change, word, back) in [
            (
                "link set net1 mtu 1400",
                "mtu 1400",
                "link set net1 mtu 1500",
            ),
            (
                "addr del 10.1.2.3/24 dev net1",
                "10.1.2.3/24",
                "addr add 10.1.2.3/24 dev net1",
            ),
            (
                "route del 10.9.0.0/16",
                "10.9.0.0/16",
                "route replace 10.9.0.0/16 via 10.1.2.1",
            ),
        ] {
            pod.ip(change).unwrap();
            let error = node.check(&asked, &attached).unwrap_err();
            assert_eq!(error.class(), Class::Drift);
            assert!(error.to_string().contains(word), "{change}: {error}");
            pod.ip(back).unwrap();
            if change.starts_with("addr") {
                pod.ip("route replace 10.9.0.0/16 via 10.1.2.1").unwrap();
            }
        }
        node.check(&asked, &attached).unwrap();
        pod.ip("link set net1 name net9").unwrap();
        let error = node.check(&asked, &attached).unwrap_err();
        assert!(error.to_string().contains("no interface net1"), "{error}");
        pod.ip("link set net9 name net1").unwrap();
        node.del(&former(&asked));
        let error = node.check(&asked, &attached).unwrap_err();
        assert_eq!(error.class(), Class::Drift, "{error}");
    }
}

#[test]
#[ignore = "netns"]
fn cni_gc_1_what_is_not_listed_is_undone_of_this_network_alone() {
    let node = Node::new();
    let pods: Vec<_> = (0..3).map(|_| Netns::new().unwrap()).collect();
    let mut keys = Vec::new();
    for (number, pod) in pods.iter().enumerate() {
        let mut asked = request(&format!("c{number}"), pod, macvlan("up0"));
        if number == 2 {
            asked.key.network = "blue".to_owned();
        }
        node.add(&asked).unwrap();
        keys.push(asked.key);
    }
    // no list is not an empty list
    let done = node.gc(None);
    assert!(done.undone.is_empty() && done.unfinished.is_empty());
    let valid = vec![("c0".to_owned(), "net1".parse().unwrap())];
    let done = node.gc(Some(valid));
    assert_eq!(done.undone, [keys[1].clone()]);
    assert!(pods[0].link("net1").is_ok());
    assert!(pods[1].link("net1").is_err());
    assert!(pods[2].link("net1").is_ok());
}

#[test]
#[ignore = "netns"]
fn cni_gc_2_without_a_list_only_what_is_proved_dead_is_undone() {
    let node = Node::new();
    let (pod, other) = (Netns::new().unwrap(), Netns::new().unwrap());
    node.add(&request("c0", &pod, macvlan("up0"))).unwrap();
    let mut dead = request("c1", &other, macvlan("up0"));
    dead.netns = node.file_for(&other, "c1-netns");
    node.add(&dead).unwrap();
    drop(other);
    std::fs::remove_file(&dead.netns).unwrap();
    let done = node.gc(None);
    assert_eq!(done.undone, [dead.key]);
    assert!(pod.link("net1").is_ok());
}

#[test]
#[ignore = "netns"]
fn cni_status_1_status_fails_without_the_device_or_master() {
    let node = Node::new();
    let status = |kind: Kind| {
        let target = Target {
            network: "green".to_owned(),
            kind: Some(kind),
            ipam: None,
            patience: Patience::default(),
        };
        node.host
            .run(|| colvin_attach::status(&node.roots, &target))
            .unwrap()
    };
    status(host_device("up0")).unwrap();
    status(macvlan("up0")).unwrap();
    for kind in [host_device("up7"), macvlan("up7")] {
        let unavailable = status(kind).unwrap_err();
        assert_eq!(unavailable.why.class(), Class::NoDevice);
        assert!(!unavailable.hurts_running);
    }
}

/// CNI-STATUS-1: code 51 is of what hurts attachments that run.
#[test]
#[ignore = "netns"]
fn cni_status_1_an_uplink_that_went_hurts_those_that_run_on_it_and_one_in_use_does_not() {
    let node = Node::new();
    let (pod, other) = (Netns::new().unwrap(), Netns::new().unwrap());
    node.host.veth_to("spare", &node.wire, "w1").unwrap();
    node.add(&request("c1", &pod, macvlan("up0"))).unwrap();
    node.add(&request("c2", &other, host_device("spare")))
        .unwrap();
    let status = |network: &str, kind: Kind| {
        let target = Target {
            network: network.to_owned(),
            kind: Some(kind),
            ipam: None,
            patience: Patience::default(),
        };
        let status = || colvin_attach::status(&node.roots, &target);
        let unavailable = node.host.run(status).unwrap().unwrap_err();
        unavailable.hurts_running
    };
    // it is in a pod, which is well
    assert!(!status("green", host_device("spare")));
    node.host.ip("link del up0").unwrap();
    assert!(status("green", macvlan("up0")));
    assert!(!status("blue", macvlan("up0")));
}

#[test]
#[ignore = "netns"]
fn address_and_mtu_are_set_in_the_pod_and_as_they_were_at_home() {
    let node = Node::new();
    let before = Node::look(&node.host, "up0");
    let pod = Netns::new().unwrap();
    let kind = Kind::HostDevice(HostDevice {
        device: HostDeviceRef::Name("up0".parse().unwrap()),
        mac: Some("02:00:00:00:00:99".parse().unwrap()),
        mtu: Some(1400),
    });
    let asked = request("c1", &pod, kind);
    let attached = node.add(&asked).unwrap().interface.unwrap();
    assert_eq!(attached.mtu, 1400);
    assert_eq!(attached.mac.unwrap().to_string(), "02:00:00:00:00:99");
    let inside = pod.link("net1").unwrap();
    assert_eq!(
        (&inside["mtu"], &inside["address"]),
        (&1400.into(), &"02:00:00:00:00:99".into())
    );
    node.del(&former(&asked));
    assert_eq!(Node::look(&node.host, "up0"), before);
}

#[test]
#[ignore = "netns"]
fn chain_2_several_interfaces_of_one_container_under_one_ifname_are_undone_together() {
    let node = Node::new();
    let pod = Netns::new().unwrap();
    let mut asked = Vec::new();
    for (name, kind) in [("green0", host_device("up0")), ("green1", macvlan("spare"))] {
        if name == "green1" {
            node.host.veth_to("spare", &node.wire, "w1").unwrap();
        }
        let mut one = request("c1", &pod, kind);
        one.key.ifname = "eth0".parse().unwrap();
        one.key.name = name.parse().unwrap();
        node.add(&one).unwrap();
        asked.push(one);
    }
    assert!(pod.link("green0").is_ok() && pod.link("green1").is_ok());
    let mut all = former(&asked[0]);
    all.name = None;
    let undone = node.del(&all);
    assert_eq!(undone.undone.len(), 2, "{:?}", undone.unfinished);
    assert!(node.host.link("up0").is_ok());
    assert!(pod.link("green1").is_err() && node.records().is_empty());
}

#[test]
#[ignore = "netns"]
fn cni_p8_sixty_four_adds_in_parallel_all_succeed() {
    let node = Node::new();
    let pods: Vec<_> = (0..64).map(|_| Netns::new().unwrap()).collect();
    std::thread::scope(|scope| {
        let adding: Vec<_> = pods
            .iter()
            .enumerate()
            .map(|(number, pod)| {
                let asked = request(&format!("c{number}"), pod, macvlan("up0"));
                let node = &node;
                scope.spawn(move || node.add(&asked).map(|_| asked))
            })
            .collect();
        for add in adding {
            let asked = add.join().unwrap().unwrap();
            let undone = node.del(&former(&asked));
            assert!(undone.unfinished.is_empty(), "{:?}", undone.unfinished);
        }
    });
    assert!(node.records().is_empty());
}

#[test]
#[ignore = "netns"]
fn an_interface_heeds_no_routers_and_no_address_is_waited_for() {
    let node = Node::new();
    let pod = Netns::new().unwrap();
    let mut asked = request("c1", &pod, macvlan("up0"));
    asked.addressing = fixed(&[("fd00::3/64", Some("fd00::1"))], &["::/0"]);
    let begun = std::time::Instant::now();
    node.add(&asked).unwrap();
    let took = begun.elapsed();
    let setting = "/proc/sys/net/ipv6/conf/net1/accept_ra";
    let value = pod
        .run(|| std::fs::read_to_string(setting))
        .unwrap()
        .unwrap();
    assert_eq!(value.trim(), "0");
    let shown = pod.ip("-6 addr show dev net1").unwrap();
    assert!(shown.contains("fd00::3/64"), "{shown}");
    // duplicates are looked for over a second and more
    assert!(took.as_millis() < 900, "{took:?}");
}
