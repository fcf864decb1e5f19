//! Objects that tests stand on: nodes, pods on them, tokens bound to such pods, and a kind of another project.
//!
//! Left to others: what the objects are for.

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use super::ControlPlane;

impl ControlPlane {
    /// Makes a Node with these labels, as a kubelet would register it; one that is there gets them.
    ///
    /// # Errors
    /// When the API server refuses.
    pub fn node(&self, name: &str, labels: &[(&str, &str)]) -> Result<()> {
        let mut all = Map::from_iter([("kubernetes.io/hostname".to_owned(), json!(name))]);
        all.extend(
            labels
                .iter()
                .map(|(key, value)| ((*key).to_owned(), json!(value))),
        );
        let node = json!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "labels": all},
        });
        self.apply(&node.to_string())
    }

    /// Makes a service account, and its namespace, where they are not there.
    ///
    /// # Errors
    /// When the API server refuses.
    pub fn service_account(&self, namespace: &str, name: &str) -> Result<()> {
        let space = json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace},
        });
        let account = json!({
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": namespace},
        });
        self.apply(&format!("{space}\n---\n{account}\n"))
    }

    /// Makes a Pod that is already on a node, as if scheduled there. Nothing runs it. Its service
    /// account must be there.
    ///
    /// # Errors
    /// When the API server refuses.
    pub fn pod_on(
        &self,
        node: &str,
        namespace: &str,
        name: &str,
        service_account: &str,
    ) -> Result<()> {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {
                "nodeName": node,
                "serviceAccountName": service_account,
                "containers": [{"name": "main", "image": "bench.invalid/none:1"}],
            },
        });
        self.apply(&pod.to_string())
    }

    /// Defines the kind by which Multus is told of networks, as little of it as lets objects be kept, and waits
    /// until it is served.
    ///
    /// # Errors
    /// When the API server refuses, or does not serve it.
    pub fn define_attachment_definitions(&self) -> Result<()> {
        let name = "network-attachment-definitions.k8s.cni.cncf.io";
        let text = json!({"type": "string"});
        let spec = json!({"type": "object", "properties": {"config": text}});
        let definition = json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {
                "name": name,
                "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"},
            },
            "spec": {
                "group": "k8s.cni.cncf.io", "scope": "Namespaced",
                "names": {
                    "kind": "NetworkAttachmentDefinition",
                    "plural": "network-attachment-definitions",
                    "singular": "network-attachment-definition",
                },
                "versions": [{
                    "name": "v1", "served": true, "storage": true,
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}},
                }],
            },
        });
        self.apply(&definition.to_string())?;
        let kind = format!("crd/{name}");
        let wait = [
            "wait",
            "--for=condition=Established",
            "--timeout=60s",
            &kind,
        ];
        self.kubectl(&wait).map(drop)
    }

    /// A token of a service account that is bound to a pod of it, as the kubelet mounts it: it says
    /// which node the pod is on, and dies with the pod. It is good for a day.
    ///
    /// # Errors
    /// When there is no such account or pod.
    pub fn bound_token(&self, namespace: &str, service_account: &str, pod: &str) -> Result<String> {
        let object = self.get_json(&["pod", pod, "--namespace", namespace])?;
        let uid = object.pointer("/metadata/uid").and_then(Value::as_str);
        let token = self.kubectl(&[
            "create",
            "token",
            service_account,
            "--namespace",
            namespace,
            "--bound-object-kind=Pod",
            "--bound-object-name",
            pod,
            "--bound-object-uid",
            uid.context("a pod without a UID")?,
            "--duration=24h",
        ])?;
        Ok(token.trim().to_owned())
    }
}
