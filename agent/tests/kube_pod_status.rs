//! What an agent may write at a pod: the chart's role and the policy `colvin-pod-network-status` in a real API server,
//! tried with real bound tokens of the agent's service account.
//!
//! Left to others: what it writes there (`agent/src/following`), who may write its own objects (`kube_admission.rs`).
#![expect(clippy::disallowed_methods, reason = "a test writes files for kubectl")]

#[path = "kube_admission/installed.rs"]
mod installed;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use colvin_testkit::kube::Options;
use colvin_testkit::wait::wait_for_some;
use installed::{Answer, Installed, SPACE, chart, refused};
use serde_json::{Value, json};

/// The annotation that an agent writes.
const KEY: &str = "k8s.v1.cni.cncf.io/network-status";

/// Where the tenants' pods are.
const TENANTS: &str = "default";

const NOTHING_ELSE: &str = "and nothing else of it";
const FOREIGN: &str = "it may not write a pod of another";

/// The longest that a policy may take to be in force.
const IN_FORCE: Duration = Duration::from_mins(1);

/// The chart for pods that are attached in a chain, and a tenant's pod on each node.
fn start() -> Result<Installed> {
    let options = Options::default();
    let bench = Installed::start(&options)?;
    let folder = chart().display().to_string();
    let what = ["upgrade", "colvin", &folder, "--namespace", SPACE];
    bench
        .plane
        .helm(&[&what, &["--set=attach.mode=Chained"][..]].concat())?;
    bench.plane.service_account(TENANTS, "tenant")?;
    for node in ["node-a", "node-b"] {
        bench
            .plane
            .pod_on(node, TENANTS, &format!("of-{node}"), "tenant")?;
    }
    let kept = json!({"metadata": {
        "annotations": {"kept": "yes"}, "labels": {"app": "web"}, "finalizers": ["example.com/kept"],
    }});
    let admin = bench.plane.kubeconfig().to_owned();
    patch(&bench, &admin, "of-node-a", &kept, "merge")?;
    let agent = agent(&bench, "node-a")?;
    let label = json!({"metadata": {"labels": {"probe": "yes"}}});
    let mut tried = 0;
    wait_for_some(IN_FORCE, || {
        tried += 1;
        // another value each time, for a patch of nothing is no write
        let mut label = label.clone();
        *label.pointer_mut("/metadata/labels/probe")? = json!(tried.to_string());
        let answer = patch(&bench, &agent, "of-node-b", &label, "merge");
        let refused = answer.is_err_and(|error| format!("{error:#}").contains(FOREIGN));
        refused.then_some(())
    })
    .context("the policy colvin-pod-network-status is not in force")?;
    Ok(bench)
}

/// Who the agent of a node is, by the token that its pod has.
fn agent(bench: &Installed, node: &str) -> Result<PathBuf> {
    let pod = format!("agent-of-{node}");
    let token = bench.plane.bound_token(SPACE, "colvin-agent", &pod)?;
    bench.plane.kubeconfig_for_token(&token)
}

/// PATCH of a tenant's pod.
fn patch(bench: &Installed, who: &Path, pod: &str, patch: &Value, kind: &str) -> Answer {
    let (kind, patch) = (format!("--type={kind}"), patch.to_string());
    let what = ["patch", "pod", pod, "--namespace", TENANTS, &kind];
    let how = ["--patch", &patch];
    bench.plane.kubectl_with(who, &[&what, &how[..]].concat())
}

fn status(text: &str) -> Value {
    json!({"metadata": {"annotations": {KEY: text}}})
}

/// Lets a subject do everything with pods.
fn grant(bench: &Installed, name: &str, subject: &Value) -> Result<()> {
    let api = "rbac.authorization.k8s.io";
    let role = json!({
        "apiVersion": format!("{api}/v1"), "kind": "ClusterRole", "metadata": {"name": name},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}],
    });
    let binding = json!({
        "apiVersion": format!("{api}/v1"), "kind": "ClusterRoleBinding", "metadata": {"name": name},
        "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": name},
        "subjects": [subject],
    });
    bench.plane.apply(&format!("{role}\n---\n{binding}\n"))
}

#[test]
#[ignore = "kube"]
fn an_agent_writes_one_annotation_of_its_own_nodes_pods() -> Result<()> {
    let bench = start()?;
    let own = agent(&bench, "node-a")?;
    for text in ["[1]", "[2]"] {
        patch(&bench, &own, "of-node-a", &status(text), "merge")?;
    }
    let pod = bench
        .plane
        .get_json(&["pod", "of-node-a", "--namespace", TENANTS])?;
    let written = pod.pointer("/metadata/annotations/k8s.v1.cni.cncf.io~1network-status");
    ensure!(written == Some(&json!("[2]")), "{pod}");
    // with the UID of a pod that was there before nothing is written
    let mut stale = status("[3]");
    let metadata = stale.pointer_mut("/metadata").context("metadata")?;
    *metadata = json!({"uid": "00000000-0000-4000-8000-000000000000", "annotations": {KEY: "[3]"}});
    refused(
        patch(&bench, &own, "of-node-a", &stale, "merge"),
        "metadata.uid: Invalid value",
        "a stale UID",
    )?;
    refused(
        patch(&bench, &own, "of-node-b", &status("[1]"), "merge"),
        FOREIGN,
        "another node's pod",
    )?;
    for (what, change) in [
        ("an annotation", json!({"annotations": {"a": "b"}})),
        (
            "an annotation beside its own",
            json!({"annotations": {"a": "b", KEY: "[4]"}}),
        ),
        ("another's value", json!({"annotations": {"kept": "no"}})),
        ("another's end", json!({"annotations": {"kept": null}})),
        ("a label", json!({"labels": {"a": "b"}})),
        ("a label's end", json!({"labels": null})),
        ("a finalizer", json!({"finalizers": ["example.com/other"]})),
        ("no finalizer", json!({"finalizers": null})),
        (
            "an owner",
            json!({"ownerReferences": [{
                "apiVersion": "v1", "kind": "Node", "name": "node-a",
                "uid": "00000000-0000-4000-8000-000000000000",
            }]}),
        ),
    ] {
        let tried = patch(
            &bench,
            &own,
            "of-node-a",
            &json!({"metadata": change}),
            "merge",
        );
        refused(tried, NOTHING_ELSE, what)?;
    }
    let image =
        json!({"spec": {"containers": [{"name": "main", "image": "bench.invalid/other:1"}]}});
    let tried = patch(&bench, &own, "of-node-a", &image, "strategic");
    refused(tried, NOTHING_ELSE, "an image")?;
    // and its own it may take away
    let gone = json!({"metadata": {"annotations": {KEY: null}}});
    patch(&bench, &own, "of-node-a", &gone, "merge")?;
    Ok(())
}

#[test]
#[ignore = "kube"]
fn a_broad_role_gives_an_agent_no_more_and_others_are_not_looked_at() -> Result<()> {
    let bench = start()?;
    let agents = json!({"kind": "ServiceAccount", "name": "colvin-agent", "namespace": SPACE});
    grant(&bench, "test-agents-pods", &agents)?;
    let own = agent(&bench, "node-a")?;
    let words = "makes and deletes no pods";
    let delete = ["delete", "pod", "of-node-a", "--namespace", TENANTS];
    refused(bench.plane.kubectl_with(&own, &delete), words, "a deletion")?;
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "new", "namespace": TENANTS},
        "spec": {"nodeName": "node-a", "serviceAccountName": "tenant",
            "containers": [{"name": "main", "image": "bench.invalid/none:1"}]},
    });
    refused(bench.create(&own, &pod.to_string()), words, "a new pod")?;
    // the agent's account without a node in its token
    let token = bench
        .plane
        .kubectl(&["create", "token", "colvin-agent", "--namespace", SPACE])?;
    let unbound = bench.plane.kubeconfig_for_token(token.trim())?;
    let tried = patch(&bench, &unbound, "of-node-a", &status("[1]"), "merge");
    refused(tried, "is for no node", "a token without a node")?;

    // everybody else does with pods what their roles say
    let jane = bench
        .plane
        .kubeconfig_for_user("jane", &["system:authenticated"])?;
    grant(
        &bench,
        "test-jane-pods",
        &json!({"kind": "User", "name": "jane"}),
    )?;
    let change = json!({"metadata": {"annotations": {"a": "b", KEY: "[]"}, "labels": {"a": "b"}}});
    for pod in ["of-node-a", "of-node-b"] {
        patch(&bench, &jane, pod, &change, "merge")?;
    }
    bench.create(&jane, &pod.to_string())?;
    let delete = ["delete", "pod", "new", "--namespace", TENANTS];
    let how = ["--grace-period=0", "--force"];
    bench
        .plane
        .kubectl_with(&jane, &[&delete, &how[..]].concat())?;
    Ok(())
}
