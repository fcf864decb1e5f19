//! Who has an address now is told to the neighbours when a pod gets it.
//!
//! Left to others: the address itself (`add_del.rs`).

use std::time::Duration;

use colvin_testkit::netns::Netns;
use colvin_testkit::wait::wait_for;

use crate::node::{Node, fixed, host_device, macvlan, request};

#[test]
#[ignore = "netns"]
fn a_neighbour_learns_the_pods_addresses_without_asking() {
    for kind in [host_device("up0"), macvlan("up0")] {
        let node = Node::new();
        node.wire.ip("address add 10.1.2.1/24 dev w0").unwrap();
        node.wire.ip("address add fd00::1/64 dev w0 nodad").unwrap();
        // a new neighbour is taken down from what it says itself
        for setting in [
            "ipv4/conf/w0/arp_accept",
            "ipv6/conf/w0/accept_untracked_na",
        ] {
            let path = format!("/proc/sys/net/{setting}");
            node.wire
                .run(|| std::fs::write(path, "1"))
                .unwrap()
                .unwrap();
        }
        // only those that forward packets keep addresses that they did not ask for
        let forwards = || std::fs::write("/proc/sys/net/ipv6/conf/w0/forwarding", "1");
        node.wire.run(forwards).unwrap().unwrap();
        let pod = Netns::new().unwrap();
        let mut asked = request("c1", &pod, kind);
        asked.addressing = fixed(&[("10.1.2.3/24", None), ("fd00::3/64", None)], &[]);
        let mac = node.add(&asked).unwrap().interface.unwrap().mac.unwrap();
        let known = || node.wire.ip("neigh show dev w0").unwrap();
        for address in ["10.1.2.3", "fd00::3"] {
            let line = format!("{address} lladdr {mac}");
            let told = wait_for(Duration::from_secs(5), || known().contains(&line));
            assert!(told.is_ok(), "{address}: {}", known());
        }
    }
}
