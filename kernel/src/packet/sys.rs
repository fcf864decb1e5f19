//! The system calls on packet sockets that no safe crate offers: the link-layer socket address,
//! `recvmsg` with control messages, and the options of level `SOL_PACKET`.
//!
//! Each function makes one call, with memory that it owns or borrows for the call alone.
//! Left to others: what the calls mean and in which order they come.

#![expect(
    unsafe_code,
    reason = "rustix and socket2 have no link-layer address, no packet options and no raw control \
              messages"
)]

use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::ptr::from_mut;

use colvin_model::{IfIndex, MacAddr};

use super::Arrival;

/// Binds to no protocol: the socket hears nothing.
pub(super) const NO_PROTOCOL: u16 = 0;
/// Binds to every protocol (`ETH_P_ALL`).
pub(super) const ALL_PROTOCOLS: u16 = 3;

/// An option that is switched on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Flag {
    /// `PACKET_AUXDATA`.
    AuxiliaryData,
    /// `PACKET_IGNORE_OUTGOING`.
    IgnoreOutgoing,
    /// `SO_LOCK_FILTER`.
    LockFilter,
}

/// What is done with a group.
#[derive(Clone, Copy, Debug)]
pub(super) enum Membership {
    Add,
    Drop,
}

/// Where a socket is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// The link; `None` when unbound, or when the link is gone.
    pub(super) link: Option<IfIndex>,
    /// The link's own address, if it is there and Ethernet.
    pub(super) address: Option<MacAddr>,
}

/// What one `recvmsg` gave; the frame is in the caller's buffer.
#[derive(Debug)]
pub(super) struct Message {
    /// How much of the buffer is filled.
    pub(super) bytes: usize,
    /// The source address, if it is Ethernet.
    pub(super) source: Option<MacAddr>,
    /// `sll_pkttype`.
    pub(super) packet_type: u8,
    control: Control,
    control_bytes: usize,
}

/// Room for control messages, aligned as they are.
#[derive(Debug)]
#[repr(C, align(8))]
struct Control([u8; 128]);

impl Message {
    /// The control messages.
    pub(super) fn control(&self) -> &[u8] {
        self.control.0.get(..self.control_bytes).unwrap_or_default()
    }
}

/// How a frame was addressed; `None` for one that this host sends.
pub(super) fn arrival(packet_type: u8) -> Option<Arrival> {
    match packet_type {
        libc::PACKET_HOST => Some(Arrival::Host),
        libc::PACKET_BROADCAST => Some(Arrival::Broadcast),
        libc::PACKET_MULTICAST => Some(Arrival::Multicast),
        libc::PACKET_OTHERHOST => Some(Arrival::OtherHost),
        _ => None,
    }
}

/// Binds a socket to a protocol on one link, or on none.
pub(super) fn bind(fd: BorrowedFd<'_>, protocol: u16, link: Option<IfIndex>) -> io::Result<()> {
    let mut address = empty_address();
    address.sll_family = u16::try_from(libc::AF_PACKET).unwrap_or_default();
    address.sll_protocol = protocol.to_be();
    address.sll_ifindex = link.map_or(Ok(0), raw_index)?;
    // SAFETY: the address is a whole `sockaddr_ll` that outlives the call, of the length given.
    let result = unsafe {
        libc::bind(
            fd.as_raw_fd(),
            (&raw const address).cast(),
            length_of::<libc::sockaddr_ll>(),
        )
    };
    check(result)
}

/// Where a socket is bound.
pub(super) fn name(fd: BorrowedFd<'_>) -> io::Result<Name> {
    let mut address = empty_address();
    let mut length = length_of::<libc::sockaddr_ll>();
    // SAFETY: the kernel writes at most `length` bytes into an address that is that long; any
    // bytes are a valid `sockaddr_ll`.
    let result =
        unsafe { libc::getsockname(fd.as_raw_fd(), (&raw mut address).cast(), &raw mut length) };
    check(result)?;
    Ok(Name {
        link: u32::try_from(address.sll_ifindex)
            .ok()
            .and_then(IfIndex::new),
        address: ethernet_address(&address),
    })
}

/// Switches an option on.
pub(super) fn set_flag(fd: BorrowedFd<'_>, flag: Flag) -> io::Result<()> {
    let (level, option) = match flag {
        Flag::AuxiliaryData => (libc::SOL_PACKET, libc::PACKET_AUXDATA),
        Flag::IgnoreOutgoing => (libc::SOL_PACKET, libc::PACKET_IGNORE_OUTGOING),
        Flag::LockFilter => (libc::SOL_SOCKET, libc::SO_LOCK_FILTER),
    };
    set_option(fd, level, option, &1_i32.to_ne_bytes())
}

/// Joins or leaves a multicast group on a link.
pub(super) fn change_membership(
    fd: BorrowedFd<'_>,
    change: Membership,
    link: IfIndex,
    group: MacAddr,
) -> io::Result<()> {
    let option = match change {
        Membership::Add => libc::PACKET_ADD_MEMBERSHIP,
        Membership::Drop => libc::PACKET_DROP_MEMBERSHIP,
    };
    // struct packet_mreq: index, type, length of the address, the address in 8 bytes
    let kind = u16::try_from(libc::PACKET_MR_MULTICAST).unwrap_or_default();
    let mut request = [0; 16];
    let fields = raw_index(link)?
        .to_ne_bytes()
        .into_iter()
        .chain(kind.to_ne_bytes())
        .chain(6_u16.to_ne_bytes())
        .chain(group.bytes());
    for (byte, field) in request.iter_mut().zip(fields) {
        *byte = field;
    }
    set_option(fd, libc::SOL_PACKET, option, &request)
}

/// Frames that passed the filter and those of them that were lost, since the last call.
pub(super) fn take_statistics(fd: BorrowedFd<'_>) -> io::Result<(u32, u32)> {
    let mut statistics = [0_u32; 2]; // struct tpacket_stats
    let mut length = length_of::<[u32; 2]>();
    // SAFETY: the kernel writes at most `length` bytes into an array that is that long.
    let result = unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_STATISTICS,
            (&raw mut statistics).cast(),
            &raw mut length,
        )
    };
    check(result)?;
    Ok((statistics[0], statistics[1]))
}

/// Receives one frame into the buffer, without waiting.
pub(super) fn receive(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<Message> {
    let mut address = empty_address();
    let mut control = Control([0; 128]);
    let mut vector = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    // SAFETY: a `msghdr` of zeroes is valid: no memory is named by it.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_name = (&raw mut address).cast();
    header.msg_namelen = length_of::<libc::sockaddr_ll>();
    header.msg_iov = &raw mut vector;
    header.msg_iovlen = 1;
    header.msg_control = from_mut(&mut control).cast();
    header.msg_controllen = counted(size_of::<Control>());
    // SAFETY: everything the header names is on this stack or borrowed by it, writable, of the
    // lengths given, and outlives the call; any bytes are valid in it.
    let received = unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut header, libc::MSG_DONTWAIT) };
    let bytes = usize::try_from(received).map_err(|_negative| io::Error::last_os_error())?;
    Ok(Message {
        bytes,
        source: ethernet_address(&address),
        packet_type: address.sll_pkttype,
        control,
        control_bytes: counted(header.msg_controllen),
    })
}

/// Sets an option that holds plain bytes; private, so that none with a pointer in it gets here.
fn set_option(fd: BorrowedFd<'_>, level: i32, option: i32, value: &[u8]) -> io::Result<()> {
    let length = libc::socklen_t::try_from(value.len()).unwrap_or_default();
    // SAFETY: the kernel reads `length` bytes of a slice that is that long; the options that get
    // here hold no pointers.
    let result =
        unsafe { libc::setsockopt(fd.as_raw_fd(), level, option, value.as_ptr().cast(), length) };
    check(result)
}

fn empty_address() -> libc::sockaddr_ll {
    libc::sockaddr_ll {
        sll_family: 0,
        sll_protocol: 0,
        sll_ifindex: 0,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    }
}

fn ethernet_address(address: &libc::sockaddr_ll) -> Option<MacAddr> {
    let bytes = address.sll_addr.first_chunk()?;
    (address.sll_halen == 6).then(|| MacAddr::new(*bytes))
}

fn raw_index(link: IfIndex) -> io::Result<i32> {
    i32::try_from(link.get()).map_err(|_too_large| rustix::io::Errno::NODEV.into())
}

fn length_of<T>() -> libc::socklen_t {
    libc::socklen_t::try_from(size_of::<T>()).unwrap_or_default()
}

/// A length in the type that the C library at hand has for it: glibc and musl differ.
fn counted<F, T: TryFrom<F> + Default>(length: F) -> T {
    T::try_from(length).unwrap_or_default()
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
