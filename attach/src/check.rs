//! `CHECK`: is the attachment as it was made?
//!
//! Left to others: what a runtime remembers of it (`colvin-cni`).

use colvin_ipam::Lease;
use colvin_kernel::netlink::change::{By, LinkFacts, LinkKind, Route, RouteSocket};
use colvin_kernel::netns::NetNs;
use colvin_model::{LinkAddress, MacAddr};

use crate::del::record_of;
use crate::error::AttachError;
use crate::host::{Host, note};
use crate::journal::{Record, State};
use crate::kind;
use crate::pod::{Known, at_its_path, is_the_one, route_of};
use crate::request::{Addressing, Request};
use crate::roots::Roots;
use crate::trace::Trace;
use crate::undo::{Given, Undo, call, differs, image_of, link_of, method};

/// What the result of `ADD` said of this attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The interface's address; `None` when the result has none.
    pub mac: Option<MacAddr>,
    /// Its MTU in bytes; `None` when the result has none.
    pub mtu: Option<u32>,
    /// Its addresses and routes.
    pub lease: Lease,
}

/// Compares the journal, the kernel and what the result of `ADD` said, and asks IPAM.
///
/// # Errors
/// [`AttachError::Drift`] that names everything which differs; others when it cannot be looked at.
pub fn check(
    roots: &Roots,
    request: &Request,
    expected: &Expected,
    trace: &mut Trace,
) -> Result<(), AttachError> {
    let record = record_of(roots, request)?;
    let record = record.ok_or_else(|| drift("the journal has no such attachment"))?;
    if record.state != State::Applied || record.boot_id != roots.boot_id {
        return Err(drift("the journal says that it is not attached any more"));
    }
    let pod = at_its_path(&record.netns)?;
    let pod = pod.ok_or_else(|| drift("its network namespace is gone, or another one"))?;
    let mut host = Host::open(roots)?;
    let mut drifts = Vec::new();
    interface(&pod, &record, expected, trace, &mut drifts)?;
    settings(&mut host, request, &record, &mut drifts)?;
    host.note(trace);
    if let Addressing::Ipam(ipam) = &request.addressing {
        method(ipam)?;
        let given = Given {
            roots,
            network: &record.key.network,
            interface: Some(&record.key),
            netns: Some(&request.netns),
            patience: request.patience,
        };
        let lease = record.made.as_ref().map(|made| &made.lease);
        let asked = call(&given, ipam, "CHECK", trace, |request, attachment| {
            colvin_ipam::check(request, attachment, lease)
        });
        match asked {
            Ok(()) => {}
            Err(error) if drifts.is_empty() => return Err(error),
            Err(error) => drifts.push(error.to_string()),
        }
    }
    if drifts.is_empty() {
        return Ok(());
    }
    Err(AttachError::Drift(drifts.join("; ")))
}

fn drift(what: &str) -> AttachError {
    AttachError::Drift(what.to_owned())
}

/// Compares the pod's interface.
fn interface(
    pod: &NetNs,
    record: &Record,
    expected: &Expected,
    trace: &mut Trace,
    drifts: &mut Vec<String>,
) -> Result<(), AttachError> {
    let Some(name) = &record.interface else {
        return Ok(());
    };
    let mut socket = pod.run(RouteSocket::open)??;
    let found = socket.link(By::Name(name))?;
    let Some(found) = found else {
        drifts.push(format!("the pod has no interface {name}"));
        return Ok(());
    };
    if !is_the_one(&found, record, Known::ByKind) {
        drifts.push(format!(
            "{name} is another link than the one that was attached"
        ));
    }
    if !found.link.admin_up {
        drifts.push(format!("{name} is down"));
    }
    let made = record.made.as_ref();
    let mac = found.link.address.as_ref().and_then(LinkAddress::mac);
    let wanted = expected.mac.or_else(|| made.and_then(|made| made.mac));
    if let (Some(mac), Some(wanted)) = (mac, wanted)
        && mac != wanted
    {
        drifts.push(format!("{name} has the address {mac}, not {wanted}"));
    }
    let mtu = found.link.mtu_bytes;
    // a change by its Network is later than the result of ADD
    let wanted = made
        .and_then(|made| made.followed_mtu)
        .or(expected.mtu)
        .or_else(|| made.and_then(|made| made.mtu))
        .unwrap_or(mtu);
    // one that was begun is finished by the agent
    if mtu != wanted && record.change.is_none() {
        drifts.push(format!("{name} has the mtu {mtu}, not {wanted}"));
    }
    let result = addressing(&mut socket, &found, &expected.lease, drifts);
    note(&mut socket, trace, "pod");
    result
}

/// Compares addresses and routes: what was given must be there; more may be.
fn addressing(
    socket: &mut RouteSocket,
    found: &LinkFacts,
    lease: &Lease,
    drifts: &mut Vec<String>,
) -> Result<(), AttachError> {
    let index = found.link.index;
    let name = &found.link.name;
    if !lease.ips.is_empty() {
        let addresses = socket.addresses(index)?;
        for ip in &lease.ips {
            let (address, length) = (ip.address.address(), ip.address.length());
            let has = addresses
                .iter()
                .find(|has| has.address == address && has.prefix_length == length);
            match has {
                None => drifts.push(format!("{name} has not the address {address}/{length}")),
                Some(has) if has.is_duplicate() => {
                    drifts.push(format!("somebody else has the address {address} of {name}"));
                }
                Some(_) => {}
            }
        }
    }
    if !lease.routes.is_empty() {
        let routes = socket.routes(Some(index))?;
        for route in &lease.routes {
            let wanted = route_of(index, route, &lease.ips);
            if !routes.iter().any(|has| is_route(has, &wanted)) {
                drifts.push(format!("there is no route to {} out of {name}", route.dst));
            }
        }
    }
    Ok(())
}

fn is_route(has: &Route, wanted: &Route) -> bool {
    let network = |route: &Route| {
        let prefix = colvin_ipam::IpPrefix::new(route.destination, route.prefix_length);
        prefix.map(|prefix| prefix.first())
    };
    network(has) == network(wanted)
        && has.prefix_length == wanted.prefix_length
        && has.table == wanted.table
        && (wanted.gateway.is_none() || has.gateway == wanted.gateway)
        && (wanted.priority.is_none() || has.priority == wanted.priority)
}

/// Compares what is not listed: what the PF says of its VF, how a made link is set.
fn settings(
    host: &mut Host,
    request: &Request,
    record: &Record,
    drifts: &mut Vec<String>,
) -> Result<(), AttachError> {
    for undo in &record.undo {
        let Undo::Vf(vf) = undo else {
            continue;
        };
        let Some(pf) = link_of(host, vf.pf)? else {
            drifts.push(format!("the PF {} has no netdev here", vf.pf));
            continue;
        };
        let Some(now) = host.socket.vf(pf.link.index, vf.number)? else {
            drifts.push(format!("{} has no VF {}", vf.pf, vf.number));
            continue;
        };
        let wanted = record.made.as_ref().and_then(|made| made.vf.as_ref());
        let difference = wanted.map(|wanted| differs(wanted, &image_of(&now)));
        if let Some(difference) = difference.filter(|difference| !difference.is_empty()) {
            drifts.push(format!(
                "the PF is told something else of the VF: {difference}"
            ));
        }
    }
    let wanted = kind::child_kind(&request.kind);
    if let (Some(wanted), Some(name)) = (wanted, &record.interface) {
        let pod = at_its_path(&record.netns)?;
        let mut socket = pod
            .ok_or_else(|| drift("its network namespace is gone"))?
            .run(RouteSocket::open)??;
        let found = socket.link(By::Name(name))?.and_then(|link| link.child);
        if let Some(found) = found.filter(|found| !is_kind(*found, wanted)) {
            drifts.push(format!("{name} is set as {found:?}, not as {wanted:?}"));
        }
    }
    Ok(())
}

/// Whether a link is set as it was asked; what was not asked may be anything.
fn is_kind(now: LinkKind, wanted: LinkKind) -> bool {
    match (now, wanted) {
        (
            LinkKind::Macvlan {
                mode: now,
                bc_queue_len: _,
            },
            LinkKind::Macvlan {
                mode: wanted,
                bc_queue_len: None,
            },
        ) => now == wanted,
        _ => now == wanted,
    }
}
