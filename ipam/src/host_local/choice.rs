//! Which address an interface gets: the one that is asked for, the one that it had before the machine
//! was started again, else the next free one after the last that was given out. Left to others: what the
//! ranges are, and what is reserved.

use std::collections::HashSet;
use std::net::IpAddr;

use super::book::Book;
use super::folder::Holder;
use super::folder_error;
use super::ranges::{Range, RangeSet};
use crate::{FolderError, Ip, IpamError, Owner, Request};

/// So many addresses are tried before the folder is listed: while few are reserved the first is free,
/// and trying costs a hundredth of listing thousands.
const TRIES: usize = 48;

/// What is to be chosen by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice<'a> {
    pub(super) request: &'a Request<'a>,
    /// Addresses that the runtime asks for.
    pub(super) asked: &'a [IpAddr],
    /// Addresses that the interface had.
    pub(super) wished: &'a [IpAddr],
}

impl Choice<'_> {
    /// Reserves an address of each set, by the draft that is written.
    ///
    /// # Errors
    /// [`IpamError`]; nothing is reserved then.
    pub(super) fn of_all(
        &self,
        book: &mut Book<'_>,
        sets: &[RangeSet],
    ) -> Result<Vec<Ip>, IpamError> {
        let mut ips: Vec<Ip> = Vec::new();
        let mut failure = self.not_of_one_set_each(sets);
        for (at, set) in sets.iter().enumerate() {
            if failure.is_some() {
                break;
            }
            match self.of_one(book, at, set) {
                Ok((address, range)) => ips.push(Ip {
                    address: range.with_prefix(address),
                    gateway: Some(range.gateway()),
                }),
                Err(error) => failure = Some(error),
            }
        }
        let Some(failure) = failure else {
            return Ok(ips);
        };
        let reserved: Vec<IpAddr> = ips.iter().map(|ip| ip.address.address()).collect();
        book.release(&reserved)
            .map_err(folder_error(self.request))?;
        Err(failure)
    }

    /// Two addresses asked for in one set: only one could be given.
    fn not_of_one_set_each(&self, sets: &[RangeSet]) -> Option<IpamError> {
        let crowded = sets.iter().find_map(|set| {
            let of_set = |address: &&IpAddr| set.range_of(**address).is_some();
            self.asked.iter().filter(of_set).nth(1)
        })?;
        Some(IpamError::Config(crate::ConfigError::Value {
            key: "ips".into(),
            reason: format!("{crowded} is the second address asked for in one set of ranges"),
        }))
    }

    fn of_one<'s>(
        &self,
        book: &mut Book<'_>,
        at: usize,
        set: &'s RangeSet,
    ) -> Result<(IpAddr, &'s Range), IpamError> {
        let failed = folder_error(self.request);
        let of_set = |address: &IpAddr| Some((*address, set.range_of(*address)?));
        let chosen = if let Some((address, range)) = self.asked.iter().find_map(of_set) {
            self.reserve_that(book, address)?;
            (address, range)
        } else {
            let had = self.wished.iter().find_map(of_set);
            let had = had.filter(|(address, range)| *address != range.gateway());
            match had {
                Some((address, range)) if book.folder().reserve(address).map_err(&failed)? => {
                    (address, range)
                }
                _ => self.reserve_next(book, at, set)?,
            }
        };
        book.folder().note_last(at, chosen.0);
        Ok(chosen)
    }

    fn reserve_that(&self, book: &mut Book<'_>, address: IpAddr) -> Result<(), IpamError> {
        let failed = folder_error(self.request);
        if book.folder().reserve(address).map_err(&failed)? {
            return Ok(());
        }
        let owner = match book.folder().holder(address).map_err(&failed)? {
            Holder::Owner(owner) => owner,
            _ => Owner::new("of an unknown name", "an interface"),
        };
        let held = book.held_by(&owner).map_err(&failed)?;
        if let Some(held) = held.filter(|held| held.earlier_boot) {
            book.give_up(&held).map_err(&failed)?;
            if book.folder().reserve(address).map_err(&failed)? {
                return Ok(());
            }
        }
        Err(IpamError::Taken { address, owner })
    }

    fn reserve_next<'s>(
        &self,
        book: &mut Book<'_>,
        at: usize,
        set: &'s RangeSet,
    ) -> Result<(IpAddr, &'s Range), IpamError> {
        let failed = folder_error(self.request);
        let last = book.folder().last_of(at).map_err(&failed)?;
        if let Some(chosen) = reserve_free(book, set, last).map_err(&failed)? {
            return Ok(chosen);
        }
        give_up_earlier(book, set).map_err(&failed)?;
        let chosen = reserve_free(book, set, last).map_err(&failed)?;
        chosen.ok_or_else(|| IpamError::Full {
            network: self.request.network.to_owned(),
            ranges: set.to_string(),
        })
    }
}

fn reserve_free<'s>(
    book: &Book<'_>,
    set: &'s RangeSet,
    last: Option<IpAddr>,
) -> Result<Option<(IpAddr, &'s Range)>, FolderError> {
    let folder = book.folder();
    for (address, range) in set.candidates(last).take(TRIES) {
        if folder.reserve(address)? {
            return Ok(Some((address, range)));
        }
    }
    let reserved: HashSet<IpAddr> = folder.reserved()?.into_iter().collect();
    for (address, range) in set.candidates(last) {
        if !reserved.contains(&address) && folder.reserve(address)? {
            return Ok(Some((address, range)));
        }
    }
    Ok(None)
}

/// Gives up what was reserved in the set before the machine was last started.
fn give_up_earlier(book: &mut Book<'_>, set: &RangeSet) -> Result<(), FolderError> {
    let of_set = |address: &IpAddr| set.range_of(*address).is_some();
    for held in book.all()?.held {
        if held.earlier_boot && held.addresses.iter().any(of_set) {
            book.give_up(&held)?;
        }
    }
    Ok(())
}

/// Whether an address of the set could be given out.
///
/// # Errors
/// [`FolderError`]
pub(super) fn has_free(book: &mut Book<'_>, set: &RangeSet) -> Result<bool, FolderError> {
    let reserved: HashSet<IpAddr> = book.folder().reserved()?.into_iter().collect();
    let mut candidates = set.candidates(None);
    if candidates.any(|(address, _)| !reserved.contains(&address)) {
        return Ok(true);
    }
    let free = |address: &IpAddr| {
        let range = set.range_of(*address);
        range.is_some_and(|range| range.gateway() != *address)
    };
    let held = book.all()?.held;
    Ok(held
        .iter()
        .any(|held| held.earlier_boot && held.addresses.iter().any(free)))
}
