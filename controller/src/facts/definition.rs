//! What is kept of a `NetworkAttachmentDefinition`, anybody's: whose it is, and whether it says what ours say.
//!
//! Left to others: which there are to be ([`crate::definitions`]).

use colvin_crds::v1alpha1::network::attachment_definition::{RESOURCE_NAME, attachment_definition};
use colvin_crds::v1alpha1::{API_VERSION as OURS, GROUP};
use kube::CustomResource;
use kube::core::{DeserializeGuard, ObjectMeta};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::version;
use crate::definitions::Place;
use crate::publish::PROGRAM;

/// The label that says who made it.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

/// What a `NetworkAttachmentDefinition` says: a CNI configuration, or nothing where that is a file of the nodes.
#[derive(CustomResource, Clone, Debug, Serialize, Deserialize)]
#[kube(
    group = "k8s.cni.cncf.io",
    version = "v1",
    kind = "NetworkAttachmentDefinition",
    plural = "network-attachment-definitions",
    namespaced,
    schema = "disabled"
)]
pub(crate) struct NetworkAttachmentDefinitionSpec {
    #[serde(default)]
    pub(crate) config: Option<String>,
}

/// A definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DefinitionFacts {
    pub(crate) uid: Option<String>,
    /// Of two versions of one object, the larger is newer; 0 when it cannot be told.
    pub(crate) version: u64,
    /// The uid of the Network that owns it, where one does.
    pub(crate) owner: Option<String>,
    /// Whether it says what ours of this name say.
    pub(crate) fits: bool,
    pub(crate) deleting: bool,
}

impl DefinitionFacts {
    /// Reads an object, with its key.
    pub(crate) fn read(object: DeserializeGuard<NetworkAttachmentDefinition>) -> (String, Self) {
        match object.0 {
            Ok(definition) => Self::of(definition.metadata, definition.spec.config.as_deref()),
            // of another form: none of ours has it
            Err(invalid) => Self::of(invalid.metadata, None),
        }
    }

    /// From what there is of it.
    pub(crate) fn of(metadata: ObjectMeta, config: Option<&str>) -> (String, Self) {
        let place = Place {
            namespace: metadata.namespace.clone().unwrap_or_default(),
            network: metadata.name.clone().unwrap_or_default(),
        };
        let owner = network_of(&metadata).map(str::to_owned);
        let wanted = attachment_definition(&place.network, Some(&place.namespace));
        let annotations = metadata.annotations.as_ref();
        let resource = annotations.and_then(|all| all.get(RESOURCE_NAME));
        let labels = metadata.labels.as_ref();
        let made_by = labels.and_then(|all| all.get(MANAGED_BY));
        let wants = |path: &str| wanted.pointer(path).and_then(Value::as_str);
        let annotation = format!("/metadata/annotations/{}", RESOURCE_NAME.replace('/', "~1"));
        let facts = Self {
            version: version(&metadata),
            owner,
            fits: config.is_some()
                && config == wants("/spec/config")
                && resource.map(String::as_str) == wants(&annotation)
                && made_by.map(String::as_str) == Some(PROGRAM),
            deleting: metadata.deletion_timestamp.is_some(),
            uid: metadata.uid,
        };
        (place.key(), facts)
    }
}

/// The uid of the Network that owns an object.
fn network_of(metadata: &ObjectMeta) -> Option<&str> {
    let mut owners = metadata.owner_references.iter().flatten();
    let owner = owners.find(|owner| {
        let group = owner.api_version.split('/').next();
        owner.kind == "Network" && group == Some(GROUP)
    });
    owner.map(|owner| owner.uid.as_str())
}

/// The definition at a place as the controller makes it, for the Network with this uid.
pub(crate) fn made(place: &Place, owner: &str) -> Value {
    let Place { namespace, network } = place;
    let mut object = attachment_definition(network, Some(namespace));
    if let Some(metadata) = object
        .pointer_mut("/metadata")
        .and_then(Value::as_object_mut)
    {
        metadata.insert("labels".to_owned(), json!({MANAGED_BY: PROGRAM}));
        let owner = json!({"apiVersion": OURS, "kind": "Network", "name": network, "uid": owner});
        metadata.insert("ownerReferences".to_owned(), json!([owner]));
    }
    object
}

#[cfg(test)]
mod tests {
    use colvin_crds::v1alpha1::network::attachment_definition::{API_VERSION, KIND};
    use kube::Resource as _;

    use super::*;

    fn read(object: &Value) -> (String, DefinitionFacts) {
        DefinitionFacts::read(serde_json::from_value(object.clone()).unwrap())
    }

    fn green() -> Value {
        let place = Place::from_key("tenant-a/green");
        let mut object = made(&place, "u1");
        object["metadata"]["uid"] = json!("d1");
        object["metadata"]["resourceVersion"] = json!("17");
        object
    }

    #[test]
    fn what_is_made_is_ours_and_fits() {
        let expected = DefinitionFacts {
            uid: Some("d1".to_owned()),
            version: 17,
            owner: Some("u1".to_owned()),
            fits: true,
            deleting: false,
        };
        assert_eq!(read(&green()), ("tenant-a/green".to_owned(), expected));
        assert_eq!(NetworkAttachmentDefinition::api_version(&()), API_VERSION);
        assert_eq!(NetworkAttachmentDefinition::kind(&()), KIND);
    }

    #[test]
    fn another_configuration_annotation_or_label_does_not_fit_and_more_of_them_does() {
        let fits = |path: &str, value: Value| {
            let mut object = green();
            *object.pointer_mut(path).unwrap() = value;
            read(&object).1.fits
        };
        assert!(!fits("/spec/config", json!("{}")));
        assert!(!fits("/spec", json!({})));
        assert!(!fits("/spec", json!([])), "of another form");
        assert!(!fits(
            "/metadata/annotations",
            json!({RESOURCE_NAME: "colvin.dev/blue"})
        ));
        assert!(!fits("/metadata/labels", json!({})));
        let more = json!({MANAGED_BY: PROGRAM, "tenant": "a"});
        assert!(fits("/metadata/labels", more));
    }

    #[test]
    fn only_a_network_of_ours_as_owner_makes_it_ours() {
        let owner = |owners: Value| {
            let mut object = green();
            object["metadata"]["ownerReferences"] = owners;
            read(&object).1.owner
        };
        let by = |version: &str, kind: &str| json!({"apiVersion": version, "kind": kind, "name": "green", "uid": "u9"});
        assert_eq!(owner(json!([])), None);
        assert_eq!(owner(json!([by("example.com/v1", "Network")])), None);
        assert_eq!(owner(json!([by(OURS, "NodeTopology")])), None);
        let both = json!([by("v1", "ConfigMap"), by("colvin.dev/v1beta1", "Network")]);
        assert_eq!(owner(both).as_deref(), Some("u9"));
    }
}
