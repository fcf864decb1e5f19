//! What is at each PCI address, and whether it was given to a pool.
//!
//! Left to others: which pool wants it.

use std::collections::BTreeSet;

use super::{PoolDevice, PoolDeviceId};
use crate::PciAddress;
use crate::inventory::{Uplink, UplinkId, VfUse};

/// The functions and netdevs of a node, each to be given once.
pub(super) struct Places<'a> {
    /// By address, each once.
    functions: Vec<Place<'a>>,
    /// Netdevs without a PCI function that were given.
    netdevs_given: BTreeSet<UplinkId>,
}

/// What is at an address. Of two the lesser is: what is there before what is to come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place<'a> {
    address: PciAddress,
    to_come: bool,
    uplink: &'a UplinkId,
    /// `None` for the uplink itself.
    vf_index: Option<u16>,
    given: bool,
}

impl<'a> Places<'a> {
    pub(super) fn of(uplinks: impl Iterator<Item = &'a Uplink>) -> Self {
        let mut functions = Vec::new();
        for uplink in uplinks {
            let place = |address, to_come, vf_index| Place {
                address,
                to_come,
                uplink: &uplink.id,
                vf_index,
                given: false,
            };
            functions.extend(uplink.address().map(|at| place(at, false, None)));
            functions.extend(uplink.virtual_functions.iter().map(|vf| {
                let to_come = vf.usage == VfUse::HalfCreated;
                place(vf.address, to_come, Some(vf.index))
            }));
        }
        functions.sort_unstable();
        functions.dedup_by_key(|place| place.address);
        Self {
            functions,
            netdevs_given: BTreeSet::new(),
        }
    }

    /// Whether a device of this uplink is where it says and was given to nobody before; then it is
    /// given now. There is always another share.
    pub(super) fn give(&mut self, uplink: &Uplink, device: &PoolDevice) -> bool {
        let PoolDeviceId::Whole(id) = &device.id else {
            return true;
        };
        let Some(address) = device.address else {
            return self.netdevs_given.insert(id.clone());
        };
        let at = self
            .functions
            .binary_search_by_key(&address, |it| it.address);
        let place = at.ok().and_then(|at| self.functions.get_mut(at));
        let is_it = |place: &&mut Place<'_>| {
            *place.uplink == uplink.id && place.vf_index == device.vf_index && !place.given
        };
        place.filter(is_it).is_some_and(|place| {
            place.given = true;
            true
        })
    }
}
