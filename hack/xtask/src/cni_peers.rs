//! The reference CNI plugins and cnitool, built from the Go module `hack/peers/cni` into one folder, as a node has them.
//!
//! Left to others: what is asked of them (`conformance.rs`, `bench/attach.rs`).

use crate::{place, run};
use anyhow::{Context as _, Result};
use std::{fs, path::PathBuf};

/// How the reports call their release.
pub(crate) const RELEASE: &str = "1.9.1";

/// The folder of the programs, as `CNI_PATH` takes it.
pub(crate) fn folder() -> PathBuf {
    place::target().join("peers/cni")
}

/// Builds what the module's `tool` lines name, static.
///
/// # Errors
/// When one does not build.
pub(crate) fn build() -> Result<()> {
    fs::create_dir_all(folder()).with_context(|| format!("making {}", folder().display()))?;
    let mut go = run::command("nice", "go build -C hack/peers/cni -trimpath -o");
    go.arg(folder()).arg("tool").env("CGO_ENABLED", "0");
    run::succeed(go)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_told_is_the_release_built() {
        let module = place::text(&place::top().join("hack/peers/cni/go.mod")).unwrap();
        let built = format!("github.com/containernetworking/plugins v{RELEASE} ");
        assert!(module.contains(&built), "{module}");
    }
}
