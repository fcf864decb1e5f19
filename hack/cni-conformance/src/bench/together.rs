//! As many pods as a node runs, all at once: with host-local by both sides, and out of a Network's pool by ours.
//!
//! Left to others: the place, the sums, the Network (`leases.rs`).

use crate::{
    call::Call,
    figures::{self, Cost, ms},
    leases,
    rounds::{MACVLAN_IP, Side},
    stage::{PODS, Stage},
    tell,
};
use anyhow::{Context as _, Result, anyhow};
use std::time::Instant;

/// How often all pods come and go.
const ROUNDS: usize = 3;

/// The Network of the pool.
const NETWORK: &str = "together";

/// All ADDs, then all DELs: from the first start to the last end, and the single call that took longest.
///
/// # Errors
/// When a call fails.
pub(crate) fn parallel(stage: &Stage) -> Result<()> {
    leases::network_with_pool(NETWORK)?;
    let host_local =
        |side: Side| move |verb: &str, pod: usize| stage.call(&MACVLAN_IP, side, verb, pod);
    let pool = |verb: &str, pod: usize| leases::pooled(stage, NETWORK, verb, pod);
    let mut walls: [[Walls; 2]; 3] = Default::default();
    for round in 0..ROUNDS {
        let [ours, peer, pooled] = &mut walls;
        for side in Side::in_turn(round) {
            let walls = if side == Side::Ours {
                &mut *ours
            } else {
                &mut *peer
            };
            at_once(stage, &host_local(side), walls)?;
        }
        at_once(stage, &pool, pooled)?;
    }
    for (name, walls) in ["ours", "peer", "pool"].into_iter().zip(&walls) {
        for (verb, walls) in ["add", "del"].into_iter().zip(walls) {
            let name = format!("parallel.{verb}.{name}");
            tell(
                &format!("{name}.p50_ms"),
                figures::percentile(&walls.all, 50)?,
            )?;
            tell(
                &format!("{name}.longest_ms"),
                figures::percentile(&walls.longest, 50)?,
            )?;
        }
    }
    Ok(())
}

/// Of one verb, a value a round: milliseconds for all pods, and for the call that took longest.
#[derive(Default)]
struct Walls {
    all: Vec<f64>,
    longest: Vec<f64>,
}

/// ADD for every pod at once, then DEL.
fn at_once(
    stage: &Stage,
    call: &dyn Fn(&str, usize) -> Call,
    walls: &mut [Walls; 2],
) -> Result<()> {
    for (verb, walls) in ["ADD", "DEL"].into_iter().zip(walls) {
        let began = Instant::now();
        let costs: Vec<Result<Cost>> = stage.guard.during(|| {
            std::thread::scope(|scope| {
                let calls = (0..PODS).map(|pod| {
                    let call = call(verb, pod);
                    scope.spawn(move || call.cost(&stage.guard))
                });
                let calls: Vec<_> = calls.collect();
                let cost = |call: std::thread::ScopedJoinHandle<'_, Result<Cost>>| {
                    call.join()
                        .unwrap_or_else(|_| Err(anyhow!("a call's thread panicked")))
                };
                calls.into_iter().map(cost).collect()
            })
        });
        walls.all.push(ms(began.elapsed()));
        let mut longest = 0.0_f64;
        for cost in costs {
            let cost = cost.with_context(|| format!("{PODS} at once"))?;
            longest = longest.max(ms(cost.wall));
        }
        walls.longest.push(longest);
    }
    Ok(())
}
