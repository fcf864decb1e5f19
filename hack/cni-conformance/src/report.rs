//! The results as a table for people and as JSON for programs.
//!
//! Left to others: the page that is made of several runs (`cargo xtask conformance`).

use crate::{
    subject::Subject,
    suite::{Case, Ran},
    verdict::{Wrong, one_line},
};
use serde_json::{Value, json};

/// How many cases ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) not_applicable: usize,
    pub(crate) broken: usize,
}

impl Count {
    pub(crate) fn of(ran: &[Ran]) -> Self {
        let mut count = Self::default();
        for ran in ran {
            match &ran.verdict {
                Ok(()) => count.passed += 1,
                Err(Wrong::Fails(_)) => count.failed += 1,
                Err(Wrong::NotApplicable(_)) => count.not_applicable += 1,
                Err(Wrong::Broken(_)) => count.broken += 1,
            }
        }
        count
    }

    /// What the program ends with.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self { broken: 1.., .. } => 2,
            Self { failed: 1.., .. } => 1,
            Self { passed: 0, .. } => 2,
            Self { .. } => 0,
        }
    }
}

impl Ran {
    /// A word for the end, and why.
    fn end(&self) -> (&'static str, String) {
        match &self.verdict {
            Ok(()) => ("pass", String::new()),
            Err(Wrong::Fails(seen)) => ("FAIL", seen.clone()),
            Err(Wrong::NotApplicable(reason)) => ("n/a", reason.clone()),
            Err(Wrong::Broken(error)) => ("BROKEN", format!("{error:#}")),
        }
    }
}

/// One line of the table.
pub(crate) fn line(ran: &Ran) -> String {
    let (word, why) = ran.end();
    let sentence = ran.case.name.replace('_', " ");
    let line = format!("{word:<6} {:<14} {sentence}", ran.case.rule);
    if why.is_empty() {
        return line;
    }
    format!("{line}\n       {:<14}   {}", "", one_line(&why))
}

/// The last line of the table.
pub(crate) fn summary(subject: &Subject, count: Count) -> String {
    let Count {
        passed,
        failed,
        not_applicable,
        broken,
    } = count;
    format!(
        "{} as {}: {passed} passed, {failed} failed, {not_applicable} not applicable, {broken} broken",
        subject.title,
        subject.kind.name()
    )
}

/// Everything, for programs.
pub(crate) fn json(subject: &Subject, ran: &[Ran]) -> Value {
    let count = Count::of(ran);
    let cases = ran.iter().map(|ran| {
        let (word, why) = ran.end();
        json!({
            "rule": ran.case.rule,
            "name": ran.case.name,
            "result": word.to_lowercase(),
            "why": why,
            "milliseconds": u64::try_from(ran.took.as_millis()).unwrap_or(u64::MAX),
        })
    });
    json!({
        "plugin": subject.title,
        "kind": subject.kind.name(),
        "with": subject.with,
        "passed": count.passed,
        "failed": count.failed,
        "notApplicable": count.not_applicable,
        "broken": count.broken,
        "cases": cases.collect::<Vec<Value>>(),
    })
}

/// A case, for `--list`.
pub(crate) fn listed(case: &Case) -> String {
    let needs: Vec<String> = case.needs.iter().map(|need| format!("{need:?}")).collect();
    let sentence = case.name.replace('_', " ");
    let line = format!("{:<14} {sentence}", case.rule);
    if needs.is_empty() {
        return line;
    }
    format!("{line} [{}]", needs.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_in_which_nothing_passed_is_no_success() {
        let count = |passed, failed, broken| Count {
            passed,
            failed,
            broken,
            not_applicable: 5,
        };
        assert_eq!(count(3, 0, 0).exit_code(), 0);
        assert_eq!(count(3, 1, 0).exit_code(), 1);
        assert_eq!(count(3, 1, 1).exit_code(), 2);
        assert_eq!(count(0, 0, 0).exit_code(), 2);
    }
}
