//! How many devices pods hold, by what their containers ask for.
//!
//! A device is held from the moment a pod is bound to a node until it is gone. Left to others: which pods there are,
//! how what its containers ask for adds up ([`crate::demand`]).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Pod;

use crate::demand::{Amounts, demand};

/// A pod that is bound to a node and not finished, and what it holds there.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    /// `namespace/name`.
    pub(crate) pod: String,
    /// The node.
    pub(crate) node: String,
    /// What it holds.
    pub(crate) amounts: Amounts,
}

impl Bound {
    /// The pod, or `None` when it is on no node or finished.
    pub(crate) fn of(pod: &Pod) -> Option<Self> {
        let spec = pod.spec.as_ref()?;
        let node = spec.node_name.clone().filter(|node| !node.is_empty())?;
        let status = pod.status.as_ref();
        let phase = status.and_then(|status| status.phase.as_deref());
        if matches!(phase, Some("Succeeded" | "Failed")) {
            return None;
        }
        let namespace = pod.metadata.namespace.as_deref().unwrap_or("default");
        let name = pod.metadata.name.as_deref().unwrap_or_default();
        Some(Self {
            pod: format!("{namespace}/{name}"),
            node,
            amounts: demand(pod),
        })
    }
}

/// The node that a pod is bound to, and how many of the resource it holds there; `None` where it holds none.
pub(super) fn asked_on(pod: &Pod, resource: &str) -> Option<(String, u64)> {
    let bound = Bound::of(pod)?;
    let held = bound.amounts.get(resource)?.floor();
    (held > 0).then_some((bound.node, held))
}

/// The sums by node.
pub(super) fn summed(held: impl Iterator<Item = (String, u64)>) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for (node, number) in held {
        let sum: &mut u64 = sums.entry(node).or_default();
        *sum = sum.saturating_add(number);
    }
    sums
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn held(pod: serde_json::Value) -> Option<(String, u64)> {
        asked_on(&serde_json::from_value(pod).unwrap(), "colvin.dev/green")
    }

    #[test]
    fn a_pod_holds_what_its_containers_ask_for_while_it_is_bound() {
        let asks = |number: u32| json!({"limits": {"colvin.dev/green": number.to_string()}});
        let container = |number| json!({"name": "c", "resources": asks(number)});
        let spec =
            json!({"nodeName": "a", "containers": [container(2), container(1), {"name": "d"}]});
        let on_a = |number| Some(("a".to_owned(), number));
        assert_eq!(held(json!({"spec": spec})), on_a(3));
        assert_eq!(
            held(json!({"spec": spec, "status": {"phase": "Succeeded"}})),
            None
        );
        assert_eq!(
            held(json!({"spec": spec, "status": {"phase": "Pending"}})),
            on_a(3)
        );
        assert_eq!(
            held(json!({"spec": {"containers": [container(2)]}})),
            None,
            "it is on no node"
        );
        assert_eq!(
            held(json!({"spec": {"nodeName": "a", "containers": [{"name": "d"}]}})),
            None
        );
    }

    #[test]
    fn what_pods_hold_adds_up_by_node() {
        let held = [("a", 1), ("b", 2), ("a", 3)];
        let sums = summed(
            held.map(|(node, number)| (node.to_owned(), number))
                .into_iter(),
        );
        assert_eq!(
            sums,
            BTreeMap::from([("a".to_owned(), 4), ("b".to_owned(), 2)])
        );
    }
}
