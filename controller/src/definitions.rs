//! Which namespaces have a `NetworkAttachmentDefinition` of a network.
//!
//! Pure. Left to others: what is done that it be so ([`crate::kept`]), what is in one
//! ([`colvin_crds::v1alpha1::network::attachment_definition`]).

use std::collections::BTreeSet;

use colvin_crds::v1alpha1::network::attachment_definition::attachment_definition;
use kube::core::DeserializeGuard;
use kube::{Api, Client};
use serde_json::Value;

use crate::facts::definition::{NetworkAttachmentDefinition, read};
use crate::facts::{DefinitionFacts, NetworkFacts};
use crate::kept::{Fit, Kept, Place, Sight, State, Trouble, View};
use crate::telemetry::DEFINITION;

/// `NetworkAttachmentDefinition`s, each named as its Network.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Definitions;

impl Kept for Definitions {
    type Object = NetworkAttachmentDefinition;
    /// It follows from the place alone what ours say.
    type Says = Fit;
    const OBJECT: &'static str = DEFINITION;

    fn asked(network: &str, facts: &NetworkFacts) -> Option<BTreeSet<Place>> {
        let namespaces = facts.definitions.as_ref()?;
        let places = namespaces.iter().map(|namespace| Place {
            namespace: namespace.clone(),
            name: network.to_owned(),
        });
        Some(places.collect())
    }

    fn network(place: &Place) -> &str {
        &place.name
    }

    fn made(place: &Place, _facts: &NetworkFacts) -> Value {
        attachment_definition(&place.name, Some(&place.namespace))
    }

    fn fit(says: &Fit, _made: &Value) -> Fit {
        *says
    }

    fn read(object: DeserializeGuard<Self::Object>) -> (String, DefinitionFacts) {
        read(object)
    }

    fn api(client: Client, place: &Place) -> Api<Self::Object> {
        Api::namespaced(client, &place.namespace)
    }
}

/// How the definitions of a network are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Defined {
    /// It asks for none, or is not understood.
    NoneAsked,
    /// Not known yet: what was said of it stands.
    Unknown,
    /// The cluster has no such kind.
    KindMissing,
    /// The controller may not read them.
    Forbidden,
    /// As it asks, but for these namespaces.
    But(Lacks),
}

/// The namespaces that lack a definition, by why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lacks {
    /// Somebody else's is there.
    pub(crate) foreign: Vec<String>,
    pub(crate) no_namespace: Vec<String>,
    /// With the API server's words.
    pub(crate) refused: Vec<(String, String)>,
    /// It is about to be made, or made what it was.
    pub(crate) pending: Vec<String>,
}

/// How the definitions of a network are.
pub(crate) fn defined(
    network: &str,
    facts: &NetworkFacts,
    view: &View<'_, Definitions>,
) -> Defined {
    let asked = match Definitions::asked(network, facts) {
        Some(asked) if !asked.is_empty() && facts.uid.is_some() => asked,
        _ => return Defined::NoneAsked,
    };
    match view.sight {
        Sight::Looking => return Defined::Unknown,
        Sight::Absent => return Defined::KindMissing,
        Sight::Forbidden => return Defined::Forbidden,
        Sight::Seen => {}
    }
    let mut lacks = Lacks::default();
    for place in asked {
        let state = view.state(&place, facts);
        let namespace = place.namespace;
        match state {
            State::There(_) => {}
            State::Foreign => lacks.foreign.push(namespace),
            State::Pending => lacks.pending.push(namespace),
            State::Failed(Trouble::NoNamespace) => lacks.no_namespace.push(namespace),
            State::Failed(Trouble::Refused(words)) => lacks.refused.push((namespace, words)),
        }
    }
    Defined::But(lacks)
}

#[cfg(test)]
mod tests;
