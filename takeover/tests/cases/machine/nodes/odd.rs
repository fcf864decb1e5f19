//! Nodes with something odd. Left to others: nodes as they should be.

use super::*;

/// Two cards whose addresses differ in the domain alone, one behind VMD.
pub(super) fn vmd() -> Machine {
    let mut it = Builder::default();
    for (name, address) in [("ens6", "0000:e1:00.0"), ("ens7", "10000:e1:00.0")] {
        it.card(Card {
            name,
            address,
            ..CARD
        })
        .vfs(Vfs {
            pf: (name, address),
            offset: 8,
            count: 2,
            id: "8086:1889",
            driver: "iavf",
            numa: None,
            have_netdevs: true,
        });
    }
    it.done()
}

/// Odd VFs of ens1: 0 has the node's own traffic, 1 is in bridge br0, 2 has no driver, 3 is not made whole,
/// 4 is as it should be, of 5 nothing more is known. The PF of the VFs of ens2 has no netdev here.
pub(super) fn edge() -> Machine {
    let mut it = Builder::default();
    let vfs = Vfs {
        pf: ("ens1", "0000:3b:00.0"),
        offset: 8,
        count: 6,
        id: "8086:1889",
        driver: "iavf",
        numa: Some(0),
        have_netdevs: true,
    };
    it.card(Card {
        name: "ens1",
        address: "0000:3b:00.0",
        ..CARD
    })
    .vfs(vfs);
    it.card(Card {
        name: "ens2",
        address: "0000:5e:00.0",
        driver: "vfio-pci",
        has_netdev: false,
        ..CARD
    });
    it.vfs(Vfs {
        pf: ("ens2", "0000:5e:00.0"),
        count: 2,
        driver: "vfio-pci",
        have_netdevs: false,
        ..vfs
    });
    it.fact("ens1v0", |facts| {
        facts.protected = vec![Protection::DefaultRoute];
    });
    it.fact("ens1v1", |facts| {
        facts.port_of = Some("br0".parse().unwrap());
    });
    it.forget_facts("ens1v5");
    let (unbound, unmade) = (at(&it.ids["ens1v2"]), at(&it.ids["ens1v3"]));
    it.seen.functions.get_mut(&unbound).unwrap().driver = None;
    it.seen.functions.remove(&unmade);
    it.seen
        .links
        .retain(|_, link| link.function != Some(unmade) && link.function != Some(unbound));
    it.done()
}

/// Netdevs that the node itself uses: ens1 is in a bridge, ens2 in an Open vSwitch. A ConnectX-6 Dx with four
/// subfunctions: the node's default route goes by number 1, number 2 is in the bridge, number 3 is InfiniBand, and number
/// 4 is in a pod, where devlink tells of its RDMA. odd0 and its subfunction, number 9, are of a class that is no network's.
pub(super) fn ports() -> Machine {
    let mut it = Builder::default();
    let board = Card {
        id: "8086:1533",
        driver: "igb",
        is_pf: false,
        ..CARD
    };
    it.card(Card {
        name: "ens1",
        address: "0000:04:00.0",
        ..board
    })
    .card(Card {
        name: "ens2",
        address: "0000:04:00.1",
        ..board
    })
    .card(Card {
        name: "ens3np0",
        address: "0000:d8:00.0",
        id: "15b3:101d",
        driver: "mlx5_core",
        ..CARD
    });
    let bridge = it.soft("br0", "bridge");
    let switch = it.soft("ovs-system", "openvswitch");
    it.change("ens1", |link| link.master = Some(bridge));
    it.change("ens2", |link| link.master = Some(switch));
    for number in 1..=4 {
        let name = format!("mlx5_core.sf.{number}");
        let auxiliary = Auxiliary {
            name: Symbol::from(name.as_str()),
            parent: at("0000:d8:00.0"),
            number: Some(number),
            driver: Some(Symbol::from("mlx5_core.sf")),
            netdev: (number != 4).then(|| format!("ens3s{number}").parse().unwrap()),
            link_type: (number == 3).then_some(LinkType::InfiniBand),
            rdma: None,
            rdma_enabled: (number == 4).then_some(true),
            protected: if number == 1 {
                vec![Protection::DefaultRoute]
            } else {
                Vec::new()
            },
            port_of: (number == 2).then(|| "br0".parse().unwrap()),
        };
        it.facts.auxiliaries.push(auxiliary);
        it.ids.insert(format!("sf{number}"), name);
    }
    it.card(Card {
        name: "odd0",
        address: "0000:e1:00.0",
        driver: "odd",
        ..board
    });
    let odd = at("0000:e1:00.0");
    it.seen.functions.get_mut(&odd).unwrap().class = PciClass::new(0x0c_0600);
    it.facts.auxiliaries.push(Auxiliary {
        name: Symbol::from("odd.sf.9"),
        parent: odd,
        number: Some(9),
        protected: Vec::new(),
        port_of: None,
        ..it.facts.auxiliaries[2].clone()
    });
    it.done()
}
