//! What can be typed of `colvin support-bundle`. Left to others: what is in it.

use std::path::PathBuf;

use clap::Args;

use super::cluster::Cluster;

/// Below `colvin support-bundle --help`.
pub(super) const EXAMPLES: &str = "\
Examples:
  colvin support-bundle                      colvin-support-TIME.tar in this folder
  sudo colvin support-bundle -o green.tar    on a node: with its machine and its journal besides
  tar -xOf green.tar colvin-support/README   what is in it, what was replaced, what is missing

In it are versions, NodeTopologies, Networks, address blocks, Colvin's own workloads and events,
the logs of agents and controller, and what `colvin doctor --cluster` finds. Secrets, ConfigMaps
and environment variables are never read. MAC addresses, IP addresses, names of nodes and switches,
serial numbers and tokens are replaced, each by the same other one everywhere. What people called
Networks, namespaces, pods and switch ports stays: read it before you give it away.
The file is for its owner only, and one that is there already is never replaced. Ends with 1 when
something could not be read: the rest is written, and that is named.";

/// `colvin support-bundle`.
#[derive(Args, Debug)]
pub(crate) struct SupportBundle {
    /// Where to [default: colvin-support-TIME.tar in this folder].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace nothing: whoever reads it sees addresses and names as they are.
    #[arg(long)]
    pub(crate) no_redact: bool,
    /// How many lines of each log are taken, from its end.
    #[arg(long, value_name = "NUMBER", default_value_t = 5000)]
    pub(crate) lines: u32,
    /// Of how many pods the logs are taken; those that are not ready come first.
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    pub(crate) pods: u32,
    /// The node's folder of what outlives a boot: where it is readable, the node's machine and journal are taken too.
    #[arg(long, value_name = "DIR", default_value = "/var/lib/colvin")]
    pub(crate) state_dir: PathBuf,
    #[command(flatten)]
    pub(crate) cluster: Cluster,
}
