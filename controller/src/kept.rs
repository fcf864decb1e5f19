//! Objects that the controller keeps for Networks: which there are to be, and what is done next that it be so.
//!
//! Pure, and the same for every kind ([`Kept`]). What the controller made has its Network as owner, and goes with it by
//! garbage collection. Anything else of the same name is somebody else's and stays as it is. Left to others: what is in
//! one and what is said of them ([`crate::definitions`], [`crate::classes`]), doing it ([`crate::publish::kept`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use kube::core::DeserializeGuard;
use kube::{Api, Client, Resource};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::facts::NetworkFacts;
use crate::facts::kept::{KeptFacts, owned};

/// A kind of objects that the controller keeps.
pub(crate) trait Kept: Debug + Default + 'static {
    /// The object as it is on the wire.
    type Object: Resource<DynamicType = ()>
        + Clone
        + Debug
        + Serialize
        + DeserializeOwned
        + Send
        + Sync
        + 'static;
    /// What is kept of what an object says.
    type Says: Clone + Debug + PartialEq;
    /// What metrics and logs call it.
    const OBJECT: &'static str;

    /// The objects that a network asks for; `None` where nothing follows from the Network.
    fn asked(network: &str, facts: &NetworkFacts) -> Option<BTreeSet<Place>>;

    /// The network that an object at this place is for.
    fn network(place: &Place) -> &str;

    /// The object at a place as the controller makes it, but for its owner.
    fn made(place: &Place, facts: &NetworkFacts) -> Value;

    /// Whether an object says what is made.
    fn fit(says: &Self::Says, made: &Value) -> Fit;

    /// Reads an object, with its key.
    fn read(object: DeserializeGuard<Self::Object>) -> (String, KeptFacts<Self::Says>);

    /// Where objects beside this one are asked for.
    fn api(client: Client, place: &Place) -> Api<Self::Object>;
}

/// Where an object is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Empty where the kind has none.
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl Place {
    /// The key of what a watch brings, `namespace/name` or `name`.
    pub(crate) fn key(&self) -> String {
        let Self { namespace, name } = self;
        if namespace.is_empty() {
            return name.clone();
        }
        format!("{namespace}/{name}")
    }

    /// From such a key.
    pub(crate) fn from_key(key: &str) -> Self {
        let (namespace, name) = key.split_once('/').unwrap_or(("", key));
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        }
    }
}

/// Whether an object says what ours say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fit {
    Whole,
    /// But for what an API server may not know and drop.
    Less,
    #[default]
    Not,
}

/// What is done with an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Action {
    pub(crate) place: Place,
    pub(crate) step: Step,
}

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// Nothing where somebody was quicker.
    Create { object: Value },
    /// Makes ours what it was. Nothing where it was changed since.
    Mend {
        object: Value,
        uid: Option<String>,
        version: u64,
    },
    /// Takes ours away. Nothing where it was changed since.
    Delete { uid: Option<String>, version: u64 },
}

/// How far the objects of a kind are known.
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

/// Why an object could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    NoNamespace,
    /// In the API server's words.
    Refused(String),
}

/// All that is known of a kind, by [`Place::key`].
#[derive(Debug)]
pub(crate) struct View<'a, K: Kept> {
    pub(crate) sight: Sight,
    pub(crate) seen: &'a BTreeMap<String, KeptFacts<K::Says>>,
    pub(crate) troubles: &'a BTreeMap<String, Trouble>,
    /// Whether the API server drops what [`Fit::Less`] lacks.
    pub(crate) drops: bool,
}

/// How an object that a network asks for is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    There(Fit),
    /// Somebody else's is there.
    Foreign,
    /// It is about to be made, or made what it was.
    Pending,
    Failed(Trouble),
}

impl<K: Kept> View<'_, K> {
    /// How the object at a place is, which this network asks for.
    pub(crate) fn state(&self, place: &Place, facts: &NetworkFacts) -> State {
        let key = place.key();
        match self.seen.get(&key) {
            Some(found) if found.owner != facts.uid => return State::Foreign,
            Some(found) if !found.deleting => match K::fit(&found.says, &K::made(place, facts)) {
                Fit::Less if !self.drops => {}
                Fit::Not => {}
                fit => return State::There(fit),
            },
            _ => {}
        }
        let trouble = self.troubles.get(&key).cloned();
        trouble.map_or(State::Pending, State::Failed)
    }
}

/// What a network needs done, which may be there no more.
pub(crate) fn plan<K: Kept>(
    network: &str,
    facts: Option<&NetworkFacts>,
    view: &View<'_, K>,
) -> Vec<Action> {
    let Some((facts, asked, owner)) = facts.and_then(|facts| {
        let (asked, owner) = asking::<K>(network, facts)?;
        Some((facts, asked, owner))
    }) else {
        return Vec::new();
    };
    if view.sight != Sight::Seen {
        return Vec::new();
    }
    let mut actions = Vec::new();
    for place in &asked {
        let found = view.seen.get(&place.key());
        if found.is_some_and(|found| found.deleting)
            || matches!(view.state(place, facts), State::There(_) | State::Foreign)
        {
            continue;
        }
        let object = owned(K::made(place, facts), network, owner);
        let step = match found {
            None => Step::Create { object },
            Some(found) => Step::Mend {
                object,
                uid: found.uid.clone(),
                version: found.version,
            },
        };
        let place = place.clone();
        actions.push(Action { place, step });
    }
    for (key, found) in view.seen {
        let place = Place::from_key(key);
        let is_ours = found.owner.as_deref() == Some(owner);
        if is_ours && !asked.contains(&place) && !found.deleting {
            let (uid, version) = (found.uid.clone(), found.version);
            let step = Step::Delete { uid, version };
            actions.push(Action { place, step });
        }
    }
    actions
}

/// Whether a network asks for objects of a kind.
pub(crate) fn asks<K: Kept>(network: &str, facts: &NetworkFacts) -> bool {
    K::asked(network, facts).is_some_and(|all| !all.is_empty())
}

/// What a network asks for, and its uid; `None` where nothing follows from the object.
fn asking<'f, K: Kept>(
    network: &str,
    facts: &'f NetworkFacts,
) -> Option<(BTreeSet<Place>, &'f str)> {
    Some((K::asked(network, facts)?, facts.uid.as_deref()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_place_and_back() {
        for (namespace, name) in [("tenant-a", "green"), ("", "green.colvin.dev")] {
            let place = Place {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
            };
            assert_eq!(Place::from_key(&place.key()), place);
        }
    }
}
