//! A kubelet that starts again: it deletes the slices of its node, finds the driver and registers it.
//!
//! The time is from its first request until all slices are back. Left to others: claims that are prepared.

use std::collections::BTreeSet;
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::asked::Since;
use crate::driver::Driver;
use crate::figures;
use crate::machine::MadeMachine;
use crate::slices::devices;
use crate::world::World;

/// Restarts.
const RESTARTS: usize = 3;

/// Restarts the kubelet, again and again.
pub(crate) fn restarts(world: &World, machine: &MadeMachine, ours: &Driver) -> Result<()> {
    let (since, mut times, mut slices) = (Since::now(), Vec::new(), 0);
    for _ in 0..RESTARTS {
        let before = world.slices.of(ours.name, machine.node);
        let (old, all): (BTreeSet<_>, _) = (
            before.iter().map(|it| it.uid.clone()).collect(),
            devices(&before),
        );
        slices += before.len();
        ours.kubelet.stop();
        let began = Instant::now();
        world.wipe(machine.node)?;
        ours.kubelet.run()?;
        let what = "all slices are back";
        let last = world
            .slices
            .until(ours.name, machine.node, what, |slices| {
                devices(slices) == all && slices.iter().all(|it| !old.contains(&it.uid))
            })
            .with_context(|| ours.last_words())?;
        times.push(last.duration_since(began));
    }
    figures::times("restart", &times);
    let writes = since.writes(world, ours.agent)?.len();
    figures::ratio("restart_writes_each", writes, slices);
    Ok(())
}
