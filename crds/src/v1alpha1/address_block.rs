//! `AddressBlock`: a part of a Network's ranges that one node gives out to its pods.
//!
//! The controller makes and removes them, one writer for the whole cluster; the node's agent says how a block
//! is used. Left to others: which block a node gets (the controller), giving its addresses out (the plugin).

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::network::attach::Cidr;

/// Keeps a block that is deleted until its node has no address of it any more: else another node would get
/// the range, and two pods one address.
pub const FINALIZER: &str = "colvin.dev/addresses";

/// A part of a Network's address ranges that one node gives out.
///
/// Its name is the network's and the block's first address, so that no two blocks can begin at one address
/// whoever makes them.
#[derive(CustomResource, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[kube(
    group = "colvin.dev",
    version = "v1alpha1",
    kind = "AddressBlock",
    plural = "addressblocks",
    status = "AddressBlockStatus",
    derive = "PartialEq",
    schema = "disabled"
)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "self == oldSelf", "message": "a block stays what it is: addresses of it are given out"}
]))]
pub struct AddressBlockSpec {
    /// The Network whose addresses these are.
    #[schemars(length(min = 1, max = 52))]
    pub network: String,
    /// The node that gives them out.
    #[schemars(length(min = 1, max = 253))]
    pub node_name: String,
    /// The addresses, as a subnet inside one of the Network's ranges.
    pub range: Cidr,
}

/// How a block is used. Written by its node's agent alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddressBlockStatus {
    /// `Unused`: no address of it is given out. `InUse`: some are, or the node would be `Short` without it. `Short`: the node has few free addresses left of this network and family, this block's among them, and wants another block. `Released`: the block is deleted, and none of its addresses is in use. Absent until the node has taken it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

/// How a block is used.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[schemars(inline)]
pub enum Usage {
    /// No address of it is given out.
    Unused,
    /// Some are, or the node would be short without it.
    InUse,
    /// The node wants another block.
    Short,
    /// It is deleted, and none of its addresses is in use.
    Released,
}
