//! `Allocate`: whether devices may be given out, and what a container gets with them (DP-16, DP-17).
//!
//! Everything is written before anything is promised. Left to others: the call itself.

use std::collections::{BTreeSet, HashMap};
use std::error::Error as _;

use colvin_kubelet_api::device_plugin::v1beta1 as api;
use colvin_model::offer::{DeviceId, Ill, NodesError, Offer, ResourceName};
use tonic::Status;
use tracing::warn;

use crate::files::FilesError;
use crate::grant::Grant;
use crate::ledger::{Conflict, Ledger};
use crate::{Cdi, DeviceReader, cdi, environment};

/// Why devices are not given out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AllocateError {
    #[error("{id:?} is not a device of {resource}, or not any more")]
    Unknown { id: String, resource: ResourceName },
    #[error("{id} of {resource} is not there any more")]
    Vanished {
        id: DeviceId,
        resource: ResourceName,
    },
    #[error("{id} of {resource} cannot be used: {why}")]
    Ill {
        id: DeviceId,
        resource: ResourceName,
        why: Ill,
    },
    #[error(transparent)]
    Held(Conflict),
    #[error("{id} of {resource} should have {what} and has none")]
    Lacks {
        id: DeviceId,
        resource: ResourceName,
        what: &'static str,
    },
    #[error(transparent)]
    Nodes(NodesError),
    #[error(transparent)]
    Files(FilesError),
}

impl AllocateError {
    /// The word for programs.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "UnknownDevice",
            Self::Vanished { .. } => "DeviceVanished",
            Self::Ill { .. } => "DeviceIll",
            Self::Held(_) => "DeviceHeld",
            Self::Lacks { .. } => "DeviceNodesMissing",
            Self::Nodes(_) => "DeviceNodesUnreadable",
            Self::Files(_) => "FilesNotWritten",
        }
    }

    /// Whether the kubelet has another list than ours.
    pub(crate) const fn is_of_an_old_list(&self) -> bool {
        matches!(
            self,
            Self::Unknown { .. } | Self::Vanished { .. } | Self::Ill { .. }
        )
    }

    /// The sentence with its cause, which ends up in an event of the pod.
    pub(crate) fn sentence(&self) -> String {
        match self.source() {
            Some(cause) => format!("{self}: {cause}"),
            None => self.to_string(),
        }
    }

    /// As the kubelet gets it.
    pub(crate) fn status(&self) -> Status {
        let text = self.sentence();
        match self {
            Self::Unknown { .. } | Self::Vanished { .. } => Status::not_found(text),
            Self::Ill { .. } | Self::Held(_) | Self::Lacks { .. } => {
                Status::failed_precondition(text)
            }
            Self::Nodes(_) => Status::unavailable(text),
            Self::Files(_) => Status::resource_exhausted(text),
        }
    }
}

/// Gives devices of an offer out.
#[derive(Clone, Copy)]
pub(crate) struct Allocation<'a> {
    pub(crate) resource: &'a ResourceName,
    pub(crate) offer: &'a Offer,
    pub(crate) ledger: &'a Ledger,
    pub(crate) nodes: &'a dyn DeviceReader,
    pub(crate) cdi: Cdi,
}

impl Allocation<'_> {
    /// For one container: what it gets, and the devices in the kubelet's order.
    ///
    /// # Errors
    /// [`AllocateError`]; nothing is given out then, and no file is left.
    pub(crate) async fn give(
        self,
        ids: &[String],
    ) -> Result<(api::ContainerAllocateResponse, Vec<DeviceId>), AllocateError> {
        let grants = self.grants(ids)?;
        let claim = match self.ledger.claim(self.resource, &grants) {
            Ok(claim) => claim,
            // perhaps its pod has ended and nobody has told us yet
            Err(_old) => {
                // what goes wrong is in the log, and then the refusal stands
                let _asked = self.ledger.look().await;
                let claim = self.ledger.claim(self.resource, &grants);
                claim.map_err(AllocateError::Held)?
            }
        };
        let given = self.ledger.give(claim, &self.offer.origin, &grants);
        given.map_err(AllocateError::Files)?;
        let answer = self.answer(&grants);
        Ok((answer, grants.into_iter().map(|grant| grant.id).collect()))
    }

    fn grants(self, ids: &[String]) -> Result<Vec<Grant>, AllocateError> {
        let mut seen = BTreeSet::new();
        let each_once = ids.iter().filter(|id| seen.insert(id.as_str()));
        each_once.map(|id| self.grant(id)).collect()
    }

    fn grant(self, text: &str) -> Result<Grant, AllocateError> {
        let resource = || self.resource.clone();
        let id = text.parse::<DeviceId>().ok();
        let found = id.and_then(|id| Some((self.offer.devices.get(&id)?, id)));
        let Some((device, id)) = found else {
            let (id, resource) = (text.chars().take(64).collect(), resource());
            return Err(AllocateError::Unknown { id, resource });
        };
        if let Some(why) = &device.ill
            && !self.ledger.holds(self.resource, &id)
        {
            let (resource, why) = (resource(), why.clone());
            return Err(AllocateError::Ill { id, resource, why });
        }
        if !self.nodes.exists(&id, device) {
            let resource = resource();
            return Err(AllocateError::Vanished { id, resource });
        }
        let nodes = self
            .nodes
            .nodes(&id, device)
            .map_err(AllocateError::Nodes)?;
        let grant = Grant {
            id,
            device: device.clone(),
            nodes,
        };
        match grant.missing(&self.offer.origin) {
            Some(what) => Err(AllocateError::Lacks {
                id: grant.id,
                resource: resource(),
                what,
            }),
            None => Ok(grant),
        }
    }

    fn answer(self, grants: &[Grant]) -> api::ContainerAllocateResponse {
        let (resource, origin) = (self.resource, &self.offer.origin);
        let mut answer = api::ContainerAllocateResponse {
            envs: HashMap::from(environment::variables(resource, origin, grants)),
            ..api::ContainerAllocateResponse::default()
        };
        if self.cdi == Cdi::Off {
            answer.devices = char_devices(grants);
            return answer;
        }
        let names = grants
            .iter()
            .map(|it| cdi::qualified_name(resource, origin, it));
        let names: Vec<String> = names.collect();
        if self.cdi == Cdi::Annotations {
            answer
                .annotations
                .extend([cdi::annotation(resource, &names)]);
        }
        let devices = names.into_iter().map(|name| api::CdiDevice { name });
        answer.cdi_devices = devices.collect();
        answer
    }
}

/// Each device node once: `/dev/vfio/vfio` is many devices'.
fn char_devices(grants: &[Grant]) -> Vec<api::DeviceSpec> {
    let all: BTreeSet<_> = grants.iter().flat_map(Grant::char_devices).collect();
    let spec = |node: colvin_model::offer::CharDevice| api::DeviceSpec {
        container_path: node.container,
        host_path: node.host,
        permissions: "rw".to_owned(),
    };
    all.into_iter().map(spec).collect()
}

/// Says in the log why devices were refused.
pub(crate) fn note(error: &AllocateError, ids: &[String]) {
    let (reason, message) = (error.reason(), error.sentence());
    warn!(
        reason,
        message,
        devices = ids.join(","),
        "devices were refused"
    );
}
