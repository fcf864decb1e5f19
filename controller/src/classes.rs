//! Whether a network has its `DeviceClass`: with `advertise: DRA` it is to have one, by which pods claim its devices.
//!
//! Pure. Left to others: what is done that it be so ([`crate::kept`]), what is in one
//! ([`colvin_crds::v1alpha1::network::device_class`]), the devices (each node's agent).

use std::collections::BTreeSet;

use colvin_crds::v1alpha1::network::device_class::{class_name, network_of};
use kube::core::DeserializeGuard;
use kube::{Api, Client};
use serde_json::Value;

use crate::facts::NetworkFacts;
use crate::facts::class::{Asked, ClassFacts, ClassSays, DeviceClass, read};
use crate::kept::{Fit, Kept, Place, Sight, State, Trouble, View};
use crate::telemetry::CLASS;

/// `DeviceClass`es, one of a Network.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Classes;

impl Kept for Classes {
    type Object = DeviceClass;
    type Says = ClassSays;
    const OBJECT: &'static str = CLASS;

    fn asked(network: &str, facts: &NetworkFacts) -> Option<BTreeSet<Place>> {
        match facts.class {
            Asked::Unknown => None,
            Asked::Nothing => Some(BTreeSet::new()),
            Asked::Class(_) => Some([place(network)].into()),
        }
    }

    fn network(place: &Place) -> &str {
        network_of(&place.name).unwrap_or(&place.name)
    }

    fn made(_place: &Place, facts: &NetworkFacts) -> Value {
        match &facts.class {
            Asked::Class(class) => class.as_ref().clone(),
            Asked::Unknown | Asked::Nothing => Value::Null,
        }
    }

    fn fit(says: &ClassSays, made: &Value) -> Fit {
        says.fit(made)
    }

    fn read(object: DeserializeGuard<Self::Object>) -> (String, ClassFacts) {
        read(object)
    }

    fn api(client: Client, _place: &Place) -> Api<Self::Object> {
        Api::all(client)
    }
}

/// How the class of a network is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Classed {
    /// It asks for none, or is not understood.
    NoneAsked,
    /// Not known yet: what was said of it stands.
    Unknown,
    /// The cluster has no such kind.
    KindMissing,
    /// The controller may not read them.
    Forbidden,
    /// As it is to be.
    Made,
    /// The API server keeps no `extendedResourceName`.
    WithoutExtendedName,
    /// Somebody else's has the name.
    Foreign,
    /// In the API server's words.
    Refused(String),
    /// It is about to be made, or made what it was.
    Pending,
}

/// How the class of a network is.
pub(crate) fn classed(network: &str, facts: &NetworkFacts, view: &View<'_, Classes>) -> Classed {
    if !matches!(facts.class, Asked::Class(_)) || facts.uid.is_none() {
        return Classed::NoneAsked;
    }
    match view.sight {
        Sight::Looking => return Classed::Unknown,
        Sight::Absent => return Classed::KindMissing,
        Sight::Forbidden => return Classed::Forbidden,
        Sight::Seen => {}
    }
    match view.state(&place(network), facts) {
        State::There(Fit::Less) => Classed::WithoutExtendedName,
        State::There(_) => Classed::Made,
        State::Foreign => Classed::Foreign,
        State::Failed(Trouble::Refused(words)) => Classed::Refused(words),
        State::Pending | State::Failed(Trouble::NoNamespace) => Classed::Pending,
    }
}

/// Where the class of a network is.
fn place(network: &str) -> Place {
    Place {
        namespace: String::new(),
        name: class_name(network),
    }
}

#[cfg(test)]
mod tests;
