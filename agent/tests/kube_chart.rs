//! The chart in a real API server: every object is accepted, the roles are what was reviewed, and
//! nothing is left when it goes.
//!
//! Left to others: what its policies refuse (`kube_admission.rs`, `kube_namespaces.rs`).
#![expect(
    clippy::disallowed_methods,
    reason = "a test reads and writes files for kubectl and helm"
)]

#[path = "kube_admission/installed.rs"]
mod installed;

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use colvin_testkit::kube::{ControlPlane, Options};
use colvin_testkit::wait::wait_for_some;
use installed::{Installed, SPACE, chart, refused};
use serde_json::Value;

/// Every object of every kind that can be listed, but for those that come and go by themselves.
fn everything(plane: &ControlPlane) -> Result<BTreeSet<String>> {
    let kinds = plane.kubectl(&["api-resources", "--verbs=list", "--output=name"])?;
    let passing = |kind: &str| kind.starts_with("events") || kind.starts_with("componentstatuses");
    let mut all = BTreeSet::new();
    for kind in kinds.lines().filter(|kind| !passing(kind)) {
        let columns = "--output=custom-columns=S:.metadata.namespace,N:.metadata.name";
        let listed = plane.kubectl(&["get", kind, "--all-namespaces", "--no-headers", columns])?;
        all.extend(listed.lines().map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            format!("{kind} {}", words.join("/"))
        }));
    }
    Ok(all)
}

#[test]
#[ignore = "kube"]
fn the_chart_comes_and_goes_and_leaves_nothing_but_its_kinds() -> Result<()> {
    let plane = ControlPlane::start(&Options::default())?;
    plane.kubectl(&["create", "namespace", SPACE])?;
    let before = everything(&plane)?;
    let bench = Installed { plane };
    let all = [
        "--set=networkPolicy.enabled=true,networkPolicy.apiServerCidrs={192.0.2.10/32}",
        "--set=agent.seLinuxOptions.type=colvin_t",
    ];
    bench.install(&all)?;
    let there = everything(&bench.plane)?;
    ensure!(there.len() > before.len() + 20, "only {} new", there.len());
    // an upgrade to itself changes nothing, and the namespace's other objects are let alone
    let folder = chart().display().to_string();
    let upgrade = [
        "upgrade",
        "colvin",
        &folder,
        "--namespace",
        SPACE,
        "--reuse-values",
    ];
    bench.plane.helm(&upgrade)?;
    bench
        .plane
        .helm(&["uninstall", "colvin", "--namespace", SPACE, "--wait"])?;
    let left: Vec<String> = everything(&bench.plane)?
        .difference(&before)
        .cloned()
        .collect();
    let ours = |object: &String| {
        object.starts_with("customresourcedefinitions") || object.starts_with("apiservices")
    };
    let wrong: Vec<&String> = left.iter().filter(|object| !ours(object)).collect();
    ensure!(wrong.is_empty(), "left behind: {wrong:?}");
    ensure!(
        left.iter()
            .filter(|object| object.starts_with("custom"))
            .count()
            == 3,
        "{left:?}"
    );
    Ok(())
}

/// The rules of a role, one line each.
fn rules(plane: &ControlPlane, what: &[&str]) -> Result<String> {
    let role = plane.get_json(what)?;
    let words = |rule: &Value, key: &str| -> String {
        let words = rule.get(key).and_then(Value::as_array);
        let words = words.into_iter().flatten();
        let words: Vec<&str> = words
            .filter_map(Value::as_str)
            .map(|word| if word.is_empty() { "core" } else { word })
            .collect();
        words.join(",")
    };
    let rules = role.get("rules").and_then(Value::as_array);
    let lines = rules.context("a role without rules")?.iter().map(|rule| {
        let keys = [
            "apiGroups",
            "resources",
            "resourceNames",
            "nonResourceURLs",
            "verbs",
        ];
        let parts = keys.map(|key| words(rule, key));
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("  {}\n", parts.join(" "))
    });
    Ok(format!("{}\n{}", what.join(" "), lines.collect::<String>()))
}

#[test]
#[ignore = "kube"]
fn the_roles_are_those_that_were_reviewed() -> Result<()> {
    let bench = Installed::start(&Options::default())?;
    let in_default = ["--namespace", "default"];
    let in_own = ["--namespace", SPACE];
    let mut all = String::new();
    for name in [
        "colvin-agent",
        "colvin-controller",
        "colvin-edit",
        "colvin-metrics-reader",
        "colvin-view",
    ] {
        all += &rules(&bench.plane, &["clusterrole", name])?;
    }
    all += &rules(
        &bench.plane,
        &[&["role", "colvin-controller-events"], &in_default[..]].concat(),
    )?;
    all += &rules(
        &bench.plane,
        &[&["role", "colvin-controller-lease"], &in_own[..]].concat(),
    )?;
    all += &rules(
        &bench.plane,
        &[&["role", "colvin-holders"], &in_own[..]].concat(),
    )?;
    insta::assert_snapshot!(all);
    // and no other role of any kind has our labels
    let label = "--selector=app.kubernetes.io/part-of=colvin";
    let roles = bench.plane.kubectl(&[
        "get",
        "clusterroles,roles",
        "--all-namespaces",
        label,
        "--output=name",
    ])?;
    ensure!(roles.lines().count() == 8, "{roles}");
    Ok(())
}

#[test]
#[ignore = "kube"]
fn a_mistyped_value_and_a_second_release_are_refused() -> Result<()> {
    let plane = ControlPlane::start(&Options::default())?;
    let bench = Installed { plane };
    refused(
        bench.install(&["--set=agent.admin.prot=1"]),
        "prot",
        "a mistyped value",
    )?;
    refused(
        bench.install(&["--set=agent.startDelay=soon"]),
        "startDelay",
        "a delay that is none",
    )?;
    refused(
        bench.install(&["--set=networkPolicy.enabled=true"]),
        "apiServerCidrs",
        "a NetworkPolicy that cuts the controller off",
    )?;
    refused(
        bench.install(&["--set=metrics.podMonitor.enabled=true"]),
        "credentials",
        "a PodMonitor without a token",
    )?;
    bench.install(&[])?;
    let folder = chart().display().to_string();
    let second = [
        "install",
        "second",
        &folder,
        "--namespace",
        "elsewhere",
        "--create-namespace",
    ];
    refused(bench.plane.helm(&second), "second", "a second release")?;
    Ok(())
}

#[test]
#[ignore = "kube"]
fn without_the_kind_of_network_pods_of_exempt_namespaces_start_and_the_remedy_helps() -> Result<()>
{
    let mut bench = Installed::start(&Options::default())?;
    for space in ["kube-system", "tenants"] {
        bench.plane.service_account(space, "default")?;
    }
    let kind = "networks.colvin.dev";
    bench
        .plane
        .kubectl(&["delete", "customresourcedefinition", kind])?;
    bench.plane.stop_api_server()?;
    bench.plane.start_api_server()?;
    let pod = |space: &str| {
        let gone = ["delete", "pod", "plain", "--namespace", space];
        let how = ["--ignore-not-found", "--grace-period=0", "--force"];
        bench.plane.kubectl(&[&gone, &how[..]].concat())?;
        bench.plane.pod_on("node-a", space, "plain", "default")
    };
    let limit = Duration::from_mins(1);
    let refusal = wait_for_some(limit, || pod("tenants").err())
        .context("the API server goes on without the kind: then docs/operating.md is wrong")?;
    let refusal = format!("{refusal:#}");
    ensure!(refusal.contains("colvin-network-namespaces"), "{refusal}");
    pod("kube-system")?;
    // the remedy that the page names
    let bindings = "validatingadmissionpolicybindings";
    let names = [
        "colvin-network-namespaces",
        "colvin-network-namespaces-claims",
    ];
    bench
        .plane
        .kubectl(&[&["delete", bindings], &names[..]].concat())?;
    wait_for_some(limit, || pod("tenants").is_ok().then_some(()))
        .context("the remedy does not help")
}
