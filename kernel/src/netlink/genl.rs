//! Generic netlink: families by name, and the small header of their messages.
//!
//! All families are asked for at once: to ask for one by name makes the kernel look for a module of
//! that name, which starts a process for each one that is not there. Left to others: what a family
//! says.
//!
//! Source: kernel `include/uapi/linux/genetlink.h`, `ctrl_getfamily` in `net/netlink/genetlink.c`.

use std::collections::BTreeMap;

use super::dump::{Conversation, DumpError, Transport};
use super::wire::{Attributes, Message, Request};

/// Bytes of a `struct genlmsghdr`.
const HEADER_BYTES: usize = 4;

/// `GENL_ID_CTRL`: the family that knows the others.
const CONTROLLER: u16 = 0x10;

/// `CTRL_CMD_GETFAMILY`.
const GET_FAMILY: u8 = 3;

/// `CTRL_ATTR_FAMILY_ID`.
const FAMILY_ID: u16 = 1;

/// `CTRL_ATTR_FAMILY_NAME`.
const FAMILY_NAME: u16 = 2;

/// The numbers of the families that the kernel has, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Families(BTreeMap<Box<str>, u16>);

impl Families {
    /// The family's number, or `None` when the kernel has no such family.
    pub fn number(&self, name: &str) -> Option<u16> {
        self.0.get(name).copied()
    }

    fn take(&mut self, message: Message<'_>) {
        let attributes = attributes(message);
        let number = attributes.clone().find(FAMILY_ID);
        let name = attributes.find(FAMILY_NAME);
        let family = number.and_then(|number| number.u16());
        if let (Some(number), Some(name)) = (family, name.and_then(|name| name.text())) {
            self.0.insert(name.into(), number);
        }
    }
}

/// Asks for all families.
///
/// # Errors
/// [`DumpError`].
pub fn families<T: Transport>(conversation: &mut Conversation<T>) -> Result<Families, DumpError> {
    let request = dump_request(CONTROLLER, GET_FAMILY);
    let what = "generic families";
    conversation.ask(what, &request, Families::default, Families::take)
}

/// The question for everything that this command of a family tells.
pub(super) fn dump_request(family: u16, command: u8) -> Request {
    Request::dump(family, &[command, 1, 0, 0])
}

/// The question for one thing.
pub(super) fn get_request(family: u16, command: u8) -> Request {
    Request::get(family, &[command, 1, 0, 0])
}

/// The attributes of a message of any family.
pub(super) fn attributes(message: Message<'_>) -> Attributes<'_> {
    Attributes::after(message.payload, HEADER_BYTES)
}
