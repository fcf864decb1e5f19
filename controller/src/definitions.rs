//! Which namespaces have a `NetworkAttachmentDefinition` of a network, and what is done next that it be so.
//!
//! Pure. What the controller made has its Network as owner, and goes with it by garbage collection. Anything
//! else of the same name is somebody else's and stays as it is. Left to others: what is in one
//! ([`colvin_crds::v1alpha1::network::attachment_definition`]), doing it ([`crate::publish::definition`]).

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{DefinitionFacts, NetworkFacts};

/// A definition: its namespace, and its name, which is its Network's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) namespace: String,
    pub(crate) network: String,
}

impl Place {
    /// The key of what a watch brings, `namespace/name`.
    pub(crate) fn key(&self) -> String {
        let Self { namespace, network } = self;
        format!("{namespace}/{network}")
    }

    /// From such a key.
    pub(crate) fn from_key(key: &str) -> Self {
        let (namespace, network) = key.split_once('/').unwrap_or(("", key));
        Self {
            namespace: namespace.to_owned(),
            network: network.to_owned(),
        }
    }
}

/// What is done with a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Action {
    pub(crate) place: Place,
    pub(crate) step: Step,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing where somebody was quicker.
    Create {
        /// The Network's uid.
        owner: String,
    },
    /// Makes ours what it was. Nothing where it was changed since.
    Mend {
        owner: String,
        uid: Option<String>,
        version: u64,
    },
    /// Takes ours away. Nothing where it was changed since.
    Delete { uid: Option<String>, version: u64 },
}

/// How far the definitions of the cluster are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sight {
    /// The first list is on its way.
    #[default]
    Looking,
    /// They are known.
    Seen,
    /// The cluster has no such kind.
    Absent,
    /// The controller may not read them.
    Forbidden,
}

/// Why a definition could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    NoNamespace,
    /// In the API server's words.
    Refused(String),
}

/// All that is known, by [`Place::key`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) sight: Sight,
    pub(crate) seen: &'a BTreeMap<String, DefinitionFacts>,
    pub(crate) troubles: &'a BTreeMap<String, Trouble>,
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

/// What a network needs done, which may be there no more.
pub(crate) fn plan(network: &str, facts: Option<&NetworkFacts>, view: &View<'_>) -> Vec<Action> {
    let Some((asked, owner)) = facts.and_then(asking) else {
        return Vec::new();
    };
    if view.sight != Sight::Seen {
        return Vec::new();
    }
    let action = |namespace: &str, step| Action {
        place: Place {
            namespace: namespace.to_owned(),
            network: network.to_owned(),
        },
        step,
    };
    let is_ours = |facts: &DefinitionFacts| facts.owner.as_deref() == Some(owner);
    let mut actions = Vec::new();
    for namespace in asked {
        let owner = owner.to_owned();
        match view.seen.get(&format!("{namespace}/{network}")) {
            None => actions.push(action(namespace, Step::Create { owner })),
            Some(facts) if is_ours(facts) && !facts.fits && !facts.deleting => {
                let (uid, version) = (facts.uid.clone(), facts.version);
                let step = Step::Mend {
                    owner,
                    uid,
                    version,
                };
                actions.push(action(namespace, step));
            }
            Some(_) => {}
        }
    }
    for (key, facts) in view.seen {
        let place = Place::from_key(key);
        let is_asked = place.network == network && asked.contains(&place.namespace);
        if is_ours(facts) && !is_asked && !facts.deleting {
            let (uid, version) = (facts.uid.clone(), facts.version);
            let step = Step::Delete { uid, version };
            actions.push(Action { place, step });
        }
    }
    actions
}

/// How the definitions of a network are.
pub(crate) fn defined(network: &str, facts: &NetworkFacts, view: &View<'_>) -> Defined {
    let (asked, owner) = match asking(facts) {
        Some((asked, owner)) if !asked.is_empty() => (asked, owner),
        _ => return Defined::NoneAsked,
    };
    match view.sight {
        Sight::Looking => return Defined::Unknown,
        Sight::Absent => return Defined::KindMissing,
        Sight::Forbidden => return Defined::Forbidden,
        Sight::Seen => {}
    }
    let mut lacks = Lacks::default();
    for namespace in asked {
        let key = format!("{namespace}/{network}");
        let trouble = view.troubles.get(&key);
        match (view.seen.get(&key), trouble) {
            (Some(facts), _) if facts.owner.as_deref() != Some(owner) => {
                lacks.foreign.push(namespace.clone());
            }
            (Some(facts), _) if facts.fits && !facts.deleting => {}
            (_, None) => lacks.pending.push(namespace.clone()),
            (_, Some(Trouble::NoNamespace)) => lacks.no_namespace.push(namespace.clone()),
            (_, Some(Trouble::Refused(words))) => {
                lacks.refused.push((namespace.clone(), words.clone()));
            }
        }
    }
    Defined::But(lacks)
}

/// Whether a network asks for definitions.
pub(crate) fn asks(facts: &NetworkFacts) -> bool {
    facts
        .definitions
        .as_ref()
        .is_some_and(|all| !all.is_empty())
}

/// The namespaces that a network asks for, and its uid; `None` where nothing follows from the object.
fn asking(facts: &NetworkFacts) -> Option<(&BTreeSet<String>, &str)> {
    Some((facts.definitions.as_ref()?, facts.uid.as_deref()?))
}

#[cfg(test)]
mod tests;
