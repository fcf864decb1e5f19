//! Where a pod stands, by its own status. Left to others: why it stands there.

use k8s_openapi::api::core::v1::{ContainerStatus, Pod, PodCondition};

/// Where a pod stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// No node is chosen.
    Pending {
        /// The node that the scheduler makes room on, by evicting other pods.
        nominated: Option<String>,
    },
    /// It has these scheduling gates, and no node is sought before they are gone.
    Gated(Vec<String>),
    /// It has a node, and its containers do not run yet.
    Placed {
        /// The node.
        node: String,
        /// What its containers wait for, where the kubelet says it.
        waiting: Option<String>,
    },
    /// It runs.
    Runs {
        /// The node.
        node: String,
    },
    /// It ended, or failed.
    Over {
        /// The node it was on.
        node: Option<String>,
        /// Whether it failed.
        failed: bool,
        /// Why, where that is said.
        why: Option<String>,
    },
    /// It is being deleted.
    Leaving,
}

/// Where the pod stands.
pub(super) fn state(pod: &Pod) -> State {
    let spec = pod.spec.as_ref();
    let node = spec
        .and_then(|spec| spec.node_name.clone())
        .filter(|node| !node.is_empty());
    let status = pod.status.as_ref();
    let phase = status
        .and_then(|status| status.phase.as_deref())
        .unwrap_or("Pending");
    let gates = spec
        .and_then(|spec| spec.scheduling_gates.as_deref())
        .unwrap_or_default();
    let said = status.and_then(|status| {
        let texts = [status.reason.as_deref(), status.message.as_deref()];
        joined(texts.into_iter().flatten())
    });
    match (node, phase) {
        (node, "Succeeded" | "Failed") => State::Over {
            node,
            failed: phase == "Failed",
            why: said,
        },
        _ if pod.metadata.deletion_timestamp.is_some() => State::Leaving,
        (Some(node), "Pending") => State::Placed {
            node,
            waiting: waiting(pod).or(said),
        },
        (Some(node), _) => State::Runs { node },
        (None, _) if !gates.is_empty() => {
            State::Gated(gates.iter().map(|gate| gate.name.clone()).collect())
        }
        (None, _) => State::Pending {
            nominated: status.and_then(|status| status.nominated_node_name.clone()),
        },
    }
}

/// What the containers wait for.
fn waiting(pod: &Pod) -> Option<String> {
    let status = pod.status.as_ref()?;
    let lists = [&status.init_container_statuses, &status.container_statuses];
    let containers = lists.into_iter().flatten().flatten();
    let words = containers.filter_map(|container: &ContainerStatus| {
        let waiting = container.state.as_ref()?.waiting.as_ref()?;
        let texts = [waiting.reason.as_deref(), waiting.message.as_deref()];
        Some(format!(
            "{}: {}",
            container.name,
            joined(texts.into_iter().flatten())?
        ))
    });
    joined(words)
}

/// The texts with colons between, or `None` when there is none.
fn joined(texts: impl Iterator<Item = impl AsRef<str>>) -> Option<String> {
    let texts: Vec<String> = texts
        .map(|text| text.as_ref().to_owned())
        .filter(|text| !text.is_empty())
        .collect();
    (!texts.is_empty()).then(|| texts.join(": "))
}

/// What the scheduler says of a pod that has no node.
pub(super) fn scheduler(pod: &Pod) -> Option<String> {
    let conditions = pod.status.as_ref()?.conditions.as_deref()?;
    let is_it =
        |condition: &&PodCondition| condition.type_ == "PodScheduled" && condition.status != "True";
    let condition = conditions.iter().find(is_it)?;
    condition
        .message
        .clone()
        .or_else(|| condition.reason.clone())
}
