//! What colvin-cni behind the cluster's own network costs a pod that asks for no network of ours: it passes on what the
//! plugin before it gave. Beside it `tuning`, the reference plugin that is chained most, told to do nothing.
//!
//! Left to others: the place, the sums.

use crate::{
    call::Call,
    rounds::{Costs, Side},
    stage::Stage,
};
use anyhow::Result;
use serde_json::{Value, json};

const PEER: &str = "tuning";

/// ADD and DEL, in turn.
///
/// # Errors
/// When a call fails.
pub(crate) fn run(stage: &Stage, rounds: usize) -> Result<()> {
    let (mut add, mut del) = (Costs::default(), Costs::default());
    stage.guard.during(|| -> Result<()> {
        for round in 0..rounds {
            for side in Side::in_turn(round) {
                let call = |verb| call(stage, side, verb, round).cost(&stage.guard);
                add.of(side).push(call("ADD")?);
                del.of(side).push(call("DEL")?);
            }
        }
        Ok(())
    })?;
    add.tell("chained.add")?;
    del.tell("chained.del")
}

fn call(stage: &Stage, side: Side, verb: &str, pod: usize) -> Call {
    let pod = stage.pod(pod);
    let program = stage.program(side, PEER);
    Call::new(&program, verb, stage.path(), config(side, &pod).to_string())
        .with("CNI_CONTAINERID", &format!("chained-{}", side.name()))
        .with("CNI_NETNS", &pod)
        .with("CNI_IFNAME", "eth0")
        .with(
            "CNI_ARGS",
            "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=plain;K8S_POD_UID=0b7f2a1e-plain",
        )
}

/// What the runtime hands to a chained plugin.
fn config(side: Side, pod: &str) -> Value {
    json!({
        "cniVersion": "1.0.0",
        "name": "cluster",
        "type": match side {
            Side::Ours => "colvin-cni",
            Side::Peer => PEER,
        },
        "prevResult": {
            "cniVersion": "1.0.0",
            "interfaces": [{"name": "eth0", "mac": "0a:58:0a:f4:00:05", "sandbox": pod}],
            "ips": [{"address": "10.244.0.5/24", "gateway": "10.244.0.1", "interface": 0}],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    })
}
