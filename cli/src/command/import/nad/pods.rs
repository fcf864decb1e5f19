//! Which pods ask for definitions that became Networks, and what changes of them.
//!
//! Left to others: how the annotation reads ([`super::selection`]), which workloads there are (`foreign`).

use std::collections::BTreeMap;

use colvin_crds::v1alpha1::network::attachment_definition::resource_name;
use serde_json::Value;

use super::selection::{Selection, selections};
use crate::command::import::foreign::NETWORKS;
use crate::document::Node;

/// The label by which a pod is tied to one node.
const HOSTNAME: &str = "kubernetes.io/hostname";

/// What became of a definition.
#[derive(Clone, Debug)]
pub(super) struct Became {
    /// The Network.
    pub(super) network: String,
    /// What its interfaces in pods are called, before their number.
    pub(super) interface: String,
    /// The node that the definition was for.
    pub(super) node: Option<String>,
    /// The resource that its pods had to ask for.
    pub(super) resource: Option<String>,
}

/// The changes, a line each, and what does not read.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) lines: Vec<String>,
    pub(super) failures: Vec<String>,
}

/// What changes of these workloads, when the definitions by namespace and name became Networks.
pub(super) fn changes(
    workloads: &[(String, Node)],
    became: &BTreeMap<(String, String), Became>,
) -> Changes {
    let mut changes = Changes::default();
    for (file, root) in workloads {
        let workload = Workload::of(file, root);
        let Some(text) = workload.annotation() else {
            continue;
        };
        match selections(text) {
            Ok(asked) => {
                let lines = workload.lines(&asked, became);
                changes.lines.extend(lines);
            }
            Err(problem) => {
                let line = format!("{}: {NETWORKS}: {problem}", workload.place);
                changes.failures.push(line);
            }
        }
    }
    if !changes.lines.is_empty() {
        changes.lines.push(
            "below Multus the annotation stays, with the Network's name: colvin convert makes that definition"
                .to_owned(),
        );
    }
    changes
}

/// A workload: a pod, or what makes pods by a template.
struct Workload {
    /// `FILE:LINE:COLUMN: NAMESPACE/NAME (KIND)`.
    place: String,
    namespace: String,
    /// Its pod's `metadata` and `spec`.
    template: Value,
}

impl Workload {
    fn of(file: &str, root: &Node) -> Self {
        let whole = root.to_value();
        let text = |path: &str| whole.pointer(path).and_then(Value::as_str);
        let kind = text("/kind").unwrap_or_default();
        let template = match kind {
            "Pod" => Some(&whole),
            "CronJob" => whole.pointer("/spec/jobTemplate/spec/template"),
            _ => whole.pointer("/spec/template"),
        };
        let namespace = text("/metadata/namespace").unwrap_or("default");
        let name = text("/metadata/name").unwrap_or("?");
        Self {
            place: format!("{file}:{}: {namespace}/{name} ({kind})", root.place),
            namespace: namespace.to_owned(),
            template: template.cloned().unwrap_or_default(),
        }
    }

    fn annotation(&self) -> Option<&str> {
        let annotations = self.template.pointer("/metadata/annotations")?;
        annotations.get(NETWORKS)?.as_str()
    }

    /// What changes, or nothing where none of what it asks for was imported.
    fn lines(
        &self,
        asked: &[Selection],
        became: &BTreeMap<(String, String), Became>,
    ) -> Vec<String> {
        let find = |one: &Selection| {
            let namespace = one.namespace.as_ref().unwrap_or(&self.namespace);
            became.get(&(namespace.clone(), one.name.clone()))
        };
        let found: Vec<(usize, &Selection, &Became)> = asked
            .iter()
            .zip(1_usize..)
            .filter_map(|(one, number)| Some((number, one, find(one)?)))
            .collect();
        if found.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![format!("{}: changes:", self.place)];
        let names: Vec<&str> = found.iter().map(|(_, one, _)| one.name.as_str()).collect();
        let left: Vec<String> = asked
            .iter()
            .filter(|one| find(one).is_none())
            .map(written)
            .collect();
        lines.push(if left.is_empty() {
            format!("  - the annotation {NETWORKS} ({})", names.join(", "))
        } else {
            format!(
                "  - {} of the annotation {NETWORKS}; {} stays",
                names.join(", "),
                left.join(", ")
            )
        });
        let nodes: Vec<&str> = found
            .iter()
            .filter_map(|(_, _, is)| is.node.as_deref())
            .collect();
        lines.extend(self.tied(&nodes));
        lines.extend(self.resources(&found));
        lines.extend(interfaces(&found));
        lines
    }

    /// What ties it to a node: the scheduler knows where the Network is.
    fn tied(&self, nodes: &[&str]) -> Vec<String> {
        let spec = |path: &str| self.template.pointer(&format!("/spec/{path}"));
        let mut lines = Vec::new();
        let selector = spec("nodeSelector").and_then(Value::as_object);
        for (key, value) in selector.into_iter().flatten() {
            let value = value.as_str().unwrap_or_default();
            if key == HOSTNAME || nodes.contains(&value) {
                lines.push(format!("  - nodeSelector {key}: {value}"));
            }
        }
        if let Some(node) = spec("nodeName").and_then(Value::as_str) {
            lines.push(format!("  - nodeName: {node}"));
        }
        let required = "affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";
        let terms = spec(required).and_then(Value::as_array);
        let by_name = |term: &Value| {
            let parts = ["matchExpressions", "matchFields"];
            let parts = parts
                .into_iter()
                .filter_map(|part| term.get(part)?.as_array());
            let keys = parts.flatten().filter_map(|one| one.get("key")?.as_str());
            let mut keys = keys.filter(|key| matches!(*key, HOSTNAME | "metadata.name"));
            keys.next().is_some()
        };
        if terms.into_iter().flatten().any(by_name) {
            lines.push("  - nodeAffinity by the node's name".to_owned());
        }
        lines
    }

    /// Which resources are asked for no more, and which are; per container.
    fn resources(&self, found: &[(usize, &Selection, &Became)]) -> Vec<String> {
        let containers = self.template.pointer("/spec/containers");
        let containers = containers.and_then(Value::as_array);
        let mut lines = Vec::new();
        let mut to: Option<String> = None;
        let mut old: Vec<&str> = found
            .iter()
            .filter_map(|(_, _, is)| is.resource.as_deref())
            .collect();
        old.sort_unstable();
        old.dedup();
        for container in containers.into_iter().flatten() {
            let name = container.get("name").and_then(Value::as_str).unwrap_or("?");
            for resource in &old {
                let amount = |part: &str| container.get("resources")?.get(part)?.get(resource);
                let amount = amount("limits").or_else(|| amount("requests"));
                if let Some(amount) = amount {
                    let amount = amount
                        .as_str()
                        .map_or_else(|| amount.to_string(), str::to_owned);
                    lines.push(format!("  - {name}: resources {resource}: {amount}"));
                    to.get_or_insert_with(|| name.to_owned());
                }
            }
        }
        let first = || {
            let first = containers?.first()?.get("name")?.as_str()?;
            Some(first.to_owned())
        };
        let to = to
            .or_else(first)
            .unwrap_or_else(|| "a container".to_owned());
        let mut wanted: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, _, is) in found {
            let count = wanted.entry(&is.network).or_default();
            *count = count.saturating_add(1);
        }
        lines.extend(wanted.into_iter().map(|(network, count)| {
            let resource = resource_name(network);
            format!("  + {to}: resources.limits {resource}: {count}")
        }));
        lines
    }
}

/// What interfaces are called, and wishes that have no place.
fn interfaces(found: &[(usize, &Selection, &Became)]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, one, is) in found {
        let count = counts.entry(&is.network).or_default();
        // Multus counts from 1 what has no name of its own
        let before = one
            .interface
            .clone()
            .unwrap_or_else(|| format!("net{number}"));
        let now = format!("{}{count}", is.interface);
        *count = count.saturating_add(1);
        if before != now {
            lines.push(format!("  ! in the pod {before} is called {now}"));
        }
        if !one.wishes.is_empty() {
            lines.push(format!(
                "  ! {}: not carried over: {}: a Network has no such setting for one pod",
                one.name,
                one.wishes.join(", ")
            ));
        }
    }
    lines
}

/// A selection in its short form.
fn written(one: &Selection) -> String {
    let mut text = String::new();
    if let Some(namespace) = &one.namespace {
        text.push_str(namespace);
        text.push('/');
    }
    text.push_str(&one.name);
    if let Some(interface) = &one.interface {
        text.push('@');
        text.push_str(interface);
    }
    text
}
