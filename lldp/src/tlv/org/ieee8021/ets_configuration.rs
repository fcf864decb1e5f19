//! ETS Configuration (DCBX), 802.1 subtype 9: how bandwidth is shared now (IEEE 802.1Q-2018, D.2.8).
//!
//! What the sender wishes its neighbour to use is `ets_recommendation.rs`.

use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// The three tables that both ETS TLVs share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct EtsTable {
    /// Traffic class of each priority, 0..=15 (four bits).
    pub class_of_priority: [u8; 8],
    /// Share of each traffic class in percent; the sender may err and not add up to 100.
    pub bandwidth_percent: [u8; 8],
    /// Selection algorithm of each traffic class: 0 strict, 1 credit-based shaper, 2 ETS, 255 vendor.
    pub algorithm: [u8; 8],
}

impl EtsTable {
    #[inline]
    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, TlvError> {
        let [a, b, c, d] = reader.array::<4>("priority assignment table")?;
        Ok(Self {
            class_of_priority: [
                a >> 4,
                a & 0x0f,
                b >> 4,
                b & 0x0f,
                c >> 4,
                c & 0x0f,
                d >> 4,
                d & 0x0f,
            ],
            bandwidth_percent: reader.array("bandwidth table")?,
            algorithm: reader.array("algorithm table")?,
        })
    }

    pub(super) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        let (pairs, _) = self.class_of_priority.as_chunks::<2>();
        for [high, low] in pairs {
            out.u8(high << 4 | low & 0x0f)?;
        }
        out.bytes(&self.bandwidth_percent)?;
        out.bytes(&self.algorithm)
    }
}

/// How the sender's port shares bandwidth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EtsConfiguration {
    /// Whether the sender takes its neighbour's recommendation.
    pub willing: bool,
    /// Whether it can do credit-based shaping.
    pub credit_based_shaper: bool,
    /// Traffic classes it can have, 1..=8.
    pub max_traffic_classes: u8,
    /// What is in use.
    pub table: EtsTable,
}

impl EtsConfiguration {
    #[inline]
    pub(crate) fn decode(mut reader: Reader<'_>) -> Result<Self, TlvError> {
        let flags = reader.u8("ETS flags")?;
        let classes = flags & 0x07;
        Ok(Self {
            willing: flags & 0x80 != 0,
            credit_based_shaper: flags & 0x40 != 0,
            max_traffic_classes: if classes == 0 { 8 } else { classes },
            table: EtsTable::decode(&mut reader)?,
        })
    }

    pub(crate) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        let willing = u8::from(self.willing) << 7;
        let shaper = u8::from(self.credit_based_shaper) << 6;
        out.u8(willing | shaper | self.max_traffic_classes & 0x07)?;
        self.table.encode(out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Ieee8021, assert_8021};
    use super::*;

    #[test]
    fn flags_precede_three_tables() {
        let body = [
            0xc0, // willing, credit-based shaper, 8 classes (written 0)
            0x00, 0x01, 0x20, 0x00, // priority 3 to class 1, priority 4 to class 2
            50, 30, 20, 0, 0, 0, 0, 0, // percent of each class
            2, 2, 0, 0, 0, 0, 0, 255, // ETS, ETS, strict .., vendor
        ];
        let tlv = EtsConfiguration {
            willing: true,
            credit_based_shaper: true,
            max_traffic_classes: 8,
            table: EtsTable {
                class_of_priority: [0, 0, 0, 1, 2, 0, 0, 0],
                bandwidth_percent: [50, 30, 20, 0, 0, 0, 0, 0],
                algorithm: [2, 2, 0, 0, 0, 0, 0, 255],
            },
        };
        assert_8021(9, &body, Ieee8021::EtsConfiguration(tlv));
    }
}
