//! The plugin killed by chance, as often as is asked: the same test that the tier `netns` runs for a
//! moment (`cni/tests/netns_crash/soak.rs`).
//!
//! Left to others: what is killed and who judges.

use crate::run;
use anyhow::Result;

/// How many kills a long run has.
pub(crate) const KILLS: u32 = 10_000;

/// The test that does it.
const TEST: &str = "kills_by_chance_leave_nothing";

/// Kills so often, in schedules that follow from `seed`, and prints what came of it.
///
/// # Errors
/// When something was left, or the test does not run.
pub(crate) fn run(kills: u32, seed: u64) -> Result<()> {
    let words = format!(
        "test --package colvin-cni --test netns_crash -- --ignored --exact {TEST} --nocapture"
    );
    let mut command = run::cargo(&words);
    command.env("COLVIN_KILLS", kills.to_string());
    command.env("COLVIN_SEED", seed.to_string());
    run::succeed(command)
}
