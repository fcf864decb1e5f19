//! Pods that ask for networks, and what is told about them.
//!
//! Left to others: what is judged.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::{Cluster, LIMIT, wait_until};
use crate::kube::{Program, binaries};
use crate::node::BUSYBOX;

impl Cluster {
    /// Makes a pod that asks for so many devices of a network and goes on until it is deleted.
    ///
    /// # Errors
    /// When it fails or does not come in time: then with what was said.
    pub fn ask(&self, pod: &str, network: &str, number: u32) -> Result<()> {
        let object = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod},
            "spec": pod_spec(network, number),
        });
        // until the API server has read the Networks for the first time, it refuses pods that ask
        let mut last = None;
        let made = wait_until("the pod is taken", || {
            last = self.plane.apply(&object.to_string()).err();
            Ok(last.is_none().then_some(()))
        });
        made.with_context(|| format!("making {pod}: {last:?}"))
    }

    /// A pod as the API server has it.
    ///
    /// # Errors
    /// When it fails or does not come in time: then with what was said.
    pub fn pod(&self, pod: &str) -> Result<Value> {
        self.plane.get_json(&["pod", pod])
    }

    /// Waits until the pod's container runs; gives the pod.
    ///
    /// # Errors
    /// When it fails or does not come in time: then with what was said.
    pub fn wait_until_running(&self, pod: &str) -> Result<Value> {
        let running = wait_until(&format!("{pod} runs"), || {
            let pod = self.pod(pod)?;
            let failed = text(&pod, "/status/phase") == "Failed";
            ensure!(!failed, "it failed: {}", text(&pod, "/status/message"));
            let state = pod.pointer("/status/containerStatuses/0/state/running");
            Ok(state.is_some().then(|| pod.clone()))
        });
        running.with_context(|| self.story())
    }

    /// Waits until the scheduler says that it found no node for the pod; gives its words.
    ///
    /// # Errors
    /// When it fails or does not come in time: then with what was said.
    pub fn wait_until_unschedulable(&self, pod: &str) -> Result<String> {
        let said = wait_until(&format!("{pod} cannot be scheduled"), || {
            let pod = self.pod(pod)?;
            let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
            let mut conditions = conditions.into_iter().flatten();
            let refused = conditions.find(|it| text(it, "/reason") == "Unschedulable");
            Ok(refused.map(|it| text(it, "/message").to_owned()))
        });
        said.with_context(|| self.story())
    }

    /// Deletes a pod and waits until it is gone.
    ///
    /// # Errors
    /// When it fails or does not come in time: then with what was said.
    pub fn delete(&self, pod: &str) -> Result<()> {
        let limit = format!("--timeout={}s", LIMIT.as_secs());
        self.plane
            .kubectl(&["delete", "pod", pod, "--wait", &limit])
            .map(drop)
            .with_context(|| self.story())
    }

    /// The devices that the kubelet says a pod holds, as `colvin-agent holders` joins them.
    ///
    /// # Errors
    /// When it fails or does not come in time: then with what was said.
    pub fn held_by(&self, pod: &str, node: &str) -> Result<Vec<Value>> {
        let mut all = self.holders(node)?;
        all.retain(|entry| text(entry, "/pod") == pod);
        Ok(all)
    }

    /// The one device that a pod holds.
    ///
    /// # Errors
    /// When it fails or does not come in time: then with what was said.
    pub fn device_of(&self, pod: &str, node: &str) -> Result<String> {
        let held = self.held_by(pod, node)?;
        let device = held.first().map(|entry| text(entry, "/device").to_owned());
        device.with_context(|| format!("{pod} holds nothing: {:?}", self.holders(node)))
    }

    /// Waits until an event of this reason about the pod is there; gives its words.
    ///
    /// # Errors
    /// When it fails or does not come in time: then with what was said.
    pub fn wait_for_event(&self, pod: &str, reason: &str) -> Result<String> {
        let about = format!("--field-selector=involvedObject.name={pod},reason={reason}");
        let told = wait_until(&format!("{reason} about {pod}"), || {
            let events = self.plane.get_json(&["events", &about])?;
            let last = events.pointer("/items").and_then(Value::as_array);
            let last = last.and_then(|items| items.last());
            Ok(last.map(|event| text(event, "/message").to_owned()))
        });
        told.with_context(|| self.story())
    }

    /// Follows how many devices of a resource a node has to give.
    ///
    /// # Errors
    /// When it fails or does not come in time: then with what was said.
    pub fn watch(&self, node: &str, resource: &str) -> Result<Watch> {
        let key = resource.replace('.', "\\.");
        let output = format!("--output=jsonpath={{.status.allocatable.{key}}}{{\"\\n\"}}");
        let mut command = Command::new(binaries::kube()?);
        command
            .args(["kubectl", "get", "node", node, "--watch", &output])
            .env("KUBECONFIG", self.plane.kubeconfig());
        let program = self.plane.program("watch", &command)?;
        let watch = Watch(program);
        wait_until("the watch's first word", || {
            Ok((!watch.seen()?.is_empty()).then_some(()))
        })?;
        Ok(watch)
    }
}

/// A container that asks for so many devices of a network and goes on until it is told to end.
pub fn pod_spec(network: &str, number: u32) -> Value {
    let resource = format!("colvin.dev/{network}");
    json!({
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": false,
        "containers": [{
            "name": "main", "image": BUSYBOX,
            "resources": {"limits": {resource: number.to_string()}},
        }],
    })
}

/// A node's allocatable devices, followed.
#[derive(Debug)]
pub struct Watch(Program);

impl Watch {
    /// All numbers so far, in order, each once until the next; empty where the resource was not known.
    ///
    /// # Errors
    /// When it fails or does not come in time: then with what was said.
    pub fn seen(&self) -> Result<Vec<String>> {
        let log = self.0.log()?;
        // what is not ended by a line break is still being written
        let lines = log.split_inclusive('\n');
        let mut seen: Vec<String> = lines
            .filter_map(|line| line.strip_suffix('\n'))
            .map(ToOwned::to_owned)
            .collect();
        seen.dedup();
        Ok(seen)
    }
}

/// The text at a place of a JSON value; empty where there is none.
pub fn text<'v>(value: &'v Value, at: &str) -> &'v str {
    value
        .pointer(at)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
