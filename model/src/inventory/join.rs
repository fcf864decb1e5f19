//! Functions, links, RDMA devices and neighbours joined to uplinks, by PCI address and ifindex.
//!
//! Left to others: what is odd about the result (`oddity`), what is protected (`protection`).

use std::collections::BTreeMap;

use super::port::{alone, has_a_wire, is_subfunction};
use super::virtual_function::is_for_userspace;
use super::{LinkState, Subfunction, Uplink, UplinkId, VfUse, VirtualFunction};
use crate::observation::{Link, Observations, PciFunction, Role};
use crate::{IfIndex, IfName, PciAddress, Symbol};

/// What is looked up per function, made once so that a thousand VFs cost a thousand look-ups.
struct Index<'a> {
    seen: &'a Observations,
    /// The links of each function, in order of the functions.
    links: Vec<(PciAddress, &'a Link)>,
    rdma: BTreeMap<PciAddress, &'a Symbol>,
    children: BTreeMap<PciAddress, Vec<&'a PciFunction>>,
}

/// The uplinks, and what has no place below them.
pub(super) struct Joined {
    /// In order of their ids.
    pub(super) uplinks: Vec<Uplink>,
    /// PFs that are named by VFs which have no index below them, and the first such VF.
    pub(super) strays: BTreeMap<PciAddress, PciAddress>,
}

pub(super) fn join(seen: &Observations) -> Joined {
    let index = Index::of(seen);
    let mut joined = Joined {
        uplinks: Vec::new(),
        strays: BTreeMap::new(),
    };
    for function in seen.functions.values() {
        if let Role::Physical { .. } = function.role {
            index.uplinks_of(function, &mut joined);
        }
    }
    let named = alone(seen);
    joined.uplinks.extend(
        named.map(|link| index.uplink(UplinkId::Netdev(link.name.clone()), None, Some(link))),
    );
    joined.uplinks.sort_by(|a, b| a.id.cmp(&b.id));
    joined
}

impl<'a> Index<'a> {
    fn of(seen: &'a Observations) -> Self {
        let hardware = seen.links.values().filter(|link| link.kind.is_none());
        let mut links: Vec<_> = hardware
            .filter_map(|link| Some((link.function?, link)))
            .collect();
        links.sort_by_key(|(function, _)| *function);
        let own = seen.rdma.iter().filter(|it| it.subfunction.is_none());
        let rdma = own.filter_map(|device| Some((device.function?, &device.name)));
        let mut children: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for function in seen.functions.values() {
            if let Role::Virtual { pf } = function.role {
                children.entry(pf).or_default().push(function);
            }
        }
        Self {
            seen,
            links,
            rdma: rdma.collect(),
            children,
        }
    }

    /// A function's links, in order of their indexes.
    fn links_of(&self, function: PciAddress) -> impl Iterator<Item = &'a Link> {
        let first = self.links.partition_point(|(of, _)| *of < function);
        let rest = self.links.get(first..).unwrap_or_default().iter();
        rest.take_while(move |(of, _)| *of == function)
            .map(|(_, link)| *link)
    }

    /// A function's uplink; a card with two ports behind one function gives two.
    fn uplinks_of(&self, function: &PciFunction, joined: &mut Joined) {
        let links = || self.links_of(function.address);
        let own = |link: &&Link| has_a_wire(link, self.seen) && !is_subfunction(link);
        let mut ports = links().filter(own);
        let has_rdma = self.rdma.contains_key(&function.address);
        let first = ports.next();
        if first.is_none() && !function.class.is_network() && !has_rdma {
            return;
        }
        let mut uplink = self.uplink(UplinkId::Function(function.address), Some(function), first);
        uplink.virtual_functions = self.virtual_functions_of(function, &mut joined.strays);
        uplink.representors = links()
            .filter(|link| !has_a_wire(link, self.seen) && !is_subfunction(link))
            .map(|link| link.name.clone())
            .collect();
        uplink.representors.sort();
        uplink.subfunctions = links().filter_map(subfunction).collect();
        uplink.subfunctions.sort();
        joined.uplinks.push(uplink);
        for link in ports {
            joined
                .uplinks
                .push(self.uplink(UplinkId::Netdev(link.name.clone()), None, Some(link)));
        }
    }

    fn uplink(&self, id: UplinkId, function: Option<&PciFunction>, link: Option<&Link>) -> Uplink {
        let at = function.map(|function| function.address);
        let index = link.map(|link| link.index);
        let of_link = |index: Option<IfIndex>| index.and_then(|index| self.seen.ports.get(&index));
        let port = of_link(index).cloned().unwrap_or_default();
        let devlink = at.and_then(|at| self.seen.devlink.get(&at));
        let master = link.and_then(|link| self.seen.links.get(&link.master?));
        let named = |kinds: &[&str]| -> Option<IfName> {
            let master = master?;
            let kind = master.kind.as_ref()?;
            kinds.contains(&kind.as_str()).then(|| master.name.clone())
        };
        Uplink {
            state: LinkState::of(link),
            firmware: devlink
                .and_then(|d| d.firmware.clone())
                .or_else(|| port.firmware.clone()),
            eswitch: devlink.and_then(|devlink| devlink.eswitch),
            bond: named(&["bond", "team"]),
            bridge: named(&["bridge", "openvswitch"]),
            rdma: at
                .and_then(|at| self.rdma.get(&at))
                .map(|name| (*name).clone()),
            protected: Vec::new(),
            virtual_functions: Vec::new(),
            representors: Vec::new(),
            subfunctions: Vec::new(),
            neighbors: index
                .and_then(|i| self.seen.neighbors.get(&i))
                .cloned()
                .unwrap_or_default(),
            id,
            function: function.cloned(),
            link: link.cloned(),
            port,
        }
    }

    /// The VFs: those that name this PF, and those that the PF names and that are not there yet.
    fn virtual_functions_of(
        &self,
        pf: &PciFunction,
        strays: &mut BTreeMap<PciAddress, PciAddress>,
    ) -> Vec<VirtualFunction> {
        let Role::Physical { sriov: Some(sriov) } = &pf.role else {
            return Vec::new();
        };
        let named = |address: PciAddress| {
            let mut names = sriov.virtfn.iter();
            names
                .rfind(|(_, vf)| **vf == address)
                .map(|(index, _)| *index)
        };
        let children = self.children.get(&pf.address);
        let mut vfs = Vec::with_capacity(children.map_or(0, Vec::len));
        for function in children.into_iter().flatten() {
            let reckoned = pf
                .address
                .index_of(sriov.offset, sriov.stride, function.address);
            match reckoned.or_else(|| named(function.address)) {
                Some(index) => vfs.push(self.virtual_function(index, function)),
                None => {
                    strays.entry(pf.address).or_insert(function.address);
                }
            }
        }
        vfs.sort_by_key(|vf| vf.index);
        let is_there = |index: &u16| vfs.binary_search_by_key(index, |vf| vf.index).is_ok();
        let missing: Vec<u16> = (0..sriov.configured).filter(|i| !is_there(i)).collect();
        for index in missing {
            let reckoned = || {
                pf.address
                    .virtual_function(sriov.offset, sriov.stride, index)
            };
            if let Some(address) = sriov.virtfn.get(&index).copied().or_else(reckoned) {
                vfs.push(half_created(index, address));
            }
        }
        vfs.sort_by_key(|vf| vf.index);
        vfs
    }

    fn virtual_function(&self, index: u16, function: &PciFunction) -> VirtualFunction {
        let link = self
            .links_of(function.address)
            .find(|link| !is_subfunction(link));
        let usage = match (&function.driver, link) {
            (None, _) => VfUse::NoDriver,
            (Some(driver), _) if is_for_userspace(driver.as_str()) => VfUse::Userspace,
            (Some(_), Some(_)) => VfUse::Here,
            (Some(_), None) => VfUse::Elsewhere,
        };
        VirtualFunction {
            index,
            address: function.address,
            device: Some(function.id.device),
            driver: function.driver.clone(),
            netdev: link.map(|link| link.name.clone()),
            mac: link.and_then(|link| link.address.as_ref()?.mac()),
            numa_node: function.numa_node,
            iommu_group: function.iommu_group,
            rdma: self.rdma.get(&function.address).map(|name| (*name).clone()),
            usage,
        }
    }
}

fn subfunction(link: &Link) -> Option<Subfunction> {
    let name = is_subfunction(link)
        .then_some(link.parent.as_ref())??
        .name
        .clone();
    Some(Subfunction {
        name,
        netdev: Some(link.name.clone()),
    })
}

fn half_created(index: u16, address: PciAddress) -> VirtualFunction {
    VirtualFunction {
        index,
        address,
        device: None,
        driver: None,
        netdev: None,
        mac: None,
        numa_node: None,
        iommu_group: None,
        rdma: None,
        usage: VfUse::HalfCreated,
    }
}
