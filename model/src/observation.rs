//! What the sources saw: facts as they came, joined with nothing.
//!
//! A source delivers one [`Observation`] per look, whole or for some keys only; [`Observations`]
//! holds the latest of each. A source that failed delivers nothing, so its last facts stand, and a
//! finding that says so. Left to others: looking (`colvin-discovery`), joining
//! ([`crate::inventory`]).

mod address;
mod function;
mod link;
mod neighbor;
mod port;
mod rdma;

use std::collections::BTreeMap;

pub use address::{Addresses, DefaultRoute, InterfaceAddress};
pub use function::{PciFunction, Role, SlotLink, SriovCapability};
pub use link::{BondMember, Carrier, Link, LinkParent, OperState};
pub use neighbor::{Capability, NamedVlan, Neighbor, WireText};
pub use port::{DevlinkDevice, DevlinkFlavour, DevlinkPort, EswitchMode, PortFacts};
pub use rdma::RdmaDevice;

use crate::{Finding, IfIndex, PciAddress, Symbol};

/// What one look saw of things of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look<K, V> {
    /// Everything there is: what is not in it is gone.
    Whole(BTreeMap<K, V>),
    /// Some keys only: `None` says that the thing is gone. What is not in it is as it was.
    Part(BTreeMap<K, Option<V>>),
}

impl<K: Ord, V> Look<K, V> {
    /// Brings `facts` up to date with this look.
    pub fn apply_to(self, facts: &mut BTreeMap<K, V>) {
        match self {
            Self::Whole(all) => *facts = all,
            Self::Part(some) => {
                for (key, seen) in some {
                    match seen {
                        Some(value) => {
                            facts.insert(key, value);
                        }
                        None => {
                            facts.remove(&key);
                        }
                    }
                }
            }
        }
    }
}

/// What one source saw in one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    /// PCI functions, from sysfs.
    Functions(Look<PciAddress, PciFunction>),
    /// Links, from netlink or from `class/net`.
    Links(Look<IfIndex, Link>),
    /// Addresses and default routes of the node, always whole.
    Addresses(Addresses),
    /// RDMA devices by name, always whole.
    Rdma(Vec<RdmaDevice>),
    /// What ethtool tells of a link.
    Ports(Look<IfIndex, PortFacts>),
    /// devlink devices that are PCI functions.
    Devlink(Look<PciAddress, DevlinkDevice>),
    /// devlink ports that have a netdev.
    DevlinkPorts(Look<IfIndex, DevlinkPort>),
    /// LLDP neighbours of a link.
    Neighbors(Look<IfIndex, Vec<Neighbor>>),
}

/// The latest of every source, and what hindered each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observations {
    /// PCI functions that are network functions, or on the way to one.
    pub functions: BTreeMap<PciAddress, PciFunction>,
    /// All links of the namespace.
    pub links: BTreeMap<IfIndex, Link>,
    /// Addresses and default routes, or `None` while they were never read.
    pub addresses: Option<Addresses>,
    /// RDMA devices.
    pub rdma: Vec<RdmaDevice>,
    /// What ethtool tells.
    pub ports: BTreeMap<IfIndex, PortFacts>,
    /// devlink devices.
    pub devlink: BTreeMap<PciAddress, DevlinkDevice>,
    /// devlink ports.
    pub devlink_ports: BTreeMap<IfIndex, DevlinkPort>,
    /// LLDP neighbours.
    pub neighbors: BTreeMap<IfIndex, Vec<Neighbor>>,
    /// What each source found odd in its last look, by the source's name.
    pub findings: BTreeMap<Symbol, Vec<Finding>>,
}

impl Observations {
    /// Brings the facts up to date with what one source saw.
    pub fn apply(&mut self, observation: Observation) {
        match observation {
            Observation::Functions(look) => look.apply_to(&mut self.functions),
            Observation::Links(look) => look.apply_to(&mut self.links),
            Observation::Addresses(addresses) => self.addresses = Some(addresses),
            Observation::Rdma(devices) => self.rdma = devices,
            Observation::Ports(look) => look.apply_to(&mut self.ports),
            Observation::Devlink(look) => look.apply_to(&mut self.devlink),
            Observation::DevlinkPorts(look) => look.apply_to(&mut self.devlink_ports),
            Observation::Neighbors(look) => look.apply_to(&mut self.neighbors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_at_a_part_leaves_the_rest_as_it_was() {
        let mut facts = BTreeMap::from([(1, "one"), (2, "two"), (3, "three")]);
        Look::Part(BTreeMap::from([(2, None), (3, Some("drei"))])).apply_to(&mut facts);
        assert_eq!(facts, BTreeMap::from([(1, "one"), (3, "drei")]));
        Look::Whole(BTreeMap::from([(4, "four")])).apply_to(&mut facts);
        assert_eq!(facts, BTreeMap::from([(4, "four")]));
    }
}
