//! The agent's part of attaching pods: what the plugin reads, what it asks, and what it left behind.
//!
//! The plugin attaches and detaches by itself. Left to others: doing either (`colvin_attach`), what is
//! offered (`decide`).

mod answer;
mod chained;
mod hear;
mod journal;
pub(crate) mod network_files;
pub(crate) mod network_record;
mod networks_kept;
mod pods;
mod reconfigure;
#[cfg(test)]
mod scene;
mod serve;
mod socket;
mod sweep;

pub(crate) use chained::{ChainedPod, ChainedPods, Interface};
pub(crate) use journal::{Attached, Journal, Told};
pub(crate) use networks_kept::NetworkRecords;
pub(crate) use pods::Pods;
#[cfg(test)]
pub(crate) use reconfigure::Lag;
pub(crate) use reconfigure::{Failures, Reconfigure, Unfollowed};
pub(crate) use serve::Answers;
