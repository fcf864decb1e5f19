//! The cluster's one controller: `Network` status and events, which node has which block of addresses, and
//! the `NetworkAttachmentDefinition`s and `DeviceClass`es that Networks ask for.
//!
//! Every replica watches; the one that holds the lease writes. Nothing on the way of a pod's start
//! depends on it. Left to others: deciding which uplink is on which network, which each node's agent
//! does.

#![forbid(unsafe_code)]

mod args;
mod blocks;
mod classes;
mod cluster;
mod cluster_ranges;
mod definitions;
mod election;
mod event;
mod facts;
mod kept;
mod overlap;
mod publish;
mod reason;
mod reconcile;
mod schedule;
mod summary;
mod telemetry;
mod watch;
mod wiring;

use anyhow::Context as _;
use clap::Parser as _;

fn main() -> anyhow::Result<()> {
    let args = args::Args::parse();
    colvin_service::telemetry::init(&args.log)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(wiring::run(args))
}
