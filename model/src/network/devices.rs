//! What a network gives to pods. Left to others: making it for a pod, counting what is left.

use std::fmt;
use std::num::NonZeroU16;

use super::Functions;

/// What a network gives to pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Devices {
    /// VFs of the uplink, those with these indexes.
    VirtualFunction(Functions),
    /// The uplink itself.
    PhysicalFunction,
    /// macvlan children of the uplink, so many of each.
    Macvlan(Shares),
    /// ipvlan children of the uplink, so many of each.
    Ipvlan(Shares),
    /// vlan children of the uplink, so many of each.
    Vlan(Shares),
}

/// How many pods' interfaces may share one uplink: 1 to 65,535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shares(NonZeroU16);

/// A number of shares that would give nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("0 shares of an uplink would give nothing to anybody")]
pub struct InvalidShares;

impl Shares {
    /// So many shares.
    ///
    /// # Errors
    /// [`InvalidShares`] for 0.
    pub fn new(number: u16) -> Result<Self, InvalidShares> {
        NonZeroU16::new(number).map(Self).ok_or(InvalidShares)
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0.get()
    }
}

impl TryFrom<u16> for Shares {
    type Error = InvalidShares;

    fn try_from(number: u16) -> Result<Self, InvalidShares> {
        Self::new(number)
    }
}

impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Devices {
    /// The word for people and programs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::VirtualFunction(_) => "VirtualFunction",
            Self::PhysicalFunction => "PhysicalFunction",
            Self::Macvlan(_) => "Macvlan",
            Self::Ipvlan(_) => "Ipvlan",
            Self::Vlan(_) => "Vlan",
        }
    }

    /// Whether one uplink can have both: macvlan and ipvlan each take all that it receives, and the
    /// kernel lets one link do so (`netdev_rx_handler_register`).
    pub const fn go_with(&self, other: &Self) -> bool {
        !matches!(
            (self, other),
            (Self::Macvlan(_), Self::Ipvlan(_)) | (Self::Ipvlan(_), Self::Macvlan(_))
        )
    }

    /// How many children it makes of one uplink, or `None` where it gives functions.
    pub const fn shares(&self) -> Option<Shares> {
        match self {
            Self::VirtualFunction(_) | Self::PhysicalFunction => None,
            Self::Macvlan(shares) | Self::Ipvlan(shares) | Self::Vlan(shares) => Some(*shares),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_share_at_all_is_refused() {
        assert_eq!(
            Shares::new(0).unwrap_err().to_string(),
            "0 shares of an uplink would give nothing to anybody"
        );
        let most = Shares::new(u16::MAX).unwrap();
        assert_eq!((most.get(), most.to_string()), (65_535, "65535".to_owned()));
        assert_eq!(Devices::Vlan(most).shares(), Some(most));
        assert_eq!(Devices::PhysicalFunction.shares(), None);
    }
}
