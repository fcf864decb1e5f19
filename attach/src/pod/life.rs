//! Does the namespace of an attachment live on?
//!
//! Left to others: what is done when it does not.

use std::io;
use std::path::Path;

use colvin_kernel::netlink::change::{By, LinkFacts, RouteSocket};
use colvin_kernel::netns::{self, Live, NetNs, NetNsError, NetNsId};

use crate::error::AttachError;
use crate::journal::{Record, Target};
use crate::roots::Roots;
use crate::undo::{Undo, is_ours};

/// What can be said of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// It is there.
    Alive,
    /// It is gone.
    Gone,
    /// Nothing proves that it is gone.
    Unknown,
}

/// The namespace at a path; `None` when it is known to be gone. Not seen is not gone: any other failure is
/// an error.
pub(crate) fn opened(path: &Path) -> Result<Option<NetNs>, AttachError> {
    match NetNs::open(path) {
        Ok(netns) => Ok(Some(netns)),
        Err(error) if error.is_gone() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The namespace of a record, when its file still stands for it; `None` when that is gone, or stands for
/// another one.
pub(crate) fn at_its_path(target: &Target) -> Result<Option<NetNs>, AttachError> {
    let netns = opened(&target.path)?;
    Ok(netns.filter(|netns| netns.id().to_string() == target.id))
}

/// The namespace of a record, when a process or a mount holds it.
pub(crate) fn reopen(roots: &Roots, target: &Target) -> Result<Option<NetNs>, AttachError> {
    let Ok(id) = target.id.parse::<NetNsId>() else {
        return Ok(None);
    };
    let live = netns::live(&roots.proc)?;
    match live.paths.get(&id) {
        Some(path) => Ok(opened(path)?.filter(|netns| netns.id() == id)),
        None => Ok(None),
    }
}

/// Whether the namespace of a record lives. `live` is asked for at most once.
///
/// It is gone when every process and mount of the machine is seen, and none holds it. Where only some
/// are seen, it is gone when its file is: not when the folder around that is missing too, nor when the
/// file is there and no namespace, which is how a mount looks that did not come into this container,
/// nor for a file of `/proc`, whose process is none of those that are seen.
pub(crate) fn life(
    roots: &Roots,
    record: &Record,
    live: &mut Option<Live>,
) -> Result<Life, AttachError> {
    let target = &record.netns;
    let at_path = NetNs::open(&target.path);
    if let Ok(netns) = &at_path
        && netns.id().to_string() == target.id
    {
        return Ok(Life::Alive);
    }
    let live = match live {
        Some(live) => live,
        none => none.insert(netns::live(&roots.proc)?),
    };
    let id = target.id.parse::<NetNsId>().ok();
    let elsewhere = id.and_then(|id| live.paths.get(&id));
    if at_path.as_ref().is_err_and(|error| !error.is_gone()) {
        return Ok(Life::Unknown);
    }
    if let Some(path) = elsewhere {
        match NetNs::open(path) {
            Ok(netns) if holds(&netns, record, Known::ByAddress)? => return Ok(Life::Alive),
            Err(error) if !error.is_gone() => return Ok(Life::Unknown),
            // another one has its number by now, or it went meanwhile
            Ok(_) | Err(_) => {}
        }
    }
    if roots.sees_all() && live.unreadable == 0 {
        return Ok(Life::Gone);
    }
    let is_of_process = target.path.starts_with("/proc") || target.path.starts_with(&roots.proc);
    let is_proved = match at_path {
        // another namespace is there by now
        Ok(_) => true,
        Err(NetNsError::Gone { .. }) => is_listed_folder(&target.path),
        Err(_) => false,
    };
    Ok(if is_proved && !is_of_process {
        Life::Gone
    } else {
        Life::Unknown
    })
}

/// How a link that was made is known where it has no mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// By its kind and its address: nothing else tells it from another pod's.
    ByAddress,
    /// By its kind: its pod may have given it another address.
    ByKind,
}

/// Whether what was attached is in a namespace. The number of one that has ended is soon another one's, so
/// a namespace that is not where it was counts only with the interface in it.
pub(crate) fn holds(netns: &NetNs, record: &Record, known: Known) -> Result<bool, AttachError> {
    let Some(name) = &record.interface else {
        return Ok(true);
    };
    let mut socket = netns.run(RouteSocket::open)??;
    let found = socket.link(By::Name(name))?;
    Ok(found.is_some_and(|link| is_the_one(&link, record, known)))
}

/// Whether a link is the one that a record speaks of.
pub(crate) fn is_the_one(link: &LinkFacts, record: &Record, known: Known) -> bool {
    record.undo.iter().all(|undo| match undo {
        Undo::Link(image) => is_ours(link, image),
        Undo::Child(image) => image.is(link, known == Known::ByAddress && image.mac.is_some()),
        Undo::Ipam(_) | Undo::Vf(_) => true,
    })
}

/// Whether the folder of a path is there, and the path is not.
fn is_listed_folder(path: &Path) -> bool {
    let folder = path.parent().and_then(|folder| folder.metadata().ok());
    let file = path.symlink_metadata();
    folder.is_some_and(|folder| folder.is_dir())
        && file.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}
