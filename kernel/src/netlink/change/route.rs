//! Routes with one way each: asked for, given, taken away. Left to others: which ones.
//!
//! Source: `struct rtmsg`, `RTA_*`, `RTAX_*` (kernel `include/uapi/linux/rtnetlink.h`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use colvin_model::IfIndex;

use super::error::unless_gone;
use super::scope::{Scope, family, ip_bytes};
use super::{ChangeError, RouteSocket};
use crate::netlink::address::ip;
use crate::netlink::route::{CLONED, HEADER_BYTES, MAIN_TABLE, UNICAST, VIA, gateway_of};
use crate::netlink::wire::{Attributes, Message, Request, u32_at};

/// A route with one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The destination's first address.
    pub destination: IpAddr,
    /// How many leading bits of it count; 0 for a default route.
    pub prefix_length: u8,
    /// The router, or `None` when the destination is on the link.
    pub gateway: Option<IpAddr>,
    /// The link it goes out of; found by the gateway when `None`.
    pub link: Option<IfIndex>,
    /// The MTU on the way.
    pub mtu_bytes: Option<u32>,
    /// The largest segment that TCP offers.
    pub advmss_bytes: Option<u32>,
    /// Its rank, the lowest wins; the kernel's choice when `None` (0, and 1024 for IPv6).
    pub priority: Option<u32>,
    /// The table; 254 is the main one.
    pub table: u32,
    /// How far it leads; found by the gateway when `None`: `Link` without one.
    pub scope: Option<Scope>,
    /// Who made it (`rtm_protocol`): 2 the kernel, 4 an administrator.
    pub protocol: u8,
    /// Whether the gateway is on the link though no subnet says so (`RTNH_F_ONLINK`).
    pub is_on_link: bool,
}

impl Route {
    /// `RT_TABLE_MAIN`.
    pub const MAIN_TABLE: u32 = MAIN_TABLE;

    /// A plain one of the main table, out of a link.
    pub fn new(destination: IpAddr, prefix_length: u8, link: IfIndex) -> Self {
        Self {
            destination,
            prefix_length,
            gateway: None,
            link: Some(link),
            mtu_bytes: None,
            advmss_bytes: None,
            priority: None,
            table: MAIN_TABLE,
            scope: None,
            protocol: libc::RTPROT_STATIC,
            is_on_link: false,
        }
    }
}

impl Route {
    fn header(&self) -> [u8; HEADER_BYTES] {
        let scope = match (self.scope, self.gateway) {
            (Some(scope), _) => scope,
            (None, Some(_)) => Scope::Universe,
            // IPv6 has no scopes
            (None, None) if self.destination.is_ipv6() => Scope::Universe,
            (None, None) => Scope::Link,
        };
        let table = u8::try_from(self.table).unwrap_or(libc::RT_TABLE_UNSPEC);
        let on_link = if self.is_on_link { ON_LINK } else { 0 };
        let [a, b, c, d] = on_link.to_ne_bytes();
        let (family, length) = (family(self.destination), self.prefix_length);
        [
            family,
            length,
            0,
            0,
            table,
            self.protocol,
            scope.number(),
            UNICAST,
            a,
            b,
            c,
            d,
        ]
    }

    fn request(&self, kind: u16, flags: i32) -> Request {
        let mut request = Request::change(kind, flags, &self.header())
            .with(libc::RTA_TABLE, &self.table.to_ne_bytes());
        if self.prefix_length != 0 {
            request = request.with(libc::RTA_DST, &ip_bytes(self.destination));
        }
        if let Some(gateway) = self.gateway {
            request = if gateway.is_ipv4() == self.destination.is_ipv4() {
                request.with(libc::RTA_GATEWAY, &ip_bytes(gateway))
            } else {
                let mut via = u16::from(family(gateway)).to_ne_bytes().to_vec();
                via.extend_from_slice(&ip_bytes(gateway));
                request.with(VIA, &via)
            };
        }
        if let Some(link) = self.link {
            request = request.with(libc::RTA_OIF, &link.get().to_ne_bytes());
        }
        if let Some(priority) = self.priority {
            request = request.with(libc::RTA_PRIORITY, &priority.to_ne_bytes());
        }
        let metrics = [(MTU, self.mtu_bytes), (ADVMSS, self.advmss_bytes)];
        if metrics.iter().all(|(_, value)| value.is_none()) {
            return request;
        }
        request.with_nested(libc::RTA_METRICS, |mut list| {
            for (kind, value) in metrics {
                if let Some(bytes) = value {
                    list = list.with(kind, &bytes.to_ne_bytes());
                }
            }
            list
        })
    }

    /// What it is, in words.
    fn words(&self) -> String {
        let gateway = self.gateway.map(|gateway| format!(" by {gateway}"));
        let link = self.link.map(|link| format!(" out of link {link}"));
        let (gateway, link) = (gateway.unwrap_or_default(), link.unwrap_or_default());
        format!("{}/{}{gateway}{link}", self.destination, self.prefix_length)
    }
}

/// `RTAX_MTU`.
const MTU: u16 = 2;
/// `RTAX_ADVMSS`.
const ADVMSS: u16 = 8;
/// `RTNH_F_ONLINK`.
const ON_LINK: u32 = 4;

impl RouteSocket {
    /// The routes out of a link, or all there are, of both families and all tables but the local
    /// one, with one way each: those with several are left out. Two dumps, which the kernel keeps
    /// to this link (Linux 4.20).
    ///
    /// # Errors
    /// [`ChangeError`].
    pub fn routes(&mut self, link: Option<IfIndex>) -> Result<Vec<Route>, ChangeError> {
        let what = match link {
            Some(link) => format!("look at the routes of link {link}"),
            None => "look at all routes".to_owned(),
        };
        let mut routes = Vec::new();
        for family in [libc::AF_INET, libc::AF_INET6] {
            let mut header = [0; HEADER_BYTES];
            header[0] = u8::try_from(family).unwrap_or(0);
            let mut request = Request::dump(libc::RTM_GETROUTE, &header);
            if let Some(link) = link {
                request = request.with(libc::RTA_OIF, &link.get().to_ne_bytes());
            }
            let found = self.ask(what.clone(), &request, Vec::new, |found, message| {
                let is_meant = |route: &Route| link.is_none() || route.link == link;
                found.extend(decode(message).filter(is_meant));
            });
            match found {
                Ok(found) => routes.extend(found),
                Err(error) if error.is_no_link() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(routes)
    }

    /// Gives a route.
    ///
    /// # Errors
    /// [`ChangeError`]: `EEXIST` when there is one to this destination with this priority,
    /// `ENETUNREACH` (IPv6: `EHOSTUNREACH`) when the gateway is not on a link that is up.
    pub fn add_route(&mut self, route: &Route) -> Result<(), ChangeError> {
        let what = format!("give the route {}", route.words());
        let flags = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
        self.change(what, &route.request(libc::RTM_NEWROUTE, flags))
    }

    /// Takes a route away; `false` when there was none.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub fn remove_route(&mut self, route: &Route) -> Result<bool, ChangeError> {
        let what = format!("take the route {}", route.words());
        let answer = self.change(what, &route.request(libc::RTM_DELROUTE, 0));
        unless_gone(answer, &[libc::ESRCH, libc::ENODEV])
    }
}

/// The route in a message; `None` when it is no unicast one of a routing table with one way.
pub(super) fn decode(message: Message<'_>) -> Option<Route> {
    let payload = message.payload;
    let &[
        family,
        prefix_length,
        _,
        _,
        table,
        protocol,
        scope,
        kind,
        ..,
    ] = payload
    else {
        return None;
    };
    let flags = u32_at(payload, 8)?;
    if kind != UNICAST || flags & CLONED != 0 {
        return None;
    }
    let destination = match i32::from(family) {
        libc::AF_INET => IpAddr::from(Ipv4Addr::UNSPECIFIED),
        libc::AF_INET6 => IpAddr::from(Ipv6Addr::UNSPECIFIED),
        _ => return None,
    };
    let mut route = Route {
        destination,
        prefix_length,
        gateway: None,
        link: None,
        mtu_bytes: None,
        advmss_bytes: None,
        priority: None,
        table: u32::from(table),
        scope: Some(Scope::from_number(scope)),
        protocol,
        is_on_link: flags & ON_LINK != 0,
    };
    for attribute in Attributes::after(payload, HEADER_BYTES) {
        match attribute.kind {
            libc::RTA_DST => route.destination = ip(attribute.value)?,
            libc::RTA_GATEWAY | VIA => route.gateway = gateway_of(attribute.kind, attribute.value),
            libc::RTA_OIF => route.link = IfIndex::new(attribute.u32()?),
            libc::RTA_PRIORITY => route.priority = attribute.u32(),
            libc::RTA_TABLE => route.table = attribute.u32()?,
            libc::RTA_METRICS => {
                for metric in attribute.nested() {
                    match metric.kind {
                        MTU => route.mtu_bytes = metric.u32(),
                        ADVMSS => route.advmss_bytes = metric.u32(),
                        _ => {}
                    }
                }
            }
            libc::RTA_MULTIPATH => return None,
            _ => {}
        }
    }
    let is_local = route.table == u32::from(libc::RT_TABLE_LOCAL);
    (!is_local).then_some(route)
}
