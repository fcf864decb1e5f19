//! Energy-Efficient Ethernet, 802.3 subtype 5: wake times (IEEE 802.3-2018, 79.3.5).

use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// Five times in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EnergyEfficientEthernet {
    /// How long the sender waits after it woke the link, microseconds.
    pub transmit_wake_us: u16,
    /// How long it wishes its neighbour to wait, microseconds.
    pub receive_wake_us: u16,
    /// What it would also be content with, microseconds.
    pub fallback_receive_wake_us: u16,
    /// The neighbour's transmit time as the sender heard it, microseconds.
    pub echo_transmit_wake_us: u16,
    /// The neighbour's receive time as the sender heard it, microseconds.
    pub echo_receive_wake_us: u16,
}

impl EnergyEfficientEthernet {
    #[inline]
    pub(crate) fn decode(mut reader: Reader<'_>) -> Result<Self, TlvError> {
        Ok(Self {
            transmit_wake_us: reader.u16("transmit wake time")?,
            receive_wake_us: reader.u16("receive wake time")?,
            fallback_receive_wake_us: reader.u16("fallback receive wake time")?,
            echo_transmit_wake_us: reader.u16("echo transmit wake time")?,
            echo_receive_wake_us: reader.u16("echo receive wake time")?,
        })
    }

    pub(crate) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.u16(self.transmit_wake_us)?;
        out.u16(self.receive_wake_us)?;
        out.u16(self.fallback_receive_wake_us)?;
        out.u16(self.echo_transmit_wake_us)?;
        out.u16(self.echo_receive_wake_us)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Ieee8023, assert_8023};
    use super::*;

    #[test]
    fn five_times_in_order() {
        let body = [
            0x00, 0x11, // transmit 17 us
            0x00, 0x12, // receive 18 us
            0x00, 0x13, // fallback 19 us
            0x00, 0x14, // echo transmit 20 us
            0x00, 0x15, // echo receive 21 us
        ];
        let tlv = EnergyEfficientEthernet {
            transmit_wake_us: 17,
            receive_wake_us: 18,
            fallback_receive_wake_us: 19,
            echo_transmit_wake_us: 20,
            echo_receive_wake_us: 21,
        };
        assert_8023(5, &body, Ieee8023::EnergyEfficientEthernet(tlv));
    }
}
