//! The `DeviceClass` by which pods claim a Network's devices, where it says `advertise: DRA`.
//!
//! It chooses the devices of the driver that are on the Network, and lets them be asked for as an extended resource too.
//! Its parameters name the Network, so that a device whose cable was moved since it was allocated attaches nobody to another
//! one. How pods are attached is the Network's own word, which the node has: said twice, it could differ. Left to others:
//! keeping it in a cluster (the controller), devices and their attributes.

use serde_json::{Value, json};

use super::attachment_definition::resource_name;
use crate::v1alpha1::{API_VERSION as OURS, GROUP};

/// The API version of classes.
pub const API_VERSION: &str = "resource.k8s.io/v1";
/// Their kind.
pub const KIND: &str = "DeviceClass";
/// The driver whose devices they choose, which is also the domain of its attributes.
pub const DRIVER: &str = GROUP;
/// The kind of the driver's parameters, in the version of our own kinds.
pub const PARAMETERS: &str = "AttachConfig";

/// The name of a Network's class.
pub fn class_name(network: &str) -> String {
    format!("{network}.{GROUP}")
}

/// The Network whose class has this name, where it is such a name.
pub fn network_of(class: &str) -> Option<&str> {
    class.strip_suffix(GROUP)?.strip_suffix('.')
}

/// The class of a Network.
pub fn device_class(network: &str) -> Value {
    let devices = format!(
        r#"device.driver == "{DRIVER}" && device.attributes["{DRIVER}"].?network.orValue("") == "{network}""#
    );
    let parameters = json!({"apiVersion": OURS, "kind": PARAMETERS, "network": network});
    let opaque = json!({"driver": DRIVER, "parameters": parameters});
    json!({
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": class_name(network)},
        "spec": {
            "selectors": [{"cel": {"expression": devices}}],
            "config": [{"opaque": opaque}],
            "extendedResourceName": resource_name(network),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_chooses_the_networks_devices_and_says_which_network_that_is() {
        let expression = r#"device.driver == "colvin.dev" && device.attributes["colvin.dev"].?network.orValue("") == "green""#;
        let parameters = json!({
            "apiVersion": "colvin.dev/v1alpha1", "kind": "AttachConfig",
            "network": "green",
        });
        let made = json!({
            "apiVersion": "resource.k8s.io/v1",
            "kind": "DeviceClass",
            "metadata": {"name": "green.colvin.dev"},
            "spec": {
                "selectors": [{"cel": {"expression": expression}}],
                "config": [{"opaque": {"driver": "colvin.dev", "parameters": parameters}}],
                "extendedResourceName": "colvin.dev/green",
            },
        });
        assert_eq!(device_class("green"), made);
    }

    #[test]
    fn the_name_of_a_class_tells_its_network_and_others_tell_none() {
        assert_eq!(network_of(&class_name("green")), Some("green"));
        assert_eq!(network_of("gpu.example.com"), None);
        assert_eq!(network_of("green-colvin.dev"), None);
    }
}
