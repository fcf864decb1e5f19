//! Changes that no host here can make: ipvlan and vlan children, what a PF is told of its VFs, VFs
//! moved and lost with their namespace, drivers taken and given. Each test runs itself once more
//! inside the guest, on igb cards with VFs.
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "vm_change/child.rs"]
mod child;
#[path = "vm_packet/guest.rs"]
mod guest;
#[path = "vm_change/vf.rs"]
mod vf;

use colvin_kernel::netlink::change::{By, LinkFacts, RouteSocket};
use colvin_kernel::netns::NetNs;
use colvin_model::IfName;
use colvin_testkit::netns::Netns;

fn named(name: &str) -> IfName {
    name.parse().unwrap()
}

fn found(socket: &mut RouteSocket, name: &str) -> LinkFacts {
    socket.link(By::Name(&named(name))).unwrap().unwrap()
}

/// A pod's namespace, with a socket in it.
fn pod() -> (Netns, NetNs, RouteSocket) {
    let guard = Netns::new().unwrap();
    let namespace = NetNs::open(&guard.path()).unwrap();
    let socket = namespace.run(RouteSocket::open).unwrap().unwrap();
    (guard, namespace, socket)
}
