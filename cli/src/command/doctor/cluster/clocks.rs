//! Clocks: what programs and nodes say of the time beside what the API server wrote down when it heard them.
//!
//! A kubelet and a controller renew leases, and agents write events, with their own time in them; the API server puts its
//! own beside it. Left to others: setting clocks.

use std::collections::BTreeMap;

use k8s_openapi::jiff::Timestamp;
use serde_json::Value;

use super::super::Check;
use super::programs::Programs;
use super::{some, text};
use crate::cluster::{Any, AnyKind, Cluster, Which};

const NAME: &str = "clocks";
const LEASES: AnyKind = AnyKind::new("leases.coordination.k8s.io", "v1", "Lease");
const EVENTS: AnyKind = AnyKind::new("events.events.k8s.io", "v1", "Event");
/// Where kubelets say that they live.
const NODE_LEASES: &str = "kube-node-lease";
/// The most that two clocks may differ, in seconds: the API server writes whole ones, and a message is on its way.
const MOST_SECONDS: i64 = 5;
const REMEDY: &str = "let it follow a time server (chrony, systemd-timesyncd): events cannot be put in order, and certificates and tokens are taken for old or not yet good";

/// By how many seconds a clock is ahead of the API server's.
type Skews = BTreeMap<String, i64>;

pub(super) fn checks(cluster: &mut Cluster, programs: &Programs) -> anyhow::Result<Vec<Check>> {
    let mut skews = Skews::new();
    let mut ask = |kind, namespace| -> anyhow::Result<Vec<Value>> {
        let which = Which {
            namespace,
            labels: &[],
        };
        Ok(match cluster.any(kind, which)? {
            Any::Objects(objects) => objects,
            Any::Forbidden | Any::NoSuchKind => Vec::new(),
        })
    };
    for lease in ask(LEASES, Some(NODE_LEASES))? {
        let node = text(&lease, "/metadata/name").to_owned();
        skews.extend(of_lease(&lease).map(|skew| (node, skew)));
    }
    for lease in ask(LEASES, Some(programs.namespace()))? {
        if text(&lease, "/metadata/name") == "colvin-controller" {
            let holder = text(&lease, "/spec/holderIdentity");
            let called = format!("the controller {holder}");
            skews.extend(of_lease(&lease).map(|skew| (called, skew)));
        }
    }
    for event in ask(EVENTS, None)? {
        if text(&event, "/reportingController") == "colvin.dev/colvin-agent" {
            let node = text(&event, "/reportingInstance").to_owned();
            if let Some(skew) = of_event(&event) {
                // what waited to be sent looks late: the least late counts
                let known = skews.entry(node).or_insert(skew);
                *known = (*known).max(skew);
            }
        }
    }
    if let Some(connection) = cluster.connection() {
        let before = Timestamp::now().as_second();
        if let Ok(Some(date)) = connection.date() {
            let now = Timestamp::now().as_second();
            // the answer was made between the two
            let skew = now.min(before.max(date.as_second())) - date.as_second();
            skews.insert("this machine".to_owned(), skew);
        }
    }
    Ok(judged(&skews))
}

fn judged(skews: &Skews) -> Vec<Check> {
    let mut checks = Vec::new();
    let (mut ahead, mut behind) = (Vec::new(), Vec::new());
    for (who, skew) in skews {
        if *skew > MOST_SECONDS {
            ahead.push(format!("{who} by {skew} s"));
        } else if *skew < -MOST_SECONDS {
            behind.push(format!("{who} by {} s", skew.unsigned_abs()));
        }
    }
    for (who, how) in [(ahead, "ahead of"), (behind, "behind")] {
        if !who.is_empty() {
            let message = format!("{how} the API server's: {}", some(&who));
            checks.push(Check::warn(NAME, message, REMEDY));
        }
    }
    if checks.is_empty() {
        let message = match skews.len() {
            0 => "are not judged: nothing says what time nodes have".to_owned(),
            many => format!("{many} are within {MOST_SECONDS} s of the API server's"),
        };
        checks.push(Check::ok(NAME, message));
    }
    checks
}

fn time(object: &Value, path: &str) -> Option<i64> {
    let time: Timestamp = text(object, path).parse().ok()?;
    Some(time.as_second())
}

/// A lease's own time beside when the API server took it, which it notes for whoever writes.
fn of_lease(lease: &Value) -> Option<i64> {
    let said = time(lease, "/spec/renewTime")?;
    let writers = lease.pointer("/metadata/managedFields")?.as_array()?;
    let renews = |writer: &&Value| writer.pointer("/fieldsV1/f:spec/f:renewTime").is_some();
    let taken = writers.iter().filter(renews);
    let taken = taken.filter_map(|writer| time(writer, "/time")).max()?;
    Some(said.saturating_sub(taken))
}

fn of_event(event: &Value) -> Option<i64> {
    let said = time(event, "/eventTime")?;
    let taken = time(event, "/metadata/creationTimestamp")?;
    Some(said.saturating_sub(taken))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_clock_is_measured_by_what_the_server_wrote_down() {
        let lease = json!({
            "metadata": {"managedFields": [
                {"time": "2026-11-26T16:00:00Z", "fieldsV1": {"f:metadata": {}}},
                {"time": "2026-11-26T16:40:00Z", "fieldsV1": {"f:spec": {"f:renewTime": {}}}},
            ]},
            "spec": {"renewTime": "2026-11-26T16:41:35.123456Z"},
        });
        assert_eq!(of_lease(&lease), Some(95));
        assert_eq!(of_lease(&json!({"spec": {"renewTime": "soon"}})), None);
        let event = json!({"metadata": {"creationTimestamp": "2026-11-26T16:40:00Z"}, "eventTime": "2026-11-26T16:39:00.5Z"});
        assert_eq!(of_event(&event), Some(-60));
    }

    #[test]
    fn clocks_that_differ_are_named_with_how_much() {
        let skews = [("a", 1), ("b", 95), ("c", -60)];
        let skews = skews.map(|(who, skew)| (who.to_owned(), skew)).into();
        let said: Vec<String> = judged(&skews).into_iter().map(|it| it.message).collect();
        let ahead = "ahead of the API server's: b by 95 s";
        assert_eq!(said, [ahead, "behind the API server's: c by 60 s"]);
        assert_eq!(judged(&Skews::new()).len(), 1);
    }
}
