//! What the controller may do with `NetworkAttachmentDefinition`s: its role and the policy
//! `colvin-attachment-definitions` of the chart in a real API server.
//!
//! Left to others: what it does (`controller/tests`), who else writes definitions (the cluster's roles).
#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a test writes files for kubectl, and reads the JSON it made"
)]

#[path = "kube_admission/installed.rs"]
mod installed;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use colvin_crds::v1alpha1::network::attachment_definition::attachment_definition;
use colvin_testkit::kube::Options;
use colvin_testkit::wait::wait_for_some;
use installed::{Answer, Installed, SPACE, chart, refused};
use serde_json::{Value, json};

/// What the policy says of a definition that says more than ours.
const CONTENT: &str = "and nothing else";
/// What it says of somebody else's.
const FOREIGN: &str = "and no others";

/// A definition as the controller makes it.
fn ours(namespace: &str) -> Value {
    let mut object = attachment_definition("green", Some(namespace));
    object["metadata"]["ownerReferences"] = json!([{
        "apiVersion": "colvin.dev/v1alpha1", "kind": "Network", "name": "green",
        "uid": "00000000-0000-4000-8000-000000000000",
    }]);
    object
}

/// Who the controller is, by a token of its account.
fn controller(bench: &Installed) -> Result<PathBuf> {
    let create = ["create", "token", "colvin-controller", "--namespace", SPACE];
    let token = bench.plane.kubectl(&create)?;
    bench.plane.kubeconfig_for_token(token.trim())
}

impl Installed {
    /// Server-side apply of an object, over whatever others own.
    fn mend(&self, who: &Path, object: &Value) -> Answer {
        let how = [
            "--server-side",
            "--force-conflicts",
            "--field-manager=tried",
        ];
        self.verb(who, "apply", &object.to_string(), &how)
    }

    /// DELETE of the definition green in a namespace.
    fn take_away(&self, who: &Path, namespace: &str) -> Answer {
        let group = "/apis/k8s.cni.cncf.io/v1/namespaces";
        let path = format!("{group}/{namespace}/network-attachment-definitions/green");
        self.plane.kubectl_with(who, &["delete", "--raw", &path])
    }
}

#[test]
#[ignore = "kube"]
fn the_controller_writes_definitions_of_networks_and_no_others() -> Result<()> {
    let bench = Installed::start(&Options::default())?;
    bench.plane.define_attachment_definitions()?;
    let controller = controller(&bench)?;
    // without Multus it may do nothing with definitions
    let no_role = "forbidden";
    let tried = bench.create(&controller, &ours("default").to_string());
    refused(tried, no_role, "create")?;
    let list = ["get", "network-attachment-definitions", "--all-namespaces"];
    refused(
        bench.plane.kubectl_with(&controller, &list),
        no_role,
        "list",
    )?;

    let folder = chart().display().to_string();
    let what = ["upgrade", "colvin", &folder, "--namespace", SPACE];
    bench
        .plane
        .helm(&[&what[..], &["--set=attach.mode=BelowMultus"]].concat())?;
    let mut rich = ours("default");
    rich["spec"]["config"] = json!(r#"{"cniVersion":"1.1.0","name":"green","type":"bridge"}"#);
    // the policy is in force some moments after it is there
    wait_for_some(Duration::from_mins(1), || {
        let tried = bench.create(&controller, &rich.to_string());
        if tried.is_ok() {
            bench.take_away(bench.plane.kubeconfig(), "default").ok()?;
        }
        refused(tried, CONTENT, "another plugin").ok()
    })
    .context("the policy colvin-attachment-definitions is not in force")?;

    let config = |config: &str| {
        let mut object = ours("default");
        object["spec"]["config"] = json!(config);
        object
    };
    let mut other_resource = ours("default");
    other_resource["metadata"]["annotations"] =
        json!({"k8s.v1.cni.cncf.io/resourceName": "colvin.dev/blue"});
    let tricks = [
        (
            "another name",
            config(r#"{"cniVersion":"1.1.0","name":"blue","type":"colvin-cni"}"#),
        ),
        (
            "one key more",
            config(r#"{"cniVersion":"1.1.0","master":"eth0","name":"green","type":"colvin-cni"}"#),
        ),
        (
            "a key in a value",
            config(
                r#"{"cniVersion":"1.1.0","name":"green","type":"colvin-cni","x":{"type":"colvin-cni"}}"#,
            ),
        ),
        ("no configuration", config("")),
        ("another resource", other_resource),
    ];
    for (what, object) in &tricks {
        refused(
            bench.create(&controller, &object.to_string()),
            CONTENT,
            what,
        )?;
    }
    let mut ownerless = ours("default");
    ownerless["metadata"]["ownerReferences"] = json!([]);
    let tried = bench.create(&controller, &ownerless.to_string());
    refused(tried, FOREIGN, "no owner")?;

    // its own, made, mended and taken away
    bench.create(&controller, &ours("default").to_string())?;
    let admin = bench.plane.kubeconfig().to_owned();
    bench.mend(&admin, &config("{}"))?;
    for (what, object) in &tricks {
        refused(bench.mend(&controller, object), CONTENT, what)?;
    }
    bench.mend(&controller, &ours("default"))?;
    bench.take_away(&controller, "default")?;

    // somebody else's of the same name
    bench.create(&admin, &ownerless.to_string())?;
    refused(bench.take_away(&controller, "default"), FOREIGN, "delete")?;
    refused(bench.mend(&controller, &ours("default")), FOREIGN, "apply")
}
