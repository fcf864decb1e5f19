//! Who may write a node's NodeTopology: the policy `colvin-node-topology` of the chart in a real API
//! server, tried with real bound tokens of the agent's service account.
//!
//! Left to others: the policy for pods and claims (`kube_namespaces.rs`), that the chart comes and
//! goes (`kube_chart.rs`).
#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a test writes files for kubectl, and reads the JSON it made"
)]

#[path = "kube_admission/installed.rs"]
mod installed;
#[path = "kube_admission/tries.rs"]
mod tries;

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use colvin_testkit::kube::Options;
use colvin_testkit::wait::wait_for_some;
use installed::{Answer, Installed, SPACE, refused, topology};
use serde_json::{Value, json};

/// What the policy says to an agent that reaches for another node.
const FOREIGN: &str = "it may not write the NodeTopology of";

/// What RBAC says.
const NO_ROLE: &str = "cannot";

/// Another value at each call, so that a patch is never empty.
fn status(uplinks: usize) -> Value {
    json!({"status": {"summary": {"uplinks": uplinks, "up": 0, "networks": ""}}})
}

/// The object of a node with a status.
fn with_status(node: &str, uplinks: usize) -> String {
    let mut object = topology(node);
    object["status"] = status(uplinks)["status"].clone();
    object.to_string()
}

fn agents_subject() -> Value {
    json!({"kind": "ServiceAccount", "name": "colvin-agent", "namespace": SPACE})
}

const ALL_VERBS: [&str; 8] = [
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
];

#[test]
#[ignore = "kube"]
fn an_agent_with_its_own_role_writes_its_own_object_and_deletes_none() -> Result<()> {
    let bench = Installed::start(&Options::default())?;
    let agent = bench.agent("node-a")?;
    let own = owned_by("node-a", &bench)?;
    bench.apply(&agent, &own.to_string(), &[])?;
    bench.apply(&agent, &own.to_string(), &[])?;
    // kubectl reads before it patches, which the role does not allow for the status; apply does not
    let to_status = ["--subresource=status"];
    for uplinks in [1, 2] {
        bench.apply(&agent, &with_status("node-a", uplinks), &to_status)?;
    }
    bench.patch(&agent, "node-a", &json!({"spec": {}}), &[])?;
    let kept = bench.plane.get_json(&["nodetopology", "node-a"])?;
    ensure!(kept["status"]["summary"]["uplinks"] == 2, "{kept}");
    ensure!(
        kept["metadata"]["ownerReferences"][0]["name"] == "node-a",
        "{kept}"
    );

    bench.plane.apply(&topology("node-b").to_string())?;
    let foreign = topology("node-b").to_string();
    refused(bench.apply(&agent, &foreign, &[]), FOREIGN, "apply")?;
    let foreign = with_status("node-b", 3);
    refused(
        bench.apply(&agent, &foreign, &to_status),
        FOREIGN,
        "apply of status",
    )?;
    refused(
        bench.create(&agent, &topology("node-c").to_string()),
        FOREIGN,
        "create",
    )?;
    // what its role does not have
    refused(bench.delete(&agent, "node-a"), NO_ROLE, "delete")?;
    refused(
        bench.delete_collection(&agent, "a%3Db"),
        NO_ROLE,
        "delete of a collection",
    )?;
    Ok(())
}

/// The object of a node with its Node as owner, as the agent makes it.
fn owned_by(node: &str, bench: &Installed) -> Result<Value> {
    let uid = bench.plane.get_json(&["node", node])?["metadata"]["uid"].clone();
    let mut object = topology(node);
    object["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "v1", "kind": "Node", "name": node, "uid": uid}]);
    Ok(object)
}

/// One try: of an agent, on the object of that node.
type Try = fn(&Installed, &Path, &str) -> Answer;

/// Every verb, on the object and on its status. Each is done on fresh objects of both nodes.
const TRIES: [(&str, Try); 8] = [
    ("create", |bench, who, node| {
        bench.plane.kubectl(&["delete", "nodetopology", node])?;
        bench.create(who, &topology(node).to_string())
    }),
    ("update", |bench, who, node| {
        let kept = bench.plane.get_json(&["nodetopology", node])?;
        bench.update(who, &kept.to_string(), &[])
    }),
    ("update of status", |bench, who, node| {
        let mut kept = bench.plane.get_json(&["nodetopology", node])?;
        kept["status"] = status(4)["status"].clone();
        bench.update(who, &kept.to_string(), &["--subresource=status"])
    }),
    ("patch", |bench, who, node| {
        bench.patch(
            who,
            node,
            &json!({"metadata": {"ownerReferences": null}}),
            &[],
        )
    }),
    ("patch of status", |bench, who, node| {
        bench.patch(who, node, &status(5), &["--subresource=status"])
    }),
    ("apply", |bench, who, node| {
        bench.apply(who, &topology(node).to_string(), &[])
    }),
    ("delete", |bench, who, node| bench.delete(who, node)),
    ("deletecollection", |bench, who, node| {
        bench.delete_collection(who, &format!("node%3D{node}"))
    }),
];

#[test]
#[ignore = "kube"]
fn whatever_its_role_allows_an_agent_reaches_its_own_nodes_object_only() -> Result<()> {
    let bench = Installed::start(&Options::default())?;
    bench.grant("agents", &ALL_VERBS, &agents_subject())?;
    let agent = bench.agent("node-a")?;
    for (verb, attempt) in TRIES {
        bench.fresh()?;
        attempt(&bench, &agent, "node-a").with_context(|| format!("{verb} of its own"))?;
        bench.fresh()?;
        refused(attempt(&bench, &agent, "node-b"), FOREIGN, verb)?;
    }
    // a collection with objects of several nodes: the foreign one stays
    bench.fresh()?;
    refused(
        bench.delete_collection(&agent, ""),
        FOREIGN,
        "deletecollection of all",
    )?;
    ensure!(bench.has("node-b")?, "another node's object was deleted");
    // the other agent, the other way round
    let other = bench.agent("node-b")?;
    bench.fresh()?;
    let to_status = ["--subresource=status"];
    bench.patch(&other, "node-b", &status(6), &to_status)?;
    refused(
        bench.patch(&other, "node-a", &status(7), &to_status),
        FOREIGN,
        "the other",
    )?;
    Ok(())
}

#[test]
#[ignore = "kube"]
fn an_agent_puts_nothing_but_its_node_on_its_object() -> Result<()> {
    let bench = Installed::start(&Options::default())?;
    bench.grant("agents", &ALL_VERBS, &agents_subject())?;
    let agent = bench.agent("node-a")?;
    let uid = "00000000-0000-4000-8000-000000000000";
    let owner = |kind: &str, name: &str| json!({"apiVersion": "v1", "kind": kind, "name": name, "uid": uid});
    let mut holding = owner("Node", "node-a");
    holding["blockOwnerDeletion"] = json!(true);
    let tricks = [
        (
            "another node",
            json!({"ownerReferences": [owner("Node", "node-b")]}),
            "its own Node",
        ),
        (
            "a pod",
            json!({"ownerReferences": [owner("Pod", "node-a")]}),
            "its own Node",
        ),
        (
            "two owners",
            json!({"ownerReferences": [owner("Node", "node-a"), owner("Pod", "x")]}),
            "its own Node",
        ),
        (
            "holding",
            json!({"ownerReferences": [holding]}),
            "its own Node",
        ),
        ("label", json!({"labels": {"a": "b"}}), "no labels"),
        (
            "annotation",
            json!({"annotations": {"a": "b"}}),
            "no labels",
        ),
        (
            "finalizer",
            json!({"finalizers": ["colvin.dev/kept"]}),
            "no labels",
        ),
    ];
    for (what, metadata, words) in &tricks {
        let mut object = topology("node-a");
        for (key, value) in metadata.as_object().context("an object")? {
            object["metadata"][key] = value.clone();
        }
        refused(bench.create(&agent, &object.to_string()), words, what)?;
    }
    bench.fresh()?;
    for (what, metadata, words) in &tricks {
        let patch = json!({"metadata": metadata});
        refused(bench.patch(&agent, "node-a", &patch, &[]), words, what)?;
    }
    let gone = json!({"metadata": {"labels": null}});
    refused(
        bench.patch(&agent, "node-a", &gone, &[]),
        "no labels",
        "an administrator's label",
    )?;
    // and beside such a label it goes on with its work
    bench.patch(&agent, "node-a", &status(8), &["--subresource=status"])?;
    Ok(())
}

#[test]
#[ignore = "kube"]
fn nobody_but_the_agent_writes_a_topology_and_the_cluster_may_still_delete_it() -> Result<()> {
    let options = Options {
        controller_manager: true,
        ..Options::default()
    };
    let bench = Installed::start(&options)?;
    bench.fresh()?;
    let to_status = ["--subresource=status"];
    let words = "may not write NodeTopology objects";

    // a person, another account, and one that only looks like the agent: RBAC would let them
    let person = bench
        .plane
        .kubeconfig_for_user("jane", &["system:authenticated"])?;
    bench.grant("jane", &ALL_VERBS, &json!({"kind": "User", "name": "jane"}))?;
    let mut others = vec![("a person", person)];
    for (space, name) in [("tenants", "colvin-agent"), (SPACE, "colvin-controller")] {
        bench.plane.service_account(space, name)?;
        bench.plane.pod_on("node-a", space, "pretender", name)?;
        let subject = json!({"kind": "ServiceAccount", "name": name, "namespace": space});
        bench.grant(&format!("{space}-{name}"), &ALL_VERBS, &subject)?;
        let token = bench.plane.bound_token(space, name, "pretender")?;
        others.push((name, bench.plane.kubeconfig_for_token(&token)?));
    }
    for (name, who) in &others {
        for (verb, attempt) in TRIES {
            bench.fresh()?;
            refused(
                attempt(&bench, who, "node-a"),
                words,
                &format!("{verb} by {name}"),
            )?;
        }
    }

    // the agent's account without a node in its token
    let token = bench
        .plane
        .kubectl(&["create", "token", "colvin-agent", "--namespace", SPACE])?;
    let unbound = bench.plane.kubeconfig_for_token(token.trim())?;
    bench.fresh()?;
    let tried = bench.apply(&unbound, &with_status("node-a", 9), &to_status);
    refused(tried, "is for no node", "a token without a node")?;

    // an administrator, and the garbage collector when the node goes
    let admin = bench.plane.kubeconfig().to_owned();
    bench.patch(&admin, "node-a", &status(10), &to_status)?;
    bench.delete(&admin, "node-a")?;
    let own = owned_by("node-b", &bench)?;
    bench.delete(&admin, "node-b")?;
    bench.apply(&bench.agent("node-b")?, &own.to_string(), &[])?;
    bench.plane.kubectl(&["delete", "node", "node-b"])?;
    wait_for_some(Duration::from_mins(1), || {
        bench.has("node-b").is_ok_and(|there| !there).then_some(())
    })
    .context("the garbage collector did not delete the object of a node that is gone")
}
