//! Random histories: whatever happens, no two blocks of a network overlap, and each was inside its ranges
//! when it was made. Left to others: examples a person reads ([`super`]).

use proptest::prelude::*;

use super::*;

/// Something that happens in a cluster.
#[derive(Clone, Copy, Debug)]
enum Event {
    Ranges(usize, u8, usize),
    NoPool,
    NoNetwork,
    Reach(u8, bool),
    NodeGone(u8),
    Use(usize, Option<Usage>),
    Delete(usize),
    Pass(u64),
    /// So many of the planned actions are done.
    Act(usize),
}

const RANGES: [&[&str]; 5] = [
    &["10.0.0.0/26"],
    &["10.0.0.32/27", "10.0.0.0/25", "2001:db8::/122"],
    &["10.0.0.0/30", "10.0.1.0/28"],
    &["2001:db8::/64", "2001:db8::/121"],
    &["10.0.0.0/24", "10.0.0.16/28"],
];
const EXCLUDE: [&[&str]; 3] = [&[], &["10.0.0.0/28", "10.0.0.40/29"], &["2001:db8::/124"]];
const SIZES: [u8; 7] = [26, 27, 28, 30, 32, 64, 125];

fn event() -> impl Strategy<Value = Event> {
    let usage = prop_oneof![
        1 => Just(None),
        1 => Just(Some(Usage::Unused)),
        1 => Just(Some(Usage::InUse)),
        3 => Just(Some(Usage::Short)),
        1 => Just(Some(Usage::Released)),
    ];
    prop_oneof![
        2 => (0..RANGES.len(), prop::sample::select(&SIZES[..]), 0..EXCLUDE.len())
            .prop_map(|(ranges, size, exclude)| Event::Ranges(ranges, size, exclude)),
        1 => Just(Event::NoPool),
        1 => Just(Event::NoNetwork),
        3 => (0..6_u8, any::<bool>()).prop_map(|(node, on)| Event::Reach(node, on)),
        1 => (0..6_u8).prop_map(Event::NodeGone),
        6 => (0..40_usize, usage).prop_map(|(block, usage)| Event::Use(block, usage)),
        1 => (0..40_usize).prop_map(Event::Delete),
        2 => (0..700_u64).prop_map(Event::Pass),
        6 => (0..12_usize).prop_map(Event::Act),
    ]
}

fn happen(cluster: &mut Cluster, now: &mut Duration, event: Event) {
    let nth = |cluster: &Cluster, place: usize| {
        let count = cluster.blocks.len().max(1);
        cluster.blocks.keys().nth(place % count).cloned()
    };
    match event {
        Event::Ranges(ranges, size, exclude) => {
            cluster.pool(RANGES[ranges], EXCLUDE[exclude]);
            let facts = cluster.networks.get_mut("green").unwrap();
            let Source::Pool(pool) = &mut facts.addresses else {
                unreachable!();
            };
            pool.block_size = size;
        }
        Event::NoPool => drop(
            cluster
                .networks
                .insert("green".to_owned(), NetworkFacts::default()),
        ),
        Event::NoNetwork => drop(cluster.networks.remove("green")),
        Event::Reach(number, on) => {
            let networks: &[&str] = if on { &["green"] } else { &[] };
            cluster
                .nodes
                .insert(format!("worker-{number}"), node(networks));
        }
        Event::NodeGone(number) => drop(cluster.nodes.remove(&format!("worker-{number}"))),
        Event::Use(place, usage) => {
            if let Some(name) = nth(cluster, place) {
                cluster.block(&name).usage = usage;
            }
        }
        Event::Delete(place) => {
            if let Some(name) = nth(cluster, place) {
                cluster.block(&name).deleting = true;
            }
        }
        Event::Pass(secs) => *now += at(secs),
        Event::Act(count) => {
            for action in cluster.plan(*now).actions.into_iter().take(count) {
                if let Step::Create { range, .. } = &action.step {
                    judge_new(cluster, range);
                }
                cluster.apply(action);
            }
        }
    }
}

/// What is made is inside the ranges, not excluded whole, and nobody's.
fn judge_new(cluster: &Cluster, range: &IpNet) {
    let facts = cluster.networks.get("green").unwrap();
    let Source::Pool(pool) = &facts.addresses else {
        panic!("a block of what is no pool");
    };
    assert!(
        pool.ranges.iter().any(|each| each.contains(range)),
        "{range}"
    );
    assert!(
        !pool.exclude.iter().any(|each| each.contains(range)),
        "{range}"
    );
    for block in cluster.blocks.values() {
        let other = block.range.as_ref().unwrap();
        let overlap = other.contains(range) || range.contains(other);
        assert!(!overlap, "{range} overlaps {other}");
    }
}

proptest! {
    #[test]
    fn no_two_blocks_of_a_network_overlap_and_each_is_inside_its_ranges(
        events in prop::collection::vec(event(), 1..80)
    ) {
        let mut cluster = Cluster::new(RANGES[0], &["worker-0", "worker-1"]);
        let mut now = at(0);
        for event in events {
            happen(&mut cluster, &mut now, event);
        }
        // in the end each node that reaches a pool has a block of each family, or is said to lack one
        let lacking = cluster.lacking();
        for action in cluster.plan(now).actions {
            cluster.apply(action);
        }
        let networks = cluster.networks.clone();
        let facts = networks.get("green").map(|facts| &facts.addresses);
        if let Some(Source::Pool(pool)) = facts {
            for family in pool.ranges.iter().map(Family::of) {
                for (name, _) in cluster.nodes.iter().filter(|(_, node)| node.reaches("green")) {
                    let lacks = lacking.get(&family).is_some_and(|nodes| nodes.contains(name));
                    let mut blocks = cluster.blocks.values();
                    let has = blocks.any(|block| {
                        let of_family = block.range.as_ref().is_ok_and(|range| Family::of(range) == family);
                        block.node == *name && of_family
                    });
                    prop_assert!(has || lacks, "{name} has no {family}: {:?}", cluster.blocks);
                }
            }
        }
    }
}
