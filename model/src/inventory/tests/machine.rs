//! Small machines to try the join on. Left to others: what is tried.

use super::*;

pub(super) fn at(address: &str) -> PciAddress {
    address.parse().unwrap()
}

pub(super) fn function(address: &str, role: Role) -> PciFunction {
    PciFunction {
        address: at(address),
        class: PciClass::new(0x02_0000),
        id: DeviceId {
            vendor: 0x15b3,
            device: 0x101d,
        },
        subsystem: None,
        driver: Some(Symbol::from("mlx5_core")),
        numa_node: Some(NumaNode::new(1)),
        iommu_group: Some(7),
        pcie_root: Some(Symbol::from("pci0000:3a")),
        role,
        slot: None,
    }
}

pub(super) fn pf(address: &str, configured: u16) -> PciFunction {
    let place = |index| at(address).virtual_function(2, 1, index);
    let sriov = SriovCapability {
        total: 8,
        configured,
        offset: 2,
        stride: 1,
        vf_device: Some(0x101e),
        drivers_autoprobe: Some(true),
        virtfn: (0..configured)
            .filter_map(|index| Some((index, place(index)?)))
            .collect(),
    };
    function(address, Role::Physical { sriov: Some(sriov) })
}

pub(super) fn vf(address: &str, owner: &str) -> PciFunction {
    function(address, Role::Virtual { pf: at(owner) })
}

pub(super) fn link(index: u32, name: &str, function: Option<&str>) -> Link {
    Link {
        index: IfIndex::new(index).unwrap(),
        name: name.parse().unwrap(),
        alt_names: vec![Symbol::from("enp59s0f0np0")],
        alias: None,
        hardware_type: 1,
        address: LinkAddress::from_bytes(&[2, 0, 0, 0, 0, u8::try_from(index).unwrap()]),
        permanent_address: None,
        mtu_bytes: 1500,
        admin_up: true,
        carrier: Carrier::Up,
        oper_state: OperState::Up,
        master: None,
        lower: None,
        kind: None,
        parent: function.map(|address| LinkParent {
            bus: Symbol::from("pci"),
            name: Symbol::from(address),
        }),
        function: function.map(at),
        switch_id: None,
        port_name: None,
        bond: None,
    }
}

pub(super) fn observations(functions: Vec<PciFunction>, links: Vec<Link>) -> Observations {
    Observations {
        functions: functions
            .into_iter()
            .map(|function| (function.address, function))
            .collect(),
        links: links.into_iter().map(|link| (link.index, link)).collect(),
        addresses: Some(Addresses::default()),
        ..Observations::default()
    }
}

pub(super) fn neighbor(name: &str) -> Neighbor {
    let text = |text: &str| WireText::from_wire(text.as_bytes());
    Neighbor {
        chassis_id: text("00:1c:73:00:00:01").unwrap(),
        port_id: text("Ethernet1/7").unwrap(),
        port_description: text("green bay 7"),
        system_name: text(name),
        system_description: None,
        vlan: 110.try_into().ok(),
        vlans: vec![NamedVlan {
            id: 110.try_into().unwrap(),
            name: text("green"),
        }],
        management_vlan: None,
        management_addresses: Vec::new(),
        capabilities: Vec::new(),
        max_frame_bytes: Some(9236),
        aggregation_port: None,
        source: MacAddr::new([2, 0, 0, 0, 1, 1]),
        stale: false,
    }
}

/// A card in switchdev mode with two VFs, one of them elsewhere, all facts known.
pub(crate) fn switchdev_card() -> Inventory {
    let pf_link = Link {
        port_name: Some(Symbol::from("p0")),
        master: IfIndex::new(9),
        ..link(2, "ens2f0np0", Some("0000:3b:00.0"))
    };
    let representor = |index, name: &str, port: &str| Link {
        port_name: Some(Symbol::from(port)),
        ..link(index, name, Some("0000:3b:00.0"))
    };
    let bond = Link {
        kind: Some(Symbol::from("bond")),
        ..link(9, "bond0", None)
    };
    let mut seen = observations(
        vec![
            pf("0000:3b:00.0", 2),
            vf("0000:3b:00.2", "0000:3b:00.0"),
            vf("0000:3b:00.3", "0000:3b:00.0"),
        ],
        vec![
            pf_link,
            representor(3, "ens2f0npf0vf0", "pf0vf0"),
            representor(4, "ens2f0npf0vf1", "pf0vf1"),
            link(5, "ens2f0v0", Some("0000:3b:00.2")),
            bond,
        ],
    );
    let index = IfIndex::new(2).unwrap();
    seen.ports.insert(
        index,
        PortFacts {
            speed_mbps: Some(100_000),
            ..PortFacts::default()
        },
    );
    seen.rdma.push(RdmaDevice {
        subfunction: None,
        name: Symbol::from("mlx5_0"),
        function: Some(at("0000:3b:00.0")),
        link_layer: None,
    });
    let devlink = DevlinkDevice {
        function: at("0000:3b:00.0"),
        firmware: Some(Symbol::from("22.31.1014")),
        application: None,
        serial: None,
        eswitch: Some(EswitchMode::Switchdev),
    };
    seen.devlink.insert(devlink.function, devlink);
    let route = DefaultRoute {
        link: IfIndex::new(9).unwrap(),
        gateway: None,
        ipv6: false,
    };
    seen.addresses = Some(Addresses {
        addresses: Vec::new(),
        default_routes: vec![route],
    });
    seen.neighbors.insert(index, vec![neighbor("leaf-12")]);
    Inventory::of(&seen)
}
