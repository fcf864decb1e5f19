//! Changes: links made, moved, renamed, set and deleted; VFs told; addresses and routes given.
//!
//! One socket for one namespace, one message for one change, and no change is done until the kernel
//! has said so. A change is never asked for twice: when the answer is lost, the error says that
//! nobody knows ([`ChangeError::Unanswered`]) and the caller looks. Left to others: which changes, in
//! which order, and what undoes them.

mod address;
mod alt_name;
mod error;
mod facts;
mod link;
mod new_link;
mod route;
mod scope;
mod sent;
#[cfg(test)]
mod tests;
mod vf;
mod watch;

use std::time::Instant;

use super::dump::{Conversation, DumpError};
use super::socket::{Protocol, Socket};
use super::wire::{Message, Request};

pub use address::{AssignedAddress, Detection, Lifetime, NewAddress};
pub use error::ChangeError;
pub use facts::{AddressGeneration, LinkFacts, Lower};
pub use link::{By, LinkChange, Switch};
pub use new_link::{IpvlanFlag, IpvlanMode, LinkKind, MacvlanMode, NewLink, VlanProtocol};
pub use route::Route;
pub use scope::Scope;
pub use sent::Sent;
pub use vf::{VfChange, VfRates, VfVlan};
pub use watch::Watch;

/// A socket for questions and changes in one network namespace, with a record of what was sent.
#[derive(Debug)]
pub struct RouteSocket {
    conversation: Conversation<Socket>,
    sent: Vec<Sent>,
}

impl RouteSocket {
    /// Opens it in the calling thread's network namespace, where it stays.
    ///
    /// # Errors
    /// [`ChangeError::Open`].
    pub fn open() -> Result<Self, ChangeError> {
        let socket = Socket::open(Protocol::Route);
        let socket = socket.map_err(|source| ChangeError::Open { source })?;
        Ok(Self {
            conversation: Conversation::new(socket),
            sent: Vec::new(),
        })
    }

    /// All that was asked and changed so far, in order.
    pub fn sent(&self) -> &[Sent] {
        &self.sent
    }

    /// All that was asked and changed since the last call.
    pub fn take_sent(&mut self) -> Vec<Sent> {
        std::mem::take(&mut self.sent)
    }

    /// Makes one change, and waits for the kernel's word that it is done.
    fn change(&mut self, what: String, request: &Request) -> Result<(), ChangeError> {
        let began = Instant::now();
        let answer = self.conversation.change(request);
        self.record(what, began, answer)
    }

    /// Asks, and folds the answer into one value.
    fn ask<R>(
        &mut self,
        what: String,
        request: &Request,
        fresh: impl Fn() -> R,
        each: impl FnMut(&mut R, Message<'_>),
    ) -> Result<R, ChangeError> {
        let began = Instant::now();
        let answer = self.conversation.ask(TOPIC, request, fresh, each);
        self.record(what, began, answer)
    }

    fn record<R>(
        &mut self,
        what: String,
        began: Instant,
        answer: Result<R, DumpError>,
    ) -> Result<R, ChangeError> {
        let took = began.elapsed();
        let answer = answer.map_err(|error| ChangeError::of(&what, error));
        let errno = answer.as_ref().err().and_then(ChangeError::errno);
        self.sent.push(Sent { what, took, errno });
        answer
    }
}

/// What an answer that was lost was about; the error around it says more.
const TOPIC: &str = "what it was asked";
