//! Where a link is that was moved: in its pod, at home, in any namespace that can be seen, or nowhere, so
//! that its driver makes it anew.
//!
//! Left to others: how it is known ([`super::seek`]), what is done with it ([`super::link`]).

use std::time::Duration;

use colvin_kernel::netlink::change::{By, LinkFacts, RouteSocket, Watch};
use colvin_kernel::netns::{self, NetNsId};
use colvin_kernel::sysfs::{driver, vf};
use colvin_model::{IfName, PciAddress};

use super::Undoing;
use super::link::LinkImage;
use super::seek::{is_home, seek_everywhere_at_home, seek_home, seek_in};
use crate::error::AttachError;
use crate::journal::Record;
use crate::pod::opened;

/// Where a link was found.
pub(super) enum Place {
    /// At home.
    Home(LinkFacts),
    /// In another namespace, with a socket there.
    Away(RouteSocket, LinkFacts),
    /// Nowhere: it is gone.
    Gone,
}

/// Finds it.
pub(super) fn find(
    undoing: &mut Undoing<'_>,
    record: &Record,
    image: &LinkImage,
) -> Result<Place, AttachError> {
    let name = record.interface.as_ref().unwrap_or(&image.name);
    if let Some(pod) = undoing.pod
        && let Some((socket, link)) = seek_in(pod, image, name)?
    {
        return Ok(Place::Away(socket, link));
    }
    if let Some(link) = seek_home(undoing.host, image)? {
        return Ok(Place::Home(link));
    }
    if let Some(link) = seek_everywhere_at_home(undoing.host, image)? {
        return Ok(Place::Home(link));
    }
    if let Some(device) = image.device
        && driver::current(&undoing.host.sysfs, device)?.is_none()
    {
        // unplugged, taken away with its siblings, or without a driver: no netdev anywhere
        return Ok(Place::Gone);
    }
    find_far(undoing, record, image, name)
}

/// Looks in the namespaces that can be seen: for a PCI function's netdev in all of them, for any other
/// in the one it went to, with which it ends.
fn find_far(
    undoing: &mut Undoing<'_>,
    record: &Record,
    image: &LinkImage,
    name: &IfName,
) -> Result<Place, AttachError> {
    let live = netns::live(&undoing.roots.proc)?;
    let own = undoing.host.netns.id();
    let is_first = |id: &NetNsId| id.to_string() == record.netns.id;
    let mut places: Vec<_> = live
        .paths
        .iter()
        .filter(|(id, _)| **id != own && (image.device.is_some() || is_first(id)))
        .collect();
    places.sort_by_key(|(id, _)| !is_first(id));
    for (_, path) in places {
        let Some(netns) = opened(path)? else {
            continue; // it went meanwhile
        };
        if let Some((socket, link)) = seek_in(&netns, image, name)? {
            return Ok(Place::Away(socket, link));
        }
    }
    let Some(device) = image.device else {
        return Ok(Place::Gone);
    };
    if let Some(link) = wait_for_return(undoing, image)? {
        return Ok(Place::Home(link));
    }
    if !undoing.roots.sees_all() || live.unreadable > 0 {
        return Err(AttachError::NoNetdev {
            device,
            reason: "its netdev is in no network namespace that can be seen from here".to_owned(),
        });
    }
    made_anew(undoing, device, image)
}

/// How long the kernel may take to give back what was in a namespace that ended.
const RETURN_LIMIT: Duration = Duration::from_secs(2);

/// Waits for the kernel to give the link back: it clears a namespace some time after its end.
fn wait_for_return(
    undoing: &mut Undoing<'_>,
    image: &LinkImage,
) -> Result<Option<LinkFacts>, AttachError> {
    let mut watch = Watch::open()?;
    let limit = undoing.patience.device.min(RETURN_LIMIT);
    let mut failure = None;
    let found = watch.until(limit, || {
        match seek_everywhere_at_home(undoing.host, image) {
            Ok(found) => Ok(found.map(Some)),
            Err(error) => {
                failure = Some(error);
                Ok(Some(None))
            }
        }
    })?;
    failure.map_or(Ok(found.flatten()), Err)
}

/// Takes the driver from a function and gives it back.
fn made_anew(
    undoing: &mut Undoing<'_>,
    device: PciAddress,
    image: &LinkImage,
) -> Result<Place, AttachError> {
    let sysfs = &undoing.host.sysfs;
    let Some(name) = driver::current(sysfs, device)? else {
        return Ok(Place::Gone);
    };
    if is_userspace(name.as_str()) {
        return Ok(Place::Gone);
    }
    driver::unbind(sysfs, device)?;
    driver::bind(sysfs, device, name.as_str())?;
    for netdev in vf::netdevs(sysfs, device)? {
        let found = undoing.host.socket.link(By::Name(&netdev))?;
        if let Some(link) = found.filter(|link| is_home(link, image)) {
            return Ok(Place::Home(link));
        }
    }
    Err(AttachError::NoNetdev {
        device,
        reason: format!("its driver {name} was given back and made none"),
    })
}

/// Whether a driver hands the function to programs: it makes no netdev.
pub(crate) fn is_userspace(driver: &str) -> bool {
    matches!(driver, "vfio-pci" | "uio_pci_generic" | "igb_uio")
}
