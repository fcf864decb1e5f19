//! Nodes of a cluster, alike and not.

use proptest::prelude::*;

use super::*;

fn traits(of: &[(Trait, &str)]) -> Traits {
    of.iter()
        .map(|(of, value)| (*of, (*value).to_owned()))
        .collect()
}

/// A port with a network behind it.
fn green() -> Traits {
    traits(&[
        (Trait::Networks, "green"),
        (Trait::Driver, "ice"),
        (Trait::Link, "Up"),
        (Trait::Speed, "100G"),
        (Trait::Mtu, "9000"),
        (Trait::Neighbors, "leaf-#"),
        (Trait::Vlan, "110"),
    ])
}

/// The port for the node itself.
fn own() -> Traits {
    traits(&[
        (Trait::Driver, "igb"),
        (Trait::Link, "Up"),
        (Trait::Speed, "1G"),
        (Trait::Protected, "DefaultRoute"),
    ])
}

fn node(name: &str, uplinks: &[(&str, Traits)]) -> NodeTraits {
    let uplinks = uplinks
        .iter()
        .map(|(name, traits)| ((*name).to_owned(), traits.clone()));
    NodeTraits {
        node: name.to_owned(),
        uplinks: uplinks.collect(),
    }
}

/// So many nodes of one design, each with names of its own.
fn alike(many: usize) -> Vec<NodeTraits> {
    let one = |number| {
        let (a, b) = (format!("ens{number}"), format!("eno{number}"));
        node(&format!("worker-{number}"), &[(&a, green()), (&b, own())])
    };
    (1..=many).map(one).collect()
}

fn told(nodes: Vec<NodeTraits>) -> Vec<String> {
    let drift = drift(nodes);
    let line = |outlier: &Outlier| {
        let words: Vec<_> = outlier
            .differences
            .iter()
            .map(ToString::to_string)
            .collect();
        format!("{}: {}", outlier.group.nodes.join(", "), words.join(", "))
    };
    drift.outliers.iter().map(line).collect()
}

fn without(mut traits: Traits, which: &[Trait]) -> Traits {
    traits.retain(|of, _| !which.contains(of));
    traits
}

#[test]
fn what_differs_is_said_in_words() {
    let dead = || {
        let mut dead = without(
            green(),
            &[Trait::Networks, Trait::Speed, Trait::Neighbors, Trait::Vlan],
        );
        dead.insert(Trait::Link, "NoCarrier".to_owned());
        dead
    };
    let mut slow = green();
    slow.insert(Trait::Mtu, "1500".to_owned());
    let mut nodes = alike(20);
    nodes.extend([
        node("a", &[("eth1", dead()), ("eno1", own())]),
        node("b", &[("eth1", slow), ("eno1", own())]),
        node("c", &[("eno1", own())]),
        node(
            "d",
            &[("eth1", green()), ("eth2", green()), ("eno1", own())],
        ),
        node("e", &[]),
    ]);
    assert_eq!(
        told(nodes),
        [
            "a: green by no uplink; others have 1 at 100G, eth1: link NoCarrier; others Up",
            "b: eth1: MTU 1500; others 9000",
            "c: green by no uplink; others have 1 at 100G, one uplink fewer: ice 100G on green",
            "d: green by 2 uplinks; others have 1 at 100G, one uplink more: eth2 (ice 100G on green)",
            "e: green by no uplink; others have 1 at 100G, one uplink fewer: ice 100G on green, one uplink fewer: igb 1G",
        ]
    );
}

#[test]
fn another_design_is_a_group_of_its_own() {
    let storage = traits(&[
        (Trait::Driver, "mlx5_core"),
        (Trait::Link, "Up"),
        (Trait::Networks, "storage"),
        (Trait::Mtu, "4200"),
    ]);
    let mut nodes = alike(100);
    nodes.extend(
        (1..=9).map(|number| node(&format!("storage-{number}"), &[("p0", storage.clone())])),
    );
    let cable = without(storage, &[Trait::Networks]);
    nodes.push(node("storage-10", &[("p0", cable)]));
    let drift = drift(nodes.clone());
    assert_eq!(
        drift
            .groups
            .iter()
            .map(|group| group.nodes.len())
            .collect::<Vec<_>>(),
        [100, 9]
    );
    assert_eq!(drift.outliers.len(), 1);
    assert_eq!(drift.outliers[0].nearest, 1, "it is compared with its like");
    assert_eq!(
        told(nodes),
        ["storage-10: storage by no uplink; others have 1"]
    );
}

#[test]
fn nobody_falls_out_where_all_differ() {
    let one = |number: u32| {
        let mut traits = green();
        traits.insert(Trait::Mtu, number.to_string());
        node(&number.to_string(), &[("eth0", traits)])
    };
    let found = drift((0..3).map(one).collect());
    assert_eq!((found.groups.len(), found.outliers.len()), (3, 0));
    assert_eq!(drift(Vec::new()), Drift::default());
}

#[test]
fn several_that_differ_alike_are_told_once() {
    let mut nodes = alike(100);
    let lost = without(green(), &[Trait::Networks]);
    for (number, name) in (0..25).zip(["eth0", "eth1", "eth2", "eth3", "eth4"].iter().cycle()) {
        nodes.push(node(
            &format!("x-{number:02}"),
            &[(name, lost.clone()), ("eno1", own())],
        ));
    }
    let found = drift(nodes);
    assert_eq!(
        (
            found.groups.len(),
            found.outliers.len(),
            found.outlying_nodes()
        ),
        (1, 1, 25)
    );
    let words = found.outliers[0]
        .differences
        .iter()
        .map(ToString::to_string);
    assert_eq!(
        words.collect::<Vec<_>>(),
        ["green by no uplink; others have 1 at 100G"]
    );
}

#[test]
fn names_of_one_design_have_one_shape() {
    assert_eq!(shape("leaf-12.rack3"), "leaf-#.rack#");
    assert_eq!(shape("größe"), "größe");
    assert_eq!(["100G", "2.5G", "100M"], [100_000, 2_500, 100].map(speed));
}

proptest! {
    #[test]
    fn the_order_of_nodes_and_uplinks_never_matters(
        nodes in prop::collection::vec(prop::collection::vec(0_u32..3, 0..4), 0..12),
        turn in 0_usize..12,
    ) {
        let build = |(place, uplinks): (usize, &Vec<u32>)| {
            let uplink = |(at, mtu): (usize, &u32)| (format!("eth{at}"), traits(&[(Trait::Mtu, &mtu.to_string())]));
            NodeTraits { node: place.to_string(), uplinks: uplinks.iter().enumerate().map(uplink).collect() }
        };
        let nodes: Vec<_> = nodes.iter().enumerate().map(build).collect();
        let mut turned = nodes.clone();
        if !turned.is_empty() {
            let first = turn % turned.len();
            turned.rotate_left(first);
        }
        for node in &mut turned {
            node.uplinks.reverse();
        }
        let found = drift(nodes.clone());
        prop_assert_eq!(&found, &drift(turned));
        let told: usize = found.groups.iter().map(|group| group.nodes.len()).sum();
        prop_assert_eq!(told + found.outlying_nodes(), nodes.len(), "each node once");
        prop_assert!(found.outliers.iter().all(|outlier| !outlier.differences.is_empty()));
    }
}
