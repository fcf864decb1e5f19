//! What names a device of a pool for good. Left to others: what it is and whether it is there.

use std::fmt;
use std::str::FromStr;

use crate::inventory::UplinkId;
use crate::{NetworkName, PciAddress};

/// What names a device in the whole plan; the same over restarts and reboots.
///
/// As text `0000:3b:02.0`, `eth1`, `0000:3b:00.0/green/7`. In order: functions and netdevs, then
/// shares.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PoolDeviceId {
    /// A PF or VF, by its PCI address, or an uplink without one, by its netdev's name.
    Whole(UplinkId),
    /// One of the children that a network may make of an uplink.
    Share {
        /// The uplink.
        uplink: UplinkId,
        /// The network: two may share one uplink, and each counts for itself.
        network: NetworkName,
        /// Which of them, from 0.
        number: u16,
    },
}

/// A text that names no device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} names no device (such as 0000:3b:02.0, eth1 or 0000:3b:00.0/green/7)")]
pub struct InvalidPoolDeviceId {
    text: String,
}

impl PoolDeviceId {
    /// A function.
    pub const fn function(address: PciAddress) -> Self {
        Self::Whole(UplinkId::Function(address))
    }

    /// The text that tells it from the others of its network: `0000:3b:00.0/7` for a share.
    ///
    /// At most 22 bytes; the kubelet takes 63 (DP-12), and the whole text with a long network's name
    /// is longer.
    pub fn in_network(&self) -> String {
        match self {
            Self::Whole(id) => id.to_string(),
            Self::Share { uplink, number, .. } => format!("{uplink}/{number}"),
        }
    }
}

impl fmt::Display for PoolDeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(id) => id.fmt(f),
            Self::Share {
                uplink,
                network,
                number,
            } => write!(f, "{uplink}/{network}/{number}"),
        }
    }
}

impl FromStr for PoolDeviceId {
    type Err = InvalidPoolDeviceId;

    fn from_str(text: &str) -> Result<Self, InvalidPoolDeviceId> {
        let parsed = || {
            let Some((uplink, share)) = text.split_once('/') else {
                return text.parse().ok().map(Self::Whole);
            };
            let (network, number) = share.split_once('/')?;
            let id = Self::Share {
                uplink: uplink.parse().ok()?,
                network: network.parse().ok()?,
                number: number.parse().ok()?,
            };
            // `+7` and `07` would be second spellings of `7`
            (id.to_string() == text).then_some(id)
        };
        parsed().ok_or_else(|| InvalidPoolDeviceId {
            text: text.chars().take(96).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_names_no_device_is_refused() {
        for text in [
            "",
            "0000:3b:00",
            "eth1/green",
            "eth1/green/",
            "eth1/green/07",
            "eth1/green/+7",
            "eth1/green/65536",
            "eth1/Green/1",
            "eth1/green/1/2",
            "/green/1",
        ] {
            assert!(text.parse::<PoolDeviceId>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn dp_12_the_kubelet_takes_every_text_within_a_network() {
        let longest = PoolDeviceId::Share {
            uplink: UplinkId::Function(PciAddress::from_routing_id(u32::MAX, u16::MAX)),
            network: "g".repeat(52).parse().unwrap(),
            number: u16::MAX,
        };
        assert_eq!(longest.in_network(), "ffffffff:ff:1f.7/65535");
        assert!(longest.in_network().len() <= 22);
    }

    fn ids() -> impl Strategy<Value = PoolDeviceId> {
        let function = (any::<u32>(), any::<u16>())
            .prop_map(|(domain, id)| UplinkId::Function(PciAddress::from_routing_id(domain, id)));
        let netdev = "[a-z0-9.@-]{3,15}".prop_map(|name| UplinkId::Netdev(name.parse().unwrap()));
        let share = prop::option::of(("[a-z]{1,52}", any::<u16>()));
        (prop_oneof![function, netdev], share).prop_map(|(uplink, share)| match share {
            None => PoolDeviceId::Whole(uplink),
            Some((network, number)) => PoolDeviceId::Share {
                uplink,
                network: network.parse().unwrap(),
                number,
            },
        })
    }

    proptest! {
        #[test]
        fn what_is_shown_parses_back(id in ids()) {
            prop_assert_eq!(id.to_string().parse::<PoolDeviceId>(), Ok(id));
        }
    }
}
