//! A real node, as the tests of the device plugin take it for granted: it joins, runs pods that reach the
//! API server, and is itself again after its kubelet was restarted and after a reboot.

#![expect(clippy::print_stdout, reason = "test")]

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use colvin_testkit::kube::{ControlPlane, Options};
use colvin_testkit::netns::Netns;
use colvin_testkit::node::{self, BUSYBOX, Node, NodeConfig};
use colvin_testkit::vm::Reboot;
use colvin_testkit::wait::try_wait_for;
use serde_json::Value;

/// No step takes longer on a busy machine.
const LIMIT: Duration = Duration::from_mins(4);

/// A pod that asks the API server by its service's address, and goes on.
fn pod(name: &str) -> String {
    format!(
        r#"
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: {BUSYBOX}
    command: [sh, -c, "nc -w 20 $KUBERNETES_SERVICE_HOST 443 </dev/null && echo reached; sleep 99999"]
"#
    )
}

fn wait_until_running(plane: &ControlPlane, pod: &str, node: &Node) -> Result<Value> {
    let running = try_wait_for("a running pod", LIMIT, || {
        let pod = plane.get_json(&["pod", pod])?;
        let phase = pod.pointer("/status/containerStatuses/0/state/running");
        Ok(phase.is_some().then(|| pod.clone()))
    });
    running.with_context(|| node.logs())
}

#[test]
#[ignore = "nodes"]
fn a_node_runs_pods_and_is_itself_again_after_a_reboot() {
    let netns = Netns::new().unwrap();
    let options = Options {
        controller_manager: true,
        scheduler: true,
        nodes: vec!["node1".to_owned()],
        ..Options::default()
    };
    let plane = ControlPlane::start(&options).unwrap();
    let _way = plane.reach_from(&netns).unwrap();
    let bench = node::prepare().unwrap();
    let begun = Instant::now();
    let mut config = NodeConfig::new("node1", 0, &["tap0"]);
    config.setup = "echo 2 > /sys/class/net/pf0/device/sriov_numvfs".to_owned();
    let mut node = Node::boot(&bench, &netns, &plane, &config).unwrap();
    node.wait_until_ready(&plane, LIMIT).unwrap();
    println!("QEMU's start to a ready node: {:?}", begun.elapsed());

    let begun = Instant::now();
    plane.apply(&pod("one")).unwrap();
    let first = wait_until_running(&plane, "one", &node).unwrap();
    println!("pod made to running: {:?}", begun.elapsed());
    let reached = try_wait_for("the pod's word", LIMIT, || {
        Ok(plane
            .kubectl(&["logs", "one"])?
            .contains("reached")
            .then_some(()))
    });
    reached.unwrap();
    let said = plane.kubectl(&["exec", "one", "--", "cat", "/proc/sys/kernel/hostname"]);
    assert_eq!(said.unwrap(), "one\n");

    node.stop_kubelet().unwrap();
    node.start_kubelet().unwrap();
    node.wait_until_ready(&plane, LIMIT).unwrap();
    let same = wait_until_running(&plane, "one", &node).unwrap();
    let container = "/status/containerStatuses/0/containerID";
    assert_eq!(same.pointer(container), first.pointer(container));

    for how in [Reboot::Clean, Reboot::PowerCut] {
        node.reboot(&netns, how).unwrap();
        node.wait_until_ready(&plane, LIMIT).unwrap();
        let uid = same.pointer("/metadata/uid");
        let again = try_wait_for("the pod again", LIMIT, || {
            let pod = plane.get_json(&["pod", "one"])?;
            let running = pod.pointer("/status/containerStatuses/0/state/running");
            let another = pod.pointer(container) != first.pointer(container);
            Ok((running.is_some() && another).then_some(pod))
        });
        assert_eq!(again.unwrap().pointer("/metadata/uid"), uid);
        let vfs = "cat /sys/class/net/pf0/device/sriov_numvfs";
        assert_eq!(node.vm.sh(vfs).unwrap(), "2\n");
    }
}
