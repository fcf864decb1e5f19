//! Addresses for a pod's interface, as far as one node can give them: in process (`static`,
//! `host-local`) or by any other IPAM plugin, run by the CNI protocol.
//!
//! Left to others: putting addresses on links (`colvin-attach`), the CNI protocol towards the
//! runtime (`colvin-cni`).

#![forbid(unsafe_code)]
