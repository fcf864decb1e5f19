//! Application Priority (DCBX), 802.1 subtype 12: which priority a protocol gets (IEEE 802.1Q-2018, D.2.11).

use crate::EncodeError;
use crate::TlvError;
use crate::reader::Reader;
use crate::writer::Writer;

/// The protocols and their priorities; octets that do not fill an entry are ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ApplicationPriority<'a> {
    entries: &'a [[u8; 3]],
}

/// One protocol and its priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Application {
    /// 0..=7.
    pub priority: u8,
    /// What `protocol` is: 1 an `EtherType`, 2 a TCP or SCTP port, 3 a UDP or DCCP port, 4 any of these, 5 a DSCP.
    pub selector: u8,
    /// The protocol's number.
    pub protocol: u16,
}

impl Application {
    /// The three octets of an entry; bits that do not fit are cut off.
    pub fn to_octets(self) -> [u8; 3] {
        let [high, low] = self.protocol.to_be_bytes();
        [self.priority << 5 | self.selector & 0x07, high, low]
    }
}

impl<'a> ApplicationPriority<'a> {
    /// A table of these entries, each as [`Application::to_octets`] writes it.
    pub fn new(entries: &'a [[u8; 3]]) -> Self {
        Self { entries }
    }

    #[inline]
    pub(crate) fn decode(mut reader: Reader<'a>) -> Result<Self, TlvError> {
        reader.u8("reserved octet")?;
        let (entries, _) = reader.rest().as_chunks::<3>();
        Ok(Self { entries })
    }

    pub(crate) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.u8(0)?;
        out.bytes(self.entries.as_flattened())
    }

    /// The entries, in the order of the frame.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Application> + use<'a> {
        self.entries.iter().map(|[flags, high, low]| Application {
            priority: flags >> 5,
            selector: flags & 0x07,
            protocol: u16::from_be_bytes([*high, *low]),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::super::{Ieee8021, assert_8021};
    use super::*;

    #[test]
    fn three_octets_for_each_protocol() {
        let body = [
            0x00, // reserved
            0x61, 0x89, 0x06, // priority 3, selector 1, EtherType 0x8906 (FCoE)
            0x6b, 0x12, 0xb7, // priority 3, reserved bit, selector 3, UDP port 4791 (RoCEv2)
        ];
        let entries = [[0x61, 0x89, 0x06], [0x6b, 0x12, 0xb7]];
        let tlv = ApplicationPriority::new(&entries);
        assert_8021(12, &body, Ieee8021::ApplicationPriority(tlv));
        let fcoe = Application {
            priority: 3,
            selector: 1,
            protocol: 0x8906,
        };
        let roce = Application {
            priority: 3,
            selector: 3,
            protocol: 4791,
        };
        assert_eq!(tlv.iter().collect::<Vec<_>>(), [fcoe, roce]);
        assert_eq!(fcoe.to_octets(), entries[0]);
    }

    #[test]
    fn an_entry_cut_off_is_no_entry() {
        let tlv = ApplicationPriority::decode(Reader::new(&[0, 0x61, 0x89])).unwrap();
        assert_eq!(tlv.iter().len(), 0);
    }
}
