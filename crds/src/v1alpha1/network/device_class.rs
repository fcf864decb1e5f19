//! The `DeviceClass` by which pods claim a Network's devices, where it says `advertise: DRA`.
//!
//! It chooses the devices of the driver that are on the Network, lets them be asked for as an extended resource too, and
//! says of the Network's settings those that a claim may not. Left to others: keeping it in a cluster (the controller),
//! devices and their attributes, what is done with the parameters.

use serde_json::{Map, Value, json};

use super::Attach;
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

/// The class of a Network with these settings.
pub fn device_class(network: &str, attach: Option<&Attach>) -> Value {
    let devices = format!(
        r#"device.driver == "{DRIVER}" && device.attributes["{DRIVER}"].?network.orValue("") == "{network}""#
    );
    let opaque = json!({"driver": DRIVER, "parameters": parameters(network, attach)});
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

/// The Network, so that a device whose cable was moved since it was allocated attaches nobody to another one; and what
/// only an administrator says.
fn parameters(network: &str, attach: Option<&Attach>) -> Map<String, Value> {
    let attach = attach.cloned().unwrap_or_default();
    let said = [
        ("apiVersion", Some(json!(OURS))),
        ("kind", Some(json!(PARAMETERS))),
        ("network", Some(json!(network))),
        ("vlan", attach.vlan.map(Value::from)),
        ("trust", attach.trust.map(Value::from)),
        ("spoofCheck", attach.spoof_check.map(Value::from)),
    ];
    let said = said
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_chooses_the_networks_devices_and_says_what_a_claim_may_not() {
        let attach = Attach {
            vlan: Some(110),
            mtu: Some(9000),
            spoof_check: Some(false),
            ..Attach::default()
        };
        let expression = r#"device.driver == "colvin.dev" && device.attributes["colvin.dev"].?network.orValue("") == "green""#;
        let parameters = json!({
            "apiVersion": "colvin.dev/v1alpha1", "kind": "AttachConfig",
            "network": "green", "vlan": 110, "spoofCheck": false,
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
        assert_eq!(device_class("green", Some(&attach)), made);
        let plain = device_class("green", None);
        let parameters = plain.pointer("/spec/config/0/opaque/parameters").unwrap();
        let expected = json!({"apiVersion": OURS, "kind": PARAMETERS, "network": "green"});
        assert_eq!(parameters, &expected);
    }

    #[test]
    fn the_name_of_a_class_tells_its_network_and_others_tell_none() {
        assert_eq!(network_of(&class_name("green")), Some("green"));
        assert_eq!(network_of("gpu.example.com"), None);
        assert_eq!(network_of("green-colvin.dev"), None);
    }
}
