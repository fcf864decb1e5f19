//! Config files of the SR-IOV network device plugin: what they say, and which devices of a node they mean.
//!
//! Left to others: reading the file and the node, serving the pools.

#![forbid(unsafe_code)]

mod facts;

pub use facts::{Auxiliary, Facts, FunctionFacts, LinkType};
