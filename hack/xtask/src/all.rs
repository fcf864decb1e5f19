//! The tiers in their order, their times and results in one table, and the closing count.
//!
//! Left to others: what each tier does.

use crate::{
    bench, check, fuzz, ignored,
    run::{self, Count},
    test,
};
use anyhow::{Result, bail};
use clap::ValueEnum;
use std::time::{Duration, Instant};

/// A tier of tests. The order here is the order in which `all` runs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tier {
    Check,
    Test,
    Netns,
    Fuzz,
    Bench,
    Vm,
    Kube,
    /// By itself, for its length; `all` says that it was not run.
    Nodes,
}

struct Outcome {
    tier: Tier,
    took: Duration,
    count: Count,
    /// What was wrong, one line each; empty when the tier is green.
    wrong: Vec<String>,
}

/// Runs these tiers (all but `nodes` when none is named), prints the table, and last the count of tests.
///
/// A red tier in which no test failed counts as one failure, so that the last line is never clean
/// when something is red. Says whether all is green, for which some test must have run.
pub(crate) fn run(only: &[Tier]) -> bool {
    let tiers = Tier::value_variants().iter().filter(|tier| match only {
        [] => **tier != Tier::Nodes,
        only => only.contains(tier),
    });
    let outcomes: Vec<Outcome> = tiers.map(|tier| perform(*tier)).collect();
    run::say("");
    run::say("tier    seconds  passed  failed  result");
    let mut sum = Count::default();
    for outcome in &outcomes {
        run::say(&outcome.row());
        sum = sum.plus(outcome.count);
        if !outcome.wrong.is_empty() && outcome.count.failed == 0 {
            sum.failed += 1;
        }
    }
    if only.is_empty() {
        run::say("nodes   not run: `cargo xtask nodes` takes 40 to 60 minutes by itself");
    }
    for outcome in &outcomes {
        for wrong in &outcome.wrong {
            run::say(&format!("{}: {wrong}", outcome.tier.name()));
        }
    }
    let red: Vec<&str> = outcomes
        .iter()
        .filter(|o| !o.wrong.is_empty())
        .map(|o| o.tier.name())
        .collect();
    let nothing_ran = sum.total() == 0 && only.is_empty();
    if nothing_ran {
        run::say("no test ran");
    }
    if !red.is_empty() {
        run::say(&format!("red: {}", red.join(", ")));
    }
    run::say("");
    run::say(&format!("{} passed, {} failed", sum.passed, sum.failed));
    red.is_empty() && !nothing_ran
}

/// Runs one tier by itself.
///
/// # Errors
/// When it is red; the message says why.
pub(crate) fn run_one(tier: Tier) -> Result<()> {
    let outcome = perform(tier);
    run::say(&outcome.row());
    if !outcome.wrong.is_empty() {
        bail!("{}", outcome.wrong.join("\n"));
    }
    Ok(())
}

fn perform(tier: Tier) -> Outcome {
    let begun = Instant::now();
    run::say(&format!("\n==== {} ====", tier.name()));
    let result = match tier {
        Tier::Check => check::run().map(|()| Count::default()),
        Tier::Test => test::run(),
        Tier::Netns => ignored::run("netns"),
        Tier::Fuzz => fuzz::run(fuzz::SECONDS).map(|()| Count::default()),
        Tier::Bench => bench::run(&[]).map(|()| Count::default()),
        Tier::Vm => ignored::run("vm"),
        Tier::Kube => ignored::run("kube"),
        Tier::Nodes => ignored::run("nodes"),
    };
    let (count, wrong) = match result {
        Ok(count) if count.failed > 0 => (count, vec![format!("{} tests failed", count.failed)]),
        Ok(count) => (count, Vec::new()),
        Err(error) => {
            let count = error
                .downcast_ref::<RedRun>()
                .map_or(Count::default(), |red| red.count);
            (
                count,
                format!("{error:#}").lines().map(str::to_owned).collect(),
            )
        }
    };
    Outcome {
        tier,
        took: begun.elapsed(),
        count,
        wrong,
    }
}

impl Tier {
    fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Test => "test",
            Self::Netns => "netns",
            Self::Fuzz => "fuzz",
            Self::Bench => "bench",
            Self::Vm => "vm",
            Self::Kube => "kube",
            Self::Nodes => "nodes",
        }
    }
}

impl Outcome {
    fn row(&self) -> String {
        let result = if self.wrong.is_empty() { "ok" } else { "RED" };
        format!(
            "{:<7} {:>7}  {:>6}  {:>6}  {result}",
            self.tier.name(),
            self.took.as_secs(),
            self.count.passed,
            self.count.failed,
        )
    }
}

/// Test runs that were red, with what they counted before.
#[derive(Debug)]
pub(crate) struct RedRun {
    pub(crate) count: Count,
    pub(crate) why: String,
}

impl std::fmt::Display for RedRun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for RedRun {}
