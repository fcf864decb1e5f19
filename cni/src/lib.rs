//! `colvin-cni`: the CNI protocol, in front of `colvin-attach`.
//!
//! A call comes as an [`environment`] and a [`config`]uration; [`which`] devices it is about and how they
//! are [`asked`] for is found of both and of the node's records; [`call`] carries it out and answers
//! with a result ([`outcome`]) or a [`failure`]. Everything is strict for ADD, CHECK and STATUS, and
//! lenient for DEL and GC: whatever was attached must be undone. The program is also the [`gate`] that a
//! container passes.
//!
//! Left to others: everything that is done to a device (`colvin-attach`) and to addresses
//! (`colvin-ipam`).

#![forbid(unsafe_code)]

pub mod arguments;
pub mod asked;
pub mod call;
pub mod config;
pub mod device_info;
pub mod environment;
pub mod failure;
pub mod gate;
pub mod json;
pub mod key;
pub mod kind;
mod nearest;
pub mod outcome;
pub mod previous;
#[cfg(test)]
mod reference;
pub mod trace;
pub mod version;
pub mod which;
