//! System Capabilities TLV, type 7: what the sender can do, and what of it is switched on
//! (IEEE 802.1AB-2016, 8.5.8).
//!
//! It leaves what a bridge or a station means for a port to others.

use core::fmt;

use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// One function of a system; the discriminant is its bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// Bit 0: something that has no bit of its own.
    Other,
    /// Bit 1.
    Repeater,
    /// Bit 2: a MAC bridge.
    Bridge,
    /// Bit 3.
    WlanAccessPoint,
    /// Bit 4.
    Router,
    /// Bit 5.
    Telephone,
    /// Bit 6.
    DocsisCableDevice,
    /// Bit 7: an end station and nothing else.
    StationOnly,
    /// Bit 8: the C-VLAN component of a VLAN bridge.
    CVlan,
    /// Bit 9: the S-VLAN component of a VLAN bridge.
    SVlan,
    /// Bit 10.
    TwoPortMacRelay,
}

/// Every capability with its bit and the name that shows.
const NAMES: [(Capability, u16, &str); 11] = [
    (Capability::Other, 1 << 0, "Other"),
    (Capability::Repeater, 1 << 1, "Repeater"),
    (Capability::Bridge, 1 << 2, "Bridge"),
    (Capability::WlanAccessPoint, 1 << 3, "WlanAccessPoint"),
    (Capability::Router, 1 << 4, "Router"),
    (Capability::Telephone, 1 << 5, "Telephone"),
    (Capability::DocsisCableDevice, 1 << 6, "DocsisCableDevice"),
    (Capability::StationOnly, 1 << 7, "StationOnly"),
    (Capability::CVlan, 1 << 8, "CVlan"),
    (Capability::SVlan, 1 << 9, "SVlan"),
    (Capability::TwoPortMacRelay, 1 << 10, "TwoPortMacRelay"),
];

impl Capability {
    /// The name, as its variant is spelt.
    pub fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|row| row.0 == self)
            .map_or("Other", |row| row.2)
    }

    fn bit(self) -> u16 {
        NAMES
            .iter()
            .find(|row| row.0 == self)
            .map_or(0, |row| row.1)
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of capabilities as its sixteen bits; bits 11 to 15 are reserved and kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CapabilitySet(pub u16);

impl CapabilitySet {
    /// Whether `capability` is in the set.
    pub fn contains(self, capability: Capability) -> bool {
        self.0 & capability.bit() != 0
    }

    /// The known capabilities of the set, lowest bit first.
    pub fn iter(self) -> CapabilityNames {
        CapabilityNames { set: self, next: 0 }
    }
}

impl FromIterator<Capability> for CapabilitySet {
    fn from_iter<I: IntoIterator<Item = Capability>>(iter: I) -> Self {
        Self(
            iter.into_iter()
                .fold(0, |bits, capability| bits | capability.bit()),
        )
    }
}

impl IntoIterator for CapabilitySet {
    type Item = Capability;
    type IntoIter = CapabilityNames;

    fn into_iter(self) -> CapabilityNames {
        self.iter()
    }
}

/// The capabilities of a set; made by [`CapabilitySet::iter`].
#[derive(Clone, Debug)]
pub struct CapabilityNames {
    set: CapabilitySet,
    next: usize,
}

impl Iterator for CapabilityNames {
    type Item = Capability;

    fn next(&mut self) -> Option<Capability> {
        while let Some((capability, bit, _)) = NAMES.get(self.next) {
            self.next += 1;
            if self.set.0 & bit != 0 {
                return Some(*capability);
            }
        }
        None
    }
}

/// What a system can do and what of it is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SystemCapabilities {
    /// What it can do.
    pub available: CapabilitySet,
    /// What is switched on; the sender may err and name what it cannot do.
    pub enabled: CapabilitySet,
}

impl SystemCapabilities {
    #[inline]
    pub(crate) fn decode(value: &[u8]) -> Result<Self, TlvError> {
        let mut reader = Reader::new(value);
        Ok(Self {
            available: CapabilitySet(reader.u16("system capabilities")?),
            enabled: CapabilitySet(reader.u16("enabled capabilities")?),
        })
    }

    pub(crate) fn encode(self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.u16(self.available.0)?;
        out.u16(self.enabled.0)
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString as _;
    use std::vec::Vec;

    use super::*;
    use crate::Tlv;
    use crate::tlv::assert_wire;

    #[test]
    fn bits_are_counted_from_the_lowest() {
        let value = [
            0x00, 0x14, // available: bits 2 and 4
            0x00, 0x04, // enabled: bit 2
        ];
        let tlv = SystemCapabilities {
            available: [Capability::Router, Capability::Bridge]
                .into_iter()
                .collect(),
            enabled: CapabilitySet(0x0004),
        };
        assert_wire(7, &value, &Tlv::SystemCapabilities(tlv));
        let names: Vec<_> = tlv.available.iter().map(|one| one.to_string()).collect();
        assert_eq!(names, ["Bridge", "Router"]);
        assert!(tlv.enabled.contains(Capability::Bridge));
        assert!(!tlv.enabled.contains(Capability::Router));
    }

    #[test]
    fn every_known_bit_has_one_name() {
        let all: Vec<_> = CapabilitySet(0xffff).into_iter().collect();
        assert_eq!(all.len(), 11);
        assert_eq!(
            all.iter().copied().collect::<CapabilitySet>(),
            CapabilitySet(0x07ff)
        );
    }
}
