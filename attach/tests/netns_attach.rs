//! Attachments on a real kernel: a host and pods as network namespaces, ends of veths as host devices,
//! macvlans on such an end.
//!
//! Left to others: VFs, ipvlan and vlan (`vm_attach`), the protocol (`colvin-cni`).
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "netns_attach/add_del.rs"]
mod add_del;
#[path = "netns_attach/left.rs"]
mod left;
#[path = "netns_attach/node.rs"]
mod node;
#[path = "netns_attach/refused.rs"]
mod refused;
#[path = "netns_attach/verbs.rs"]
mod verbs;
#[path = "netns_attach/virtual_function.rs"]
mod virtual_function;
