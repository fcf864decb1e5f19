//! Requests: a message under construction. Left to others: what is asked.

use super::{ACKNOWLEDGE, ATTRIBUTE_HEADER_BYTES, DUMP, NESTED, REQUEST, align};

/// A message under construction. Its length is put right when it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    bytes: Vec<u8>,
}

impl Request {
    /// A question for one thing: this `nlmsg_type` and fixed header.
    pub fn get(kind: u16, fixed: &[u8]) -> Self {
        Self::new(kind, REQUEST, fixed)
    }

    /// A question for everything of a kind.
    pub fn dump(kind: u16, fixed: &[u8]) -> Self {
        Self::new(kind, REQUEST | DUMP, fixed)
    }

    /// A change, which the kernel says that it has made. The flags (`NLM_F_CREATE`, `NLM_F_EXCL`) are
    /// those beside the usual ones; what has no place in 16 bits is left out.
    pub fn change(kind: u16, flags: i32, fixed: &[u8]) -> Self {
        let flags = u16::try_from(flags).unwrap_or(0);
        Self::new(kind, REQUEST | ACKNOWLEDGE | flags, fixed)
    }

    fn new(kind: u16, flags: u16, fixed: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(&0_u32.to_ne_bytes()); // length: set by `encode`
        bytes.extend_from_slice(&kind.to_ne_bytes());
        bytes.extend_from_slice(&flags.to_ne_bytes());
        bytes.extend_from_slice(&0_u32.to_ne_bytes()); // sequence: set by `encode`
        bytes.extend_from_slice(&0_u32.to_ne_bytes()); // port: the kernel knows
        bytes.extend_from_slice(fixed);
        bytes.resize(align(bytes.len()), 0);
        Self { bytes }
    }

    /// Adds an attribute. One of more than 65,531 bytes gets an impossible length, which the kernel
    /// refuses.
    #[must_use]
    pub fn with(mut self, kind: u16, value: &[u8]) -> Self {
        let length = u16::try_from(ATTRIBUTE_HEADER_BYTES.saturating_add(value.len()));
        self.bytes
            .extend_from_slice(&length.unwrap_or(u16::MAX).to_ne_bytes());
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        self.bytes.extend_from_slice(value);
        self.bytes.resize(align(self.bytes.len()), 0);
        self
    }

    /// Adds an attribute that is a text, with the NUL that the kernel wants.
    #[must_use]
    pub fn with_text(self, kind: u16, text: &str) -> Self {
        let mut value = text.as_bytes().to_vec();
        value.push(0);
        self.with(kind, &value)
    }

    /// Adds an attribute that is a list of attributes: those that `fill` adds.
    #[must_use]
    pub fn with_nested(self, kind: u16, fill: impl FnOnce(Self) -> Self) -> Self {
        let inner = fill(Self { bytes: Vec::new() });
        self.with(kind | NESTED, &inner.bytes)
    }

    /// The message with this sequence number.
    pub fn encode(mut self, sequence: u32) -> Vec<u8> {
        // 4 GiB and more have no length; `u32::MAX` is refused by the kernel
        let length = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let words = length.to_ne_bytes().into_iter().enumerate();
        let numbers = sequence.to_ne_bytes().into_iter().enumerate();
        let changes = words.chain(numbers.map(|(position, byte)| (position + 8, byte)));
        for (position, byte) in changes {
            if let Some(place) = self.bytes.get_mut(position) {
                *place = byte;
            }
        }
        self.bytes
    }
}
