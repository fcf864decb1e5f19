//! What a pod asks for: how much of each resource, as the scheduler counts it.
//!
//! Left to others: what there is, and who has it.

mod quantity;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, Pod, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

pub(crate) use quantity::{Amount, amount};

/// Amounts by resource.
pub(crate) type Amounts = BTreeMap<String, Amount>;

/// What a pod asks for: the most that its containers need at a time, and its overhead.
///
/// Init containers run one after the other, beside the sidecars that were started before them; the containers run all
/// at once, beside all sidecars. What is asked for the pod as a whole stands in place of what its containers ask for.
pub(crate) fn demand(pod: &Pod) -> Amounts {
    let Some(spec) = &pod.spec else {
        return Amounts::new();
    };
    let at_start = spec.init_containers.as_deref().unwrap_or_default();
    let (mut sidecars, mut most) = (Amounts::new(), Amounts::new());
    for container in at_start {
        let mut needed = sidecars.clone();
        add(&mut needed, &asked(container.resources.as_ref()));
        for (resource, amount) in &needed {
            let known = most.entry(resource.clone()).or_default();
            *known = (*known).max(*amount);
        }
        if stays(container) {
            sidecars = needed;
        }
    }
    let mut running = sidecars;
    for container in &spec.containers {
        add(&mut running, &asked(container.resources.as_ref()));
    }
    for (resource, amount) in most {
        let known = running.entry(resource).or_default();
        *known = (*known).max(amount);
    }
    running.extend(asked(spec.resources.as_ref()));
    add(&mut running, &amounts(spec.overhead.as_ref()));
    running.retain(|_, amount| *amount > Amount::default());
    running
}

/// Whether an init container runs on beside the containers.
fn stays(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

/// What is asked for: where there is a limit and no request, the limit is the request.
fn asked(resources: Option<&ResourceRequirements>) -> Amounts {
    let Some(resources) = resources else {
        return Amounts::new();
    };
    let mut asked = amounts(resources.limits.as_ref());
    asked.extend(amounts(resources.requests.as_ref()));
    asked
}

/// The amounts of a list. What is no quantity is none: the API server lets none of that through.
pub(crate) fn amounts(list: Option<&BTreeMap<String, Quantity>>) -> Amounts {
    let list = list.into_iter().flatten();
    list.filter_map(|(resource, quantity)| Some((resource.clone(), amount(&quantity.0)?)))
        .collect()
}

fn add(to: &mut Amounts, more: &Amounts) {
    for (resource, amount) in more {
        let sum = to.entry(resource.clone()).or_default();
        *sum = sum.plus(*amount);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(spec: &Value) -> Vec<(String, String)> {
        let pod: Pod = serde_json::from_value(json!({"spec": spec})).unwrap();
        let demand = demand(&pod).into_iter();
        demand
            .map(|(resource, amount)| {
                let shown = amount.shown(&resource);
                (resource, shown)
            })
            .collect()
    }

    fn asks(green: u32, cpu: &str) -> Value {
        json!({"requests": {"cpu": cpu}, "limits": {"colvin.dev/green": green.to_string()}})
    }

    fn demanded(green: &str, cpu: &str) -> Vec<(String, String)> {
        let pair = |resource: &str, amount: &str| (resource.to_owned(), amount.to_owned());
        vec![pair("colvin.dev/green", green), pair("cpu", cpu)]
    }

    #[test]
    fn containers_run_at_once_and_init_containers_one_after_the_other() {
        let container = |green, cpu| json!({"name": "c", "resources": asks(green, cpu)});
        let both = [container(2, "500m"), container(1, "1")];
        assert_eq!(of(&json!({"containers": both})), demanded("3", "1500m"));
        let spec =
            json!({"initContainers": [container(1, "4"), container(5, "1")], "containers": both});
        assert_eq!(of(&spec), demanded("5", "4"), "the most of each by itself");
    }

    #[test]
    fn dp_20_a_sidecar_keeps_what_it_has() {
        let container = |green, cpu| json!({"name": "c", "resources": asks(green, cpu)});
        let mut sidecar = container(1, "1");
        sidecar
            .as_object_mut()
            .unwrap()
            .insert("restartPolicy".to_owned(), json!("Always"));
        let spec = json!({"initContainers": [container(4, "1"), sidecar, container(2, "1")],
            "containers": [container(2, "1")]});
        assert_eq!(of(&spec), demanded("4", "2"));
        let spec = json!({"initContainers": [sidecar, container(4, "1")], "containers": [container(2, "1")]});
        assert_eq!(
            of(&spec),
            demanded("5", "2"),
            "it runs beside the later init container"
        );
    }

    #[test]
    fn the_overhead_and_what_the_pod_as_a_whole_asks_for_count() {
        let spec = json!({"containers": [{"name": "c", "resources": asks(1, "1")}],
            "resources": {"requests": {"cpu": "3"}}, "overhead": {"cpu": "250m"}});
        assert_eq!(of(&spec), demanded("1", "3250m"));
        assert_eq!(of(&json!({"containers": [{"name": "c"}]})), []);
    }
}
