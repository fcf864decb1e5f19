//! A case, the list of all, and running them one after the other.
//!
//! Left to others: what each case asserts (`cases/`), and the reports.

use crate::{
    bed::Bed,
    cases,
    kind::Need,
    subject::Subject,
    verdict::{Verdict, Wrong},
};
use std::time::{Duration, Instant};

/// One rule, put to the test in one situation.
pub(crate) struct Case {
    /// The rule's id in the reference.
    pub(crate) rule: &'static str,
    /// A sentence about behaviour, with `_` between its words.
    pub(crate) name: &'static str,
    pub(crate) needs: &'static [Need],
    pub(crate) run: fn(&Bed<'_>) -> Verdict,
}

/// A list of cases: rule, function, needs.
macro_rules! case_list {
    ($($rule:literal $name:ident [$($need:ident),*];)+) => {
        pub(crate) const CASES: &[$crate::suite::Case] = &[$($crate::suite::Case {
            rule: $rule,
            name: stringify!($name),
            needs: &[$($crate::kind::Need::$need),*],
            run: $name,
        }),+];
    };
}
pub(crate) use case_list;

/// A case that has been run.
pub(crate) struct Ran {
    pub(crate) case: &'static Case,
    pub(crate) verdict: Verdict,
    pub(crate) took: Duration,
}

/// All cases, by the parts of the reference.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    cases::ALL.iter().flat_map(|cases| cases.iter())
}

/// Runs the cases with this text in their rule or name; all when there is none.
pub(crate) fn run(subject: &Subject, only: Option<&str>, mut tell: impl FnMut(&Ran)) -> Vec<Ran> {
    let wanted =
        |case: &&Case| only.is_none_or(|text| case.rule.contains(text) || case.name.contains(text));
    let mut ran = Vec::new();
    for case in all().filter(wanted) {
        let began = Instant::now();
        let verdict = run_one(subject, case);
        let done = Ran {
            case,
            verdict,
            took: began.elapsed(),
        };
        tell(&done);
        ran.push(done);
    }
    ran
}

fn run_one(subject: &Subject, case: &Case) -> Verdict {
    if let Some(reason) = case.needs.iter().find_map(|need| subject.lacks(*need)) {
        return Err(Wrong::NotApplicable(reason));
    }
    let bed = Bed::make(subject)?;
    (case.run)(&bed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn there_are_at_least_seventy_cases_each_with_a_name_of_its_own_and_a_rule() {
        let names: BTreeSet<&str> = all().map(|case| case.name).collect();
        assert_eq!(names.len(), all().count());
        assert!(names.len() >= 70, "{}", names.len());
        for case in all() {
            let families = ["CNI-", "RES-", "CAP-", "CHAIN-", "CACHE-", "IPAM-", "D-"];
            assert!(
                families.iter().any(|it| case.rule.starts_with(it)),
                "{}",
                case.rule
            );
        }
    }
}
