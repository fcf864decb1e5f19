//! IP addresses of links: asked for, given, taken away. Left to others: which ones.
//!
//! Source: `struct ifaddrmsg`, `IFA_*` (kernel `include/uapi/linux/if_addr.h`), `inet_rtm_newaddr`,
//! `inet6_rtm_newaddr`.

use std::net::{IpAddr, Ipv4Addr};

use colvin_model::IfIndex;

use super::error::unless_gone;
use super::scope::{Scope, family, ip_bytes};
use super::{ChangeError, RouteSocket};
use crate::netlink::address::{HEADER_BYTES, ip};
use crate::netlink::wire::{Attributes, Message, Request, u32_at};

/// An address that a link has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignedAddress {
    /// The link.
    pub link: IfIndex,
    /// The address.
    pub address: IpAddr,
    /// How many leading bits name the subnet.
    pub prefix_length: u8,
    /// How far it is known.
    pub scope: Scope,
    /// `IFA_F_*`.
    pub flags: u32,
    /// How long it may be used for new connections. Of a permanent one the kernel tells no end,
    /// though it may be deprecated.
    pub preferred: Lifetime,
    /// How long it may be used at all.
    pub valid: Lifetime,
}

/// How long an address lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lifetime {
    /// Without end.
    #[default]
    Forever,
    /// So many seconds.
    Secs(u32),
}

impl Lifetime {
    fn number(self) -> u32 {
        match self {
            Self::Forever => u32::MAX,
            Self::Secs(secs) => secs,
        }
    }

    fn from_number(number: u32) -> Self {
        match number {
            u32::MAX => Self::Forever,
            secs => Self::Secs(secs),
        }
    }
}

impl AssignedAddress {
    /// Whether it may not be used yet: duplicates are still looked for (and it is not optimistic).
    pub fn is_tentative(&self) -> bool {
        self.has(libc::IFA_F_TENTATIVE) && !self.has(libc::IFA_F_OPTIMISTIC)
    }

    /// Whether it may be used though duplicates are still looked for (RFC 4429).
    pub fn is_optimistic(&self) -> bool {
        self.has(libc::IFA_F_OPTIMISTIC)
    }

    /// Whether somebody else has it.
    pub fn is_duplicate(&self) -> bool {
        self.has(libc::IFA_F_DADFAILED)
    }

    /// Whether it is chosen for no new connection by itself.
    pub fn is_deprecated(&self) -> bool {
        self.has(libc::IFA_F_DEPRECATED)
    }

    /// Whether it is one of those that last a day (RFC 8981).
    pub fn is_temporary(&self) -> bool {
        self.address.is_ipv6() && self.has(libc::IFA_F_TEMPORARY)
    }

    /// Whether it was given, not learnt from a router.
    pub fn is_permanent(&self) -> bool {
        self.has(libc::IFA_F_PERMANENT)
    }

    fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }
}

/// An address to be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewAddress {
    /// The address.
    pub address: IpAddr,
    /// How many leading bits name the subnet.
    pub prefix_length: u8,
    /// Whether IPv6 looks for duplicates.
    pub detection: Detection,
    /// How far it is known. IPv6 finds that out from the address.
    pub scope: Scope,
    /// How long it may be used for new connections; 0 seconds for an address that is never chosen by
    /// itself.
    pub preferred: Lifetime,
    /// Whether the subnet's route comes with it.
    pub has_subnet_route: bool,
}

impl NewAddress {
    /// A plain one, as the kernel's defaults have it.
    pub fn new(address: IpAddr, prefix_length: u8) -> Self {
        Self {
            address,
            prefix_length,
            detection: Detection::Full,
            scope: Scope::Universe,
            preferred: Lifetime::Forever,
            has_subnet_route: true,
        }
    }
}

/// How IPv6 looks for duplicates of an address; IPv4 does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detection {
    /// Before it may be used.
    #[default]
    Full,
    /// While it is used (RFC 4429). The kernel heeds this only where the setting
    /// `net/ipv6/conf/LINK/optimistic_dad` (or that of `all`) is 1, and passes over it else.
    Optimistic,
    /// Not at all.
    Off,
}

/// `IFA_FLAGS`.
const FLAGS: u16 = 8;

/// Whether IPv4 prefixes have room for a broadcast address.
const LONGEST_WITH_BROADCAST: u8 = 30;

impl NewAddress {
    fn flags(&self) -> u32 {
        let detection = match self.detection {
            Detection::Optimistic if self.address.is_ipv6() => libc::IFA_F_OPTIMISTIC,
            Detection::Off if self.address.is_ipv6() => libc::IFA_F_NODAD,
            _ => 0,
        };
        let route = if self.has_subnet_route {
            0
        } else {
            libc::IFA_F_NOPREFIXROUTE
        };
        detection | route
    }

    fn request(&self, index: IfIndex) -> Request {
        let flags = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
        let header = header(self.address, self.prefix_length, self.scope, Some(index));
        let own = ip_bytes(self.address);
        let mut request = Request::change(libc::RTM_NEWADDR, flags, &header)
            .with(libc::IFA_LOCAL, &own)
            .with(libc::IFA_ADDRESS, &own);
        if let IpAddr::V4(address) = self.address
            && self.prefix_length <= LONGEST_WITH_BROADCAST
        {
            let host = u32::MAX
                .checked_shr(u32::from(self.prefix_length))
                .unwrap_or(0);
            let broadcast = Ipv4Addr::from(u32::from(address) | host);
            request = request.with(libc::IFA_BROADCAST, &broadcast.octets());
        }
        let flags = self.flags();
        if flags != 0 {
            request = request.with(FLAGS, &flags.to_ne_bytes());
        }
        if self.preferred != Lifetime::Forever {
            // struct ifa_cacheinfo: preferred, valid, and two times that the kernel writes
            let words = [self.preferred.number(), u32::MAX, 0, 0];
            request = request.with(libc::IFA_CACHEINFO, &words.map(u32::to_ne_bytes).concat());
        }
        request
    }
}

/// A `struct ifaddrmsg`.
fn header(
    address: IpAddr,
    prefix_length: u8,
    scope: Scope,
    index: Option<IfIndex>,
) -> [u8; HEADER_BYTES] {
    let [a, b, c, d] = index.map_or(0, IfIndex::get).to_ne_bytes();
    [
        family(address),
        prefix_length,
        0,
        scope.number(),
        a,
        b,
        c,
        d,
    ]
}

impl RouteSocket {
    /// The addresses of a link, of both families, temporary ones too. One dump, which the kernel
    /// keeps to this link (Linux 4.20).
    ///
    /// # Errors
    /// [`ChangeError`]; none for a link that is gone, which has no addresses.
    pub fn addresses(&mut self, index: IfIndex) -> Result<Vec<AssignedAddress>, ChangeError> {
        let mut header = [0; HEADER_BYTES];
        for (place, byte) in header.iter_mut().skip(4).zip(index.get().to_ne_bytes()) {
            *place = byte;
        }
        let request = Request::dump(libc::RTM_GETADDR, &header);
        let what = format!("look at the addresses of link {index}");
        let answer = self.ask(what, &request, Vec::new, |found, message| {
            found.extend(decode(message).filter(|address| address.link == index));
        });
        match answer {
            Err(error) if error.is_no_link() => Ok(Vec::new()),
            answer => answer,
        }
    }

    /// Gives a link an address.
    ///
    /// # Errors
    /// [`ChangeError`]: `EEXIST` when it has it, `ENODEV` when the link is gone, `EACCES` when IPv6
    /// is disabled on it.
    pub fn add_address(&mut self, index: IfIndex, new: &NewAddress) -> Result<(), ChangeError> {
        let NewAddress {
            address,
            prefix_length,
            ..
        } = new;
        let what = format!("give link {index} the address {address}/{prefix_length}");
        self.change(what, &new.request(index))
    }

    /// Takes an address from a link; `false` when it did not have it, or is gone.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub fn remove_address(
        &mut self,
        index: IfIndex,
        address: IpAddr,
        prefix_length: u8,
    ) -> Result<bool, ChangeError> {
        let header = header(address, prefix_length, Scope::Universe, Some(index));
        let own = ip_bytes(address);
        let request = Request::change(libc::RTM_DELADDR, 0, &header)
            .with(libc::IFA_LOCAL, &own)
            .with(libc::IFA_ADDRESS, &own);
        let what = format!("take the address {address}/{prefix_length} from link {index}");
        let answer = self.change(what, &request);
        unless_gone(answer, &[libc::EADDRNOTAVAIL, libc::ENODEV, libc::ENXIO])
    }
}

/// The address in a message; `None` when it is of another family, or does not decode.
pub(super) fn decode(message: Message<'_>) -> Option<AssignedAddress> {
    let &[_, prefix_length, low_flags, scope, ..] = message.payload else {
        return None;
    };
    let link = IfIndex::new(u32_at(message.payload, 4)?)?;
    let (mut own, mut other) = (None, None);
    let mut flags = u32::from(low_flags);
    let (mut preferred, mut valid) = (Lifetime::Forever, Lifetime::Forever);
    for attribute in Attributes::after(message.payload, HEADER_BYTES) {
        match attribute.kind {
            libc::IFA_LOCAL => own = ip(attribute.value),
            libc::IFA_ADDRESS => other = ip(attribute.value),
            FLAGS => flags = attribute.u32()?,
            libc::IFA_CACHEINFO => {
                preferred = Lifetime::from_number(u32_at(attribute.value, 0)?);
                valid = Lifetime::from_number(u32_at(attribute.value, 4)?);
            }
            _ => {}
        }
    }
    Some(AssignedAddress {
        link,
        address: own.or(other)?,
        prefix_length,
        scope: Scope::from_number(scope),
        flags,
        preferred,
        valid,
    })
}
