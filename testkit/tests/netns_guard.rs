//! The namespace guard, in real namespaces.

use std::time::Duration;

use colvin_testkit::netns::Netns;
use colvin_testkit::wait::wait_for;

#[test]
#[ignore = "netns"]
fn a_link_made_inside_is_not_seen_outside() {
    let (here, there) = (Netns::new().unwrap(), Netns::new().unwrap());
    here.veth_to("near", &there, "far").unwrap();
    assert!(here.link("near").is_ok() && here.link("far").is_err());
    assert!(there.link("far").is_ok() && there.link("near").is_err());
}

#[test]
#[ignore = "netns"]
fn the_calling_thread_stays_where_it_was() {
    let before = std::fs::read_link("/proc/thread-self/ns/net").unwrap();
    let ns = Netns::new().unwrap();
    let inside = ns
        .run(|| std::fs::read_link("/proc/thread-self/ns/net").unwrap())
        .unwrap();
    assert_ne!(inside, before);
    assert_eq!(
        std::fs::read_link("/proc/thread-self/ns/net").unwrap(),
        before
    );
    assert_eq!(inside, std::fs::read_link(ns.path()).unwrap());
}

#[test]
#[ignore = "netns"]
fn the_namespace_goes_with_the_guard() {
    let ns = Netns::new().unwrap();
    let path = ns.path();
    drop(ns);
    wait_for(Duration::from_secs(5), || {
        std::fs::symlink_metadata(&path).is_err()
    })
    .unwrap();
}

#[test]
#[ignore = "netns"]
fn the_root_has_the_sysfs_of_the_namespace() {
    let ns = Netns::new().unwrap();
    ns.ip("link add onlyhere type veth peer name peer").unwrap();
    let index = ns.root().unwrap().join("sys/class/net/onlyhere/ifindex");
    let index = String::from_utf8(std::fs::read(index).unwrap()).unwrap();
    assert_eq!(
        index.trim().parse::<u32>().unwrap(),
        ns.ifindex("onlyhere").unwrap()
    );
}

#[test]
#[ignore = "netns"]
fn a_failing_ip_says_why() {
    let ns = Netns::new().unwrap();
    let error = ns.ip("link show dev nothere").unwrap_err();
    assert!(error.to_string().contains("nothere"), "{error}");
}

#[test]
#[ignore = "netns"]
fn a_moved_link_is_there_and_no_longer_here() {
    let (here, there) = (Netns::new().unwrap(), Netns::new().unwrap());
    here.ip_batch("link add one type veth peer name two\nlink set two up\n")
        .unwrap();
    here.move_link("one", &there).unwrap();
    assert!(here.link("one").is_err() && there.link("one").is_ok());
}

#[test]
#[ignore = "netns"]
fn a_namespace_of_another_user_has_another_owner() {
    let ns = Netns::of_another_user().unwrap();
    ns.run(|| ()).unwrap();
    let root = ns.root().unwrap();
    let owner = std::fs::read_link(root.with_file_name("ns/user")).unwrap();
    assert_ne!(owner, std::fs::read_link("/proc/self/ns/user").unwrap());
}
