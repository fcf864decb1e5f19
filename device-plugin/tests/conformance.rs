//! The device plugin against the conformance kubelet, over real sockets in temporary folders.
//!
//! Left to others: a real kubelet (`agent/tests/vm_kubelet*.rs`), what needs no wire (beside the code).

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test")]

#[path = "conformance/allocation.rs"]
mod allocation;
#[path = "conformance/books.rs"]
mod books;
#[path = "conformance/config_file.rs"]
mod config_file;
#[path = "conformance/lists.rs"]
mod lists;
#[path = "conformance/overlap.rs"]
mod overlap;
#[path = "conformance/plugin.rs"]
mod plugin;
#[path = "conformance/registration.rs"]
mod registration;
