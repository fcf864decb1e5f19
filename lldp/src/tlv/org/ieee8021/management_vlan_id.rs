//! Management VID, 802.1 subtype 6: the VLAN by which the sender is managed (IEEE 802.1Q-2018, D.2.6).

use crate::TlvError;
use crate::reader::{Reader, vlan_id};

/// The management VLAN id, 0 (none) to 4094.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ManagementVlanId {
    /// 0..=4094.
    pub vlan_id: u16,
}

impl ManagementVlanId {
    #[inline]
    pub(crate) fn decode(mut reader: Reader<'_>) -> Result<Self, TlvError> {
        Ok(Self {
            vlan_id: vlan_id(reader.u16("management VLAN id")?, "management VLAN id")?,
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
            0x0f, 0xfe, // VLAN 4094, the last one
        ];
        assert_8021(
            6,
            &body,
            Ieee8021::ManagementVlanId(ManagementVlanId { vlan_id: 4094 }),
        );
        assert!(ManagementVlanId::decode(Reader::new(&[0xff, 0xfe])).is_err());
    }
}
