//! A whole PCI function: its one netdev moves.
//!
//! Left to others: VFs.

use colvin_kernel::netlink::change::{By, LinkFacts};
use colvin_kernel::sysfs::{driver, vf};
use colvin_model::PciAddress;

use super::{LinkPlan, Move, Plan};
use crate::error::AttachError;
use crate::host::Host;
use crate::settings::PhysicalFunction;
use crate::undo::LinkImage;

/// What a PCI function needs.
pub(super) fn plan(
    host: &mut Host,
    settings: &PhysicalFunction,
    record: &str,
) -> Result<Plan, AttachError> {
    let device = settings.device;
    let link = only_link(host, device)?;
    movable(&link)?;
    Ok(Plan {
        device: Some(device),
        vf: None,
        link: Some(LinkPlan::Move(Box::new(Move {
            image: LinkImage::of(&link, Some(device), false, record),
            mac: settings.mac,
            mtu: settings.mtu,
            all_multicast: None,
            promiscuous: None,
        }))),
    })
}

/// The one link that a function has in the host.
///
/// # Errors
/// [`AttachError::NoDevice`] when there is no such function, [`AttachError::NoNetdev`] when it has none
/// here, [`AttachError::Config`] when it has several.
pub(super) fn only_link(host: &mut Host, device: PciAddress) -> Result<LinkFacts, AttachError> {
    let names = vf::netdevs(&host.sysfs, device)?;
    let [name] = names.as_slice() else {
        return Err(match (names.len(), driver::current(&host.sysfs, device)?) {
            (0, None) => AttachError::NoDevice(format!(
                "there is no PCI function {device} with a driver on this node"
            )),
            (0, Some(driver)) => AttachError::NoNetdev {
                device,
                reason: format!(
                    "its driver is {driver}, and no netdev of it is in the host's namespace"
                ),
            },
            _ => AttachError::Config(format!(
                "{device} has several netdevs ({names:?}): name one by `device`"
            )),
        });
    };
    let found = host.socket.link(By::Name(name))?;
    found.ok_or_else(|| AttachError::NoNetdev {
        device,
        reason: format!("{name} is in another network namespace"),
    })
}

/// Refuses a link that others of the host stand on.
pub(super) fn movable(link: &LinkFacts) -> Result<(), AttachError> {
    if link.link.hardware_type == LOOPBACK {
        return Err(AttachError::Config(format!(
            "{} is the loopback link, which stays where it is",
            link.link.name
        )));
    }
    if link.link.master.is_some() {
        return Err(AttachError::Config(format!(
            "{} is a member of a bond or bridge: take it out of that first",
            link.link.name
        )));
    }
    Ok(())
}

/// `ARPHRD_LOOPBACK`.
const LOOPBACK: u16 = 772;
