//! What agents and the controller may write of dynamic resource allocation: their roles and the policies
//! `colvin-resource-slices`, `colvin-claim-status` and `colvin-device-classes` of the chart in a real API server.
//!
//! Left to others: what they write (`controller/tests`), what claims may say (`kube_claims.rs`).
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
use colvin_crds::v1alpha1::network::device_class::device_class;
use colvin_testkit::kube::Options;
use colvin_testkit::wait::wait_for_some;
use installed::{Answer, Installed, SPACE, refused};
use serde_json::{Value, json};

impl Installed {
    /// Who the agent of a node is, by the token that its pod has.
    fn agent(&self, node: &str) -> Result<PathBuf> {
        let pod = format!("agent-of-{node}");
        let token = self.plane.bound_token(SPACE, "colvin-agent", &pod)?;
        self.plane.kubeconfig_for_token(&token)
    }

    /// Server-side apply, over whatever others own.
    fn mend(&self, who: &Path, object: &Value, more: &[&str]) -> Answer {
        let how = [
            "--server-side",
            "--force-conflicts",
            "--field-manager=tried",
        ];
        self.verb(who, "apply", &object.to_string(), &[&how, more].concat())
    }

    fn take_away(&self, who: &Path, resource: &str, name: &str) -> Answer {
        let path = format!("/apis/resource.k8s.io/v1/{resource}/{name}");
        self.plane.kubectl_with(who, &["delete", "--raw", &path])
    }
}

/// A slice of a driver on a node.
fn slice(name: &str, driver: &str, node: &str) -> Value {
    json!({
        "apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice",
        "metadata": {"name": name},
        "spec": {
            "driver": driver, "nodeName": node, "devices": [{"name": "0000-3b-00-5"}],
            "pool": {"name": format!("{node}/0000-3b-00-0-0"), "generation": 1, "resourceSliceCount": 1},
        },
    })
}

#[test]
#[ignore = "kube"]
fn an_agent_writes_slices_of_its_driver_on_its_node_and_no_others() -> Result<()> {
    let bench = Installed::start(&Options::default())?;
    let (agent, admin) = (bench.agent("node-a")?, bench.plane.kubeconfig().to_owned());
    let own = slice("own", "colvin.dev", "node-a");
    let foreign = slice("foreign", "colvin.dev", "node-b");
    let words = "it may not write a ResourceSlice of node-b";
    wait_for_some(Duration::from_mins(1), || {
        let tried = bench.create(&agent, &foreign.to_string());
        if tried.is_ok() {
            bench.take_away(&admin, "resourceslices", "foreign").ok()?;
        }
        refused(tried, words, "create").ok()
    })
    .context("the policy colvin-resource-slices is not in force")?;
    bench.create(&agent, &own.to_string())?;
    let mut more = own.clone();
    more["spec"]["devices"] = json!([{"name": "0000-3b-00-6"}]);
    bench.mend(&agent, &more, &[])?;
    let drivers = "and no others";
    let tried = bench.create(
        &agent,
        &slice("gpu", "gpu.example.com", "node-a").to_string(),
    );
    refused(tried, drivers, "another driver")?;
    let mut held = own.clone();
    held["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "v1", "kind": "Pod", "name": "x", "uid": "u"}]);
    refused(
        bench.mend(&agent, &held, &[]),
        "its own Node",
        "a pod as owner",
    )?;
    bench.take_away(&agent, "resourceslices", "own")?;

    for object in [&foreign, &slice("gpu", "gpu.example.com", "node-a")] {
        bench.create(&admin, &object.to_string())?;
    }
    refused(bench.mend(&agent, &foreign, &[]), words, "apply")?;
    refused(
        bench.take_away(&agent, "resourceslices", "foreign"),
        words,
        "delete",
    )?;
    refused(
        bench.take_away(&agent, "resourceslices", "gpu"),
        drivers,
        "delete",
    )?;
    let all = ["delete", "--raw", "/apis/resource.k8s.io/v1/resourceslices"];
    refused(
        bench.plane.kubectl_with(&agent, &all),
        "cannot",
        "a collection",
    )
}

/// A claim whose device is on a node.
fn allocated(bench: &Installed, name: &str, node: &str) -> Result<()> {
    let claim = json!({
        "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"devices": {"requests": [{"name": "nic", "exactly": {"deviceClassName": "green.colvin.dev"}}]}},
    });
    let admin = bench.plane.kubeconfig();
    bench.create(admin, &claim.to_string())?;
    let result =
        |driver: &str| json!({"request": "nic", "driver": driver, "pool": node, "device": "d0"});
    let fields = json!([{"key": "metadata.name", "operator": "In", "values": [node]}]);
    let mut with_status = claim;
    with_status["status"] = json!({"allocation": {
        "devices": {"results": [result("colvin.dev"), result("gpu.example.com")]},
        "nodeSelector": {"nodeSelectorTerms": [{"matchFields": fields}]},
    }});
    let to_status = ["--subresource=status"];
    bench.verb(admin, "replace", &with_status.to_string(), &to_status)?;
    Ok(())
}

/// What an agent says of a device of a driver.
fn said(name: &str, node: &str, driver: &str) -> Value {
    json!({
        "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
        "metadata": {"name": name, "namespace": "default"},
        "status": {"devices": [{
            "driver": driver, "pool": node, "device": "d0", "networkData": {"interfaceName": "green0"},
        }]},
    })
}

/// DRA-36: also where granular authorization asks for it.
#[test]
#[ignore = "kube"]
fn an_agent_says_of_claims_of_its_node_what_became_of_its_devices_and_nothing_else() -> Result<()> {
    let bench = Installed::start(&Options::default())?;
    let agent = bench.agent("node-a")?;
    allocated(&bench, "here", "node-a")?;
    allocated(&bench, "there", "node-b")?;
    let to_status = ["--subresource=status"];
    // the API server asks for the verbs of resourceclaims/driver, and the policy stands besides
    bench.mend(&agent, &said("here", "node-a", "colvin.dev"), &to_status)?;
    let tried = bench.mend(&agent, &said("there", "node-b", "colvin.dev"), &to_status);
    refused(tried, "forbidden", "another node's")?;
    let tried = bench.mend(
        &agent,
        &said("here", "node-a", "gpu.example.com"),
        &to_status,
    );
    refused(tried, "forbidden", "another driver's")?;
    let mut reserved = said("here", "node-a", "colvin.dev");
    reserved["status"]["reservedFor"] = json!([{"resource": "pods", "name": "x", "uid": "u"}]);
    refused(
        bench.mend(&agent, &reserved, &to_status),
        "forbidden",
        "who has it",
    )?;
    let path = "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims/here";
    let tried = bench.plane.kubectl_with(&agent, &["delete", "--raw", path]);
    refused(tried, "cannot", "delete")
}

/// A class as the controller makes it.
fn class() -> Value {
    let mut object = device_class("green");
    object["metadata"]["ownerReferences"] = json!([{
        "apiVersion": "colvin.dev/v1alpha1", "kind": "Network", "name": "green",
        "uid": "00000000-0000-4000-8000-000000000000", "controller": true,
    }]);
    object
}

#[test]
#[ignore = "kube"]
fn the_controller_writes_classes_of_networks_and_no_others() -> Result<()> {
    let bench = Installed::start(&Options::default())?;
    let admin = bench.plane.kubeconfig().to_owned();
    let create = ["create", "token", "colvin-controller", "--namespace", SPACE];
    let token = bench.plane.kubectl(&create)?;
    let controller = bench.plane.kubeconfig_for_token(token.trim())?;
    let words = "and no others";
    let mut ownerless = class();
    ownerless["metadata"]["ownerReferences"] = json!([]);
    wait_for_some(Duration::from_mins(1), || {
        let tried = bench.create(&controller, &ownerless.to_string());
        if tried.is_ok() {
            bench
                .take_away(&admin, "deviceclasses", "green.colvin.dev")
                .ok()?;
        }
        refused(tried, words, "no owner").ok()
    })
    .context("the policy colvin-device-classes is not in force")?;
    let mut renamed = class();
    renamed["metadata"]["name"] = json!("gpu.example.com");
    refused(
        bench.create(&controller, &renamed.to_string()),
        words,
        "another name",
    )?;
    let mut of_others = class();
    of_others["spec"]["config"][0]["opaque"]["driver"] = json!("gpu.example.com");
    let tried = bench.create(&controller, &of_others.to_string());
    refused(tried, "for no other", "another driver")?;

    bench.create(&controller, &class().to_string())?;
    bench.mend(&controller, &class(), &[])?;
    bench.take_away(&controller, "deviceclasses", "green.colvin.dev")?;
    // somebody else's of the same name
    bench.create(&admin, &ownerless.to_string())?;
    refused(bench.mend(&controller, &class(), &[]), words, "apply")?;
    let tried = bench.take_away(&controller, "deviceclasses", "green.colvin.dev");
    refused(tried, words, "delete")
}
