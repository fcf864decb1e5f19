//! Rules for source files that no linter knows: how long they are, how they open, where tests of a
//! tier stand, and that nothing is left open.
//!
//! Left to others: what clippy can say.

use crate::{place, run};
use anyhow::{Result, bail};
use std::path::Path;

/// More lines than this are mentioned, more than the second number are refused.
const LONG_LINES: usize = 300;
const MOST_LINES: usize = 500;

/// Words that say something was left open; put together here so that this file has none of them.
const LEFT_OPEN: [&str; 4] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("to", "do!("),
];

/// Looks at every `.rs` file below the top.
///
/// # Errors
/// Names each file and rule.
pub(super) fn check() -> Result<()> {
    let mut wrong = Vec::new();
    for path in place::files(&place::top(), "rs")? {
        let (name, text) = (place::relative(&path), place::text(&path)?);
        if text
            .lines()
            .next()
            .is_some_and(|line| line.contains("@generated"))
        {
            continue;
        }
        let lines = text.lines().count();
        if (LONG_LINES + 1..=MOST_LINES).contains(&lines) {
            run::complain(&format!("{name} has {lines} lines: split it by kind"));
        }
        wrong.extend(faults(Path::new(&name), &text));
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(())
}

/// What is wrong with one file.
fn faults(name: &Path, text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let shown = name.display();
    let lines = text.lines().count();
    if lines > MOST_LINES {
        wrong.push(format!("{shown}: {lines} lines, more than {MOST_LINES}"));
    }
    if !text.lines().take(3).any(|line| line.starts_with("//!")) {
        wrong.push(format!(
            "{shown}: does not open with `//!` (what this room is for)"
        ));
    }
    if name.ends_with("mod.rs") {
        wrong.push(format!("{shown}: a module's file is named after it"));
    }
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(fault) = ignored_fault(name, line.trim_start()) {
            wrong.push(format!("{shown}:{number}: {fault}"));
        }
        if LEFT_OPEN.iter().any(|word| line.contains(word)) {
            wrong.push(format!("{shown}:{number}: something is left open"));
        }
    }
    wrong
}

/// A test that plain `cargo test` leaves out says which tier runs it, and stands where that tier
/// looks.
fn ignored_fault(name: &Path, line: &str) -> Option<String> {
    let rest = line.strip_prefix("#[ignore")?;
    let Some(tier) = ["netns", "vm", "kube", "nodes"]
        .into_iter()
        .find(|tier| rest == format!(" = \"{tier}\"]"))
    else {
        return Some(
            "an ignored test names its tier: \"netns\", \"vm\", \"kube\" or \"nodes\"".to_owned(),
        );
    };
    // the file itself, or a module of it in the folder of its name
    let mut parts = name.iter().skip_while(|part| *part != "tests").skip(1);
    let prefix = format!("{tier}_");
    let stands = parts
        .next()
        .is_some_and(|part| part.to_string_lossy().starts_with(&prefix));
    (!stands).then(|| format!("a test of tier {tier} stands in tests/{tier}_*.rs, or never runs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(name: &str, text: &str) -> Vec<String> {
        faults(Path::new(name), text)
    }

    #[test]
    fn a_file_by_the_rules_has_no_fault() {
        let text = "//! For this.\n#[ignore = \"netns\"]\nfn f() {}\n";
        assert_eq!(faults_of("kernel/tests/netns_links.rs", text), [""; 0]);
    }

    #[test]
    fn each_rule_is_held() {
        let long = format!("//! long\n{}", "\n".repeat(500));
        assert_eq!(
            faults_of("a/src/long.rs", &long),
            ["a/src/long.rs: 501 lines, more than 500"]
        );
        assert_eq!(faults_of("a/src/bare.rs", "\n\n\n//! late\n").len(), 1);
        assert_eq!(faults_of("a/src/b/mod.rs", "//! b\n").len(), 1);
        assert_eq!(
            faults_of("a/src/b.rs", concat!("//! b\n// TO", "DO: more\n")).len(),
            1
        );
    }

    #[test]
    fn an_ignored_test_stands_where_its_tier_looks() {
        let faults = |name, line| faults_of(name, &format!("//! x\n{line}\n")).len();
        assert_eq!(faults("a/tests/x.rs", "#[ignore]"), 1);
        assert_eq!(faults("a/tests/x.rs", "#[ignore = \"slow\"]"), 1);
        assert_eq!(faults("a/tests/x.rs", "#[ignore = \"vm\"]"), 1);
        assert_eq!(faults("a/src/vm_x.rs", "#[ignore = \"vm\"]"), 1);
        assert_eq!(faults("a/tests/x/vm_x.rs", "#[ignore = \"vm\"]"), 1);
        assert_eq!(faults("a/tests/vm_x.rs", "    #[ignore = \"vm\"]"), 0);
        assert_eq!(faults("a/tests/vm_x/part.rs", "#[ignore = \"vm\"]"), 0);
        assert_eq!(faults("a/tests/kube_x.rs", "#[ignore = \"kube\"]"), 0);
        assert_eq!(faults("a/tests/kube_x.rs", "#[ignore = \"vm\"]"), 1);
    }
}
