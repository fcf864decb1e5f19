//! Attachments on a real kernel: a host and pods as network namespaces, ends of veths as host devices,
//! macvlans on such an end.
//!
//! Left to others: real VFs, ipvlan and vlan, which need a virtual machine; the protocol (`colvin-cni`).
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "test: its own folders, and the steps of a call that failed"
)]

#[path = "netns_attach/add_del.rs"]
mod add_del;
#[path = "netns_attach/announced.rs"]
mod announced;
#[path = "netns_attach/foreign.rs"]
mod foreign;
#[path = "netns_attach/left.rs"]
mod left;
#[path = "netns_attach/node.rs"]
mod node;
#[path = "netns_attach/refused.rs"]
mod refused;
#[path = "netns_attach/reused.rs"]
mod reused;
#[path = "netns_attach/verbs.rs"]
mod verbs;
#[path = "netns_attach/virtual_function.rs"]
mod virtual_function;
