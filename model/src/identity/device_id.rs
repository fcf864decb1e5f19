//! What a PCI function is: vendor and device numbers, class code. Left to others: their names.

use std::fmt;
use std::str::FromStr;

/// A PCI vendor and device number, shown as `8086:1592`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId {
    /// Who made it, as the PCI-SIG numbers makers.
    pub vendor: u16,
    /// Which of the maker's devices it is.
    pub device: u16,
}

/// A text that is no vendor and device number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no PCI vendor and device number (such as 8086:1592)")]
pub struct InvalidDeviceId {
    text: String,
}

impl FromStr for DeviceId {
    type Err = InvalidDeviceId;

    fn from_str(text: &str) -> Result<Self, InvalidDeviceId> {
        let number = |digits: &str| {
            let clean = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            clean
                .then(|| u16::from_str_radix(digits, 16).ok())
                .flatten()
        };
        text.split_once(':')
            .and_then(|(vendor, device)| {
                Some(Self {
                    vendor: number(vendor)?,
                    device: number(device)?,
                })
            })
            .ok_or_else(|| InvalidDeviceId {
                text: text.chars().take(64).collect(),
            })
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:04x}", self.vendor, self.device)
    }
}

/// A PCI class code: base class, subclass and programming interface, 24 bits.
///
/// Source: `PCI_CLASS` in a device's `uevent`; PCI Code and ID Assignment Specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PciClass(u32);

impl PciClass {
    /// The class with this code, of which the low 24 bits count.
    pub const fn new(code: u32) -> Self {
        Self(code & 0x00ff_ffff)
    }

    /// The base class: 0x02 is a network controller.
    pub const fn base(self) -> u32 {
        self.0 >> 16
    }

    /// Base class and subclass: 0x0200 is Ethernet, 0x0207 `InfiniBand`, 0x0604 a PCI bridge.
    pub const fn subclass(self) -> u32 {
        self.0 >> 8
    }

    /// Whether it is a network controller.
    pub const fn is_network(self) -> bool {
        self.base() == 0x02
    }

    /// Whether it is a processing accelerator.
    pub const fn is_accelerator(self) -> bool {
        self.base() == 0x12
    }
}

impl fmt::Display for PciClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_class_has_three_parts() {
        let class = PciClass::new(0x20700);
        assert!(class.is_network());
        assert_eq!(
            (class.subclass(), class.to_string()),
            (0x207, "020700".to_owned())
        );
        assert!(!PciClass::new(0x00ff_0000).is_network());
        assert!(PciClass::new(0x0012_0001).is_accelerator());
        assert!(!class.is_accelerator());
    }

    #[test]
    fn what_is_no_device_id_is_refused() {
        for text in [
            "",
            "8086",
            "8086:159",
            "8086:15921",
            "8086-1592",
            "+086:1592",
        ] {
            assert!(text.parse::<DeviceId>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_parses_back(vendor: u16, device: u16) {
            let id = DeviceId { vendor, device };
            prop_assert_eq!(id.to_string().parse::<DeviceId>(), Ok(id));
        }
    }
}
