//! Packet sockets that hear LLDP on one link, and one that sends frames.
//!
//! The order is the point: a socket opens with protocol 0, so that nothing reaches it; gets its
//! filter; joins the three LLDP groups; is bound to its link and only then hears; and its filter is
//! locked. It is never promiscuous and never blocks: wait on its file descriptor.
//!
//! Only opening needs `CAP_NET_RAW`. A process that wants to drop it opens [`Spare`]s first; they
//! listen later, on links that come later.
//!
//! No kernel time stamps are asked for: `SO_TIMESTAMPNS` on one socket makes the kernel stamp every
//! packet of the machine, and ageing needs only the time of [`LldpSocket::recv`].
//!
//! Whether a VF hears or may send LLDP is up to its driver (`ice`: hears when trusted); a VF's
//! socket is opened like any other and may stay silent.
//!
//! Left to others: what a frame says (`lldp-rs`), which links to listen on and never on (masters
//! of bonds, bridges and teams), whose frames make no neighbour (`colvin-discovery`).

mod auxiliary;
mod error;
mod filter;
mod received;
mod sender;
mod sys;

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

pub use colvin_model::IfIndex;
use colvin_model::MacAddr;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType};

pub use auxiliary::VlanTag;
pub use error::{ListenFailed, PacketError};
pub use received::{Arrival, Received, Statistics};
pub use sender::RawSender;

/// The groups LLDP is sent to: nearest bridge, nearest non-TPMR bridge, nearest customer bridge.
///
/// Source: IEEE 802.1AB-2016, table 7-1.
pub const LLDP_GROUPS: [MacAddr; 3] = [
    MacAddr::new([0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e]),
    MacAddr::new([0x01, 0x80, 0xc2, 0x00, 0x00, 0x03]),
    MacAddr::new([0x01, 0x80, 0xc2, 0x00, 0x00, 0x00]),
];

/// LLDP's `EtherType`.
pub const ETHERTYPE_LLDP: u16 = 0x88cc;

/// The most of a frame that a socket keeps, in bytes: 1,500 of LLDP behind an Ethernet header and
/// one tag. A buffer of this size is enough for [`LldpSocket::recv`].
pub const FRAME_BYTES: usize = 1518;

/// What is asked for as receive buffer of one socket, in bytes; the kernel reserves twice as much.
/// It bounds what a flood can take.
const RECEIVE_BUFFER_BYTES: usize = 64 * 1024;

/// How a socket listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listen {
    /// Bound to LLDP's `EtherType`: what other traffic there is costs nothing. Right for plain
    /// ports, bridge ports, members of bonds and links under a macvlan. A frame's VLAN tag, if it
    /// had one, is lost: the kernel takes it off before such sockets hear.
    Bound,
    /// Bound to all protocols, behind the same filter: it runs on every packet of the link. Only
    /// for ports under an Open vSwitch master, whose handler takes frames before bound sockets
    /// hear, and for links that stay silent otherwise. Frames this host sends are not heard.
    All,
}

impl Listen {
    fn protocol(self) -> u16 {
        match self {
            Self::Bound => ETHERTYPE_LLDP,
            Self::All => sys::ALL_PROTOCOLS,
        }
    }
}

/// A socket that hears nothing yet: opened while that is permitted, for a link that comes later.
#[derive(Debug)]
pub struct Spare {
    fd: OwnedFd,
}

impl Spare {
    /// Opens a socket and attaches its filter.
    ///
    /// # Errors
    /// [`PacketError::NotPermitted`] without `CAP_NET_RAW`; [`PacketError::Unsupported`] on a
    /// kernel without packet sockets; [`PacketError::Setup`] when an option is refused.
    pub fn open() -> Result<Self, PacketError> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let fd = rustix::net::socket_with(AddressFamily::PACKET, SocketType::RAW, flags, None)
            .map_err(PacketError::opening)?;
        filter::attach(fd.as_fd()).map_err(PacketError::setup("attaching the filter"))?;
        sys::set_flag(fd.as_fd(), sys::Flag::AuxiliaryData)
            .map_err(PacketError::setup("asking for the stripped VLAN tag"))?;
        rustix::net::sockopt::set_socket_recv_buffer_size(&fd, RECEIVE_BUFFER_BYTES)
            .map_err(PacketError::setup_errno("bounding the receive buffer"))?;
        Ok(Self { fd })
    }

    /// Joins the LLDP groups on a link and listens there. Needs no capability.
    ///
    /// A link that is down can be listened on: frames come once it is up.
    ///
    /// # Errors
    /// [`ListenFailed`], which gives the socket back: opening another may not be permitted any
    /// more. Its cause is [`PacketError::LinkGone`] when there is no such link in this namespace.
    pub fn listen(self, link: IfIndex, mode: Listen) -> Result<LldpSocket, ListenFailed> {
        match self.bind_and_join(link, mode) {
            Ok(()) => Ok(LldpSocket {
                fd: self.fd,
                link,
                mode,
                statistics: Statistics::default(),
            }),
            Err(source) => Err(ListenFailed {
                spare: quiet(self.fd, link),
                source,
            }),
        }
    }

    /// The steps of [`Spare::listen`], in their order.
    fn bind_and_join(&self, link: IfIndex, mode: Listen) -> Result<(), PacketError> {
        let fd = self.fd.as_fd();
        if mode == Listen::All {
            sys::set_flag(fd, sys::Flag::IgnoreOutgoing)
                .map_err(PacketError::setup("ignoring outgoing frames"))?;
        }
        for group in LLDP_GROUPS {
            sys::change_membership(fd, sys::Membership::Add, link, group)
                .map_err(|source| PacketError::on_link(link, "joining a group", source))?;
        }
        sys::bind(fd, mode.protocol(), Some(link))
            .map_err(|source| PacketError::on_link(link, "binding", source))?;
        sys::set_flag(fd, sys::Flag::LockFilter).map_err(PacketError::setup("locking the filter"))
    }
}

/// Unbinds a socket, leaves its groups and empties its queue, so that nothing of the old link
/// shows up on the next one.
fn quiet(fd: OwnedFd, link: IfIndex) -> Spare {
    // Both fail when the link is gone, and then there is nothing to undo.
    drop(sys::bind(fd.as_fd(), sys::NO_PROTOCOL, None));
    for group in LLDP_GROUPS {
        drop(sys::change_membership(
            fd.as_fd(),
            sys::Membership::Drop,
            link,
            group,
        ));
    }
    let mut frame = [0; 1];
    while !matches!(
        sys::receive(fd.as_fd(), &mut frame),
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock
    ) {}
    Spare { fd }
}

/// A socket that hears LLDP frames on one link.
#[derive(Debug)]
pub struct LldpSocket {
    fd: OwnedFd,
    link: IfIndex,
    mode: Listen,
    statistics: Statistics,
}

impl LldpSocket {
    /// Opens a socket and listens on a link: [`Spare::open`], then [`Spare::listen`].
    ///
    /// # Errors
    /// Those of the two.
    pub fn open(link: IfIndex, mode: Listen) -> Result<Self, PacketError> {
        Spare::open()?
            .listen(link, mode)
            .map_err(|failed| failed.source)
    }

    /// The link it listens on.
    pub fn link(&self) -> IfIndex {
        self.link
    }

    /// How it listens.
    pub fn mode(&self) -> Listen {
        self.mode
    }

    /// Gives the next frame, or `None` when none waits. Never blocks.
    ///
    /// Frames that this host sends are passed over. A link that only went down is no error: the
    /// socket hears again when the link is up.
    ///
    /// # Errors
    /// [`PacketError::LinkGone`] when the link left this namespace or is no more; the socket is
    /// of use again after [`LldpSocket::release`]. [`PacketError::Receive`] for anything else.
    pub fn recv<'buffer>(
        &self,
        buffer: &'buffer mut [u8],
    ) -> Result<Option<Received<'buffer>>, PacketError> {
        loop {
            let got = match sys::receive(self.fd.as_fd(), buffer) {
                Ok(got) => got,
                Err(error) => match Errno::from_io_error(&error) {
                    Some(Errno::AGAIN) => return Ok(None),
                    Some(Errno::INTR) => continue,
                    Some(Errno::NETDOWN) if self.is_bound()? => continue,
                    Some(Errno::NETDOWN) => return Err(PacketError::LinkGone { link: self.link }),
                    _ => {
                        return Err(PacketError::Receive {
                            link: self.link,
                            source: error,
                        });
                    }
                },
            };
            let Some(arrival) = sys::arrival(got.packet_type) else {
                continue;
            };
            let auxiliary = auxiliary::parse(got.control());
            let frame = buffer.get(..got.bytes).unwrap_or_default();
            return Ok(Some(Received {
                frame,
                wire_bytes: auxiliary.wire_bytes.unwrap_or(got.bytes).max(frame.len()),
                source: got.source,
                from_own_address: got.source.is_some() && got.source == self.own_address()?,
                arrival,
                stripped_tag: auxiliary.stripped_tag,
            }));
        }
    }

    /// What it heard and lost so far.
    ///
    /// # Errors
    /// [`PacketError::Receive`] when the kernel does not say.
    pub fn statistics(&mut self) -> Result<Statistics, PacketError> {
        // The kernel starts again from zero at every look.
        let (frames, dropped) =
            sys::take_statistics(self.fd.as_fd()).map_err(|source| PacketError::Receive {
                link: self.link,
                source,
            })?;
        self.statistics.frames += u64::from(frames);
        self.statistics.dropped += u64::from(dropped);
        Ok(self.statistics)
    }

    /// The link's own address now; `None` when it is gone or not Ethernet.
    ///
    /// # Errors
    /// [`PacketError::Receive`] when the kernel does not say.
    pub fn own_address(&self) -> Result<Option<MacAddr>, PacketError> {
        let name = self.name()?;
        Ok(name.address)
    }

    /// Stops listening: leaves the groups, forgets the frames that wait, and is a spare again.
    pub fn release(self) -> Spare {
        quiet(self.fd, self.link)
    }

    /// Whether the socket still has its link, which it loses for good when the link leaves.
    fn is_bound(&self) -> Result<bool, PacketError> {
        Ok(self.name()?.link == Some(self.link))
    }

    fn name(&self) -> Result<sys::Name, PacketError> {
        sys::name(self.fd.as_fd()).map_err(|source| PacketError::Receive {
            link: self.link,
            source,
        })
    }
}

impl AsFd for LldpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsRawFd for LldpSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}
