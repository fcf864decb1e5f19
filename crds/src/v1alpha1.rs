//! Version `v1alpha1` of the API. Left to others: conversion between versions, while there is one.

pub mod node_topology;

pub use node_topology::{NodeTopology, NodeTopologyStatus};

/// The API version that objects carry.
pub const API_VERSION: &str = "colvin.dev/v1alpha1";
