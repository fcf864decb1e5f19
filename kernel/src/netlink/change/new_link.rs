//! Links that stand on another one: macvlan, ipvlan, vlan; made, and read back.
//!
//! Left to others: which one, on what.
//!
//! Source: `IFLA_MACVLAN_*`, `IFLA_IPVLAN_*`, `IFLA_VLAN_*` (kernel `include/uapi/linux/if_link.h`).

use std::os::fd::{AsRawFd as _, BorrowedFd};

use colvin_model::{IfIndex, IfName, MacAddr, VlanId};

use super::{ChangeError, RouteSocket, link};
use crate::netlink::wire::{Attribute, Attributes, Request};

/// A link to be made. All of it goes into one message.
#[derive(Clone, Debug)]
pub struct NewLink<'a> {
    /// What it is.
    pub kind: LinkKind,
    /// The link it stands on, in the socket's namespace.
    pub lower: IfIndex,
    /// Its name.
    pub name: &'a IfName,
    /// The namespace it is made in; the socket's when `None`.
    pub netns: Option<BorrowedFd<'a>>,
    /// Its index there; the kernel's choice when `None`. One that is taken there is refused (`EEXIST`
    /// or `EBUSY`), and by older kernels one that is taken in the socket's namespace, too.
    pub index: Option<IfIndex>,
    /// Its hardware address; the kernel's choice when `None`. An ipvlan and a passthru macvlan have
    /// their parent's whatever is said here; that of a passthru macvlan can be set afterwards, which
    /// sets the parent's.
    pub mac: Option<MacAddr>,
    /// Its MTU; its parent's when `None`.
    pub mtu_bytes: Option<u32>,
    /// A text that says whose it is (`IFLA_IFALIAS`). The kernel takes it from Linux 6.13 on in the
    /// message that makes a link, and before not: where it counts, look.
    pub alias: Option<&'a str>,
    /// Whether it is set up.
    pub up: bool,
}

/// A kind of link that stands on another one, with its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// A link with a hardware address of its own.
    Macvlan {
        /// Who hears whom.
        mode: MacvlanMode,
        /// How many broadcast frames may wait; the kernel's choice when `None` (Linux 5.11).
        bc_queue_len: Option<u32>,
    },
    /// A link with its parent's hardware address.
    Ipvlan {
        /// By what it is told apart.
        mode: IpvlanMode,
        /// Who hears whom.
        flag: IpvlanFlag,
    },
    /// A tagged link.
    Vlan {
        /// The tag.
        id: VlanId,
        /// The tag's EtherType.
        protocol: VlanProtocol,
    },
}

/// Who hears whom on a parent (`IFLA_MACVLAN_MODE`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MacvlanMode {
    /// Children hear each other.
    #[default]
    Bridge,
    /// Children never hear each other.
    Private,
    /// Children hear each other by the switch.
    Vepa,
    /// The one child has the parent to itself.
    Passthru,
}

/// By what an ipvlan's frames are told apart (`IFLA_IPVLAN_MODE`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IpvlanMode {
    /// As a switch does.
    #[default]
    L2,
    /// As a router does, without broadcast and multicast.
    L3,
    /// As a router does, and seen by the parent's netfilter.
    L3s,
}

/// Who hears whom on a parent (`IFLA_IPVLAN_FLAGS`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IpvlanFlag {
    /// Children hear each other.
    #[default]
    Bridge,
    /// Children never hear each other.
    Private,
    /// Children hear each other by the switch.
    Vepa,
}

/// The EtherType of a tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VlanProtocol {
    /// IEEE 802.1Q, 0x8100.
    #[default]
    Dot1q,
    /// IEEE 802.1ad, 0x88a8: a service tag.
    Dot1ad,
}

impl MacvlanMode {
    const ALL: [(Self, u32, &'static str); 4] = [
        (Self::Private, 1, "private"),
        (Self::Vepa, 2, "vepa"),
        (Self::Bridge, 4, "bridge"),
        (Self::Passthru, 8, "passthru"),
    ];
}

impl IpvlanMode {
    const ALL: [(Self, u16, &'static str); 3] = [
        (Self::L2, 0, "l2"),
        (Self::L3, 1, "l3"),
        (Self::L3s, 2, "l3s"),
    ];
}

impl IpvlanFlag {
    const ALL: [(Self, u16, &'static str); 3] = [
        (Self::Bridge, 0, "bridge"),
        (Self::Private, 1, "private"),
        (Self::Vepa, 2, "vepa"),
    ];
}

impl VlanProtocol {
    const ALL: [(Self, u16, &'static str); 2] = [
        (Self::Dot1q, 0x8100, "802.1q"),
        (Self::Dot1ad, 0x88a8, "802.1ad"),
    ];

    /// Its EtherType.
    pub fn ether_type(self) -> u16 {
        number(&Self::ALL, self)
    }

    /// The one with this EtherType.
    pub fn of_ether_type(ether_type: u16) -> Option<Self> {
        of_number(&Self::ALL, ether_type)
    }
}

/// Shows and reads the words that users and `ip` know these by.
macro_rules! words {
    ($($type:ty),*) => {$(
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let row = Self::ALL.iter().find(|row| row.0 == *self);
                f.write_str(row.map_or("", |row| row.2))
            }
        }

        impl $type {
            /// All there are.
            pub fn all() -> impl Iterator<Item = Self> {
                Self::ALL.iter().map(|row| row.0)
            }

            /// The one with this word, which is its display form.
            pub fn of_word(word: &str) -> Option<Self> {
                Self::ALL.iter().find(|row| row.2 == word).map(|row| row.0)
            }
        }
    )*};
}

words!(MacvlanMode, IpvlanMode, IpvlanFlag, VlanProtocol);

fn number<T: Copy + PartialEq, N: Copy + Default>(all: &[(T, N, &str)], value: T) -> N {
    let row = all.iter().find(|row| row.0 == value);
    row.map_or_else(N::default, |row| row.1)
}

fn of_number<T: Copy, N: Copy + PartialEq>(all: &[(T, N, &str)], number: N) -> Option<T> {
    all.iter().find(|row| row.1 == number).map(|row| row.0)
}

/// `IFLA_MACVLAN_MODE`, `IFLA_IPVLAN_MODE`, `IFLA_VLAN_ID`.
const FIRST: u16 = 1;
/// `IFLA_IPVLAN_FLAGS`.
const IPVLAN_FLAGS: u16 = 2;
/// `IFLA_MACVLAN_BC_QUEUE_LEN`.
const BC_QUEUE_LEN: u16 = 7;
/// `IFLA_VLAN_PROTOCOL`, in network order.
const VLAN_PROTOCOL: u16 = 5;

impl LinkKind {
    /// The kernel's word (`IFLA_INFO_KIND`).
    pub fn word(self) -> &'static str {
        match self {
            Self::Macvlan { .. } => "macvlan",
            Self::Ipvlan { .. } => "ipvlan",
            Self::Vlan { .. } => "vlan",
        }
    }

    fn fill(self, data: Request) -> Request {
        match self {
            Self::Macvlan { mode, bc_queue_len } => {
                let mode = number(&MacvlanMode::ALL, mode);
                let data = data.with(FIRST, &mode.to_ne_bytes());
                match bc_queue_len {
                    Some(length) => data.with(BC_QUEUE_LEN, &length.to_ne_bytes()),
                    None => data,
                }
            }
            Self::Ipvlan { mode, flag } => data
                .with(FIRST, &number(&IpvlanMode::ALL, mode).to_ne_bytes())
                .with(IPVLAN_FLAGS, &number(&IpvlanFlag::ALL, flag).to_ne_bytes()),
            Self::Vlan { id, protocol } => data
                .with(FIRST, &id.get().to_ne_bytes())
                .with(VLAN_PROTOCOL, &protocol.ether_type().to_be_bytes()),
        }
    }
}

/// Fills an `IFLA_LINKINFO`.
pub(super) fn info(kind: LinkKind, list: Request) -> Request {
    list.with_text(libc::IFLA_INFO_KIND, kind.word())
        .with_nested(libc::IFLA_INFO_DATA, |data| kind.fill(data))
}

/// The kind and options in an `IFLA_LINKINFO`; `None` when it is of another kind, or has an option
/// of which nothing is known here.
pub(super) fn decode(info: Attribute<'_>) -> Option<LinkKind> {
    let kind = info.nested().find(libc::IFLA_INFO_KIND)?;
    let data = info.nested().find(libc::IFLA_INFO_DATA)?.nested();
    match kind.text()? {
        "macvlan" => macvlan(&data),
        "ipvlan" => ipvlan(&data),
        "vlan" => vlan(&data),
        _ => None,
    }
}

fn macvlan(data: &Attributes<'_>) -> Option<LinkKind> {
    let queue = data.clone().find(BC_QUEUE_LEN);
    Some(LinkKind::Macvlan {
        mode: of_number(&MacvlanMode::ALL, data.clone().find(FIRST)?.u32()?)?,
        bc_queue_len: queue.and_then(|length| length.u32()),
    })
}

fn ipvlan(data: &Attributes<'_>) -> Option<LinkKind> {
    let flags = data.clone().find(IPVLAN_FLAGS);
    let flags = flags.map_or(Some(0), |flags| flags.u16())?;
    Some(LinkKind::Ipvlan {
        mode: of_number(&IpvlanMode::ALL, data.clone().find(FIRST)?.u16()?)?,
        flag: of_number(&IpvlanFlag::ALL, flags)?,
    })
}

fn vlan(data: &Attributes<'_>) -> Option<LinkKind> {
    let protocol = data.clone().find(VLAN_PROTOCOL);
    let protocol = protocol.map_or(Some(0x8100), |protocol| protocol.u16().map(u16::from_be))?;
    Some(LinkKind::Vlan {
        id: data.clone().find(FIRST)?.u16()?.try_into().ok()?,
        protocol: VlanProtocol::of_ether_type(protocol)?,
    })
}

impl RouteSocket {
    /// Makes a link: on its parent, in its namespace, with its name, in one message.
    ///
    /// # Errors
    /// [`ChangeError`]: `EEXIST` when the name is taken there, `ENODEV` when the parent is gone,
    /// `EBUSY` when it is taken by a bridge or by a child of another kind, `EINVAL` when it has a
    /// passthru child, `EOPNOTSUPP` when the kernel has no such kind. Nothing is left of a link that
    /// could not be made whole.
    pub fn create(&mut self, new: &NewLink<'_>) -> Result<(), ChangeError> {
        let what = format!(
            "make the {} {} on link {}",
            new.kind.word(),
            new.name,
            new.lower
        );
        let flags = libc::NLM_F_CREATE | libc::NLM_F_EXCL;
        let switch = if new.up { link::up_bits(true) } else { (0, 0) };
        let header = link::header(new.index, switch);
        let mut request = Request::change(libc::RTM_NEWLINK, flags, &header)
            .with_text(libc::IFLA_IFNAME, new.name.as_str())
            .with(libc::IFLA_LINK, &new.lower.get().to_ne_bytes());
        if let Some(netns) = new.netns {
            request = request.with(libc::IFLA_NET_NS_FD, &netns.as_raw_fd().to_ne_bytes());
        }
        if let Some(mac) = new.mac {
            request = request.with(libc::IFLA_ADDRESS, &mac.bytes());
        }
        if let Some(mtu) = new.mtu_bytes {
            request = request.with(libc::IFLA_MTU, &mtu.to_ne_bytes());
        }
        if let Some(alias) = new.alias {
            request = request.with(libc::IFLA_IFALIAS, alias.as_bytes());
        }
        let request = request.with_nested(libc::IFLA_LINKINFO, |list| info(new.kind, list));
        self.change(what, &request)
    }
}
