//! ETS Recommendation (DCBX), 802.1 subtype 10: what the sender wishes its neighbour to use
//! (IEEE 802.1Q-2018, D.2.9).

use super::EtsTable;
use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// The recommended tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EtsRecommendation {
    /// What the neighbour should use, if it is willing.
    pub table: EtsTable,
}

impl EtsRecommendation {
    #[inline]
    pub(crate) fn decode(mut reader: Reader<'_>) -> Result<Self, TlvError> {
        reader.u8("reserved octet")?;
        Ok(Self {
            table: EtsTable::decode(&mut reader)?,
        })
    }

    pub(crate) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.u8(0)?;
        self.table.encode(out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Ieee8021, assert_8021};
    use super::*;

    #[test]
    fn a_reserved_octet_precedes_three_tables() {
        let body = [
            0x00, // reserved
            0x01, 0x23, 0x45, 0x67, // priority n to class n
            10, 20, 30, 40, 0, 0, 0, 0, // percent of each class
            2, 2, 2, 2, 0, 0, 0, 0, // ETS for the first four
        ];
        let table = EtsTable {
            class_of_priority: [0, 1, 2, 3, 4, 5, 6, 7],
            bandwidth_percent: [10, 20, 30, 40, 0, 0, 0, 0],
            algorithm: [2, 2, 2, 2, 0, 0, 0, 0],
        };
        assert_8021(
            10,
            &body,
            Ieee8021::EtsRecommendation(EtsRecommendation { table }),
        );
    }
}
