//! What was seen in pods' namespaces, by device: for whoever tells of it elsewhere. Left to others: telling.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use colvin_model::IfName;
use colvin_model::offer::DeviceId;
use tokio::sync::watch;

use super::ear::Links;
use crate::attachments::{ChainedPod, ChainedPods};

/// A device as an interface in a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InPod {
    pub(crate) name: IfName,
    pub(crate) mac: Option<String>,
    /// Its addresses with the lengths of their prefixes.
    pub(crate) cidrs: Vec<String>,
}

/// All of them, by what the kubelet or a claim calls the device.
pub(crate) type Sightings = BTreeMap<DeviceId, InPod>;

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
                    all.insert(interface.device.clone(), seen);
                }
                None => {
                    all.remove(&interface.device);
                }
            }
        }
    });
}

/// Forgets the devices of pods that are gone.
pub(super) fn forget(sight: &Sight, pods: &ChainedPods) {
    let interfaces = pods.values().flat_map(|pod| &pod.interfaces);
    let there: BTreeSet<&DeviceId> = interfaces.map(|it| &it.device).collect();
    change(sight, |all| all.retain(|device, _| there.contains(device)));
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
