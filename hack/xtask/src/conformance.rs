//! The scoreboard: the conformance suite over colvin-cni and over the reference plugins, as `docs/cni-conformance.md`.
//!
//! Left to others: the cases (`hack/cni-conformance`), the page's form (`conformance/page.rs`).

mod page;

use crate::{cni_peers, place, run};
use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::Value;
use std::{fs, path::PathBuf};

/// One run of the suite: our kind's word for `kind` on standard input, or `None` for a reference plugin.
const RUNS: [(&str, Option<&str>); 9] = [
    ("macvlan", Some("Macvlan")),
    ("host-device", Some("HostDevice")),
    ("ipvlan", Some("Ipvlan")),
    ("vlan", Some("Vlan")),
    ("macvlan", None),
    ("host-device", None),
    ("bridge", None),
    ("ipvlan", None),
    ("vlan", None),
];

/// How many runs there are at a time.
const AT_ONCE: usize = 3;

/// Known defects of the reference plugins: a case that does not see one is wrong itself.
const KNOWN: [(&str, &[&str]); 2] = [
    (
        "host-device",
        &[
            "del_again_succeeds",
            "del_with_an_empty_netns_gives_the_address_back",
            "del_succeeds_when_the_netns_is_gone",
            "del_gives_the_address_back_when_the_netns_is_gone",
            "an_address_plugin_that_fails_leaves_nothing",
            "an_unknown_key_is_code_2_and_nothing_is_done",
            "gc_frees_the_address_of_a_pod_that_is_not_listed",
            "status_without_the_device_or_parent_is_code_50",
        ],
    ),
    (
        "macvlan",
        &[
            "an_address_plugin_that_fails_leaves_nothing",
            "an_unknown_key_is_code_2_and_nothing_is_done",
            "without_a_parent_none_is_chosen_in_silence",
            "gc_frees_the_address_of_a_pod_that_is_not_listed",
            "status_without_the_device_or_parent_is_code_50",
            "an_ipv6_address_with_a_gateway_does_not_wait_for_its_detection",
        ],
    ),
];

/// The results of one run.
struct Score {
    /// `colvin-cni` or the reference plugin's name.
    plugin: String,
    ours: bool,
    results: Value,
}

/// Builds everything (unless it is `built`), runs the suite over each plugin and writes the page.
///
/// # Errors
/// When something does not build, a case is broken, colvin-cni fails a case, or a reference plugin passes one that its
/// known defect should fail.
pub(crate) fn run(built: bool) -> Result<()> {
    if !built {
        cni_peers::build()?;
        build()?;
        run::succeed(run::cargo(
            "build --quiet --release --package cni-conformance",
        ))?;
    }
    let mut scores = Vec::new();
    // each case has a host of its own, and much of a run is waiting
    for runs in RUNS.chunks(AT_ONCE) {
        let ended: Vec<Result<Score>> = std::thread::scope(|scope| {
            let running = runs
                .iter()
                .map(|(kind, ours)| scope.spawn(|| score(kind, *ours)));
            let running: Vec<_> = running.collect();
            let ended = running.into_iter().map(|run| {
                let ended = run.join();
                ended.unwrap_or_else(|_| Err(anyhow!("a run's thread panicked")))
            });
            ended.collect()
        });
        for score in ended {
            scores.push(score?);
        }
    }
    let path = place::top().join("docs/cni-conformance.md");
    fs::write(&path, page::of(&scores)?).with_context(|| format!("writing {}", path.display()))?;
    run::say(&format!("wrote {}", place::relative(&path)));
    let wrong = wrong(&scores);
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(())
}

/// Builds colvin-cni as it is released, by the chore that does.
///
/// # Errors
/// When it does not build.
pub(crate) fn build() -> Result<()> {
    let ourselves = std::env::current_exe().context("finding this program")?;
    run::succeed(run::command(ourselves, "cni"))
}

/// Where that is.
pub(crate) fn path() -> PathBuf {
    place::target().join("cni/colvin-cni")
}

/// One run of the suite.
fn score(kind: &str, ours: Option<&str>) -> Result<Score> {
    let path = match ours {
        Some(_) => path(),
        None => cni_peers::folder().join(kind),
    };
    let file = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let report = tempfile::NamedTempFile::new().context("making a file for a report")?;
    let mut suite = run::command(suite(), "--kind");
    suite.arg(kind).arg("--plugin").arg(&path);
    suite.arg("--peers").arg(cni_peers::folder());
    suite.arg("--json").arg(report.path());
    if let Some(word) = ours {
        suite
            .arg("--with")
            .arg(serde_json::json!({"kind": word}).to_string());
    }
    run::say(&format!("\n== {file} as {kind}"));
    let output = suite.output().context("starting the conformance suite")?;
    run::say(String::from_utf8_lossy(&output.stdout).trim_end());
    let status = output.status;
    // a case that failed is a result; a suite that could not work has none
    if status.code() != Some(0) && status.code() != Some(1) {
        let told = String::from_utf8_lossy(&output.stderr);
        bail!(
            "the suite could not judge {file} as {kind}: {status}: {}",
            told.trim_end()
        );
    }
    let text = place::text(report.path())?;
    Ok(Score {
        plugin: file,
        ours: ours.is_some(),
        results: serde_json::from_str(&text).context("the suite's report")?,
    })
}

fn suite() -> PathBuf {
    place::target().join("release/cni-conformance")
}

/// What is wrong: cases that ours fails, and known defects that went unseen.
fn wrong(scores: &[Score]) -> Vec<String> {
    let mut wrong = Vec::new();
    for score in scores.iter().filter(|score| score.ours) {
        for case in score.cases().filter(|case| case["result"] == "fail") {
            let (kind, name, why) = (score.member("kind"), &case["name"], &case["why"]);
            wrong.push(format!("{} as {kind}: {name}: {why}", score.plugin));
        }
    }
    for (plugin, names) in KNOWN {
        let of = |score: &&Score| !score.ours && score.plugin == plugin;
        let Some(score) = scores.iter().find(of) else {
            wrong.push(format!("{plugin} was not run"));
            continue;
        };
        for name in names {
            let failed = score
                .cases()
                .any(|it| it["name"] == **name && it["result"] == "fail");
            if !failed {
                wrong.push(format!("{plugin} does not fail {name}: the case is wrong"));
            }
        }
    }
    wrong
}

impl Score {
    fn cases(&self) -> impl Iterator<Item = &Value> {
        self.member("cases").as_array().into_iter().flatten()
    }

    fn member(&self, name: &str) -> &Value {
        self.results.get(name).unwrap_or(&Value::Null)
    }

    fn count(&self, what: &str) -> u64 {
        self.member(what).as_u64().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_known_defect_that_no_case_sees_is_wrong_and_so_is_a_failure_of_ours() {
        let score = |plugin: &str, ours, result: &str| Score {
            plugin: plugin.to_owned(),
            ours,
            results: json!({"kind": plugin, "cases": [
                {"name": "an_unknown_key_is_code_2_and_nothing_is_done", "result": result, "why": "seen"},
            ]}),
        };
        let scores = [
            score("colvin-cni", true, "fail"),
            score("macvlan", false, "pass"),
            score("host-device", false, "fail"),
        ];
        let wrong = wrong(&scores).join("\n");
        assert!(
            wrong.contains("colvin-cni as \"colvin-cni\": \"an_unknown_key"),
            "{wrong}"
        );
        assert!(
            wrong.contains("macvlan does not fail an_unknown_key"),
            "{wrong}"
        );
        assert!(
            !wrong.contains("host-device does not fail an_unknown_key"),
            "{wrong}"
        );
    }
}
