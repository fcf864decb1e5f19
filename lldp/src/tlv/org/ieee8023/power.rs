//! Power Via MDI, 802.3 subtype 2, in its three lengths: 802.3af, 802.3at, 802.3bt
//! (IEEE 802.3-2018, 79.3.2; 802.3bt-2018).
//!
//! It leaves the meaning of the single bits of the `bt` part to its readers.

use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// Power over the cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Power {
    /// Bit 0: the port supplies (PSE), bit 1: power can be had, bit 2: it is on, bit 3: pairs can be chosen.
    pub support: u8,
    /// `pethPsePortPowerPairs` (RFC 3621): 1 signal, 2 spare.
    pub pairs: u8,
    /// `pethPsePortPowerClassifications` (RFC 3621): class + 1.
    pub class: u8,
    /// What 802.3at appended, where it is there.
    pub allocation: Option<PowerAllocation>,
    /// What 802.3bt appended, where it is there.
    pub bt: Option<PowerBt>,
}

/// What 802.3at appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PowerAllocation {
    /// Type (bits 7 and 6), source (5 and 4), PD 4PID (2), priority (1 and 0).
    pub type_source_priority: u8,
    /// What the device asks for, in tenths of a watt.
    pub requested_deciwatts: u16,
    /// What the supply allots, in tenths of a watt.
    pub allocated_deciwatts: u16,
}

/// What 802.3bt appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PowerBt {
    /// What a dual-signature device asks for in mode A and mode B, in tenths of a watt.
    pub requested_deciwatts: [u16; 2],
    /// What the supply allots in alternative A and B, in tenths of a watt.
    pub allocated_deciwatts: [u16; 2],
    /// Status bits.
    pub status: u16,
    /// System setup bits.
    pub setup: u8,
    /// The most the supply could give, in tenths of a watt.
    pub available_deciwatts: u16,
    /// Autoclass bits.
    pub autoclass: u8,
    /// Power-down request and time.
    pub power_down: [u8; 3],
}

impl Power {
    #[inline]
    pub(crate) fn decode(mut reader: Reader<'_>) -> Result<Self, TlvError> {
        Ok(Self {
            support: reader.u8("MDI power support")?,
            pairs: reader.u8("PSE power pair")?,
            class: reader.u8("power class")?,
            allocation: PowerAllocation::decode(&mut reader)?,
            bt: PowerBt::decode(&mut reader)?,
        })
    }

    pub(crate) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.bytes(&[self.support, self.pairs, self.class])?;
        if let Some(part) = &self.allocation {
            out.u8(part.type_source_priority)?;
            out.u16(part.requested_deciwatts)?;
            out.u16(part.allocated_deciwatts)?;
        }
        if let Some(part) = &self.bt {
            for value in part
                .requested_deciwatts
                .iter()
                .chain(&part.allocated_deciwatts)
            {
                out.u16(*value)?;
            }
            out.u16(part.status)?;
            out.u8(part.setup)?;
            out.u16(part.available_deciwatts)?;
            out.u8(part.autoclass)?;
            out.bytes(&part.power_down)?;
        }
        Ok(())
    }
}

impl PowerAllocation {
    fn decode(reader: &mut Reader<'_>) -> Result<Option<Self>, TlvError> {
        if reader.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            type_source_priority: reader.u8("power type, source and priority")?,
            requested_deciwatts: reader.u16("requested power")?,
            allocated_deciwatts: reader.u16("allocated power")?,
        }))
    }
}

impl PowerBt {
    fn decode(reader: &mut Reader<'_>) -> Result<Option<Self>, TlvError> {
        if reader.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self {
            requested_deciwatts: [
                reader.u16("requested power, mode A")?,
                reader.u16("requested power, mode B")?,
            ],
            allocated_deciwatts: [
                reader.u16("allocated power, alternative A")?,
                reader.u16("allocated power, alternative B")?,
            ],
            status: reader.u16("power status")?,
            setup: reader.u8("system setup")?,
            available_deciwatts: reader.u16("available power")?,
            autoclass: reader.u8("autoclass")?,
            power_down: reader.array("power down")?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Ieee8023, assert_8023};
    use super::*;

    const BT: &[u8] = &[
        0x0f, // PSE, supported, on, pairs can be chosen
        0x01, // signal pairs
        0x05, // class 4
        0x10, // type 2 PSE, primary source, priority unknown
        0x00, 0xff, // 25.5 W requested
        0x00, 0xfa, // 25.0 W allotted
        0x00, 0x01, 0x00, 0x02, // requested in modes A, B
        0x00, 0x03, 0x00, 0x04, // allotted in alternatives A, B
        0x12, 0x34, // status
        0x05, // setup
        0x03, 0x84, // 90.0 W available
        0x01, // autoclass
        0x00, 0x00, 0x07, // power down
    ];

    fn bt() -> Power {
        Power {
            support: 0x0f,
            pairs: 1,
            class: 5,
            allocation: Some(PowerAllocation {
                type_source_priority: 0x10,
                requested_deciwatts: 255,
                allocated_deciwatts: 250,
            }),
            bt: Some(PowerBt {
                requested_deciwatts: [1, 2],
                allocated_deciwatts: [3, 4],
                status: 0x1234,
                setup: 5,
                available_deciwatts: 900,
                autoclass: 1,
                power_down: [0, 0, 7],
            }),
        }
    }

    #[test]
    fn each_generation_appends_its_fields() {
        assert_8023(2, BT, Ieee8023::Power(bt()));
        let at = Power { bt: None, ..bt() };
        assert_8023(2, &BT[..8], Ieee8023::Power(at));
        let af = Power {
            allocation: None,
            ..at
        };
        assert_8023(2, &BT[..3], Ieee8023::Power(af));
    }

    #[test]
    fn a_generation_that_is_cut_off_is_an_error() {
        for end in [0, 1, 2, 4, 7, 9, 24] {
            assert!(
                Power::decode(Reader::new(&BT[..end])).is_err(),
                "{end} octets"
            );
        }
    }

    #[test]
    fn the_third_generation_needs_the_second() {
        let torn = Power {
            allocation: None,
            ..bt()
        };
        let mut buffer = [0; 64];
        let mut out = Writer::new(&mut buffer);
        torn.encode(&mut out).unwrap();
        assert_ne!(Power::decode(Reader::new(out.finish())), Ok(torn));
    }
}
