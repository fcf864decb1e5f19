//! LLDP-MED Inventory, subtypes 5 to 11: one string each (ANSI/TIA-1057, 10.2.6).

use crate::reader::{Reader, bounded};
use crate::{Text, TlvError};

/// What an inventory string tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InventoryItem {
    /// Subtype 5.
    HardwareRevision,
    /// Subtype 6.
    FirmwareRevision,
    /// Subtype 7.
    SoftwareRevision,
    /// Subtype 8.
    SerialNumber,
    /// Subtype 9.
    Manufacturer,
    /// Subtype 10.
    Model,
    /// Subtype 11.
    AssetId,
}

impl InventoryItem {
    /// The subtype's number.
    pub fn subtype(self) -> u8 {
        match self {
            Self::HardwareRevision => 5,
            Self::FirmwareRevision => 6,
            Self::SoftwareRevision => 7,
            Self::SerialNumber => 8,
            Self::Manufacturer => 9,
            Self::Model => 10,
            Self::AssetId => 11,
        }
    }

    fn from_subtype(subtype: u8) -> Option<Self> {
        Some(match subtype {
            5 => Self::HardwareRevision,
            6 => Self::FirmwareRevision,
            7 => Self::SoftwareRevision,
            8 => Self::SerialNumber,
            9 => Self::Manufacturer,
            10 => Self::Model,
            11 => Self::AssetId,
            _ => return None,
        })
    }
}

/// One string of the inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Inventory<'a> {
    /// What it tells.
    pub item: InventoryItem,
    /// 0 to 32 octets.
    pub text: Text<'a>,
}

impl<'a> Inventory<'a> {
    /// `None` for a subtype that is no inventory string.
    #[inline]
    pub(super) fn decode(subtype: u8, reader: Reader<'a>) -> Result<Option<Self>, TlvError> {
        let Some(item) = InventoryItem::from_subtype(subtype) else {
            return Ok(None);
        };
        let text = Text::new(bounded(reader.rest(), 0, 32, "inventory string")?);
        Ok(Some(Self { item, text }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Med, assert_med};
    use super::*;

    #[test]
    fn each_subtype_is_one_string() {
        for subtype in 5..=11 {
            let item = InventoryItem::from_subtype(subtype).unwrap();
            assert_eq!(item.subtype(), subtype);
            let body = b"EX-4200"; // no length, no terminator
            let tlv = Inventory {
                item,
                text: "EX-4200".into(),
            };
            assert_med(subtype, body, Med::Inventory(tlv));
        }
    }

    #[test]
    fn lldp_09_an_inventory_string_has_at_most_32_octets() {
        assert!(Inventory::decode(8, Reader::new(&[b'x'; 32])).is_ok());
        assert!(Inventory::decode(8, Reader::new(&[b'x'; 33])).is_err());
    }
}
