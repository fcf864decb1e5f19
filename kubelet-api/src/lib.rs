//! The kubelet's gRPC: device plugins, plugin registration, pod resources and DRA, wire for wire.
//!
//! The messages, clients and servers are generated from `proto/` by `tests/generated.rs` and are kept in
//! the repository, so that a build needs no compiler of protocol buffers. `tests/kube_wire.rs` compares
//! `proto/` with what Kubernetes has. Left to others: what is said by it.

#![forbid(unsafe_code)]

pub mod device_plugin;
pub mod dra;
pub mod dra_health;
pub mod pod_resources;
pub mod registration;
pub mod uds;
