//! Changes against the real kernel, in namespaces of their own: links made, moved, renamed and
//! deleted, addresses, routes, settings, announcements. What no host here has (ipvlan, vlan, VFs) is
//! changed in the guest (`vm_change.rs`).
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "netns_change/address.rs"]
mod address;
#[path = "netns_change/announce.rs"]
mod announce;
#[path = "netns_change/link.rs"]
mod link;
#[path = "netns_change/made.rs"]
mod made;
#[path = "netns_change/moved.rs"]
mod moved;
#[path = "netns_change/namespace.rs"]
mod namespace;
#[path = "netns_change/route.rs"]
mod route;
#[path = "netns_change/watch.rs"]
mod watch;

use std::time::Duration;

use colvin_kernel::netlink::change::{By, LinkFacts, RouteSocket};
use colvin_kernel::netns::NetNs;
use colvin_model::{IfIndex, IfName};
use colvin_testkit::netns::Netns;

const LIMIT: Duration = Duration::from_secs(10);

/// A namespace with a socket in it.
struct Place {
    guard: Netns,
    namespace: NetNs,
    socket: RouteSocket,
}

impl Place {
    fn new() -> Self {
        let guard = Netns::new().unwrap();
        let namespace = NetNs::open(&guard.path()).unwrap();
        let socket = namespace.run(RouteSocket::open).unwrap().unwrap();
        Self {
            guard,
            namespace,
            socket,
        }
    }

    /// With `v0`, up and cabled to `v1`, which is here too.
    fn with_cable() -> Self {
        let place = Self::new();
        place
            .guard
            .ip_batch("link add v0 type veth peer name v1\nlink set v0 up\nlink set v1 up\n")
            .unwrap();
        place
    }

    fn find(&mut self, name: &str) -> Option<LinkFacts> {
        self.socket.link(By::Name(&named(name))).unwrap()
    }

    fn index(&mut self, name: &str) -> IfIndex {
        self.find(name).unwrap().link.index
    }
}

fn named(name: &str) -> IfName {
    name.parse().unwrap()
}

/// The error and its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    let causes = causes.map(|cause| format!(": {cause}"));
    error.to_string() + &causes.collect::<String>()
}
