//! How many devices pods hold, by what their containers ask for.
//!
//! A device is held from the moment a pod is bound to a node until it is gone. Left to others: which pods there are.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, Pod};

/// The node that a pod is bound to, and how many of the resource it holds there; `None` where it holds none.
pub(super) fn asked_on(pod: &Pod, resource: &str) -> Option<(String, u64)> {
    let spec = pod.spec.as_ref()?;
    let node = spec.node_name.clone().filter(|node| !node.is_empty())?;
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    if matches!(phase, Some("Succeeded" | "Failed")) {
        return None;
    }
    let asks = |container: &Container| number(container, resource);
    let stays = |container: &&Container| container.restart_policy.as_deref() == Some("Always");
    let at_start = spec.init_containers.as_deref().unwrap_or_default();
    // init containers run one after the other, beside the sidecars that were started before them
    let (mut sidecars, mut most) = (0_u64, 0_u64);
    for container in at_start {
        let needed = sidecars.saturating_add(asks(container));
        most = most.max(needed);
        if stays(&container) {
            sidecars = needed;
        }
    }
    let running = spec
        .containers
        .iter()
        .map(asks)
        .fold(sidecars, u64::saturating_add);
    let held = most.max(running);
    (held > 0).then_some((node, held))
}

/// What a container asks for: of an extended resource the limit is the request.
fn number(container: &Container, resource: &str) -> u64 {
    let Some(resources) = &container.resources else {
        return 0;
    };
    let lists = [&resources.requests, &resources.limits];
    let quantity = lists
        .into_iter()
        .flatten()
        .find_map(|list| list.get(resource));
    quantity
        .and_then(|quantity| whole(&quantity.0))
        .unwrap_or_default()
}

/// A quantity of whole things: digits, or digits with the `k` that the API server writes thousands with.
fn whole(quantity: &str) -> Option<u64> {
    match quantity.strip_suffix('k') {
        Some(thousands) => thousands.parse::<u64>().ok()?.checked_mul(1000),
        None => quantity.parse().ok(),
    }
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
        let sidecar = json!({"name": "s", "restartPolicy": "Always", "resources": asks(1)});
        let spec = json!({"nodeName": "a", "initContainers": [sidecar, container(4)], "containers": [container(2)]});
        assert_eq!(
            held(json!({"spec": spec})),
            on_a(5),
            "the sidecar runs beside the init container"
        );
    }

    #[test]
    fn a_quantity_is_a_whole_number() {
        assert_eq!(whole("8"), Some(8));
        assert_eq!(whole("4k"), Some(4000));
        assert_eq!(whole("500m"), None);
        let sums = summed(
            [("a", 1), ("b", 2), ("a", 3)]
                .map(|(node, number)| (node.to_owned(), number))
                .into_iter(),
        );
        assert_eq!(
            sums,
            BTreeMap::from([("a".to_owned(), 4), ("b".to_owned(), 2)])
        );
    }
}
