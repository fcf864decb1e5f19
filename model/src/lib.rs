//! What a node has and what it means: values and decisions.
//!
//! [`identity`] holds the words that everything else is said in (PCI address, interface name, MAC);
//! [`observation`] what one source saw in one look; [`inventory`] the one consistent picture that is
//! computed from all observations; [`network`] which networks that means, and why; [`plan`] which
//! devices are offered to pods for it; [`offer`] what the kubelet is told of them; [`claimable`] what resource claims may be
//! allocated of them; [`change`] what differs between two inventories;
//! [`attribute`] the table of facts that people and programs select on; [`drift`] which nodes are
//! alike. Everything here is a value or a pure function: no file, socket, clock or task.
//!
//! A look at the node becomes a plan in five steps, each a function of what went before:
//! [`Inventory::of`], [`network::match_members`], [`network::Membership::confirm`],
//! [`network::settle`], [`plan::plan`]. Only the third remembers anything.
//!
//! Left to others: fetching (`colvin-kernel`, `colvin-discovery`), the wire form of the API
//! (`colvin-crds`), LLDP's bytes (`lldp-rs`).

#![forbid(unsafe_code)]

pub mod attribute;
pub mod change;
pub mod claimable;
pub mod digest;
pub mod drift;
pub mod finding;
pub mod identity;
pub mod inventory;
pub mod network;
pub mod observation;
pub mod offer;
pub mod plan;

pub use finding::{Finding, FindingReason, Subject};
pub use identity::{
    DeviceId, IfIndex, IfName, LinkAddress, MacAddr, NetworkName, NumaNode, PciAddress, PciClass,
    Symbol, VlanId,
};
pub use inventory::Inventory;
pub use observation::Observation;
pub use plan::Plan;
