//! The bytes of netlink: messages, attributes, and a builder of requests.
//!
//! The reader is tolerant by design: what it does not know it skips, and where bytes are missing it
//! hands over what was whole and says that the rest is torn. Left to others: what the messages mean.
//!
//! Source: kernel `include/uapi/linux/netlink.h`, `Documentation/userspace-api/netlink/intro.rst`.

mod request;
#[cfg(test)]
mod tests;

pub use request::Request;

/// Bytes of a `struct nlmsghdr`.
pub(crate) const HEADER_BYTES: usize = 16;

/// Bytes of a `struct nlattr`.
const ATTRIBUTE_HEADER_BYTES: usize = 4;

/// The bits of an attribute's type that are its number (`NLA_TYPE_MASK`).
pub(crate) const TYPE_MASK: u16 = 0x3fff;

/// Marks an attribute as a list of attributes (`NLA_F_NESTED`).
const NESTED: u16 = 0x8000;

/// One message: its header's words and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// What kind of message it is (`nlmsg_type`).
    pub kind: u16,
    /// `NLM_F_*`.
    pub flags: u16,
    /// The number of the request that it answers.
    pub sequence: u32,
    /// What follows the header.
    pub payload: &'a [u8],
}

impl Message<'_> {
    /// Adds the message's bytes to a record, with neither sequence nor port number: two records of
    /// the same state are the same. A message of 4 GiB is left out.
    pub(crate) fn write_to(&self, record: &mut Vec<u8>) {
        let Ok(length) = u32::try_from(HEADER_BYTES.saturating_add(self.payload.len())) else {
            return;
        };
        record.extend_from_slice(&length.to_ne_bytes());
        record.extend_from_slice(&self.kind.to_ne_bytes());
        record.extend_from_slice(&self.flags.to_ne_bytes());
        record.extend_from_slice(&[0; 8]);
        record.extend_from_slice(self.payload);
        record.resize(align(record.len()), 0);
    }
}

/// The messages in some bytes, one behind the other.
#[derive(Clone, Debug)]
pub struct Messages<'a> {
    bytes: &'a [u8],
    offset: usize,
}

/// Bytes that end, or become nonsense, before a message does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("torn at byte {offset}: no whole message begins there")]
pub struct TornMessages {
    /// Where the torn message begins.
    pub offset: usize,
}

impl<'a> Messages<'a> {
    /// The messages in these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// How many bytes were read.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }
}

impl<'a> Iterator for Messages<'a> {
    type Item = Result<Message<'a>, TornMessages>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.bytes.get(self.offset..)?;
        if rest.is_empty() {
            return None;
        }
        let torn = TornMessages {
            offset: self.offset,
        };
        let message = first_message(rest);
        let length = message.map_or(rest.len(), |message| {
            align(HEADER_BYTES.saturating_add(message.payload.len()))
        });
        self.offset = self.offset.saturating_add(length).min(self.bytes.len());
        Some(message.ok_or(torn))
    }
}

fn first_message(bytes: &[u8]) -> Option<Message<'_>> {
    let length = usize::try_from(u32_at(bytes, 0)?).ok()?;
    Some(Message {
        kind: u16_at(bytes, 4)?,
        flags: u16_at(bytes, 6)?,
        sequence: u32_at(bytes, 8)?,
        payload: bytes.get(HEADER_BYTES..length)?,
    })
}

/// One attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Its number, without the flags above it.
    pub kind: u16,
    /// Its bytes.
    pub value: &'a [u8],
}

impl<'a> Attribute<'a> {
    /// The number in exactly one byte.
    pub fn u8(&self) -> Option<u8> {
        <[u8; 1]>::try_from(self.value).ok().map(|[byte]| byte)
    }

    /// The number in exactly two bytes.
    pub fn u16(&self) -> Option<u16> {
        self.value.try_into().ok().map(u16::from_ne_bytes)
    }

    /// The number in exactly four bytes.
    pub fn u32(&self) -> Option<u32> {
        self.value.try_into().ok().map(u32::from_ne_bytes)
    }

    /// The text up to its first NUL, when it is UTF-8.
    pub fn text(&self) -> Option<&'a str> {
        let end = self.value.iter().position(|byte| *byte == 0);
        let bytes = self.value.get(..end.unwrap_or(self.value.len()))?;
        std::str::from_utf8(bytes).ok()
    }

    /// The attributes in it.
    pub fn nested(&self) -> Attributes<'a> {
        Attributes::new(self.value)
    }
}

/// Attributes one behind the other. Iterate by reference, then ask [`Attributes::is_torn`].
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    rest: &'a [u8],
    torn: bool,
}

impl<'a> Attributes<'a> {
    /// The attributes in these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            torn: false,
        }
    }

    /// The attributes that follow a fixed header of so many bytes.
    pub fn after(payload: &'a [u8], header_bytes: usize) -> Self {
        payload
            .get(align(header_bytes)..)
            .map_or_else(|| Self::new(&[]), Self::new)
    }

    /// Whether the bytes ended inside an attribute. What came before it stands.
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// The bytes that were not read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The first attribute of this kind.
    pub fn find(mut self, kind: u16) -> Option<Attribute<'a>> {
        Iterator::find(&mut self, |attribute| attribute.kind == kind)
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let rest = std::mem::take(&mut self.rest);
        if rest.is_empty() {
            return None;
        }
        let Some(attribute) = first_attribute(rest) else {
            self.torn = true;
            return None;
        };
        let length = align(ATTRIBUTE_HEADER_BYTES.saturating_add(attribute.value.len()));
        self.rest = rest.get(length..).unwrap_or(&[]);
        Some(attribute)
    }
}

fn first_attribute(bytes: &[u8]) -> Option<Attribute<'_>> {
    let length = usize::from(u16_at(bytes, 0)?);
    Some(Attribute {
        kind: u16_at(bytes, 2)? & TYPE_MASK,
        value: bytes.get(ATTRIBUTE_HEADER_BYTES..length)?,
    })
}

/// The next multiple of 4: messages and attributes begin at these.
fn align(length: usize) -> usize {
    length.saturating_add(3) & !3
}

/// The number in the two bytes at `offset`, in this machine's order.
pub(crate) fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    let found = bytes.get(offset..)?.first_chunk()?;
    Some(u16::from_ne_bytes(*found))
}

/// The number in the four bytes at `offset`, in this machine's order.
pub(crate) fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    let found = bytes.get(offset..)?.first_chunk()?;
    Some(u32::from_ne_bytes(*found))
}

/// `NLM_F_REQUEST`.
const REQUEST: u16 = 1;

/// `NLM_F_ACK`: the kernel answers even when all went well.
const ACKNOWLEDGE: u16 = 4;

/// `NLM_F_ROOT | NLM_F_MATCH`: everything there is.
const DUMP: u16 = 0x300;

/// `NLM_F_DUMP_INTR`: something changed while the dump ran.
pub(crate) const DUMP_INTERRUPTED: u16 = 0x10;

/// `NLM_F_MULTI`: one of several messages, the last is [`DONE`].
pub(crate) const MULTI: u16 = 2;

/// `NLMSG_NOOP`.
pub(crate) const NOOP: u16 = 1;

/// `NLMSG_ERROR`.
pub(crate) const ERROR: u16 = 2;

/// `NLMSG_DONE`.
pub(crate) const DONE: u16 = 3;

/// `NLMSG_OVERRUN`.
pub(crate) const OVERRUN: u16 = 4;
