//! Which networks an uplink is on and which are refused, in the words of the object.
//!
//! Near misses are not stored: who asks computes them. Left to others: deciding
//! (`colvin_model::network`), counting devices (`colvin_model::plan`).

use colvin_model::network::{Belonging, Refusal};
use colvin_model::{NetworkName, Symbol};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::RefusedReason;

/// A network that an uplink is on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UplinkNetwork {
    /// The network.
    pub name: String,
    /// The member of the Network that matched.
    pub member: String,
    /// The terms of the member that hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub evidence: Vec<String>,
    /// The VFs that the network may give here, by index; absent where it gives no VFs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub functions: Option<String>,
    /// How many devices there are for the network here.
    #[serde(default)]
    pub capacity: u32,
    /// How many of them can be used; held ones count. 0 while the link keeps new pods away.
    #[serde(default)]
    pub allocatable: u32,
    /// How many devices here pods still hold by the API that the Network was advertised by before; each goes over when its
    /// pod ends.
    #[serde(default, skip_serializing_if = "is_none_of_them")]
    pub leaving: u32,
    /// Why some or all of them are not offered to new pods: `LinkDown`, `NoDriver`, `HalfCreated`, `NoNetdev`, `PortOf`, `NotReturned`, `NotUndone`, `Gone`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub unhealthy: Vec<String>,
    /// Older networks that keep VFs which this one asks for too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub overlaps: Vec<String>,
}

/// A network that a member puts an uplink on and that it is not on all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefusedNetwork {
    /// The network.
    pub name: String,
    /// Why: `Ambiguous`, `Protected`, `Unconfirmed`, `Exclusive` or `Overlap`.
    pub reason: String,
    /// The older networks that it yields to, where it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub with: Vec<String>,
}

impl UplinkNetwork {
    /// The words for a network that an uplink is on, with the devices that are for it there.
    pub fn of(
        network: &NetworkName,
        belonging: &Belonging,
        capacity: u32,
        allocatable: u32,
    ) -> Self {
        let functions = &belonging.functions;
        let mut evidence: Vec<_> = belonging.evidence.terms().map(str::to_owned).collect();
        evidence.dedup();
        Self {
            name: network.to_string(),
            member: belonging.evidence.member.as_str().to_owned(),
            evidence,
            functions: (!functions.is_empty()).then(|| functions.to_string()),
            capacity,
            allocatable,
            leaving: 0,
            unhealthy: Vec::new(),
            overlaps: names(belonging.overlaps.iter().map(|overlap| &overlap.with)),
        }
    }
}

impl RefusedNetwork {
    /// The words for a network that is refused.
    pub fn of(network: &NetworkName, refusal: &Refusal) -> Self {
        let with = match refusal {
            Refusal::Exclusive { with } => vec![with.to_string()],
            Refusal::Overlap(overlaps) => names(overlaps.iter().map(|overlap| &overlap.with)),
            Refusal::Ambiguous(_) | Refusal::Protected { .. } | Refusal::Unconfirmed => Vec::new(),
        };
        Self {
            name: network.to_string(),
            reason: RefusedReason::of(refusal).as_str().to_owned(),
            with,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "for serde")]
const fn is_none_of_them(count: &u32) -> bool {
    *count == 0
}

fn names<'a>(networks: impl Iterator<Item = &'a NetworkName>) -> Vec<String> {
    let mut names: Vec<_> = networks.map(ToString::to_string).collect();
    names.sort();
    names.dedup();
    names
}

/// The one word for a refusal.
pub fn reason(refusal: &Refusal) -> Symbol {
    Symbol::from(RefusedReason::of(refusal).as_str())
}
