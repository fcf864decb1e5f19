//! `colvin-cni`: the CNI protocol, in front of `colvin-attach`.
//!
//! Left to others: everything that is done to a device (`colvin-attach`) and to addresses
//! (`colvin-ipam`).

#![forbid(unsafe_code)]

fn main() {}
