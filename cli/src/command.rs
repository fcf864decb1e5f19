//! The commands, one file each, and the door to them.
//!
//! A command fetches, and shows; it decides nothing about the machine. Left to others: what is typed
//! ([`crate::args`]), how output looks ([`crate::output`]).

mod completion;
mod convert;
mod diagnose;
mod doctor;
mod drift;
mod import;
pub(crate) mod lint;
mod lldp_decode;
mod neighbors;
mod network;
mod networks;
mod nodes;
mod path;
mod report;
mod show;
mod show_vfs;
mod snapshot;
mod suggest;
mod support_bundle;
mod trace;
mod vfs;
mod watch;
mod why;
mod why_pending;

use std::io::Write;

use crate::args::{Command, LldpCommand, ShowPart};

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It did what was asked.
    Well,
    /// It did, and what it found or could not do is reported already: exit code 1.
    Badly,
    /// It did, and the answer to what was asked is no: exit code 3.
    No,
}

/// Does what was typed.
///
/// # Errors
/// What could not be done, and why.
pub(crate) fn run(command: Command, to: &mut dyn Write) -> anyhow::Result<Ended> {
    match command {
        Command::Show(args) => match &args.part {
            None => show::run(&args, to),
            Some(ShowPart::Vfs { pf }) => show_vfs::run(&args, pf.as_deref(), to),
        },
        Command::Lldp(args) => match args.command {
            LldpCommand::Decode(args) => lldp_decode::run(&args, to),
        },
        Command::Completion { shell } => completion::run(shell, to),
        Command::Neighbors(args) if args.all_nodes => neighbors::everywhere::run(&args, to),
        Command::Neighbors(args) => neighbors::run(&args, to),
        Command::Nodes(args) => nodes::run(&args, to),
        Command::Networks(args) => match &args.name {
            None => networks::run(&args, to),
            Some(name) => network::run(name, &args, to),
        },
        Command::Why(args) => why::run(&args, to),
        Command::WhyPending(args) => why_pending::run(&args, to),
        Command::Path(args) => path::run(&args, to),
        Command::Vfs(args) => vfs::run(&args, to),
        Command::Diagnose(args) => diagnose::run(&args, to),
        Command::Trace(args) => trace::run(&args, to),
        Command::Drift(args) => drift::run(&args, to),
        Command::Watch(args) => watch::run(&args, to),
        Command::Doctor(args) => doctor::run(&args, to),
        Command::Lint(args) => lint::run(&args, to),
        Command::Suggest(args) => suggest::run(&args, to),
        Command::Import(args) => import::run(&args, to),
        Command::Convert(args) => convert::run(&args, to),
        Command::SupportBundle(args) => support_bundle::run(&args, to),
        Command::Snapshot(args) => snapshot::run(&args, to),
    }
}
