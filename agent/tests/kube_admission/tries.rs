//! What agents and others try on NodeTopology objects, verb by verb.
//!
//! Left to others: the control plane they try it on (`installed.rs`), and whether they may.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Value, json};

use crate::installed::{Answer, Installed, SPACE, topology};

impl Installed {
    /// Who the agent of a node is, by the token that its pod has.
    ///
    /// # Errors
    /// When there is no such pod.
    pub(crate) fn agent(&self, node: &str) -> Result<PathBuf> {
        let pod = format!("agent-of-{node}");
        let token = self.plane.bound_token(SPACE, "colvin-agent", &pod)?;
        self.plane.kubeconfig_for_token(&token)
    }

    /// PUT of an object.
    pub(crate) fn update(&self, who: &Path, object: &str, more: &[&str]) -> Answer {
        self.verb(who, "replace", object, more)
    }

    /// Server-side apply of an object.
    pub(crate) fn apply(&self, who: &Path, object: &str, more: &[&str]) -> Answer {
        let how = [
            "--server-side",
            "--force-conflicts",
            "--field-manager=tried",
        ];
        self.verb(who, "apply", object, &[&how, more].concat())
    }

    /// PATCH of an object or its status.
    pub(crate) fn patch(&self, who: &Path, name: &str, patch: &Value, more: &[&str]) -> Answer {
        let patch = patch.to_string();
        let what = [
            "patch",
            "nodetopology",
            name,
            "--type=merge",
            "--patch",
            &patch,
        ];
        self.plane.kubectl_with(who, &[&what, more].concat())
    }

    /// DELETE of one object.
    pub(crate) fn delete(&self, who: &Path, name: &str) -> Answer {
        self.raw_delete(who, &format!("/{name}"))
    }

    /// DELETE of all objects that a label chooses, in one request.
    pub(crate) fn delete_collection(&self, who: &Path, label: &str) -> Answer {
        self.raw_delete(who, &format!("?labelSelector={label}"))
    }

    fn raw_delete(&self, who: &Path, end: &str) -> Answer {
        let path = format!("/apis/colvin.dev/v1alpha1/nodetopologies{end}");
        self.plane.kubectl_with(who, &["delete", "--raw", &path])
    }

    /// Makes both nodes' objects anew, as the administrator, with the node's name as a label.
    ///
    /// # Errors
    /// When the API server refuses.
    pub(crate) fn fresh(&self) -> Result<()> {
        for node in ["node-a", "node-b"] {
            let mut object = topology(node);
            object["metadata"]["labels"] = json!({"node": node});
            self.plane.apply(&object.to_string())?;
        }
        Ok(())
    }

    /// Whether there is such an object.
    ///
    /// # Errors
    /// When the API server does not answer.
    pub(crate) fn has(&self, name: &str) -> Result<bool> {
        let all = self
            .plane
            .kubectl(&["get", "nodetopologies", "--output=name"])?;
        Ok(all.lines().any(|line| line.ends_with(&format!("/{name}"))))
    }
}
