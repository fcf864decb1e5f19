//! Addresses from ranges of this node, by the keys and in the folders of the plugin `host-local`: either
//! program sees and frees what the other reserved.
//!
//! Beside that plugin: the cost of a call does not grow with the reservations (`index`), a reservation
//! is never half written, `DEL` needs no valid ranges, `GC` and `STATUS` do something, and what was
//! reserved before the machine was started again stands in nobody's way: an interface that comes again
//! gets its old address, and a full range gives up those of an earlier boot.
//!
//! Left to others: other nodes, which may have the same ranges.

use std::net::IpAddr;

use crate::{Attachment, ConfigError, FolderError, Ip, IpamError, Lease, Owner, Request};

mod book;
mod choice;
mod folder;
mod index;
mod lock;
mod ranges;
mod settings;

use book::{Book, Held};
use choice::{Choice, has_free};
use settings::{Places, Settings};

/// A reserved address, as [`reservations`] tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// The address.
    pub address: IpAddr,
    /// Whose it is; `None` when its file names nobody.
    pub owner: Option<Owner>,
    /// Whether it was reserved before the machine was last started, so that no running container has it.
    /// Reservations that were first seen after the start are never said to be so.
    pub earlier_boot: bool,
}

fn folder_error<'a>(request: &Request<'a>) -> impl Fn(FolderError) -> IpamError + use<'a> {
    let network = request.network;
    move |source| IpamError::Folder {
        network: network.to_owned(),
        source,
    }
}

/// An owner that can be told from others in a file.
fn owner_of(attachment: &Attachment<'_>) -> Result<Owner, ConfigError> {
    let names = [
        ("CNI_CONTAINERID", attachment.container_id),
        ("CNI_IFNAME", attachment.ifname),
    ];
    for (key, name) in names {
        if name.is_empty() || name.contains(|letter: char| letter.is_whitespace() || letter == '\0')
        {
            return Err(ConfigError::Value {
                key: key.into(),
                reason: "addresses are reserved by it, so it must have letters and no space".into(),
            });
        }
    }
    Ok(Owner::from(*attachment))
}

pub(crate) fn add(request: &Request<'_>, attachment: &Attachment<'_>) -> Result<Lease, IpamError> {
    let owner = owner_of(attachment)?;
    let settings = Settings::read(request, attachment.args)?;
    let places = Places::read(request)?;
    let failed = folder_error(request);
    let dns = settings.dns().map_err(&failed)?;
    let mut book = Book::make(&places, request).map_err(&failed)?;
    let before = book.held_by(&owner).map_err(&failed)?;
    let (kept, wished) = match before {
        None => (Vec::new(), Vec::new()),
        Some(held) if held.earlier_boot => {
            book.give_up(&held).map_err(&failed)?;
            (Vec::new(), held.addresses)
        }
        Some(held) => (not_of(&settings, &held)?, Vec::new()),
    };
    book.folder().draft(&owner).map_err(&failed)?;
    let choice = Choice {
        request,
        asked: &settings.asked,
        wished: &wished,
    };
    let given = choice.of_all(&mut book, &settings.sets);
    // one that stays is removed before the next is written
    drop(book.folder().tidy());
    let ips = given?;
    let mut addresses = kept;
    addresses.extend(ips.iter().map(|ip| ip.address.address()));
    book.note(&owner, &addresses);
    Ok(Lease {
        ips,
        routes: settings.routes,
        dns,
    })
}

/// What the interface has that is of no set, such as of ranges that are configured no more.
fn not_of(settings: &Settings, held: &Held) -> Result<Vec<IpAddr>, IpamError> {
    let of_a_set = |address: &&IpAddr| {
        let mut sets = settings.sets.iter();
        sets.any(|set| set.range_of(**address).is_some())
    };
    match held.addresses.iter().find(of_a_set) {
        None => Ok(held.addresses.clone()),
        Some(address) => Err(IpamError::Held {
            owner: held.owner.clone(),
            address: *address,
        }),
    }
}

pub(crate) fn check(
    request: &Request<'_>,
    attachment: &Attachment<'_>,
    lease: Option<&Lease>,
) -> Result<(), IpamError> {
    let owner = Owner::from(*attachment);
    Settings::read(request, attachment.args)?;
    let failed = folder_error(request);
    let book = Book::open(&Places::read(request)?, request).map_err(&failed)?;
    let held = match book {
        None => None,
        Some(mut book) => book.held_by(&owner).map_err(&failed)?,
    };
    let held = held.map(|held| held.addresses).unwrap_or_default();
    let leased: &[Ip] = lease.map_or(&[], |lease| &lease.ips);
    let mut leased = leased.iter().map(|ip| ip.address.address());
    let missing = match leased.find(|address| !held.contains(address)) {
        Some(address) => address.to_string(),
        None if held.is_empty() => "an address".to_owned(),
        None => return Ok(()),
    };
    Err(IpamError::NotReserved {
        address: missing,
        owner,
        network: request.network.to_owned(),
    })
}

pub(crate) fn del(request: &Request<'_>, attachment: &Attachment<'_>) -> Result<(), IpamError> {
    let failed = folder_error(request);
    let places = Places::read(request)?;
    let Some(mut book) = Book::open(&places, request).map_err(&failed)? else {
        return Ok(());
    };
    let owner = Owner::from(*attachment);
    match book.held_by(&owner).map_err(&failed)? {
        None => Ok(()),
        Some(held) => book.give_up(&held).map_err(&failed),
    }
}

pub(crate) fn status(request: &Request<'_>) -> Result<(), IpamError> {
    let settings = Settings::read(request, None)?;
    let failed = folder_error(request);
    settings.dns().map_err(&failed)?;
    let places = Places::read(request)?;
    let Some(mut book) = Book::open(&places, request).map_err(&failed)? else {
        return places.can_be_made().map_err(&failed);
    };
    book.folder().has_space().map_err(&failed)?;
    for set in &settings.sets {
        if !has_free(&mut book, set).map_err(&failed)? {
            return Err(IpamError::Full {
                network: request.network.to_owned(),
                ranges: set.to_string(),
            });
        }
    }
    Ok(())
}

pub(crate) fn gc(request: &Request<'_>, valid: Option<&[Owner]>) -> Result<Vec<Owner>, IpamError> {
    let failed = folder_error(request);
    let places = Places::read(request)?;
    let (Some(valid), Some(mut book)) = (valid, Book::open(&places, request).map_err(&failed)?)
    else {
        return Ok(Vec::new());
    };
    let is_valid = |owner: &Owner| {
        valid.contains(owner)
            || (owner.ifname.is_empty()
                && valid
                    .iter()
                    .any(|valid| valid.container_id == owner.container_id))
    };
    let all = book.all().map_err(&failed)?;
    let mut gone = Vec::new();
    let mut failures = Vec::new();
    for held in all.held.into_iter().filter(|held| !is_valid(&held.owner)) {
        match book.give_up(&held) {
            Ok(()) => gone.push(held.owner),
            Err(error) => failures.push(error),
        }
    }
    if let Err(error) = book.release(&all.empty) {
        failures.push(error);
    }
    if failures.is_empty() {
        Ok(gone)
    } else {
        Err(failed(FolderError::Several(failures)))
    }
}

/// All reservations of the network, in the order of their owners; for people and sweeps. Nothing is
/// given out or taken back.
///
/// # Errors
/// [`IpamError`] when the folder cannot be read.
pub fn reservations(request: &Request<'_>) -> Result<Vec<Reservation>, IpamError> {
    let failed = folder_error(request);
    let places = Places::read(request)?;
    let Some(mut book) = Book::open(&places, request).map_err(&failed)? else {
        return Ok(Vec::new());
    };
    let all = book.all().map_err(&failed)?;
    let nobodys = all.empty.into_iter().chain(all.unknown);
    let nobodys = nobodys.map(|address| Reservation {
        address,
        owner: None,
        earlier_boot: false,
    });
    let held = all.held.into_iter().flat_map(|held| {
        let one = move |address| Reservation {
            address,
            owner: Some(held.owner.clone()),
            earlier_boot: held.earlier_boot,
        };
        held.addresses.into_iter().map(one)
    });
    Ok(held.chain(nobodys).collect())
}
