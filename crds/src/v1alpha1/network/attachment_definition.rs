//! The `NetworkAttachmentDefinition` by which Multus gives a Network's devices to `colvin-cni`.
//!
//! It says the Network's name and nothing else: settings are the Network's, and a tenant may write
//! definitions. Left to others: writing it for people (`colvin convert`), keeping it in a cluster
//! (the controller), reading definitions of other plugins (`cli/`).

use serde_json::{Value, json};

/// The API version of definitions.
pub const API_VERSION: &str = "k8s.cni.cncf.io/v1";
/// Their kind.
pub const KIND: &str = "NetworkAttachmentDefinition";
/// The annotation by which Multus learns which resource's device it hands over.
pub const RESOURCE_NAME: &str = "k8s.v1.cni.cncf.io/resourceName";
/// The plugin that it is handed to.
pub const PLUGIN: &str = "colvin-cni";
/// The version of the CNI protocol.
pub const CNI_VERSION: &str = "1.0.0";

/// The resource that pods ask for to get a device of this Network.
pub fn resource_name(network: &str) -> String {
    format!("{}/{network}", crate::v1alpha1::GROUP)
}

/// The definition of a Network, in a namespace or in the one it is applied to.
pub fn attachment_definition(network: &str, namespace: Option<&str>) -> Value {
    let config = json!({"cniVersion": CNI_VERSION, "name": network, "type": PLUGIN});
    let mut metadata = json!({
        "name": network,
        "annotations": {RESOURCE_NAME: resource_name(network)},
    });
    if let (Some(namespace), Some(fields)) = (namespace, metadata.as_object_mut()) {
        fields.insert("namespace".to_owned(), namespace.into());
    }
    json!({
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": metadata,
        "spec": {"config": config.to_string()},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_says_the_networks_name_and_its_resource_and_nothing_else() {
        let config = r#"{"cniVersion":"1.0.0","name":"green","type":"colvin-cni"}"#;
        let made = json!({
            "apiVersion": "k8s.cni.cncf.io/v1",
            "kind": "NetworkAttachmentDefinition",
            "metadata": {
                "name": "green",
                "namespace": "tenant-a",
                "annotations": {"k8s.v1.cni.cncf.io/resourceName": "colvin.dev/green"},
            },
            "spec": {"config": config},
        });
        assert_eq!(attachment_definition("green", Some("tenant-a")), made);
        let anywhere = attachment_definition("green", None);
        assert_eq!(anywhere.pointer("/metadata/namespace"), None);
    }
}
