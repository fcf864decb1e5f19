//! Which devices of a node each entry has. Left to others: what devices there are (`candidate`), whether a selector
//! selects one (`judge`), and what people are told of it ([`told`]).

mod told;

use std::collections::{BTreeMap, BTreeSet};

use colvin_model::offer::{DeviceId, Extras, Offer, OfferedDevice, Offers, Origin, Placement};
use colvin_model::{Inventory, PciAddress};

use crate::candidate::{self, Candidate};
use crate::config::{Config, Entry, Selector};
use crate::facts::Facts;
use crate::judge::{Verdict, judge};
use crate::problem::Problem;
use told::Told;

/// What a file means on a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Every entry's pool, an empty one too.
    pub offers: Offers,
    /// What is surprising about it, by line.
    pub problems: Vec<Problem>,
    claimed: BTreeSet<PciAddress>,
}

impl Selection {
    /// The PCI functions that are in a pool of the file, so that no Network may have them: its devices, and the
    /// functions that its subfunctions are parts of.
    pub fn claimed(&self) -> &BTreeSet<PciAddress> {
        &self.claimed
    }
}

/// Finds the devices of each entry, in the file's order: a device goes to the first that selects it (SDP-06).
///
/// `last` is what was offered by this file before, on disk or in memory. Where the kernel does not tell now what
/// a selector asks (no driver is bound; RDMA, partition key or PF are in another network namespace), a device
/// stays in the pool that it was in, so that no pod's device goes because sysfs hides it.
///
/// A device is kept out of all pools when the node's own traffic goes by it, when it is a port of a bond or
/// bridge, and when it is a PF with VFs (SDP-30). One that has no driver, or is not made whole, is offered as ill.
pub fn select(config: &Config, inventory: &Inventory, facts: &Facts, last: &Offers) -> Selection {
    let candidates = candidate::all(inventory, facts);
    let mut told = Told::of(config, inventory, &candidates);
    let mut selection = Selection::default();
    for entry in &config.entries {
        let offer = Offer {
            origin: Origin::ConfigFile,
            placement: Placement::default(),
            devices: BTreeMap::new(),
        };
        selection.offers.0.insert(entry.resource.clone(), offer);
    }
    for candidate in &candidates {
        if let Some(why) = &candidate.kept_back {
            for (index, selector) in takers(config, candidate, last, &mut told) {
                told.kept_back(index, selector, candidate, why);
            }
        } else if let Some((index, selector)) = place(config, candidate, last, &mut told) {
            selection.put(config, index, selector, candidate, &mut told);
        }
    }
    selection.problems = told.problems(&selection.offers);
    selection
}

/// The entry that gets a device, by its index, and the selector by which.
fn place<'a>(
    config: &'a Config,
    candidate: &Candidate<'_>,
    last: &Offers,
    told: &mut Told<'_>,
) -> Option<(usize, &'a Selector)> {
    let mut takers = takers(config, candidate, last, told).into_iter();
    let (first, selector) = takers.next()?;
    for (index, _) in takers {
        told.overlap(index, first, candidate);
    }
    Some((first, selector))
}

/// All entries that select a device.
fn takers<'a>(
    config: &'a Config,
    candidate: &Candidate<'_>,
    last: &Offers,
    told: &mut Told<'_>,
) -> Vec<(usize, &'a Selector)> {
    let entries = config.entries.iter().enumerate();
    let entries = entries.filter(|(_, entry)| entry.device_type == candidate.device_type);
    let taker = |(index, entry)| Some((index, first(entry, candidate, last, index, told)?));
    entries.filter_map(taker).collect()
}

/// The first selector of an entry that selects a device, or that it was in the pool by.
fn first<'a>(
    entry: &'a Entry,
    candidate: &Candidate<'_>,
    last: &Offers,
    index: usize,
    told: &mut Told<'_>,
) -> Option<&'a Selector> {
    let mut hidden = None;
    for selector in &entry.selectors {
        match judge(selector, candidate) {
            Verdict::Yes => return Some(selector),
            Verdict::Hidden(key) => hidden = hidden.or(Some((key, selector))),
            Verdict::No => {}
        }
    }
    let (key, selector) = hidden?;
    if was_in(entry, candidate, last) {
        return Some(selector);
    }
    told.hidden(index, key, candidate);
    None
}

fn was_in(entry: &Entry, candidate: &Candidate<'_>, last: &Offers) -> bool {
    let id = candidate.id.parse::<DeviceId>();
    let offer = last.get(&entry.resource);
    offer.is_some_and(|offer| id.is_ok_and(|id| offer.devices.contains_key(&id)))
}

impl Selection {
    fn put(
        &mut self,
        config: &Config,
        index: usize,
        selector: &Selector,
        candidate: &Candidate<'_>,
        told: &mut Told<'_>,
    ) {
        let Some(entry) = config.entries.get(index) else {
            return;
        };
        let Ok(id) = candidate.id.parse::<DeviceId>() else {
            told.no_id(index, candidate);
            return;
        };
        told.put(index, candidate);
        self.claimed.insert(candidate.function);
        if let Some(offer) = self.offers.0.get_mut(&entry.resource) {
            offer
                .devices
                .insert(id, offered(entry, selector, candidate));
        }
    }
}

fn offered(entry: &Entry, selector: &Selector, candidate: &Candidate<'_>) -> OfferedDevice {
    let function = candidate.function.to_string();
    let words = ["*", function.as_str()].into_iter();
    let words = words.filter_map(|key| entry.additional_info.get(key));
    OfferedDevice {
        kind: candidate.kind,
        address: candidate.address,
        uplink: candidate.uplink.clone(),
        vf_index: candidate.vf_index,
        numa_node: candidate.numa_node.filter(|_| !entry.exclude_topology),
        ill: candidate.ill.clone(),
        extras: Extras {
            rdma: selector.is_rdma,
            vhost_net: selector.need_vhost_net,
            vdpa: selector.vdpa_type,
            // those of the address come later, so they win (SDP-20)
            info: words
                .flatten()
                .map(|(key, word)| (key.clone(), word.clone()))
                .collect(),
        },
    }
}
