//! Attacks from the wire, each with how the port stands with every network after every look.
//!
//! Left to others: bytes and counts of frames (`lldp-rs`), floods of them (`colvin-discovery`), random
//! ones (`widening`).

use super::*;

/// One look: who is heard, and how many frames in a row said so.
type Look = (Vec<Neighbor>, u32);

struct Case {
    attack: &'static str,
    looks: Vec<Look>,
    /// After each look the networks that a member matches, and why each is not on the port.
    standings: Vec<Vec<&'static str>>,
}

const ON_GREEN: [&str; 2] = ["green: on", "pinned: on"];
const PINNED_ALONE: [&str; 1] = ["pinned: on"];
const BLUE_ONCE: &str = "blue: the neighbour said so once, the next frame decides";

/// Green and blue believe a neighbour, guarded asks for an address too, pinned for no neighbour;
/// escaped spells a name that needed escapes.
fn networks() -> Vec<NetworkSpec> {
    let one = |called: &str, created, terms: &[Term]| {
        giving(
            Devices::Macvlan(shares(1)),
            called,
            created,
            &[member("only", terms)],
        )
    };
    let name = |pattern: &str| texts("neighbor.systemName", pattern);
    vec![
        one("green", 1, &[name("leaf-1"), vlan(110)]),
        one("blue", 2, &[name("leaf-9"), vlan(120)]),
        one("guarded", 3, &[name("leaf-9"), subnet("10.20.0.0/16")]),
        one("pinned", 4, &[texts("interface", "ens4")]),
        one("escaped", 5, &[name("evil\\x1b[2J*")]),
    ]
}

fn leaf_1() -> Neighbor {
    neighbor("leaf-1", 110)
}

fn leaf_9() -> Neighbor {
    neighbor("leaf-9", 120)
}

fn named(bytes: &[u8]) -> Neighbor {
    Neighbor {
        system_name: WireText::from_wire(bytes),
        ..leaf_1()
    }
}

fn from(source: u8) -> Neighbor {
    Neighbor {
        source: MacAddr::new([2, 0, 0, 0, 9, source]),
        ..leaf_1()
    }
}

fn remembered(one: Neighbor) -> Neighbor {
    Neighbor { stale: true, ..one }
}

/// A port in peace, then under attack.
fn attacked(
    attack: &'static str,
    heard: &[Neighbor],
    frames: u32,
    standings: &[&'static str],
) -> Case {
    Case {
        attack,
        looks: vec![(vec![leaf_1()], 2), (heard.to_vec(), frames)],
        standings: vec![ON_GREEN.to_vec(), standings.to_vec()],
    }
}

/// The port after these looks: green and pinned are what it held before.
fn standings(looks: &[Look]) -> Vec<Vec<String>> {
    let (networks, mut membership) = (networks(), Membership::default());
    let mut port = uplink(4, "ens4");
    let mut own = vf(&port, 0, VfUse::Here);
    own.mac = Some(from(0xff).source);
    port.virtual_functions = vec![own];
    let mut look = |(neighbors, frames): &Look| {
        let machine = Machine::with(vec![heard(port.clone(), neighbors)]);
        let found = match_members(machine.view(), &networks);
        let map = settle(membership.confirm(found, |_| *frames), &networks);
        let of_port = map.uplinks.get(&id("0000:04:00.0")).into_iter().flatten();
        let shown = of_port.map(|(network, standing)| match standing {
            Standing::On(_) => format!("{network}: on"),
            Standing::Refused(refusal) => format!("{network}: {refusal}"),
        });
        shown.collect()
    };
    looks.iter().map(&mut look).collect()
}

/// Attacks that make it uncertain who speaks.
fn contentions() -> Vec<Case> {
    let flood: Vec<_> = (0..200).map(from).collect();
    vec![
        attacked(
            "a flood of neighbours",
            &flood,
            200,
            &[
                "green: 200 neighbours speak on the port, so it is on no network",
                "pinned: 200 neighbours speak on the port, so it is on no network",
            ],
        ),
        attacked(
            "a second neighbour",
            &[leaf_1(), leaf_9()],
            2,
            &[
                "blue: 2 neighbours speak on the port, so it is on no network",
                "green: 2 neighbours speak on the port, so it is on no network",
                "pinned: 2 neighbours speak on the port, so it is on no network",
            ],
        ),
        attacked(
            "a second neighbour that says the same",
            &[from(1), from(2)],
            9,
            &[
                "green: 2 neighbours speak on the port, so it is on no network",
                "pinned: 2 neighbours speak on the port, so it is on no network",
            ],
        ),
        attacked(
            "a pod sends from its VF",
            &[from(0xff)],
            9,
            &[
                "green: LLDP frames come from the node's own VF 0000:04:00.2, so it is on no network",
                "pinned: LLDP frames come from the node's own VF 0000:04:00.2, so it is on no network",
            ],
        ),
    ]
}

/// Attacks by names.
fn names() -> Vec<Case> {
    let controls: Vec<u8> = (0..255_u8).map(|byte| byte % 0x20).collect();
    let mut hidden = b"leaf-1".to_vec();
    hidden.extend([0x1b; 249]);
    vec![
        attacked(
            "another leaf's name, once",
            &[leaf_9()],
            1,
            &[BLUE_ONCE, "pinned: on"],
        ),
        attacked(
            "another leaf's name, for good: what a neighbour's word alone grants, and no more",
            &[leaf_9()],
            2,
            &["blue: on", "pinned: on"],
        ),
        attacked(
            "255 control characters",
            &[named(&controls)],
            9,
            &PINNED_ALONE,
        ),
        attacked(
            "a right name with 249 escapes behind",
            &[named(&hidden)],
            9,
            &PINNED_ALONE,
        ),
        attacked(
            "a right name with a reversal in it",
            &[named("leaf\u{202e}-1".as_bytes())],
            9,
            &PINNED_ALONE,
        ),
        attacked("a wildcard for a name", &[named(b"*")], 9, &PINNED_ALONE),
        attacked(
            "a name that needs escapes is matched as it is shown",
            &[named(b"evil\x1b[2J-7")],
            2,
            &["escaped: on", "pinned: on"],
        ),
    ]
}

/// Attacks by when frames come.
fn timings() -> Vec<Case> {
    let flips = vec![
        (vec![leaf_1()], 2),
        (vec![leaf_9()], 1),
        (vec![leaf_1()], 1),
        (vec![leaf_9()], 1),
    ];
    vec![
        Case {
            attack: "frames that flip between two names",
            looks: flips,
            standings: vec![
                ON_GREEN.to_vec(),
                vec![BLUE_ONCE, "pinned: on"],
                vec![
                    "green: the neighbour said so once, the next frame decides",
                    "pinned: on",
                ],
                vec![BLUE_ONCE, "pinned: on"],
            ],
        },
        attacked("a farewell (TTL 0)", &[], 0, &PINNED_ALONE),
        Case {
            attack: "a new name after a restart that remembers another",
            looks: vec![
                (vec![leaf_1()], 2),
                (vec![remembered(leaf_1())], 0),
                (vec![remembered(leaf_1()), leaf_9()], 1),
                (vec![remembered(leaf_1()), leaf_9()], 2),
            ],
            standings: vec![
                ON_GREEN.to_vec(),
                ON_GREEN.to_vec(),
                vec![BLUE_ONCE, "pinned: on"],
                vec!["blue: on", "pinned: on"],
            ],
        },
        Case {
            attack: "a memory that somebody wrote",
            looks: vec![
                (vec![remembered(leaf_9())], 0),
                (vec![remembered(leaf_9())], 0),
            ],
            standings: vec![vec![BLUE_ONCE, "pinned: on"]; 2],
        },
    ]
}

#[test]
fn lldp_16_an_attack_takes_the_port_off_its_networks_or_gives_what_was_granted() {
    let cases = contentions().into_iter().chain(names()).chain(timings());
    for case in cases {
        assert_eq!(standings(&case.looks), case.standings, "{}", case.attack);
    }
}
