//! What was planned is done: the PF is told, the link is moved or made, and set inside the pod.
//!
//! Everything it changes was written to the journal before. Left to others: finding out what is to be
//! done ([`crate::kind`]), undoing it ([`crate::undo`]).

use std::os::fd::AsFd as _;

use colvin_ipam::{Lease, Route};
use colvin_kernel::netlink::change::{By, LinkChange, LinkFacts, NewLink, RouteSocket, Switch};
use colvin_model::{IfIndex, IfName, LinkAddress, MacAddr};

use crate::attached::{Attached, Interface};
use crate::error::AttachError;
use crate::host::Host;
use crate::journal::Made;
use crate::kind::{LinkPlan, Make, Move, Plan, VfPlan};
use crate::pod::{Inside, Pod, settle};
use crate::request::Request;
use crate::roots::Roots;
use crate::trace::Trace;
use crate::undo::{VfImage, differs, image_of, seek};

/// Both sides, and the folders.
pub(crate) struct Applying<'a> {
    /// The folders.
    pub(crate) roots: &'a Roots,
    /// The host's side.
    pub(crate) host: &'a mut Host,
    /// The pod's side.
    pub(crate) pod: &'a mut Pod,
    /// What was done.
    pub(crate) trace: &'a mut Trace,
}

/// Puts the device where it is to be: the PF is told, the link is moved or made. Gives what the PF says then.
pub(crate) fn place(
    applying: &mut Applying<'_>,
    plan: &Plan,
    inside: &Inside<'_>,
) -> Result<Option<VfImage>, AttachError> {
    let vf = plan.vf.as_ref().map(|vf| tell(applying, vf)).transpose()?;
    let result = match &plan.link {
        None => return Ok(vf),
        Some(LinkPlan::Move(link)) => move_link(applying, link, inside),
        Some(LinkPlan::Make(link)) => make_link(applying, link, inside),
    };
    applying.host.note(applying.trace);
    applying.pod.note(applying.trace);
    result?;
    Ok(vf)
}

/// Makes of what was placed what it is to be. Gives what a runtime is told of it, and what `CHECK` will look for.
pub(crate) fn finish(
    applying: &mut Applying<'_>,
    request: &Request,
    plan: &Plan,
    inside: &Inside<'_>,
    vf: Option<VfImage>,
) -> Result<(Attached, Made), AttachError> {
    let lease = inside.lease.clone();
    let Some(link) = &plan.link else {
        let attached = Attached {
            interface: None,
            device: plan.device,
            lease: lease.clone(),
        };
        let made = Made {
            lease,
            vf,
            ..Made::default()
        };
        return Ok((attached, made));
    };
    let (found, slaac) = settle(
        applying.roots,
        &applying.host.netns,
        applying.pod,
        inside,
        applying.trace,
    )?;
    let mac = check_mac(applying, link, &found, &request.key.name)?;
    let lease = Lease {
        ips: lease.ips.into_iter().chain(slaac).collect(),
        ..lease
    };
    let made = Made {
        mac,
        mtu: Some(found.link.mtu_bytes),
        lease: inside.lease.clone(),
        routes: own_routes(inside),
        followed_mtu: None,
        vf,
    };
    let attached = Attached {
        interface: Some(Interface {
            name: found.link.name.clone(),
            mac,
            mtu: found.link.mtu_bytes,
        }),
        device: plan.device,
        lease,
    };
    Ok((attached, made))
}

/// The Network's routes that are ours to take away again: not those that the addresses came with, too.
fn own_routes(inside: &Inside<'_>) -> Vec<Route> {
    let with_addresses = &inside.lease.routes;
    let own = inside.routes.iter().copied();
    own.filter(|route| !with_addresses.contains(route))
        .collect()
}

/// Tells the PF, and looks what it says then.
fn tell(applying: &mut Applying<'_>, vf: &VfPlan) -> Result<VfImage, AttachError> {
    if vf.change.is_empty() {
        return Ok(vf.undo.before.clone());
    }
    let socket = &mut applying.host.socket;
    let told = socket.set_vf(vf.pf, vf.undo.number, &vf.change);
    let now = told.and_then(|()| socket.vf(vf.pf, vf.undo.number));
    applying.host.note(applying.trace);
    let now = now?.map(|now| image_of(&now)).unwrap_or_default();
    match differs(&vf.wanted, &now) {
        same if same.is_empty() => Ok(now),
        difference => Err(AttachError::Kernel {
            what: format!(
                "the driver of {} did not do what it was told of VF {}",
                vf.undo.pf, vf.undo.number
            ),
            reason: difference,
        }),
    }
}

/// Moves the link, by one message: into the pod, with its name, address, MTU and mark, and up where
/// nothing must be set before that.
fn move_link(
    applying: &mut Applying<'_>,
    plan: &Move,
    inside: &Inside<'_>,
) -> Result<(), AttachError> {
    let image = &plan.image;
    let index = IfIndex::new(image.index).ok_or_else(|| AttachError::Kernel {
        what: format!("cannot move {}", image.name),
        reason: "it has no index".to_owned(),
    })?;
    let host = &mut applying.host.socket;
    host.remove_alt_names(index, &image.alt_names)?;
    let address = plan.mac.map(LinkAddress::Ethernet);
    if image.device.is_none() && (address.is_some() || plan.mtu.is_some()) {
        // should the kernel refuse these after the move, it is found by its mark
        let mark = LinkChange {
            alias: Some(&image.mark),
            ..LinkChange::default()
        };
        host.set(index, &mark)?;
    }
    let change = LinkChange {
        netns: Some(applying.pod.netns.as_fd()),
        name: Some(inside.name),
        address: address.as_ref(),
        mtu_bytes: plan.mtu,
        alias: Some(&image.mark),
        up: if inside.is_up {
            Switch::On
        } else {
            Switch::Off
        },
        all_multicast: plan.all_multicast.map_or(Switch::Leave, Switch::from),
        promiscuous: plan.promiscuous.map_or(Switch::Leave, Switch::from),
        ..LinkChange::default()
    };
    match host.set(index, &change) {
        Ok(()) => Ok(()),
        // a driver may not let a VF choose its address when its PF has: then it has that already, or gets
        // it when it is reset
        Err(_) if image.is_vf && address.is_some() => {
            let change = LinkChange {
                address: None,
                ..change
            };
            finish_move(
                applying.host,
                &mut applying.pod.socket,
                plan,
                &change,
                inside.name,
            )
        }
        Err(error) => Err(error.into()),
    }
}

/// Does the rest of a move whose address was refused.
fn finish_move(
    host: &mut Host,
    pod: &mut RouteSocket,
    plan: &Move,
    change: &LinkChange<'_>,
    name: &IfName,
) -> Result<(), AttachError> {
    if let Some(link) = seek(pod, &plan.image, name)? {
        let change = LinkChange {
            netns: None,
            ..change.clone()
        };
        return Ok(pod.set(link.link.index, &change)?);
    }
    let index = IfIndex::new(plan.image.index);
    let missing = || AttachError::NoDevice(format!("{} is gone", plan.image.name));
    Ok(host.socket.set(index.ok_or_else(missing)?, change)?)
}

/// Makes the link in the pod, by one message.
fn make_link(
    applying: &mut Applying<'_>,
    plan: &Make,
    inside: &Inside<'_>,
) -> Result<(), AttachError> {
    let new = NewLink {
        kind: plan.kind,
        lower: plan.lower,
        name: inside.name,
        netns: Some(applying.pod.netns.as_fd()).filter(|_| !plan.in_container),
        index: None,
        mac: plan.mac,
        mtu_bytes: plan.mtu,
        alias: inside.mark.as_deref(),
        up: inside.is_up,
    };
    let socket = if plan.in_container {
        &mut applying.pod.socket
    } else {
        &mut applying.host.socket
    };
    Ok(socket.create(&new)?)
}

/// The address that the interface has, which is the one that was asked for.
fn check_mac(
    applying: &mut Applying<'_>,
    link: &LinkPlan,
    found: &LinkFacts,
    name: &IfName,
) -> Result<Option<MacAddr>, AttachError> {
    let now = found.link.address.as_ref().and_then(LinkAddress::mac);
    let wanted = match link {
        LinkPlan::Move(plan) => plan.mac,
        LinkPlan::Make(plan) => plan.mac,
    };
    let Some(wanted) = wanted.filter(|wanted| now != Some(*wanted)) else {
        return Ok(now);
    };
    let result = give_mac(applying, found, wanted, name);
    applying.pod.note(applying.trace);
    result?;
    Ok(Some(wanted))
}

/// Gives the interface its address while it is down, and looks whether it has it.
fn give_mac(
    applying: &mut Applying<'_>,
    found: &LinkFacts,
    mac: MacAddr,
    name: &IfName,
) -> Result<(), AttachError> {
    let socket = &mut applying.pod.socket;
    let index = found.link.index;
    let flag = |up| LinkChange {
        up,
        ..LinkChange::default()
    };
    let address = LinkAddress::Ethernet(mac);
    let change = LinkChange {
        address: Some(&address),
        ..LinkChange::default()
    };
    socket.set(index, &flag(Switch::Off))?;
    let set = socket.set(index, &change);
    socket.set(index, &flag(Switch::On))?;
    let now = socket.link(By::Index(index))?;
    let now = now.and_then(|link| link.link.address);
    if now == Some(address) {
        return Ok(());
    }
    set?;
    Err(AttachError::Kernel {
        what: format!("{name} did not take the address {mac}"),
        reason: format!("it has {now:?}"),
    })
}
