//! A device that was in a pod, with addresses, is attached to the next: it has what its own attachment gives, and nothing
//! of the host's or of the pod's before.
//!
//! Left to others: the rest of what a device comes back with (`add_del`, `virtual_function`).

use colvin_attach::Addressing;
use colvin_testkit::netns::Netns;
use serde_json::Value;

use crate::node::{Node, fixed, former, host_device, macvlan, request};

/// The addresses of a link that somebody gave it; `fe80::` the kernel gives.
fn addresses(place: &Netns, name: &str) -> Vec<String> {
    let text = place
        .ip(&format!("-json address show dev {name} scope global"))
        .unwrap();
    let links: Vec<Value> = serde_json::from_str(&text).unwrap();
    let all = links
        .iter()
        .filter_map(|link| link["addr_info"].as_array())
        .flatten();
    let shown = all.filter_map(|it| Some(format!("{}/{}", it["local"].as_str()?, it["prefixlen"])));
    let mut shown: Vec<_> = shown.collect();
    shown.sort();
    shown
}

/// The destinations of the routes out of a link, but for those of the kernel's link-local and multicast.
fn routes(place: &Netns, name: &str) -> Vec<String> {
    let mut shown = Vec::new();
    for family in ["-4", "-6"] {
        let text = place
            .ip(&format!("{family} -json route show dev {name}"))
            .unwrap();
        let routes: Vec<Value> = serde_json::from_str(&text).unwrap_or_default();
        let to = routes.iter().filter_map(|it| it["dst"].as_str());
        shown.extend(
            to.filter(|dst| !dst.starts_with('f'))
                .map(ToOwned::to_owned),
        );
    }
    shown.sort();
    shown
}

/// RB-4: addresses of the host, or of the pod before, on a NIC that is used again.
#[test]
#[ignore = "netns"]
fn rb_04_a_device_that_is_used_again_has_only_the_addresses_of_its_own_attachment() {
    let of_host = ["192.0.2.9/24", "2001:db8:9::9/64"];
    for (kind, moves) in [(host_device("up0"), true), (macvlan("up0"), false)] {
        let node = Node::new();
        node.host.ip("link set up0 up").unwrap();
        for given in [
            fixed(
                &[
                    ("10.1.2.3/24", Some("10.1.2.1")),
                    ("2001:db8:2::3/64", None),
                ],
                &["0.0.0.0/0"],
            ),
            fixed(&[("10.1.2.7/24", None)], &[]),
            Addressing::None,
        ] {
            for address in of_host {
                let had = node.host.ip(&format!("address replace {address} dev up0"));
                had.unwrap();
            }
            node.host
                .ip("route replace 198.51.100.0/24 dev up0")
                .unwrap();
            let pod = Netns::new().unwrap();
            let mut asked = request("c1", &pod, kind.clone());
            asked.addressing = given;
            let attached = node.add(&asked).unwrap();
            let mut own: Vec<_> = attached
                .lease
                .ips
                .iter()
                .map(|ip| ip.address.to_string())
                .collect();
            own.sort();
            assert_eq!(addresses(&pod, "net1"), own);
            let strange = ["192.0.2.0/24", "198.51.100.0/24", "172.16.0.0/12"];
            let found = routes(&pod, "net1");
            assert!(
                !found.iter().any(|it| strange.contains(&it.as_str())),
                "{found:?}"
            );
            assert_eq!(found.is_empty(), own.is_empty(), "{found:?}");
            // the pod gives itself some more
            pod.ip("address add 10.9.9.9/32 dev net1").unwrap();
            pod.ip("route add 172.16.0.0/12 dev net1").unwrap();
            let undone = node.del(&former(&asked));
            assert!(undone.unfinished.is_empty(), "{:?}", undone.unfinished);
            // what moves loses its addresses on the way, and nobody gives them again
            let expected: &[&str] = if moves { &[] } else { &of_host };
            assert_eq!(addresses(&node.host, "up0"), expected);
        }
    }
}
