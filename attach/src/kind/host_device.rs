//! Any netdev of the host, named by name, address, sysfs folder or PCI address: it moves.
//!
//! Left to others: VFs, whose PF must be told.

use std::path::Path;

use colvin_kernel::netlink::change::{By, LinkFacts};
use colvin_kernel::sysfs::vf;
use colvin_model::{LinkAddress, PciAddress};

use super::physical_function::{movable, only_link};
use super::{LinkPlan, Move, Plan};
use crate::error::AttachError;
use crate::host::Host;
use crate::settings::{HostDevice, HostDeviceRef};
use crate::undo::LinkImage;

/// What a netdev needs.
pub(super) fn plan(
    host: &mut Host,
    settings: &HostDevice,
    record: &str,
) -> Result<Plan, AttachError> {
    let link = find(host, &settings.device)?;
    movable(&link)?;
    let device = function_of(&link);
    let is_vf = match device {
        Some(device) => vf::place(&host.sysfs, device)?.is_some(),
        None => false,
    };
    Ok(Plan {
        device,
        vf: None,
        link: Some(LinkPlan::Move(Box::new(Move {
            image: LinkImage::of(&link, device, is_vf, record),
            mac: settings.mac,
            mtu: settings.mtu,
            all_multicast: None,
            promiscuous: None,
        }))),
    })
}

/// The name of its record: its PCI address where it has one of its own, else its index and name.
pub(super) fn record_name(host: &mut Host, settings: &HostDevice) -> Result<String, AttachError> {
    if let HostDeviceRef::Pci(device) = settings.device {
        return Ok(device.to_string());
    }
    let link = find(host, &settings.device)?;
    Ok(match function_of(&link) {
        Some(device) => device.to_string(),
        None => format!("netdev-{}-{}", link.link.index, link.link.name),
    })
}

/// The PCI function that a link is of, when that is its own device.
fn function_of(link: &LinkFacts) -> Option<PciAddress> {
    let parent = link.link.parent.as_ref()?;
    let is_own = parent.bus == *"pci" || parent.bus == *"virtio";
    link.link.function.filter(|_| is_own)
}

/// The link that is meant.
///
/// # Errors
/// [`AttachError::NoDevice`] when there is none.
pub(crate) fn find(host: &mut Host, device: &HostDeviceRef) -> Result<LinkFacts, AttachError> {
    match device {
        HostDeviceRef::Name(name) => {
            let found = host.socket.link(By::AnyName(name.as_str()))?;
            found.ok_or_else(|| missing(&format!("link {name}")))
        }
        HostDeviceRef::Mac(mac) => {
            let address = Some(LinkAddress::Ethernet(*mac));
            let links = host.socket.links()?;
            let mut found = links.into_iter().filter(|link| {
                link.link.address == address && link.child.is_none() && link.link.kind.is_none()
            });
            match (found.next(), found.next()) {
                (Some(link), None) => Ok(link),
                (None, _) => by_any_mac(host, address.as_ref()),
                (Some(one), Some(other)) => Err(AttachError::Config(format!(
                    "hwaddr {mac} is that of {} and of {}: name one by `device`",
                    one.link.name, other.link.name
                ))),
            }
        }
        HostDeviceRef::KernelPath(path) => by_path(host, path),
        HostDeviceRef::Pci(device) => only_link(host, *device),
    }
}

/// The one link with an address, where no link of hardware has it.
fn by_any_mac(host: &mut Host, address: Option<&LinkAddress>) -> Result<LinkFacts, AttachError> {
    let links = host.socket.links()?;
    let found = links
        .into_iter()
        .find(|link| link.link.address.as_ref() == address);
    found.ok_or_else(|| {
        let shown = address.map(ToString::to_string);
        missing(&format!("link with hwaddr {}", shown.unwrap_or_default()))
    })
}

/// The link whose device lies in a folder of sysfs: `/sys/devices/pci0000:00/0000:00:1f.6`, or that of
/// its netdev below it.
fn by_path(host: &mut Host, path: &Path) -> Result<LinkFacts, AttachError> {
    let shown = path.display();
    let is_plain = path.starts_with("/sys/devices/")
        && !path
            .components()
            .any(|part| matches!(part, std::path::Component::ParentDir));
    if !is_plain {
        return Err(AttachError::Config(format!(
            "kernelpath {shown} is no folder below /sys/devices"
        )));
    }
    let mut parts = path
        .components()
        .rev()
        .map(|part| part.as_os_str().to_string_lossy());
    let last = parts.next().unwrap_or_default();
    if parts.next().is_some_and(|folder| folder == "net") {
        let found = host.socket.link(By::AnyName(&last))?;
        return found.ok_or_else(|| missing(&format!("link {last}")));
    }
    let device = path
        .components()
        .rev()
        .find_map(|part| part.as_os_str().to_str()?.parse::<PciAddress>().ok());
    match device {
        Some(device) => only_link(host, device),
        None => Err(missing(&format!("PCI function in {shown}"))),
    }
}

fn missing(what: &str) -> AttachError {
    AttachError::NoDevice(format!(
        "there is no {what} in the host's network namespace"
    ))
}
