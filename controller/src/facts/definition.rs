//! What is kept of a `NetworkAttachmentDefinition`, anybody's: whether it says what ours say.
//!
//! Left to others: which there are to be ([`crate::definitions`]), whose it is ([`super::kept`]).

use colvin_crds::v1alpha1::network::attachment_definition::{RESOURCE_NAME, attachment_definition};
use kube::CustomResource;
use kube::core::{DeserializeGuard, ObjectMeta};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::kept::{KeptFacts, is_labelled};
use crate::kept::{Fit, Place};

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

/// A definition, and whether it says what ours of its place say.
pub(crate) type DefinitionFacts = KeptFacts<Fit>;

/// Reads an object, with its key.
pub(crate) fn read(
    object: DeserializeGuard<NetworkAttachmentDefinition>,
) -> (String, DefinitionFacts) {
    match object.0 {
        Ok(definition) => of(definition.metadata, definition.spec.config.as_deref()),
        // of another form: none of ours has it
        Err(invalid) => of(invalid.metadata, None),
    }
}

/// From what there is of it.
fn of(metadata: ObjectMeta, config: Option<&str>) -> (String, DefinitionFacts) {
    let place = Place {
        namespace: metadata.namespace.clone().unwrap_or_default(),
        name: metadata.name.clone().unwrap_or_default(),
    };
    let wanted = attachment_definition(&place.name, Some(&place.namespace));
    let annotations = metadata.annotations.as_ref();
    let resource = annotations.and_then(|all| all.get(RESOURCE_NAME));
    let wants = |path: &str| wanted.pointer(path).and_then(Value::as_str);
    let annotation = format!("/metadata/annotations/{}", RESOURCE_NAME.replace('/', "~1"));
    let fits = config.is_some()
        && config == wants("/spec/config")
        && resource.map(String::as_str) == wants(&annotation)
        && is_labelled(&metadata);
    let says = if fits { Fit::Whole } else { Fit::Not };
    (place.key(), KeptFacts::of(metadata, says))
}

#[cfg(test)]
mod tests {
    use colvin_crds::v1alpha1::API_VERSION as OURS;
    use colvin_crds::v1alpha1::network::attachment_definition::{API_VERSION, KIND};
    use kube::Resource as _;
    use serde_json::json;

    use super::*;
    use crate::facts::kept::owned;
    use crate::publish::PROGRAM;

    const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

    fn read(object: &Value) -> (String, DefinitionFacts) {
        super::read(serde_json::from_value(object.clone()).unwrap())
    }

    fn green() -> Value {
        let mut object = owned(
            attachment_definition("green", Some("tenant-a")),
            "green",
            "u1",
        );
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
            says: Fit::Whole,
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
            read(&object).1.says == Fit::Whole
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
