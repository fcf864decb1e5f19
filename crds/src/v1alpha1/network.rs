//! `Network`: what an administrator says a network is, and what the cluster sees of it.
//!
//! An unknown field is refused everywhere in `spec`: an agent that does not know a term must not
//! take its member for one that asks less. Left to others: what a member asks ([`member`]), how a
//! pod gets its interface ([`attach`]), what the mapping makes of it ([`compile`]).

pub mod attach;
pub mod attachment_definition;
pub mod compile;
pub mod device_class;
pub mod member;
pub mod status;

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use attach::Attach;
pub use compile::InvalidNetwork;
pub use member::Member;
pub use status::NetworkStatus;

/// A network that pods ask for by name.
///
/// Nodes differ: one reaches it by `eth1`, the next by `ens2`, a third not at all. `members` say by
/// which evidence an uplink of a node belongs to it; each node's agent decides for its own uplinks,
/// and `colvin why NODE NETWORK` says why.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[kube(
    group = "colvin.dev",
    version = "v1alpha1",
    kind = "Network",
    plural = "networks",
    status = "NetworkStatus",
    derive = "PartialEq",
    schema = "disabled"
)]
pub struct NetworkSpec {
    /// The ways to belong to the network. An uplink belongs when any entry matches; inside an entry all terms must. Keyed by name, so that several writers may each own entries.
    #[serde(default)]
    #[schemars(length(max = 1024), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub members: Vec<Member>,
    /// What the network gives to pods.
    #[serde(default)]
    pub devices: Devices,
    /// How a pod's interface is set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attach: Option<Attach>,
    /// By which API of the kubelet the devices are offered: `DevicePlugin` (extended resource `colvin.dev/<network>`) or `DRA` (device class `<network>.colvin.dev`).
    #[serde(default)]
    pub advertise: Advertise,
    /// What follows when a link or a membership is lost.
    #[serde(default)]
    pub policy: Policy,
    /// Which namespaces' pods may ask for it. Absent means all. Enforced at admission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_namespaces: Option<AllowedNamespaces>,
}

/// What a network gives to pods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "!has(self.functions) || self.kind == 'VirtualFunction'", "message": "functions chooses VFs: it needs kind VirtualFunction", "fieldPath": ".functions"},
    {"rule": "!has(self.shares) || self.kind in ['Macvlan', 'Ipvlan', 'Vlan']", "message": "shares counts what is shared: it needs kind Macvlan, Ipvlan or Vlan", "fieldPath": ".shares"}
]))]
pub struct Devices {
    /// `VirtualFunction`: VFs of the uplink. `PhysicalFunction`: the uplink itself. `Macvlan`, `Ipvlan`, `Vlan`: children of the uplink, which it shares.
    #[serde(default)]
    pub kind: DeviceKind,
    /// Which VFs of each uplink, by index, such as `0-7` or `0-3,8`. Absent means all that older networks leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(min = 1, max = 128),
        regex(pattern = r"^[0-9]{1,5}(-[0-9]{1,5})?(,[0-9]{1,5}(-[0-9]{1,5})?)*$")
    )]
    pub functions: Option<String>,
    /// How many pods of a node may share one uplink, for the shared kinds. Absent means 64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 4096))]
    pub shares: Option<u16>,
    /// Refuses a second network on the network's uplinks, for traffic that must stay apart.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exclusive_uplink: bool,
}

/// What kind of device a network gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum DeviceKind {
    /// VFs of the uplink.
    #[default]
    VirtualFunction,
    /// The uplink itself.
    PhysicalFunction,
    /// macvlan children of the uplink.
    Macvlan,
    /// ipvlan children of the uplink.
    Ipvlan,
    /// vlan children of the uplink.
    Vlan,
}

/// By which API of the kubelet devices are offered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Advertise {
    /// An extended resource.
    #[default]
    DevicePlugin,
    /// Dynamic resource allocation.
    #[serde(rename = "DRA")]
    Dra,
}

/// What follows when a link or a membership is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// When an uplink has no carrier: `Report` shows it, `NoSchedule` keeps new pods away, `NoExecute` also moves running ones. Absent means `NoSchedule`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_down: Option<LinkDown>,
    /// When an uplink is on the network no more: `NoSchedule` keeps new pods away, `NoExecute` also moves running ones. Absent means `NoSchedule`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membership_lost: Option<MembershipLost>,
    /// How long a link must be up again before it counts as up, in seconds. Absent means 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 300))]
    pub hold_down_seconds: Option<u16>,
    /// Which of several free devices of a node is preferred: `Packed` fills one uplink first, `Spread` takes the emptiest. Absent means `Packed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<Placement>,
}

/// What follows a lost carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum LinkDown {
    /// It is shown.
    Report,
    /// No new pods.
    NoSchedule,
    /// Running pods move away too.
    NoExecute,
}

/// What follows a lost membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum MembershipLost {
    /// No new pods.
    NoSchedule,
    /// Running pods move away too.
    NoExecute,
}

/// Which of several free devices is preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Placement {
    /// One uplink is filled first.
    Packed,
    /// The emptiest uplink first.
    Spread,
}

/// Which namespaces' pods may ask for the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "has(self.selector) == (self.from == 'Selector')", "message": "selector belongs to from: Selector, which needs one"}
]))]
pub struct AllowedNamespaces {
    /// `All`, or those that `selector` chooses.
    pub from: NamespacesFrom,
    /// Labels of the namespaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
}

/// Where the namespaces come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum NamespacesFrom {
    /// Every namespace.
    All,
    /// Those with the labels of the selector.
    Selector,
}

/// Labels that must be there. All entries must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "has(self.matchLabels) && self.matchLabels.size() > 0 || has(self.matchExpressions) && self.matchExpressions.size() > 0", "message": "a selector without entries selects nothing: write from: All for every namespace"}
]))]
pub struct LabelSelector {
    /// Labels with these values.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 16))]
    pub match_labels: std::collections::BTreeMap<String, LabelValue>,
    /// Labels by an operator.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    pub match_expressions: Vec<LabelRequirement>,
}

/// A label's value: at most 63 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct LabelValue(#[schemars(length(max = 63))] pub String);

/// One label by an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "(self.operator in ['In', 'NotIn']) == (has(self.values) && self.values.size() > 0)", "message": "values belong to the operators In and NotIn, which need some"}
]))]
pub struct LabelRequirement {
    /// The label's key.
    #[schemars(length(min = 1, max = 317))]
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: LabelOperator,
    /// The values, for `In` and `NotIn`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), extend("x-kubernetes-list-type" = "atomic"))]
    pub values: Vec<LabelValue>,
}

/// How a label is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum LabelOperator {
    /// It has one of the values.
    In,
    /// It has none of the values, or is not there.
    NotIn,
    /// It is there.
    Exists,
    /// It is not there.
    DoesNotExist,
}
