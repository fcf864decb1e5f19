//! The `Network` objects, as the agent understands them.
//!
//! A Network that this agent does not understand (an unknown field: the cluster is newer) keeps the
//! meaning it had before; one that never had one is on no uplink. Left to others: who is on them.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;

use colvin_attach::record::NetworkRecord;
use colvin_crds::v1alpha1::Network;
use colvin_model::NetworkName;
use colvin_model::network::NetworkSpec;
use colvin_service::{CancellationToken, Condition};
use futures_util::StreamExt as _;
use kube::core::error_boundary::DeserializeGuard;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client, ResourceExt as _};
use tokio::sync::watch;
use tracing::{debug, info, warn};

use crate::attachments::network_record;

/// What the Networks of the cluster mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Networks {
    /// Those that are understood, by name.
    pub(crate) specs: Vec<NetworkSpec>,
    /// How pods are attached to each that there is; `None` for one that was never understood.
    pub(crate) records: BTreeMap<NetworkName, Option<NetworkRecord>>,
    /// How many are not understood.
    pub(crate) odd: usize,
}

impl Networks {
    /// Whether a member asks for labels of the node.
    pub(crate) fn ask_for_labels(&self) -> bool {
        let mut members = self.specs.iter().flat_map(NetworkSpec::members);
        members.any(|member| {
            member
                .terms()
                .iter()
                .any(|term| term.name() == "nodeSelector")
        })
    }
}

/// Follows the Networks until told to stop.
///
/// # Errors
/// Never: what fails is tried again.
pub(crate) async fn follow(
    client: Client,
    found: watch::Sender<Option<Arc<Networks>>>,
    ready: Condition,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let api: Api<DeserializeGuard<Network>> = Api::all(client);
    let mut events = pin!(watcher::watcher(api, watcher::Config::default()).default_backoff());
    let mut known = Known::default();
    let mut failing = false;
    loop {
        let event = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            event = events.next() => event,
        };
        match event {
            None => return Ok(()),
            Some(Ok(event)) => {
                if failing {
                    info!("Networks are followed again");
                    failing = false;
                }
                if known.apply(event) {
                    let networks = Arc::new(known.networks());
                    ready.met();
                    let news = found.borrow().as_ref() != Some(&networks);
                    if news {
                        found.send_replace(Some(networks));
                    }
                }
            }
            Some(Err(error)) => {
                let error = format!("{:#}", anyhow::Error::from(error));
                if found.borrow().is_none() {
                    ready.waits_for(error.clone());
                }
                if failing {
                    debug!(error, "Networks cannot be followed yet");
                } else {
                    warn!(error, "Networks cannot be followed, those known stand");
                    failing = true;
                }
            }
        }
    }
}

/// The objects by name: what each means, or `None` when it never meant anything.
#[derive(Default)]
struct Known {
    now: BTreeMap<String, Understood>,
    /// What a new list brought so far; the old one stands until it is whole.
    listing: Option<BTreeMap<String, Understood>>,
}

#[derive(Clone)]
struct Understood {
    meaning: Option<Meaning>,
    /// Whether its present form is not understood.
    odd: bool,
}

/// What a Network means.
#[derive(Clone)]
struct Meaning {
    spec: NetworkSpec,
    record: NetworkRecord,
}

impl Meaning {
    fn of(network: &Network) -> Result<Self, String> {
        let spec = NetworkSpec::try_from(network).map_err(|error| error.to_string())?;
        let record = network_record::of(spec.name(), network);
        let record = record.map_err(|error| error.to_string())?;
        Ok(Self { spec, record })
    }
}

impl Known {
    /// Takes in an event. Says whether the whole is known and may be another.
    fn apply(&mut self, event: Event<DeserializeGuard<Network>>) -> bool {
        match event {
            Event::Init => {
                self.listing = Some(BTreeMap::new());
                false
            }
            Event::InitApply(object) => {
                let (name, understood) = self.understand(&object);
                self.listing
                    .get_or_insert_default()
                    .insert(name, understood);
                false
            }
            Event::InitDone => {
                self.now = self.listing.take().unwrap_or_default();
                true
            }
            Event::Apply(object) => {
                let (name, understood) = self.understand(&object);
                self.now.insert(name, understood);
                true
            }
            Event::Delete(object) => self.now.remove(&object.name_any()).is_some(),
        }
    }

    fn understand(&self, object: &DeserializeGuard<Network>) -> (String, Understood) {
        let name = object.name_any();
        let meaning = match &object.0 {
            Ok(network) => Meaning::of(network),
            Err(error) => Err(error.error.clone()),
        };
        let understood = match meaning {
            Ok(meaning) => Understood {
                meaning: Some(meaning),
                odd: false,
            },
            Err(error) => {
                let before = self.now.get(&name).and_then(|known| known.meaning.clone());
                let stands = before.is_some();
                warn!(network = name, error, stands, "Network is not understood");
                Understood {
                    meaning: before,
                    odd: true,
                }
            }
        };
        (name, understood)
    }

    fn networks(&self) -> Networks {
        let meanings = self.now.values().filter_map(|known| known.meaning.as_ref());
        let records = self.now.iter().filter_map(|(name, known)| {
            let record = known.meaning.as_ref().map(|it| it.record.clone());
            Some((name.parse().ok()?, record))
        });
        Networks {
            specs: meanings.map(|meaning| meaning.spec.clone()).collect(),
            records: records.collect(),
            odd: self.now.values().filter(|known| known.odd).count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn object(name: &str, spec: &Value) -> DeserializeGuard<Network> {
        let object = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "Network", "metadata": {"name": name}, "spec": spec});
        serde_json::from_value(object).unwrap()
    }

    fn names(known: &Known) -> Vec<String> {
        let networks = known.networks();
        networks
            .specs
            .iter()
            .map(|spec| spec.name().to_string())
            .collect()
    }

    #[test]
    fn a_list_replaces_what_was_known_when_it_is_whole() {
        let mut known = Known::default();
        assert!(!known.apply(Event::Init));
        assert!(!known.apply(Event::InitApply(object("green", &json!({})))));
        assert!(known.apply(Event::InitDone));
        assert_eq!(names(&known), ["green"]);
        assert!(!known.apply(Event::Init));
        assert_eq!(names(&known), ["green"], "until the new list is whole");
        assert!(known.apply(Event::InitDone));
        assert_eq!(names(&known), Vec::<String>::new());
    }

    #[test]
    fn a_network_that_is_not_understood_any_more_keeps_its_meaning() {
        let mut known = Known::default();
        let pinned = json!({"members": [{"name": "a", "uplink": {"interface": "eth1"}}]});
        known.apply(Event::Apply(object("green", &pinned)));
        let before = known.networks();
        let newer =
            json!({"members": [{"name": "a", "uplink": {"interface": "eth1", "color": "red"}}]});
        known.apply(Event::Apply(object("green", &newer)));
        assert_eq!(known.networks().specs, before.specs);
        assert_eq!(known.networks().records, before.records);
        assert_eq!(known.networks().odd, 1);
        known.apply(Event::Apply(object("blue", &newer)));
        assert_eq!(
            names(&known),
            ["green"],
            "what never meant anything is on no uplink"
        );
        let blue = "blue".parse().unwrap();
        assert_eq!(known.networks().records.get(&blue), Some(&None));
        known.apply(Event::Delete(object("green", &json!({}))));
        assert_eq!(names(&known), Vec::<String>::new());
    }

    #[test]
    fn labels_are_asked_for_by_a_node_selector_only() {
        let mut known = Known::default();
        known.apply(Event::Apply(object(
            "a",
            &json!({"members": [{"name": "a", "uplink": {"interface": "eth1", "node": "n"}}]}),
        )));
        assert!(!known.networks().ask_for_labels());
        known.apply(Event::Apply(object("b", &json!({"members": [{"name": "a", "uplink": {"interface": "eth1", "nodeSelector": {"rack": "7"}}}]}))));
        assert!(known.networks().ask_for_labels());
    }
}
