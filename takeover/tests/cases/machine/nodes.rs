//! The nodes. Left to others: putting them together ([`super::Builder`]).

mod odd;

use super::*;
use colvin_model::offer::Vdpa;
use colvin_takeover::Auxiliary;

/// The node of this name.
pub(in super::super) fn named(name: &str) -> Machine {
    match name {
        "intel" => intel(),
        "nvidia" => nvidia(),
        "infiniband" => infiniband(),
        "vm" => vm(),
        "accelerators" => accelerators(),
        "vmd" => odd::vmd(),
        "edge" => odd::edge(),
        "ports" => odd::ports(),
        other => panic!("no machine {other}"),
    }
}

/// Two E810 ports with eight VFs each, ens1f0's with the kernel's driver, ens1f1's for DPDK; an X710 without VFs;
/// four ports of the board: eno1 has the IPv4 default route, eno2 is in bond0, eno3 has a vlan with the IPv6
/// default route, eno4 is free.
fn intel() -> Machine {
    let mut it = Builder::default();
    it.card(Card {
        name: "ens1f0",
        address: "0000:3b:00.0",
        ..CARD
    })
    .card(Card {
        name: "ens1f1",
        address: "0000:3b:00.1",
        ..CARD
    })
    .card(Card {
        name: "ens2f0",
        address: "0000:5e:00.0",
        id: "8086:1572",
        driver: "i40e",
        numa: Some(1),
        ..CARD
    });
    let vfs = Vfs {
        pf: ("ens1f0", "0000:3b:00.0"),
        offset: 8,
        count: 8,
        id: "8086:1889",
        driver: "iavf",
        numa: Some(0),
        have_netdevs: true,
    };
    it.vfs(vfs).vfs(Vfs {
        pf: ("ens1f1", "0000:3b:00.1"),
        offset: 16,
        driver: "vfio-pci",
        have_netdevs: false,
        ..vfs
    });
    let board = Card {
        id: "8086:1533",
        driver: "igb",
        numa: None,
        is_pf: false,
        ..CARD
    };
    it.card(Card {
        name: "eno1",
        address: "0000:04:00.0",
        ..board
    })
    .card(Card {
        name: "eno2",
        address: "0000:04:00.1",
        ..board
    })
    .card(Card {
        name: "eno3",
        address: "0000:04:00.2",
        ..board
    })
    .card(Card {
        name: "eno4",
        address: "0000:04:00.3",
        ..board
    });
    let bond = it.soft("bond0", "bond");
    let vlan = it.soft("eno3.7", "vlan");
    it.change("eno2", |link| link.master = Some(bond));
    let mut parent = None;
    it.change("eno3", |link| parent = Some(link.index));
    it.change("eno3.7", |link| link.lower = parent);
    assert_ne!(bond, vlan);
    it.change("ens1f0", |link| {
        link.alt_names = vec![Symbol::from("enp59s0f0")];
    });
    it.route("eno1", false).route("eno3.7", true);
    it.fact("eno4", |facts| facts.acpi_index = Some(104));
    it.fact("ens1f0", |facts| {
        facts.ddp_profile = Some(Symbol::from("ICE Comms Package"));
    });
    it.done()
}

/// A ConnectX-6 Dx with four VFs, all with RDMA, VF 3 in a pod with its RDMA device, VF 2 there too and devlink
/// tells of its RDMA; VF 0 has a vdpa device for vhost and VF 1 one for virtio. Three subfunctions.
fn nvidia() -> Machine {
    let mut it = Builder::default();
    it.card(Card {
        name: "ens3f0np0",
        address: "0000:d8:00.0",
        id: "15b3:101d",
        driver: "mlx5_core",
        numa: Some(1),
        ..CARD
    });
    it.vfs(Vfs {
        pf: ("ens3f0np0", "0000:d8:00.0"),
        offset: 2,
        count: 4,
        id: "15b3:101e",
        driver: "mlx5_core",
        numa: Some(1),
        have_netdevs: false,
    });
    it.link("ens3f0v0", Some("0000:d8:00.2"));
    it.link("ens3f0v1", Some("0000:d8:00.3"));
    it.rdma(&["ens3f0np0", "ens3f0np0v0", "ens3f0np0v1"]);
    it.fact("ens3f0np0v0", |facts| facts.vdpa = Some(Vdpa::Vhost));
    it.fact("ens3f0np0v1", |facts| facts.vdpa = Some(Vdpa::Virtio));
    it.fact("ens3f0np0v2", |facts| facts.rdma_enabled = Some(true));
    for (name, number) in [
        ("mlx5_core.sf.4", 88),
        ("mlx5_core.sf.5", 89),
        ("mlx5_core.sf.6", 90),
    ] {
        it.facts.auxiliaries.push(Auxiliary {
            name: Symbol::from(name),
            parent: at("0000:d8:00.0"),
            number: Some(number),
            driver: (number != 90).then(|| Symbol::from("mlx5_core.sf")),
            netdev: None,
            link_type: None,
            rdma: (number == 88).then(|| Symbol::from("mlx5_4")),
            rdma_enabled: (number == 89).then_some(false),
            protected: Vec::new(),
            port_of: None,
        });
        it.ids.insert(format!("sf{number}"), name.to_owned());
    }
    it.done()
}

/// An InfiniBand card with two VFs of two partitions, and an Ethernet card without VFs.
fn infiniband() -> Machine {
    let mut it = Builder::default();
    it.card(Card {
        name: "ibs4",
        address: "0000:af:00.0",
        id: "15b3:101b",
        driver: "mlx5_core",
        ..CARD
    })
    .card(Card {
        name: "ens5",
        address: "0000:86:00.0",
        id: "15b3:101d",
        driver: "mlx5_core",
        ..CARD
    })
    .vfs(Vfs {
        pf: ("ibs4", "0000:af:00.0"),
        offset: 1,
        count: 3,
        id: "15b3:101c",
        driver: "mlx5_core",
        numa: Some(0),
        have_netdevs: false,
    });
    it.change("ibs4", |link| link.hardware_type = 32);
    it.rdma(&["ibs4", "ibs4v0", "ibs4v1", "ens5"]);
    it.fact("ibs4v0", |facts| facts.pkey = Some(0x7fff));
    it.fact("ibs4v1", |facts| facts.pkey = Some(0x000b));
    it.fact("ibs4v0", |facts| {
        facts.link_type = Some(LinkType::InfiniBand);
    });
    it.done()
}

/// A virtual machine: the link of the node, and VFs that look like NICs of their own.
fn vm() -> Machine {
    let mut it = Builder::default();
    let vf = Card {
        id: "15b3:101e",
        driver: "mlx5_core",
        is_pf: false,
        numa: None,
        ..CARD
    };
    it.card(Card {
        name: "eth0",
        address: "0000:00:03.0",
        id: "1af4:1000",
        driver: "virtio-pci",
        ..vf
    })
    .card(Card {
        name: "eth1",
        address: "0000:00:05.0",
        ..vf
    })
    .card(Card {
        name: "dpdk0",
        address: "0000:00:06.0",
        id: "8086:1889",
        driver: "vfio-pci",
        has_netdev: false,
        ..vf
    });
    it.route("eth0", false);
    it.done()
}

/// An ACC100 with two VFs, an FPGA, and the NIC of the node.
fn accelerators() -> Machine {
    let mut it = Builder::default();
    it.card(Card {
        name: "eno1",
        address: "0000:04:00.0",
        is_pf: false,
        ..CARD
    });
    it.route("eno1", false);
    let acc = Card {
        name: "acc100",
        address: "0000:8a:00.0",
        id: "8086:0d5c",
        driver: "pf-pci-stub",
        ..CARD
    };
    let fpga = Card {
        name: "fpga",
        address: "0000:b1:00.0",
        id: "8086:0b30",
        driver: "",
        numa: None,
        ..CARD
    };
    let pf = at(acc.address);
    let role = Role::Physical {
        sriov: Some(sriov(256, 2)),
    };
    let mut all = vec![function(acc, 0x12_0000, role)];
    for (name, address) in [("acc100v0", "0000:8b:00.0"), ("acc100v1", "0000:8b:00.1")] {
        let vf = Card {
            name,
            address,
            id: "8086:0d5d",
            driver: "vfio-pci",
            ..acc
        };
        all.push(function(vf, 0x12_0000, Role::Virtual { pf }));
        it.ids.insert(name.to_owned(), address.to_owned());
    }
    all.push(function(fpga, 0x12_0000, Role::Physical { sriov: None }));
    for card in [acc, fpga] {
        it.ids.insert(card.name.to_owned(), card.address.to_owned());
    }
    it.facts.accelerators = all;
    it.done()
}
