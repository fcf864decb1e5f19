//! What an attachment came to: what a runtime is told of it.
//!
//! Left to others: the form of it (`colvin-cni`).

use colvin_ipam::Lease;
use colvin_model::{IfName, MacAddr, PciAddress};

/// A made attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// The pod's interface; `None` for a function of a userspace driver, which has none.
    pub interface: Option<Interface>,
    /// The PCI function that it is, or whose netdev it is.
    pub device: Option<PciAddress>,
    /// What IPAM gave, and was put on the interface.
    pub lease: Lease,
}

/// The pod's interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name in the pod.
    pub name: IfName,
    /// Its address, as the kernel has it now.
    pub mac: Option<MacAddr>,
    /// Its MTU in bytes, as the kernel has it now.
    pub mtu: u32,
}
