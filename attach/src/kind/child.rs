//! What every child needs: the link that it is made on, and a plan to make it.
//!
//! Left to others: what kind of child it is.

use colvin_kernel::netlink::change::{By, LinkFacts, LinkKind, RouteSocket};
use colvin_model::{IfName, MacAddr};

use crate::error::AttachError;
use crate::host::Host;
use crate::pod::Pod;
use crate::settings;

use super::{LinkPlan, Make, Plan};

/// The link that a child stands on.
#[derive(Debug)]
pub(crate) struct Master {
    /// What it is.
    pub(crate) link: LinkFacts,
    /// Whether it is in the pod.
    pub(crate) in_container: bool,
}

/// The plan of a child: what it is, and the address that it is to have.
pub(super) fn plan(
    host: &mut Host,
    pod: &mut Pod,
    on: (&settings::Master, Option<u32>),
    kind: LinkKind,
    mac: Option<MacAddr>,
) -> Result<Plan, AttachError> {
    let (named, mtu) = on;
    let master = master(host, pod, named, mtu)?;
    Ok(Plan {
        device: None,
        vf: None,
        link: Some(LinkPlan::Make(Make {
            kind,
            lower: master.link.link.index,
            in_container: master.in_container,
            mac,
            mtu,
        })),
    })
}

/// Finds it where it should be, and looks that the child's MTU fits.
fn master(
    host: &mut Host,
    pod: &mut Pod,
    master: &settings::Master,
    mtu: Option<u32>,
) -> Result<Master, AttachError> {
    let socket = if master.in_container {
        &mut pod.socket
    } else {
        &mut host.socket
    };
    let link = find_master(socket, master)?;
    if let Some(mtu) = mtu.filter(|mtu| *mtu > link.link.mtu_bytes) {
        return Err(AttachError::above(mtu, "master", &link));
    }
    Ok(Master {
        link,
        in_container: master.in_container,
    })
}

/// The master, in the namespace of a socket.
pub(crate) fn find_master(
    socket: &mut RouteSocket,
    master: &settings::Master,
) -> Result<LinkFacts, AttachError> {
    let place = if master.in_container {
        "the pod's"
    } else {
        "the host's"
    };
    match &master.name {
        Some(name) => by_name(socket, name, place),
        None => by_default_route(socket, place),
    }
}

fn by_name(socket: &mut RouteSocket, name: &IfName, place: &str) -> Result<LinkFacts, AttachError> {
    let found = socket.link(By::AnyName(name.as_str()))?;
    found.ok_or_else(|| {
        AttachError::NoDevice(format!(
            "there is no master {name} in {place} network namespace"
        ))
    })
}

/// The link that the default route goes out of.
fn by_default_route(socket: &mut RouteSocket, place: &str) -> Result<LinkFacts, AttachError> {
    let routes = socket.routes(None)?;
    let best = routes
        .iter()
        .filter(|route| route.prefix_length == 0 && route.link.is_some())
        .min_by_key(|route| (route.destination.is_ipv6(), route.priority.unwrap_or(0)));
    let missing = || {
        AttachError::NoDevice(format!(
            "there is no default route in {place} network namespace: name the master"
        ))
    };
    let index = best.and_then(|route| route.link).ok_or_else(missing)?;
    socket.link(By::Index(index))?.ok_or_else(missing)
}
