//! A snapshot of a namespace with many kinds of links, and what it keeps of them.

use std::collections::BTreeMap;
use std::time::Duration;

use colvin_discovery::snapshot::take_live;
use colvin_discovery::{Discovery, clock};
use colvin_model::IfIndex;
use colvin_model::observation::Link;
use colvin_testkit::netns::Netns;

/// The links without what a snapshot replaces: addresses, and names that are made of them.
fn plain(links: &BTreeMap<IfIndex, Link>) -> Vec<Link> {
    let links = links.values().cloned().map(|link| Link {
        address: None,
        permanent_address: None,
        alt_names: link
            .alt_names
            .iter()
            .map(|name| name.as_str().len().to_string().as_str().into())
            .collect(),
        ..link
    });
    links.collect()
}

#[test]
#[ignore = "netns"]
fn a_snapshot_keeps_every_link_of_a_namespace_and_none_of_its_addresses() {
    let netns = Netns::new().unwrap();
    let batch = "link add one address 3c:ec:ef:12:34:56 type veth peer name other\n\
                 link set one up\n\
                 link set other up\n\
                 link add br0 type bridge\n\
                 link set other master br0\n\
                 link add mac0 link one type macvlan mode bridge\n\
                 link property add dev one altname enx3cecef123456\n\
                 link set one alias uplink-3c:ec:ef:12:34:56\n\
                 address add 192.0.2.7/24 dev one\n\
                 route add default via 192.0.2.1 dev one\n";
    netns.ip_batch(batch).unwrap();
    let (discovery, snapshot) = netns
        .run(|| {
            let mut discovery = Discovery::live().unwrap();
            discovery.look_all(clock::now());
            let snapshot = take_live(&discovery).unwrap();
            (discovery, snapshot)
        })
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    snapshot.archive.unpack(folder.path()).unwrap();
    let mut copy = Discovery::at_root(folder.path()).unwrap();
    copy.look_all(Duration::ZERO);

    let (live, copied) = (discovery.observations(), copy.observations());
    let mut before = plain(&live.links);
    for link in before.iter_mut().filter(|link| link.alias.is_some()) {
        let alias = "uplink-02:c0:1f:00:00";
        let new = copied.links[&link.index].alias.clone();
        assert!(
            new.as_ref()
                .is_some_and(|new| new.as_str().starts_with(alias)),
            "{new:?}"
        );
        link.alias = new;
    }
    assert_eq!(plain(&copied.links), before);
    let routes = |seen: &colvin_model::observation::Observations| {
        seen.addresses.clone().unwrap().default_routes
    };
    assert_eq!(routes(copied), routes(live));

    let text = snapshot.archive.to_string();
    for form in [
        "3c:ec:ef:12:34:56",
        "3cecef123456",
        "3c ec ef 12 34 56",
        "3e ec ef ff fe 12 34 56",
    ] {
        assert!(!text.contains(form), "{form} is in the snapshot");
    }
}
