//! Serves what a node offers to the kubelet, as extended resources (device plugin v1beta1).
//!
//! Left to others: what is offered and how well it is.

#![forbid(unsafe_code)]
