//! News of links, addresses and routes: hints that something is to be looked at again.
//!
//! Left to others: looking. What a message says beyond "this link" is not used, so nothing can be
//! lost with it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use colvin_model::IfIndex;

use super::dump::Transport as _;
use super::socket::{Protocol, Socket};
use super::wire::{Message, Messages, u32_at};

/// Room for unread news: 128 VFs with some ten events each, many times over.
const RECEIVE_BUFFER_BYTES: usize = 8 * 1024 * 1024;

/// Longer than any event: an event about a link has no VFs.
const DATAGRAM_BYTES: usize = 64 * 1024;

/// What is listened to: `RTNLGRP_LINK`, `_IPV4_IFADDR`, `_IPV6_IFADDR`, `_IPV4_ROUTE`,
/// `_IPV6_ROUTE`.
const GROUPS: [u32; 5] = [
    libc::RTNLGRP_LINK,
    libc::RTNLGRP_IPV4_IFADDR,
    libc::RTNLGRP_IPV6_IFADDR,
    libc::RTNLGRP_IPV4_ROUTE,
    libc::RTNLGRP_IPV6_ROUTE,
];

/// One thing to look at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A link is new, or something about it is.
    LinkChanged(IfIndex),
    /// A link has left this namespace, or is no more.
    LinkGone(IfIndex),
    /// The node's addresses.
    AddressesChanged,
    /// A default route. Other routes are no news.
    RoutesChanged,
    /// News was lost: everything is to be looked at again.
    Overrun,
}

/// A subscription to the news of one network namespace. Wait for its descriptor to be readable, then
/// take what there is.
#[derive(Debug)]
pub struct Monitor {
    socket: Socket,
    datagram: Vec<u8>,
    /// What of the datagram was read.
    offset: usize,
}

impl Monitor {
    /// Subscribes, in the calling thread's network namespace. What happens from now on is heard: look
    /// at everything once after this.
    ///
    /// # Errors
    /// As `socket(2)` and `setsockopt(2)`.
    pub fn open() -> io::Result<Self> {
        Self::with_room_for(RECEIVE_BUFFER_BYTES)
    }

    /// As [`Monitor::open`], with room for so many bytes of unread news.
    ///
    /// # Errors
    /// As [`Monitor::open`].
    pub fn with_room_for(bytes: usize) -> io::Result<Self> {
        let socket = Socket::open_nonblocking(Protocol::Route)?;
        socket.set_receive_buffer(bytes)?;
        for group in GROUPS {
            socket.join(group)?;
        }
        Ok(Self {
            socket,
            datagram: Vec::with_capacity(DATAGRAM_BYTES),
            offset: 0,
        })
    }

    /// The next change, or `None` when there is none now. Never waits.
    ///
    /// # Errors
    /// As `recvfrom(2)`; lost news is no error but [`Change::Overrun`].
    #[expect(
        clippy::should_implement_trait,
        reason = "None means none yet, so this is no iterator"
    )]
    pub fn next(&mut self) -> io::Result<Option<Change>> {
        loop {
            if let Some(change) = self.unread() {
                return Ok(Some(change));
            }
            let received = match self.socket.receive(&mut self.datagram) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                    return Ok(Some(Change::Overrun));
                }
                Err(error) => return Err(error),
            };
            self.offset = 0;
            if !received.from_kernel {
                self.datagram.clear();
            } else if received.length > self.datagram.len() {
                self.datagram.clear();
                return Ok(Some(Change::Overrun));
            }
        }
    }

    /// The next change in the datagram at hand.
    fn unread(&mut self) -> Option<Change> {
        loop {
            let rest = self.datagram.get(self.offset..)?;
            let mut messages = Messages::new(rest);
            let message = messages.next()?;
            let change = match message {
                Ok(message) => change(message),
                Err(_) => Some(Change::Overrun),
            };
            self.offset = self.offset.saturating_add(messages.offset());
            if change.is_some() {
                return change;
            }
        }
    }
}

impl AsFd for Monitor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// What a message says is to be looked at, if anything; a message that does not decode says
/// everything.
fn change(message: Message<'_>) -> Option<Change> {
    let payload = message.payload;
    let link = || u32_at(payload, 4).and_then(IfIndex::new);
    // a bridge tells of its ports with the same messages: there "deleted" is "left the bridge"
    let is_plain = payload.first() == Some(&0);
    match message.kind {
        libc::RTM_DELLINK if is_plain => Some(link().map_or(Change::Overrun, Change::LinkGone)),
        libc::RTM_NEWLINK | libc::RTM_DELLINK => {
            Some(link().map_or(Change::Overrun, Change::LinkChanged))
        }
        libc::RTM_NEWADDR | libc::RTM_DELADDR => Some(Change::AddressesChanged),
        libc::RTM_NEWROUTE | libc::RTM_DELROUTE => {
            let is_default = payload
                .get(1)
                .is_none_or(|prefix_length| *prefix_length == 0);
            is_default.then_some(Change::RoutesChanged)
        }
        super::wire::OVERRUN => Some(Change::Overrun),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::wire::Request;
    use proptest::prelude::*;

    fn read(kind: u16, payload: &[u8]) -> Option<Change> {
        let bytes = Request::get(kind, payload).encode(0);
        change(Messages::new(&bytes).next().unwrap().unwrap())
    }

    #[test]
    fn disc_26_a_message_is_a_hint_at_what_it_is_about() {
        let link = Some(Change::LinkGone(IfIndex::new(7).unwrap()));
        assert_eq!(read(libc::RTM_DELLINK, &[0, 0, 1, 0, 7, 0, 0, 0]), link);
        let port = Some(Change::LinkChanged(IfIndex::new(7).unwrap()));
        assert_eq!(read(libc::RTM_DELLINK, &[7, 0, 1, 0, 7, 0, 0, 0]), port);
        assert_eq!(read(libc::RTM_NEWLINK, &[0, 0, 1, 0, 7, 0, 0, 0]), port);
        let routes = Some(Change::RoutesChanged);
        assert_eq!(read(libc::RTM_DELROUTE, &[10, 0, 0, 0]), routes);
        assert_eq!(read(libc::RTM_NEWROUTE, &[2, 24, 0, 0]), None);
        assert_eq!(read(libc::RTM_NEWNEIGH, &[2, 0, 0, 0]), None);
    }

    #[test]
    fn disc_27_a_message_that_says_nothing_is_a_hint_at_everything() {
        assert_eq!(read(libc::RTM_NEWLINK, &[]), Some(Change::Overrun));
        assert_eq!(
            read(libc::RTM_DELLINK, &[0, 0, 1, 0]),
            Some(Change::Overrun)
        );
    }

    proptest! {
        #[test]
        fn any_message_is_read_without_panic(kind: u16, payload: Vec<u8>) {
            read(kind, &payload);
        }
    }
}
