//! Uplinks, neighbours and networks to try the mapping and the plan on. Left to others: what is tried.

use super::*;

pub(crate) fn id(address: &str) -> UplinkId {
    UplinkId::Function(address.parse().unwrap())
}

/// A PF with eight VFs possible, a link and nothing else.
pub(crate) fn uplink(index: u32, name: &str) -> Uplink {
    let address = PciAddress::from_routing_id(0, u16::try_from(index << 8).unwrap());
    let sriov = SriovCapability {
        total: 8,
        configured: 8,
        offset: 2,
        stride: 1,
        vf_device: None,
        drivers_autoprobe: None,
        virtfn: BTreeMap::new(),
    };
    let function = PciFunction {
        address,
        class: PciClass::new(0x02_0000),
        id: "8086:1592".parse().unwrap(),
        subsystem: None,
        driver: Some(Symbol::from("ice")),
        numa_node: None,
        iommu_group: None,
        pcie_root: None,
        role: Role::Physical { sriov: Some(sriov) },
        slot: None,
    };
    let link = Link {
        index: IfIndex::new(index).unwrap(),
        name: name.parse().unwrap(),
        alt_names: Vec::new(),
        alias: None,
        hardware_type: 1,
        address: None,
        permanent_address: None,
        mtu_bytes: 1500,
        admin_up: true,
        carrier: Carrier::Up,
        oper_state: OperState::Up,
        master: None,
        lower: None,
        kind: None,
        parent: None,
        function: Some(address),
        switch_id: None,
        port_name: None,
        bond: None,
    };
    Uplink {
        id: UplinkId::Function(address),
        function: Some(function),
        link: Some(link),
        state: LinkState::Up,
        port: PortFacts::default(),
        firmware: None,
        eswitch: None,
        bond: None,
        bridge: None,
        rdma: None,
        protected: Vec::new(),
        virtual_functions: Vec::new(),
        representors: Vec::new(),
        subfunctions: Vec::new(),
        neighbors: Vec::new(),
    }
}

pub(crate) fn heard(mut uplink: Uplink, neighbors: &[Neighbor]) -> Uplink {
    uplink.neighbors = neighbors.to_vec();
    uplink
}

pub(crate) fn neighbor(system: &str, vlan: u16) -> Neighbor {
    let text = |text: &str| WireText::from_wire(text.as_bytes());
    Neighbor {
        chassis_id: text("00:1c:73:00:00:01").unwrap(),
        port_id: text("Ethernet1/7").unwrap(),
        port_description: text("green bay 7"),
        system_name: text(system),
        system_description: None,
        vlan: vlan.try_into().ok(),
        vlans: Vec::new(),
        management_vlan: None,
        management_addresses: Vec::new(),
        capabilities: Vec::new(),
        max_frame_bytes: None,
        aggregation_port: None,
        source: MacAddr::new([2, 0, 0, 0, 1, 1]),
        stale: false,
    }
}

pub(crate) fn texts(attribute: &str, pattern: &str) -> Term {
    Term::text(attribute, [pattern.parse().unwrap()]).unwrap()
}

pub(crate) fn vlan(vlan: u64) -> Term {
    Term::number("neighbor.vlan", [vlan]).unwrap()
}

pub(crate) fn subnet(subnet: &str) -> Term {
    Term::subnet([subnet.parse().unwrap()]).unwrap()
}

pub(crate) fn on_node(pattern: &str) -> Term {
    Term::node([pattern.parse().unwrap()]).unwrap()
}

pub(crate) fn member(name: &str, terms: &[Term]) -> Member {
    Member::new(Symbol::from(name), terms.to_vec()).unwrap()
}

pub(crate) fn name(network: &str) -> NetworkName {
    network.parse().unwrap()
}

/// A network that gives all VFs.
pub(crate) fn network(called: &str, created: i64, members: &[Member]) -> NetworkSpec {
    giving(
        Devices::VirtualFunction(Functions::all()),
        called,
        created,
        members,
    )
}

pub(crate) fn giving(
    devices: Devices,
    called: &str,
    created: i64,
    members: &[Member],
) -> NetworkSpec {
    NetworkSpec::new(name(called), created, devices, false, members.to_vec()).unwrap()
}

/// The design's example: leaves by neighbour, a subnet, a pin.
pub(crate) fn green() -> NetworkSpec {
    let leaves = [
        texts("neighbor.systemName", "leaf-*"),
        texts("neighbor.portDescription", "green*"),
        vlan(110),
    ];
    let pin = [on_node("worker-3"), texts("interface", "ens2f0")];
    network(
        "green",
        1,
        &[
            member("leaves", &leaves),
            member("by-address", &[subnet("10.20.0.0/16")]),
            member("worker-3", &pin),
        ],
    )
}

/// A node named worker-1.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) node: NodeFacts,
    pub(crate) inventory: Inventory,
    pub(crate) addresses: Option<Addresses>,
}

impl Machine {
    pub(crate) fn with(uplinks: Vec<Uplink>) -> Self {
        Self {
            node: NodeFacts {
                name: Symbol::from("worker-1"),
                labels: BTreeMap::from([(Symbol::from("rack"), Symbol::from("b"))]),
            },
            inventory: Inventory {
                uplinks,
                findings: Vec::new(),
            },
            addresses: Some(Addresses::default()),
        }
    }

    pub(crate) fn view(&self) -> NodeView<'_> {
        NodeView {
            node: &self.node,
            inventory: &self.inventory,
            addresses: self.addresses.as_ref(),
        }
    }

    /// The answer for the first uplink.
    pub(crate) fn why(&self, networks: &[NetworkSpec], network: &str) -> String {
        let uplink = &self.inventory.uplinks[0].id;
        why(self.view(), networks, uplink, &name(network))
            .unwrap()
            .to_string()
    }
}

pub(crate) fn shares(number: u16) -> Shares {
    Shares::new(number).unwrap()
}

/// A VF of an uplink that has a PCI address, where the uplink's offset puts it.
pub(crate) fn vf(uplink: &Uplink, index: u16, usage: VfUse) -> VirtualFunction {
    let driver = match usage {
        VfUse::Here | VfUse::Elsewhere => Some(Symbol::from("iavf")),
        VfUse::Userspace => Some(Symbol::from("vfio-pci")),
        VfUse::NoDriver | VfUse::HalfCreated => None,
    };
    let pf = uplink.address().unwrap();
    VirtualFunction {
        index,
        address: pf.virtual_function(2, 1, index).unwrap(),
        device: None,
        driver,
        netdev: None,
        mac: None,
        numa_node: None,
        iommu_group: None,
        rdma: None,
        usage,
    }
}

/// The same port without a PCI function of its own.
pub(crate) fn without_function(mut uplink: Uplink) -> Uplink {
    uplink.id = UplinkId::Netdev(uplink.name().unwrap().clone());
    uplink.function = None;
    uplink.link.as_mut().unwrap().function = None;
    uplink
}
