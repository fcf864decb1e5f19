//! The peers: two built from their own sources in `hack/peers`, three from the system's packages. One
//! that is missing is an error.
//!
//! Left to others: what they are asked to do.

use crate::{place, run};
use anyhow::{Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Builds ghw's and nispor's programs, and looks whether the others are there.
///
/// # Errors
/// When one cannot be built or is missing.
pub(super) fn build() -> Result<()> {
    let folder = place::target().join("peers");
    fs::create_dir_all(&folder)?;
    let mut go = run::command("go", "build -C hack/peers/ghw -o");
    go.arg(ghw()).arg(".");
    run::succeed(go)?;
    let manifest = "--manifest-path hack/peers/nispor/Cargo.toml";
    let mut cargo = run::cargo(&format!("build --quiet --release --locked {manifest}"));
    cargo.arg("--target-dir").arg(folder.join("nispor"));
    run::succeed(cargo)?;
    for program in ["lspci", "lshw", "lldpcli"] {
        packaged(program)?;
    }
    Ok(())
}

pub(super) fn ghw() -> PathBuf {
    place::target().join("peers/ghw")
}

pub(super) fn nispor() -> PathBuf {
    place::target().join("peers/nispor/release/peer-nispor")
}

/// The path of a program that a package brings; `/usr/sbin` is not on everybody's `PATH`.
///
/// # Errors
/// When it is nowhere.
pub(super) fn packaged(program: &str) -> Result<PathBuf> {
    let folders = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];
    let mut places = folders.iter().map(|folder| Path::new(folder).join(program));
    match places.find(|path| path.exists()) {
        Some(path) => Ok(path),
        None => bail!("the peer {program} is missing (hack/test installs it)"),
    }
}
