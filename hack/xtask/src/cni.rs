//! `cargo xtask cni`: the CNI plugin as it is released, in `cni/colvin-cni` of the target folder.
//!
//! It has a cargo call of its own: built together with programs that use tokio its dependencies would
//! get their features. Its C library is musl, which starts at once (`docs/decisions/0012-musl.md`).
//!
//! Left to others: what it does (`cni/`), its figures (`bench`).

use crate::{place, run};
use anyhow::{Context as _, Result, ensure};
use std::{
    env::consts::ARCH,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The program's name.
pub(crate) const NAME: &str = "colvin-cni";

/// The most bytes of the program: it is started for every interface of every pod.
const MOST_BYTES: usize = 2_500_000;

/// Builds it and says how large it is.
///
/// # Errors
/// When it does not build, is too large, or needs a library of the node.
pub(crate) fn make() -> Result<()> {
    let folder = place::target().join("static");
    let triple = triple()?;
    let mut cargo = run::cargo("build --quiet --locked --profile cni --package colvin-cni");
    cargo
        .args(["--target", &triple])
        .arg("--target-dir")
        .arg(&folder);
    cargo.env("RUSTFLAGS", "-C target-feature=+crt-static");
    run::succeed(cargo)?;
    let built = folder.join(&triple).join("cni/colvin-cni");
    let bytes = fs::read(&built).with_context(|| format!("reading {}", built.display()))?;
    ensure!(
        bytes.len() <= MOST_BYTES,
        "colvin-cni has {} bytes, and {MOST_BYTES} are allowed",
        bytes.len()
    );
    ensure!(
        !needs_loader(&bytes).context("colvin-cni is no 64-bit ELF program")?,
        "colvin-cni needs a loader and libraries of the node"
    );
    let to = program();
    publish(&built, &to)?;
    run::say(&format!(
        "{}: {} bytes, static, for {triple}",
        place::relative(&to),
        bytes.len()
    ));
    Ok(())
}

/// What it is built for: musl, and glibc where this Rust cannot get the standard library for musl, as one of a
/// distribution without rustup may not. That program does the same and starts later.
fn triple() -> Result<String> {
    let musl = format!("{ARCH}-unknown-linux-musl");
    if has_library(&musl)? {
        return Ok(musl);
    }
    let mut rustup = run::command("timeout", "120 rustup target add");
    rustup.arg(&musl);
    if succeeds(rustup) && has_library(&musl)? {
        return Ok(musl);
    }
    run::complain(&format!(
        "no standard library for {musl}, and rustup did not bring it: {NAME} is built for glibc and takes half a \
         millisecond more to start"
    ));
    Ok(format!("{ARCH}-unknown-linux-gnu"))
}

/// Whether this Rust has the standard library for a target.
fn has_library(target: &str) -> Result<bool> {
    let mut rustc = run::command("rustc", "--print target-libdir --target");
    let said = rustc.arg(target).output().context("starting rustc")?;
    let folder = String::from_utf8_lossy(&said.stdout);
    Ok(Path::new(folder.trim()).is_dir() && said.status.success())
}

/// Whether a command can be started and ends well.
fn succeeds(mut command: Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}

/// Where it is left.
pub(crate) fn program() -> PathBuf {
    place::target().join("cni/colvin-cni")
}

/// Puts it in its place by renaming: one that runs at this moment is not written to.
fn publish(built: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().context("the target folder")?;
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let new = folder.join(".colvin-cni.new");
    fs::copy(built, &new).with_context(|| format!("writing {}", new.display()))?;
    fs::rename(&new, to).with_context(|| format!("writing {}", to.display()))
}

/// Whether a little-endian ELF64 program names an interpreter (`PT_INTERP`); `None` when it is none.
fn needs_loader(elf: &[u8]) -> Option<bool> {
    const INTERP: u32 = 3;
    let short = |at: usize| Some(u16::from_le_bytes(elf.get(at..at + 2)?.try_into().ok()?));
    let long = |at: usize| Some(u64::from_le_bytes(elf.get(at..at + 8)?.try_into().ok()?));
    if elf.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let table = usize::try_from(long(32)?).ok()?;
    let (size, count) = (usize::from(short(54)?), usize::from(short(56)?));
    let mut found = false;
    for index in 0..count {
        let at = table.checked_add(size.checked_mul(index)?)?;
        let kind = elf.get(at..at.checked_add(4)?)?;
        found |= u32::from_le_bytes(kind.try_into().ok()?) == INTERP;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ELF64 header with one program header of this type behind it.
    fn program_of(kind: u32) -> Vec<u8> {
        let mut elf = vec![0; 64 + 56];
        elf[..6].copy_from_slice(b"\x7fELF\x02\x01");
        elf[32..40].copy_from_slice(&64_u64.to_le_bytes()); // where the program headers are
        elf[54..56].copy_from_slice(&56_u16.to_le_bytes()); // the size of each
        elf[56..58].copy_from_slice(&1_u16.to_le_bytes()); // how many
        elf[64..68].copy_from_slice(&kind.to_le_bytes());
        elf
    }

    #[test]
    fn a_program_that_names_an_interpreter_needs_a_loader() {
        assert_eq!(needs_loader(&program_of(3)), Some(true));
        assert_eq!(needs_loader(&program_of(1)), Some(false));
        assert_eq!(needs_loader(&program_of(1)[..100]), Some(false));
        assert_eq!(needs_loader(&program_of(1)[..66]), None);
        assert_eq!(needs_loader(b"#!/bin/sh\n"), None);
    }
}
