//! pcap files: both byte orders, microseconds and nanoseconds. Left to others: pcapng.
//!
//! Source: draft-ietf-opsawg-pcap.

use anyhow::{Context as _, bail};

use super::{LinkType, Order, Packet, Source, packet_length};

/// How the numbers of a file are written; its clock does not matter here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format(Order);

impl Format {
    /// The format that a file with these first bytes has.
    pub(super) fn of(magic: [u8; 4]) -> Option<Self> {
        match magic {
            [0xa1, 0xb2, 0xc3, 0xd4] | [0xa1, 0xb2, 0x3c, 0x4d] => Some(Self(Order::Big)),
            [0xd4, 0xc3, 0xb2, 0xa1] | [0x4d, 0x3c, 0xb2, 0xa1] => Some(Self(Order::Little)),
            _ => None,
        }
    }
}

pub(super) fn read(
    file: &mut Source<'_>,
    Format(order): Format,
    take: &mut dyn FnMut(Packet),
) -> anyhow::Result<()> {
    let header: [u8; 20] = file.array("file header")?;
    let [
        major_0,
        major_1,
        minor_0,
        minor_1,
        ..,
        network_0,
        network_1,
        network_2,
        network_3,
    ] = header;
    let major = order.u16([major_0, major_1]);
    if major != 2 {
        let minor = order.u16([minor_0, minor_1]);
        bail!("the file has version {major}.{minor} of pcap, 2 is the only one that is known");
    }
    // The upper half tells of the frame check sequence, which the decoder takes for padding.
    let network = order.u32([network_0, network_1, network_2, network_3]) & 0xffff;
    let link_type = LinkType::from(u16::try_from(network).context("no link type")?);
    loop {
        let offset = file.offset;
        let Some(record) = file.array_or_end::<16>("packet header")? else {
            return Ok(());
        };
        let [_, _, _, _, _, _, _, _, length @ .., _, _, _, _] = record;
        let length = packet_length(order.u32(length), offset)?;
        let bytes = file.bytes(length, "packet")?;
        take(Packet {
            offset,
            link_type,
            bytes,
        });
    }
}
