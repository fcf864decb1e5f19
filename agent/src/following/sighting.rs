//! What was seen in pods' namespaces, by device: for whoever tells of it elsewhere. Left to others: telling.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use colvin_model::offer::DeviceId;
use colvin_model::{IfName, NetworkName};
use tokio::sync::watch;

use super::ear::Links;
use crate::attachments::{ChainedPod, ChainedPods, Interface};

/// A device as an interface in a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InPod {
    pub(crate) name: IfName,
    pub(crate) mac: Option<String>,
    /// Its addresses with the lengths of their prefixes.
    pub(crate) cidrs: Vec<String>,
}

/// All of them, by the network and what the kubelet or a claim calls the device: children of one uplink in two networks are
/// called the same.
pub(crate) type Sightings = BTreeMap<(Option<NetworkName>, DeviceId), InPod>;

/// A network's device; of a record that names no network, by the device alone.
pub(crate) fn seen_of<'a>(
    sightings: &'a Sightings,
    network: &NetworkName,
    device: &DeviceId,
) -> Option<&'a InPod> {
    let by = |network: Option<NetworkName>| sightings.get(&(network, device.clone()));
    by(Some(network.clone())).or_else(|| by(None))
}

/// Tells what was seen.
pub(crate) type Sight = watch::Sender<Arc<Sightings>>;

/// Takes in a look at a pod.
pub(super) fn saw(sight: &Sight, pod: &ChainedPod, links: &Links) {
    change(sight, |all| {
        for interface in pod.interfaces.iter().filter(|it| it.is_netdev) {
            match links.get(&interface.name) {
                Some(link) => {
                    let seen = InPod {
                        name: interface.name.clone(),
                        mac: link.mac.as_ref().map(ToString::to_string),
                        cidrs: link.cidrs.clone(),
                    };
                    all.insert(key(interface), seen);
                }
                None => {
                    all.remove(&key(interface));
                }
            }
        }
    });
}

/// Forgets the devices of pods that are gone.
pub(super) fn forget(sight: &Sight, pods: &ChainedPods) {
    let interfaces = pods.values().flat_map(|pod| &pod.interfaces);
    let there: BTreeSet<_> = interfaces.map(key).collect();
    change(sight, |all| all.retain(|device, _| there.contains(device)));
}

fn key(interface: &Interface) -> (Option<NetworkName>, DeviceId) {
    (interface.network.clone(), interface.device.clone())
}

fn change(sight: &Sight, change: impl FnOnce(&mut Sightings)) {
    let mut now = Sightings::clone(&sight.borrow());
    change(&mut now);
    sight.send_if_modified(|last| {
        let is_news = **last != now;
        if is_news {
            *last = Arc::new(now);
        }
        is_news
    });
}
