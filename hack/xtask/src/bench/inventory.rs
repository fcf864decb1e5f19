//! The whole inventory of large trees, and one event in one.
//!
//! Left to others: making the trees (`testkit::tree`), reading them (`discovery/examples`).

use super::{
    dump,
    measure::{Said, calls_between, in_turn, system_calls},
    ours, peers,
    table::{Bar, Row},
};
use crate::run;
use anyhow::{Context as _, Result, bail};
use colvin_testkit::tree::{TreeSpec, generate};
use std::{path::Path, process::Command};
use tempfile::TempDir;

/// PFs and the VFs of each: 1,032 functions, and four times as many.
const SMALL: (u16, u16) = (8, 128);
const LARGE: (u16, u16) = (32, 128);

/// Whole inventories, ours and ghw's; links come from a dump, as on a live node. Ours is also shown
/// with links from `class/net`, which is read where a recorded machine has no dump.
///
/// # Errors
/// When a program is missing, fails, or sees another number of functions.
pub(super) fn rows() -> Result<Vec<Row>> {
    let (small, large) = (Tree::make(SMALL)?, Tree::make(LARGE)?);
    let slow_calls = small.scan_calls()?;
    let slow_ms = small.scan_ms()?;
    let mut rows = Vec::new();
    let mut per_function = Vec::new();
    for (tree, goal) in [(&small, Bar::Goal(8.0)), (&large, Bar::Goal(32.0))] {
        let links = dump::write(tree.path())?;
        let what = format!("inventory: {} functions, {links} links", tree.functions);
        let (ms, ghw_ms) = in_turn(3, || tree.scan_ms(), || tree.ghw_ms())?;
        rows.push(Row::new(&what, ms, "ms", goal).beside("ghw 0.25.0", ghw_ms));
        let calls = tree.scan_calls()?;
        per_function.push(calls);
        let row = Row::new("  each function", calls, "calls", Bar::AtMost(16.0));
        rows.push(row.beside("ghw 0.25.0", tree.ghw_calls()?));
    }
    let [few, many] = per_function[..] else {
        bail!("two trees were measured")
    };
    let percent = (many / few - 1.0).abs() * 100.0;
    rows.push(Row::new(
        "  large tree against small",
        percent,
        "% calls",
        Bar::AtMost(1.0),
    ));
    let what = format!("inventory: {} functions, by class/net", small.functions);
    rows.push(Row::new(&what, slow_ms, "ms", Bar::None));
    rows.push(Row::new("  each function", slow_calls, "calls", Bar::None));
    Ok(rows)
}

/// One VF bound to another driver, in a tree of 1,032 functions: the calls as strace sees them.
///
/// # Errors
/// When the program is missing, fails, or sees no change.
pub(super) fn event_rows() -> Result<Vec<Row>> {
    let (mut calls, mut least_us): (f64, f64) = (0.0, f64::MAX);
    for _ in 0..3 {
        // the example changes the tree: each time another
        let (traced, timed) = (Tree::make(SMALL)?, Tree::make(SMALL)?);
        dump::write(traced.path())?;
        dump::write(timed.path())?;
        calls = calls.max(calls_between(&traced.rescan(), "getcwd")?);
        let said = Said::by(timed.rescan())?;
        if said.value("changes")? < 1.0 {
            bail!("rescan sees no change");
        }
        least_us = least_us.min(said.value("us")?);
    }
    let what = "one VF bound to updated inventory";
    Ok(vec![
        Row::new(what, calls, "calls", Bar::AtMost(60.0)),
        Row::new(what, least_us, "µs", Bar::Goal(300.0)),
    ])
}

/// What one run costs, from the difference of many runs and few: start and end fall out.
fn per_run(few: u32, many: u32, mut calls: impl FnMut(u32) -> Result<f64>) -> Result<f64> {
    let difference = calls(many)? - calls(few)?;
    if difference <= 0.0 {
        bail!("{many} runs make no more system calls than {few}");
    }
    Ok(difference / f64::from(many - few))
}

/// A generated tree in memory.
struct Tree {
    root: TempDir,
    functions: f64,
}

impl Tree {
    /// Makes it without a dump of links.
    fn make((pfs, vfs): (u16, u16)) -> Result<Self> {
        let root = TempDir::with_prefix_in("colvin-bench-", "/dev/shm")
            .context("making a folder in /dev/shm")?;
        let spec = TreeSpec::ice(pfs, vfs);
        generate(root.path(), spec).context("making the tree")?;
        Ok(Self {
            root,
            functions: f64::from(u32::from(pfs) * (u32::from(vfs) + 1)),
        })
    }

    fn path(&self) -> &Path {
        self.root.path()
    }

    /// `rescan` on this tree, which changes it.
    fn rescan(&self) -> Command {
        let mut command = run::command(ours("rescan"), "");
        command.arg(self.path());
        command
    }

    /// A program of ours on this tree.
    fn ours(&self, example: &str, runs: u32) -> Command {
        self.on(&ours(example), runs)
    }

    fn on(&self, program: &Path, runs: u32) -> Command {
        let mut command = run::command(program, "");
        command.arg(self.path()).arg(runs.to_string());
        command
    }

    fn scan_ms(&self) -> Result<f64> {
        let said = Said::by(self.ours("scan", 10))?;
        said.must_be("functions", self.functions)?;
        said.value("ms")
    }

    fn ghw_ms(&self) -> Result<f64> {
        Said::by(self.on(&peers::ghw(), 3))?.value("ms")
    }

    fn scan_calls(&self) -> Result<f64> {
        let calls = per_run(1, 3, |runs| system_calls(&self.ours("scan", runs)))?;
        Ok(calls / self.functions)
    }

    fn ghw_calls(&self) -> Result<f64> {
        let calls = per_run(1, 2, |runs| system_calls(&self.on(&peers::ghw(), runs)))?;
        Ok(calls / self.functions)
    }
}
