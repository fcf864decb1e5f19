//! Kills by chance in schedules by chance: pods come and go, runtimes repeat themselves, namespaces end
//! early. A model of one device with one owner says what must be there.
//!
//! Left to others: every place in turn (`sweep.rs`).

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::call::{Attachment, How, Verb};
use crate::state::State;
use crate::subject::Subject;
use crate::sweep::Sweep;

/// How much is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    kills: u32,
    seed: u64,
}

impl Plan {
    /// `COLVIN_KILLS` and `COLVIN_SEED`, which `cargo xtask soak` sets.
    pub(crate) fn asked() -> Self {
        Self {
            kills: asked("COLVIN_KILLS").unwrap_or(80),
            seed: asked("COLVIN_SEED").unwrap_or(1),
        }
    }
}

fn asked<T: FromStr>(name: &str) -> Option<T> {
    std::env::var_os(name)?.to_str()?.parse().ok()
}

/// What came of it.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    plan: Plan,
    kills: [u32; 3],
    schedules: u32,
    ends: u32,
    strangers: u32,
    took: Duration,
    /// What was left, each with its schedule.
    pub(crate) leaks: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [add, del, gc] = self.kills;
        let Plan { kills, seed } = self.plan;
        writeln!(f, "asked for            {kills} kills, seed {seed}")?;
        writeln!(
            f,
            "kills                {} (ADD {add}, DEL {del}, GC {gc})",
            add + del + gc
        )?;
        writeln!(f, "schedules            {}", self.schedules)?;
        writeln!(f, "namespaces ended     {}", self.ends)?;
        writeln!(f, "DEL of former owners {}", self.strangers)?;
        writeln!(f, "seconds              {}", self.took.as_secs())?;
        write!(f, "leaks                {}", self.leaks.len())
    }
}

/// Numbers that look like chance, the same for the same seed (xorshift64*).
#[derive(Clone, Debug)]
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let mixed = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        u32::try_from(mixed % u64::from(end)).unwrap_or_default()
    }
}

/// Runs until so many calls were killed.
pub(crate) fn run(plan: Plan) -> Result<Report> {
    let begun = Instant::now();
    let mut report = Report {
        plan,
        kills: [0; 3],
        schedules: 0,
        ends: 0,
        strangers: 0,
        took: Duration::ZERO,
        leaks: Vec::new(),
    };
    let mut chance = Chance(plan.seed.wrapping_mul(2) | 1);
    let sweeps = [
        Sweep::new(Subject::HostDevice)?,
        Sweep::new(Subject::Macvlan)?,
    ];
    let mut calls = Vec::new();
    for sweep in &sweeps {
        let add = sweep
            .attachment
            .ask(&sweep.arena, Verb::Add, &How::Counted)?;
        let del = sweep
            .attachment
            .ask(&sweep.arena, Verb::Del, &How::Counted)?;
        calls.push([add.calls, del.calls]);
    }
    while report.kills.iter().sum::<u32>() < plan.kills && report.leaks.len() < 10 {
        let which = usize::from(report.schedules % 2 == 1);
        let mut schedule = Schedule {
            sweep: &sweeps[which],
            calls: calls[which],
            chance: &mut chance,
            report: &mut report,
            story: Vec::new(),
        };
        if let Err(error) = schedule.play() {
            let leak = format!(
                "{:?}: {}: {error:#}",
                schedule.sweep.subject,
                schedule.story.join(", ")
            );
            report.leaks.push(leak);
            schedule_over(&sweeps[which])?;
        }
        report.schedules += 1;
    }
    report.took = begun.elapsed();
    Ok(report)
}

/// Puts the node back by force, so that the next schedule is judged by itself.
fn schedule_over(sweep: &Sweep) -> Result<()> {
    for pod in ["pod0", "pod1"] {
        drop(sweep.arena.end_pod(pod));
        sweep.arena.make_pod(pod)?;
    }
    sweep
        .arena
        .sh("rm -rf /var/lib/colvin /var/lib/cni/networks; ip link del dev0 2>/dev/null || true")?;
    sweep.arena.make_device()
}

struct Schedule<'a> {
    sweep: &'a Sweep,
    calls: [u32; 2],
    chance: &'a mut Chance,
    report: &'a mut Report,
    story: Vec<String>,
}

impl Schedule<'_> {
    /// One pod's life, with trouble; in the end the runtime asks for its DEL or GC until that is done.
    fn play(&mut self) -> Result<()> {
        let container = format!("c{}", self.report.schedules);
        let pod = self.sweep.subject.attachment(0, &container);
        let at = self.chance.below(self.calls[0] + 10);
        self.ask(&pod, Verb::Add, at)?;
        let mut ended = false;
        for _ in 0..self.chance.below(4) {
            match self.chance.below(6) {
                0 | 1 => self.kill(&pod, Verb::Del)?,
                2 => self.kill(&pod, Verb::Gc)?,
                3 | 4 if !ended => self.kill(&pod, Verb::Add)?,
                _ => {
                    self.end_of_namespace()?;
                    ended = true;
                }
            }
        }
        let last = if self.chance.below(3) == 0 {
            Verb::Gc
        } else {
            Verb::Del
        };
        self.whole(&pod, last)?;
        self.put_back()?;
        self.sweep.is_clean("the schedule")?;
        if self.chance.below(3) == 0 {
            self.next_owner(&pod)?;
        }
        Ok(())
    }

    /// A call that is killed at this place, 0 or beyond its end: not at all.
    fn ask(&mut self, pod: &Attachment, verb: Verb, at: u32) -> Result<()> {
        self.story.push(format!("{verb:?} {at}"));
        let ended = pod.ask(&self.sweep.arena, verb, &How::Killed(at))?;
        if ended.code.is_none() {
            let [add, del, gc] = &mut self.report.kills;
            match verb {
                Verb::Add => *add += 1,
                Verb::Del => *del += 1,
                Verb::Gc => *gc += 1,
            }
        }
        Ok(())
    }

    fn kill(&mut self, pod: &Attachment, verb: Verb) -> Result<()> {
        let calls = self.calls[usize::from(verb != Verb::Add)];
        let at = 1 + self.chance.below(calls + calls / 10);
        self.ask(pod, verb, at)
    }

    fn whole(&mut self, pod: &Attachment, verb: Verb) -> Result<()> {
        self.story.push(format!("{verb:?}"));
        let ended = pod.ask(&self.sweep.arena, verb, &How::Whole)?;
        ensure!(ended.is_well(), "{verb:?}: {ended:?}");
        Ok(())
    }

    /// The pod's processes end before the runtime asks for anything; another pod may have its path.
    fn end_of_namespace(&mut self) -> Result<()> {
        self.story.push("end".to_owned());
        self.report.ends += 1;
        // where an earlier end left no namespace, the next pod's ends
        self.put_back()?;
        self.sweep.arena.end_pod("pod0")?;
        // no card goes with a namespace
        if self.sweep.subject == Subject::HostDevice {
            self.sweep.arena.make_device()?;
        }
        if self.chance.below(2) == 0 {
            self.sweep.arena.make_pod("pod0")?;
        }
        Ok(())
    }

    fn put_back(&mut self) -> Result<()> {
        self.sweep
            .arena
            .sh("[ -e /run/netns/pod0 ] || { ip netns add pod0; ip -n pod0 link set lo up; }")?;
        Ok(())
    }

    /// I6: the next pod has the device, and the former one's DEL comes once more.
    fn next_owner(&mut self, former: &Attachment) -> Result<()> {
        self.report.strangers += 1;
        let container = format!("n{}", self.report.schedules);
        let next = self.sweep.subject.attachment(1, &container);
        self.whole(&next, Verb::Add)?;
        let there = State::look(&self.sweep.arena)?;
        self.whole(former, Verb::Del)?;
        let leaks = State::look(&self.sweep.arena)?.leaks(&there);
        ensure!(
            leaks.is_empty(),
            "DEL of a former owner: {}",
            leaks.join("\n")
        );
        self.sweep
            .subject
            .judge(&self.sweep.arena, "pod1")
            .context("the next owner")?;
        self.whole(&next, Verb::Del)?;
        self.sweep.is_clean("the next owner")
    }
}
