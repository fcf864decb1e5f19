//! What is done to the interface inside the pod's namespace: settings, up, addresses, routes,
//! announcements. Nothing is waited for but what the caller asked to wait for.
//!
//! Left to others: how the interface got there.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use colvin_ipam::{Ip, Lease, Route as LeasedRoute};
use colvin_kernel::announce::{Announcement, announce};
use colvin_kernel::netlink::change::{
    By, ChangeError, Detection, LinkChange, LinkFacts, NewAddress, Route, RouteSocket, Scope,
    Switch, Watch,
};
use colvin_kernel::netns::{NetNs, sysctl};
use colvin_model::{IfIndex, IfName, LinkAddress};

use super::Pod;
use crate::error::AttachError;
use crate::host::note;
use crate::roots::Roots;
use crate::trace::{StepKind, Trace};

/// What the interface is to be.
#[derive(Debug)]
pub(crate) struct Inside<'a> {
    /// Its name.
    pub(crate) name: &'a IfName,
    /// Its addresses, and their routes.
    pub(crate) lease: &'a Lease,
    /// More routes.
    pub(crate) routes: &'a [LeasedRoute],
    /// Whether it heeds router advertisements, and how long the first address is waited for.
    pub(crate) slaac: Option<Duration>,
    /// The alias it gets, where it was not moved with it.
    pub(crate) mark: Option<String>,
    /// Whether it is up already.
    pub(crate) is_up: bool,
}

/// Finds the interface, and makes it what it is to be. Gives it as it is then, with the addresses that
/// routers gave it. `home` is the namespace of the calling thread.
pub(crate) fn settle(
    roots: &Roots,
    home: &NetNs,
    pod: &mut Pod,
    inside: &Inside<'_>,
    trace: &mut Trace,
) -> Result<(LinkFacts, Vec<Ip>), AttachError> {
    let is_quiet = pod.heeds_routers && inside.slaac.is_none();
    let has_v6 = inside
        .lease
        .ips
        .iter()
        .any(|ip| ip.address.address().is_ipv6());
    let needs_entry = is_quiet || !inside.lease.ips.is_empty() || inside.slaac.is_some();
    let socket = &mut pod.socket;
    let result = if needs_entry {
        let work = || {
            let settings = settings(&roots.proc, inside, is_quiet, has_v6)?;
            let watch = inside.slaac.map(|_| Watch::open()).transpose()?;
            let found = raise(&roots.proc, socket, inside)?;
            let told = told(&found, inside.lease);
            let slaac = wait(socket, watch, &found, inside)?;
            Ok::<_, AttachError>((found, slaac, settings, told))
        };
        let done = pod.netns.run_from(home, work);
        done.map_err(AttachError::from).flatten()
    } else {
        raise(&roots.proc, socket, inside).map(|found| (found, Vec::new(), Vec::new(), None))
    };
    note(&mut pod.socket, trace, "pod");
    let (found, slaac, settings, told) = result?;
    for setting in settings {
        trace.push(StepKind::Netlink, setting, Duration::ZERO, None);
    }
    if let Some((took, error)) = told {
        trace.push(StepKind::Netlink, "pod: announce".to_owned(), took, error);
    }
    Ok((found, slaac))
}

/// Writes what must hold before the interface is up. Gives what was written.
fn settings(
    proc: &Path,
    inside: &Inside<'_>,
    is_quiet: bool,
    has_v6: bool,
) -> Result<Vec<String>, AttachError> {
    let mut wanted = Vec::new();
    if is_quiet {
        wanted.push(("ipv6", "accept_ra", "0"));
    }
    if inside.slaac.is_some() {
        // 2: also where the pod forwards packets
        wanted.extend([
            ("ipv6", "disable_ipv6", "0"),
            ("ipv6", "accept_ra", "2"),
            ("ipv6", "autoconf", "1"),
        ]);
    }
    if has_v6 {
        wanted.push(("ipv6", "optimistic_dad", "1"));
    }
    if inside.lease.ips.iter().any(is_v4) {
        // the kernel tells the neighbours of them when the link comes up
        wanted.push(("ipv4", "arp_notify", "1"));
    }
    let mut written = Vec::new();
    for (family, setting, value) in wanted {
        let setting = format!("net/{family}/conf/{}/{setting}", inside.name);
        match sysctl::write(proc, &setting, value) {
            Ok(()) => written.push(format!("pod: write {value} to {setting}")),
            // a kernel without IPv6, or without this setting
            Err(sysctl::SysctlError::Write { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(written)
}

/// Finds the interface, gives it what it is to have, and sets it up if it is not: IPv4's addresses before
/// that, so that the kernel announces them; IPv6's after, so that they can be used at once.
fn raise(
    proc: &Path,
    socket: &mut RouteSocket,
    inside: &Inside<'_>,
) -> Result<LinkFacts, AttachError> {
    let found = socket.link(By::Name(inside.name))?;
    let mut found = found.ok_or_else(|| AttachError::Kernel {
        what: format!("cannot find {} in the pod", inside.name),
        reason: "it went while it was attached".to_owned(),
    })?;
    let (before, after): (Vec<_>, Vec<_>) = inside.lease.ips.iter().partition(|ip| is_v4(ip));
    give(proc, socket, &found, inside, &before)?;
    if !inside.is_up {
        let up = LinkChange {
            up: Switch::On,
            alias: inside.mark.as_deref(),
            ..LinkChange::default()
        };
        socket.set(found.link.index, &up)?;
        found.link.admin_up = true;
    }
    give(proc, socket, &found, inside, &after)?;
    route(socket, &found, inside)?;
    Ok(found)
}

fn is_v4(ip: &Ip) -> bool {
    ip.address.address().is_ipv4()
}

/// Gives the interface addresses.
fn give(
    proc: &Path,
    socket: &mut RouteSocket,
    found: &LinkFacts,
    inside: &Inside<'_>,
    ips: &[&Ip],
) -> Result<(), AttachError> {
    let index = found.link.index;
    for ip in ips {
        let mut address = NewAddress::new(ip.address.address(), ip.address.length());
        address.detection = Detection::Optimistic;
        match socket.add_address(index, &address) {
            Err(error) if error.is_forbidden() && address.address.is_ipv6() => {
                // the pod's links have no IPv6 by default; this one is asked to
                let setting = format!("net/ipv6/conf/{}/disable_ipv6", inside.name);
                sysctl::write(proc, &setting, "0")?;
                socket.add_address(index, &address)?;
            }
            answer => answer?,
        }
    }
    Ok(())
}

/// Gives the interface its routes.
fn route(
    socket: &mut RouteSocket,
    found: &LinkFacts,
    inside: &Inside<'_>,
) -> Result<(), AttachError> {
    let index = found.link.index;
    for route in inside.lease.routes.iter().chain(inside.routes) {
        let route = route_of(index, route, &inside.lease.ips);
        match socket.add_route(&route) {
            // the same route was asked for twice, or came with an address
            Err(error) if is_there(socket, index, &route, &error) => {}
            answer => answer?,
        }
    }
    Ok(())
}

/// Whether a route was refused because it is there, out of this interface and by the same gateway.
fn is_there(socket: &mut RouteSocket, index: IfIndex, route: &Route, error: &ChangeError) -> bool {
    error.is_taken()
        && socket.routes(Some(index)).is_ok_and(|routes| {
            routes.iter().any(|had| {
                had.destination == route.destination
                    && had.prefix_length == route.prefix_length
                    && had.gateway == route.gateway
                    && had.table == route.table
            })
        })
}

/// A route as the kernel is told of it: by its gateway, or that of an address of its family.
pub(crate) fn route_of(index: IfIndex, route: &LeasedRoute, ips: &[Ip]) -> Route {
    let destination = route.dst.address();
    let is_same_family = |address: &IpAddr| address.is_ipv4() == destination.is_ipv4();
    let by_default = ips.iter().filter_map(|ip| ip.gateway).find(is_same_family);
    Route {
        gateway: match route.scope {
            // what is on the link has no gateway
            Some(scope) if scope == Scope::Link.number() && route.gw.is_none() => None,
            // nor what a DHCP server says is on the link (RFC 3442)
            _ => route.gw.or(by_default).filter(|gw| !gw.is_unspecified()),
        },
        mtu_bytes: route.mtu,
        advmss_bytes: route.advmss,
        priority: route.priority,
        table: route.table.unwrap_or(Route::MAIN_TABLE),
        scope: route.scope.map(Scope::from_number),
        ..Route::new(destination, route.dst.length(), index)
    }
}

/// Tells the neighbours who has the IPv6 addresses now; of IPv4's the kernel tells them. That nobody could be
/// told is no failure: they will ask.
fn told(found: &LinkFacts, lease: &Lease) -> Option<(Duration, Option<String>)> {
    let mac = found.link.address.as_ref().and_then(LinkAddress::mac)?;
    let ips = lease.ips.iter();
    let all: Vec<_> = ips
        .filter_map(|ip| match ip.address.address() {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => Some(Announcement {
                address,
                // it is optimistic still
                overrides: false,
            }),
        })
        .collect();
    if all.is_empty() {
        return None;
    }
    let begun = std::time::Instant::now();
    let result = announce(found.link.index, mac, &all);
    Some((begun.elapsed(), result.err().map(|error| error.to_string())))
}

/// Waits for the first global address that a router gives, as long as was asked for. That none came is
/// no failure.
fn wait(
    socket: &mut RouteSocket,
    watch: Option<Watch>,
    found: &LinkFacts,
    inside: &Inside<'_>,
) -> Result<Vec<Ip>, AttachError> {
    let (Some(mut watch), Some(limit)) = (watch, inside.slaac) else {
        return Ok(Vec::new());
    };
    if limit.is_zero() {
        return Ok(Vec::new());
    }
    let index = found.link.index;
    let given = watch.until(limit, || {
        let addresses = socket.addresses(index)?;
        let global: Vec<_> = addresses
            .into_iter()
            .filter(|address| address.address.is_ipv6())
            .filter(|address| address.scope == Scope::Universe)
            .filter(|address| !address.is_tentative() && !address.is_duplicate())
            .collect();
        Ok(Some(global).filter(|global| !global.is_empty()))
    })?;
    let ips = given.unwrap_or_default().into_iter().filter_map(|address| {
        let prefix = colvin_ipam::IpPrefix::new(address.address, address.prefix_length)?;
        Some(Ip {
            address: prefix,
            gateway: None,
        })
    });
    Ok(ips.collect())
}
