//! A control plane with the chart in it, and the people who try things on it.
//!
//! Left to others: what they try, and whether they may.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use colvin_testkit::kube::{ControlPlane, Options};
use colvin_testkit::wait::wait_for_some;
use serde_json::{Value, json};

/// The chart's namespace.
pub(crate) const SPACE: &str = "colvin-system";

/// The longest that a policy may take to be in force.
const IN_FORCE: Duration = Duration::from_mins(1);

/// A control plane that has the chart.
pub(crate) struct Installed {
    pub(crate) plane: ControlPlane,
}

/// What the API server said: `Ok`, or the reason why not.
pub(crate) type Answer = Result<String>;

impl Installed {
    /// A control plane with the chart, two nodes, and an agent's pod on each.
    ///
    /// # Errors
    /// When one of them does not come to be.
    pub(crate) fn start(options: &Options) -> Result<Self> {
        let plane = ControlPlane::start(options)?;
        let installed = Self { plane };
        installed.install(&[])?;
        for node in ["node-a", "node-b"] {
            installed.plane.node(node, &[])?;
            let pod = format!("agent-of-{node}");
            // until the API server has read the Networks for the first time, it refuses all pods
            wait_for_some(IN_FORCE, || {
                let made = installed.plane.pod_on(node, SPACE, &pod, "colvin-agent");
                made.ok()
            })
            .with_context(|| format!("{pod} was refused"))?;
        }
        installed.wait_until_in_force()?;
        Ok(installed)
    }

    /// `helm install` with these further arguments.
    ///
    /// # Errors
    /// When helm fails, or the API server refuses an object.
    pub(crate) fn install(&self, more: &[&str]) -> Result<String> {
        let chart = chart().display().to_string();
        let what = ["install", "colvin", &chart, "--namespace", SPACE];
        let how = ["--create-namespace", "--wait=hookOnly"];
        self.plane.helm(&[&what, &how[..], more].concat())
    }

    /// Policies are in force some moments after they are there: until a probe is refused.
    fn wait_until_in_force(&self) -> Result<()> {
        let nobody = self
            .plane
            .kubeconfig_for_user("probe", &["system:authenticated", "probes"])?;
        self.grant(
            "probes",
            &["create"],
            &json!({"kind": "Group", "name": "probes"}),
        )?;
        let object = topology("probe").to_string();
        wait_for_some(IN_FORCE, || {
            let tried = self.create(&nobody, &object);
            let refused = tried.is_err_and(|error| format!("{error:#}").contains("may not write"));
            refused.then_some(())
        })
        .context("the policy colvin-node-topology is not in force")
    }

    /// Lets a subject use these verbs on NodeTopology objects and their status.
    ///
    /// # Errors
    /// When the API server refuses.
    pub(crate) fn grant(&self, name: &str, verbs: &[&str], subject: &Value) -> Result<()> {
        let api = "rbac.authorization.k8s.io";
        let role = json!({
            "apiVersion": format!("{api}/v1"), "kind": "ClusterRole",
            "metadata": {"name": format!("test-{name}")},
            "rules": [{
                "apiGroups": ["colvin.dev"], "verbs": verbs,
                "resources": ["nodetopologies", "nodetopologies/status"],
            }],
        });
        let binding = json!({
            "apiVersion": format!("{api}/v1"), "kind": "ClusterRoleBinding",
            "metadata": {"name": format!("test-{name}")},
            "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": format!("test-{name}")},
            "subjects": [subject],
        });
        self.plane.apply(&format!("{role}\n---\n{binding}\n"))
    }

    /// Writes an object to a file for kubectl.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn file(&self, object: &str) -> Result<String> {
        let folder = self.plane.folder().join("tried");
        fs::create_dir_all(&folder)?;
        let number = fs::read_dir(&folder)?.count();
        let path = folder.join(format!("{number}.yaml"));
        fs::write(&path, object)?;
        Ok(path.display().to_string())
    }

    /// POST of an object.
    pub(crate) fn create(&self, who: &Path, object: &str) -> Answer {
        self.verb(who, "create", object, &[])
    }

    /// One verb of kubectl on an object, with what the command line says besides.
    pub(crate) fn verb(&self, who: &Path, verb: &str, object: &str, more: &[&str]) -> Answer {
        let file = self.file(object)?;
        let what = [verb, "--validate=false", "--filename", &file];
        self.plane.kubectl_with(who, &[&what, more].concat())
    }
}

/// The chart's folder.
pub(crate) fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/chart/colvin")
}

/// An object without a status.
pub(crate) fn topology(name: &str) -> Value {
    json!({
        "apiVersion": "colvin.dev/v1alpha1", "kind": "NodeTopology",
        "metadata": {"name": name},
    })
}

/// Fails unless the answer is a refusal for the reason that has these words.
///
/// # Errors
/// Says what was answered instead.
pub(crate) fn refused(answer: Answer, words: &str, what: &str) -> Result<()> {
    let said = match answer {
        Ok(done) => format!("done: {done}"),
        Err(error) => format!("{error:#}"),
    };
    ensure!(said.contains(words), "{what}: wanted {words:?}, got {said}");
    Ok(())
}
