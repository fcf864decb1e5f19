//! NUMA nodes. Left to others: which CPUs they have.

use std::fmt;

/// The number of a NUMA node. The kernel's −1 is "none" and becomes `None` where this is read.
///
/// Source: `numa_node` (kernel `Documentation/ABI/testing/sysfs-bus-pci`).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct NumaNode(u16);

impl NumaNode {
    /// The node with this number; every number of 16 bits may be one.
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for NumaNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
