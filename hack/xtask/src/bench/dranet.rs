//! dranet and the runtime's end of NRI that it asks for, built from the Go module `hack/peers/dranet` into one folder.
//!
//! Left to others: running them (`agent/examples/claims_bench/peer.rs`).

use crate::{place, run};
use anyhow::{Context as _, Result};
use std::{fs, path::PathBuf};

/// How the table calls it.
pub(super) const NAME: &str = "dranet 1.4.0";

/// The folder of the programs.
pub(super) fn folder() -> PathBuf {
    place::target().join("peers/dranet")
}

/// Builds both.
///
/// # Errors
/// When one does not build.
pub(super) fn build() -> Result<()> {
    fs::create_dir_all(folder()).with_context(|| format!("making {}", folder().display()))?;
    let mut go = run::command("nice", "go build -C hack/peers/dranet -trimpath -o");
    // the linker's tables are more than a third of what it writes
    go.arg(folder()).args(["-ldflags=-s -w", "tool", "./nri"]);
    go.env("CGO_ENABLED", "0");
    run::succeed(go)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_told_is_the_release_built() {
        let module = place::text(&place::top().join("hack/peers/dranet/go.mod")).unwrap();
        let release = NAME.strip_prefix("dranet ").unwrap();
        let built = format!("sigs.k8s.io/dranet v{release} ");
        assert!(module.contains(&built), "{module}");
    }
}
