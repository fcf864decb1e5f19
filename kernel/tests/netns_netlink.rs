//! Netlink against the real kernel, in namespaces of its own: veths, bridges, macvlans, thousands of
//! links, dumps while links come and go. What no host here has (VFs, bonds, devlink, RDMA) is tested
//! on made messages beside the code.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "test: a surprise is a failure"
)]

#[path = "netns_netlink/monitor.rs"]
mod monitor;
#[path = "netns_netlink/node.rs"]
mod node;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use colvin_kernel::netlink::{DumpError, Netlink};
use colvin_model::observation::{Carrier, Link, OperState};
use colvin_model::{IfIndex, LinkAddress};
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
fn a_link_s_address_is_the_one_it_has_now() {
    let netns = Netns::new().unwrap();
    netns.ip("link add v0 type veth peer name v1").unwrap();
    let mac = "02:00:00:00:00:77";
    netns.ip(&format!("link set v0 address {mac}")).unwrap();
    let seen = netns.run(|| links(&mut Netlink::live().unwrap())).unwrap();
    let address = LinkAddress::Ethernet(mac.parse().unwrap());
    assert_eq!(seen["v0"].address.as_ref(), Some(&address));
}
