//! ADD where many addresses are given already: of one node by host-local, and of a Network's pool.
//!
//! Left to others: other cases (`rounds.rs`), the place, the sums.

use crate::{
    call::Call,
    figures,
    rounds::{Costs, MACVLAN, MACVLAN_IP, Side},
    stage::{PODS, Stage, config, shell},
};
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::fs;

/// How many addresses are taken where many are: of one node, and of a Network's pool.
const TAKEN: u32 = 4_000;
const TAKEN_OF_POOL: u32 = 60_000;

/// How many rounds are made for one that is asked for: what is compared here is ours with itself, within a few percent.
const MORE: usize = 3;

/// In which of them the peer is called: its figures are far from that. An odd number, so both orders come.
const PEERS: usize = 5;

/// Which of few and many comes first: each as often, since a call may find what the one before it left to the kernel.
fn in_turn(round: usize) -> [usize; 2] {
    if round.is_multiple_of(2) {
        [0, 1]
    } else {
        [1, 0]
    }
}

/// The `ipam` section of host-local with its leases in this folder.
pub(crate) fn leased(folder: &str) -> Value {
    json!({"type": "host-local", "ranges": [[{"subnet": "10.64.0.0/16"}]], "dataDir": folder})
}

/// ADD and DEL with host-local where nothing and where much is leased, in turn.
///
/// # Errors
/// When a call fails.
pub(crate) fn leases(stage: &Stage, rounds: usize) -> Result<()> {
    let folder = |side: Side, many: bool| format!("/var/lib/bench/{}-{many}", side.name());
    for side in Side::BOTH {
        let folder = folder(side, true);
        fill(&format!("{folder}/bench-{}", side.name()), TAKEN)?;
    }
    let mut costs = [Costs::default(), Costs::default()];
    let call = |side, many, verb, round: usize| {
        let mut keys = config(&MACVLAN_IP, side, 0);
        keys["ipam"] = leased(&folder(side, many));
        stage.call_with(&MACVLAN_IP, side, verb, round % PODS, &keys)
    };
    stage.guard.during(|| -> Result<()> {
        for round in 0..rounds * MORE {
            let called = |side: &Side| *side == Side::Ours || round.is_multiple_of(PEERS);
            for side in Side::BOTH.into_iter().filter(called) {
                for place in in_turn(round) {
                    let many = place == 1;
                    let cost = call(side, many, "ADD", round).cost(&stage.guard)?;
                    call(side, many, "DEL", round).cost(&stage.guard)?;
                    // the first finds leases that another program wrote
                    if round > 0 {
                        costs[place].of(side).push(cost);
                    }
                }
            }
        }
        Ok(())
    })?;
    let [few, many] = &costs;
    few.tell("leases_none.add")?;
    many.tell("leases_4000.add")
}

/// ADD out of a Network's pool where nothing and where much is given, in turn. Only ours has pools.
///
/// # Errors
/// When a call fails.
pub(crate) fn pools(stage: &Stage, rounds: usize) -> Result<()> {
    let networks = ["none", "many"];
    for network in networks {
        network_with_pool(network)?;
    }
    fill("/var/lib/colvin/addresses/many", TAKEN_OF_POOL)?;
    let mut costs = [Vec::new(), Vec::new()];
    let call = |network, verb, round: usize| pooled(stage, network, verb, round);
    stage.guard.during(|| -> Result<()> {
        for round in 0..rounds * MORE {
            for place in in_turn(round) {
                let cost = call(networks[place], "ADD", round).cost(&stage.guard)?;
                call(networks[place], "DEL", round).cost(&stage.guard)?;
                // the first finds leases that another program wrote
                if round > 0 {
                    costs[place].push(cost);
                }
            }
        }
        Ok(())
    })?;
    for (network, costs) in networks.into_iter().zip(&costs) {
        figures::tell_all(&format!("pool_{network}.add.ours"), costs)?;
    }
    Ok(())
}

/// Writes the node's record of a Network whose pods have an address of its pool.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn network_with_pool(network: &str) -> Result<()> {
    let record = json!({
        "version": 1, "network": network, "kind": "Macvlan", "blocks": ["10.64.0.0/16"],
        "attach": {
            "trust": false, "spoofCheck": true, "interfaceName": "green", "reconfigure": "Never",
            "ipam": {"type": "pool", "ranges": ["10.64.0.0/16"]},
        },
    });
    fs::create_dir_all("/var/lib/colvin/networks").context("a folder for Networks")?;
    let path = format!("/var/lib/colvin/networks/{network}.json");
    fs::write(path, record.to_string()).context("writing a Network")
}

/// A call for a pod with an address of this Network's pool.
pub(crate) fn pooled(stage: &Stage, network: &str, verb: &str, pod: usize) -> Call {
    let mut keys = config(&MACVLAN, Side::Ours, 0);
    keys["network"] = json!(network);
    stage.call_with(&MACVLAN, Side::Ours, verb, pod % PODS, &keys)
}

/// Writes so many leases as host-local does, to the disk: no call that is measured is to wait for them.
fn fill(folder: &str, number: u32) -> Result<()> {
    let folder = std::path::Path::new(folder);
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    // 10.64.0.2 and on
    let address = |number: u32| std::net::Ipv4Addr::from(0x0a40_0002 + number);
    for number in 0..number {
        let owner = format!("filled-{number}\r\nnet1");
        fs::write(folder.join(address(number).to_string()), owner).context("writing a lease")?;
    }
    let last = address(number - 1).to_string();
    fs::write(folder.join("last_reserved_ip.0"), last).context("writing the last lease")?;
    shell("sync")
}
