//! Fixture machines: nodes as people have them. Left to others: which pools a file gives on them.

mod nodes;

use std::collections::BTreeMap;

use colvin_model::inventory::Protection;
use colvin_model::observation::{
    Addresses, Carrier, DefaultRoute, Link, Observations, OperState, PciFunction, Role,
    SriovCapability,
};
use colvin_model::{DeviceId, IfIndex, Inventory, NumaNode, PciAddress, PciClass, Symbol};
use colvin_takeover::{Facts, FunctionFacts, LinkType};

pub(super) use nodes::named;

/// A node, and short names for its devices: `ens1f0v3` is VF 3 of ens1f0, `ens1f0` the PF itself.
pub(super) struct Machine {
    pub(super) inventory: Inventory,
    pub(super) facts: Facts,
    /// The ids by the short names.
    pub(super) ids: BTreeMap<String, String>,
}

/// A machine that is being put together.
#[derive(Default)]
pub(super) struct Builder {
    seen: Observations,
    facts: Facts,
    ids: BTreeMap<String, String>,
    rdma: Vec<PciAddress>,
    routes: Vec<DefaultRoute>,
}

/// A network function or accelerator.
#[derive(Clone, Copy)]
pub(super) struct Card {
    /// Its short name, and that of its netdev.
    pub(super) name: &'static str,
    pub(super) address: &'static str,
    /// Vendor and device, such as `8086:1592`.
    pub(super) id: &'static str,
    /// `""` when none is bound.
    pub(super) driver: &'static str,
    pub(super) numa: Option<u16>,
    /// Whether it has SR-IOV.
    pub(super) is_pf: bool,
    /// Whether it has a netdev here.
    pub(super) has_netdev: bool,
}

pub(super) const CARD: Card = Card {
    name: "",
    address: "",
    id: "8086:1592",
    driver: "ice",
    numa: Some(0),
    is_pf: true,
    has_netdev: true,
};

/// VFs of a PF, one behind the other.
#[derive(Clone, Copy)]
pub(super) struct Vfs {
    /// Their PF's short name and address.
    pub(super) pf: (&'static str, &'static str),
    /// How far VF 0 is from the PF.
    pub(super) offset: u16,
    pub(super) count: u16,
    pub(super) id: &'static str,
    /// `""` when none is bound.
    pub(super) driver: &'static str,
    pub(super) numa: Option<u16>,
    /// Whether their netdevs are here.
    pub(super) have_netdevs: bool,
}

pub(super) fn at(address: &str) -> PciAddress {
    address.parse().unwrap()
}

fn id(text: &str) -> DeviceId {
    let (vendor, device) = text.split_once(':').unwrap();
    DeviceId {
        vendor: u16::from_str_radix(vendor, 16).unwrap(),
        device: u16::from_str_radix(device, 16).unwrap(),
    }
}

pub(super) fn function(card: Card, class: u32, role: Role) -> PciFunction {
    PciFunction {
        address: at(card.address),
        class: PciClass::new(class),
        id: id(card.id),
        subsystem: None,
        driver: (!card.driver.is_empty()).then(|| Symbol::from(card.driver)),
        numa_node: card.numa.map(NumaNode::new),
        iommu_group: None,
        pcie_root: None,
        role,
        slot: None,
    }
}

pub(super) fn sriov(offset: u16, configured: u16) -> SriovCapability {
    SriovCapability {
        total: 64,
        configured,
        offset,
        stride: 1,
        vf_device: None,
        drivers_autoprobe: None,
        virtfn: BTreeMap::new(),
    }
}

impl Builder {
    pub(super) fn card(&mut self, card: Card) -> &mut Self {
        let sriov = card.is_pf.then(|| sriov(8, 0));
        let function = function(card, 0x02_0000, Role::Physical { sriov });
        self.seen.functions.insert(function.address, function);
        self.facts
            .functions
            .insert(at(card.address), FunctionFacts::default());
        self.ids
            .insert(card.name.to_owned(), card.address.to_owned());
        if card.has_netdev {
            self.link(card.name, Some(card.address));
        }
        self
    }

    pub(super) fn vfs(&mut self, vfs: Vfs) -> &mut Self {
        let (name, pf) = (vfs.pf.0, at(vfs.pf.1));
        if let Role::Physical { sriov: told } = &mut self.seen.functions.get_mut(&pf).unwrap().role
        {
            *told = Some(sriov(vfs.offset, vfs.count));
        }
        for index in 0..vfs.count {
            let address = pf
                .virtual_function(vfs.offset, 1, index)
                .unwrap()
                .to_string();
            let card = Card {
                address: Box::leak(address.clone().into_boxed_str()),
                id: vfs.id,
                driver: vfs.driver,
                numa: vfs.numa,
                ..CARD
            };
            let function = function(card, 0x02_0000, Role::Virtual { pf });
            self.seen.functions.insert(function.address, function);
            self.facts
                .functions
                .insert(at(&address), FunctionFacts::default());
            let short = format!("{name}v{index}");
            if vfs.have_netdevs {
                self.link(&short, Some(&address));
            }
            self.ids.insert(short, address);
        }
        self
    }

    /// A link, with ifindexes in the order in which they are made.
    pub(super) fn link(&mut self, name: &str, function: Option<&str>) -> &mut Link {
        let number = u32::try_from(self.seen.links.len()).unwrap() + 2;
        let index = IfIndex::new(number).unwrap();
        let link = Link {
            index,
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
            function: function.map(at),
            switch_id: None,
            port_name: None,
            bond: None,
        };
        self.seen.links.entry(index).or_insert(link)
    }

    /// A link without a function: a bond, bridge or vlan.
    pub(super) fn soft(&mut self, name: &str, kind: &str) -> IfIndex {
        let link = self.link(name, None);
        link.kind = Some(Symbol::from(kind));
        link.index
    }

    pub(super) fn change(&mut self, link: &str, change: impl FnOnce(&mut Link)) -> &mut Self {
        let mut links = self.seen.links.values_mut();
        change(links.find(|it| it.name.as_str() == link).unwrap());
        self
    }

    pub(super) fn route(&mut self, link: &str, ipv6: bool) -> &mut Self {
        let mut links = self.seen.links.values();
        let link = links.find(|it| it.name.as_str() == link).unwrap().index;
        self.routes.push(DefaultRoute {
            link,
            gateway: None,
            ipv6,
        });
        self
    }

    /// Functions that have an RDMA device in sight.
    pub(super) fn rdma(&mut self, names: &[&str]) -> &mut Self {
        for name in names {
            self.rdma.push(at(&self.ids[*name]));
        }
        self
    }

    pub(super) fn fact(&mut self, name: &str, fact: impl FnOnce(&mut FunctionFacts)) -> &mut Self {
        let address = at(&self.ids[name]);
        fact(self.facts.functions.entry(address).or_default());
        self
    }

    pub(super) fn forget_facts(&mut self, name: &str) -> &mut Self {
        self.facts.functions.remove(&at(&self.ids[name]));
        self
    }

    pub(super) fn done(mut self) -> Machine {
        self.seen.addresses = Some(Addresses {
            addresses: Vec::new(),
            default_routes: self.routes,
        });
        let mut inventory = Inventory::of(&self.seen);
        for uplink in &mut inventory.uplinks {
            if uplink
                .address()
                .is_some_and(|address| self.rdma.contains(&address))
            {
                uplink.rdma = Some(Symbol::from("mlx5_0"));
            }
            for vf in &mut uplink.virtual_functions {
                if self.rdma.contains(&vf.address) {
                    vf.rdma = Some(Symbol::from("mlx5_1"));
                }
            }
        }
        Machine {
            inventory,
            facts: self.facts,
            ids: self.ids,
        }
    }
}
