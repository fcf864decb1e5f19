//! The agent as it is released, under its service account's token. Left to others: what it is asked.

use anyhow::{Context as _, Result};
use colvin_testkit::kube::binaries;
use colvin_testkit::kubelet::dra::{DraKubelet, Options};

use crate::driver::{Prepared, in_memory};
use crate::installed::SPACE;
use crate::machine::MadeMachine;
use crate::world::World;

/// As slices call it.
pub(crate) const NAME: &str = "colvin.dev";

/// What its requests begin with.
pub(crate) const AGENT: &str = "colvin-agent";

/// All that takes time before the start.
pub(crate) fn prepare(world: &World, machine: &MadeMachine) -> Result<Prepared> {
    let plane = &world.bench.plane;
    let node = machine.node;
    let token = plane.bound_token(SPACE, "colvin-agent", &format!("agent-of-{node}"))?;
    let state = tempfile::tempdir().context("making a folder for an agent")?;
    let run = in_memory()?;
    let kubelet = DraKubelet::start(Options::default())?;
    let mut command = machine.netns.command(binaries::release(AGENT)?);
    command
        .args(["--device-plugin", "off", "--frames"])
        .args(["--admin-address", "127.0.0.1:0", "--metrics-access", "open"])
        .args(["--node-name", node])
        .arg("--kubeconfig")
        .arg(plane.kubeconfig_for_token(&token)?)
        .arg("--kubelet-dir")
        .arg(kubelet.folder())
        .arg("--root")
        .arg(machine.root());
    command.arg("--state-dir").arg(state.path());
    for (flag, folder) in [("--run-dir", "run"), ("--cdi-dir", "cdi")] {
        command.arg(flag).arg(run.path().join(folder));
    }
    Ok(Prepared {
        name: NAME,
        agent: AGENT,
        command,
        beside: None,
        kubelet,
        state,
        run,
    })
}
