//! Captures: the packets of a pcap or pcapng file, in order, as long as the file is whole.
//!
//! Both readers stream, hold one packet at a time and believe no length: a size beyond [`MAX_PACKET`] is an error, as
//! is a file that ends within a record, each with the byte offset. What was read before is delivered. Left to
//! others: what is in the packets.

mod pcap;
mod pcapng;

use std::io::{self, Read};

use anyhow::{Context as _, bail};

/// The largest packet that is read, in bytes; libpcap's own limit.
const MAX_PACKET: usize = 262_144;

/// What stands at the beginning of a packet (the registry of link types of tcpdump.org).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkType {
    /// An Ethernet frame.
    Ethernet,
    /// Linux "cooked" header of 16 bytes, as of `tcpdump -i any`.
    LinuxSll,
    /// Linux "cooked" header of 20 bytes.
    LinuxSll2,
    /// Anything else.
    Other(u16),
}

impl From<u16> for LinkType {
    fn from(number: u16) -> Self {
        match number {
            1 => Self::Ethernet,
            113 => Self::LinuxSll,
            276 => Self::LinuxSll2,
            other => Self::Other(other),
        }
    }
}

/// A captured packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    /// Where its record begins in the file.
    pub(crate) offset: u64,
    /// What it begins with.
    pub(crate) link_type: LinkType,
    /// Its bytes, as many as were captured.
    pub(crate) bytes: Vec<u8>,
}

/// Gives every packet to `take`, in order.
///
/// # Errors
/// When the file is neither pcap nor pcapng, is torn or unreadable; the offset is in the error. What `take` was
/// given before stands.
pub(crate) fn read(file: &mut dyn Read, take: &mut dyn FnMut(Packet)) -> anyhow::Result<()> {
    let mut file = Source { file, offset: 0 };
    let magic: [u8; 4] = file.array("file header")?;
    match magic {
        [0x0a, 0x0d, 0x0d, 0x0a] => pcapng::read(&mut file, take),
        _ => match pcap::Format::of(magic) {
            Some(format) => pcap::read(&mut file, format, take),
            None => bail!("neither pcap nor pcapng: the file begins with {magic:02x?}"),
        },
    }
}

/// The byte order of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }
}

/// A file that knows how far it was read.
struct Source<'a> {
    file: &'a mut dyn Read,
    offset: u64,
}

impl Source<'_> {
    /// The next bytes, or `None` where the file ends before the first of them.
    fn array_or_end<const N: usize>(&mut self, what: &str) -> anyhow::Result<Option<[u8; N]>> {
        let mut bytes = [0; N];
        match self.fill(&mut bytes)? {
            0 => Ok(None),
            filled if filled == N => Ok(Some(bytes)),
            _ => bail!("the file ends at byte {} within a {what}", self.offset),
        }
    }

    /// The next bytes.
    fn array<const N: usize>(&mut self, what: &str) -> anyhow::Result<[u8; N]> {
        match self.array_or_end(what)? {
            Some(bytes) => Ok(bytes),
            None => bail!("the file ends at byte {} before a {what}", self.offset),
        }
    }

    /// The next `length` bytes, which were checked against [`MAX_PACKET`].
    fn bytes(&mut self, length: usize, what: &str) -> anyhow::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        if self.fill(&mut bytes)? < length {
            bail!("the file ends at byte {} within a {what}", self.offset);
        }
        Ok(bytes)
    }

    /// Passes over bytes without holding them.
    fn skip(&mut self, mut length: u64, what: &str) -> anyhow::Result<()> {
        let mut waste = [0; 4096];
        while length > 0 {
            let step = usize::try_from(length)
                .unwrap_or(waste.len())
                .min(waste.len());
            let part = waste.get_mut(..step).unwrap_or_default();
            if self.fill(part)? < step {
                bail!("the file ends at byte {} within a {what}", self.offset);
            }
            length = length.saturating_sub(u64::try_from(step).unwrap_or(length));
        }
        Ok(())
    }

    /// Fills the buffer as far as the file goes.
    fn fill(&mut self, buffer: &mut [u8]) -> anyhow::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.file.read(rest) {
                Ok(0) => break,
                Ok(read) => {
                    filled += read;
                    self.offset += u64::try_from(read).unwrap_or_default();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("cannot read at byte {}", self.offset));
                }
            }
        }
        Ok(filled)
    }
}

/// A packet's length as the file says it, believed where it is at most [`MAX_PACKET`].
fn packet_length(said: u32, offset: u64) -> anyhow::Result<usize> {
    match usize::try_from(said) {
        Ok(length) if length <= MAX_PACKET => Ok(length),
        _ => bail!("the record at byte {offset} says {said} bytes, more than {MAX_PACKET}"),
    }
}

#[cfg(test)]
mod tests;
