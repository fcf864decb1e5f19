//! Device events from the kernel: `NETLINK_KOBJECT_UEVENT`, group 1, on a socket of our own.
//!
//! An event is a hint to look again, not a change to apply: [`UeventSocket::recv`] says which
//! device, of the subsystems that network functions live in, and [`Event::Overrun`] when events
//! were lost, after which everything is to be looked at again.
//!
//! Which namespace hears what: events of PCI, vDPA and auxiliary devices reach every network
//! namespace that the initial user namespace owns; events of net devices and of InfiniBand devices
//! only the one they are in (a device that moves is removed there and added here). A network
//! namespace that another user namespace owns (`unshare -rn`, rootless containers) hears nothing
//! but its own net devices.
//!
//! Group 2, where udev sends its own version, is not used: it is silent where there is no udev.
//!
//! Left to others: reading the devices, and putting several events together.

mod action;
mod filter;
mod message;

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use rustix::io::{Errno, IoSliceMut};
use rustix::net::netlink::{KOBJECT_UEVENT, SocketAddrNetlink};
use rustix::net::sockopt::{
    set_socket_recv_buffer_size, set_socket_recv_buffer_size_force, socket_recv_buffer_size,
};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvFlags, ReturnFlags, SocketFlags, SocketType,
};

pub use action::{Action, Subsystem};
pub use message::{InvalidUevent, Uevent};

/// The receive buffer that is asked for, in bytes: a burst of 128 VFs with ten events each.
pub const RECEIVE_BUFFER_BYTES: usize = 8 * 1024 * 1024;

/// Room for one event. The kernel's own limit is 2,048 bytes of values (`UEVENT_BUFFER_SIZE`)
/// behind an action and a path.
const MESSAGE_BYTES: usize = 16 * 1024;

/// The multicast group the kernel sends to.
const KERNEL_GROUP: u32 = 1;

/// A socket that hears device events; it never blocks.
#[derive(Debug)]
pub struct UeventSocket {
    fd: OwnedFd,
    buffer: Vec<u8>,
}

/// What was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Something happened to a device.
    Device(Uevent),
    /// Events were lost because the buffer was full, or one could not be read: look at everything.
    Overrun,
}

/// The event socket could not be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum UeventError {
    /// The socket could not be set up.
    #[error("cannot listen to device events: {step}")]
    Setup {
        /// What was being done.
        step: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// The socket could not be read.
    #[error("cannot receive device events")]
    Receive {
        /// What the kernel said.
        source: io::Error,
    },
}

impl UeventSocket {
    /// Listens to the device events of this network namespace, with a buffer of
    /// [`RECEIVE_BUFFER_BYTES`] where that is permitted. Needs no privilege.
    ///
    /// # Errors
    /// [`UeventError::Setup`] with the step that the kernel refused.
    pub fn open() -> Result<Self, UeventError> {
        Self::with_buffer(RECEIVE_BUFFER_BYTES)
    }

    /// The same with another size of receive buffer, in bytes.
    ///
    /// More than `net.core.rmem_max` needs `CAP_NET_ADMIN` in the initial user namespace; without
    /// it the buffer is smaller, as [`UeventSocket::buffer_bytes`] tells, and overruns come sooner.
    ///
    /// # Errors
    /// [`UeventError::Setup`] with the step that the kernel refused.
    pub fn with_buffer(bytes: usize) -> Result<Self, UeventError> {
        let setup = |step| move |source: io::Error| UeventError::Setup { step, source };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let (family, protocol) = (AddressFamily::NETLINK, Some(KOBJECT_UEVENT));
        let fd = rustix::net::socket_with(family, SocketType::RAW, flags, protocol)
            .map_err(|errno| setup("opening a socket")(errno.into()))?;
        set_socket_recv_buffer_size_force(&fd, bytes)
            .or_else(|_not_permitted| set_socket_recv_buffer_size(&fd, bytes))
            .map_err(|errno| setup("sizing the receive buffer")(errno.into()))?;
        filter::attach(fd.as_fd()).map_err(setup("attaching the filter"))?;
        rustix::net::bind(&fd, &SocketAddrNetlink::new(0, KERNEL_GROUP))
            .map_err(|errno| setup("joining the kernel's group")(errno.into()))?;
        let buffer = vec![0; MESSAGE_BYTES];
        Ok(Self { fd, buffer })
    }

    /// The receive buffer as the kernel accounts it, in bytes: twice what was granted.
    ///
    /// # Errors
    /// [`UeventError::Setup`] when the kernel does not say.
    pub fn buffer_bytes(&self) -> Result<usize, UeventError> {
        socket_recv_buffer_size(&self.fd).map_err(|errno| UeventError::Setup {
            step: "reading the size of the receive buffer",
            source: errno.into(),
        })
    }

    /// Gives the next event, or `None` when none waits. Never blocks.
    ///
    /// Events of other subsystems are passed over, and messages that did not come from the kernel.
    ///
    /// # Errors
    /// [`UeventError::Receive`]; losing events is none, but [`Event::Overrun`].
    pub fn recv(&mut self) -> Result<Option<Event>, UeventError> {
        loop {
            match self.next_message() {
                Ok(Some(message)) => match Uevent::parse(message) {
                    Ok(uevent) if uevent.subsystem == Subsystem::Other => {}
                    Ok(uevent) => return Ok(Some(Event::Device(uevent))),
                    Err(_unreadable) => return Ok(Some(Event::Overrun)),
                },
                Ok(None) | Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(None),
                Err(Errno::NOBUFS) => return Ok(Some(Event::Overrun)),
                Err(errno) => {
                    return Err(UeventError::Receive {
                        source: errno.into(),
                    });
                }
            }
        }
    }

    /// One message of the kernel's; `None` for one of someone else's.
    fn next_message(&mut self) -> rustix::io::Result<Option<&[u8]>> {
        let mut parts = [IoSliceMut::new(&mut self.buffer)];
        let mut control = RecvAncillaryBuffer::default();
        let flags = RecvFlags::DONTWAIT;
        let got = rustix::net::recvmsg(&self.fd, &mut parts, &mut control, flags)?;
        let sender = got
            .address
            .and_then(|address| SocketAddrNetlink::try_from(address).ok());
        if sender.is_none_or(|sender| sender.pid() != 0) {
            return Ok(None);
        }
        if got.flags.contains(ReturnFlags::TRUNC) {
            return Ok(Some(&[]));
        }
        Ok(self.buffer.get(..got.bytes))
    }
}

impl AsFd for UeventSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl AsRawFd for UeventSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}
