//! That the floors of `deny.toml` hold: a copy of the workspace's manifests passes, and the same
//! copy with one dependency against the floors is refused by name.
//!
//! Left to others: the floors themselves (`deny.toml`).

use crate::{place, run, tools};
use anyhow::{Context as _, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Breaches that must be refused: the folder of a crate, and the crate it must not use.
const BREACHES: [(&str, &str); 4] = [
    ("model", "lldp-rs"),
    ("crds", "colvin-kernel"),
    ("lldp", "clap"),
    ("hack/xtask", "colvin-discovery"),
];

/// Tries each breach on a copy.
///
/// # Errors
/// When the copy without a breach is refused, or one with a breach is not.
pub(super) fn check() -> Result<()> {
    testkit_is_for_tests_only()?;
    let copy = Copy::make()?;
    if let Some(told) = copy.refusal()? {
        bail!("the floors refuse the workspace as it is:\n{told}");
    }
    for (folder, forbidden) in BREACHES {
        let manifest = copy.top.path().join(folder).join("Cargo.toml");
        let intact = place::text(&manifest)?;
        let line = format!("[dependencies]\n{forbidden}.workspace = true\n");
        let broken = intact.replacen("[dependencies]\n", &line, 1);
        fs::write(&manifest, broken).with_context(|| format!("writing {folder}'s manifest"))?;
        match copy.refusal()? {
            Some(told) if told.contains(forbidden) => run::say(&format!(
                "refused, as it should be: {folder} on {forbidden}"
            )),
            Some(told) => bail!("{folder} on {forbidden} fails, but not by its name:\n{told}"),
            None => bail!("deny.toml lets {folder} depend on {forbidden}"),
        }
        fs::write(&manifest, intact).with_context(|| format!("writing {folder}'s manifest"))?;
    }
    Ok(())
}

/// cargo-deny does not tell kinds of dependencies apart: `colvin-testkit` is for tests and chores.
fn testkit_is_for_tests_only() -> Result<()> {
    for manifest in manifests()? {
        let text = place::text(&manifest)?;
        let mut section = "";
        for line in text.lines() {
            if line.starts_with('[') {
                section = line;
            }
            let is_a_tool = place::relative(&manifest).starts_with("hack");
            let shipped = section == "[dependencies]" && !is_a_tool;
            if shipped && line.starts_with("colvin-testkit") {
                bail!("{} ships colvin-testkit", place::relative(&manifest));
            }
        }
    }
    Ok(())
}

/// The manifests of the workspace's members.
fn manifests() -> Result<Vec<PathBuf>> {
    let top = place::top();
    let all = place::files(&top, "toml")?;
    let mut found = Vec::new();
    for path in all {
        let member = path.ends_with("Cargo.toml")
            && path.parent() != Some(top.as_path())
            && !path.starts_with(top.join("hack/peers"))
            && !path.starts_with(top.join("lldp/fuzz"));
        if member {
            found.push(path);
        }
    }
    Ok(found)
}

/// The manifests of the workspace with an empty source file for each target.
struct Copy {
    top: tempfile::TempDir,
}

impl Copy {
    fn make() -> Result<Self> {
        let top = tempfile::tempdir().context("making a folder for the copy")?;
        let copy = |from: &Path| -> Result<PathBuf> {
            let to = top.path().join(place::relative(from));
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
            }
            fs::copy(from, &to).with_context(|| format!("copying {}", from.display()))?;
            Ok(to)
        };
        for name in ["Cargo.toml", "Cargo.lock", "deny.toml"] {
            copy(&place::top().join(name))?;
        }
        for manifest in manifests()? {
            let source = copy(&manifest)?.with_file_name("src");
            fs::create_dir_all(&source).with_context(|| source.display().to_string())?;
            let ours = manifest.with_file_name("src");
            let kind = if ours.join("lib.rs").exists() {
                "lib.rs"
            } else {
                "main.rs"
            };
            fs::write(source.join(kind), "").with_context(|| source.display().to_string())?;
        }
        Ok(Self { top })
    }

    /// What cargo-deny says against the copy, or `None` when it passes.
    fn refusal(&self) -> Result<Option<String>> {
        let mut command = run::command(tools::cargo_deny()?, "--offline --workspace check bans");
        command.current_dir(self.top.path());
        let output = command.output().context("starting cargo-deny")?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok((!output.status.success()).then_some(told))
    }
}
