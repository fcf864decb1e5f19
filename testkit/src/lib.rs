//! What tests stand on: machines as fixtures, trees of any size, network namespaces as guards,
//! the VM bench with real SR-IOV, and the Kubernetes bench. For tests, benches and `cargo xtask` only; nothing that ships
//! depends on it.
//!
//! Left to others: the assertions. This crate makes situations, it does not judge them.

#![forbid(unsafe_code)]

pub mod cable;
pub mod cluster;
pub mod disk;
pub mod ext4;
pub mod hostile;
pub mod kernel_part;
pub mod kube;
pub mod kubelet;
pub mod machine;
pub mod netns;
pub mod node;
pub mod oci;
pub mod page;
pub mod switch;
pub mod tree;
pub mod vm;
pub mod wait;
