//! DCBX before IEEE took it over (CEE), OUI 00-1B-21, subtype 2: lossless priorities and priority groups
//! (DCB Capability Exchange Protocol, base specification 1.01).
//!
//! It leaves the protocol (sequence numbers, who is willing) to others. Subtype 1, older still, stays raw.

use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// The subtype that this file knows.
pub(super) const SUBTYPE: u8 = 2;

/// Features, each a TLV within the TLV.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CeeDcbx<'a> {
    features: &'a [u8],
}

/// One TLV within the TLV.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CeeFeature<'a> {
    /// 1 control, 2 priority groups, 3 priority flow control, 4 applications; seven bits.
    pub kind: u8,
    /// At most 511 octets.
    pub value: &'a [u8],
}

/// On which priorities the port pauses instead of dropping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CeeFlowControl {
    /// Whether the feature is on.
    pub enabled: bool,
    /// Whether the sender takes its neighbour's setting.
    pub willing: bool,
    /// Whether the two sides do not fit.
    pub error: bool,
    /// Bit n: lossless on priority n.
    pub priorities: u8,
    /// On how many traffic classes at once it can be had.
    pub traffic_classes: u8,
}

impl<'a> CeeDcbx<'a> {
    /// Features that are already in their wire form, one after the other.
    ///
    /// # Errors
    /// [`TlvError`] when one is cut off.
    pub fn new(features: &'a [u8]) -> Result<Self, TlvError> {
        let mut reader = Reader::new(features);
        while !reader.is_empty() {
            feature(&mut reader)?;
        }
        Ok(Self { features })
    }

    pub(super) fn decode(reader: Reader<'a>) -> Result<Self, TlvError> {
        Self::new(reader.rest())
    }

    pub(super) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.bytes(self.features)
    }

    /// The features, in the order of the frame.
    pub fn iter(&self) -> impl Iterator<Item = CeeFeature<'a>> + use<'a> {
        let mut reader = Reader::new(self.features);
        // checked when the value was made: only the end is no feature
        core::iter::from_fn(move || feature(&mut reader).ok())
    }

    /// The priority flow control feature; `None` where it is not there or too short.
    pub fn flow_control(&self) -> Option<CeeFlowControl> {
        let feature = self.iter().find(|feature| feature.kind == 3)?;
        let (header, _) = feature.value.split_first_chunk::<6>()?;
        let [_, _, flags, _, priorities, traffic_classes] = *header;
        Some(CeeFlowControl {
            enabled: flags & 0x80 != 0,
            willing: flags & 0x40 != 0,
            error: flags & 0x20 != 0,
            priorities,
            traffic_classes,
        })
    }
}

fn feature<'a>(reader: &mut Reader<'a>) -> Result<CeeFeature<'a>, TlvError> {
    let header = reader.u16("DCBX feature header")?;
    let [first, _] = header.to_be_bytes();
    let value = reader.take(usize::from(header & 0x01ff), "DCBX feature")?;
    Ok(CeeFeature {
        kind: first >> 1,
        value,
    })
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::tlv::{Organizational, RawTlv, Tlv, assert_wire};

    const VALUE: &[u8] = &[
        0x00, 0x1b, 0x21, // OUI of Intel
        0x02, // subtype 2, CEE
        0x02, 0x0a, // feature 1 (control), length 10
        0x00, 0x00, // versions
        0x00, 0x00, 0x00, 0x01, // sequence number 1
        0x00, 0x00, 0x00, 0x01, // acknowledged 1
        0x06, 0x06, // feature 3 (flow control), length 6
        0x00, 0x00, // versions
        0xc0, // on, willing
        0x00, // sub-type
        0x08, // priority 3
        0x08, // 8 traffic classes
    ];

    #[test]
    fn features_are_tlvs_within_the_tlv() {
        let tlv = CeeDcbx::new(&VALUE[4..]).unwrap();
        let kinds: Vec<_> = tlv.iter().map(|one| (one.kind, one.value.len())).collect();
        assert_eq!(kinds, [(1, 10), (3, 6)]);
        let expected = CeeFlowControl {
            enabled: true,
            willing: true,
            error: false,
            priorities: 0x08,
            traffic_classes: 8,
        };
        assert_eq!(tlv.flow_control(), Some(expected));
        assert_wire(
            127,
            VALUE,
            &Tlv::Organizational(Organizational::CeeDcbx(tlv)),
        );
    }

    #[test]
    fn lldp_08_a_feature_may_not_leave_the_tlv() {
        for end in [5, 6, 15, 17, 23] {
            let raw = RawTlv {
                kind: 127,
                value: &VALUE[..end],
            };
            assert!(Tlv::decode(raw).is_err(), "{end} octets");
        }
        let short = CeeDcbx::new(&[0x06, 0x01, 0x00]).unwrap();
        assert_eq!(short.flow_control(), None);
    }
}
