//! Which links are ports to the outside.
//!
//! Left to others: what belongs to a port (`join`).

use crate::observation::{DevlinkFlavour, Link, Observations, PciFunction, Role};

/// The netdevs of uplinks, in order of their functions: hardware with a wire, no VF, representor or
/// subfunction.
pub fn uplink_links(seen: &Observations) -> impl Iterator<Item = &Link> {
    let physical =
        |link: &Link, function: Option<&PciFunction>| match function.map(|known| &known.role) {
            Some(Role::Physical { .. }) => !is_subfunction(link),
            Some(Role::Virtual { .. }) => false,
            None => link.parent.is_some(),
        };
    let pairs = with_functions(seen).filter(move |(link, function)| {
        link.kind.is_none() && physical(link, *function) && has_a_wire(link, seen)
    });
    pairs.map(|(link, _)| link)
}

/// The hardware links with a wire whose device is no PCI function that we know.
pub(super) fn alone(seen: &Observations) -> impl Iterator<Item = &Link> {
    let unknown = with_functions(seen).filter(|(_, function)| function.is_none());
    let links = unknown.map(|(link, _)| link);
    links.filter(|link| link.kind.is_none() && link.parent.is_some() && has_a_wire(link, seen))
}

/// All links in order of their functions, each with its own where that is known: one walk along
/// both, for a look-up per link was a quarter of the time from an event to the inventory.
pub(super) fn with_functions(
    seen: &Observations,
) -> impl Iterator<Item = (&Link, Option<&PciFunction>)> {
    let mut links: Vec<&Link> = seen.links.values().collect();
    links.sort_by_key(|link| link.function);
    let mut functions = seen.functions.values().peekable();
    links.into_iter().map(move |link| {
        while functions
            .next_if(|function| Some(function.address) < link.function)
            .is_some()
        {}
        let next = functions.peek().copied();
        (
            link,
            next.filter(|function| Some(function.address) == link.function),
        )
    })
}

/// Whether a link is a port to the outside and no representor: devlink says so, else its port name
/// is empty, `p<N>` or `p<N>s<M>`.
pub(super) fn has_a_wire(link: &Link, seen: &Observations) -> bool {
    match seen.devlink_ports.get(&link.index).map(|port| port.flavour) {
        Some(DevlinkFlavour::Physical) => true,
        Some(DevlinkFlavour::PciPf | DevlinkFlavour::PciVf | DevlinkFlavour::PciSf) => false,
        Some(DevlinkFlavour::Virtual | DevlinkFlavour::Other) | None => link
            .port_name
            .as_ref()
            .is_none_or(|name| is_port(name.as_str())),
    }
}

fn is_port(name: &str) -> bool {
    let number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    match name.strip_prefix('p').unwrap_or(name) {
        "" => name.is_empty(),
        rest => match rest.split_once('s') {
            Some((port, split)) => number(port) && number(split),
            None => number(rest),
        },
    }
}

pub(super) fn is_subfunction(link: &Link) -> bool {
    let parent = link.parent.as_ref();
    parent.is_some_and(|parent| parent.bus == "auxiliary" && parent.name.as_str().contains(".sf."))
}
