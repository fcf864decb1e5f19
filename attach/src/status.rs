//! `STATUS`: could an `ADD` succeed now?
//!
//! Left to others: whether the network is known here (`colvin-cni`).

use colvin_kernel::sysfs::{driver, vf};
use colvin_model::PciAddress;

use crate::error::AttachError;
use crate::host::Host;
use crate::journal::{Content, State, ensure_room, peek};
use crate::kind::{find_host_device, find_master, word};
use crate::request::{IpamCall, Patience};
use crate::roots::Roots;
use crate::settings::{Kind, Master};
use crate::sweep::{Seen, attachments};
use crate::trace::Trace;
use crate::undo::{Given, call};

/// What an `ADD` would need.
#[derive(Clone, Debug)]
pub struct Target {
    /// The `name` of the CNI configuration.
    pub network: String,
    /// What would be attached; `None` when the configuration leaves the device to the pod.
    pub kind: Option<Kind>,
    /// How to call IPAM, whose `STATUS` is called too.
    pub ipam: Option<IpamCall>,
    /// The waits.
    pub patience: Patience,
}

/// Why an `ADD` would fail now.
#[derive(Debug)]
pub struct Unavailable {
    /// What keeps it from succeeding.
    pub why: AttachError,
    /// Whether attachments of this configuration that run now are hurt by it, too: their device or uplink is what is
    /// missing. A full disk, a device in use or an IPAM without an address hurts new ones only.
    pub hurts_running: bool,
}

impl From<AttachError> for Unavailable {
    fn from(why: AttachError) -> Self {
        Self {
            why,
            hurts_running: false,
        }
    }
}

/// Looks whether the device or uplink is there, the journal can be written and IPAM is well.
///
/// # Errors
/// What keeps an `ADD` from succeeding, and whom else it concerns.
pub fn status(roots: &Roots, target: &Target) -> Result<(), Unavailable> {
    ensure_room(roots)?;
    let mut host = Host::open(roots)?;
    let missing = match &target.kind {
        Some(Kind::VirtualFunction(settings)) => function(roots, &mut host, settings.device)?,
        Some(Kind::PhysicalFunction(settings)) => function(roots, &mut host, settings.device)?,
        Some(Kind::HostDevice(settings)) => {
            // in a pod it is not here, and well
            find_host_device(&mut host, &settings.device)?;
            None
        }
        Some(Kind::Macvlan(settings)) => uplink(&mut host, &settings.master)?,
        Some(Kind::Ipvlan(settings)) => uplink(&mut host, &settings.master)?,
        Some(Kind::Vlan(settings)) => uplink(&mut host, &settings.master)?,
        None => None,
    };
    if let Some((why, of)) = missing {
        let seen = attachments(roots)?;
        let mut running = seen.iter().filter(|seen| is_of(seen, target, of));
        return Err(Unavailable {
            why,
            hurts_running: running.next().is_some(),
        });
    }
    ipam(roots, target).map_err(Unavailable::from)
}

/// IPAM is well.
fn ipam(roots: &Roots, target: &Target) -> Result<(), AttachError> {
    let Some(ipam) = &target.ipam else {
        return Ok(());
    };
    let given = Given {
        roots,
        network: &target.network,
        interface: None,
        netns: None,
        patience: target.patience,
    };
    call(&given, ipam, "STATUS", &mut Trace::begin(), |request, _| {
        colvin_ipam::status(request)
    })
}

/// What running attachments stand on that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// A PCI function.
    Function(PciAddress),
    /// The uplink of children.
    Uplink,
}

/// Whether an attachment of the configuration runs that stands on what is missing.
fn is_of(seen: &Seen, target: &Target, of: Of) -> bool {
    let key = seen.key.as_ref();
    let is_running = seen.this_boot && seen.state == Some(State::Applied);
    let is_of_network = key.is_some_and(|key| key.network == target.network);
    let stands_on_it = match of {
        Of::Function(device) => seen.device == Some(device),
        // a child is no function
        Of::Uplink => seen.device.is_none() && seen.kind.as_deref() == kind_of(target),
    };
    is_running && is_of_network && stands_on_it
}

fn kind_of(target: &Target) -> Option<&'static str> {
    target.kind.as_ref().map(word)
}

/// What is missing, if something is: the PCI function with a driver. One that somebody holds is an error.
fn function(
    roots: &Roots,
    host: &mut Host,
    device: PciAddress,
) -> Result<Option<(AttachError, Of)>, AttachError> {
    let has_netdev = !vf::netdevs(&host.sysfs, device)?.is_empty();
    // in a pod it has a driver, and no netdev here
    if !has_netdev && driver::current(&host.sysfs, device)?.is_none() {
        let why = AttachError::NoDevice(format!(
            "there is no PCI function {device} with a driver on this node"
        ));
        return Ok(Some((why, Of::Function(device))));
    }
    if let Some(Content::Record { record, .. }) = peek(roots, &device.to_string())?
        && record.boot_id == roots.boot_id
    {
        return Err(AttachError::Held {
            device: device.to_string(),
            holder: record.key.container,
            waited_ms: 0,
        });
    }
    Ok(None)
}

/// What is missing, if something is: the uplink. One in a container is known only with that.
fn uplink(host: &mut Host, master: &Master) -> Result<Option<(AttachError, Of)>, AttachError> {
    if master.in_container {
        return Ok(None);
    }
    match find_master(&mut host.socket, master) {
        Ok(_) => Ok(None),
        Err(why @ AttachError::NoDevice(_)) => Ok(Some((why, Of::Uplink))),
        Err(error) => Err(error),
    }
}
