//! What is kept of an object that the controller may keep for a Network, anybody's: whose it is and what it says.
//!
//! Left to others: which there are to be ([`crate::kept`]), what the kinds say ([`super::definition`], [`super::class`]).

use colvin_crds::v1alpha1::{API_VERSION as OURS, GROUP};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::core::ObjectMeta;
use serde_json::{Value, json};

use super::version;
use crate::publish::PROGRAM;

/// The label that says who made it.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// An object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct KeptFacts<S> {
    pub(crate) uid: Option<String>,
    /// Of two versions of one object, the larger is newer; 0 when it cannot be told.
    pub(crate) version: u64,
    /// The uid of the Network that owns it, where one does.
    pub(crate) owner: Option<String>,
    pub(crate) says: S,
    pub(crate) deleting: bool,
}

impl<S> KeptFacts<S> {
    /// From what there is of it.
    pub(super) fn of(metadata: ObjectMeta, says: S) -> Self {
        Self {
            version: version(&metadata),
            owner: network_of(&metadata).map(|owner| owner.uid.clone()),
            says,
            deleting: metadata.deletion_timestamp.is_some(),
            uid: metadata.uid,
        }
    }
}

/// The Network that owns an object.
pub(super) fn network_of(metadata: &ObjectMeta) -> Option<&OwnerReference> {
    let mut owners = metadata.owner_references.iter().flatten();
    owners.find(|owner| {
        let group = owner.api_version.split('/').next();
        owner.kind == "Network" && group == Some(GROUP)
    })
}

/// Whether an object has the label of what the controller made.
pub(super) fn is_labelled(metadata: &ObjectMeta) -> bool {
    let labels = metadata.labels.as_ref();
    let made_by = labels.and_then(|all| all.get(MANAGED_BY));
    made_by.map(String::as_str) == Some(PROGRAM)
}

/// An object as the controller makes it, for the Network with this uid.
pub(crate) fn owned(mut object: Value, network: &str, uid: &str) -> Value {
    if let Some(metadata) = object
        .pointer_mut("/metadata")
        .and_then(Value::as_object_mut)
    {
        metadata.insert("labels".to_owned(), json!({MANAGED_BY: PROGRAM}));
        let owner = json!({
            "apiVersion": OURS, "kind": "Network", "name": network, "uid": uid, "controller": true,
        });
        metadata.insert("ownerReferences".to_owned(), json!([owner]));
    }
    object
}
