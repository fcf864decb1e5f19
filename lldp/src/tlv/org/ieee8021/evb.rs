//! Edge Virtual Bridging, 802.1 subtype 13 (IEEE 802.1Q-2018, D.2.12).
//!
//! It leaves the protocols that EVB negotiates (VDP, ECP) to others.

use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// What the sender offers and uses between a bridge and a station with virtual ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Evb {
    /// The bridge's status octet: bit 0 reflective relay can be had, bit 1 reflective relay is on.
    pub bridge_status: u8,
    /// The station's status octet: bit 0 reflective relay is wanted, bits 1 and 2 its status.
    pub station_status: u8,
    /// Largest number of ECP retries, 0..=7 (three bits).
    pub max_retries: u8,
    /// Exponent of the ECP retransmission time, 0..=31.
    pub retransmission_exponent: u8,
    /// What the sender is: 0 not EVB, 1 bridge, 2 station, 3 NVE (two bits).
    pub mode: u8,
    /// Whether the resource wait delay is of the remote (otherwise the local) side.
    pub resource_wait_remote: bool,
    /// Exponent of the resource wait delay, 0..=31.
    pub resource_wait_exponent: u8,
    /// Whether the keep-alive is of the remote (otherwise the local) side.
    pub keep_alive_remote: bool,
    /// Exponent of the VDP keep-alive, 0..=31.
    pub keep_alive_exponent: u8,
}

impl Evb {
    #[inline]
    pub(crate) fn decode(mut reader: Reader<'_>) -> Result<Self, TlvError> {
        let [bridge_status, station_status, retries, wait, keep] = reader.array::<5>("EVB body")?;
        Ok(Self {
            bridge_status,
            station_status,
            max_retries: retries >> 5,
            retransmission_exponent: retries & 0x1f,
            mode: wait >> 6,
            resource_wait_remote: wait & 0x20 != 0,
            resource_wait_exponent: wait & 0x1f,
            keep_alive_remote: keep & 0x20 != 0,
            keep_alive_exponent: keep & 0x1f,
        })
    }

    pub(crate) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        let wait_remote = u8::from(self.resource_wait_remote) << 5;
        let keep_remote = u8::from(self.keep_alive_remote) << 5;
        out.bytes(&[
            self.bridge_status,
            self.station_status,
            self.max_retries << 5 | self.retransmission_exponent & 0x1f,
            self.mode << 6 | wait_remote | self.resource_wait_exponent & 0x1f,
            keep_remote | self.keep_alive_exponent & 0x1f,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Ieee8021, assert_8021};
    use super::*;

    #[test]
    fn five_octets_hold_nine_fields() {
        let body = [
            0x01, // bridge: reflective relay can be had
            0x00, // station: nothing
            0x6e, // 3 retries, retransmission exponent 14
            0x74, // mode 1 (bridge), remote, resource wait exponent 20
            0x14, // local, keep-alive exponent 20
        ];
        let tlv = Evb {
            bridge_status: 1,
            station_status: 0,
            max_retries: 3,
            retransmission_exponent: 14,
            mode: 1,
            resource_wait_remote: true,
            resource_wait_exponent: 20,
            keep_alive_remote: false,
            keep_alive_exponent: 20,
        };
        assert_8021(13, &body, Ieee8021::Evb(tlv));
    }
}
