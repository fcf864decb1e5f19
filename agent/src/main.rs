//! `colvin-agent`: the node daemon. It discovers what the node has, decides which networks that means,
//! and publishes it.
//!
//! This file is the process: arguments in, exit code out. Without a command it is the daemon. Left to others: what
//! runs (`wiring`, `holders`).

#![forbid(unsafe_code)]

mod args;
mod attachments;
mod blocks;
mod chain;
mod claims;
mod config_file;
mod decide;
mod device_plugin;
mod event;
mod explore;
mod file;
mod fit;
mod following;
mod holders;
mod networks;
mod node;
mod publish;
mod started;
mod status;
mod telemetry;
mod wiring;
mod writer;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::FromArgMatches as _;

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
    let matches = args::command().get_matches();
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("starting the runtime")
    };
    if let Some(("holders", matches)) = matches.subcommand() {
        let args = holders::HoldersArgs::from_arg_matches(matches)?;
        return runtime()?.block_on(holders::run(&args, &mut std::io::stdout().lock()));
    }
    if let Some(("started", matches)) = matches.subcommand() {
        return started::ask(&started::StartedArgs::from_arg_matches(matches)?);
    }
    let args = args::Args::from_arg_matches(&matches)?;
    colvin_service::telemetry::init(&args.log)?;
    runtime()?.block_on(wiring::run(args))
}
