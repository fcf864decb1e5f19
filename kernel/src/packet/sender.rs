//! A socket that sends whole frames out of one link, and hears nothing.
//!
//! Left to others: what the frames say, and whether they may be sent at all.

use std::os::fd::{AsFd as _, OwnedFd};

use colvin_model::IfIndex;
use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType};

use super::{PacketError, sys};

/// Sends Ethernet frames as they are, from the destination address on.
#[derive(Debug)]
pub struct RawSender {
    fd: OwnedFd,
    link: IfIndex,
}

impl RawSender {
    /// Opens a socket on a link. With protocol 0, so that it hears nothing.
    ///
    /// # Errors
    /// [`PacketError::NotPermitted`] without `CAP_NET_RAW`, [`PacketError::LinkGone`] when there
    /// is no such link, [`PacketError::Setup`] for anything else.
    pub fn open(link: IfIndex) -> Result<Self, PacketError> {
        let flags = SocketFlags::CLOEXEC;
        let fd = rustix::net::socket_with(AddressFamily::PACKET, SocketType::RAW, flags, None)
            .map_err(PacketError::opening)?;
        sys::bind(fd.as_fd(), sys::NO_PROTOCOL, Some(link))
            .map_err(|source| PacketError::on_link(link, "binding", source))?;
        Ok(Self { fd, link })
    }

    /// Sends one frame; waits while the send buffer is full.
    ///
    /// # Errors
    /// [`PacketError::Send`] when the link is down or gone, or the frame is shorter than a header
    /// or longer than the link allows.
    pub fn send(&self, frame: &[u8]) -> Result<(), PacketError> {
        let failed = |errno: rustix::io::Errno| PacketError::Send {
            link: self.link,
            bytes: frame.len(),
            source: errno.into(),
        };
        rustix::io::retry_on_intr(|| rustix::net::send(&self.fd, frame, SendFlags::empty()))
            .map(drop)
            .map_err(failed)
    }
}
