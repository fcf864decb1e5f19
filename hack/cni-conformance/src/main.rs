//! `cni-conformance`: runs any CNI plugin and says which rules of the specification it keeps.
//!
//! Left to others: how a plugin does it.

#![forbid(unsafe_code)]

fn main() {}
