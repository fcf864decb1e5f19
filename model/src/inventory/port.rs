//! Which links are ports to the outside.
//!
//! Left to others: what belongs to a port (`join`).

use crate::observation::{DevlinkFlavour, Link, Observations, Role};

/// Whether a link is the netdev of an uplink: hardware with a wire, no VF, representor or subfunction.
pub fn is_uplink(link: &Link, seen: &Observations) -> bool {
    let function = link
        .function
        .and_then(|function| seen.functions.get(&function));
    let physical = match function.map(|function| &function.role) {
        Some(Role::Physical { .. }) => !is_subfunction(link),
        Some(Role::Virtual { .. }) => false,
        None => link.parent.is_some(),
    };
    link.kind.is_none() && physical && has_a_wire(link, seen)
}

/// A hardware link whose device is no PCI function that we know.
pub(super) fn stands_alone(link: &Link, seen: &Observations) -> bool {
    let known = link
        .function
        .is_some_and(|function| seen.functions.contains_key(&function));
    link.kind.is_none() && link.parent.is_some() && !known && has_a_wire(link, seen)
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
