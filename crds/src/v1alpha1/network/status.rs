//! What the cluster sees of a network. Written by the controller alone.
//!
//! Left to others: counting ([`crate::v1alpha1::NodeTopology`] says per node what is counted), the
//! conditions' reasons (the controller).

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the cluster sees of a network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NetworkStatus {
    /// The generation of `spec` that this was computed for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// How many nodes reach it.
    #[serde(default)]
    pub nodes: u32,
    /// How many uplinks are on it.
    #[serde(default)]
    pub uplinks: u32,
    /// What it can give to pods.
    #[serde(default)]
    pub devices: DeviceCounts,
    /// `Ready`, `Ambiguous`, `Overlap`, `Protected`, `Exhausted`, `AddressesOverlap`, `Undefined`, `Unclassed`: see the page of conditions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<ConditionSchema>", length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
}

/// What a network can give to pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceCounts {
    /// Devices that there are.
    #[serde(default)]
    pub capacity: u32,
    /// Of them those that can be used; held ones count.
    #[serde(default)]
    pub allocatable: u32,
    /// Devices that pods still hold by the API that the Network was advertised by before; each goes over when its pod ends.
    /// 0 when a change of `advertise` is through.
    #[serde(default)]
    pub leaving: u32,
}

/// A condition, as Kubernetes has them.
#[derive(JsonSchema)]
#[schemars(rename_all = "camelCase", inline)]
#[expect(
    dead_code,
    reason = "only its schema is used: the type is Kubernetes' own"
)]
struct ConditionSchema {
    /// When the status last changed.
    #[schemars(extend("format" = "date-time"))]
    last_transition_time: String,
    /// Why, for people.
    #[schemars(length(max = 32768))]
    message: String,
    /// The generation of `spec` that it is about.
    #[schemars(default)]
    observed_generation: Option<i64>,
    /// Why, in one word, for programs.
    #[schemars(length(min = 1, max = 1024))]
    reason: String,
    /// `True`, `False` or `Unknown`.
    #[schemars(extend("enum" = ["True", "False", "Unknown"]))]
    status: String,
    /// What it is about.
    #[schemars(rename = "type", length(min = 1, max = 316))]
    kind: String,
}
