//! The scoreboard as a page: totals, every case, and why each plugin fails what it fails.
//!
//! Left to others: the runs.

use super::Score;
use crate::{cni_peers, place};
use anyhow::{Result, bail};
use std::fmt::Write as _;

const HEAD: &str = "\
# CNI conformance

<!-- Made by `cargo xtask conformance` from a run; not edited by hand. -->

What `hack/cni-conformance` says of colvin-cni and of the reference plugins, run three at a time on one machine. The suite is
a black box: it calls each plugin as a runtime does, and looks at links, addresses and leases from outside. What a rule's id
means, and how to run the suite over another plugin, is in its [README](../hack/cni-conformance/README.md).

A host device is the end of a veth here, and the kernel of this run has no links of the kinds that are said to be missing: their
cases are `n/a`, with the reason, and run where the kernel has them.

";

/// The page.
///
/// # Errors
/// When the runs are not of the same cases.
pub(super) fn of(scores: &[Score]) -> Result<String> {
    let mut page = HEAD.to_owned();
    totals(&mut page, scores)?;
    cases(&mut page, scores)?;
    reasons(&mut page, scores)?;
    page.truncate(page.trim_end().len());
    page.push('\n');
    Ok(page)
}

/// `colvin-cni`, or a reference plugin with its release, and what it was run as.
fn title(score: &Score) -> String {
    let kind = score.member("kind").as_str().unwrap_or_default();
    if score.ours {
        return format!("{} as {kind}", score.plugin);
    }
    format!("{} {}", score.plugin, cni_peers::RELEASE)
}

fn totals(page: &mut String, scores: &[Score]) -> Result<()> {
    page.push_str("| plugin | passed | failed | not applicable |\n| --- | ---: | ---: | ---: |\n");
    for score in scores {
        let (passed, failed) = (score.count("passed"), score.count("failed"));
        let rest = score.count("notApplicable");
        writeln!(page, "| {} | {passed} | {failed} | {rest} |", title(score))?;
    }
    Ok(())
}

fn cases(page: &mut String, scores: &[Score]) -> Result<()> {
    page.push_str("\n## Every case\n\n| rule | case |");
    for score in scores {
        write!(page, " {} |", title(score))?;
    }
    page.push_str("\n| --- | --- |");
    page.push_str(&" :-: |".repeat(scores.len()));
    page.push('\n');
    let Some(first) = scores.first() else {
        bail!("nothing was run");
    };
    for (place, case) in first.cases().enumerate() {
        let name = case["name"].as_str().unwrap_or_default();
        let rule = case["rule"].as_str().unwrap_or_default();
        write!(page, "| {rule} | {} |", name.replace('_', " "))?;
        for score in scores {
            match score.cases().nth(place) {
                Some(its) if its["name"] == name => write!(page, " {} |", mark(&its["result"]))?,
                _ => bail!("{} was not asked {name}", title(score)),
            }
        }
        page.push('\n');
    }
    Ok(())
}

fn mark(result: &serde_json::Value) -> &'static str {
    match result.as_str() {
        Some("pass") => "✓",
        Some("fail") => "✗",
        Some("n/a") => "n/a",
        _ => "?",
    }
}

fn reasons(page: &mut String, scores: &[Score]) -> Result<()> {
    page.push_str("\n## Why\n");
    for score in scores {
        writeln!(page, "\n### {}\n", title(score))?;
        let failed = score.cases().filter(|case| case["result"] == "fail");
        let mut none = true;
        for case in failed {
            none = false;
            let text = |member: &str| case[member].as_str().unwrap_or_default();
            let (rule, sentence) = (text("rule"), text("name").replace('_', " "));
            writeln!(page, "- {rule}, {sentence}: `{}`", steady(text("why")))?;
        }
        if none {
            page.push_str("It fails none.\n");
        }
        not_applicable(page, score)?;
    }
    Ok(())
}

/// The reasons for cases that do not apply, each once with how many cases it is for.
fn not_applicable(page: &mut String, score: &Score) -> Result<()> {
    let mut counts: Vec<(&str, u32)> = Vec::new();
    for case in score.cases().filter(|case| case["result"] == "n/a") {
        let why = case["why"].as_str().unwrap_or_default();
        match counts.iter_mut().find(|(its, _)| *its == why) {
            Some((_, count)) => *count += 1,
            None => counts.push((why, 1)),
        }
    }
    if counts.is_empty() {
        return Ok(());
    }
    let shown: Vec<String> = counts
        .iter()
        .map(|(why, count)| format!("{why} ({count})"))
        .collect();
    writeln!(page, "\nNot applicable: {}.", shown.join("; "))?;
    Ok(())
}

/// What was seen, without what is another at each run or on each machine: MAC addresses, process ids, folders of
/// a run, where the workspace is.
fn steady(why: &str) -> String {
    let target = place::target().display().to_string();
    let mut words = Vec::new();
    for word in why.replace('`', "'").replace(&target, "target").split(' ') {
        words.push(steady_word(word));
    }
    words.join(" ")
}

fn steady_word(word: &str) -> String {
    for (head, end) in [
        ("/tmp/cni-conformance-", &[' ', '/', ']', ':', '"'][..]),
        ("/proc/", &['/']),
    ] {
        if let Some((before, rest)) = word.split_once(head) {
            let after = rest
                .find(end)
                .and_then(|place| rest.get(place..))
                .unwrap_or_default();
            return format!("{before}{head}…{after}");
        }
    }
    without_mac(word)
}

/// A word with every `xx:xx:xx:xx:xx:xx` in it as `…`.
fn without_mac(word: &str) -> String {
    const LENGTH: usize = 17;
    let is_mac = |text: &str| {
        let pairs: Vec<&str> = text.split(':').collect();
        let hex = |pair: &&str| pair.len() == 2 && pair.chars().all(|it| it.is_ascii_hexdigit());
        pairs.len() == 6 && pairs.iter().all(hex)
    };
    for place in 0..word.len() {
        if let Some(text) = word.get(place..place + LENGTH)
            && is_mac(text)
        {
            let (before, after) = (word.get(..place), word.get(place + LENGTH..));
            let rest = without_mac(after.unwrap_or_default());
            return format!("{}…{rest}", before.unwrap_or_default());
        }
    }
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_another_at_each_run_is_not_on_the_page() {
        let why = "pod0 now has net1 (macvlan 4e:77:6c:8f:cd:ca mtu 1500) {\"mac\":\"4e:77:6c:8f:cd:ca\"} \
                   in [/tmp/cni-conformance-OJbYNz /x] \"/proc/122/ns/net\"";
        let expected = "pod0 now has net1 (macvlan … mtu 1500) {\"mac\":\"…\"} \
                        in [/tmp/cni-conformance-… /x] \"/proc/…/ns/net\"";
        assert_eq!(steady(why), expected);
        let built = place::target().join("peers/cni");
        let why = format!("in path [/x {}]", built.display());
        assert_eq!(steady(&why), "in path [/x target/peers/cni]");
    }

    #[test]
    fn every_case_has_a_mark_for_every_plugin_and_every_failure_its_reason() {
        let score = |plugin: &str, ours, result: &str, why: &str| Score {
            plugin: plugin.to_owned(),
            ours,
            results: json!({"kind": "macvlan", "passed": 1, "failed": 0, "notApplicable": 0, "cases": [
                {"rule": "CNI-P4", "name": "a_b", "result": result, "why": why},
            ]}),
        };
        let ours = score("colvin-cni", true, "pass", "");
        let page = of(&[ours, score("macvlan", false, "fail", "ADD succeeded")]).unwrap();
        assert!(page.contains("| CNI-P4 | a b | ✓ | ✗ |"), "{page}");
        assert!(page.contains("- CNI-P4, a b: `ADD succeeded`"), "{page}");
        assert!(page.contains("It fails none."), "{page}");
        let mut other = score("macvlan", false, "pass", "");
        other.results["cases"][0]["name"] = json!("c_d");
        assert!(of(&[score("colvin-cni", true, "pass", ""), other]).is_err());
    }
}
