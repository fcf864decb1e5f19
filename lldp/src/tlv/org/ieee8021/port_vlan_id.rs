//! Port VLAN ID, 802.1 subtype 1: the VLAN of untagged frames (IEEE 802.1Q-2018, D.2.1).

use crate::TlvError;
use crate::reader::{Reader, vlan_id};

/// The port's VLAN id, 0 (none, or not known) to 4094.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortVlanId {
    /// 0..=4094.
    pub vlan_id: u16,
}

impl PortVlanId {
    #[inline]
    pub(crate) fn decode(mut reader: Reader<'_>) -> Result<Self, TlvError> {
        Ok(Self {
            vlan_id: vlan_id(reader.u16("port VLAN id")?, "port VLAN id")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Ieee8021, assert_8021};
    use super::*;

    #[test]
    fn a_vlan_id_is_sixteen_bits_wide() {
        let body = [
            0x00, 0x6e, // VLAN 110
        ];
        assert_8021(1, &body, Ieee8021::PortVlanId(PortVlanId { vlan_id: 110 }));
        assert!(
            PortVlanId::decode(Reader::new(&[0x0f, 0xff])).is_err(),
            "4095 is no VLAN"
        );
    }
}
