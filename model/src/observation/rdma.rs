//! RDMA devices. Left to others: which uplink has which.

use crate::{PciAddress, Symbol};

/// An RDMA device such as `mlx5_0`.
///
/// Source: `RDMA_NLDEV_CMD_GET`, or `/sys/class/infiniband/<name>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RdmaDevice {
    /// Its name.
    pub name: Symbol,
    /// The PCI function it belongs to, or `None` for a software device (`rxe`, `siw`).
    pub function: Option<PciAddress>,
    /// The subfunction of that function which it belongs to (`mlx5_core.sf.4`), or `None` when it is the
    /// function's own.
    pub subfunction: Option<Symbol>,
    /// Its first port's link layer (`InfiniBand`, `Ethernet`), when known.
    pub link_layer: Option<Symbol>,
}
