//! The wire types of the API group `colvin.dev`, and the definitions that the API server is given.
//!
//! What `colvin show -o json` prints and what an agent writes to the cluster is the same object,
//! made here from the inventory; what an administrator writes as a `Network` is compiled here to
//! what the mapping understands. Left to others: the inventory and the mapping (`colvin-model`),
//! sending objects and reading them.

#![forbid(unsafe_code)]

pub mod definition;
pub mod v1alpha1;
