//! A short smoke of every fuzz target in `lldp/fuzz`, from its seeds, on the stable toolchain
//! (without a sanitizer: the decoders are safe Rust, so a panic is what there is to find).
//!
//! Left to others: hours of it (the nightly list of `CONTRIBUTING.md`).

use crate::{place, run, tools};
use anyhow::{Context as _, Result, bail};
use std::fs;

/// Seconds for each target, unless told otherwise.
pub(crate) const SECONDS: u32 = 20;

/// A few lines of output, and an end to what a decoder may keep.
const LIBFUZZER: [&str; 3] = ["-print_final_stats=1", "-verbosity=0", "-rss_limit_mb=512"];

/// What libFuzzer counted: `executed_units: 50033, ...`.
fn statistics(told: &str) -> String {
    let counted = told
        .lines()
        .filter_map(|line| line.strip_prefix("stat::number_of_"));
    let most = told
        .lines()
        .filter_map(|line| line.strip_prefix("stat::peak_"));
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    counted
        .chain(most)
        .map(words)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Builds and runs each target for that long.
///
/// # Errors
/// When a target finds something, has no seeds, or there is no target.
pub(crate) fn run(seconds: u32) -> Result<()> {
    let folder = place::top().join("lldp/fuzz");
    let targets = folder.join("fuzz_targets");
    if !targets.is_dir() {
        bail!("there is no {}", place::relative(&targets));
    }
    let path = tools::cargo_fuzz()?;
    let build = place::target().join("fuzz");
    let mut wrong = Vec::new();
    let files = place::files(&targets, "rs")?;
    for file in &files {
        let name = file
            .file_stem()
            .and_then(|name| name.to_str())
            .context("a target's name")?;
        let seeds = folder.join("seeds").join(name);
        if fs::read_dir(&seeds).map_or(0, Iterator::count) == 0 {
            wrong.push(format!(
                "{name} has no seeds in {}",
                place::relative(&seeds)
            ));
            continue;
        }
        // what is found goes to a folder of this build; the seeds stay as they are
        let corpus = build.join("corpus").join(name);
        fs::create_dir_all(&corpus).with_context(|| format!("making {}", corpus.display()))?;
        let mut command = run::cargo("fuzz run -s none");
        command
            .arg("--fuzz-dir")
            .arg(&folder)
            .arg("--target-dir")
            .arg(&build);
        command.arg(name).args([&corpus, &seeds]).arg("--");
        command
            .arg(format!("-max_total_time={seconds}"))
            .args(LIBFUZZER)
            .env("PATH", &path);
        match run::output_and_errors(command) {
            Ok(told) => run::say(&format!("{name}: {}", statistics(&told))),
            Err(error) => wrong.push(format!("{error:#}")),
        }
    }
    if files.is_empty() {
        bail!("there is no fuzz target in {}", place::relative(&targets));
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(())
}
