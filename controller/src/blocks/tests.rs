//! Who gets which block. Left to others: when blocks end ([`ends`]), that nothing is given twice whatever
//! happens ([`properties`]), which subnets are free ([`super::free`]).

mod ends;
mod properties;

use super::*;
use crate::facts::{Pool, Port, Source, Spec, Standing};

/// Networks, nodes and blocks that a test changes, and since when what has been so.
#[derive(Default)]
struct Cluster {
    networks: BTreeMap<String, NetworkFacts>,
    nodes: BTreeMap<String, NodeFacts>,
    blocks: BTreeMap<String, BlockFacts>,
    waits: Waits,
    version: u64,
}

const fn at(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn nets(all: &[&str]) -> Vec<IpNet> {
    all.iter().map(|each| each.parse().unwrap()).collect()
}

fn node(networks: &[&str]) -> NodeFacts {
    let on = Standing::On {
        capacity: 8,
        allocatable: 8,
        leaving: 0,
        overlaps: Vec::new(),
    };
    let networks = networks.iter().map(|name| ((*name).to_owned(), on.clone()));
    let port = Port {
        shown: "ens2".to_owned(),
        networks: networks.collect(),
    };
    NodeFacts {
        uid: None,
        ports: [("ens2".to_owned(), port)].into(),
    }
}

impl Cluster {
    /// The network green with these ranges, and nodes that reach it.
    fn new(ranges: &[&str], nodes: &[&str]) -> Self {
        let mut cluster = Self::default();
        cluster.pool(ranges, &[]);
        for name in nodes {
            cluster.nodes.insert((*name).to_owned(), node(&["green"]));
        }
        cluster
    }

    fn pool(&mut self, ranges: &[&str], exclude: &[&str]) {
        let facts = NetworkFacts {
            addresses: Source::Pool(Pool {
                ranges: nets(ranges),
                block_size: 28,
                exclude: nets(exclude),
            }),
            ..NetworkFacts::default()
        };
        self.networks.insert("green".to_owned(), facts);
    }

    fn plan(&mut self, now: Duration) -> Plan {
        let view = View {
            networks: &self.networks,
            nodes: &self.nodes,
            blocks: &self.blocks,
        };
        plan("green", &view, &mut self.waits, now)
    }

    /// The plan, a line for each action.
    fn planned(&mut self, now: Duration) -> Vec<String> {
        let actions = self.plan(now).actions.into_iter();
        actions.map(|action| shown(&action)).collect()
    }

    fn lacking(&self) -> Lacking {
        let view = View {
            networks: &self.networks,
            nodes: &self.nodes,
            blocks: &self.blocks,
        };
        lacking("green", &view)
    }

    /// Does all that is planned, as the API server would.
    fn act(&mut self, now: Duration) {
        for action in self.plan(now).actions {
            self.apply(action);
        }
    }

    fn apply(&mut self, action: Action) {
        self.version += 1;
        let Action {
            network,
            block: name,
            step,
        } = action;
        match step {
            Step::Create { node, range } => {
                let block = BlockFacts {
                    uid: Some(format!("b{}", self.version)),
                    version: self.version,
                    network,
                    node,
                    range: Ok(range),
                    usage: None,
                    deleting: false,
                    finalizers: vec![FINALIZER.to_owned()],
                };
                let there = self.blocks.insert(name, block);
                assert_eq!(there, None, "a name is given once");
            }
            Step::Delete { uid } => {
                let block = self.blocks.get_mut(&name).unwrap();
                assert_eq!(block.uid, uid);
                block.deleting = true;
            }
            Step::Release { others, .. } => {
                let block = self.blocks.get_mut(&name).unwrap();
                block.finalizers = others;
                if block.deleting && block.finalizers.is_empty() {
                    self.blocks.remove(&name);
                }
            }
        }
    }

    fn block(&mut self, name: &str) -> &mut BlockFacts {
        self.blocks.get_mut(name).unwrap()
    }

    fn uses(&mut self, name: &str, usage: Usage) {
        self.block(name).usage = Some(usage);
    }
}

fn shown(action: &Action) -> String {
    let block = &action.block;
    match &action.step {
        Step::Create { node, range } => format!("create {block} {range} for {node}"),
        Step::Delete { .. } => format!("delete {block}"),
        Step::Release { others, .. } => format!("release {block} but for {others:?}"),
    }
}

#[test]
fn each_node_that_reaches_a_pool_gets_one_block_and_nobody_else_does() {
    let mut cluster = Cluster::new(&["10.0.0.0/24"], &["worker-1", "worker-2"]);
    cluster.nodes.insert("worker-3".to_owned(), node(&["blue"]));
    let port = Port {
        shown: "ens2".to_owned(),
        networks: [(
            "green".to_owned(),
            Standing::Refused {
                why: crate::facts::Refusal::Ambiguous,
                with: Vec::new(),
            },
        )]
        .into(),
    };
    let refused = NodeFacts {
        uid: None,
        ports: [("ens2".to_owned(), port)].into(),
    };
    cluster.nodes.insert("worker-4".to_owned(), refused);
    let expected = [
        "create green-10.0.0.0 10.0.0.0/28 for worker-1",
        "create green-10.0.0.16 10.0.0.16/28 for worker-2",
    ];
    assert_eq!(cluster.planned(at(0)), expected);
    cluster.act(at(0));
    assert_eq!(cluster.plan(at(1)), Plan::default());
    assert_eq!(cluster.lacking(), Lacking::new());
}

#[test]
fn a_network_that_is_no_pool_or_not_understood_gets_none() {
    let mut cluster = Cluster::new(&["10.0.0.0/24"], &["worker-1"]);
    for addresses in [Source::Elsewhere, Source::Unknown] {
        cluster.networks.get_mut("green").unwrap().addresses = addresses;
        assert_eq!(cluster.plan(at(0)), Plan::default());
    }
    cluster.networks.clear();
    assert_eq!(cluster.plan(at(0)), Plan::default());
}

#[test]
fn a_node_whose_blocks_all_run_short_gets_another_and_waits_for_one_at_a_time() {
    let mut cluster = Cluster::new(&["10.0.0.0/24"], &["worker-1"]);
    cluster.act(at(0));
    cluster.uses("green-10.0.0.0", Usage::InUse);
    assert_eq!(cluster.plan(at(1)), Plan::default());
    cluster.uses("green-10.0.0.0", Usage::Short);
    cluster.act(at(2));
    assert!(cluster.blocks.contains_key("green-10.0.0.16"));
    assert_eq!(cluster.plan(at(3)), Plan::default(), "it has no status yet");
    cluster.uses("green-10.0.0.16", Usage::Unused);
    assert_eq!(cluster.plan(at(4)), Plan::default());
    cluster.uses("green-10.0.0.16", Usage::Short);
    let expected = ["create green-10.0.0.32 10.0.0.32/28 for worker-1"];
    assert_eq!(cluster.planned(at(5)), expected);
}

#[test]
fn each_family_of_the_ranges_is_a_block_of_its_own() {
    let ranges = ["2001:db8:4::/64", "10.0.0.0/24"];
    let mut cluster = Cluster::new(&ranges, &["worker-1", "worker-2"]);
    let expected = [
        "create green-10.0.0.0 10.0.0.0/28 for worker-1",
        "create green-10.0.0.16 10.0.0.16/28 for worker-2",
        "create green-2001.db8.4.0.0.0.0.0 2001:db8:4::/124 for worker-1",
        "create green-2001.db8.4.0.0.0.0.10 2001:db8:4::10/124 for worker-2",
    ];
    assert_eq!(cluster.planned(at(0)), expected);
    cluster.act(at(0));
    cluster.uses("green-2001.db8.4.0.0.0.0.0", Usage::Short);
    let expected = ["create green-2001.db8.4.0.0.0.0.20 2001:db8:4::20/124 for worker-1"];
    assert_eq!(cluster.planned(at(1)), expected);
}

#[test]
fn what_is_excluded_or_anyones_even_deleted_is_not_given() {
    let mut cluster = Cluster::new(&["10.0.0.0/24"], &["worker-1"]);
    cluster.act(at(0));
    cluster.pool(&["10.0.0.0/24"], &["10.0.0.16/28"]);
    cluster.block("green-10.0.0.0").deleting = true;
    let expected = ["create green-10.0.0.32 10.0.0.32/28 for worker-1"];
    assert_eq!(cluster.planned(at(1)), expected);
}

#[test]
fn a_block_that_is_not_understood_keeps_its_network_from_others_and_is_left_alone() {
    let mut cluster = Cluster::new(&["10.0.0.0/24"], &["worker-1"]);
    cluster.act(at(0));
    let block = cluster.block("green-10.0.0.0");
    block.range = Err("unknown field".to_owned());
    block.node = String::new();
    assert_eq!(cluster.plan(at(1)), Plan::default());
    cluster.block("green-10.0.0.0").deleting = true;
    cluster.networks.clear();
    assert_eq!(cluster.plan(at(2)), Plan::default());
    assert_eq!(cluster.plan(at(9999)), Plan::default());
}

#[test]
fn who_finds_no_block_is_named_and_those_without_any_come_first() {
    let nodes = ["worker-1", "worker-2", "worker-3"];
    let mut cluster = Cluster::new(&["10.0.0.0/27"], &nodes[..1]);
    cluster.act(at(0));
    cluster.uses("green-10.0.0.0", Usage::Short);
    for name in &nodes[1..] {
        cluster.nodes.insert((*name).to_owned(), node(&["green"]));
    }
    let expected = ["create green-10.0.0.16 10.0.0.16/28 for worker-2"];
    assert_eq!(cluster.planned(at(1)), expected);
    let lacking = [(
        Family::V4,
        ["worker-3", "worker-1"].map(str::to_owned).into(),
    )];
    assert_eq!(cluster.lacking(), lacking.into());
    cluster.pool(&["10.0.0.0/27", "10.9.0.0/27"], &[]);
    assert_eq!(cluster.lacking(), Lacking::new());
}

#[test]
fn the_name_of_a_block_is_its_networks_and_its_first_address() {
    let name = |range: &str| name("green", &range.parse().unwrap());
    assert_eq!(name("10.20.4.16/28"), "green-10.20.4.16");
    assert_eq!(name("2001:db8:4::10/124"), "green-2001.db8.4.0.0.0.0.10");
    assert_eq!(name("::/124"), "green-0.0.0.0.0.0.0.0");
}

#[test]
fn four_thousand_blocks_are_planned_quickly() {
    let names: Vec<String> = (0..4000).map(|number| format!("worker-{number}")).collect();
    let nodes: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut cluster = Cluster::new(&["10.0.0.0/16", "2001:db8::/64"], &nodes);
    let begun = std::time::Instant::now();
    cluster.act(at(0));
    assert_eq!(cluster.blocks.len(), 8000);
    assert_eq!(cluster.plan(at(1)), Plan::default());
    for block in cluster.blocks.values_mut() {
        block.usage = Some(Usage::Short);
    }
    let plan = cluster.plan(at(2));
    // IPv4 has 4096 blocks
    assert_eq!(plan.actions.len(), 96 + 4000);
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
}
