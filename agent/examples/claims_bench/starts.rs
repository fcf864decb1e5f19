//! From the start of a driver until the last of its slices is in the API server: time, writes, memory.
//!
//! Every start is one without a state and without slices. Left to others: what happens after it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use colvin_testkit::kube::Request;
use colvin_testkit::wait::try_wait_between;

use crate::asked::{Since, is_write};
use crate::driver::Driver;
use crate::machine::MadeMachine;
use crate::peer::{self, Programs};
use crate::slices::devices;
use crate::world::World;
use crate::{figures, ours};

/// Starts of each driver on each machine.
const STARTS: usize = 3;

/// How long dranet may take until it writes.
const LIMIT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(200);

/// What the starts of one driver took.
#[derive(Default)]
struct Starts {
    times: Vec<Duration>,
    writes: usize,
    refused: usize,
    slices: usize,
    rss: u64,
}

impl Starts {
    /// One start, until there are so many devices in slices.
    fn measure(
        &mut self,
        world: &World,
        machine: &MadeMachine,
        wanted: usize,
        start: impl FnOnce() -> Result<Driver>,
    ) -> Result<Driver> {
        let (since, began) = (Since::now(), Instant::now());
        let driver = start()?;
        let are_there = |slices: &[_]| devices(slices) == wanted;
        let what = format!("{wanted} devices are published");
        let last = world
            .slices
            .until(driver.name, machine.node, &what, are_there)
            .with_context(|| driver.last_words())?;
        self.times.push(last.duration_since(began));
        let writes = since.writes(world, driver.agent)?;
        self.writes += writes.len();
        self.refused += refused(&writes);
        self.slices += world.slices.of(driver.name, machine.node).len();
        self.rss = self.rss.max(driver.program.rss()?);
        driver.has_kept_the_protocol()?;
        Ok(driver)
    }

    fn say(&self, name: &str) {
        let count = self.times.len().max(1);
        figures::time(&format!("{name}_p50"), figures::percentile(&self.times, 50));
        figures::time(
            &format!("{name}_most"),
            figures::percentile(&self.times, 100),
        );
        figures::count(&format!("{name}_slices"), self.slices / count);
        figures::ratio(&format!("{name}_writes_each"), self.writes, self.slices);
        figures::count(&format!("{name}_refused"), self.refused);
        figures::memory(name, self.rss);
    }
}

/// How many of these the API server refused.
fn refused(writes: &[Request]) -> usize {
    writes.iter().filter(|it| it.code >= 400).count()
}

/// Ends a driver and takes its slices away.
pub(crate) fn clear(world: &World, machine: &MadeMachine, driver: Driver) -> Result<()> {
    let name = driver.name;
    drop(driver);
    world.wipe(machine.node)?;
    let are_gone = |slices: &[_]| slices.is_empty();
    let gone = world
        .slices
        .until(name, machine.node, "no slice is left", are_gone);
    gone.map(drop)
}

/// Both drivers in turn on the machine that both can publish. The last of dranet runs on.
pub(crate) fn small(
    world: &World,
    machine: &MadeMachine,
    programs: Option<&Programs>,
) -> Result<Option<Driver>> {
    let (mut of_ours, mut of_theirs, mut theirs) = (Starts::default(), Starts::default(), None);
    for _ in 0..STARTS {
        if let Some(before) = theirs.take() {
            clear(world, machine, before)?;
        }
        let prepared = ours::prepare(world, machine)?;
        let start = || prepared.start(world);
        let driver = of_ours.measure(world, machine, machine.functions(), start)?;
        clear(world, machine, driver)?;
        if let Some(programs) = programs {
            let prepared = programs.prepare(world, machine)?;
            let start = || prepared.start(world);
            // it publishes the PF too
            let all = machine.spec.functions();
            theirs = Some(of_theirs.measure(world, machine, all, start)?);
        }
    }
    of_ours.say("small");
    if theirs.is_some() {
        of_theirs.say("small_peer");
    }
    Ok(theirs)
}

/// Ours on the large machine. The last runs on.
pub(crate) fn large(world: &World, machine: &MadeMachine) -> Result<Driver> {
    let mut starts = Starts::default();
    let mut last = None;
    for _ in 0..STARTS {
        if let Some(before) = last.take() {
            clear(world, machine, before)?;
        }
        let prepared = ours::prepare(world, machine)?;
        let start = || prepared.start(world);
        last = Some(starts.measure(world, machine, machine.functions(), start)?);
    }
    starts.say("large");
    let published = devices(&world.slices.of(ours::NAME, machine.node));
    figures::count("large_devices", published);
    last.context("no start")
}

/// dranet on the large machine: it has one pool of one slice, which may have 128 devices. What it gets into the API server
/// by the time it has tried.
pub(crate) fn peer_large(world: &World, machine: &MadeMachine, programs: &Programs) -> Result<()> {
    let since = Since::now();
    let prepared = programs.prepare(world, machine)?;
    let driver = prepared.start(world)?;
    let tried = try_wait_between("dranet writes", PAUSE, LIMIT, || {
        let writes = since.so_far(world, peer::AGENT)?;
        let published = world.slices.of(peer::NAME, machine.node);
        Ok((writes.iter().any(is_write) || !published.is_empty()).then_some(()))
    });
    tried.with_context(|| driver.last_words())?;
    let writes = since.writes(world, peer::AGENT)?;
    ensure!(!writes.is_empty(), "slices came from nowhere");
    figures::count("large_peer_refused", refused(&writes));
    let published = world.slices.of(peer::NAME, machine.node);
    figures::count("large_peer_devices", devices(&published));
    clear(world, machine, driver)
}
