//! Addresses given and taken back in a chance order on two nodes at once, while agents and the controller end.
//!
//! Left to others: pods (`addresses.rs`), two controllers (the controller's own tests).

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use colvin_testkit::cluster::{Cluster, SPACE, text, wait_until};
use colvin_testkit::vm::Process;

use crate::addresses::blocks;

/// A network of both nodes.
const SHARED: &str = r#"
apiVersion: colvin.dev/v1alpha1
kind: Network
metadata: {name: shared}
spec:
  members:
  - name: leaves
    neighbor: {systemName: "leaf*", vlan: 120}
  devices: {kind: Macvlan}
  attach: {ipam: {type: pool, ranges: [10.30.0.0/23], blockSize: 28}}
"#;

/// How many calls each node makes; half of them `ADD`.
const CALLS: usize = 1_000;

/// How long a node takes for them, when it is slow.
const LIMIT: Duration = Duration::from_mins(20);

/// The calls of a node: of 12 namespaces one by chance, attached if it is not. Prints each address that was given, and
/// `waited` for each time that there was none yet. `MASTER` and `SEED` are set before.
const SCRIPT: &str = r#"
mkdir -p /run/random; cd /run/random; rm -f /run/random/*
for slot in $(seq 12); do ip netns add r$slot; done
call() {
    echo '{"cniVersion":"1.1.0","name":"by-hand","type":"colvin-cni","network":"shared","kind":"Macvlan","master":"'$MASTER'"}' |
        CNI_COMMAND=$1 CNI_CONTAINERID=r$2 CNI_NETNS=/run/netns/r$2 CNI_IFNAME=net1 CNI_PATH=/opt/cni/bin /opt/cni/bin/colvin-cni 2>&1
}
made=0
while [ $made -lt CALLS ]; do
    SEED=$(( (SEED * 1103515245 + 12345) % 2147483648 ))
    slot=$(( SEED / 65536 % 12 + 1 ))
    if [ -e $slot ]; then
        said=$(call DEL $slot) || { echo "DEL: $said"; exit 1; }
        rm $slot
    elif said=$(call ADD $slot); then
        address=$(echo "$said" | sed 's/.*"address":"\([0-9.]*\)\/.*/\1/')
        for held in *; do
            [ "$held" = '*' ] || [ "$(cat $held)" != $address ] || { echo "$address twice at once"; exit 1; }
        done
        echo $address >$slot
        echo $address
    else
        case $said in *'"code":11'*) echo waited; sleep .3; continue ;; esac
        echo "ADD: $said"; exit 1
    fi
    made=$((made + 1))
done
for slot in $(seq 12); do call DEL $slot; ip netns del r$slot; done
"#;

fn begin(cluster: &Cluster, node: usize, master: &str, seed: u32) -> Result<Process> {
    let script = SCRIPT.replace("CALLS", &CALLS.to_string());
    let node = &cluster.nodes[node];
    node.vm
        .spawn(&format!("MASTER={master} SEED={seed}\n{script}"))
}

/// The addresses that a node gave, and how often.
fn end(process: Process, node: &str) -> Result<BTreeSet<String>> {
    let output = process.wait(LIMIT)?;
    let said = format!("{}{}", output.stdout, output.stderr);
    ensure!(output.status == 0, "{node}: {said}");
    let (waited, given): (Vec<&str>, Vec<&str>) = said.lines().partition(|line| *line == "waited");
    println!(
        "{node}: {CALLS} calls, {} times an address, {} times none yet",
        given.len(),
        waited.len()
    );
    ensure!(given.len() > CALLS / 3, "{said}");
    Ok(given.into_iter().map(ToOwned::to_owned).collect())
}

/// Leaves nothing.
pub(crate) fn never_the_same(cluster: &mut Cluster) -> Result<()> {
    cluster.plane.apply(SHARED)?;
    let taken = wait_until("a block on each node", || {
        let blocks = blocks(cluster)?;
        let of_shared = blocks.iter().filter(|it| {
            text(it, "/spec/network") == "shared" && it.pointer("/status/usage").is_some()
        });
        let nodes: BTreeSet<&str> = of_shared.map(|it| text(it, "/spec/nodeName")).collect();
        Ok((nodes.len() == 2).then_some(()))
    });
    taken.with_context(|| cluster.story())?;
    let first = begin(cluster, 0, "pf1", 1)?;
    let second = begin(cluster, 1, "pf0", 2)?;
    let mut ended = 0;
    while first.status().is_none() || second.status().is_none() {
        thread::sleep(Duration::from_secs(10));
        let node = &cluster.nodes[ended % 2];
        node.vm.sh("kill -9 $(pgrep -x colvin-agent) || true")?;
        if ended % 3 == 0 {
            let controller = "--selector=app.kubernetes.io/component=controller";
            cluster.plane.kubectl(&[
                "delete",
                "pod",
                "--wait=false",
                "--namespace",
                SPACE,
                controller,
            ])?;
        }
        ended += 1;
    }
    println!("agents were killed {ended} times meanwhile");
    let (first, second) = (end(first, "node1")?, end(second, "node2")?);
    let both: Vec<&String> = first.intersection(&second).collect();
    ensure!(both.is_empty(), "given by both: {both:?}");
    cluster.plane.kubectl(&["delete", "network", "shared"])?;
    // so many kills: the kubelet would wait five minutes before it started an agent again
    let agents = "--selector=app.kubernetes.io/component=agent";
    cluster
        .plane
        .kubectl(&["delete", "pod", "--namespace", SPACE, agents])?;
    for what in ["daemonset/colvin-agent", "deployment/colvin-controller"] {
        cluster.wait_for_rollout(what)?;
    }
    Ok(())
}
