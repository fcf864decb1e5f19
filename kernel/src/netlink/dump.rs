//! Questions to the kernel and whole answers: the one wrapper that all dumps go through.
//!
//! A dump is delivered whole or not at all: when something changed while it ran
//! (`NLM_F_DUMP_INTR`), when a datagram did not fit, or when the socket overran, what came is thrown
//! away and the question is asked again, a bounded number of times. Left to others: what the
//! messages mean; a message that does not decode is their finding and not the end of a dump.
//!
//! Why there is no `MSG_PEEK` before each read: the kernel makes no datagram of a dump longer than
//! 32 KiB (`netlink_dump` in `net/netlink/af_netlink.c`), unless one message alone is. The buffer is
//! twice that from the start, and `MSG_TRUNC` tells when a longer one came: then the buffer grows
//! to that length and the dump runs again. So the rare long message (100 alternative names, 300 VFs)
//! costs one more dump, once, and every other read costs one system call instead of two.

mod error;
#[cfg(test)]
mod tests;

use std::io;

pub use error::DumpError;

use super::wire::{
    Attributes, DONE, DUMP_INTERRUPTED, ERROR, HEADER_BYTES, MULTI, Message, Messages, NOOP,
    OVERRUN, Request, TornMessages, u32_at,
};

/// The buffer's first size.
const FIRST_BUFFER_BYTES: usize = 64 * 1024;

/// The longest datagram that is taken.
const LONGEST_DATAGRAM_BYTES: usize = 16 * 1024 * 1024;

/// How often a dump is asked for before it is given up as torn.
const MOST_TRIES: u32 = 16;

/// What the answer to a change is about, in errors.
const CHANGE: &str = "what it was asked";

/// `NLM_F_CAPPED`: the error does not repeat the request's payload.
const CAPPED: u16 = 0x100;

/// `NLM_F_ACK_TLVS`: attributes follow the error.
const HAS_ATTRIBUTES: u16 = 0x200;

/// `NLMSGERR_ATTR_MSG`: the kernel's words.
const ERROR_TEXT: u16 = 1;

/// What carries datagrams to and from the kernel.
pub trait Transport {
    /// Sends one message.
    ///
    /// # Errors
    /// As `sendto(2)`.
    fn send(&mut self, message: &[u8]) -> io::Result<()>;

    /// Receives one datagram into the buffer's capacity, replacing what was in it.
    ///
    /// # Errors
    /// As `recvfrom(2)`; `ENOBUFS` when messages were lost.
    fn receive(&mut self, buffer: &mut Vec<u8>) -> io::Result<Received>;

    /// Throws away what waits to be received, without waiting for more. As the kernel goes on with a
    /// dump while it is read, nothing is left of it after this.
    ///
    /// # Errors
    /// As `recvfrom(2)`.
    fn drain(&mut self) -> io::Result<()>;
}

/// What is known of a datagram that was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// Its length, which may be more than the buffer took.
    pub length: usize,
    /// Whether the kernel sent it, not another process.
    pub from_kernel: bool,
}

/// A transport, and what asking by it needs.
#[derive(Debug)]
pub struct Conversation<T> {
    transport: T,
    sequence: u32,
    buffer: Vec<u8>,
    /// Whether an answer may still be on its way, to a question that was given up.
    unfinished: bool,
}

/// How one question ended.
enum Attempt {
    Whole,
    Interrupted,
    Overrun,
    Grow(usize),
}

impl<T: Transport> Conversation<T> {
    /// A conversation by this transport.
    pub fn new(transport: T) -> Self {
        Self {
            transport,
            sequence: 0,
            buffer: Vec::with_capacity(FIRST_BUFFER_BYTES),
            unfinished: false,
        }
    }

    /// What carries it.
    pub(super) fn transport(&self) -> &T {
        &self.transport
    }

    /// Asks, and folds the messages of the answer into one value.
    ///
    /// `each` is called for every message of the answer, in order. When the question has to be asked
    /// again, the value is thrown away and `fresh` makes another: the result is of one whole answer.
    ///
    /// # Errors
    /// [`DumpError`]; the result of an answer that was cut is never given.
    pub fn ask<R>(
        &mut self,
        what: &'static str,
        request: &Request,
        fresh: impl Fn() -> R,
        mut each: impl FnMut(&mut R, Message<'_>),
    ) -> Result<R, DumpError> {
        let mut tries = 0;
        loop {
            let mut result = fresh();
            tries += 1;
            let attempt = self.attempt(what, request, &mut |message| each(&mut result, message))?;
            match attempt {
                Attempt::Whole => return Ok(result),
                Attempt::Interrupted if tries >= MOST_TRIES => {
                    return Err(DumpError::Torn { what, tries });
                }
                Attempt::Overrun if tries >= MOST_TRIES => {
                    return Err(DumpError::Overrun { what, tries });
                }
                // it at least doubles, so that there is an end to this
                Attempt::Grow(length) if length <= LONGEST_DATAGRAM_BYTES => {
                    self.buffer = Vec::with_capacity(length.next_power_of_two());
                }
                Attempt::Grow(length) => return Err(DumpError::TooLong { what, length }),
                Attempt::Interrupted | Attempt::Overrun => {}
            }
        }
    }

    /// Sends a change, once, and waits for the kernel's word. It is never sent again: what was lost
    /// may have been done.
    pub(super) fn change(&mut self, request: &Request) -> Result<(), DumpError> {
        let what = CHANGE;
        match self.attempt(what, request, &mut |_| {})? {
            Attempt::Whole | Attempt::Interrupted => Ok(()),
            Attempt::Overrun => Err(DumpError::Overrun { what, tries: 1 }),
            Attempt::Grow(length) => Err(DumpError::TooLong { what, length }),
        }
    }

    fn attempt(
        &mut self,
        what: &'static str,
        request: &Request,
        deliver: &mut dyn FnMut(Message<'_>),
    ) -> Result<Attempt, DumpError> {
        let lost = |source| DumpError::Receive { what, source };
        if self.unfinished {
            self.transport.drain().map_err(lost)?;
        }
        self.unfinished = true;
        self.sequence = self.sequence.wrapping_add(1);
        let message = request.clone().encode(self.sequence);
        let unsent = |source| DumpError::Send { what, source };
        self.transport.send(&message).map_err(unsent)?;
        let mut interrupted = false;
        loop {
            let received = match self.transport.receive(&mut self.buffer) {
                Ok(received) => received,
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => {
                    return Ok(Attempt::Overrun);
                }
                // the socket's own limit of time is over
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(lost(io::ErrorKind::TimedOut.into()));
                }
                Err(source) => return Err(lost(source)),
            };
            if !received.from_kernel {
                continue;
            }
            if received.length > self.buffer.len() {
                return Ok(Attempt::Grow(received.length));
            }
            for message in Messages::new(&self.buffer) {
                let message = message.map_err(|source| DumpError::Garbled { what, source })?;
                if message.sequence != self.sequence {
                    continue;
                }
                interrupted |= message.flags & DUMP_INTERRUPTED != 0;
                let is_end = match message.kind {
                    NOOP => false,
                    OVERRUN => return Ok(Attempt::Overrun),
                    ERROR | DONE => {
                        // the kernel has answered, whatever it says
                        self.unfinished = false;
                        refusal(what, message)?;
                        true
                    }
                    _ => {
                        if !interrupted {
                            deliver(message);
                        }
                        message.flags & MULTI == 0
                    }
                };
                if is_end {
                    self.unfinished = false;
                    return Ok(if interrupted {
                        Attempt::Interrupted
                    } else {
                        Attempt::Whole
                    });
                }
            }
        }
    }
}

/// The refusal in an `NLMSG_ERROR` or `NLMSG_DONE`, unless it is 0, which means that all went well.
fn refusal(what: &'static str, message: Message<'_>) -> Result<(), DumpError> {
    let number = u32_at(message.payload, 0).map_or(0, u32::cast_signed);
    if number == 0 {
        return Ok(());
    }
    Err(DumpError::Refused {
        what,
        said: kernel_words(message),
        source: io::Error::from_raw_os_error(number.saturating_neg()),
    })
}

/// The kernel's own words in a refusal, cut to 200 characters.
fn kernel_words(message: Message<'_>) -> Option<String> {
    let has_attributes = message.kind == DONE || message.flags & HAS_ATTRIBUTES != 0;
    let repeated = match message.kind {
        DONE => 0,
        _ if message.flags & CAPPED != 0 => HEADER_BYTES,
        _ => usize::try_from(u32_at(message.payload, 4)?).ok()?,
    };
    let attributes = Attributes::after(message.payload, repeated.checked_add(4)?);
    let text = attributes.find(ERROR_TEXT).filter(|_| has_attributes)?;
    Some(text.text()?.chars().take(200).collect())
}

/// Folds the messages of a recorded dump into a value, by the same path as [`Conversation::ask`].
///
/// A record that is torn gives what came before the tear, and the tear as the second value.
pub fn replay<R>(
    recorded: &[u8],
    mut result: R,
    mut each: impl FnMut(&mut R, Message<'_>),
) -> (R, Option<TornMessages>) {
    for message in Messages::new(recorded) {
        match message {
            Ok(message) if message.kind > OVERRUN => each(&mut result, message),
            Ok(_) => {}
            Err(torn) => return (result, Some(torn)),
        }
    }
    (result, None)
}
