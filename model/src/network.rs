//! What networks mean: which uplink is on which, and why.
//!
//! An administrator's networks grant; what a neighbour says only matches what was granted. Three
//! steps, each pure: [`match_members`] says which networks an uplink could be on,
//! [`Membership::confirm`] holds back what a neighbour said only once, [`settle`] gives what two
//! networks claim to the older. [`map`] is all but the second, [`why`] explains one pair.
//!
//! Left to others: the wire form of a `Network` (`colvin-crds`), pools of devices, publishing.

mod candidates;
mod devices;
mod facts;
mod found;
mod functions;
mod membership;
mod numbers;
mod pattern;
mod policy;
mod settle;
mod spec;
mod subnet;
mod term;
mod why;

pub use candidates::{Candidates, Evidence, Match, Refusal, match_members};
pub use devices::{Devices, InvalidShares, Shares};
pub use facts::{Ambiguity, NodeView, addresses_of};
pub use found::Found;
pub use functions::{Functions, InvalidFunctions};
pub use membership::{FRAMES_TO_CONFIRM, Membership};
pub use numbers::{InvalidNumbers, Numbers};
pub use pattern::{InvalidPattern, Pattern};
pub use policy::{Advertise, Effect, Policy};
pub(crate) use settle::by_name;
pub use settle::{Belonging, NetworkMap, Overlap, Standing, map, settle};
pub use spec::{InvalidMember, InvalidNetwork, Member, NetworkSpec, NodeFacts};
pub use subnet::{InvalidSubnet, Subnet};
pub use term::{InvalidTerm, Term};
pub use why::{Explanation, NearMiss, Why, why};

#[cfg(test)]
pub(crate) mod tests;
