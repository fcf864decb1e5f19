//! Links: found, set, moved, deleted. Left to others: making them ([`super::new_link`]).
//!
//! Source: `do_setlink`, `rtnl_dellink` (kernel `net/core/rtnetlink.c`).

use std::fmt::{self, Write as _};
use std::os::fd::{AsRawFd as _, BorrowedFd};

use colvin_model::{IfIndex, IfName, LinkAddress};

use super::error::unless_gone;
use super::facts::{self, AddressGeneration, INET6_ADDR_GEN_MODE, LinkFacts, family_kind};
use super::{ChangeError, RouteSocket};
use crate::netlink::link::{HEADER_BYTES, dump_request, get_request, named_request};
use crate::netlink::wire::Request;
use crate::processor::Stay;

/// How a link is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By<'a> {
    /// By its index in the socket's namespace.
    Index(IfIndex),
    /// By its name, and not by an alternative one.
    Name(&'a IfName),
    /// By its name or one of its alternative names (Linux 5.5).
    AnyName(&'a str),
}

impl fmt::Display for By<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "link {index}"),
            Self::Name(name) => write!(f, "link {name}"),
            Self::AnyName(name) => write!(f, "link {}", name.escape_debug()),
        }
    }
}

/// A flag that is set, taken away or left alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Switch {
    /// As it is.
    #[default]
    Leave,
    /// Set.
    On,
    /// Taken away.
    Off,
}

impl From<bool> for Switch {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

/// What one message changes about a link. What is `None` or `Leave` stays.
///
/// The kernel does them in this order and stops at the first that fails: namespace, address, MTU,
/// name, alias, flags, address generation.
#[derive(Clone, Debug, Default)]
pub struct LinkChange<'a> {
    /// Moves it to this namespace. It arrives down, unless `up` is on.
    pub netns: Option<BorrowedFd<'a>>,
    /// Its index there; refused when it is taken (`EBUSY`). A kernel before 5.13 passes over this,
    /// so whoever counts on it looks. Without it the link keeps its index where that is free.
    pub new_index: Option<IfIndex>,
    /// Its name, there.
    pub name: Option<&'a IfName>,
    /// Its hardware address.
    pub address: Option<&'a LinkAddress>,
    /// Its MTU.
    pub mtu_bytes: Option<u32>,
    /// The text that says whose it is; empty for none.
    pub alias: Option<&'a str>,
    /// Whether it is up.
    pub up: Switch,
    /// Whether it takes every frame.
    pub promiscuous: Switch,
    /// Whether it takes every multicast frame.
    pub all_multicast: Switch,
    /// How its IPv6 link-local address comes about. The kernel does this last: to have none, say so
    /// in a message before the one that sets it up.
    pub address_generation: Option<AddressGeneration>,
}

impl LinkChange<'_> {
    /// The flags and which of them are meant.
    fn flags(&self) -> (u32, u32) {
        let all = [
            (self.up, libc::IFF_UP),
            (self.promiscuous, libc::IFF_PROMISC),
            (self.all_multicast, libc::IFF_ALLMULTI),
        ];
        let mut bits = (0, 0);
        for (switch, flag) in all {
            let flag = flag.cast_unsigned();
            match switch {
                Switch::Leave => {}
                Switch::On => bits = (bits.0 | flag, bits.1 | flag),
                Switch::Off => bits.1 |= flag,
            }
        }
        bits
    }

    /// What it does, in words.
    fn words(&self, index: IfIndex) -> String {
        let mut words = format!("set link {index}:");
        let mut add = |word: fmt::Arguments<'_>| {
            let comma = if words.ends_with(':') { "" } else { "," };
            // a String takes everything
            write!(words, "{comma} {word}").unwrap_or_default();
        };
        if self.netns.is_some() {
            add(format_args!("another namespace"));
        }
        if let Some(index) = self.new_index {
            add(format_args!("index {index}"));
        }
        if let Some(address) = self.address {
            add(format_args!("address {address}"));
        }
        if let Some(mtu) = self.mtu_bytes {
            add(format_args!("MTU {mtu}"));
        }
        if let Some(name) = self.name {
            add(format_args!("name {name}"));
        }
        if let Some(alias) = self.alias {
            add(format_args!("alias {}", alias.escape_debug()));
        }
        for (switch, on, off) in [
            (self.up, "up", "down"),
            (self.promiscuous, "promiscuous", "not promiscuous"),
            (self.all_multicast, "all multicast", "not all multicast"),
        ] {
            match switch {
                Switch::Leave => {}
                Switch::On => add(format_args!("{on}")),
                Switch::Off => add(format_args!("{off}")),
            }
        }
        if let Some(mode) = self.address_generation {
            add(format_args!("address generation {mode:?}"));
        }
        words
    }

    fn request(&self, index: IfIndex) -> Request {
        let header = header(Some(index), self.flags());
        let mut request = Request::change(libc::RTM_SETLINK, 0, &header);
        if let Some(netns) = self.netns {
            request = request.with(libc::IFLA_NET_NS_FD, &netns.as_raw_fd().to_ne_bytes());
        }
        if let Some(index) = self.new_index {
            request = request.with(NEW_IFINDEX, &index.get().to_ne_bytes());
        }
        if let Some(name) = self.name {
            request = request.with_text(libc::IFLA_IFNAME, name.as_str());
        }
        match self.address {
            Some(LinkAddress::Ethernet(mac)) => {
                request = request.with(libc::IFLA_ADDRESS, &mac.bytes());
            }
            Some(LinkAddress::Other(bytes)) => request = request.with(libc::IFLA_ADDRESS, bytes),
            None => {}
        }
        if let Some(mtu) = self.mtu_bytes {
            request = request.with(libc::IFLA_MTU, &mtu.to_ne_bytes());
        }
        if let Some(alias) = self.alias {
            request = request.with(libc::IFLA_IFALIAS, alias.as_bytes());
        }
        match self.address_generation {
            Some(mode) => request.with_nested(libc::IFLA_AF_SPEC, |families| {
                families.with_nested(family_kind(libc::AF_INET6), |inet6| {
                    inet6.with(INET6_ADDR_GEN_MODE, &[mode.number()])
                })
            }),
            None => request,
        }
    }
}

/// `IFLA_NEW_IFINDEX`.
const NEW_IFINDEX: u16 = 49;

/// The flags of a link that is told to be up, or down.
pub(super) fn up_bits(up: bool) -> (u32, u32) {
    let flag = libc::IFF_UP.cast_unsigned();
    (if up { flag } else { 0 }, flag)
}

/// A `struct ifinfomsg`: the link, its flags and which of them are meant.
pub(super) fn header(index: Option<IfIndex>, (flags, mask): (u32, u32)) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    let words = [0, index.map_or(0, IfIndex::get), flags, mask];
    let bytes = words.iter().flat_map(|word| word.to_ne_bytes());
    for (place, byte) in header.iter_mut().zip(bytes) {
        *place = byte;
    }
    header
}

impl RouteSocket {
    /// One link, by one question for it alone; `None` when there is none.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub fn link(&mut self, by: By<'_>) -> Result<Option<LinkFacts>, ChangeError> {
        let request = match by {
            By::Index(index) => get_request(index),
            By::Name(name) => name_request(name),
            By::AnyName(name) => named_request(name),
        };
        let what = format!("look at {by}");
        let answer = self.ask(
            what.clone(),
            &request,
            || None,
            |found, message| {
                *found = facts::decode(message);
            },
        );
        let found = match answer {
            Ok(found) => found.ok_or(ChangeError::Undecodable { what })?,
            Err(error) if error.is_no_link() => return Ok(None),
            Err(error) => return Err(error),
        };
        // the kernel looks among alternative names too
        let is_meant = !matches!(by, By::Name(name) if *name != found.link.name);
        Ok(Some(found).filter(|_| is_meant))
    }

    /// All links of the namespace, in one dump. For one link there is [`RouteSocket::link`].
    ///
    /// # Errors
    /// [`ChangeError`].
    pub fn links(&mut self) -> Result<Vec<LinkFacts>, ChangeError> {
        let what = "look at all links".to_owned();
        self.ask(what, &dump_request(), Vec::new, |links, message| {
            links.extend(facts::decode(message));
        })
    }

    /// Makes all these changes to a link in one message.
    ///
    /// # Errors
    /// [`ChangeError`]: `ENODEV` when it is gone, `EEXIST` when its name or an alternative name is
    /// taken in the other namespace (it stays here then), `EBUSY` when its driver wants it down for
    /// the change, or when the index is taken. What comes before the failed change in the order of
    /// [`LinkChange`] is done: look, and undo.
    pub fn set(&mut self, index: IfIndex, change: &LinkChange<'_>) -> Result<(), ChangeError> {
        let _stay = change.netns.map(|_| Stay::here());
        self.change(change.words(index), &change.request(index))
    }

    /// Deletes a link; `false` when there was none.
    ///
    /// # Errors
    /// [`ChangeError`]: `EOPNOTSUPP` for a link of hardware, which cannot be deleted.
    pub fn delete(&mut self, index: IfIndex) -> Result<bool, ChangeError> {
        let request = Request::change(libc::RTM_DELLINK, 0, &header(Some(index), (0, 0)));
        let _stay = Stay::here();
        let answer = self.change(format!("delete link {index}"), &request);
        unless_gone(answer, &[libc::ENODEV])
    }
}

/// The question for the link with this name, which kernels before 5.5 know too.
fn name_request(name: &IfName) -> Request {
    Request::get(libc::RTM_GETLINK, &[0; HEADER_BYTES])
        .with(
            libc::IFLA_EXT_MASK,
            &crate::netlink::link::SKIP_STATS.to_ne_bytes(),
        )
        .with_text(libc::IFLA_IFNAME, name.as_str())
}
