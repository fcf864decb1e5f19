//! `cargo xtask demo`: the first pod on green, on real parts: a control plane, two guests with real SR-IOV between
//! two real lldpds, the chart, and pods that reach each other over their VFs. `hack/demo` calls it.
//!
//! Left to others: booting all that (`testkit/src/cluster.rs`), taking away what a killed run left (`hack/demo`).

mod screen;

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use colvin_testkit::cluster::{Cluster, LIMIT, Layout, blue, text, wait_until};
use colvin_testkit::kube::binaries;

use crate::{image, kube, place, run};
use screen::Screen;

/// What `--keep` waits with.
const FOR_LONG: Duration = Duration::from_mins(1);

/// How the demo ends.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Keep the cluster at the end, until Ctrl-C or hack/demo --down
    #[arg(long)]
    keep: bool,
}

/// Tells the story, and gives an error where it goes another way.
///
/// # Errors
/// When something cannot be built or started, or does not come to be in time.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let begun = Instant::now();
    let mut screen = Screen::default();
    screen.step(
        "build",
        "Building Colvin, its image, and Kubernetes from its Go modules (minutes the first time)",
    );
    kube::kubernetes()?;
    image::for_demo()?;

    screen.step(
        "boot",
        "Booting two nodes with igb cards between two leaf switches, and a control plane",
    );
    let layout = Layout::of_two(&binaries::image_file(false), image::released("colvin"));
    let mut cluster = Cluster::boot(&layout)?;

    screen.step("install", "Installing Colvin by its chart");
    let installing = Instant::now();
    cluster.install(&["--set", "attach.mode=Chained"])?;
    told(&cluster, &["colvin", "nodes"], &mut screen)?;

    green(&cluster, &mut screen)?;
    pods(&cluster, &mut screen)?;
    let first_pod = installing.elapsed();
    pending(&cluster, &mut screen)?;
    moved(&mut cluster, &mut screen)?;

    screen.step(
        "done",
        &format!(
            "Done in {} s; from the chart to pods that talk {} s",
            begun.elapsed().as_secs(),
            first_pod.as_secs()
        ),
    );
    screen.keep()?;
    if arguments.keep {
        run::say(&hint(&cluster)?);
        loop {
            thread::sleep(FOR_LONG);
        }
    }
    Ok(())
}

/// How a person goes on by hand.
fn hint(cluster: &Cluster) -> Result<String> {
    Ok(format!(
        "It goes on until Ctrl-C, or `hack/demo --down`. In another shell:\n\
         export KUBECONFIG={}\nalias kubectl='{} kubectl' helm='{}' colvin='{}'",
        cluster.plane.kubeconfig().display(),
        binaries::kube()?.display(),
        binaries::helm()?.display(),
        image::released("colvin").display(),
    ))
}

/// Shows a command of kubectl or colvin with what it says.
fn told(cluster: &Cluster, words: &[&str], screen: &mut Screen) -> Result<String> {
    let (program, arguments) = words.split_first().context("no command")?;
    let said = match *program {
        "kubectl" => cluster.plane.kubectl(arguments)?,
        _ => cluster.colvin(arguments)?.0,
    };
    screen.command(words, &said);
    Ok(said)
}

/// The Network, and that each node found it by itself.
fn green(cluster: &Cluster, screen: &mut Screen) -> Result<()> {
    screen.step(
        "green",
        "An administrator says what green is, once: no node, no card, no VF is named",
    );
    let file = place::top().join("hack/demo.d/green.yaml");
    screen.file("hack/demo.d/green.yaml", &place::text(&file)?);
    cluster.plane.apply(&place::text(&file)?)?;
    screen.command(
        &["kubectl", "apply", "--filename", "hack/demo.d/green.yaml"],
        "",
    );
    for node in ["node1", "node2"] {
        cluster.wait_for_allocatable(node, "colvin.dev/green", 2)?;
    }
    wait_until("a block of addresses on each node", || {
        let blocks = cluster.plane.get_json(&["addressblocks"])?;
        let blocks = blocks
            .pointer("/items")
            .and_then(serde_json::Value::as_array);
        let taken = blocks
            .into_iter()
            .flatten()
            .filter(|it| it.pointer("/status/usage").is_some());
        Ok((taken.count() == 2).then_some(()))
    })?;
    told(cluster, &["colvin", "networks", "green"], screen)?;
    told(cluster, &["kubectl", "get", "addressblocks"], screen).map(drop)
}

/// Two pods ask for it, land on two nodes, and reach each other.
fn pods(cluster: &Cluster, screen: &mut Screen) -> Result<()> {
    screen.step(
        "pods",
        "Two pods ask for green: each gets a VF and an address, and they reach each other by it",
    );
    let file = place::text(&place::top().join("hack/demo.d/pods.yaml"))?;
    screen.file("hack/demo.d/pods.yaml", &file);
    // until the API server has read the Network for the first time, it refuses pods that ask
    wait_until("the pods are taken", || Ok(cluster.plane.apply(&file).ok()))?;
    screen.command(
        &["kubectl", "apply", "--filename", "hack/demo.d/pods.yaml"],
        "",
    );
    let mut nodes = Vec::new();
    for pod in ["left", "right"] {
        let pod = cluster.wait_until_running(pod)?;
        nodes.push(text(&pod, "/spec/nodeName").to_owned());
    }
    nodes.sort_unstable();
    ensure!(nodes == ["node1", "node2"], "they run on {nodes:?}");
    let columns =
        "--output=custom-columns=NAME:.metadata.name,STATUS:.status.phase,NODE:.spec.nodeName";
    told(cluster, &["kubectl", "get", "pods", columns], screen)?;
    told(
        cluster,
        &[
            "kubectl", "exec", "left", "--", "ip", "address", "show", "green0",
        ],
        screen,
    )?;
    let there = cluster.plane.kubectl(&[
        "exec", "right", "--", "ip", "-4", "address", "show", "green0",
    ])?;
    let there = there
        .split_whitespace()
        .skip_while(|word| *word != "inet")
        .nth(1);
    let there = there.and_then(|address| address.split('/').next());
    let there = there.context("right has no address")?.to_owned();
    let ping = [
        "kubectl", "exec", "left", "--", "ping", "-c", "3", "-I", "green0", &there,
    ];
    let said = told(cluster, &ping, screen)?;
    ensure!(said.contains(" 0% packet loss"), "{said}");
    told(cluster, &["colvin", "path", "left"], screen).map(drop)
}

/// A third wants more than there is.
fn pending(cluster: &Cluster, screen: &mut Screen) -> Result<()> {
    screen.step(
        "pending",
        "A third pod wants two VFs of one node: it waits, and this is why",
    );
    cluster.ask("third", "green", 2)?;
    cluster.wait_until_unschedulable("third")?;
    told(cluster, &["colvin", "why-pending", "third"], screen)?;
    cluster.delete("third")
}

/// A cable is moved: new pods stay away, the running one keeps its VF and is told.
fn moved(cluster: &mut Cluster, screen: &mut Screen) -> Result<()> {
    screen.step("moved", "Somebody moves node1's cable from leaf1 to leaf2");
    let node1 = cluster.nodes.first().context("no node")?;
    node1.vm.set_link(0, false)?;
    cluster.leaf1.unplug("tap0")?;
    cluster.leaf2.plug(&blue("tap0", 9))?;
    cluster.netns.ip("link set tap0 master vlan1")?;
    node1.vm.set_link(0, true)?;
    let pods = cluster.plane.get_json(&["pods"])?;
    let pods = pods.pointer("/items").and_then(serde_json::Value::as_array);
    let mut pods = pods.into_iter().flatten();
    let hurt = pods.find(|pod| text(pod, "/spec/nodeName") == "node1");
    let hurt = hurt.map(|pod| text(pod, "/metadata/name").to_owned());
    let hurt = hurt.context("no pod on node1")?;
    cluster.wait_for_event(&hurt, "NetworkLost")?;
    let about = format!("--field-selector=involvedObject.name={hurt},reason=NetworkLost");
    let columns =
        "--output=custom-columns=POD:.involvedObject.name,REASON:.reason,MESSAGE:.message";
    told(
        cluster,
        &["kubectl", "get", "events", &about, columns],
        screen,
    )?;
    wait_until("green's new count", || {
        let green = cluster.plane.get_json(&["network", "green"])?;
        let count = green
            .pointer("/status/nodes")
            .and_then(serde_json::Value::as_u64);
        Ok((count == Some(1)).then_some(()))
    })
    .with_context(|| format!("within {} s", LIMIT.as_secs()))?;
    let why = ["why", "node1", "green"];
    wait_until("the leaf that the cable is in now", || {
        let (said, _) = cluster.colvin(&why)?;
        let pf0 = said.split("- ").find(|it| it.starts_with("pf0 "));
        Ok(pf0
            .is_some_and(|it| it.contains("neighbor.vlan is 120"))
            .then_some(()))
    })?;
    told(cluster, &[&["colvin"], &why[..]].concat(), screen).map(drop)
}
