//! That `docs/dependencies.md` has one row for each crate in `[workspace.dependencies]` that is not
//! ours, and none for another.
//!
//! Left to others: whether the reason is a good one.

use crate::place;
use anyhow::{Result, bail};
use std::collections::BTreeSet;

const PAGE: &str = "docs/dependencies.md";

/// Compares the page with the manifest.
///
/// # Errors
/// Names each crate that one has and the other has not.
pub(super) fn check() -> Result<()> {
    let manifest = place::text(&place::top().join("Cargo.toml"))?;
    let page = place::text(&place::top().join(PAGE))?;
    let wrong = compare(&declared(&manifest), &explained(&page));
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(())
}

fn compare(declared: &BTreeSet<&str>, explained: &[&str]) -> Vec<String> {
    let mut wrong = Vec::new();
    for name in declared {
        match explained.iter().filter(|row| *row == name).count() {
            0 => wrong.push(format!("{PAGE} has no reason for {name}")),
            1 => {}
            _ => wrong.push(format!("{PAGE} has more than one row for {name}")),
        }
    }
    let stale = explained.iter().filter(|row| !declared.contains(*row));
    wrong.extend(stale.map(|row| format!("{PAGE}: nothing uses {row}")));
    wrong
}

/// Other people's crates in `[workspace.dependencies]`: ours have a path.
fn declared(manifest: &str) -> BTreeSet<&str> {
    section(manifest, "[workspace.dependencies]", "[")
        .filter_map(|line| line.split_once(" = "))
        .filter(|(name, value)| !name.starts_with('#') && !value.contains("path ="))
        .map(|(name, _)| name)
        .collect()
}

/// The first column of the table of used crates.
fn explained(page: &str) -> Vec<&str> {
    section(page, "## Used", "## ")
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name)
        .collect()
}

/// The lines after `head`, up to the next that starts with `next`.
fn section<'t>(text: &'t str, head: &'t str, next: &'t str) -> impl Iterator<Item = &'t str> {
    let after = text.lines().skip_while(move |line| *line != head).skip(1);
    after.take_while(move |line| !line.starts_with(next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_without_row_and_a_row_without_crate_are_named() {
        let manifest = "[workspace.dependencies]\n# ours\ncolvin-model = { path = \"model\" }\n\
                        anyhow = \"1\"\nlibc = { version = \"0.2\" }\n[profile.dev]\ndebug = 1\n";
        let page =
            "## Used\n| crate | for |\n| `anyhow` | errors |\n| `nix` | x |\n## Not\n| `b` |\n";
        assert_eq!(
            compare(&declared(manifest), &explained(page)),
            [
                "docs/dependencies.md has no reason for libc",
                "docs/dependencies.md: nothing uses nix"
            ]
        );
    }
}
