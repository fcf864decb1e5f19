//! Links that lose their carrier and get it back: what is written, and how long until the API server knows.
//!
//! A time begins before the program that takes the carrier away is started. Left to others: what a taint does.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::asked::Since;
use crate::driver::Driver;
use crate::machine::MadeMachine;
use crate::slices::Seen;
use crate::world::World;
use crate::{figures, ours, peer};

/// How often each of the PFs loses its carrier.
const ROUNDS: usize = 13;

/// How often a link of dranet's does.
const PEER_ROUNDS: usize = 2;

/// The PF that flaps, and the others are to be left alone.
const FLAPS: usize = 1;

fn tainted(slices: &[Seen]) -> usize {
    slices.iter().map(|it| it.tainted).sum()
}

/// One PF loses its carrier and gets it back: writes to its slices, and to others.
pub(crate) fn flap(world: &World, machine: &MadeMachine) -> Result<()> {
    let (pf, vfs) = (machine.pf(FLAPS), usize::from(machine.spec.vfs_per_pf));
    let until = |what, count| {
        let are_so = move |slices: &[_]| tainted(slices) == count;
        world.slices.until(ours::NAME, machine.node, what, are_so)
    };
    let since = Since::now();
    machine.pull(pf)?;
    until("the VFs of the PF are tainted", vfs)?;
    let slices = world.slices.of(ours::NAME, machine.node);
    let its = slices.iter().filter(|it| it.tainted > 0);
    let its: BTreeSet<&str> = its.map(|it| it.name.as_str()).collect();
    figures::count("flap_slices", its.len());
    let lost = since.writes(world, ours::AGENT)?;
    let since = Since::now();
    machine.push([pf])?;
    until("no VF is tainted", 0)?;
    let back = since.writes(world, ours::AGENT)?;
    let mut elsewhere = 0;
    for (name, writes) in [("lost", lost), ("back", back)] {
        let here = writes.iter().filter(|it| its.contains(it.name.as_str()));
        let here = here.count();
        figures::ratio(&format!("flap_{name}_writes_each"), here, its.len());
        elsewhere += writes.len() - here;
    }
    figures::count("flap_elsewhere_writes", elsewhere);
    Ok(())
}

/// The PFs lose their carriers one after the other, again and again.
pub(crate) fn losses(world: &World, machine: &MadeMachine) -> Result<()> {
    let vfs = usize::from(machine.spec.vfs_per_pf);
    let pfs = usize::from(machine.spec.pfs);
    let slices = world.slices.of(ours::NAME, machine.node).len();
    let (since, mut times) = (Since::now(), Vec::new());
    for _ in 0..ROUNDS {
        for pf in 0..pfs {
            let began = Instant::now();
            machine.pull(machine.pf(pf))?;
            let down = (pf + 1) * vfs;
            let are_so = |slices: &[_]| tainted(slices) == down;
            let what = format!("{down} VFs are tainted");
            let last = world
                .slices
                .until(ours::NAME, machine.node, &what, are_so)?;
            times.push(last.duration_since(began));
        }
        machine.push((0..pfs).map(|pf| machine.pf(pf)))?;
        let are_so = |slices: &[_]| tainted(slices) == 0;
        world
            .slices
            .until(ours::NAME, machine.node, "none is tainted", are_so)?;
    }
    figures::times("loss", &times);
    let writes = since.writes(world, ours::AGENT)?.len();
    // each slice loses its link and gets it back once a round
    figures::ratio("loss_writes_each", writes, 2 * ROUNDS * slices);
    Ok(())
}

/// A link of dranet's loses its carrier and gets it back: writes, and the time until the slice is another.
pub(crate) fn peer_flap(world: &World, machine: &MadeMachine, theirs: &Driver) -> Result<()> {
    let (mut times, mut writes): (Vec<Duration>, [usize; 2]) = (Vec::new(), [0, 0]);
    for _ in 0..PEER_ROUNDS {
        for (is_back, count) in writes.iter_mut().enumerate() {
            let before = versions(&world.slices.of(peer::NAME, machine.node));
            let (since, began) = (Since::now(), Instant::now());
            if is_back == 0 {
                machine.pull(machine.pf(0))?;
            } else {
                machine.push([machine.pf(0)])?;
            }
            let are_so = |slices: &[_]| versions(slices) != before;
            let last = world
                .slices
                .until(peer::NAME, machine.node, "dranet writes", are_so)?;
            if is_back == 0 {
                times.push(last.duration_since(began));
            }
            *count += since.writes(world, theirs.agent)?.len();
        }
    }
    let slices = world.slices.of(peer::NAME, machine.node).len();
    ensure!(slices > 0, "dranet's slices are gone");
    let [lost, back] = writes;
    figures::ratio("peer_flap_lost_writes_each", lost, PEER_ROUNDS * slices);
    figures::ratio("peer_flap_back_writes_each", back, PEER_ROUNDS * slices);
    figures::times("peer_loss", &times);
    Ok(())
}

fn versions(slices: &[Seen]) -> BTreeSet<String> {
    slices.iter().map(|it| it.version.clone()).collect()
}
