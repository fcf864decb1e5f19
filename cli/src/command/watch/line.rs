//! A change for programs: one flat object, with what was and what is in the words of `NodeTopology`.
//!
//! Left to others: what is a change (`colvin_model::change`), when it was seen.

use colvin_crds::v1alpha1::node_topology::Neighbor as ApiNeighbor;
use colvin_model::Finding;
use colvin_model::change::{Change, UplinkLabel, VfCount, VfState};
use colvin_model::observation::Neighbor;
use serde::Serialize;
use serde_json::{Value, json};

use crate::utc::Utc;

/// A line of `colvin watch -o json`.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Line {
    time: String,
    change: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    uplink: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Value::is_null")]
    before: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    after: Value,
    message: String,
}

impl Line {
    /// The first line.
    pub(super) fn started(message: String, now: Utc) -> Self {
        Self {
            time: now.to_string(),
            change: "Started",
            uplink: None,
            name: None,
            before: Value::Null,
            after: Value::Null,
            message,
        }
    }

    /// The line of a change that was seen now.
    pub(super) fn of(change: &Change, now: Utc) -> Self {
        let (kind, label, before, after) = parts(change);
        Self {
            time: now.to_string(),
            change: kind,
            uplink: label.map(|label| label.id.to_string()),
            name: label.and_then(|label| Some(label.name.as_ref()?.to_string())),
            before,
            after,
            message: change.to_string(),
        }
    }
}

/// A change's word, the uplink it is about, what was and what is.
fn parts(change: &Change) -> (&'static str, Option<&UplinkLabel>, Value, Value) {
    let none = Value::Null;
    match change {
        Change::UplinkAppeared(uplink) => ("UplinkAppeared", Some(uplink), none.clone(), none),
        Change::UplinkGone(uplink) => ("UplinkGone", Some(uplink), none.clone(), none),
        Change::NetdevChanged { uplink, before } => (
            "NetdevChanged",
            Some(uplink),
            text(before.as_ref()),
            text(uplink.name.as_ref()),
        ),
        Change::LinkChanged {
            uplink,
            before,
            after,
        } => (
            "LinkChanged",
            Some(uplink),
            before.as_str().into(),
            after.as_str().into(),
        ),
        Change::DriverChanged {
            uplink,
            before,
            after,
        } => (
            "DriverChanged",
            Some(uplink),
            text(before.as_ref()),
            text(after.as_ref()),
        ),
        Change::MtuChanged {
            uplink,
            before_bytes,
            after_bytes,
        } => (
            "MtuChanged",
            Some(uplink),
            (*before_bytes).into(),
            (*after_bytes).into(),
        ),
        Change::VfsChanged {
            uplink,
            before,
            after,
        } => ("VfsChanged", Some(uplink), count(*before), count(*after)),
        Change::VfChanged {
            uplink,
            index,
            address,
            before,
            after,
        } => {
            let vf = |state: &VfState| {
                json!({
                    "index": index,
                    "pciAddress": address.to_string(),
                    "driver": text(state.driver.as_ref()),
                    "netdev": text(state.netdev.as_ref()),
                    "usage": state.usage.as_str(),
                })
            };
            ("VfChanged", Some(uplink), vf(before), vf(after))
        }
        Change::ProtectionChanged { uplink, after } => {
            let reasons = after.iter().map(|why| Value::from(why.as_str())).collect();
            ("ProtectionChanged", Some(uplink), none, reasons)
        }
        Change::NeighborAppeared { uplink, neighbor } => {
            ("NeighborAppeared", Some(uplink), none, said(neighbor))
        }
        Change::NeighborGone { uplink, neighbor } => {
            ("NeighborGone", Some(uplink), said(neighbor), none)
        }
        Change::NeighborChanged {
            uplink,
            before,
            after,
        } => ("NeighborChanged", Some(uplink), said(before), said(after)),
        Change::FindingAppeared(finding) => ("FindingAppeared", None, none, found(finding)),
        Change::FindingGone(finding) => ("FindingGone", None, found(finding), none),
    }
}

fn text<T: ToString>(value: Option<&T>) -> Value {
    value.map_or(Value::Null, |value| Value::from(value.to_string()))
}

fn count(count: VfCount) -> Value {
    json!({"configured": count.configured, "present": count.present})
}

fn said(neighbor: &Neighbor) -> Value {
    // No map of it has a key that is no text, which is all that can go wrong.
    serde_json::to_value(ApiNeighbor::from(neighbor)).unwrap_or_default()
}

fn found(finding: &Finding) -> Value {
    json!({
        "subject": finding.subject.to_string(),
        "reason": finding.reason.as_str(),
        "message": finding.message,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use colvin_model::inventory::{LinkState, UplinkId};

    use super::*;

    fn label() -> UplinkLabel {
        UplinkLabel {
            id: UplinkId::Function("0000:3b:00.0".parse().unwrap()),
            name: "ens2f0".parse().ok(),
        }
    }

    #[test]
    fn a_line_says_what_was_and_what_is() {
        let change = Change::LinkChanged {
            uplink: label(),
            before: LinkState::Up,
            after: LinkState::NoCarrier,
        };
        let line = Line::of(&change, Utc::of(Duration::from_secs(43_391)));
        assert_eq!(
            serde_json::to_string(&line).unwrap(),
            r#"{"time":"1970-01-01T12:03:11Z","change":"LinkChanged","uplink":"0000:3b:00.0","name":"ens2f0","before":"Up","after":"NoCarrier","message":"0000:3b:00.0 ens2f0: link Up -> NoCarrier"}"#
        );
        let change = Change::VfsChanged {
            uplink: label(),
            before: VfCount::default(),
            after: VfCount {
                configured: 4,
                present: 3,
            },
        };
        let line = Line::of(&change, Utc::of(Duration::ZERO));
        assert_eq!(line.after, json!({"configured": 4, "present": 3}));
    }
}
