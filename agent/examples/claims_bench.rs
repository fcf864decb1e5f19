//! Measures the DRA driver at a real API server: the agent as it is released, on made machines, and dranet beside it where
//! the folder of its programs is the argument.
//!
//! Both read the same made sysfs tree and hear the same links, ends of veths in a namespace of their own; the kubelet is the
//! conformance kubelet. The agent writes under its service account, with the chart's policies in force; dranet is an
//! administrator.
//!
//! Prints `name=value` words: times in ms, memory in MB (10^6 bytes), counts. Left to others: judging the figures, and
//! building what is started. `cargo run --release -p colvin-agent --example claims_bench`

#![expect(clippy::print_stdout, reason = "a program for people and scripts")]

#[path = "claims_bench/asked.rs"]
mod asked;
#[path = "claims_bench/claims.rs"]
mod claims;
#[path = "claims_bench/driver.rs"]
mod driver;
#[path = "claims_bench/figures.rs"]
mod figures;
#[path = "../tests/kube_admission/installed.rs"]
#[expect(
    dead_code,
    clippy::disallowed_methods,
    reason = "tests use the rest; it writes files for kubectl"
)]
mod installed;
#[path = "claims_bench/links.rs"]
mod links;
#[path = "claims_bench/machine.rs"]
mod machine;
#[path = "claims_bench/ours.rs"]
mod ours;
#[path = "claims_bench/peer.rs"]
mod peer;
#[path = "claims_bench/restarts.rs"]
mod restarts;
#[path = "claims_bench/slices.rs"]
mod slices;
#[path = "claims_bench/starts.rs"]
mod starts;
#[path = "claims_bench/still.rs"]
mod still;
#[path = "claims_bench/world.rs"]
mod world;

use std::path::PathBuf;

use anyhow::Result;

use machine::MadeMachine;
use peer::Programs;
use world::World;

fn main() -> Result<()> {
    let peer = std::env::args_os().nth(1).map(PathBuf::from);
    let peer = peer
        .map(|folder| Programs::in_folder(&folder))
        .transpose()?;
    let world = World::make()?;
    let small = MadeMachine::small(&world)?;
    let theirs = starts::small(&world, &small, peer.as_ref())?;
    if let Some(theirs) = theirs {
        links::peer_flap(&world, &small, &theirs)?;
        claims::peer_prepares(&world, &small, &theirs)?;
        starts::clear(&world, &small, theirs)?;
    }
    let large = MadeMachine::large(&world)?;
    if let Some(peer) = &peer {
        starts::peer_large(&world, &large, peer)?;
    }
    let ours = starts::large(&world, &large)?;
    links::flap(&world, &large)?;
    links::losses(&world, &large)?;
    claims::prepares(&world, &large, &ours)?;
    restarts::restarts(&world, &large, &ours)?;
    still::still(&world, &small, peer.as_ref())?;
    ours.has_kept_the_protocol()
}
