//! What is held, as a value: claims, and what an answer of the kubelet makes of them. Pure; time is an
//! argument. Left to others: files and calls.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use colvin_attach::record::Outstanding;
use colvin_model::offer::{DeviceId, Holder, Holders, Kind, OfferedDevice, ResourceName};
use tokio::time::Instant;

pub(super) type Key = (ResourceName, DeviceId);

/// Where a device is: no two holders in one place, but for shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    name: String,
    shared: bool,
}

impl Place {
    /// Of a device, by its PCI address where it has one of its own; else by its id, which for a share is
    /// that of its uplink, `/` and a number.
    pub(super) fn of(id: &DeviceId, device: Option<&OfferedDevice>) -> Self {
        let text = id.as_str();
        let (uplink, share) = text
            .split_once('/')
            .map_or((text, false), |(it, _)| (it, true));
        let shared = device.map_or(share, |device| device.kind.is_shared());
        let address = match device {
            Some(device) if device.kind != Kind::Auxiliary => device.address,
            _ => None,
        };
        Self {
            name: address.map_or_else(|| uplink.to_owned(), |address| address.to_string()),
            shared,
        }
    }
}

/// A device that is held.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    place: Place,
    /// When it was given out, or first seen to be held.
    since: Instant,
    /// By whom, once that is known.
    pub(super) holder: Option<Holder>,
    /// Its record as we last wrote or read it.
    pub(super) record: Option<Outstanding>,
    /// What its files were written of.
    pub(super) written: Option<OfferedDevice>,
}

/// Devices that were taken, and what there was before.
#[derive(Debug)]
pub(crate) struct Claim {
    resource: ResourceName,
    before: Vec<(DeviceId, Option<Entry>)>,
}

impl Claim {
    pub(crate) fn resource(&self) -> &ResourceName {
        &self.resource
    }
}

/// A device is another resource's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{id} is held as {resource} {other}")]
pub(crate) struct Conflict {
    id: DeviceId,
    resource: ResourceName,
    other: DeviceId,
}

/// What the kubelet said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) held: BTreeMap<Key, Holder>,
    /// Whether it knew its pods: only then is what it did not name free.
    pub(super) complete: bool,
}

/// All that is held.
#[derive(Debug, Default)]
pub(super) struct State {
    held: BTreeMap<Key, Entry>,
    places: BTreeMap<String, BTreeSet<Key>>,
    fresh: bool,
}

impl State {
    /// Takes devices, all or none. Taking again what one has is no conflict: its pod may be gone, or its
    /// next container may use it.
    pub(super) fn claim(
        &mut self,
        resource: &ResourceName,
        wanted: Vec<(DeviceId, Place)>,
        now: Instant,
    ) -> Result<Claim, Conflict> {
        let mut claim = Claim {
            resource: resource.clone(),
            before: Vec::with_capacity(wanted.len()),
        };
        for (id, place) in wanted {
            let key = (resource.clone(), id);
            if let Some((other, device)) = self.conflict(&key, &place) {
                let (_, id) = key;
                self.undo(claim);
                return Err(Conflict {
                    id,
                    resource: other,
                    other: device,
                });
            }
            let (_, id) = key.clone();
            let before = self.remove(&key);
            let record = before.as_ref().and_then(|it| it.record.clone());
            claim.before.push((id, before));
            let entry = Entry {
                place,
                since: now,
                holder: None,
                record,
                written: None,
            };
            self.insert(key, entry);
        }
        Ok(claim)
    }

    fn conflict(&self, key: &Key, place: &Place) -> Option<Key> {
        let there = self.places.get(&place.name)?.iter();
        let shared = |it: &Key| self.held.get(it).is_some_and(|it| it.place.shared);
        let mut others = there.filter(|it| *it != key && !(place.shared && shared(it)));
        others.next().cloned()
    }

    /// Makes it as it was before a claim.
    pub(super) fn undo(&mut self, claim: Claim) {
        for (id, before) in claim.before.into_iter().rev() {
            let key = (claim.resource.clone(), id);
            self.remove(&key);
            if let Some(entry) = before {
                self.insert(key, entry);
            }
        }
    }

    /// The files of a device were written.
    pub(super) fn wrote(
        &mut self,
        resource: &ResourceName,
        id: &DeviceId,
        record: Outstanding,
        of: &OfferedDevice,
    ) {
        if let Some(entry) = self.held.get_mut(&(resource.clone(), id.clone())) {
            entry.record = Some(record);
            entry.written = Some(of.clone());
        }
    }

    /// The record of a device was written anew.
    pub(super) fn stamped(&mut self, key: &Key, record: Outstanding) {
        if let Some(entry) = self.held.get_mut(key) {
            entry.record = Some(record);
        }
    }

    /// Takes over a record of another run; what is known of its device already counts more.
    pub(super) fn remember(&mut self, record: Outstanding, now: Instant) {
        let key = (record.resource.clone(), record.device.clone());
        if let Some(entry) = self.held.get_mut(&key) {
            entry.record.get_or_insert(record);
            return;
        }
        let mut place = Place::of(&record.device, None);
        place.shared = record.kind.is_shared();
        let entry = Entry {
            place,
            since: now,
            holder: record.holder.clone(),
            record: Some(record),
            written: None,
        };
        self.insert(key, entry);
    }

    /// Takes over what the kubelet said when it was asked at `asked`; gives what is free by its word.
    ///
    /// What was given out since it was asked is not judged. What no answer has named yet is free when it
    /// was given out longer ago than `unseen`.
    pub(super) fn apply(
        &mut self,
        answer: Answer,
        asked: Instant,
        unseen: Duration,
        now: Instant,
    ) -> Vec<Key> {
        let named: BTreeSet<Key> = answer.held.keys().cloned().collect();
        for (key, holder) in answer.held {
            match self.held.get_mut(&key) {
                Some(entry) if entry.since > asked => {}
                Some(entry) => entry.holder = Some(holder),
                None => {
                    let entry = Entry {
                        place: Place::of(&key.1, None),
                        since: asked,
                        holder: Some(holder),
                        record: None,
                        written: None,
                    };
                    self.insert(key, entry);
                }
            }
        }
        if !answer.complete {
            return Vec::new();
        }
        self.fresh = true;
        let free = self.held.iter().filter(|(key, entry)| {
            let over = entry.holder.is_some() || entry.since + unseen <= now;
            entry.since <= asked && over && !named.contains(key)
        });
        free.map(|(key, _)| key.clone()).collect()
    }

    /// Another process of ours gave it out anew.
    pub(super) fn given_by_another(&mut self, key: &Key, record: Outstanding, now: Instant) {
        if let Some(entry) = self.held.get_mut(key) {
            entry.holder = None;
            entry.since = now;
            entry.record = Some(record);
        }
    }

    pub(super) fn remove(&mut self, key: &Key) -> Option<Entry> {
        let entry = self.held.remove(key)?;
        if let Some(there) = self.places.get_mut(&entry.place.name) {
            there.remove(key);
            if there.is_empty() {
                self.places.remove(&entry.place.name);
            }
        }
        Some(entry)
    }

    fn insert(&mut self, key: Key, entry: Entry) {
        let there = self.places.entry(entry.place.name.clone()).or_default();
        there.insert(key.clone());
        self.held.insert(key, entry);
    }

    pub(super) fn entry(&self, key: &Key) -> Option<&Entry> {
        self.held.get(key)
    }

    pub(super) fn record(&self, resource: &ResourceName, id: &DeviceId) -> Option<&Outstanding> {
        let entry = self.held.get(&(resource.clone(), id.clone()))?;
        entry.record.as_ref()
    }

    pub(super) fn holds(&self, resource: &ResourceName, id: &DeviceId) -> bool {
        self.held.contains_key(&(resource.clone(), id.clone()))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Key, &Entry)> {
        self.held.iter()
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// Whether something is held by nobody known.
    pub(super) fn has_unknown(&self) -> bool {
        self.held.values().any(|entry| entry.holder.is_none())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    pub(super) fn holders(&self) -> Holders {
        let mut holders = Holders {
            fresh: self.fresh,
            ..Holders::default()
        };
        for ((resource, id), entry) in &self.held {
            let devices = holders.held.entry(resource.clone()).or_default();
            devices.insert(id.clone(), entry.holder.clone());
        }
        holders
    }
}

#[cfg(test)]
mod tests;
