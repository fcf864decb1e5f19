//! The wire types of the API group `colvin.dev`.
//!
//! What `colvin show -o json` prints and what an agent writes to the cluster is the same object,
//! made here from the inventory. Left to others: the inventory (`colvin-model`), sending it.

#![forbid(unsafe_code)]

pub mod v1alpha1;
