//! What a person types at the control plane: kubectl, helm, raw requests. Left to others: who asks.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{ControlPlane, binaries, checked};

impl ControlPlane {
    /// Runs kubectl as the administrator; what it wrote to standard output.
    ///
    /// # Errors
    /// When it fails: with all that it wrote.
    pub fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        self.kubectl_with(&self.admin, arguments)
    }

    /// Runs kubectl as the user of a kubeconfig; what it wrote to standard output.
    ///
    /// # Errors
    /// When it fails: with all that it wrote.
    pub fn kubectl_with(&self, kubeconfig: &Path, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(&self.layout.kube);
        command.arg("kubectl").args(arguments);
        checked(self.client(&mut command, kubeconfig))
    }

    /// Runs helm as the administrator; what it wrote to standard output.
    ///
    /// # Errors
    /// When it is not built, or fails: with all that it wrote.
    pub fn helm(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new(binaries::helm()?);
        command.args(arguments);
        checked(self.client(&mut command, &self.admin))
    }

    /// A client that keeps what it caches in this folder.
    fn client<'c>(&self, command: &'c mut Command, kubeconfig: &Path) -> &'c mut Command {
        command
            .env("KUBECONFIG", kubeconfig)
            .env("HOME", self.folder().join("home"))
    }

    /// Applies objects, as YAML or JSON documents, on the server's side as the manager `bench`;
    /// an unknown field is refused.
    ///
    /// # Errors
    /// When the API server refuses one: with its reason.
    pub fn apply(&self, objects: &str) -> Result<()> {
        self.apply_with(&self.admin, objects)
    }

    /// Applies objects as the user of a kubeconfig; else as [`ControlPlane::apply`].
    ///
    /// # Errors
    /// When the API server refuses one: with its reason.
    pub fn apply_with(&self, kubeconfig: &Path, objects: &str) -> Result<()> {
        let file = self.folder().join(self.new_file("objects", "yaml"));
        fs::write(&file, objects).with_context(|| format!("cannot write {}", file.display()))?;
        let file = file.display().to_string();
        let how = ["apply", "--server-side", "--force-conflicts"];
        let what = ["--field-manager=bench", "--filename", &file];
        self.kubectl_with(kubeconfig, &[how, what].concat())
            .map(drop)
    }

    /// What `kubectl get ARGUMENTS -o json` says.
    ///
    /// # Errors
    /// When there is no such object.
    pub fn get_json(&self, arguments: &[&str]) -> Result<Value> {
        let text = self.kubectl(&[&["get", "--output=json"], arguments].concat())?;
        serde_json::from_str(&text).context("kubectl's JSON")
    }

    /// What the API server answers for a path, byte for byte.
    ///
    /// # Errors
    /// When it answers with an error.
    pub fn raw(&self, path: &str) -> Result<String> {
        self.kubectl(&["get", "--raw", path])
    }
}
