//! `cargo xtask cluster`: the control plane that the tests have, with the chart, the controller and
//! agents on made machines, for a person to play with.
//!
//! Left to others: the control plane (`testkit/src/kube.rs`).

use crate::{place, run};
use anyhow::{Result, bail};
use colvin_testkit::{
    kube::{ControlPlane, Options, Program, binaries},
    machine::Machine,
};
use std::{process::Command, thread, time::Duration};

/// How often it is looked whether all still runs.
const LOOK: Duration = Duration::from_secs(2);

/// Starts it, says how to use it, and keeps it until this process is ended (Ctrl-C), which ends all.
///
/// # Errors
/// When something cannot be built or started, or ends by itself.
pub(crate) fn run() -> Result<()> {
    super::build()?;
    let plane = ControlPlane::start(&Options {
        controller_manager: true,
        scheduler: true,
        ..Options::default()
    })?;
    let mut programs = furnish(&plane)?;
    run::say(&format!(
        "\nexport KUBECONFIG={}\nalias kubectl='{} kubectl' helm='{}' colvin='{}'\n\n\
         kubectl apply -f kind-configs/green.yaml makes a network; logs are in {}; Ctrl-C ends everything",
        plane.kubeconfig().display(),
        binaries::kube()?.display(),
        binaries::helm()?.display(),
        binaries::release("colvin")?.display(),
        plane.folder().display(),
    ));
    loop {
        thread::sleep(LOOK);
        for program in &mut programs {
            if !program.is_alive() {
                bail!("a program has ended; it wrote:\n{}", program.log()?);
            }
        }
    }
}

/// The namespace of the chart's release.
const NAMESPACE: &str = "colvin-system";

/// What stands in the cluster beside Kubernetes: the chart, and as its pods the controller and four
/// agents on made machines. Network green of `kind-configs/green.yaml` is behind a link of another
/// name on each of the first three, and not on the fourth. They end with what is returned.
fn furnish(plane: &ControlPlane) -> Result<Vec<Program>> {
    let chart = place::top()
        .join("deploy/chart/colvin")
        .display()
        .to_string();
    let release = ["install", "colvin", &chart, "--namespace", NAMESPACE];
    plane.helm(&[&release[..], &["--create-namespace"]].concat())?;
    let machines = plane.folder().join("machines");
    let mut make = run::command(place::top().join("kind-configs/machines"), "");
    make.arg(&machines);
    run::succeed(make)?;
    let archive = place::top().join("testkit/fixtures/cloud-vm.machine");
    let last = Machine::unpack_file(&archive)?;
    let mut unpacked = run::command("cp", "--archive --no-target-directory");
    unpacked.arg(last.path()).arg(machines.join("worker-4"));
    run::succeed(unpacked)?;
    let mut programs = Vec::new();
    for node in (1..=4).map(|number| format!("worker-{number}")) {
        plane.node(&node, &[])?;
        let mut agent = ours(plane, "colvin-agent", &node)?;
        agent.args(["--device-plugin", "off", "--node-name", &node, "--root"]);
        agent.arg(machines.join(&node)).arg("--state-dir");
        agent.arg(plane.folder().join("state").join(&node));
        programs.push(plane.program(&format!("agent-{node}"), &agent)?);
    }
    let controller = ours(plane, "colvin-controller", "worker-1")?;
    programs.push(plane.program("controller", &controller)?);
    Ok(programs)
}

/// One of our programs as the pod on this node that the chart would make: with the service account
/// of its name, by a token that is bound to the pod.
fn ours(plane: &ControlPlane, program: &str, node: &str) -> Result<Command> {
    let pod = format!("{program}-{node}");
    plane.pod_on(node, NAMESPACE, &pod, program)?;
    let token = plane.bound_token(NAMESPACE, program, &pod)?;
    let mut command = Command::new(binaries::release(program)?);
    command.arg("--kubeconfig");
    command.arg(plane.kubeconfig_for_token(&token)?);
    command.arg("--admin-address=127.0.0.1:0");
    Ok(command)
}
