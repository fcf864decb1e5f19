//! pcapng files: sections of either byte order, packets in enhanced, simple and obsolete blocks; every other block is
//! passed over. Left to others: pcap.
//!
//! Source: draft-ietf-opsawg-pcapng.

use anyhow::bail;

use super::{LinkType, MAX_PACKET, Order, Packet, Source, packet_length};

/// The most interfaces a section may describe.
const MAX_INTERFACES: usize = 65_536;

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

/// A section: the byte order of its numbers and the interfaces it described so far.
struct Section {
    order: Order,
    interfaces: Vec<Interface>,
}

#[derive(Clone, Copy)]
struct Interface {
    link_type: LinkType,
    /// Captured bytes of a packet, 0 for no limit.
    limit: u32,
}

/// A block whose type and length were read.
struct Block {
    offset: u64,
    /// Bytes that are left of its body.
    left: u64,
    /// Its whole length, which stands at its end again.
    length: u32,
}

pub(super) fn read(file: &mut Source<'_>, take: &mut dyn FnMut(Packet)) -> anyhow::Result<()> {
    // The caller has read the type of the first block.
    let mut section = section(file, 0)?;
    loop {
        let offset = file.offset;
        let Some(kind) = file.array_or_end("block header")? else {
            return Ok(());
        };
        let kind = section.order.u32(kind);
        if kind == SECTION_HEADER {
            section = self::section(file, offset)?;
            continue;
        }
        let length = section.order.u32(file.array("block header")?);
        let mut block = Block::new(offset, length, 8)?;
        match kind {
            INTERFACE_DESCRIPTION => section.describe(file, &mut block)?,
            ENHANCED_PACKET => take(section.enhanced(file, &mut block)?),
            SIMPLE_PACKET => take(section.simple(file, &mut block)?),
            OBSOLETE_PACKET => take(section.obsolete(file, &mut block)?),
            _ => {}
        }
        block.end(file, section.order)?;
    }
}

/// The section whose header's type was read.
fn section(file: &mut Source<'_>, offset: u64) -> anyhow::Result<Section> {
    let length: [u8; 4] = file.array("section header")?;
    let order = match file.array("section header")? {
        [0x1a, 0x2b, 0x3c, 0x4d] => Order::Big,
        [0x4d, 0x3c, 0x2b, 0x1a] => Order::Little,
        other => bail!("the section header at byte {offset} has no byte order: {other:02x?}"),
    };
    let block = Block::new(offset, order.u32(length), 12)?;
    block.end(file, order)?;
    Ok(Section {
        order,
        interfaces: Vec::new(),
    })
}

impl Block {
    /// A block of which `read` bytes were read.
    fn new(offset: u64, length: u32, read: u32) -> anyhow::Result<Self> {
        match length.checked_sub(read + 4) {
            Some(left) if length.is_multiple_of(4) => Ok(Self {
                offset,
                left: left.into(),
                length,
            }),
            _ => bail!("the block at byte {offset} says {length} bytes, which cannot be"),
        }
    }

    /// The next bytes of its body.
    fn array<const N: usize>(&mut self, file: &mut Source<'_>) -> anyhow::Result<[u8; N]> {
        self.claim(N)?;
        file.array("block")
    }

    fn claim(&mut self, length: usize) -> anyhow::Result<()> {
        let offset = self.offset;
        match u64::try_from(length)
            .ok()
            .and_then(|length| self.left.checked_sub(length))
        {
            Some(left) => self.left = left,
            None => bail!("the block at byte {offset} is too short for what it says is in it"),
        }
        Ok(())
    }

    /// A packet's bytes.
    fn packet(&mut self, file: &mut Source<'_>, said: u32) -> anyhow::Result<Vec<u8>> {
        let length = packet_length(said, self.offset)?;
        self.claim(length)?;
        file.bytes(length, "packet")
    }

    /// Passes over the rest, and checks the length that ends a block.
    fn end(self, file: &mut Source<'_>, order: Order) -> anyhow::Result<()> {
        file.skip(self.left, "block")?;
        let again = order.u32(file.array("block")?);
        if again != self.length {
            let Self { offset, length, .. } = self;
            bail!(
                "the block at byte {offset} says {length} bytes at its beginning, {again} at its end"
            );
        }
        Ok(())
    }
}

impl Section {
    fn describe(&mut self, file: &mut Source<'_>, block: &mut Block) -> anyhow::Result<()> {
        if self.interfaces.len() >= MAX_INTERFACES {
            bail!(
                "the block at byte {} is one interface too many",
                block.offset
            );
        }
        let [type_0, type_1, _, _, limit @ ..] = block.array::<8>(file)?;
        self.interfaces.push(Interface {
            link_type: LinkType::from(self.order.u16([type_0, type_1])),
            limit: self.order.u32(limit),
        });
        Ok(())
    }

    fn interface(&self, number: u32, block: &Block) -> anyhow::Result<Interface> {
        match usize::try_from(number)
            .ok()
            .and_then(|number| self.interfaces.get(number))
        {
            Some(interface) => Ok(*interface),
            None => bail!(
                "the packet at byte {} is of interface {number}, which was not described",
                block.offset
            ),
        }
    }

    fn enhanced(&self, file: &mut Source<'_>, block: &mut Block) -> anyhow::Result<Packet> {
        let number = self.order.u32(block.array(file)?);
        let interface = self.interface(number, block)?;
        self.timed(file, block, interface)
    }

    /// What the enhanced and the obsolete block have behind their interface.
    fn timed(
        &self,
        file: &mut Source<'_>,
        block: &mut Block,
        interface: Interface,
    ) -> anyhow::Result<Packet> {
        let _time: [u8; 8] = block.array(file)?;
        let length = self.order.u32(block.array(file)?);
        let _original: [u8; 4] = block.array(file)?;
        let bytes = block.packet(file, length)?;
        Ok(Packet {
            offset: block.offset,
            link_type: interface.link_type,
            bytes,
        })
    }

    fn simple(&self, file: &mut Source<'_>, block: &mut Block) -> anyhow::Result<Packet> {
        let interface = self.interface(0, block)?;
        let original = self.order.u32(block.array(file)?);
        let limit = match interface.limit {
            0 => u32::try_from(MAX_PACKET).unwrap_or(u32::MAX),
            limit => limit,
        };
        let bytes = block.packet(file, original.min(limit))?;
        Ok(Packet {
            offset: block.offset,
            link_type: interface.link_type,
            bytes,
        })
    }

    fn obsolete(&self, file: &mut Source<'_>, block: &mut Block) -> anyhow::Result<Packet> {
        let [number_0, number_1, _, _] = block.array(file)?;
        let number = self.order.u16([number_0, number_1]);
        let interface = self.interface(number.into(), block)?;
        self.timed(file, block, interface)
    }
}
