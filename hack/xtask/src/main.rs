//! `cargo xtask`: the house's chores. Each tier of tests is one subcommand, `all` runs them in turn,
//! and the few generated files of the repository are made here.
//!
//! Left to others: what the tests assert (each crate's own), what the machine must have installed
//! (`hack/test`), and the situations that tests stand on (`testkit/`).

#![forbid(unsafe_code)]

mod all;
mod bench;
mod check;
mod cni;
mod cni_peers;
mod conformance;
mod demo;
mod fuzz;
mod ignored;
mod image;
mod kube;
mod pci_ids;
mod place;
mod rules;
mod run;
mod soak;
mod test;
mod tools;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "A developer's chores: the tiers of tests, generators, benches"
)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Every tier in turn; one that fails does not stop the next
    All {
        /// Only these tiers, in the usual order
        #[arg(long, value_delimiter = ',')]
        only: Vec<all::Tier>,
    },
    /// Form, lints, docs, floors, licences, spelling and file rules
    Check,
    /// Unit, property, fixture and documentation tests, unprivileged
    Test,
    /// Tests in network namespaces of their own (root, or unprivileged user namespaces)
    Netns,
    /// Tests in a virtual machine with real SR-IOV
    Vm,
    /// A shell for a person in such a machine, between two leaf switches; ends with Ctrl-]
    VmShell,
    /// Tests on real nodes: guests with kubelet and runtime, in a real control plane; 40 to 60 minutes
    Nodes,
    /// Tests against a real Kubernetes control plane
    Kube {
        /// Only build what they start
        #[arg(long)]
        build: bool,
    },
    /// The image that deploy/Containerfile describes, as an OCI layout in a tar
    Image(image::Arguments),
    /// The CNI plugin as it is released: a small static program in the target folder
    Cni,
    /// Such a control plane for a person, until Ctrl-C
    Cluster,
    /// The first pod on green, on real parts, told step by step (hack/demo)
    Demo(demo::Arguments),
    /// A short smoke of every fuzz target
    Fuzz {
        /// Seconds for each target
        #[arg(long, default_value_t = fuzz::SECONDS)]
        seconds: u32,
    },
    /// Our figures beside the peers', in the same run; counts are held, times are printed
    Bench {
        /// Everything is built: only measure
        #[arg(long)]
        built: bool,
        /// Only these: inventory, event, show, neighbors, lldp, mapping, links, serve, attach; and claims, which is measured only when it is named
        subjects: Vec<String>,
    },
    /// The conformance suite over colvin-cni and the reference CNI plugins; writes docs/cni-conformance.md (root)
    Conformance {
        /// Everything is built: only run
        #[arg(long)]
        built: bool,
    },
    /// Makes the table of network functions' names from a PCI ID list
    PciIds {
        /// The list; Debian's installed one unless named
        list: Option<std::path::PathBuf>,
    },
    /// Kills the CNI plugin at chance places in chance schedules, and looks for what is left (root)
    Soak {
        /// How many kills
        #[arg(long, default_value_t = soak::KILLS)]
        kills: u32,
        /// Which schedules
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Which test proves which rule (DISC-01..28, LLDP-01..16)
    Rules,
}

fn main() -> ExitCode {
    match perform(Arguments::parse().chore) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            run::complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Whether all is well. `all` has said itself what is not: its last line is the count of tests.
fn perform(chore: Chore) -> Result<bool> {
    match chore {
        Chore::All { only } => return Ok(all::run(&only)),
        Chore::Check => all::run_one(all::Tier::Check),
        Chore::Test => all::run_one(all::Tier::Test),
        Chore::Netns => all::run_one(all::Tier::Netns),
        Chore::Vm => all::run_one(all::Tier::Vm),
        Chore::Nodes => all::run_one(all::Tier::Nodes),
        Chore::VmShell => colvin_testkit::vm::shell(),
        Chore::Kube { build: true } => kube::build(),
        Chore::Kube { build: false } => all::run_one(all::Tier::Kube),
        Chore::Image(arguments) => image::make(&arguments),
        Chore::Cni => cni::make(),
        Chore::Cluster => kube::cluster::run(),
        Chore::Demo(arguments) => demo::run(&arguments),
        Chore::Fuzz { seconds } => fuzz::run(seconds),
        Chore::Bench {
            built: true,
            subjects,
        } => bench::measure(&subjects),
        Chore::Bench {
            built: false,
            subjects,
        } => bench::run(&subjects),
        Chore::Conformance { built } => conformance::run(built),
        Chore::PciIds { list } => pci_ids::write(list.as_deref()),
        Chore::Soak { kills, seed } => soak::run(kills, seed),
        Chore::Rules => rules::print(),
    }?;
    Ok(true)
}
