//! What a claim's status says of its devices: how they stand, and what they are in the pod (KEP-4817).
//!
//! Each claim's part is written by server-side apply, which touches no other driver's rows (DRA-34), when it is another
//! and not more often than every few seconds. Left to others: how devices stand (`colvin_model::claimable`), what is in
//! pods (`following`).

mod write;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use colvin_dra_driver::{ClaimHold, Claimed, DRIVER};
use colvin_model::claimable::{Claimable, TaintKey};
use colvin_service::CancellationToken;
use kube::Client;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::Latest;
use crate::following::{InPod, Sightings, seen_of};
use write::{Done, Writer};

/// Between a change and its write, and between two writes of one claim: an interface gets its addresses one by one.
const PACE: Duration = Duration::from_secs(5);

/// Until what failed is tried again.
const AGAIN: Duration = Duration::from_secs(30);

/// A claim, by namespace, name and UID.
pub(super) type Key = (String, String, String);

/// What is said of a device of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeviceStatus {
    driver: &'static str,
    pool: String,
    device: String,
    #[serde(rename = "shareID", skip_serializing_if = "Option::is_none")]
    share: Option<String>,
    pub(super) conditions: Vec<Condition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network_data: Option<NetworkData>,
}

/// One condition, without the time of its last change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Condition {
    pub(super) r#type: &'static str,
    pub(super) status: &'static str,
    reason: &'static str,
    message: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct NetworkData {
    interface_name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ips: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hardware_address: Option<String>,
}

/// Writes claims' statuses.
pub(super) struct Statuses {
    pub(super) client: Client,
    pub(super) claimable: Latest<Vec<Claimable>>,
    pub(super) claimed: Latest<Claimed>,
    pub(super) sightings: watch::Receiver<Arc<Sightings>>,
    pub(super) sole: watch::Receiver<bool>,
}

/// A claim's status at the API server.
#[derive(Debug, Default)]
struct Held {
    said: Option<Vec<DeviceStatus>>,
    /// When it may be written: at once where nothing was said yet, and later again where that failed.
    due: Option<Instant>,
}

impl Statuses {
    /// Writes them until told to stop.
    ///
    /// # Errors
    /// When an input ended.
    pub(super) async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        self.sole.wait_for(|sole| *sole).await?;
        let mut writer = Writer::new(self.client.clone());
        let mut held: BTreeMap<Key, Held> = BTreeMap::new();
        loop {
            let wanted = self.wanted();
            let now = Instant::now();
            held.retain(|key, _| wanted.contains_key(key));
            writer.forget_all_but(|key| held.contains_key(key));
            let mut next = None;
            for (key, wanted) in wanted {
                let held = held.entry(key.clone()).or_default();
                if held.said.as_ref() == Some(&wanted) {
                    held.due = None;
                    continue;
                }
                let first = if held.said.is_some() { now + PACE } else { now };
                let due = *held.due.get_or_insert(first);
                if due > now {
                    next = Some(next.map_or(due, |other: Instant| other.min(due)));
                    continue;
                }
                match writer.write(&key, &wanted).await {
                    // where it is gone the driver hears of it from the kubelet
                    Done::Written | Done::Gone => {
                        held.said = Some(wanted);
                        held.due = None;
                    }
                    Done::Failed => {
                        let again = Instant::now() + AGAIN;
                        held.due = Some(again);
                        next = Some(next.map_or(again, |other: Instant| other.min(again)));
                    }
                }
            }
            let later = next.unwrap_or(now);
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                changed = self.claimable.changed() => changed?,
                changed = self.claimed.changed() => changed?,
                changed = self.sightings.changed() => changed?,
                () = sleep_until(later), if next.is_some() => {}
            }
        }
    }

    fn wanted(&mut self) -> BTreeMap<Key, Vec<DeviceStatus>> {
        let claimable = self.claimable.borrow_and_update().clone();
        let claimed = self.claimed.borrow_and_update().clone();
        let sightings = Arc::clone(&self.sightings.borrow_and_update());
        match (claimable, claimed) {
            (Some(claimable), Some(claimed)) => statuses(&claimable, &claimed, &sightings),
            _ => BTreeMap::new(),
        }
    }
}

/// What is to be said of each claim. Of a device that no pod has as an interface, nothing is said of one.
fn statuses(
    claimable: &[Claimable],
    claimed: &Claimed,
    sightings: &Sightings,
) -> BTreeMap<Key, Vec<DeviceStatus>> {
    let mut all: BTreeMap<Key, Vec<DeviceStatus>> = BTreeMap::new();
    let known = claimable.iter().map(|it| ((&it.network, &it.id), it));
    let known: BTreeMap<_, &Claimable> = known.collect();
    for hold in claimed.0.iter().filter(|hold| !hold.leaving) {
        let known = known.get(&(&hold.device.network, &hold.device.device));
        let in_pod = seen_of(sightings, &hold.device.network, &hold.device.device);
        let key = (
            hold.namespace.clone(),
            hold.name.clone(),
            hold.claim.to_string(),
        );
        if let Some(status) = known.and_then(|known| status(hold, known, in_pod)) {
            all.entry(key).or_default().push(status);
        }
    }
    all
}

fn status(hold: &ClaimHold, known: &Claimable, in_pod: Option<&InPod>) -> Option<DeviceStatus> {
    let allocated = hold.allocated.as_ref()?;
    let tainted = |key: TaintKey| known.taints.iter().any(|taint| taint.key == key);
    let membership = [
        TaintKey::WrongNetwork,
        TaintKey::AmbiguousNeighbor,
        TaintKey::NoNeighbor,
    ];
    let lost = membership.into_iter().find(|key| tainted(*key));
    let down = tainted(TaintKey::LinkDown).then_some(TaintKey::LinkDown);
    let ill = known
        .is
        .ill
        .as_ref()
        .filter(|_| tainted(TaintKey::Quarantined));
    Some(DeviceStatus {
        driver: DRIVER,
        pool: allocated.pool.clone(),
        device: allocated.name.to_string(),
        share: allocated.share_id.clone(),
        conditions: vec![
            Condition::new(
                "Healthy",
                "Usable",
                ill.map(|ill| (ill.as_str(), ill.to_string())),
            ),
            Condition::new("LinkUp", "Carrier", down.map(told)),
            Condition::new("Membership", "OnNetwork", lost.map(told)),
        ],
        network_data: in_pod.map(|in_pod| NetworkData {
            interface_name: in_pod.name.to_string(),
            ips: in_pod.cidrs.iter().take(16).cloned().collect(), // LIM-12
            hardware_address: in_pod.mac.clone(),
        }),
    })
}

/// A taint as a condition's reason and message.
fn told(key: TaintKey) -> (&'static str, String) {
    let reason = match key {
        TaintKey::AmbiguousNeighbor => "AmbiguousNeighbor",
        TaintKey::LinkDown => "LinkDown",
        TaintKey::NoNeighbor => "NoNeighbor",
        TaintKey::Quarantined => "Quarantined",
        TaintKey::WrongNetwork => "WrongNetwork",
    };
    (reason, key.meaning().to_owned())
}

impl Condition {
    fn new(
        r#type: &'static str,
        well: &'static str,
        wrong: Option<(&'static str, String)>,
    ) -> Self {
        match wrong {
            None => Self {
                r#type,
                status: "True",
                reason: well,
                message: String::new(),
            },
            Some((reason, message)) => Self {
                r#type,
                status: "False",
                reason,
                message,
            },
        }
    }
}

#[cfg(test)]
mod tests;
