//! The kubelet's gRPC: device plugins, plugin registration, pod resources and DRA, wire for wire.
//!
//! Left to others: what is said by it.

#![forbid(unsafe_code)]
