//! Claims become prepared and are so no more: checkpoint first, then the files, then the answer; and back.
//!
//! Everything here blocks, and one process at a time comes here. Left to others: taking turns, and the calls.

use colvin_attach::record::{self, ClaimDevice, Outstanding};
use colvin_model::offer::{DeviceId, Holders, NodeReader};

use crate::answer::{Answer, answers};
use crate::checkpoint::{Checkpoint, CheckpointError, Loaded};
use crate::claim::{ClaimReadError, ReadClaim};
use crate::error::ClaimError;
use crate::grant::Grant;
use crate::holds::by_resource;
use crate::papers::Papers;
use crate::state::{Attached, Claim, Has, State};
use crate::{Devices, Settings, Uid};

/// A claim that the kubelet names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) uid: Uid,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// What is so on the node at this moment.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    pub(crate) devices: &'a Devices,
    /// What the device plugin gave away.
    pub(crate) others: &'a Holders,
    pub(crate) attached: Attached<'a>,
    /// Finds what a device has for programs.
    pub(crate) nodes: &'a dyn NodeReader,
}

/// Who else has what, when a claim is prepared.
#[derive(Clone, Copy)]
struct Taken<'a> {
    state: &'a State,
    /// The claim that is prepared.
    uid: &'a Uid,
    boot_id: Option<&'a str>,
    /// What the device plugin gave away a moment ago.
    outstanding: &'a [Outstanding],
    around: Around<'a>,
}

/// The books of a node.
#[derive(Clone, Debug)]
pub(crate) struct Books {
    checkpoint: Checkpoint,
    papers: Papers,
    boot_id: Option<String>,
    metadata: bool,
}

impl Books {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            checkpoint: Checkpoint {
                path: settings.folders.checkpoint(),
                run: settings.folders.run.clone(),
                boot_id: settings.boot_id.clone(),
            },
            papers: Papers::new(settings),
            boot_id: settings.boot_id.clone(),
            metadata: settings.metadata,
        }
    }

    /// What is prepared.
    ///
    /// # Errors
    /// [`CheckpointError`] when nobody can say.
    pub(crate) fn open(&self) -> Result<Loaded, CheckpointError> {
        self.checkpoint.load()
    }

    /// Prepares a claim, or answers again what was (DRA-10).
    ///
    /// # Errors
    /// [`ClaimError`]; a claim that was not prepared before is not then, and leaves no file.
    pub(crate) fn prepare(
        &self,
        state: &mut State,
        asked: &Asked,
        read: Result<ReadClaim, ClaimError>,
        around: Around<'_>,
    ) -> Result<Vec<Answer>, ClaimError> {
        let mut next = state.clone();
        next.sweep(around.attached, self.boot_id.as_deref());
        let outstanding = record::outstanding(&self.checkpoint.run, self.boot_id.as_deref());
        let outstanding = outstanding.map_err(ClaimError::Outstanding)?.found;
        let taken = Taken {
            state: &next,
            uid: &asked.uid,
            boot_id: self.boot_id.as_deref(),
            outstanding: &outstanding,
            around,
        };
        let Some(claim) = self.claim(asked, read, taken)? else {
            self.unprepare(state, &asked.uid, around.attached)?;
            return Ok(Vec::new());
        };
        claim
            .held()
            .try_for_each(|device| taken.ensure_free(device))?;
        next.put(&asked.uid, claim.clone(), around.attached);
        self.checkpoint
            .save(&next)
            .map_err(ClaimError::Checkpoint)?;
        let before = std::mem::replace(state, next);
        if let Err(error) = self.papers.write(&asked.uid, &claim) {
            self.take_back(state, before, &asked.uid, &claim);
            return Err(ClaimError::Files(vec![error]));
        }
        Ok(answers(&asked.uid, claim.given(), self.metadata))
    }

    /// What a claim is to have, or `None` when it has nothing of ours.
    fn claim(
        &self,
        asked: &Asked,
        read: Result<ReadClaim, ClaimError>,
        taken: Taken<'_>,
    ) -> Result<Option<Claim>, ClaimError> {
        let boot_id = self.boot_id.as_deref();
        let before = taken.state.claims.get(&asked.uid);
        let promised = before.filter(|claim| claim.is_of_boot(boot_id));
        let promised = promised.filter(|claim| !claim.given().is_empty());
        let read = match (read, promised) {
            (Ok(read), _) => read,
            // the API server is away, and what was promised stays so
            (Err(error), Some(promised)) if is_unread(&error) => {
                return Ok(Some(promised.clone()));
            }
            (Err(error), _) => return Err(error),
        };
        if read.uid != asked.uid {
            return Err(ClaimError::OtherUid(read.uid));
        }
        let allocation = read.allocation.ok_or(ClaimError::NotAllocated)?;
        let grant = Grant {
            devices: taken.around.devices,
            before,
            boot_id,
            is_free: &|device| taken.ensure_free(device).is_ok(),
            nodes: taken.around.nodes,
        };
        let given = grant.of(&allocation)?;
        let claim = Claim {
            namespace: asked.namespace.clone(),
            name: asked.name.clone(),
            pod_claim_name: read.pod_claim_name,
            boot_id: self.boot_id.clone(),
            has: Has::Prepared(given),
        };
        Ok((!claim.given().is_empty()).then_some(claim))
    }

    /// Makes it as it was, as far as that goes. A claim that was prepared before stays so: its pod may run.
    fn take_back(&self, state: &mut State, before: State, uid: &Uid, claim: &Claim) {
        if before.claims.contains_key(uid) || self.papers.remove(uid, claim, &before).is_err() {
            return; // the kubelet asks again, or has it undone
        }
        if self.checkpoint.save(&before).is_ok() {
            *state = before;
        }
    }

    /// A claim is prepared no more; one that is not known never was (DRA-11).
    ///
    /// # Errors
    /// [`ClaimError`]; it counts as prepared then.
    pub(crate) fn unprepare(
        &self,
        state: &mut State,
        uid: &Uid,
        attached: Attached<'_>,
    ) -> Result<(), ClaimError> {
        let Some(claim) = state.claims.get(uid) else {
            return Ok(());
        };
        let removed = self.papers.remove(uid, claim, state);
        removed.map_err(ClaimError::Files)?;
        self.change(state, |state| state.leave(uid, attached))
            .map_err(ClaimError::Checkpoint)
    }

    /// Writes again what is missing of the files of claims that are prepared, or was torn: the kubelet does not ask for
    /// it, and their pods may make containers anew.
    ///
    /// # Errors
    /// [`ClaimError::Files`] of all that cannot be written.
    pub(crate) fn mend(&self, state: &State) -> Result<(), ClaimError> {
        let boot_id = self.boot_id.as_deref();
        let prepared = state.claims.iter().filter(|(_, claim)| {
            // of one that is only remembered its record is what is known
            claim.is_of_boot(boot_id) && !claim.given().is_empty()
        });
        let written = prepared.map(|(uid, claim)| self.papers.write(uid, claim));
        let failures: Vec<_> = written.filter_map(Result::err).collect();
        if failures.is_empty() {
            Ok(())
        } else {
            Err(ClaimError::Files(failures))
        }
    }

    /// Lets go of devices that the journal has let go of.
    ///
    /// # Errors
    /// [`CheckpointError`]; they stay held then.
    pub(crate) fn sweep(
        &self,
        state: &mut State,
        attached: Attached<'_>,
    ) -> Result<(), CheckpointError> {
        if state.leaving.is_empty() {
            return Ok(());
        }
        self.change(state, |state| {
            state.sweep(attached, self.boot_id.as_deref());
        })
    }

    fn change(
        &self,
        state: &mut State,
        change: impl FnOnce(&mut State),
    ) -> Result<(), CheckpointError> {
        let mut next = state.clone();
        change(&mut next);
        self.checkpoint.save(&next)?;
        *state = next;
        Ok(())
    }
}

impl Taken<'_> {
    /// One device, one holder (DRA-15, invariant 4); what the journal has and nobody holds is in some pod.
    fn ensure_free(self, device: &ClaimDevice) -> Result<(), ClaimError> {
        let conflict = self.state.conflict(self.uid, device, self.boot_id);
        if let Some(hold) = conflict.map(Box::new) {
            return Err(if hold.leaving {
                ClaimError::StillAttached(hold)
            } else {
                ClaimError::HeldByClaim(hold)
            });
        }
        let around = self.around;
        if let Some(by) = by_resource(device, around.others, self.outstanding) {
            let device = device.device.clone();
            return Err(ClaimError::HeldByResource { device, by });
        }
        let is_in_a_pod = around
            .attached
            .is_some_and(|it| it.contains(&device.device));
        // children of one uplink in two networks are called the same in the journal
        let is_known = device.kind.is_shared() && self.is_held(&device.device);
        if is_in_a_pod && !is_known && !self.state.is_held_by(self.uid, device) {
            return Err(ClaimError::InSomePod(device.device.clone()));
        }
        Ok(())
    }

    /// Whether somebody is known who has a device of this id, of whatever network.
    fn is_held(self, id: &DeviceId) -> bool {
        let by_claim = self.state.holds().any(|hold| hold.device.device == *id);
        let mut resources = self.around.others.held.values();
        by_claim
            || resources.any(|devices| devices.contains_key(id))
            || self.outstanding.iter().any(|it| it.device == *id)
    }
}

/// Whether the API server did not say, as against said no.
const fn is_unread(error: &ClaimError) -> bool {
    matches!(
        error,
        ClaimError::Read(ClaimReadError::Unavailable(_)) | ClaimError::ReadLate(_)
    )
}

#[cfg(test)]
mod tests;
