//! The reservations of a network and the index of their owners, kept together under the folder's lock.
//! Left to others: which address an owner gets, and when it is given up.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::folder::{Folder, Holder};
use super::index::{Entry, Index, name_of, time_of};
use super::settings::Places;
use crate::{FolderError, Owner, Request};

/// Reservations and their owners, nobody else's to change until this is dropped.
#[derive(Debug)]
pub(super) struct Book<'a> {
    folder: Folder,
    boot_id: &'a str,
    /// `None` where no index can be kept.
    index: Option<Index>,
    /// Whether the index was looked at and is right: under the folder's lock it stays so.
    fresh: bool,
    /// Set when the reservations were read: the index was old.
    read: Option<Content>,
    /// Whether the index needs a new stamp.
    changed: bool,
}

/// All reservations.
#[derive(Debug, Default)]
struct Content {
    owners: BTreeMap<Owner, Entry>,
    /// Reserved by an empty file.
    empty: Vec<IpAddr>,
    /// Reserved by a file that says something else than an owner.
    unknown: Vec<IpAddr>,
}

/// What an owner has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// By which name it is reserved: that of old files has no interface.
    pub(super) owner: Owner,
    pub(super) addresses: Vec<IpAddr>,
    /// Whether it was reserved before the machine was last started: its container runs no more.
    pub(super) earlier_boot: bool,
}

/// All reservations, by what their files say.
#[derive(Debug, Default)]
pub(super) struct All {
    pub(super) held: Vec<Held>,
    pub(super) empty: Vec<IpAddr>,
    pub(super) unknown: Vec<IpAddr>,
}

impl<'a> Book<'a> {
    /// Opens the reservations of a network; `None` when there are none.
    ///
    /// # Errors
    /// [`FolderError`]
    pub(super) fn open(
        places: &Places,
        request: &Request<'a>,
    ) -> Result<Option<Self>, FolderError> {
        let folder = Folder::open(places, request)?;
        Ok(folder.map(|folder| Self::of(folder, places, request)))
    }

    /// As [`Book::open`], and makes the folder where there is none.
    ///
    /// # Errors
    /// [`FolderError`]
    pub(super) fn make(places: &Places, request: &Request<'a>) -> Result<Self, FolderError> {
        let folder = Folder::make(places, request)?;
        Ok(Self::of(folder, places, request))
    }

    fn of(folder: Folder, places: &Places, request: &Request<'a>) -> Self {
        Self {
            folder,
            boot_id: request.boot_id,
            index: Index::open(places, true),
            fresh: false,
            read: None,
            changed: false,
        }
    }

    pub(super) const fn folder(&self) -> &Folder {
        &self.folder
    }

    /// What the owner has; `None` when nothing.
    ///
    /// # Errors
    /// [`FolderError`]
    pub(super) fn held_by(&mut self, owner: &Owner) -> Result<Option<Held>, FolderError> {
        let old = Owner::new(owner.container_id.as_str(), "");
        for owner in [owner, &old] {
            if let Some(entry) = self.entry(owner)? {
                return Ok(Some(Held {
                    owner: owner.clone(),
                    earlier_boot: self.is_earlier(&entry),
                    addresses: entry.addresses,
                }));
            }
        }
        Ok(None)
    }

    fn entry(&mut self, owner: &Owner) -> Result<Option<Entry>, FolderError> {
        if self.read.is_none() {
            self.fresh = self.fresh || self.is_fresh();
            match &self.index {
                Some(index) if self.fresh => {
                    let entry = index.get(owner);
                    if self.is_true(owner, entry.as_ref())? {
                        return Ok(entry);
                    }
                    self.read_all()?;
                }
                _ => self.read_all()?,
            }
        }
        let read = self.read.as_ref();
        Ok(read.and_then(|read| read.owners.get(owner).cloned()))
    }

    /// Whether the index says what is there: as it was found, or as this has changed it since.
    fn is_fresh(&self) -> bool {
        let index = self.index.as_ref();
        self.changed || index.is_some_and(|index| index.is_fresh(self.folder.fd(), self.boot_id))
    }

    /// Whether every address of the entry is this owner's.
    fn is_true(&self, owner: &Owner, entry: Option<&Entry>) -> Result<bool, FolderError> {
        for address in entry.iter().flat_map(|entry| &entry.addresses) {
            if self.folder.holder(*address)? != Holder::Owner(owner.clone()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_earlier(&self, entry: &Entry) -> bool {
        !self.boot_id.is_empty() && !entry.boot_id.is_empty() && entry.boot_id != self.boot_id
    }

    /// Reads every reservation and makes the index anew.
    ///
    /// # Errors
    /// [`FolderError`]
    pub(super) fn read_all(&mut self) -> Result<(), FolderError> {
        if !self.folder.is_drafted() {
            self.folder.tidy()?;
        }
        let mut content = Content::default();
        let mut reserved = self.folder.reserved()?;
        reserved.sort_unstable();
        for address in reserved {
            match self.folder.holder(address)? {
                Holder::Nobody => {}
                Holder::Empty => content.empty.push(address),
                Holder::Unknown => content.unknown.push(address),
                Holder::Owner(owner) => {
                    let entry = content.owners.entry(owner).or_insert_with(|| Entry {
                        boot_id: self.boot_id.to_owned(),
                        addresses: Vec::new(),
                    });
                    entry.addresses.push(address);
                }
            }
        }
        if let Some(index) = self.index.take() {
            self.index = self.rewrite(&index, &mut content).map(|()| index);
        }
        self.changed = true;
        self.read = Some(content);
        Ok(())
    }

    /// Brings the index in line; `None` when it cannot be written.
    fn rewrite(&self, index: &Index, content: &mut Content) -> Option<()> {
        index.spoil().ok()?;
        for (owner, entry) in &mut content.owners {
            match index.get_with_time(owner) {
                Some((known, written)) if self.is_unchanged(&known, entry, written) => {
                    *entry = known;
                }
                _ => index.put(owner, entry).ok()?,
            }
        }
        let mut names: Vec<String> = content.owners.keys().map(name_of).collect();
        names.sort_unstable();
        index.retain(&names).ok()
    }

    /// Whether it is still the same reservations that were known, none of them written later.
    fn is_unchanged(&self, known: &Entry, now: &Entry, written: super::index::Time) -> bool {
        let mut same = known.addresses.clone();
        same.sort_unstable();
        same == now.addresses
            && now.addresses.iter().all(|address| {
                let reserved = time_of(self.folder.fd(), &address.to_string());
                reserved.is_some_and(|reserved| reserved <= written)
            })
    }

    /// All that is held. The reservations are read.
    ///
    /// # Errors
    /// [`FolderError`]
    pub(super) fn all(&mut self) -> Result<All, FolderError> {
        if self.read.is_none() {
            self.read_all()?;
        }
        let Some(read) = &self.read else {
            return Ok(All::default());
        };
        let held = read.owners.iter().map(|(owner, entry)| Held {
            owner: owner.clone(),
            addresses: entry.addresses.clone(),
            earlier_boot: self.is_earlier(entry),
        });
        Ok(All {
            held: held.collect(),
            empty: read.empty.clone(),
            unknown: read.unknown.clone(),
        })
    }

    /// Notes what the owner has now, after its reservations were made.
    pub(super) fn note(&mut self, owner: &Owner, addresses: &[IpAddr]) {
        let entry = Entry {
            boot_id: self.boot_id.to_owned(),
            addresses: addresses.to_vec(),
        };
        self.changed = true;
        self.index = self
            .index
            .take()
            .filter(|index| index.put(owner, &entry).is_ok());
        if let Some(read) = &mut self.read {
            read.owners.insert(owner.clone(), entry);
        }
    }

    /// Gives up what the owner has, and goes on after a failure.
    ///
    /// # Errors
    /// [`FolderError`] with every failure.
    pub(super) fn give_up(&mut self, held: &Held) -> Result<(), FolderError> {
        self.release(&held.addresses)?;
        self.index = self
            .index
            .take()
            .filter(|index| index.forget(&held.owner).is_ok());
        if let Some(read) = &mut self.read {
            read.owners.remove(&held.owner);
        }
        Ok(())
    }

    /// Gives up single addresses that nobody was noted to have, and goes on after a failure.
    ///
    /// # Errors
    /// [`FolderError`] with every failure.
    pub(super) fn release(&mut self, addresses: &[IpAddr]) -> Result<(), FolderError> {
        self.changed = true;
        let mut failures = Vec::new();
        for address in addresses {
            if let Err(error) = self.folder.release(*address) {
                failures.push(error);
            }
        }
        if failures.is_empty() {
            return Ok(());
        }
        // what is still there is nowhere noted
        self.index = None;
        Err(FolderError::Several(failures))
    }
}

impl Drop for Book<'_> {
    fn drop(&mut self) {
        if self.changed
            && let Some(index) = &self.index
        {
            index.stamp(self.folder.fd(), self.boot_id);
        }
    }
}
