//! What must be another in a pod, that its interface be as its Network says now. Pure.
//!
//! A route is taken away only where the journal says that we made it, and the kernel that it was made so: one that
//! somebody else made, or made anew by hand, stays. Left to others: looking, doing it.

use colvin_ipam::Route as Said;
use colvin_kernel::netlink::change::Route;
use colvin_model::IfIndex;

use crate::journal::{Change, Made};
use crate::pod::route_of;
use crate::request::OfNetwork;

/// The rank that the kernel gives a route of IPv6 for which none is said (`IP6_RT_PRIO_USER`).
const V6_PRIORITY: u32 = 1024;

/// What is in the pod.
pub(super) struct Now<'a> {
    /// The interface.
    pub(super) index: IfIndex,
    /// The MTU that it has where no Network says one.
    pub(super) own_mtu: u32,
    /// The routes out of it.
    pub(super) routes: &'a [Route],
}

/// What is to be done.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The MTU that it shall have, where its Network says another than before.
    pub(super) mtu: Option<u32>,
    /// Routes that go, as the kernel has them.
    pub(super) remove: Vec<Route>,
    /// Routes that are made.
    pub(super) add: Vec<(Said, Route)>,
    /// The Network's routes that are ours then.
    pub(super) ours: Vec<(Said, Route)>,
}

impl Plan {
    /// Whether something in the pod is to be changed that has this MTU.
    pub(super) fn changes_anything(&self, mtu: u32) -> bool {
        let is_other = self.mtu.is_some_and(|wanted| wanted != mtu);
        is_other || !self.remove.is_empty() || !self.add.is_empty()
    }

    /// The routes that are ours once this was begun, beside those that were before: also what an earlier change
    /// that was not ended may have made.
    pub(super) fn adds(&self, before: Option<&Change>) -> Vec<Said> {
        let mut adds: Vec<Said> = self.add.iter().map(|(said, _)| *said).collect();
        let earlier = before.map(|change| change.adds.as_slice());
        for said in earlier.unwrap_or_default() {
            if !adds.contains(said) {
                adds.push(*said);
            }
        }
        adds
    }

    /// Takes routes from ours: somebody else made them first.
    pub(super) fn forget(&mut self, others: &[Route]) {
        self.ours.retain(|(_, route)| !others.contains(route));
    }
}

/// Looks what is to be done. `said` is what the Network said before, and a change that was begun since.
pub(super) fn plan(
    said: (&OfNetwork, Option<&Change>),
    made: &Made,
    wanted: &OfNetwork,
    now: &Now<'_>,
) -> Plan {
    let (before, begun) = said;
    let resolved = |said: &Said| (*said, route_of(now.index, said, &made.lease.ips));
    let there = |route: &Route| now.routes.iter().find(|has| is_same(has, route));

    let mut ours: Vec<(Said, Route)> = made.routes.iter().map(resolved).collect();
    let maybe = begun.map(|change| change.adds.iter().map(resolved));
    for (said, route) in maybe.into_iter().flatten() {
        let is_made = there(&route).is_some_and(|has| is_made_so(has, &route));
        if is_made && !ours.iter().any(|(_, had)| is_same(had, &route)) {
            ours.push((said, route));
        }
    }

    let mut plan = Plan {
        mtu: mtu(before, begun, made, wanted, now.own_mtu),
        ..Plan::default()
    };
    let mut kept: Vec<Route> = Vec::new();
    for (said, route) in wanted.routes.iter().map(resolved) {
        if kept.iter().any(|other| is_same(other, &route)) {
            continue; // it is asked for twice
        }
        let is_there = there(&route).is_some();
        if !is_there {
            plan.add.push((said, route.clone()));
        }
        if !is_there || ours.iter().any(|(_, had)| is_same(had, &route)) {
            plan.ours.push((said, route.clone()));
        }
        kept.push(route);
    }
    // the addresses' own are nobody's to take away
    kept.extend(made.lease.routes.iter().map(|said| resolved(said).1));
    for (_, route) in &ours {
        if kept.iter().any(|wanted| is_same(wanted, route)) {
            continue;
        }
        let has = there(route).filter(|has| is_made_so(has, route));
        plan.remove.extend(has.cloned());
    }
    plan
}

/// The MTU that it shall have; `None` where the Network says the same as before: then somebody else may have set it.
fn mtu(
    before: &OfNetwork,
    begun: Option<&Change>,
    made: &Made,
    wanted: &OfNetwork,
    own: u32,
) -> Option<u32> {
    if wanted.mtu != before.mtu {
        return Some(wanted.mtu.unwrap_or(own));
    }
    let is_begun = begun.is_some_and(|change| change.to.mtu != before.mtu);
    is_begun.then_some(made.followed_mtu.or(made.mtu)).flatten()
}

/// Whether a route that is there was made as we make it: by hand it has another origin.
fn is_made_so(has: &Route, ours: &Route) -> bool {
    has.protocol == ours.protocol
}

/// Whether a route is the one that is said: the same way to the same place.
pub(super) fn is_same(has: &Route, said: &Route) -> bool {
    let network = |route: &Route| {
        let prefix = colvin_ipam::IpPrefix::new(route.destination, route.prefix_length);
        prefix.map(|prefix| prefix.first())
    };
    let unsaid = if has.destination.is_ipv6() {
        V6_PRIORITY
    } else {
        0
    };
    let rank = |route: &Route| route.priority.unwrap_or(unsaid);
    network(has) == network(said)
        && has.prefix_length == said.prefix_length
        && has.table == said.table
        && has.gateway == said.gateway
        && rank(has) == rank(said)
}

#[cfg(test)]
mod tests;
