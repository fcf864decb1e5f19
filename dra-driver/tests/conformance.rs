//! The driver against the conformance kubelet, over real sockets in temporary folders.
//!
//! Left to others: a real kubelet, what needs no wire (beside the code).

#![expect(clippy::unwrap_used, reason = "test")]

#[path = "conformance/again.rs"]
mod again;
#[path = "conformance/api.rs"]
mod api;
#[path = "conformance/claims.rs"]
mod claims;
#[path = "conformance/health.rs"]
mod health;
#[path = "conformance/node.rs"]
mod node;
#[path = "conformance/promises.rs"]
mod promises;
#[path = "conformance/promises_of_two.rs"]
mod promises_of_two;
#[path = "conformance/registration.rs"]
mod registration;
#[path = "conformance/update.rs"]
mod update;
