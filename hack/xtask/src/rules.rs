//! Which test proves which rule: of discovery (`DISC`), LLDP, the device plugin (`DP`), and of the SR-IOV network
//! device plugin that is taken over (`SDP`). A test names its rule at the start of its name (`disc_03_…`) or in
//! its doc comment (`DISC-03`).
//!
//! Left to others: whether the test would fail if the rule were broken (its author saw that once).

use crate::{place, run};
use anyhow::{Result, bail};
use std::collections::{BTreeMap, BTreeSet};

/// Families of rules and how many each has.
const FAMILIES: [(&str, u32); 5] = [
    ("DISC", 28),
    ("LLDP", 16),
    ("DP", 23),
    ("SDP", 30),
    ("DRA", 37),
];

/// Rules that no test names, a line each: `DISC-99 the reason`.
const WITHOUT_TEST: &str = "hack/rules-without-test.txt";

/// A rule, as `DISC-03`.
type Rule = String;

/// Prints every rule with the tests that name it.
///
/// # Errors
/// When the sources cannot be read.
pub(crate) fn print() -> Result<()> {
    let proofs = proofs()?;
    let excused = excused(&place::text(&place::top().join(WITHOUT_TEST))?)?;
    for rule in rules() {
        match (proofs.get(&rule), excused.get(&rule)) {
            (Some(tests), _) => {
                for test in tests {
                    run::say(&format!("{rule}  {test}"));
                }
            }
            (None, Some(reason)) => run::say(&format!("{rule}  no test: {reason}")),
            (None, None) => run::say(&format!("{rule}  NO TEST")),
        }
    }
    Ok(())
}

/// Compares the rules, the tests and the list of excuses.
///
/// # Errors
/// When a rule has neither test nor excuse, or an excuse is for a rule that has a test or does not
/// exist.
pub(crate) fn check() -> Result<()> {
    let proofs = proofs()?;
    let excused = excused(&place::text(&place::top().join(WITHOUT_TEST))?)?;
    let wrong = compare(&proofs, &excused);
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(())
}

fn compare(
    proofs: &BTreeMap<Rule, BTreeSet<String>>,
    excused: &BTreeMap<Rule, String>,
) -> Vec<String> {
    let rules: BTreeSet<Rule> = rules().collect();
    let mut wrong = Vec::new();
    for rule in &rules {
        match (proofs.contains_key(rule), excused.contains_key(rule)) {
            (false, false) => wrong.push(format!("no test names {rule}")),
            (true, true) => wrong.push(format!("{rule} has a test: take it out of {WITHOUT_TEST}")),
            (true, false) | (false, true) => {}
        }
    }
    let unknown = excused.keys().filter(|rule| !rules.contains(*rule));
    wrong.extend(unknown.map(|rule| format!("{WITHOUT_TEST}: there is no rule {rule}")));
    wrong
}

fn rules() -> impl Iterator<Item = Rule> {
    let family = |(name, last)| (1..=last).map(move |number| format!("{name}-{number:02}"));
    FAMILIES.into_iter().flat_map(family)
}

/// The tests of all our sources, by the rules they name.
fn proofs() -> Result<BTreeMap<Rule, BTreeSet<String>>> {
    let mut proofs: BTreeMap<Rule, BTreeSet<String>> = BTreeMap::new();
    for path in place::files(&place::top(), "rs")? {
        for (rule, test) in named_in(&place::text(&path)?) {
            let shown = format!("{}: {test}", place::relative(&path));
            proofs.entry(rule).or_default().insert(shown);
        }
    }
    Ok(proofs)
}

/// The rules named by the tests of one source text, each with the test's name.
fn named_in(source: &str) -> Vec<(Rule, String)> {
    let mut found = Vec::new();
    let (mut documented, mut is_test) = (Vec::new(), false);
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            documented.extend(ids(text, "-"));
        } else if line.starts_with("#[") {
            is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        } else if let Some(rest) = line.split_once("fn ").filter(|_| is_test).map(|it| it.1) {
            let name = rest.split(['(', '<']).next().unwrap_or(rest);
            let upper = name.to_uppercase();
            let at_start = ids(&upper, "_").into_iter().take(1);
            let at_start: Vec<Rule> = at_start.filter(|id| starts_with(&upper, id)).collect();
            for rule in documented.drain(..).chain(at_start) {
                found.push((rule, name.to_owned()));
            }
            is_test = false;
        } else {
            documented.clear();
            is_test = false;
        }
    }
    found
}

fn starts_with(name: &str, rule: &str) -> bool {
    name.starts_with(&rule.replace('-', "_"))
}

/// Every `DISC-03` (or `DISC_03`) in a text.
fn ids(text: &str, separator: &str) -> Vec<Rule> {
    let mut found = Vec::new();
    for (family, _) in FAMILIES {
        for (place, head) in text.match_indices(&format!("{family}{separator}")) {
            let begin = place + head.len();
            let before = text.get(..place).and_then(|rest| rest.chars().next_back());
            let number = text.get(begin..begin + 2);
            let after = text.get(begin + 2..).and_then(|rest| rest.chars().next());
            // DP-03 is no part of SDP-03
            let whole = !before.is_some_and(|last| last.is_ascii_alphanumeric())
                && !after.is_some_and(|next| next.is_ascii_digit());
            if let Some(number) = number.filter(|it| whole && it.parse::<u8>().is_ok()) {
                found.push(format!("{family}-{number}"));
            }
        }
    }
    found
}

/// The rules of the list of excuses, each with its reason.
fn excused(text: &str) -> Result<BTreeMap<Rule, String>> {
    let mut excused = BTreeMap::new();
    for line in text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        match line.split_once(' ') {
            Some((rule, reason)) if !reason.trim().is_empty() => {
                excused.insert(rule.to_owned(), reason.trim().to_owned());
            }
            _ => bail!("{WITHOUT_TEST}: no reason in `{line}`"),
        }
    }
    Ok(excused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_names_its_rules_by_name_and_doc_comment() {
        let source = "\
            /// Proves DISC-05 and `LLDP-11`.\n#[test]\nfn disc_03_vf_index() {\n}\n\
            #[test]\n#[ignore = \"netns\"]\nfn lldp_01_joins() {}\n\
            /// DISC-07 in prose only\nfn disc_08_not_a_test() {}\n\
            #[tokio::test(start_paused = true)]\nasync fn sdp_07_key_case() {}\n\
            #[test]\nfn keeps_disc_09_inside() {}\n#[test]\nfn disc_123_no_rule() {}\n";
        let found = named_in(source);
        let expected = [
            ("DISC-05", "disc_03_vf_index"),
            ("LLDP-11", "disc_03_vf_index"),
            ("DISC-03", "disc_03_vf_index"),
            ("LLDP-01", "lldp_01_joins"),
            ("SDP-07", "sdp_07_key_case"),
        ];
        assert_eq!(
            found,
            expected.map(|(rule, test)| (rule.to_owned(), test.to_owned()))
        );
    }

    #[test]
    fn a_rule_without_test_or_reason_is_refused_and_so_is_a_stale_excuse() {
        let proofs: BTreeMap<_, _> = rules()
            .filter(|rule| rule != "DISC-28" && rule != "LLDP-02")
            .map(|rule| (rule, BTreeSet::from(["a test".to_owned()])))
            .collect();
        let excused = excused("# why\nLLDP-02 no such hardware\nDISC-01 x\nDISC-99 y\n").unwrap();
        let wrong = compare(&proofs, &excused).join("\n");
        assert_eq!(
            wrong,
            "DISC-01 has a test: take it out of hack/rules-without-test.txt\n\
             no test names DISC-28\n\
             hack/rules-without-test.txt: there is no rule DISC-99"
        );
        assert!(super::excused("DISC-01").is_err());
    }
}
