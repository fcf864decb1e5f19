//! The node's own addresses and ways out. Left to others: which uplink that protects.

use std::net::IpAddr;

use crate::IfIndex;

/// What the node's own traffic uses.
///
/// Source: `RTM_NEWADDR` and `RTM_NEWROUTE` of the main table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// All addresses of all links.
    pub addresses: Vec<InterfaceAddress>,
    /// All default routes, IPv4 and IPv6.
    pub default_routes: Vec<DefaultRoute>,
}

/// An address on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InterfaceAddress {
    /// The link that has it.
    pub link: IfIndex,
    /// The address.
    pub address: IpAddr,
    /// How many leading bits name the subnet.
    pub prefix_length: u8,
}

impl InterfaceAddress {
    /// Whether it is one that only the link itself knows, as every link may have.
    pub const fn is_link_local(&self) -> bool {
        match self.address {
            IpAddr::V4(v4) => v4.is_link_local(),
            IpAddr::V6(v6) => v6.is_unicast_link_local(),
        }
    }
}

/// A route to everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DefaultRoute {
    /// The link it leaves by. A route with several ways is several of these.
    pub link: IfIndex,
    /// The next hop, or `None` when everything is on the link.
    pub gateway: Option<IpAddr>,
    /// Whether it is a route for IPv6.
    pub ipv6: bool,
}
