//! `colvin-agent`: the node daemon. It discovers what the node has, decides which networks that means,
//! and publishes it.
//!
//! This file is the process: arguments in, exit code out. Left to others: what runs (`wiring`).

#![forbid(unsafe_code)]

mod args;
mod decide;
mod explore;
mod file;
mod fit;
mod networks;
mod node;
mod publish;
mod status;
mod telemetry;
mod wiring;
mod writer;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // there is nobody left to tell that standard error is closed
            drop(writeln!(std::io::stderr(), "colvin-agent: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let args = args::Args::parse();
    colvin_service::telemetry::init(&args.log)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?;
    runtime.block_on(wiring::run(args))
}
