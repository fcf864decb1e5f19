//! A netlink socket: opened, joined, sent to, received from. Left to others: what is said on it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use rustix::net::netlink::{GENERIC, RDMA, SocketAddrNetlink};
use rustix::net::sockopt::{
    Timeout, set_socket_recv_buffer_size, set_socket_recv_buffer_size_force, set_socket_timeout,
};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recv, recvfrom, sendto,
    socket_with,
};

use super::dump::{Received, Transport};
use super::option::{NetlinkOption, set};

/// The longest wait for an answer. The kernel answers at once, unless a driver holds its lock.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// Which part of the kernel is on the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Links, addresses, routes (`NETLINK_ROUTE`).
    Route,
    /// Families by name, such as ethtool and devlink (`NETLINK_GENERIC`).
    Generic,
    /// RDMA devices (`NETLINK_RDMA`).
    Rdma,
}

/// A netlink socket of the network namespace in which it was opened.
#[derive(Debug)]
pub struct Socket {
    descriptor: OwnedFd,
}

impl Socket {
    /// Opens a blocking socket for questions and answers, in the calling thread's network namespace.
    ///
    /// # Errors
    /// As `socket(2)`: `EPROTONOSUPPORT` when the kernel lacks the protocol.
    pub fn open(protocol: Protocol) -> io::Result<Self> {
        let opened = Self::open_with(protocol, SocketFlags::CLOEXEC)?;
        set_socket_timeout(&opened.descriptor, Timeout::Recv, Some(ANSWER_LIMIT))?;
        Ok(opened)
    }

    /// Opens a socket whose `receive` never waits, for [`Socket::join`].
    ///
    /// # Errors
    /// As [`Socket::open`].
    pub fn open_nonblocking(protocol: Protocol) -> io::Result<Self> {
        let opened = Self::open_with(protocol, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)?;
        // A socket without a port number hears nothing: the kernel's news goes to everybody but
        // number 0, which is the kernel (`do_one_broadcast` in `net/netlink/af_netlink.c`).
        bind(&opened.descriptor, &SocketAddrNetlink::new(0, 0))?;
        Ok(opened)
    }

    fn open_with(protocol: Protocol, flags: SocketFlags) -> io::Result<Self> {
        let number = match protocol {
            Protocol::Route => None,
            Protocol::Generic => Some(GENERIC),
            Protocol::Rdma => Some(RDMA),
        };
        let descriptor = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, number)?;
        // before Linux 4.12 and 4.20 the kernel knows neither: errors without words, no filters
        for option in [NetlinkOption::ExtendedErrors, NetlinkOption::StrictChecking] {
            match set(&descriptor, option) {
                Err(error) if error.raw_os_error() != Some(libc::ENOPROTOOPT) => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(Self { descriptor })
    }

    /// Hears a multicast group from now on.
    ///
    /// # Errors
    /// As `setsockopt(2)`: `EINVAL` when the protocol has no such group, `EPERM` when it is not
    /// for everybody.
    pub fn join(&self, group: u32) -> io::Result<()> {
        set(&self.descriptor, NetlinkOption::Join(group))
    }

    /// Makes room for so many bytes of unread messages, as far as this process may.
    ///
    /// With `CAP_NET_ADMIN` past the system's limit (`net.core.rmem_max`), else up to it.
    ///
    /// # Errors
    /// As `setsockopt(2)`.
    pub fn set_receive_buffer(&self, bytes: usize) -> io::Result<()> {
        if set_socket_recv_buffer_size_force(&self.descriptor, bytes).is_err() {
            set_socket_recv_buffer_size(&self.descriptor, bytes)?;
        }
        Ok(())
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

impl Transport for Socket {
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let kernel = SocketAddrNetlink::new(0, 0);
        rustix::io::retry_on_intr(|| {
            sendto(&self.descriptor, message, SendFlags::empty(), &kernel)
        })?;
        Ok(())
    }

    fn receive(&mut self, buffer: &mut Vec<u8>) -> io::Result<Received> {
        buffer.clear();
        let (_, length, sender) = rustix::io::retry_on_intr(|| {
            recvfrom(&self.descriptor, spare_capacity(buffer), RecvFlags::TRUNC)
        })?;
        let from_kernel = sender
            .and_then(|sender| SocketAddrNetlink::try_from(sender).ok())
            .is_some_and(|sender| sender.pid() == 0);
        Ok(Received {
            length,
            from_kernel,
        })
    }
    fn drain(&mut self) -> io::Result<()> {
        let flags = RecvFlags::DONTWAIT | RecvFlags::TRUNC;
        loop {
            let mut nothing = [0; 0];
            match recv(&self.descriptor, &mut nothing[..], flags) {
                Ok(_) | Err(Errno::INTR | Errno::NOBUFS) => {}
                Err(Errno::AGAIN) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
