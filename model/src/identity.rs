//! The words everything else is said in: small values, each parsed once, at the edge, by one door.
//!
//! A value that exists is valid; its `Display` parses back to itself and serde goes by the same
//! door. Left to others: where the text comes from.

mod device_id;
mod if_name;
mod mac;
mod network_name;
mod numa;
mod pci;
mod symbol;
mod vlan;

pub use device_id::{DeviceId, InvalidDeviceId, PciClass};
pub use if_name::{IfIndex, IfName, InvalidIfName};
pub use mac::{InvalidMacAddr, LinkAddress, MacAddr};
pub use network_name::{InvalidNetworkName, NetworkName};
pub use numa::NumaNode;
pub use pci::{InvalidPciAddress, PciAddress};
pub use symbol::Symbol;
pub use vlan::{InvalidVlanId, VlanId};

/// Gives a type serde by the door of its `FromStr` and `Display`; who uses it depends on `serde`.
#[macro_export]
macro_rules! serde_by_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text =
                    <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use serde_by_text;
