//! The tools that a tier needs beside the toolchain: exact versions, installed once into the target
//! folder by cargo and pip, so that nothing outside the clone changes.
//!
//! Left to others: what the system's packages bring (`hack/test`).

use crate::{place, run};
use anyhow::{Context as _, Result};
use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

const CARGO_DENY: &str = "0.20.2";
const CARGO_FUZZ: &str = "0.13.2";
const WHEELS: [(&str, &str); 2] = [("typos", "1.52.0"), ("taplo", "0.9.3")];

/// The path of cargo-deny, which reads every package of the lock file, those for other systems too, and asks nothing of
/// the network itself.
pub(crate) fn cargo_deny() -> Result<PathBuf> {
    let program = from_crates_io("cargo-deny", CARGO_DENY)?;
    run::succeed(run::cargo("fetch --quiet --locked"))?;
    Ok(program)
}

/// A `PATH` on which `cargo fuzz` is found.
pub(crate) fn cargo_fuzz() -> Result<OsString> {
    let program = from_crates_io("cargo-fuzz", CARGO_FUZZ)?;
    let first = program.parent().map(Path::to_owned).into_iter();
    let others = env::var_os("PATH").unwrap_or_default();
    env::join_paths(first.chain(env::split_paths(&others))).context("PATH")
}

/// The path of a tool that comes as a Python wheel: `typos` or `taplo`.
pub(crate) fn wheel(name: &str) -> Result<PathBuf> {
    let venv = place::tools().join("venv");
    let program = venv.join("bin").join(name);
    let wanted = WHEELS.map(|(name, version)| format!("{name}=={version}"));
    if is_there(
        &program,
        WHEELS
            .iter()
            .find(|(known, _)| *known == name)
            .map_or("", |it| it.1),
    ) {
        return Ok(program);
    }
    let mut make = run::command("python3", "-m venv");
    make.arg(&venv);
    run::succeed(make)?;
    let mut install = run::command(
        venv.join("bin/pip"),
        "install --quiet --disable-pip-version-check",
    );
    install.args(wanted);
    run::succeed(install)?;
    Ok(program)
}

fn from_crates_io(name: &str, version: &str) -> Result<PathBuf> {
    let root = place::tools();
    let program = root.join("bin").join(name);
    if !is_there(&program, version) {
        let mut install = run::cargo("install --quiet --locked");
        // it runs once: building it quickly counts for more than its speed
        install
            .arg("--debug")
            .arg("--root")
            .arg(&root)
            .args(["--version", version, name]);
        install.env("CARGO_TARGET_DIR", place::target().join("tools-build"));
        run::succeed(install)?;
    }
    Ok(program)
}

/// Whether this program answers `--version` with this version.
fn is_there(program: &Path, version: &str) -> bool {
    let answer = run::output(run::command(program, "--version"));
    answer.is_ok_and(|answer| answer.split_whitespace().any(|word| word == version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_of_another_version_is_not_there() {
        assert!(!is_there(Path::new("cargo"), "0.0.1"));
        assert!(!is_there(Path::new("/no/such/tool"), "1.0.0"));
        assert!(is_there(Path::new("cargo"), "1.95.0"));
    }
}
