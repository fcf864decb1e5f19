//! The one consistent picture of a node: uplinks, with all that belongs to each.
//!
//! [`Inventory::of`] is a pure function of the observations: the same facts give the same picture,
//! whatever order they came in. Left to others: fetching the facts, naming the networks, showing.

mod join;
mod oddity;
mod port;
mod protection;
mod uplink;
mod virtual_function;

pub use port::uplink_links;
pub use protection::{Carriers, OwnLinks};
pub use uplink::{InvalidUplinkId, LinkState, Protection, Subfunction, Uplink, UplinkId};
pub use virtual_function::{VfUse, VirtualFunction};

use join::Joined;

use crate::observation::Observations;
use crate::{Finding, PciAddress};

/// What a node has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// The ports with a wire, or what stands for one; in order of their ids.
    pub uplinks: Vec<Uplink>,
    /// What is odd or could not be seen, in order, each once.
    pub findings: Vec<Finding>,
}

impl Inventory {
    /// Joins what the sources saw.
    pub fn of(seen: &Observations) -> Self {
        let Joined {
            mut uplinks,
            strays,
        } = join::join(seen);
        protection::protect(seen, &mut uplinks);
        let mut findings: Vec<Finding> = seen.findings.values().flatten().cloned().collect();
        for uplink in &uplinks {
            oddity::of_uplink(uplink, &strays, &mut findings);
        }
        findings.sort();
        findings.dedup();
        Self { uplinks, findings }
    }

    /// The uplink at this PCI address.
    pub fn uplink_at(&self, address: PciAddress) -> Option<&Uplink> {
        let id = UplinkId::Function(address);
        self.uplinks
            .binary_search_by(|uplink| uplink.id.cmp(&id))
            .ok()
            .and_then(|at| self.uplinks.get(at))
    }

    /// The findings about one uplink: its function, its netdev, its VFs.
    pub fn findings_of<'a>(&'a self, uplink: &'a Uplink) -> impl Iterator<Item = &'a Finding> {
        self.findings
            .iter()
            .filter(|finding| uplink.is_subject(&finding.subject))
    }
}

#[cfg(test)]
pub(crate) mod tests;
