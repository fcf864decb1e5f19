//! `STATUS`: could an `ADD` succeed now?
//!
//! Left to others: whether the network is known here (`colvin-cni`).

use colvin_kernel::sysfs::{driver, vf};
use colvin_model::PciAddress;

use crate::error::AttachError;
use crate::host::Host;
use crate::journal::{Content, ensure_room, peek};
use crate::kind::{find_host_device, find_master};
use crate::request::{IpamCall, Patience};
use crate::roots::Roots;
use crate::settings::{Kind, Master};
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

/// Looks whether the device or uplink is there, the journal can be written and IPAM is well.
///
/// # Errors
/// What keeps an `ADD` from succeeding.
pub fn status(roots: &Roots, target: &Target) -> Result<(), AttachError> {
    ensure_room(roots)?;
    let mut host = Host::open(roots)?;
    match &target.kind {
        Some(Kind::VirtualFunction(settings)) => function(roots, &mut host, settings.device)?,
        Some(Kind::PhysicalFunction(settings)) => function(roots, &mut host, settings.device)?,
        Some(Kind::HostDevice(settings)) => {
            find_host_device(&mut host, &settings.device)?;
        }
        Some(Kind::Macvlan(settings)) => uplink(&mut host, &settings.master)?,
        Some(Kind::Ipvlan(settings)) => uplink(&mut host, &settings.master)?,
        Some(Kind::Vlan(settings)) => uplink(&mut host, &settings.master)?,
        None => {}
    }
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

/// The PCI function is there, has a driver, and nobody holds it.
fn function(roots: &Roots, host: &mut Host, device: PciAddress) -> Result<(), AttachError> {
    if let Some(Content::Record { record, .. }) = peek(roots, &device.to_string())?
        && record.boot_id == roots.boot_id
    {
        return Err(AttachError::Held {
            device: device.to_string(),
            holder: record.key.container,
            waited_ms: 0,
        });
    }
    let has_netdev = !vf::netdevs(&host.sysfs, device)?.is_empty();
    if has_netdev || driver::current(&host.sysfs, device)?.is_some() {
        return Ok(());
    }
    Err(AttachError::NoDevice(format!(
        "there is no PCI function {device} with a driver on this node"
    )))
}

/// The uplink is there; one in a container is known only with that.
fn uplink(host: &mut Host, master: &Master) -> Result<(), AttachError> {
    if master.in_container {
        return Ok(());
    }
    find_master(&mut host.socket, master).map(drop)
}
