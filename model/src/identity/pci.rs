//! PCI addresses: domain, bus, device, function. Left to others: whether a device is there.

use std::fmt;
use std::str::FromStr;

/// The address of a PCI function: `0000:3b:00.1`.
///
/// The domain has as many hexadecimal digits as it needs, at least four: Intel VMD gives domains
/// such as `10001`. Ordered as the kernel lists functions.
///
/// Source: `pci_setup_device` in the kernel's `drivers/pci/probe.c` (`%04x:%02x:%02x.%d`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PciAddress {
    domain: u32,
    /// Bus (8 bits), device (5 bits), function (3 bits): the routing ID of the PCI Express bus.
    routing_id: u16,
}

/// A text that is no PCI address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no PCI address (such as 0000:3b:00.1)")]
pub struct InvalidPciAddress {
    text: String,
}

impl PciAddress {
    /// The address of the function with this routing ID (bus, device, function) in a domain.
    pub const fn from_routing_id(domain: u32, routing_id: u16) -> Self {
        Self { domain, routing_id }
    }

    /// The PCI domain (segment).
    pub const fn domain(self) -> u32 {
        self.domain
    }

    /// Bus, device and function as the 16 bits that PCI Express routes by.
    ///
    /// A VF's is its PF's plus `sriov_offset` plus its index times `sriov_stride`, so it may lie on
    /// another bus than the PF.
    pub const fn routing_id(self) -> u16 {
        self.routing_id
    }

    /// The bus number.
    pub const fn bus(self) -> u16 {
        self.routing_id >> 8
    }

    /// The device number on the bus, 0 to 31.
    pub const fn device(self) -> u16 {
        (self.routing_id >> 3) & 0x1f
    }

    /// The function number in the device, 0 to 7.
    pub const fn function(self) -> u16 {
        self.routing_id & 7
    }

    /// The address of the VF with this index, or `None` when it would leave the domain's buses.
    ///
    /// Source: `pci_iov_virtfn_bus` and `pci_iov_virtfn_devfn` in `drivers/pci/iov.c`.
    pub fn virtual_function(self, offset: u16, stride: u16, index: u16) -> Option<Self> {
        let step = u32::from(stride).checked_mul(u32::from(index))?;
        let routing_id = u32::from(self.routing_id) + u32::from(offset) + step;
        Some(Self {
            domain: self.domain,
            routing_id: u16::try_from(routing_id).ok()?,
        })
    }

    /// The index of the VF at `vf`, by the PF's offset and stride, or `None` when none lies there.
    pub fn index_of(self, offset: u16, stride: u16, vf: Self) -> Option<u16> {
        if vf.domain != self.domain {
            return None;
        }
        let first = u32::from(self.routing_id) + u32::from(offset);
        let distance = u32::from(vf.routing_id).checked_sub(first)?;
        match u32::from(stride) {
            0 => (distance == 0).then_some(0),
            stride if distance.is_multiple_of(stride) => u16::try_from(distance / stride).ok(),
            _ => None,
        }
    }
}

impl FromStr for PciAddress {
    type Err = InvalidPciAddress;

    fn from_str(text: &str) -> Result<Self, InvalidPciAddress> {
        parse(text).ok_or_else(|| InvalidPciAddress {
            text: text.chars().take(64).collect(),
        })
    }
}

fn parse(text: &str) -> Option<PciAddress> {
    let mut parts = text.split(':');
    let (domain, bus, rest) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (device, function) = rest.split_once('.')?;
    let domain = hex(domain, 4, 8)?;
    let bus = hex(bus, 2, 2)?;
    let device = hex(device, 2, 2).filter(|device| *device < 32)?;
    let function = hex(function, 1, 1).filter(|function| *function < 8)?;
    let routing_id = u16::try_from((bus << 8) | (device << 3) | function).ok()?;
    let address = PciAddress { domain, routing_id };
    // `00012:…` would be a second spelling of `0012:…`
    (text.split(':').next()?.len() == 4 || domain > 0xffff).then_some(address)
}

fn hex(digits: &str, least: usize, most: usize) -> Option<u32> {
    let fits = (least..=most).contains(&digits.len());
    let clean = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    (fits && clean)
        .then(|| u32::from_str_radix(digits, 16).ok())
        .flatten()
}

impl fmt::Display for PciAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (domain, bus) = (self.domain, self.bus());
        write!(
            f,
            "{domain:04x}:{bus:02x}:{:02x}.{}",
            self.device(),
            self.function()
        )
    }
}

super::serde_by_text!(PciAddress);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn disc_09_domains_have_more_than_four_digits() {
        let vmd: PciAddress = "10001:80:05.0".parse().unwrap();
        assert_eq!(vmd.domain(), 0x10001);
        assert_eq!(vmd.to_string(), "10001:80:05.0");
        assert_eq!(
            "ffffffff:ff:1f.7".parse::<PciAddress>().unwrap().domain(),
            u32::MAX
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "0000:3b:00",
            "3b:00.0",
            "0000:3b:20.0",
            "0000:3b:00.8",
            "000:3b:00.0",
            "0000:3b:0.0",
            "0000:3b:00.0 ",
            "00012:3b:00.0",
            "0000:3b:00.0.0",
            "0000:3b:00.0:1",
            "+000:3b:00.0",
            "virtio0",
        ] {
            assert!(text.parse::<PciAddress>().is_err(), "{text}");
        }
    }

    #[test]
    fn disc_03_vf_index_is_rid_arithmetic() {
        let pf: PciAddress = "0000:01:00.0".parse().unwrap();
        let vf: PciAddress = "0000:01:10.4".parse().unwrap();
        assert_eq!(pf.virtual_function(128, 2, 2), Some(vf));
        assert_eq!(pf.index_of(128, 2, vf), Some(2));
        let between: PciAddress = "0000:01:10.1".parse().unwrap();
        assert_eq!(pf.index_of(128, 2, between), None);
    }

    proptest! {
        #[test]
        fn what_is_shown_parses_back(domain: u32, routing_id: u16) {
            let address = PciAddress::from_routing_id(domain, routing_id);
            prop_assert_eq!(address.to_string().parse::<PciAddress>(), Ok(address));
        }

        #[test]
        fn disc_03_index_and_address_are_inverse(pf: u16, offset: u16, stride in 1u16.., index: u16) {
            let pf = PciAddress::from_routing_id(7, pf);
            if let Some(vf) = pf.virtual_function(offset, stride, index) {
                prop_assert_eq!(pf.index_of(offset, stride, vf), Some(index));
            }
        }
    }
}
