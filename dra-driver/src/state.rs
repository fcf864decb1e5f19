//! What is prepared, as a value: claims with their devices, and devices that claims have left. Pure.
//!
//! Left to others: keeping it on disk.

use std::collections::{BTreeMap, BTreeSet};

use colvin_attach::record::{ClaimDevice, ClaimRecord, is_of_boot};
use colvin_model::offer::{CharDevice, DeviceId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::holds::{Allocated, ClaimHold, Claimed, Place};
use crate::{AttachConfig, DeviceName, Uid};

/// The devices that the journal of attachments has; `None` as long as nobody has read it.
pub(crate) type Attached<'a> = Option<&'a BTreeSet<DeviceId>>;

/// All that is prepared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct State {
    /// By the claim's UID.
    pub(crate) claims: BTreeMap<Uid, Claim>,
    /// Devices of claims that are not prepared any more, which the journal may still have.
    pub(crate) leaving: Vec<Leaving>,
}

/// A claim that was prepared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Claim {
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// What the pod calls it whose template it was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pod_claim_name: Option<String>,
    /// The boot of the machine in which it was prepared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) boot_id: Option<String>,
    pub(crate) has: Has,
}

/// What a claim has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Has {
    /// All that was answered.
    Prepared(Vec<Given>),
    /// Only which devices it holds, by its record: the checkpoint was lost. The kubelet asks again.
    Remembered(Vec<ClaimDevice>),
}

/// A device that a claim was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Given {
    /// As `colvin-cni` reads it.
    pub(crate) device: ClaimDevice,
    /// The request as it was allocated, `main` or `main/large`.
    pub(crate) request: String,
    pub(crate) pool: String,
    pub(crate) name: DeviceName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) share_id: Option<String>,
    /// Only to be looked at: it is not held, and nothing is attached by it (DRA-17).
    pub(crate) admin: bool,
    pub(crate) nodes: Vec<CharDevice>,
    /// What a container's variable says of it.
    pub(crate) info: Value,
    /// What the metadata file says of it.
    pub(crate) attributes: BTreeMap<String, Value>,
    pub(crate) config: AttachConfig,
}

/// A device that a claim has left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Leaving {
    pub(crate) claim: Uid,
    pub(crate) namespace: String,
    pub(crate) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) boot_id: Option<String>,
    pub(crate) device: ClaimDevice,
}

impl Claim {
    /// What it was given, or nothing where only its record is known.
    pub(crate) fn given(&self) -> &[Given] {
        match &self.has {
            Has::Prepared(given) => given,
            Has::Remembered(_) => &[],
        }
    }

    /// The devices that are its own.
    pub(crate) fn held(&self) -> impl Iterator<Item = &ClaimDevice> {
        self.own().map(|(device, _)| device)
    }

    /// Those, each with what it was given as.
    fn own(&self) -> impl Iterator<Item = (&ClaimDevice, Option<&Given>)> {
        let (given, remembered): (&[Given], &[ClaimDevice]) = match &self.has {
            Has::Prepared(given) => (given, &[]),
            Has::Remembered(devices) => (&[], devices),
        };
        let own = given.iter().filter(|given| !given.admin);
        let own = own.map(|given| (&given.device, Some(given)));
        own.chain(remembered.iter().map(|device| (device, None)))
    }

    /// Whether it was prepared in this boot of the machine.
    pub(crate) fn is_of_boot(&self, boot_id: Option<&str>) -> bool {
        is_of_boot(self.boot_id.as_deref(), boot_id)
    }

    /// What its record says of it.
    pub(crate) fn of_record(record: ClaimRecord) -> Self {
        Self {
            namespace: record.namespace,
            name: record.name,
            pod_claim_name: None,
            boot_id: record.boot_id,
            has: Has::Remembered(record.devices),
        }
    }
}

impl Given {
    fn allocated(&self) -> Allocated {
        Allocated {
            pool: self.pool.clone(),
            name: self.name.clone(),
            share_id: self.share_id.clone(),
        }
    }
}

impl State {
    /// All that is held.
    pub(crate) fn holds(&self) -> impl Iterator<Item = ClaimHold> {
        let held = self.claims.iter().flat_map(|(uid, claim)| {
            claim.own().map(move |(device, given)| ClaimHold {
                claim: uid.clone(),
                namespace: claim.namespace.clone(),
                name: claim.name.clone(),
                device: device.clone(),
                allocated: given.map(Given::allocated),
                leaving: false,
            })
        });
        let left = self.leaving.iter().map(|left| ClaimHold {
            claim: left.claim.clone(),
            namespace: left.namespace.clone(),
            name: left.name.clone(),
            device: left.device.clone(),
            allocated: None,
            leaving: true,
        });
        held.chain(left)
    }

    /// All that is held, for others.
    pub(crate) fn claimed(&self) -> Claimed {
        Claimed(self.holds().collect())
    }

    /// Who keeps a claim from having a device.
    ///
    /// A claim that was prepared in another boot keeps nobody away: if it is another's now by the scheduler's word, it was
    /// given back before the machine went down, and that was not on the disk yet.
    pub(crate) fn conflict(
        &self,
        uid: &Uid,
        device: &ClaimDevice,
        boot_id: Option<&str>,
    ) -> Option<ClaimHold> {
        let place = Place::of(device);
        let is_of_boot = |claim: &Uid| {
            let claim = self.claims.get(claim);
            claim.is_none_or(|claim| claim.is_of_boot(boot_id))
        };
        let others = self.holds().filter(|hold| hold.claim != *uid);
        let mut others = others.filter(|hold| hold.leaving || is_of_boot(&hold.claim));
        others.find(|hold| Place::of(&hold.device).excludes(&place))
    }

    /// Whether a device is this claim's, or is what the claim has left.
    pub(crate) fn is_held_by(&self, uid: &Uid, device: &ClaimDevice) -> bool {
        let place = Place::of(device);
        let mut own = self.holds().filter(|hold| hold.claim == *uid);
        own.any(|hold| Place::of(&hold.device) == place)
    }

    /// A claim has these devices from now on. What it had and has not any more is left; what it left before and has
    /// again is its own.
    pub(crate) fn put(&mut self, uid: &Uid, claim: Claim, attached: Attached<'_>) {
        self.leave(uid, attached);
        let has_again = |left: &Leaving| {
            let place = Place::of(&left.device);
            claim.held().any(|device| Place::of(device) == place)
        };
        self.leaving
            .retain(|left| left.claim != *uid || !has_again(left));
        let places: Vec<Place> = claim.held().map(Place::of).collect();
        self.claims.retain(|_, other| {
            let had = |device| places.iter().any(|it| it.excludes(&Place::of(device)));
            other.is_of_boot(claim.boot_id.as_deref()) || !other.held().any(had)
        });
        self.claims.insert(uid.clone(), claim);
    }

    /// A claim is prepared no more. Its devices stay held as long as the journal has them (DRA-08: `DEL` comes
    /// first, and what did not succeed there is the sweep's).
    pub(crate) fn leave(&mut self, uid: &Uid, attached: Attached<'_>) {
        let Some(claim) = self.claims.remove(uid) else {
            return;
        };
        let still = claim
            .held()
            .filter(|device| is_attached(attached, &device.device));
        let left = still.map(|device| Leaving {
            claim: uid.clone(),
            namespace: claim.namespace.clone(),
            name: claim.name.clone(),
            boot_id: claim.boot_id.clone(),
            device: device.clone(),
        });
        self.leaving.extend(left);
    }

    /// Lets go of what the journal has let go of. Attachments of another boot ended with it.
    pub(crate) fn sweep(&mut self, attached: Attached<'_>, boot_id: Option<&str>) {
        self.leaving.retain(|left| {
            is_of_boot(left.boot_id.as_deref(), boot_id)
                && is_attached(attached, &left.device.device)
        });
    }
}

/// Whether the journal has a device, as far as anybody can say.
fn is_attached(attached: Attached<'_>, device: &DeviceId) -> bool {
    attached.is_none_or(|attached| attached.contains(device))
}

#[cfg(test)]
mod tests;
