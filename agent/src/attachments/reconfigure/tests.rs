//! Which attachments follow which Networks, and what is told of those that do not. Left to others: changing pods
//! (`agent/tests`, `attach/tests`).

use std::path::Path;

use colvin_attach::record::ClaimAttach;
use colvin_attach::sweep::Dead;
use colvin_attach::{AttachmentKey, Owner};
use colvin_kernel::netns::NetNs;
use colvin_service::Health;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};

use super::*;
use crate::attachments::scene::roots;

fn record(network: &str, reconfigure: &str, mtu: u32) -> NetworkRecord {
    serde_json::from_value(json!({
        "version": 1, "network": network, "kind": "VirtualFunction",
        "attach": {"mtu": mtu, "trust": false, "spoofCheck": true, "interfaceName": network,
            "reconfigure": reconfigure, "routes": [{"dst": "10.9.0.0/16", "gw": "10.20.4.1"}]},
    }))
    .unwrap()
}

fn records<const N: usize>(
    all: [NetworkRecord; N],
) -> BTreeMap<NetworkName, Option<NetworkRecord>> {
    let named = |record: NetworkRecord| (record.network.clone(), Some(record));
    all.map(named).into()
}

/// A device of green that was attached when it said an MTU of 1500.
fn seen() -> Seen {
    Seen {
        record: "0000:3b:00.2".to_owned(),
        key: Some(AttachmentKey {
            network: "cluster".to_owned(),
            container: "c1".to_owned(),
            ifname: "eth0".parse().unwrap(),
            name: "green0".parse().unwrap(),
        }),
        owner: Owner {
            namespace: Some("default".to_owned()),
            pod: Some("web".to_owned()),
            uid: Some("u1".to_owned()),
        },
        device: "0000:3b:00.2".parse().ok(),
        given: "0000:3b:00.2".parse().ok(),
        network: Some(OfNetwork::of(
            &record("green", "Never", 1500),
            &ClaimAttach::default(),
        )),
        is_changing: false,
        interface: "green0".parse().ok(),
        netns: None,
        state: Some(State::Applied),
        kind: None,
        since: Duration::ZERO,
        dead: None,
        this_boot: true,
        generation: 1,
    }
}

const NONE: [u32; 0] = [];

/// The MTUs that are to be.
fn wanted(seen: Seen, records: &BTreeMap<NetworkName, Option<NetworkRecord>>) -> Vec<u32> {
    let due = due(vec![seen], records);
    due.iter().filter_map(|(_, wanted)| wanted.mtu).collect()
}

#[test]
fn a_pod_follows_its_network_only_where_that_asks_for_it() {
    for (says, mtu, to_be) in [
        ("InPlace", 9000, vec![9000]),
        ("InPlace", 1500, vec![]),
        ("Never", 9000, vec![]),
    ] {
        assert_eq!(
            wanted(seen(), &records([record("green", says, mtu)])),
            to_be
        );
    }
    // of another network, of none that is known, of none at all
    assert_eq!(
        wanted(seen(), &records([record("blue", "InPlace", 9000)])),
        NONE
    );
    assert_eq!(
        wanted(seen(), &BTreeMap::from([("green".parse().unwrap(), None)])),
        NONE
    );
    let of_none = Seen {
        network: None,
        ..seen()
    };
    let green = records([record("green", "InPlace", 9000)]);
    assert_eq!(wanted(of_none, &green), NONE);
}

/// A claim's own MTU and routes are no word of the Network's.
#[test]
fn what_a_claim_said_of_its_interface_stays_when_the_network_changes() {
    let claim: ClaimAttach =
        serde_json::from_value(json!({"mtu": 1400, "routes": [{"dst": "10.8.0.0/16"}]})).unwrap();
    let at_first = record("green", "InPlace", 1500);
    let mut claimed = at_first.clone();
    claim.over(&mut claimed.attach);
    let of = |claimed: &NetworkRecord, claim: &ClaimAttach| Seen {
        network: Some(OfNetwork::of(claimed, claim)),
        ..seen()
    };
    let mut changed = record("green", "InPlace", 9000);
    changed.attach.routes.clear();
    let changed = records([changed]);
    assert_eq!(wanted(of(&claimed, &claim), &changed), NONE);
    // where it says the routes only, the MTU is the Network's
    let routes = ClaimAttach { mtu: None, ..claim };
    let mut claimed = at_first;
    routes.over(&mut claimed.attach);
    let due = due(vec![of(&claimed, &routes)], &changed);
    let (_, wanted) = &due[0];
    assert_eq!(wanted.mtu, Some(9000));
    assert_eq!(wanted.routes[0].dst.to_string(), "10.8.0.0/16");
}

#[test]
fn what_is_dead_or_not_done_is_left_to_others() {
    let green = records([record("green", "InPlace", 9000)]);
    for other in [
        Seen {
            dead: Some(Dead::NetnsGone),
            ..seen()
        },
        Seen {
            this_boot: false,
            ..seen()
        },
        Seen {
            state: Some(State::Intent),
            ..seen()
        },
        Seen {
            state: Some(State::Releasing),
            ..seen()
        },
    ] {
        assert_eq!(wanted(other, &green), NONE);
    }
}

#[test]
fn a_change_that_was_begun_is_ended_or_taken_back() {
    let begun = || Seen {
        is_changing: true,
        ..seen()
    };
    for (record, to_be) in [
        (record("green", "InPlace", 9000), 9000),
        (record("green", "InPlace", 1500), 1500),
        (record("green", "Never", 9000), 1500),
    ] {
        assert_eq!(wanted(begun(), &records([record])), [to_be]);
    }
    let gone = BTreeMap::from([("green".parse().unwrap(), None)]);
    assert_eq!(wanted(begun(), &gone), [1500]);
}

#[test]
fn what_is_not_followed_is_counted_by_network() {
    let failure = |record: &str, network: &str, why: &str| {
        let network: NetworkName = network.parse().unwrap();
        ((record.to_owned(), 1), (network, why.to_owned()))
    };
    let failures = Failures::from([
        failure("0000:3b:00.2", "green", "too much"),
        failure("0000:3b:00.3", "green", "too much"),
        failure("0000:5e:00.1", "blue", "refused"),
    ]);
    let lag = |interfaces, why: &str| Lag {
        interfaces,
        why: why.to_owned(),
    };
    let told = Unfollowed::from([
        ("blue".parse().unwrap(), lag(1, "refused")),
        ("green".parse().unwrap(), lag(2, "too much")),
    ]);
    assert_eq!(lags(&failures), told);
}

#[test]
fn an_event_is_the_pods_and_without_a_pod_there_is_none() {
    let told = event(&seen(), PodEventReason::NetworkNotFollowed, "stays").unwrap();
    assert_eq!(told.note, "0000:3b:00.2: interface green0 stays");
    assert_eq!(told.pod.to_string(), "default/web");
    let nobodys = Seen {
        owner: Owner::default(),
        ..seen()
    };
    assert_eq!(event(&nobodys, PodEventReason::NetworkFollowed, ""), None);
}

/// A node whose journal has these, and whose Networks say what is in its folder.
fn node(state: &Path, journal: &[Value]) -> Roots {
    std::fs::create_dir_all(state.join("attachments")).unwrap();
    std::fs::create_dir_all(record::networks_folder(state)).unwrap();
    for record in journal {
        let file = format!("attachments/{}.json", record["given"].as_str().unwrap());
        std::fs::write(state.join(file), line(record)).unwrap();
    }
    roots(state)
}

/// What the Network says from now on.
fn says(state: &Path, record: &NetworkRecord) {
    let path = record::networks_folder(state).join("green.json");
    let beside = path.with_extension("new");
    std::fs::write(&beside, serde_json::to_vec(record).unwrap()).unwrap();
    std::fs::rename(beside, path).unwrap();
}

/// An attachment in the namespace of this process, where it has no interface.
fn attached(device: &str, interface: Option<&str>) -> Value {
    let netns = "/proc/self/ns/net";
    let id = NetNs::open(Path::new(netns)).unwrap().id().to_string();
    let undo = interface
        .map(|name| json!({"Child": {"name": name, "word": "macvlan", "mark": "colvin m"}}));
    json!({
        "state": "Applied",
        "key": {"network": "cluster", "container": "c1", "ifname": "eth0", "name": "green0"},
        "owner": {"namespace": "default", "pod": "web", "uid": "u1"},
        "kind": "Macvlan", "given": device, "network": {"network": "green", "mtu": 1500},
        "interface": interface, "netns": {"path": netns, "id": id},
        "bootId": "boot-1", "begunNs": 7, "undo": undo.into_iter().collect::<Vec<_>>(),
        "made": {"mtu": 1500, "lease": {}},
    })
}

/// As the journal has it.
fn line(record: &Value) -> String {
    let record = record.to_string();
    let crc = record.bytes().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
        })
    });
    format!(
        "{{\"version\":1,\"crc32\":\"{:08x}\",\"record\":{record}}}\n",
        !crc
    )
}

#[tokio::test]
async fn what_a_network_says_is_followed_as_soon_as_its_record_says_it_and_a_failure_is_told_once()
{
    let top = tempfile::tempdir().unwrap();
    let state = top.path().to_owned();
    let journal = [
        attached("share-1", Some("none0")),
        attached("share-2", None),
    ];
    let roots = node(&state, &journal);
    let (sole_in, sole) = watch::channel(false);
    let (events_in, mut events) = mpsc::channel(8);
    let (unfollowed_in, mut unfollowed) = watch::channel(Arc::default());
    let reconfigure = Reconfigure {
        roots: roots.clone(),
        sole,
        events: events_in,
        unfollowed: unfollowed_in,
        metrics: AttachMetrics::register(&mut Registry::default()),
        pulse: Health::new().pulse("reconfigure", EVERY * 2),
        failures: Failures::new(),
    };
    let mtus = || {
        let seen = sweep::attachments(&roots).unwrap().into_iter();
        seen.map(|seen| seen.network.unwrap().mtu.unwrap())
            .collect::<Vec<_>>()
    };
    let without_routes = |says: &str, mtu| {
        let mut record = record("green", says, mtu);
        record.attach.routes.clear();
        record
    };
    let told = async {
        says(&state, &without_routes("InPlace", 9000));
        sleep(SETTLED * 3).await;
        assert_eq!(mtus(), [1500, 1500], "another agent acts");
        sole_in.send_replace(true);
        let event = events.recv().await.unwrap();
        assert_eq!(event.reason, PodEventReason::NetworkNotFollowed);
        assert!(
            event.note.contains("has no interface none0"),
            "{}",
            event.note
        );
        drop(unfollowed.wait_for(|it| it.len() == 1).await.unwrap());
        // a userspace driver has the other one: there is nothing to change but what is known
        assert_eq!(mtus(), [1500, 9000]);

        says(&state, &without_routes("InPlace", 1400));
        while mtus() != [1500, 1400] {
            sleep(SETTLED).await;
        }
        // it fails for the same reason: nobody is told again
        sleep(SETTLED).await;
        assert!(events.try_recv().is_err());
        says(&state, &without_routes("Never", 1300));
        drop(unfollowed.wait_for(|it| it.is_empty()).await.unwrap());
        assert_eq!(mtus(), [1500, 1400]);
    };
    tokio::select! {
        ended = reconfigure.run(CancellationToken::new()) => panic!("{ended:?}"),
        done = tokio::time::timeout(Duration::from_secs(30), told) => done.unwrap(),
    }
}
