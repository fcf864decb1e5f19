//! Random machines, neighbours and networks. Left to others: what holds for all of them.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// How many cases the decisive properties run with.
pub(crate) const CASES: u32 = 10_000;

/// What may be heard on a port: three leaves, some only remembered, from three addresses, which VFs
/// may have too.
pub(crate) fn neighbors() -> impl Strategy<Value = Vec<Neighbor>> {
    let one = (0u8..3, 0u8..3, any::<bool>(), 0u8..3).prop_map(|(leaf, tens, stale, source)| {
        let mut heard = neighbor(&format!("leaf-{leaf}"), 100 + 10 * u16::from(tens));
        heard.stale = stale;
        heard.source = MacAddr::new([2, 0, 0, 0, 0, source]);
        heard
    });
    prop::collection::vec(one, 0..3)
}

/// One VF: its use, its MAC address, and whether it lies where another PF has something.
type Vf = (VfUse, u8, Option<u16>);

fn virtual_functions() -> impl Strategy<Value = Vec<Vf>> {
    use VfUse::{Elsewhere, HalfCreated, Here, NoDriver, Userspace};
    let usage = select(vec![
        Here,
        Here,
        Elsewhere,
        Userspace,
        NoDriver,
        HalfCreated,
    ]);
    let misplaced = prop::option::weighted(0.1, 0u16..0x410);
    prop::collection::vec((usage, 0u8..9, misplaced), 0..6)
}

fn uplinks() -> impl Strategy<Value = Vec<Uplink>> {
    let shape = (
        prop::option::weighted(0.2, select(Protection::ALL.to_vec())),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.1),
    );
    let one = (neighbors(), shape, virtual_functions());
    prop::collection::vec(one, 0..4).prop_map(|seen| {
        let made = (1u32..).zip(seen).map(|(index, (neighbors, shape, vfs))| {
            let (protected, alone, bonded) = shape;
            let mut made = heard(uplink(index, &format!("ens{index}")), &neighbors);
            made.protected = protected.into_iter().collect();
            made.bond = bonded.then(|| "bond0".parse().unwrap());
            let vfs = (0..).zip(vfs).map(|(index, (usage, mac, misplaced))| {
                let mut one = vf(&made, index, usage);
                one.mac = Some(MacAddr::new([2, 0, 0, 0, 0, mac]));
                if let Some(id) = misplaced {
                    one.address = PciAddress::from_routing_id(0, id);
                }
                one
            });
            made.virtual_functions = vfs.collect();
            if alone {
                made.virtual_functions.clear();
                made = without_function(made);
            }
            made
        });
        let mut made: Vec<_> = made.collect();
        made.sort_by(|a, b| a.id.cmp(&b.id));
        made
    })
}

pub(crate) fn machines() -> impl Strategy<Value = Machine> {
    (uplinks(), prop::option::of(0u32..4)).prop_map(|(uplinks, addressed)| {
        let mut machine = Machine::with(uplinks);
        machine.addresses = addressed.map(|link| Addresses {
            addresses: IfIndex::new(link)
                .map(|link| InterfaceAddress {
                    link,
                    address: "10.20.0.1".parse().unwrap(),
                    prefix_length: 16,
                })
                .into_iter()
                .collect(),
            default_routes: Vec::new(),
        });
        machine
    })
}

/// Terms of every kind, made once: a case picks some.
fn all_terms() -> Vec<Term> {
    vec![
        texts("neighbor.systemName", "leaf-*"),
        texts("neighbor.systemName", "leaf-1"),
        vlan(100),
        Term::numbers("neighbor.vlan", "110-119,4000".parse().unwrap()).unwrap(),
        subnet("10.20.0.0/16"),
        on_node("worker-?"),
        on_node("worker-2"),
        texts("interface", "ens1"),
        texts("interface", "ens*"),
        texts("driver", "ice"),
    ]
}

fn devices() -> impl Strategy<Value = Devices> {
    prop_oneof![
        4 => select(vec!["0-3", "2-5", "4-7", "0-300"])
            .prop_map(|set| Devices::VirtualFunction(set.parse().unwrap())),
        1 => Just(Devices::PhysicalFunction),
        2 => select(vec![
            Devices::Macvlan(shares(3)), Devices::Ipvlan(shares(1)), Devices::Vlan(shares(2)),
        ]),
    ]
}

/// What a network is made of, in an order of its own.
pub(crate) type Parts = (i64, Devices, bool, Vec<Vec<Term>>);

pub(crate) fn parts() -> impl Strategy<Value = Vec<Parts>> {
    let terms = prop::collection::vec(select(all_terms()), 1..4);
    let members = prop::collection::vec(terms, 0..4);
    let one = (0i64..3, devices(), prop::bool::weighted(0.2), members);
    prop::collection::vec(one, 0..5)
}

/// The networks, or the same ones with everything the other way round.
pub(crate) fn made(parts: &[Parts], reversed: bool) -> Vec<NetworkSpec> {
    let turned = |terms: &Vec<Term>| {
        let mut terms = terms.clone();
        if reversed {
            terms.reverse();
        }
        terms
    };
    let one = |(position, (created, devices, exclusive, terms)): (usize, &Parts)| {
        let members = terms.iter().enumerate();
        let mut members: Vec<_> = members
            .map(|(number, terms)| member(&format!("m{number}"), &turned(terms)))
            .collect();
        if reversed {
            members.reverse();
        }
        let called = name(&format!("net-{position}"));
        NetworkSpec::new(called, *created, devices.clone(), *exclusive, members).unwrap()
    };
    let mut networks: Vec<_> = parts.iter().enumerate().map(one).collect();
    if reversed {
        networks.reverse();
    }
    networks
}

pub(crate) fn networks() -> impl Strategy<Value = Vec<NetworkSpec>> {
    parts().prop_map(|parts| made(&parts, false))
}
