//! Decisions on a recorded machine. Left to others: the mapping's rules (`colvin_model`).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use colvin_crds::v1alpha1::NodeTopology;
use colvin_discovery::Discovery;
use colvin_model::Symbol;
use colvin_model::inventory::{Carriers, Protection};
use colvin_model::network::{Advertise, Devices, Member, NetworkSpec, NodeFacts, Term};
use colvin_model::observation::InterfaceAddress;
use colvin_testkit::machine::Machine;

use super::*;
use crate::attachments::Lag;

const ADDRESS: &str = "2001:db8::7";

/// A machine with two PFs: the first has the default route, the second this address.
fn seen() -> Seen {
    let machine = Machine::unpack("intel-82576-linux-6.12").unwrap();
    let mut discovery = Discovery::at_root(machine.path()).unwrap();
    discovery.look_all(Duration::from_secs(1_000_000));
    let inventory = discovery.inventory().clone();
    let mut addresses = discovery.observations().addresses.clone().unwrap();
    addresses.addresses.push(InterfaceAddress {
        link: inventory.uplinks[1].link.as_ref().unwrap().index,
        address: ADDRESS.parse().unwrap(),
        prefix_length: 64,
    });
    let mut observations = discovery.observations().clone();
    observations.addresses = Some(addresses.clone());
    Seen {
        carriers: Carriers::of(&observations, &inventory.uplinks),
        addresses: Some(addresses),
        inventory,
        ..Seen::default()
    }
}

fn decided(devices: Devices, term: Term, known: &[&str]) -> Decision {
    decided_with(devices, term, known, &Unfollowed::new())
}

fn decided_with(devices: Devices, term: Term, known: &[&str], unfollowed: &Unfollowed) -> Decision {
    let node = worker(known);
    let member = Member::new(Symbol::from("it"), vec![term]).unwrap();
    let name = "green".parse().unwrap();
    let green = NetworkSpec::new(name, 1, devices, false, vec![member]).unwrap();
    let no_holders = [Holders::default(), Holders::default()];
    decide(
        Facts {
            unfollowed,
            ..facts(&seen(), &node, &networks(green), &no_holders)
        },
        &mut memory(),
        Duration::ZERO,
    )
}

fn worker(known: &[&str]) -> Known {
    Known {
        uid: String::new(),
        facts: NodeFacts {
            name: Symbol::from("worker-1"),
            labels: BTreeMap::new(),
        },
        addresses: known.iter().map(|text| text.parse().unwrap()).collect(),
    }
}

fn networks(network: NetworkSpec) -> Networks {
    Networks {
        specs: vec![network],
        ..Networks::default()
    }
}

/// What is so, with who holds what by the device plugin and by claims.
fn facts<'a>(
    seen: &'a Seen,
    node: &'a Known,
    networks: &'a Networks,
    [holders, claimed]: &'a [Holders; 2],
) -> Facts<'a> {
    static NOTHING: std::sync::LazyLock<(Attached, Unfollowed, Offers, BTreeSet<Feature>)> =
        std::sync::LazyLock::new(Default::default);
    Facts {
        seen,
        node,
        networks,
        holders,
        claimed,
        attached: &NOTHING.0,
        unfollowed: &NOTHING.1,
        from_file: &NOTHING.2,
        dropped: &NOTHING.3,
    }
}

fn memory() -> Memory {
    Memory {
        membership: Membership::default(),
        offering: Offering::resume(Advertise::DevicePlugin, Offers::default(), Duration::ZERO),
        claims: Offering::resume(Advertise::Dra, Offers::default(), Duration::ZERO),
    }
}

/// Whether the second PF is on the network, and why it is protected.
fn second(decision: &Decision) -> (bool, &[String]) {
    let uplink = &decision.status.uplinks[1];
    (!uplink.networks.is_empty(), &uplink.protected)
}

#[test]
fn the_uplink_with_the_nodes_address_is_not_given_away_nor_shared_unnamed() {
    let at = seen().inventory.uplinks[1].id.to_string();
    let named = || Term::text("pciAddress", [at.parse().unwrap()]).unwrap();
    let unnamed = || Term::text("driver", ["*".parse().unwrap()]).unwrap();
    let macvlan = || Devices::Macvlan(4.try_into().unwrap());
    let functions = Devices::VirtualFunction("0-7".parse().unwrap());
    let why = ["NodeAddress".to_owned()];
    for (devices, term, on) in [
        (Devices::PhysicalFunction, named(), false),
        (macvlan(), unnamed(), false),
        (macvlan(), named(), true),
        (functions, unnamed(), true),
    ] {
        let decision = decided(devices.clone(), term.clone(), &[ADDRESS]);
        assert_eq!(second(&decision), (on, &why[..]), "{devices:?} {term}");
    }
    for known in [&[][..], &["2001:db8::8"]] {
        let decision = decided(Devices::PhysicalFunction, named(), known);
        assert_eq!(second(&decision), (true, &[][..]));
    }
}

#[test]
fn why_an_uplink_is_protected_reads_back_from_the_object() {
    let term = Term::text("driver", ["*".parse().unwrap()]).unwrap();
    let decision = decided(Devices::PhysicalFunction, term, &[ADDRESS]);
    let object = NodeTopology {
        status: decision.status,
        ..NodeTopology::default()
    };
    let observed = object.observed();
    assert_eq!(observed.unreadable, Vec::<String>::new());
    let protected = observed.inventory.uplinks.iter().map(|up| &up.protected);
    let expected = [
        vec![Protection::DefaultRoute],
        vec![Protection::NodeAddress],
    ];
    assert!(protected.eq(&expected));
}

/// DRA-26, VER-3: whoever looks at a node sees what its API server is too old for.
#[test]
fn what_the_api_server_drops_of_slices_is_a_condition_and_otherwise_there_is_none() {
    let no_holders = [Holders::default(), Holders::default()];
    let term = Term::text("driver", ["*".parse().unwrap()]).unwrap();
    let member = Member::new(Symbol::from("it"), vec![term]).unwrap();
    let name = "green".parse().unwrap();
    let green = NetworkSpec::new(name, 1, Devices::PhysicalFunction, false, vec![member]).unwrap();
    let (seen, node, networks) = (seen(), worker(&[]), networks(green));
    let told = |dropped: &BTreeSet<Feature>| {
        let facts = facts(&seen, &node, &networks, &no_holders);
        let decision = decide(Facts { dropped, ..facts }, &mut memory(), Duration::ZERO);
        let mut conditions = decision.status.conditions.into_iter();
        conditions.find(|it| it.kind == "SlicesKept")
    };
    assert_eq!(told(&BTreeSet::new()), None);
    let condition = told(&BTreeSet::from([Feature::Taints, Feature::Capacity])).unwrap();
    assert_eq!(
        (condition.status.as_str(), condition.reason.as_str()),
        ("False", "FeaturesDropped")
    );
    let message = condition.message.unwrap();
    for gate in ["DRADeviceTaints", "DRAConsumableCapacity"] {
        assert!(message.contains(gate), "{message}");
    }
}

#[test]
fn a_network_that_pods_do_not_follow_is_a_condition_and_otherwise_there_is_none() {
    let told = |unfollowed: &Unfollowed| {
        let term = Term::text("driver", ["*".parse().unwrap()]).unwrap();
        let decision = decided_with(Devices::PhysicalFunction, term, &[], unfollowed);
        let conditions = decision.status.conditions.into_iter();
        let told = conditions.map(|it| (it.kind, it.status, it.message.unwrap_or_default()));
        told.skip(1).collect::<Vec<_>>()
    };
    assert_eq!(told(&Unfollowed::new()), []);
    let lag = Lag {
        interfaces: 2,
        why: "mtu 9000 is above that of the PF".to_owned(),
    };
    let message =
        "green: 2 interfaces have what it said before: mtu 9000 is above that of the PF".to_owned();
    assert_eq!(
        told(&Unfollowed::from([("green".parse().unwrap(), lag)])),
        [("Followed".to_owned(), "False".to_owned(), message)]
    );
}

#[test]
fn what_pods_hold_by_the_api_before_is_counted_and_not_offered_by_the_new_one() {
    let (seen, node) = (seen(), worker(&[]));
    let network = |advertise| {
        let term = Term::text(
            "pciAddress",
            [seen.inventory.uplinks[1].id.to_string().parse().unwrap()],
        );
        let member = Member::new(Symbol::from("it"), vec![term.unwrap()]).unwrap();
        let devices = Devices::PhysicalFunction;
        let green = NetworkSpec::new("green".parse().unwrap(), 1, devices, false, vec![member]);
        networks(
            green
                .unwrap()
                .offered(advertise, colvin_model::network::Policy::default()),
        )
    };
    let green = "colvin.dev/green".parse().unwrap();
    let (before, after) = (network(Advertise::DevicePlugin), network(Advertise::Dra));
    let mut memory = memory();
    let nobody = [Holders::default(), Holders::default()];
    let leaving = |decision: &Decision| decision.status.uplinks[1].networks[0].leaving;
    let first = decide(
        facts(&seen, &node, &before, &nobody),
        &mut memory,
        Duration::ZERO,
    );
    let offered = memory
        .offering
        .offers()
        .get(&green)
        .unwrap()
        .devices
        .clone();
    let held = offered.keys().next().unwrap().clone();
    let somebody = [
        Holders {
            held: [(green.clone(), [(held.clone(), None)].into())].into(),
            fresh: true,
        },
        Holders::default(),
    ];
    let second = decide(
        facts(&seen, &node, &before, &somebody),
        &mut memory,
        Duration::ZERO,
    );
    assert_eq!([leaving(&first), leaving(&second)], [0, 0]);
    let third = decide(
        facts(&seen, &node, &after, &somebody),
        &mut memory,
        Duration::ZERO,
    );
    assert_eq!(leaving(&third), 1, "one pod goes on");
    let claimable = |memory: &Memory| {
        let offer = memory.claims.offers().get(&green).unwrap();
        offer.devices.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(claimable(&memory).len(), offered.len() - 1);
    assert!(!claimable(&memory).contains(&held));
    let gone = [
        Holders {
            fresh: true,
            ..Holders::default()
        },
        Holders::default(),
    ];
    let fourth = decide(
        facts(&seen, &node, &after, &gone),
        &mut memory,
        Duration::ZERO,
    );
    assert_eq!(leaving(&fourth), 0, "all have gone over");
    assert_eq!(claimable(&memory).len(), offered.len());
}
