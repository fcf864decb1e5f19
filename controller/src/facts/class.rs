//! What is kept of a `DeviceClass`, anybody's: what it says, as far as ours say something; and what a Network asks of its own.
//!
//! Left to others: which there are to be ([`crate::classes`]), whose it is ([`super::kept`]).

use colvin_crds::v1alpha1::Network;
use colvin_crds::v1alpha1::network::Advertise;
use colvin_crds::v1alpha1::network::device_class::{class_name, device_class, network_of};
use kube::CustomResource;
use kube::core::{DeserializeGuard, ObjectMeta};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::kept::{self, KeptFacts, is_labelled};
use crate::kept::Fit;

/// What a `DeviceClass` says, as far as ours say something.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "resource.k8s.io",
    version = "v1",
    kind = "DeviceClass",
    plural = "deviceclasses",
    schema = "disabled"
)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct DeviceClassSpec {
    pub(crate) selectors: Vec<Value>,
    pub(crate) config: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) extended_resource_name: Option<String>,
}

/// A class.
pub(crate) type ClassFacts = KeptFacts<ClassSays>;

/// What a class says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ClassSays {
    /// `None` of one that is not called as ours are, or of another form.
    spec: Option<Box<DeviceClassSpec>>,
    is_labelled: bool,
}

/// What a Network asks of its class.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Asked {
    /// The object is not understood.
    #[default]
    Unknown,
    /// That there is none.
    Nothing,
    /// The class, but for its owner.
    Class(Box<Value>),
}

impl Asked {
    /// What this Network asks, which is understood.
    pub(super) fn of(network: &Network) -> Self {
        match (network.spec.advertise, &network.metadata.name) {
            (Advertise::Dra, Some(name)) => Self::Class(Box::new(device_class(name))),
            (Advertise::Dra | Advertise::DevicePlugin, _) => Self::Nothing,
        }
    }
}

impl ClassSays {
    /// Whether that is what is made.
    pub(crate) fn fit(&self, made: &Value) -> Fit {
        let wanted = made.get("spec").map(DeviceClassSpec::deserialize);
        let (Some(Ok(mut wanted)), Some(said), true) = (wanted, &self.spec, self.is_labelled)
        else {
            return Fit::Not;
        };
        if **said == wanted {
            return Fit::Whole;
        }
        wanted.extended_resource_name = None;
        if **said == wanted {
            Fit::Less
        } else {
            Fit::Not
        }
    }
}

/// Reads an object, with its key.
pub(crate) fn read(object: DeserializeGuard<DeviceClass>) -> (String, ClassFacts) {
    match object.0 {
        Ok(class) => of(class.metadata, Some(class.spec)),
        // of another form: none of ours has it
        Err(invalid) => of(invalid.metadata, None),
    }
}

fn of(metadata: ObjectMeta, spec: Option<DeviceClassSpec>) -> (String, ClassFacts) {
    let name = metadata.name.clone().unwrap_or_default();
    let says = ClassSays {
        spec: spec.filter(|_| network_of(&name).is_some()).map(Box::new),
        is_labelled: is_labelled(&metadata),
    };
    // a Network may own another class, which somebody wrote for it: that goes with it, and is not ours
    let owner = kept::network_of(&metadata);
    let is_of_owner = owner.is_some_and(|owner| class_name(&owner.name) == name);
    let mut facts = KeptFacts::of(metadata, says);
    facts.owner = facts.owner.filter(|_| is_of_owner);
    (name, facts)
}

#[cfg(test)]
mod tests {
    use colvin_crds::v1alpha1::network::NetworkSpec;
    use colvin_crds::v1alpha1::network::device_class::{API_VERSION, KIND};
    use kube::Resource as _;
    use serde_json::json;

    use super::*;
    use crate::facts::kept::owned;

    fn green() -> Value {
        owned(device_class("green"), "green", "u1")
    }

    fn read_of(object: &Value) -> (String, ClassFacts) {
        read(serde_json::from_value(object.clone()).unwrap())
    }

    /// How the class of green fits when this is otherwise.
    fn fit(path: &str, value: Value) -> Fit {
        let mut object = green();
        *object.pointer_mut(path).unwrap() = value;
        read_of(&object).1.says.fit(&device_class("green"))
    }

    #[test]
    fn what_is_made_is_ours_and_fits_and_what_the_server_sets_besides_does_no_harm() {
        let mut object = green();
        object["metadata"]["resourceVersion"] = json!("17");
        object["spec"]["aFieldOfLater"] = json!({"a": 1});
        let (key, facts) = read_of(&object);
        assert_eq!(key, "green.colvin.dev");
        assert_eq!((facts.owner.as_deref(), facts.version), (Some("u1"), 17));
        assert_eq!(facts.says.fit(&device_class("green")), Fit::Whole);
        assert_eq!(DeviceClass::api_version(&()), API_VERSION);
        assert_eq!(DeviceClass::kind(&()), KIND);
    }

    #[test]
    fn any_other_word_does_not_fit_and_a_missing_extended_name_is_less() {
        assert_eq!(fit("/spec/extendedResourceName", Value::Null), Fit::Less);
        assert_eq!(fit("/spec/extendedResourceName", json!("a.b/c")), Fit::Not);
        assert_eq!(fit("/spec/selectors", json!([])), Fit::Not);
        assert_eq!(fit("/spec/config", json!([])), Fit::Not);
        assert_eq!(fit("/spec/config", json!(7)), Fit::Not, "of another form");
        assert_eq!(fit("/metadata/labels", json!({})), Fit::Not);
        let parameter = "/spec/config/0/opaque/parameters/network";
        assert_eq!(fit(parameter, json!("blue")), Fit::Not);
    }

    #[test]
    fn a_class_of_another_name_that_a_network_owns_is_not_ours() {
        let mut object = green();
        object["metadata"]["name"] = json!("fast.colvin.dev");
        assert_eq!(read_of(&object).1.owner, None);
        object["metadata"]["name"] = json!("gpu.example.com");
        assert_eq!(read_of(&object).1.says.spec, None);
    }

    #[test]
    fn only_a_network_that_is_advertised_by_dra_asks_for_a_class() {
        let network = |spec: Value| {
            let spec: NetworkSpec = serde_json::from_value(spec).unwrap();
            Asked::of(&Network::new("green", spec))
        };
        assert_eq!(network(json!({})), Asked::Nothing);
        let spec = json!({"advertise": "DRA", "attach": {"vlan": 110}});
        let Asked::Class(class) = network(spec) else {
            panic!("no class");
        };
        let said = class.pointer("/spec/config/0/opaque/parameters");
        let named = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "AttachConfig", "network": "green"});
        assert_eq!(said, Some(&named), "its settings are the Network's");
    }
}
