//! Netlink against the real kernel, in namespaces of its own: veths, bridges, macvlans, thousands of
//! links, dumps while links come and go. What no host here has (VFs, bonds, devlink, RDMA) is tested
//! on made messages beside the code.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "test: a surprise is a failure"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use colvin_kernel::netlink::{Change, DumpError, Monitor, Netlink};
use colvin_model::observation::{
    Addresses, Carrier, DefaultRoute, InterfaceAddress, Link, OperState, PortFacts,
};
use colvin_model::{Finding, IfIndex, IfName, LinkAddress};
use colvin_testkit::netns::Netns;
use colvin_testkit::wait::wait_for;

const LIMIT: Duration = Duration::from_secs(10);

/// All links of the calling thread's namespace by name, without findings.
fn links(netlink: &mut Netlink) -> BTreeMap<String, Link> {
    let mut findings = Vec::new();
    let links = netlink.links(&mut findings).unwrap().unwrap();
    assert_eq!(findings, []);
    let by_name = |link: Link| (link.name.to_string(), link);
    links.into_values().map(by_name).collect()
}

#[test]
#[ignore = "netns"]
fn disc_16_links_of_every_kind_here_come_whole() {
    let netns = Netns::new().unwrap();
    netns
        .ip_batch(
            "link add v0 address 02:00:00:00:00:01 mtu 9000 type veth peer name v1\n\
             link add br0 type bridge\n\
             link add link v0 name m0 type macvlan mode bridge\n\
             link set v1 master br0 alias far\n\
             link set v0 up\n\
             link set v1 up\n\
             link property add dev v0 altname left altname an-alternative-name-longer-than-fifteen\n",
        )
        .unwrap();
    netns
        .run(|| {
            let mut netlink = Netlink::live().unwrap();
            wait_for(LIMIT, || {
                links(&mut netlink)["v0"].oper_state == OperState::Up
            })
            .unwrap();
            let links = links(&mut netlink);
            let present: Vec<_> = links.keys().map(String::as_str).collect();
            assert_eq!(present, ["br0", "lo", "m0", "v0", "v1"]);
            let v0 = &links["v0"];
            assert_eq!(v0.mtu_bytes, 9000);
            assert_eq!(
                v0.address.as_ref().unwrap().to_string(),
                "02:00:00:00:00:01"
            );
            assert_eq!(
                (v0.admin_up, v0.carrier, v0.kind.as_ref().unwrap().as_str()),
                (true, Carrier::Up, "veth")
            );
            assert_eq!(
                v0.alt_names,
                ["left", "an-alternative-name-longer-than-fifteen"]
            );
            assert_eq!((v0.lower, v0.master), (None, None));
            assert_eq!(links["v1"].master, Some(links["br0"].index));
            assert_eq!(links["v1"].alias, Some("far".into()));
            assert_eq!(links["m0"].lower, Some(v0.index));
            assert_eq!(links["m0"].carrier, Carrier::Unknown);
            assert_eq!(links["lo"].hardware_type, 772);
            let one = netlink.link(v0.index, &mut Vec::new()).unwrap();
            assert_eq!(one.as_ref(), Some(v0));
            for name in ["v0", "left", "an-alternative-name-longer-than-fifteen"] {
                let named = netlink.link_named(name, &mut Vec::new()).unwrap();
                assert_eq!(named.as_ref(), Some(v0), "{name}");
            }
            let nobody = IfIndex::new(4_000_000).unwrap();
            assert_eq!(netlink.link(nobody, &mut Vec::new()).unwrap(), None);
            assert_eq!(netlink.link_named("nobody", &mut Vec::new()).unwrap(), None);
            let vfs = netlink.vfs(v0.index, &mut Vec::new()).unwrap();
            assert_eq!(vfs, Some(BTreeMap::new()));
            assert_eq!(netlink.vfs(nobody, &mut Vec::new()).unwrap(), None);
        })
        .unwrap();
}

#[test]
#[ignore = "netns"]
fn the_link_below_is_unknown_when_it_is_in_another_namespace() {
    let (here, there) = (Netns::new().unwrap(), Netns::new().unwrap());
    let path = there.path().display().to_string();
    here.ip("link add v0 type veth peer name v1").unwrap();
    here.ip("link add link v0 name m0 type macvlan mode bridge")
        .unwrap();
    let pid = path.split('/').nth(2).unwrap();
    here.ip(&format!("link set m0 netns {pid}")).unwrap();
    there
        .run(|| {
            let links = links(&mut Netlink::live().unwrap());
            assert_eq!(links["m0"].lower, None);
        })
        .unwrap();
}

#[test]
#[ignore = "netns"]
fn disc_18_a_link_with_a_hundred_alternative_names_is_dumped() {
    let netns = Netns::new().unwrap();
    let name = |number: usize| format!("{number:x>127}");
    let mut batch = "link add v0 type veth peer name v1\n".to_owned();
    for number in 0..100 {
        let line = ["link property add dev v0 altname ", &name(number), "\n"];
        batch.extend(line);
    }
    netns.ip_batch(&batch).unwrap();
    netns
        .run(|| {
            let mut netlink = Netlink::live().unwrap();
            let v0 = links(&mut netlink).remove("v0").unwrap();
            assert_eq!(v0.alt_names.len(), 100);
            assert_eq!(v0.alt_names[99], *name(99));
            let one = netlink.link_named(&name(50), &mut Vec::new()).unwrap();
            assert_eq!(one, Some(v0));
        })
        .unwrap();
}

/// Makes so many pairs of links in one batch; gives all names.
fn pairs(netns: &Netns, count: u32) -> BTreeSet<String> {
    let mut names = BTreeSet::from(["lo".to_owned()]);
    let lines = (0..count).map(|number| {
        names.extend([format!("a{number}"), format!("b{number}")]);
        format!("link add a{number} type veth peer name b{number}\n")
    });
    let batch: Vec<_> = lines.collect();
    netns.ip_batch(&batch.concat()).unwrap();
    names
}

#[test]
#[ignore = "netns"]
fn four_thousand_links_are_dumped_whole() {
    let netns = Netns::new().unwrap();
    let names = pairs(&netns, 2_000);
    let seen = netns.run(|| links(&mut Netlink::live().unwrap())).unwrap();
    assert_eq!(seen.into_keys().collect::<BTreeSet<_>>(), names);
}

#[test]
#[ignore = "netns"]
fn disc_18_dumps_are_whole_while_links_come_and_go() {
    let netns = Netns::new().unwrap();
    // A pair comes and goes as one, but its ends are the first and the last that a dump comes to: a
    // torn dump has one end without the other.
    let make = "link add x0 index 2 type veth peer name x1 index 50000\n";
    netns.ip_batch(make).unwrap();
    let names = pairs(&netns, 400);
    let churn = format!("link del x0\n{make}").repeat(20);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let _end = Flag(&over);
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                netns.ip_batch(&churn).unwrap();
            }
        });
        netns
            .run(|| {
                let mut netlink = Netlink::live().unwrap();
                let mut dumps = 0;
                for _ in 0..200 {
                    let mut findings = Vec::new();
                    let seen = match netlink.links(&mut findings) {
                        Ok(seen) => seen.unwrap(),
                        Err(DumpError::Torn { .. }) => continue, // said, not hidden
                        Err(error) => panic!("{error}"),
                    };
                    dumps += 1;
                    let mut seen: BTreeSet<_> = seen
                        .into_values()
                        .map(|link| link.name.to_string())
                        .collect();
                    assert_eq!(seen.remove("x0"), seen.remove("x1"));
                    assert_eq!(seen, names);
                }
                assert!(dumps > 0);
            })
            .unwrap();
    });
}

/// Sets the flag when it goes, also by a panic: a thread that waits for the flag ends.
struct Flag<'a>(&'a AtomicBool);

impl Drop for Flag<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
#[ignore = "netns"]
fn addresses_and_default_routes_of_the_main_table_come_with_all_their_ways() {
    let netns = Netns::new().unwrap();
    netns
        .ip_batch(
            "link add v0 type veth peer name v1\n\
             link set v0 up\n\
             link set v1 up\n\
             address add 192.0.2.1/24 dev v0\n\
             address add 198.51.100.1 peer 198.51.100.2/32 dev v1\n\
             address add 2001:db8::1/64 dev v0 nodad\n\
             route add default via 192.0.2.254 dev v0 metric 5\n\
             route add default metric 9 nexthop via 192.0.2.253 dev v0 nexthop dev v1\n\
             route add default via 192.0.2.252 dev v0 table 77\n\
             route add unreachable default metric 99\n\
             route add 203.0.113.0/24 via 192.0.2.254\n\
             route add default via 2001:db8::fe dev v0\n\
             route add default via 2001:db8::fd dev v0 metric 11\n",
        )
        .unwrap();
    netns
        .run(|| {
            let mut netlink = Netlink::live().unwrap();
            let links = links(&mut netlink);
            let (v0, v1, lo) = (links["v0"].index, links["v1"].index, links["lo"].index);
            let mut findings = Vec::new();
            let mut seen = netlink.addresses(&mut findings).unwrap().unwrap();
            // those that the kernel makes of a MAC are another matter
            seen.addresses
                .retain(|address| !address.address.to_string().starts_with("fe80:"));
            seen.addresses.sort();
            seen.default_routes.sort();
            let address = |link, address: &str, prefix_length| InterfaceAddress {
                link,
                address: address.parse().unwrap(),
                prefix_length,
            };
            let route = |link, gateway: Option<&str>, ipv6| DefaultRoute {
                link,
                gateway: gateway.map(|gateway| gateway.parse().unwrap()),
                ipv6,
            };
            let mut expected = Addresses {
                addresses: vec![
                    address(lo, "127.0.0.1", 8),
                    address(lo, "::1", 128),
                    address(v0, "192.0.2.1", 24),
                    address(v0, "2001:db8::1", 64),
                    address(v1, "198.51.100.1", 32),
                ],
                default_routes: vec![
                    route(v0, Some("192.0.2.254"), false),
                    route(v0, Some("192.0.2.253"), false),
                    route(v1, None, false),
                    route(v0, Some("2001:db8::fd"), true),
                    route(v0, Some("2001:db8::fe"), true),
                ],
            };
            expected.addresses.sort();
            expected.default_routes.sort();
            assert_eq!(seen, expected);
            assert_eq!(findings, []);
        })
        .unwrap();
}

#[test]
#[ignore = "netns"]
fn a_default_route_by_a_nexthop_object_is_followed() {
    let netns = Netns::new().unwrap();
    netns
        .ip_batch(
            "link add v0 type veth peer name v1\n\
             link set v0 up\n\
             link set v1 up\n\
             address add 192.0.2.1/24 dev v0\n\
             nexthop add id 1 via 192.0.2.254 dev v0\n\
             nexthop add id 2 via 192.0.2.253 dev v0\n\
             nexthop add id 3 group 1/2\n\
             route add default nhid 3\n",
        )
        .unwrap();
    netns
        .run(|| {
            for compatible in ["1", "0"] {
                // without compatibility the kernel does not spell out the ways
                std::fs::write("/proc/sys/net/ipv4/nexthop_compat_mode", compatible).unwrap();
                let mut netlink = Netlink::live().unwrap();
                let v0 = links(&mut netlink)["v0"].index;
                let seen = netlink.addresses(&mut Vec::new()).unwrap().unwrap();
                let way = |gateway: &str| DefaultRoute {
                    link: v0,
                    gateway: Some(gateway.parse().unwrap()),
                    ipv6: false,
                };
                let expected = [way("192.0.2.254"), way("192.0.2.253")];
                assert_eq!(seen.default_routes, expected, "{compatible}");
            }
        })
        .unwrap();
}

#[test]
#[ignore = "netns"]
fn disc_21_ethtool_tells_speed_and_driver_of_the_ports_that_are_named() {
    let netns = Netns::new().unwrap();
    netns.ip("link add v0 type veth peer name v1").unwrap();
    netns.ip("link set v0 up").unwrap();
    netns.ip("link set v1 up").unwrap();
    netns
        .run(|| {
            let mut netlink = Netlink::live().unwrap();
            let links = links(&mut netlink);
            let v0 = &links["v0"];
            let gone: (IfIndex, IfName) = (IfIndex::new(77_777).unwrap(), "gone".parse().unwrap());
            let wanted = BTreeMap::from([(v0.index, v0.name.clone()), gone]);
            let mut findings = Vec::new();
            let ports = netlink.ports(&wanted, &mut findings).unwrap().unwrap();
            let expected = PortFacts {
                speed_mbps: Some(10_000),
                driver: Some("veth".into()),
                ..PortFacts::default()
            };
            assert_eq!(ports, BTreeMap::from([(v0.index, expected)]));
            assert_eq!(findings, []);
        })
        .unwrap();
}

#[test]
#[ignore = "netns"]
fn a_record_answers_as_the_machine_did() {
    let netns = Netns::new().unwrap();
    netns
        .ip_batch(
            "link add v0 type veth peer name v1\n\
             link set v0 up\n\
             link set v1 up\n\
             address add 192.0.2.1/24 dev v0\n\
             route add default via 192.0.2.254\n",
        )
        .unwrap();
    netns
        .run(|| {
            let mut live = Netlink::live().unwrap();
            wait_for(LIMIT, || links(&mut live)["v0"].oper_state == OperState::Up).unwrap();
            let mut findings: Vec<Finding> = Vec::new();
            let files = live.record(false, &mut findings).unwrap();
            let again = live.record(false, &mut findings).unwrap();
            assert_eq!(files["addresses"], again["addresses"]);
            let root = tempfile::tempdir().unwrap();
            std::fs::create_dir(root.path().join("netlink")).unwrap();
            for (name, bytes) in files {
                std::fs::write(root.path().join("netlink").join(name), bytes).unwrap();
            }
            let mut recorded = Netlink::recorded(root.path());
            let links = links(&mut live);
            let all = |netlink: &mut Netlink, findings: &mut Vec<Finding>| {
                let names = links.values().map(|link| (link.index, link.name.clone()));
                (
                    netlink.links(findings).unwrap(),
                    netlink.addresses(findings).unwrap(),
                    netlink.ports(&names.collect(), findings).unwrap(),
                    netlink.devlink(|_| true, findings).unwrap(),
                    netlink.devlink_ports(findings).unwrap(),
                    netlink.link(links["v0"].index, findings).unwrap(),
                    netlink.link_named("v1", findings).unwrap(),
                )
            };
            assert_eq!(
                all(&mut recorded, &mut findings),
                all(&mut live, &mut findings)
            );
            assert_eq!(recorded.rdma(&mut findings).unwrap(), None);
            assert_eq!(findings, []);
        })
        .unwrap();
}

/// Takes changes until this one comes.
fn hear(monitor: &mut Monitor, wanted: Change) {
    wait_for(LIMIT, || {
        while let Some(change) = monitor.next().unwrap() {
            if change == wanted {
                return true;
            }
        }
        false
    })
    .unwrap_or_else(|error| panic!("{wanted:?}: {error}"));
}

#[test]
#[ignore = "netns"]
fn disc_26_changes_of_links_addresses_and_default_routes_are_heard() {
    let netns = Netns::new().unwrap();
    let mut monitor = netns.run(|| Monitor::open().unwrap()).unwrap();
    assert_eq!(monitor.next().unwrap(), None);
    netns.ip("link add v0 type veth peer name v1").unwrap();
    let seen = netns.run(|| links(&mut Netlink::live().unwrap())).unwrap();
    let v0 = seen["v0"].index;
    hear(&mut monitor, Change::LinkChanged(v0));
    netns.ip("link add br0 type bridge").unwrap();
    netns.ip("link set v0 master br0 up").unwrap();
    while monitor.next().unwrap().is_some() {}
    netns.ip("link set v0 nomaster").unwrap();
    let mut heard = Vec::new();
    while let Some(change) = monitor.next().unwrap() {
        heard.push(change);
    }
    // the bridge says that its port is deleted: the link is not
    assert!(heard.contains(&Change::LinkChanged(v0)), "{heard:?}");
    assert!(!heard.contains(&Change::LinkGone(v0)), "{heard:?}");
    netns.ip("address add 192.0.2.1/24 dev v0").unwrap();
    hear(&mut monitor, Change::AddressesChanged);
    while monitor.next().unwrap().is_some() {}
    netns.ip("link set v1 up").unwrap();
    netns.ip("route add 203.0.113.0/24 via 192.0.2.9").unwrap();
    let mut rest = Vec::new();
    while let Some(change) = monitor.next().unwrap() {
        rest.push(change);
    }
    assert!(!rest.contains(&Change::RoutesChanged), "{rest:?}");
    netns.ip("route add default via 192.0.2.9").unwrap();
    hear(&mut monitor, Change::RoutesChanged);
    netns.ip("link del v0").unwrap();
    hear(&mut monitor, Change::LinkGone(v0));
}

#[test]
#[ignore = "netns"]
fn disc_27_lost_news_is_told_as_an_overrun_and_hearing_goes_on() {
    let netns = Netns::new().unwrap();
    netns.ip("link add v0 type veth peer name v1").unwrap();
    let mut monitor = netns
        .run(|| Monitor::with_room_for(4_096).unwrap())
        .unwrap();
    let flap = "link set v0 up\nlink set v0 down\n".repeat(50);
    netns.ip_batch(&flap).unwrap();
    hear(&mut monitor, Change::Overrun);
    while monitor.next().unwrap().is_some() {}
    netns.ip("link del v0").unwrap();
    wait_for(LIMIT, || {
        matches!(monitor.next().unwrap(), Some(Change::LinkGone(_)))
    })
    .unwrap();
}

#[test]
#[ignore = "netns"]
fn a_link_s_address_is_the_one_it_has_now() {
    let netns = Netns::new().unwrap();
    netns.ip("link add v0 type veth peer name v1").unwrap();
    let mac = "02:00:00:00:00:77";
    netns.ip(&format!("link set v0 address {mac}")).unwrap();
    let seen = netns.run(|| links(&mut Netlink::live().unwrap())).unwrap();
    let address = LinkAddress::Ethernet(mac.parse().unwrap());
    assert_eq!(seen["v0"].address.as_ref(), Some(&address));
}
