//! What a pod of ours says of itself. Left to others: what follows from it (`programs`).

use serde_json::Value;

use super::text;

/// The port of the agent, where its arguments do not say another.
const AGENT_PORT: u16 = 9808;

/// Whether a pod is ready.
pub(super) fn is_ready(pod: &Value) -> bool {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    let mut conditions = conditions.into_iter().flatten();
    conditions.any(|one| text(one, "/type") == "Ready" && text(one, "/status") == "True")
}

/// Why a pod's container does not run.
pub(super) fn waits(pod: &Value) -> Option<String> {
    let statuses = pod
        .pointer("/status/containerStatuses")
        .and_then(Value::as_array);
    let mut waiting = statuses.into_iter().flatten().filter_map(|status| {
        let state = status.pointer("/state/waiting")?;
        let (reason, message) = (text(state, "/reason"), text(state, "/message"));
        Some(if message.is_empty() {
            reason.to_owned()
        } else {
            format!("{reason}: {message}")
        })
    });
    let scheduled = || {
        let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
        let mut conditions = conditions.into_iter().flatten();
        let unscheduled = conditions
            .find(|one| text(one, "/type") == "PodScheduled" && text(one, "/status") == "False")?;
        Some(format!(
            "it is on no node: {}",
            text(unscheduled, "/message")
        ))
    };
    waiting.next().or_else(scheduled)
}

/// Where the program answers, by its arguments.
pub(super) fn port(pod: &Value) -> u16 {
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array);
    let arguments = containers.into_iter().flatten();
    let arguments = arguments
        .filter_map(|one| one.get("args")?.as_array())
        .flatten();
    let mut address = arguments.filter_map(|it| it.as_str()?.strip_prefix("--admin-address="));
    let port = address
        .next()
        .and_then(|it| it.rsplit_once(':')?.1.parse().ok());
    port.unwrap_or(AGENT_PORT)
}
