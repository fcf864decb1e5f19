//! The first tier: what can be said without running a test. Every step runs, so that one look shows
//! everything that is wrong.
//!
//! Left to others: behaviour (the other tiers).

mod dependencies;
mod floors;
mod sources;

use crate::{pci_ids, place, rules, run, tools};
use anyhow::{Result, bail};

/// A step: its name and what it does.
type Step = (&'static str, fn() -> Result<()>);

/// Runs every step.
///
/// # Errors
/// Names the steps that are red.
pub(crate) fn run() -> Result<()> {
    let steps: [Step; 11] = [
        ("form", || run::succeed(run::cargo("fmt --all --check"))),
        ("lints", lints),
        ("docs", docs),
        ("deny", deny),
        ("floors", floors::check),
        ("dependencies", dependencies::check),
        ("spelling", || tool_at_the_top("typos", "")),
        ("toml", || tool_at_the_top("taplo", "fmt --check")),
        ("sources", sources::check),
        ("pci-ids", pci_ids::check),
        ("rules", rules::check),
    ];
    let mut wrong = Vec::new();
    for (name, step) in steps {
        run::say(&format!("-- {name}"));
        if let Err(error) = step() {
            run::complain(&format!("{name}: {error:#}"));
            wrong.extend(
                format!("{error:#}")
                    .lines()
                    .map(|line| format!("{name}: {line}")),
            );
        }
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(())
}

fn lints() -> Result<()> {
    run::succeed(run::cargo(
        "clippy --quiet --workspace --all-targets -- -D warnings",
    ))
}

fn docs() -> Result<()> {
    let mut command = run::cargo("doc --quiet --workspace --no-deps");
    command.env("RUSTDOCFLAGS", "-D warnings");
    run::succeed(command)
}

fn deny() -> Result<()> {
    // a wrapper in deny.toml says who may use a crate, not that it does
    let what = "--offline --workspace check -A unused-wrapper bans licenses sources";
    run::succeed(run::command(tools::cargo_deny()?, what))
}

fn tool_at_the_top(name: &str, arguments: &str) -> Result<()> {
    let mut command = run::command(tools::wheel(name)?, arguments);
    command
        .arg("--config")
        .arg(place::top().join(format!("{name}.toml")));
    run::succeed(command)
}
