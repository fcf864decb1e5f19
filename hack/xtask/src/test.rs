//! The plain tier: every test that needs neither privilege nor namespace nor machine, and every
//! example in the documentation.
//!
//! Left to others: tests marked with another tier's name (`ignored.rs`).

use crate::{
    all::RedRun,
    run::{self, Count},
};
use anyhow::{Result, bail};

/// Runs them; a failing test does not hide those after it.
///
/// # Errors
/// When one fails, does not build, or none ran.
pub(crate) fn run() -> Result<Count> {
    let tested = run::tested(run::cargo("test --workspace --no-fail-fast"))?;
    let count = tested.count();
    if !tested.succeeded {
        bail!(RedRun {
            count,
            why: "`cargo test --workspace` is red".to_owned()
        });
    }
    if count.total() == 0 {
        bail!("no test ran");
    }
    Ok(count)
}
