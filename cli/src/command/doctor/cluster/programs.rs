//! The agents and the controller: whether they run, everywhere, in one version, and are ready.
//!
//! Left to others: what they report ([`super::nodes`]), what they may do ([`super::rights`]).

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::Check;
use super::pod::{is_ready, port, waits};
use super::{NAMESPACE, known, number, some, text};
use crate::cluster::{AnyKind, Cluster, Connection, Which};

pub(super) const AGENTS: &str = "agents";
const CONTROLLER: &str = "controller";
const SETS: AnyKind = AnyKind::new("daemonsets.apps", "v1", "DaemonSet");
const DEPLOYMENTS: AnyKind = AnyKind::new("deployments.apps", "v1", "Deployment");
const PODS: AnyKind = AnyKind::new("pods", "v1", "Pod");
/// The label that every object of the chart has.
const OURS: (&str, &str) = ("app.kubernetes.io/name", "colvin");
const COMPONENT: &str = "app.kubernetes.io/component";
const VERSION: &str = "/metadata/labels/app.kubernetes.io~1version";
const INSTALL: &str =
    "install the chart: helm install colvin deploy/chart/colvin --namespace colvin-system";

/// What runs of Colvin.
#[derive(Debug, Default)]
pub(super) struct Programs {
    sets: Vec<Value>,
    deployments: Vec<Value>,
    pods: Vec<Value>,
    /// Why some of it is not known.
    unknown: Vec<Check>,
}

/// Looks at what runs.
///
/// # Errors
/// When there is no answer.
pub(super) fn programs(cluster: &mut Cluster) -> anyhow::Result<Programs> {
    let mut programs = Programs::default();
    let which = Which {
        namespace: None,
        labels: &[OURS],
    };
    let mut ask = |kind, name, unknown: &mut Vec<Check>| -> anyhow::Result<Vec<Value>> {
        // who may see one namespace only has Colvin's, most likely
        let first = known(cluster, kind, which, name)?;
        let found = match first {
            Err(_) => known(
                cluster,
                kind,
                Which {
                    namespace: Some(NAMESPACE),
                    ..which
                },
                name,
            )?,
            found => found,
        };
        Ok(found.unwrap_or_else(|check| {
            unknown.push(check);
            Vec::new()
        }))
    };
    programs.sets = ask(SETS, AGENTS, &mut programs.unknown)?;
    programs.sets.retain(|set| is_component(set, "agent"));
    programs.deployments = ask(DEPLOYMENTS, CONTROLLER, &mut programs.unknown)?;
    programs
        .deployments
        .retain(|one| is_component(one, "controller"));
    programs.pods = ask(PODS, AGENTS, &mut programs.unknown)?;
    Ok(programs)
}

fn is_component(object: &Value, wanted: &str) -> bool {
    let labels = object.pointer("/metadata/labels");
    let component = labels.and_then(|labels| labels.get(COMPONENT)?.as_str());
    component == Some(wanted)
}

impl Programs {
    /// The namespace that Colvin is in.
    pub(super) fn namespace(&self) -> &str {
        let objects = self.sets.first().or_else(|| self.deployments.first());
        let namespace = objects.map(|object| text(object, "/metadata/namespace"));
        namespace.filter(|it| !it.is_empty()).unwrap_or(NAMESPACE)
    }

    /// Who attaches pods: `Chained`, `BelowMultus` or `Off`; `None` where there is no `DaemonSet` to say it.
    pub(super) fn attach_mode(&self) -> Option<&str> {
        let annotation = "/metadata/annotations/colvin.dev~1attach";
        let mode = self.sets.first().map(|set| text(set, annotation));
        mode.filter(|mode| !mode.is_empty())
    }

    /// Whether agents offer devices to resource claims where a Network says so: the chart's `dra.enabled`.
    pub(super) fn offer_to_claims(&self) -> bool {
        let set = self.sets.first();
        let containers = set.and_then(|set| set.pointer("/spec/template/spec/containers"));
        let containers = containers.and_then(Value::as_array).into_iter().flatten();
        let mut arguments = containers.filter_map(|it| it.get("args")?.as_array());
        arguments.any(|all| all.iter().any(|it| it == "--dra=auto"))
    }

    /// The nodes that have an agent's pod.
    pub(super) fn agent_nodes(&self) -> impl Iterator<Item = &str> {
        let agents = self.pods.iter().filter(|pod| is_component(pod, "agent"));
        agents.map(|pod| text(pod, "/spec/nodeName"))
    }

    /// Whether it is known who runs.
    pub(super) fn is_known(&self) -> bool {
        self.unknown.is_empty() && !self.sets.is_empty()
    }

    /// What is to be said of what runs.
    pub(super) fn checks(&self, cluster: &Cluster) -> Vec<Check> {
        let connection = cluster.connection();
        let mut checks = self.unknown.clone();
        let asked = |name| !self.unknown.iter().any(|check| check.name == name);
        if asked(AGENTS) {
            checks.extend(self.agents(connection));
        }
        if asked(CONTROLLER) {
            checks.extend(self.controller(connection.is_some()));
        }
        checks.extend(self.versions());
        checks
    }

    fn agents(&self, connection: Option<&Connection>) -> Vec<Check> {
        let Some(set) = self.sets.first() else {
            return vec![absent(AGENTS, "DaemonSet", connection.is_some())];
        };
        let of = |field: &str| number(set, &format!("/status/{field}"));
        let (wanted, ready) = (of("desiredNumberScheduled"), of("numberReady"));
        let called = format!(
            "{}/{}",
            text(set, "/metadata/namespace"),
            text(set, "/metadata/name")
        );
        if wanted == 0 {
            let remedy = "let agent.nodeSelector and agent.affinity of the chart choose nodes";
            return vec![Check::fail(
                AGENTS,
                format!("{called} runs on no node"),
                remedy,
            )];
        }
        let mut checks = self.unready("agent", connection);
        let mode = self.attach_mode().unwrap_or("?");
        let message = format!("{ready} of {wanted} of {called} are ready, attach.mode is {mode}");
        if ready >= wanted {
            checks.push(Check::ok(AGENTS, message));
        } else if checks.is_empty() {
            let called = called.replace('/', " daemonset/");
            let remedy = format!("kubectl rollout status -n {called} says what it waits for");
            checks.push(Check::fail(AGENTS, message, remedy));
        }
        let updated = of("updatedNumberScheduled");
        if updated < wanted && set.pointer("/status/updatedNumberScheduled").is_some() {
            let message = format!("{updated} of {wanted} are of the DaemonSet's newest form");
            let remedy = "a roll-out goes on: wait, or see kubectl rollout status";
            checks.push(Check::warn(AGENTS, message, remedy));
        }
        checks
    }

    fn controller(&self, is_live: bool) -> Vec<Check> {
        let Some(deployment) = self.deployments.first() else {
            return vec![absent(CONTROLLER, "Deployment", is_live)];
        };
        let ready = number(deployment, "/status/readyReplicas");
        let wanted = number(deployment, "/spec/replicas");
        let message = format!("{ready} of {wanted} replicas are ready");
        if ready > 0 {
            return vec![Check::ok(CONTROLLER, message)];
        }
        let unready = self.unready("controller", None);
        if unready.is_empty() {
            let remedy =
                "Networks' status and address blocks stand still: kubectl describe the Deployment";
            return vec![Check::fail(CONTROLLER, message, remedy)];
        }
        unready
    }

    /// The pods that are not ready, those with one reason together.
    fn unready(&self, component: &'static str, connection: Option<&Connection>) -> Vec<Check> {
        let name = if component == "agent" {
            AGENTS
        } else {
            CONTROLLER
        };
        // by reason the places, and the remedy of the first
        let mut by_reason: BTreeMap<String, (Vec<String>, String)> = BTreeMap::new();
        let pods = self.pods.iter().filter(|pod| is_component(pod, component));
        for pod in pods.filter(|pod| !is_ready(pod)) {
            let namespace = text(pod, "/metadata/namespace");
            let called = text(pod, "/metadata/name");
            let waiting = waits(pod);
            let said = match (&waiting, connection) {
                (None, Some(connection)) => connection.unready(namespace, called, port(pod)),
                _ => None,
            };
            let reason = waiting.or(said);
            let reason = reason.unwrap_or_else(|| "it is not ready".to_owned());
            let node = text(pod, "/spec/nodeName");
            let place = if node.is_empty() { called } else { node };
            let remedy = format!("its log says more: kubectl logs -n {namespace} {called}");
            let (places, _) = by_reason.entry(reason).or_insert((Vec::new(), remedy));
            places.push(place.to_owned());
        }
        let checks = by_reason.into_iter().map(|(reason, (places, remedy))| {
            Check::fail(name, format!("{}: {reason}", some(&places)), remedy)
        });
        checks.collect()
    }

    /// Whether all is of one version, and of this one.
    fn versions(&self) -> Option<Check> {
        const NAME: &str = "versions";
        let here = env!("CARGO_PKG_VERSION");
        let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
        for pod in &self.pods {
            let version = text(pod, VERSION);
            if !version.is_empty() {
                let count = versions.entry(version).or_default();
                *count = count.saturating_add(1);
            }
        }
        let told: Vec<String> = versions
            .iter()
            .map(|(version, count)| format!("{count} of {version}"))
            .collect();
        let told = some(&told);
        match versions.len() {
            0 => None,
            1 if versions.contains_key(here) => {
                Some(Check::ok(NAME, format!("programs and command are {here}")))
            }
            1 => Some(Check::warn(
                NAME,
                format!("programs: {told}, this command is {here}"),
                "use the command of the version that is installed: what is newer may be read in part",
            )),
            _ => Some(Check::warn(
                NAME,
                format!("programs: {told}, this command is {here}"),
                "a roll-out goes on, or has stopped: kubectl rollout status -n NAMESPACE daemonset/colvin-agent"
                    .replace("NAMESPACE", self.namespace()),
            )),
        }
    }
}

fn absent(name: &'static str, kind: &str, is_live: bool) -> Check {
    if is_live {
        Check::fail(name, format!("there is no {kind} of Colvin"), INSTALL)
    } else {
        Check::ok(
            name,
            format!("are not judged: the files hold no {kind} of Colvin"),
        )
    }
}
