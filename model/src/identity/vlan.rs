//! VLAN identifiers. Left to others: which VLAN a port is in.

use std::fmt;
use std::str::FromStr;

/// An IEEE 802.1Q VLAN identifier, 1 to 4094.
///
/// 0 (priority tag only) and 4095 (reserved) are no VLANs. Source: IEEE 802.1Q-2018, table 9-2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VlanId(u16);

/// A number or text that is no VLAN identifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no VLAN identifier (1 to 4094)")]
pub struct InvalidVlanId {
    text: String,
}

impl VlanId {
    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for VlanId {
    type Error = InvalidVlanId;

    fn try_from(number: u16) -> Result<Self, InvalidVlanId> {
        if (1..=4094).contains(&number) {
            Ok(Self(number))
        } else {
            Err(InvalidVlanId {
                text: number.to_string(),
            })
        }
    }
}

impl FromStr for VlanId {
    type Err = InvalidVlanId;

    fn from_str(text: &str) -> Result<Self, InvalidVlanId> {
        let refused = || InvalidVlanId {
            text: text.chars().take(64).collect(),
        };
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refused());
        }
        text.parse::<u16>()
            .ok()
            .and_then(|number| Self::try_from(number).ok())
            .ok_or_else(refused)
    }
}

impl fmt::Display for VlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl serde::Serialize for VlanId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.0)
    }
}

impl<'de> serde::Deserialize<'de> for VlanId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = <u16 as serde::Deserialize>::deserialize(deserializer)?;
        Self::try_from(number).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_reserved_numbers_are_no_vlans() {
        for number in [0, 4095, 4096, u16::MAX] {
            assert!(VlanId::try_from(number).is_err());
        }
        assert!("+5".parse::<VlanId>().is_err());
    }

    proptest! {
        #[test]
        fn what_is_shown_parses_back(number in 1u16..=4094) {
            let vlan = VlanId::try_from(number).unwrap();
            prop_assert_eq!(vlan.to_string().parse::<VlanId>(), Ok(vlan));
        }
    }
}
