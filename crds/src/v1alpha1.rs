//! Version `v1alpha1` of the API. Left to others: conversion between versions, while there is one.

pub mod address_block;
pub mod network;
pub mod node_topology;

pub use address_block::{AddressBlock, AddressBlockSpec, AddressBlockStatus};
pub use network::{Network, NetworkSpec, NetworkStatus};
pub use node_topology::{NodeTopology, NodeTopologyStatus};

/// The API group.
pub const GROUP: &str = "colvin.dev";

/// The API version that objects carry.
pub const API_VERSION: &str = "colvin.dev/v1alpha1";
