//! A device that was attached is found again: in the pod, at home, under whatever name.
//!
//! A PCI function's netdev is known by its function. Any other bears a mark in its alias from when it
//! was moved, and at home is known by its index. Left to others: what is done with it.

use colvin_kernel::netlink::change::{By, LinkFacts, RouteSocket};
use colvin_kernel::netns::NetNs;
use colvin_kernel::sysfs::vf;
use colvin_model::{IfIndex, IfName};

use super::link::LinkImage;
use crate::error::AttachError;
use crate::host::Host;

/// Whether a link is the one of the image, wherever it is.
pub(crate) fn is_ours(link: &LinkFacts, image: &LinkImage) -> bool {
    if link
        .link
        .alias
        .as_ref()
        .is_some_and(|alias| *alias == *image.mark)
    {
        return true;
    }
    let Some(device) = image.device else {
        return false;
    };
    let parent = link.link.parent.as_ref();
    let is_of_device = parent.is_some_and(|parent| parent.name == *device.to_string())
        || (parent.is_some_and(|parent| parent.bus == *"virtio")
            && link.link.function == Some(device));
    // a port of a card that has several for one function is told by its address
    is_of_device && (image.mac.is_none() || is_same_port(link, image))
}

/// Whether a link may be this port of the function: the maker's address is what stays.
fn is_same_port(link: &LinkFacts, image: &LinkImage) -> bool {
    match (&link.link.permanent_address, image.permanent_mac) {
        (Some(address), Some(mac)) => address.mac() == Some(mac),
        _ => true,
    }
}

/// Whether a link of the host is the one of the image.
pub(crate) fn is_home(link: &LinkFacts, image: &LinkImage) -> bool {
    is_ours(link, image)
        || (image.device.is_none()
            && link.link.index.get() == image.index
            && link.link.name == image.name)
}

/// Looks for it in the namespace of a socket, first under this name.
pub(crate) fn seek(
    socket: &mut RouteSocket,
    image: &LinkImage,
    name: &IfName,
) -> Result<Option<LinkFacts>, AttachError> {
    let found = socket.link(By::Name(name))?;
    if let Some(link) = found.filter(|link| is_ours(link, image)) {
        return Ok(Some(link));
    }
    let links = socket.links()?;
    Ok(links.into_iter().find(|link| is_ours(link, image)))
}

/// Looks for it where it was, without asking for every link: by its index, its name, and what sysfs
/// says that its function has.
pub(crate) fn seek_home(
    host: &mut Host,
    image: &LinkImage,
) -> Result<Option<LinkFacts>, AttachError> {
    if let Some(index) = IfIndex::new(image.index) {
        let found = host.socket.link(By::Index(index))?;
        if let Some(link) = found.filter(|link| is_home(link, image)) {
            return Ok(Some(link));
        }
    }
    let mut names = vec![image.name.clone()];
    if let Some(device) = image.device {
        names.extend(vf::netdevs(&host.sysfs, device)?);
    }
    for name in names {
        let found = host.socket.link(By::Name(&name))?;
        if let Some(link) = found.filter(|link| is_home(link, image)) {
            return Ok(Some(link));
        }
    }
    Ok(None)
}

/// Whether it is at home.
pub(crate) fn is_back(host: &mut Host, image: &LinkImage) -> Result<bool, AttachError> {
    Ok(seek_home(host, image)?.is_some())
}

/// Looks for it among all links of the host: it may have come back under a name of the kernel's.
pub(crate) fn seek_everywhere_at_home(
    host: &mut Host,
    image: &LinkImage,
) -> Result<Option<LinkFacts>, AttachError> {
    let links = host.socket.links()?;
    Ok(links.into_iter().find(|link| is_home(link, image)))
}

/// Opens a socket in a namespace, and looks for it there.
pub(crate) fn seek_in(
    netns: &NetNs,
    image: &LinkImage,
    name: &IfName,
) -> Result<Option<(RouteSocket, LinkFacts)>, AttachError> {
    netns.run(|| {
        let mut socket = RouteSocket::open()?;
        let found = seek(&mut socket, image, name)?;
        Ok(found.map(|link| (socket, link)))
    })?
}
