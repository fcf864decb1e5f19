//! What people are told of a selection. Left to others: selecting, and why a pool is empty ([`empty`]).

mod empty;

use std::collections::BTreeMap;

use colvin_model::offer::{Kind, Offers};
use colvin_model::{Inventory, PciAddress};

use crate::candidate::{Candidate, KeptBack};
use crate::config::{Config, DeviceType, Entry, Functions, Selector};
use crate::key::Key;
use crate::problem::{Problem, Reason};

/// Devices, of which a message names the first.
type Ids = Vec<String>;

/// Gathers what is to be told, entries by their indexes.
pub(super) struct Told<'a> {
    config: &'a Config,
    inventory: &'a Inventory,
    candidates: &'a [Candidate<'a>],
    /// By the entry that does not get them and the one that does.
    overlaps: BTreeMap<(usize, usize), Ids>,
    /// By the entry and what it asks.
    hidden: BTreeMap<(usize, Key), Ids>,
    problems: Vec<Problem>,
}

impl<'a> Told<'a> {
    pub(super) fn of(
        config: &'a Config,
        inventory: &'a Inventory,
        candidates: &'a [Candidate<'a>],
    ) -> Self {
        Self {
            config,
            inventory,
            candidates,
            overlaps: BTreeMap::new(),
            hidden: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    /// An entry selects a device that one above it has.
    pub(super) fn overlap(&mut self, index: usize, first: usize, candidate: &Candidate<'_>) {
        let ids = self.overlaps.entry((index, first)).or_default();
        ids.push(candidate.id.clone());
    }

    /// The kernel does not tell of a device what an entry asks.
    pub(super) fn hidden(&mut self, index: usize, key: Key, candidate: &Candidate<'_>) {
        // no driver, or not there yet: it is no device of the pool for now
        if !matches!(key, Key::Drivers | Key::Devices | Key::Vendors) {
            let ids = self.hidden.entry((index, key)).or_default();
            ids.push(candidate.id.clone());
        }
    }

    /// An entry got a device.
    pub(super) fn put(&mut self, index: usize, candidate: &Candidate<'_>) {
        match (candidate.kind, candidate.functions) {
            (Kind::PhysicalFunction, Some(_)) => self.tell(
                index,
                Reason::WholeFunction,
                format!(
                    "{}, a PF, is in the pool itself: it has no VFs",
                    candidate.id
                ),
                "select its VFs by #, such as eth0#0-7, where the PF is not meant",
            ),
            (Kind::Accelerator, Some(functions)) if functions > 0 => self.tell(
                index,
                Reason::GivenWithFunctions,
                format!(
                    "{}, a PF, is in the pool although it has {functions} VFs",
                    candidate.id
                ),
                "select by the device number of the VFs",
            ),
            _ => {}
        }
    }

    /// An entry selects a device that no pod gets.
    pub(super) fn kept_back(
        &mut self,
        index: usize,
        selector: &Selector,
        candidate: &Candidate<'_>,
        why: &KeptBack,
    ) {
        let id = &candidate.id;
        match why {
            // a selector of VFs selects their PF too; who names the PF means it
            KeptBack::HasFunctions if selector.pci_addresses.is_empty() => {}
            KeptBack::HasFunctions => self.tell(
                index,
                Reason::HasFunctions,
                format!("{id} is kept back: it is a PF with VFs"),
                "name the VFs, or take the VFs away",
            ),
            KeptBack::Protected(why) => {
                let why: Vec<&str> = why.iter().map(|why| why.as_str()).collect();
                self.tell(
                    index,
                    Reason::Protected,
                    format!(
                        "{id} is kept back: the node's own traffic goes by it ({})",
                        why.join(", ")
                    ),
                    "select more narrowly, so that the node's own link is not meant",
                );
            }
            KeptBack::PortOf(master) => self.tell(
                index,
                Reason::PortOf,
                format!("{id} is kept back: it is a port of {master}"),
                "select more narrowly, or take it out of the bond or bridge",
            ),
        }
    }

    /// A device has a name that is no id.
    pub(super) fn no_id(&mut self, index: usize, candidate: &Candidate<'_>) {
        let message = format!(
            "{:?} is left out: the kubelet takes no such id",
            candidate.id
        );
        self.tell(index, Reason::NoId, message, "name the device anew");
    }

    fn tell(&mut self, index: usize, reason: Reason, message: String, advice: &str) {
        if let Some(entry) = self.config.entries.get(index) {
            self.problems
                .push(of(entry, entry.line, reason, message, advice));
        }
    }

    /// All of it, by line.
    pub(super) fn problems(mut self, offers: &Offers) -> Vec<Problem> {
        for ((index, first), ids) in std::mem::take(&mut self.overlaps) {
            let Some(first) = self.config.entries.get(first) else {
                continue;
            };
            let message = format!(
                "{} that it selects are in {} of line {}",
                counted(&ids),
                first.resource,
                first.line
            );
            let advice = "put the narrower entry first, or select more narrowly there";
            self.tell(index, Reason::Overlap, message, advice);
        }
        for ((index, key), ids) in std::mem::take(&mut self.hidden) {
            self.tell_hidden(index, key, &ids);
        }
        for entry in &self.config.entries {
            self.tell_of_functions(entry);
            if offers
                .get(&entry.resource)
                .is_none_or(|offer| offer.devices.is_empty())
            {
                let message = empty::why(entry, self.candidates);
                let advice = "correct the selectors, unless another node has such devices";
                self.problems
                    .push(of(entry, entry.line, Reason::Empty, message, advice));
            }
        }
        self.problems.sort_by_key(|problem| problem.line);
        self.problems
    }

    fn tell_hidden(&mut self, index: usize, key: Key, ids: &Ids) {
        if key == Key::PfNames {
            let message = format!(
                "{} have a PF whose netdev is not in sight, so pfNames does not select them",
                counted(ids)
            );
            let advice = "select by rootDevices";
            self.tell(index, Reason::UnnamedFunction, message, advice);
        } else {
            let message = format!(
                "{} do not tell now what {} asks, and were in no pool before: they are left out",
                counted(ids),
                key.as_str()
            );
            let advice = "nothing need be done: they come when no pod has them";
            self.tell(index, Reason::Hidden, message, advice);
        }
    }

    /// PFs that there are not, and indexes that have no VF.
    fn tell_of_functions(&mut self, entry: &Entry) {
        for selector in &entry.selectors {
            for named in &selector.pf_names {
                let uplinks = self.inventory.uplinks.iter();
                let mut uplinks =
                    uplinks.filter_map(|uplink| Some((uplink, uplink.link.as_ref()?)));
                let same = uplinks
                    .clone()
                    .find(|(_, link)| link.name.as_str().eq_ignore_ascii_case(&named.pf));
                if let Some((uplink, _)) = same {
                    self.tell_beyond(entry, named, uplink.virtual_functions.len());
                    continue;
                }
                let alias = |text: &str| text == named.pf;
                let other = uplinks
                    .find(|(_, link)| link.alt_names.iter().any(|name| alias(name.as_str())));
                let advice = other.map_or_else(
                    || "correct the name, unless another node has such a PF".to_owned(),
                    |(_, link)| {
                        format!("write {}, of which {} is another name", link.name, named.pf)
                    },
                );
                self.tell_absent(entry, named, &advice);
            }
            for named in &selector.root_devices {
                let address = named.pf.parse::<PciAddress>().ok();
                match address.and_then(|address| self.inventory.uplink_at(address)) {
                    Some(uplink) => self.tell_beyond(entry, named, uplink.virtual_functions.len()),
                    None if address.is_some() => {
                        let advice = "correct the address, unless another node has such a PF";
                        self.tell_absent(entry, named, advice);
                    }
                    None => {}
                }
            }
        }
    }

    fn tell_absent(&mut self, entry: &Entry, named: &Functions, advice: &str) {
        let message = format!("there is no {} on this node", named.pf);
        let problem = of(entry, named.line, Reason::NoSuchFunction, message, advice);
        self.problems.push(problem);
    }

    fn tell_beyond(&mut self, entry: &Entry, named: &Functions, vfs: usize) {
        // subfunctions are counted by the numbers that someone gave them
        if entry.device_type != DeviceType::NetDevice {
            return;
        }
        let ranges = named.ranges.iter().flatten();
        let beyond = |last: &&(u32, u32)| usize::try_from(last.1).is_ok_and(|last| last >= vfs);
        if let Some((_, last)) = ranges.max_by_key(|range| range.1).filter(beyond) {
            let message = format!(
                "{} has {vfs} VFs, so there is none with the index {last}",
                named.pf
            );
            let advice = "correct the indexes, or make the VFs";
            let problem = of(entry, named.line, Reason::BeyondFunctions, message, advice);
            self.problems.push(problem);
        }
    }
}

fn of(entry: &Entry, line: usize, reason: Reason, message: String, advice: &str) -> Problem {
    Problem::new(reason, line, message, advice).of(entry.resource.as_str())
}

fn counted(ids: &Ids) -> String {
    let first = ids.first().map_or("", String::as_str);
    match ids.len() {
        1 => format!("1 of the devices ({first})"),
        many => format!("{many} of the devices ({first} first)"),
    }
}
