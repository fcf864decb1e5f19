//! A while in which nothing happens, of both drivers at once: what they ask and write all the same. Left to others: how much
//! of it is too much.

use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::asked::{Since, is_write};
use crate::machine::MadeMachine;
use crate::peer::{self, Programs};
use crate::slices::devices;
use crate::world::World;
use crate::{figures, ours};

/// How long nothing happens, and how long what was before may go on.
const STILL: Duration = Duration::from_secs(30);
const SETTLES: Duration = Duration::from_secs(3);

/// Leaves ours, which runs, and dranet on this machine alone.
pub(crate) fn still(
    world: &World,
    theirs: &MadeMachine,
    programs: Option<&Programs>,
) -> Result<()> {
    let mut agents = vec![("still", ours::AGENT)];
    let peer = programs.map(|programs| {
        let driver = programs.prepare(world, theirs)?.start(world)?;
        let all = theirs.spec.functions();
        let are_there = |slices: &[_]| devices(slices) == all;
        let there = world
            .slices
            .until(peer::NAME, theirs.node, "dranet publishes", are_there);
        there.with_context(|| driver.last_words())?;
        agents.push(("still_peer", peer::AGENT));
        anyhow::Ok(driver)
    });
    let _peer = peer.transpose()?;
    std::thread::sleep(SETTLES);
    let since = Since::now();
    std::thread::sleep(STILL);
    for (name, agent) in agents {
        let requests = since.requests(world, agent)?;
        figures::count(&format!("{name}_requests"), requests.len());
        let writes = requests.iter().filter(|it| is_write(it));
        figures::count(&format!("{name}_writes"), writes.count());
    }
    Ok(())
}
