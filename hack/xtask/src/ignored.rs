//! The tiers that need more than a plain process: tests marked `#[ignore = "netns"]` in files named
//! `tests/netns_*.rs`, `#[ignore = "vm"]` in `tests/vm_*.rs`, `#[ignore = "kube"]` in
//! `tests/kube_*.rs`, `#[ignore = "nodes"]` in `tests/nodes_*.rs`.
//!
//! Left to others: that a marked test is in such a file (`check/sources.rs`).

use crate::{
    all::RedRun,
    image, kube, place,
    run::{self, Count, Tested},
};
use anyhow::{Result, bail};
use std::collections::BTreeSet;

/// Runs every test file of this tier; a file in which no test ran is red, and so is a tier without
/// files.
///
/// # Errors
/// When one is red.
pub(crate) fn run(tier: &str) -> Result<Count> {
    let files = test_files(tier)?;
    if files.is_empty() {
        bail!("there is no tests/{tier}_*.rs");
    }
    match tier {
        // what the tests start, or carry into the guest, which may be a node of a control plane
        "nodes" => {
            kube::build()?;
            image::for_tests()?;
        }
        "vm" | "kube" => kube::build()?,
        _ => {}
    }
    // one name may stand in several packages
    let names: BTreeSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let chosen = names.into_iter().collect::<Vec<_>>().join(" --test ");
    // the whole workspace, so that its dependencies are built as for the other tiers
    let test = format!("test --workspace --no-fail-fast --test {chosen}");
    // a guest and a control plane each take the machine for themselves, and tell what they measured;
    // nodes tell it as it happens, for nobody waits so long without a word
    let last = match tier {
        "netns" => "-- --ignored",
        "nodes" => "-- --ignored --test-threads=1 --nocapture",
        _ => "-- --ignored --test-threads=1 --show-output",
    };
    let tested = if tier == "netns" && !run::is_root()? {
        // build outside: only the run needs to be root of its own namespaces
        run::succeed(run::cargo(&format!("{test} --no-run")))?;
        let words = format!("--map-root-user --net --mount cargo {test} {last}");
        run::tested(run::command("unshare", &words))?
    } else {
        run::tested(run::cargo(&format!("{test} {last}")))?
    };
    let wrong = faults(&files, &tested);
    if !wrong.is_empty() {
        bail!(RedRun {
            count: tested.count(),
            why: wrong.join("\n")
        });
    }
    Ok(tested.count())
}

/// A test file: the path that cargo announces it by, which is relative to its package, and its name.
#[derive(Debug)]
struct TestFile {
    path: String,
    name: String,
}

/// The test files of a tier.
fn test_files(tier: &str) -> Result<Vec<TestFile>> {
    let mut found = Vec::new();
    for path in place::files(&place::top(), "rs")? {
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else {
            continue;
        };
        let in_tests = path
            .parent()
            .is_some_and(|folder| folder.ends_with("tests"));
        if in_tests && name.starts_with(&format!("{tier}_")) {
            found.push(TestFile {
                path: format!("tests/{name}.rs"),
                name: name.to_owned(),
            });
        }
    }
    Ok(found)
}

fn faults(files: &[TestFile], tested: &Tested) -> Vec<String> {
    let mut wrong = Vec::new();
    for (what, count) in &tested.runs {
        if count.total() == 0 {
            wrong.push(format!("no test of {what} ran"));
        } else if count.failed > 0 {
            wrong.push(format!("{} of {what} failed", count.failed));
        }
    }
    for file in files {
        if !tested.runs.iter().any(|(what, _)| *what == file.path) {
            wrong.push(format!("{} has no result", file.path));
        }
    }
    if wrong.is_empty() && !tested.succeeded {
        wrong.push("`cargo test` is red".to_owned());
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_test_that_ran_is_a_fault_and_so_is_one_without_result() {
        let files = ["a", "b", "c"].map(|it| TestFile {
            path: format!("tests/netns_{it}.rs"),
            name: format!("netns_{it}"),
        });
        let runs = vec![
            (
                "tests/netns_a.rs".to_owned(),
                Count {
                    passed: 2,
                    failed: 0,
                },
            ),
            ("tests/netns_b.rs".to_owned(), Count::default()),
        ];
        let tested = Tested {
            runs,
            succeeded: true,
        };
        assert_eq!(
            faults(&files, &tested),
            [
                "no test of tests/netns_b.rs ran",
                "tests/netns_c.rs has no result"
            ]
        );
    }
}
