//! The tiers that need more than a plain process: tests marked `#[ignore = "netns"]` in files named
//! `tests/netns_*.rs`, and `#[ignore = "vm"]` in `tests/vm_*.rs`.
//!
//! Left to others: that a marked test is in such a file (`check/sources.rs`).

use crate::{
    all::RedRun,
    place,
    run::{self, Count},
};
use anyhow::{Context as _, Result, bail};
use std::path::Path;

/// Runs every test file of this tier; a file in which no test ran is red, and so is a tier without
/// files.
///
/// # Errors
/// When one is red.
pub(crate) fn run(tier: &str) -> Result<Count> {
    let mut count = Count::default();
    let mut wrong = Vec::new();
    let files = test_files(tier)?;
    if files.is_empty() {
        bail!("there is no tests/{tier}_*.rs");
    }
    if tier == "vm" {
        // what the tests carry into the guest
        run::succeed(run::cargo("build --release --package colvin"))?;
    }
    let apart = tier == "netns" && !run::is_root()?;
    for TestFile { package, name } in files {
        let test = format!("test --package {package} --test {name}");
        let threads = if tier == "vm" { "--test-threads=1" } else { "" };
        let mut command = run::cargo(&format!("{test} -- --ignored {threads}"));
        if apart {
            // build outside: only the run needs to be root of its own namespaces
            run::succeed(run::cargo(&format!("{test} --no-run")))?;
            let words = format!("--map-root-user --net cargo {test} -- --ignored {threads}");
            command = run::command("unshare", &words);
        }
        let (ran, succeeded) = run::counted(command)?;
        count = count.plus(ran);
        if !succeeded {
            wrong.push(format!("{package}: tests/{name}.rs is red"));
        } else if ran.total() == 0 {
            wrong.push(format!("{package}: no test of tests/{name}.rs ran"));
        }
    }
    if !wrong.is_empty() {
        bail!(RedRun {
            count,
            why: wrong.join("\n")
        });
    }
    Ok(count)
}

struct TestFile {
    package: String,
    name: String,
}

/// The test files of a tier, by the manifest of the package they are in.
fn test_files(tier: &str) -> Result<Vec<TestFile>> {
    let mut found = Vec::new();
    for path in place::files(&place::top(), "rs")? {
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else {
            continue;
        };
        let Some(folder) = path.parent().filter(|dir| dir.ends_with("tests")) else {
            continue;
        };
        if !name.starts_with(&format!("{tier}_")) {
            continue;
        }
        let manifest = folder.with_file_name("Cargo.toml");
        let package = package_name(&manifest)?;
        found.push(TestFile {
            package,
            name: name.to_owned(),
        });
    }
    Ok(found)
}

fn package_name(manifest: &Path) -> Result<String> {
    let text = place::text(manifest)?;
    let line = text.lines().find_map(|line| line.strip_prefix("name = "));
    let name = line.with_context(|| format!("no name in {}", manifest.display()))?;
    Ok(name.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_known_by_its_manifest() {
        let name = package_name(&place::top().join("lldp/Cargo.toml")).unwrap();
        assert_eq!(name, "lldp-rs");
        assert!(package_name(Path::new("/no/such/Cargo.toml")).is_err());
    }
}
