//! A node as the scheduler sees it: cordon, taints, labels, what it gives to pods. Left to others: its devices.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Node, NodeSelectorRequirement, NodeSelectorTerm, PodSpec, Taint};

use super::Obstacle;
use crate::demand::{Amounts, amounts};
use crate::taint;

/// The taint of a cordoned node.
const CORDON: &str = "node.kubernetes.io/unschedulable";

/// A node: as much as scheduling looks at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    /// Its name.
    pub(crate) name: String,
    /// Its labels.
    pub(crate) labels: BTreeMap<String, String>,
    /// Whether it is cordoned.
    pub(crate) cordoned: bool,
    /// Its taints.
    pub(crate) taints: Vec<Taint>,
    /// What it gives to pods.
    pub(crate) allocatable: Amounts,
    /// Whether its kubelet says it is well.
    pub(crate) ready: bool,
}

impl Place {
    /// The node, or `None` for an object without a name.
    pub(crate) fn of(node: Node) -> Option<Self> {
        let spec = node.spec.unwrap_or_default();
        let status = node.status.unwrap_or_default();
        let mut conditions = status.conditions.iter().flatten();
        let ready = conditions.find(|condition| condition.type_ == "Ready");
        Some(Self {
            name: node.metadata.name?,
            labels: node.metadata.labels.unwrap_or_default(),
            cordoned: spec.unschedulable == Some(true),
            taints: spec.taints.unwrap_or_default(),
            allocatable: amounts(status.allocatable.as_ref()),
            ready: ready.is_none_or(|ready| ready.status == "True"),
        })
    }

    /// What of it keeps the pod away, devices and amounts aside.
    pub(super) fn obstacles(&self, spec: &PodSpec) -> Vec<Obstacle> {
        let mut found = Vec::new();
        let cordon = Taint {
            key: CORDON.to_owned(),
            effect: "NoSchedule".to_owned(),
            ..Taint::default()
        };
        if self.cordoned && !is_tolerated(&cordon, spec) {
            found.push(Obstacle::Cordoned);
        }
        let hard = |taint: &&Taint| matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute");
        let taints = self.taints.iter().filter(hard);
        let taints = taints.filter(|taint| !(self.cordoned && taint.key == CORDON));
        let kept: Vec<&Taint> = taints.filter(|taint| !is_tolerated(taint, spec)).collect();
        let tells = |taint: &&Taint| taint.key == "node.kubernetes.io/not-ready";
        if !self.ready && !kept.iter().any(tells) {
            found.push(Obstacle::NotReady);
        }
        found.extend(kept.into_iter().map(|taint| Obstacle::Taint(words(taint))));
        found.extend(self.unselected(spec));
        found
    }

    /// What the pod asks of the node and the node is not.
    fn unselected(&self, spec: &PodSpec) -> impl Iterator<Item = Obstacle> {
        let selector = spec.node_selector.iter().flatten();
        let missing = selector.filter(|(key, value)| self.labels.get(*key) != Some(*value));
        let missing: Vec<Obstacle> = missing
            .map(|(key, value)| Obstacle::Label(format!("{key}={value}")))
            .collect();
        let affinity = spec
            .affinity
            .as_ref()
            .and_then(|it| it.node_affinity.as_ref());
        let required = affinity.and_then(|it| {
            it.required_during_scheduling_ignored_during_execution
                .as_ref()
        });
        let matches = required.is_none_or(|required| {
            let mut terms = required.node_selector_terms.iter();
            terms.any(|term| self.matches(term))
        });
        missing
            .into_iter()
            .chain((!matches).then_some(Obstacle::Affinity))
    }

    /// Whether a term of a node affinity holds; one without requirements never does.
    fn matches(&self, term: &NodeSelectorTerm) -> bool {
        let labels = term.match_expressions.as_deref().unwrap_or_default();
        let fields = term.match_fields.as_deref().unwrap_or_default();
        let label = |one: &NodeSelectorRequirement| {
            holds(one, self.labels.get(&one.key).map(String::as_str))
        };
        let field = |one: &NodeSelectorRequirement| {
            one.key == "metadata.name" && holds(one, Some(&self.name))
        };
        labels.len() + fields.len() > 0 && labels.iter().all(label) && fields.iter().all(field)
    }
}

fn holds(requirement: &NodeSelectorRequirement, value: Option<&str>) -> bool {
    let values = requirement.values.as_deref().unwrap_or_default();
    let among = value.is_some_and(|value| values.iter().any(|one| one == value));
    let number = |text: &str| text.parse::<i64>().ok();
    let numbers = || Some((number(value?)?, number(values.first()?)?));
    match requirement.operator.as_str() {
        "In" => among,
        "NotIn" => !among,
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => numbers().is_some_and(|(there, wanted)| there > wanted),
        "Lt" => numbers().is_some_and(|(there, wanted)| there < wanted),
        _ => false,
    }
}

fn is_tolerated(taint: &Taint, spec: &PodSpec) -> bool {
    let mut tolerations = spec.tolerations.iter().flatten();
    tolerations.any(|it| {
        plain(taint).is_tolerated(taint::Toleration {
            key: it.key.as_deref(),
            operator: it.operator.as_deref(),
            value: it.value.as_deref(),
            effect: it.effect.as_deref(),
        })
    })
}

fn words(taint: &Taint) -> String {
    plain(taint).words()
}

fn plain(taint: &Taint) -> taint::Taint<'_> {
    taint::Taint {
        key: &taint.key,
        value: taint.value.as_deref().unwrap_or_default(),
        effect: &taint.effect,
    }
}
