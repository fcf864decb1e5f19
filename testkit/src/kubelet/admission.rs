//! Gives devices to containers as the kubelet's admission does, and says why not.
//!
//! Left to others: what devices there are (`state`), what an answer must look like (`judge`).

use std::collections::HashSet;
use std::fmt;

use colvin_kubelet_api::device_plugin::v1beta1::{
    AllocateRequest, ContainerAllocateRequest, ContainerAllocateResponse, PreStartContainerRequest,
};
use tokio::time::{Duration, timeout};

use super::choice::choose;
use super::judge;
use super::options::Role;
use super::pods::PodName;
use super::record::What;
use super::shared::Shared;
use super::state::{Plugin, State};

/// How long a plugin may take when a container is about to start.
const PRE_START_LIMIT: Duration = Duration::from_secs(30);

/// Why a pod is not admitted or its container not started; for the pod that is the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AdmissionError {
    /// No plugin has ever registered for the resource.
    Unregistered,
    /// The resource has not one healthy device.
    NoneHealthy,
    /// A device that the container has is not healthy.
    HeldUnhealthy,
    /// The container has another number of devices than it asks for.
    Changed,
    /// Fewer devices are free than are needed.
    TooFew {
        /// Devices that are needed.
        needed: usize,
        /// Devices that are free.
        free: usize,
    },
    /// The plugin has gone.
    Stopped,
    /// The plugin says no: code and message.
    Plugin(tonic::Code, String),
    /// The plugin answers for no container.
    NoAnswer,
    /// The plugin took too long.
    TimedOut,
}

impl fmt::Display for AdmissionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnexpectedAdmissionError: ")?;
        match self {
            Self::Unregistered => f.write_str("the resource is not registered"),
            Self::NoneHealthy => f.write_str("no device of the resource is healthy"),
            Self::HeldUnhealthy => f.write_str("a device that the container has is not healthy"),
            Self::Changed => f.write_str("the container asks for another number than it has"),
            Self::TooFew { needed, free } => write!(f, "{needed} devices needed, {free} free"),
            Self::Stopped => f.write_str("the plugin has gone"),
            Self::Plugin(code, message) => write!(f, "the plugin says {code:?}: {message}"),
            Self::NoAnswer => f.write_str("the plugin answers for no container"),
            Self::TimedOut => f.write_str("the plugin took too long"),
        }
    }
}

impl std::error::Error for AdmissionError {}

impl From<tonic::Status> for AdmissionError {
    fn from(status: tonic::Status) -> Self {
        Self::Plugin(status.code(), status.message().to_owned())
    }
}

/// What a container was given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Allocation {
    /// The devices, in the order in which the plugin was told them.
    pub ids: Vec<String>,
    /// What the plugin answered; empty where the container had the devices before.
    pub response: ContainerAllocateResponse,
}

/// A container that asks.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    pub(super) pod: PodName,
    pub(super) container: String,
    pub(super) role: Role,
    pub(super) resource: String,
}

/// Gives the container so many devices of the resource.
pub(super) async fn allocate(
    shared: &Shared,
    asking: &Asking,
    count: usize,
) -> Result<Allocation, AdmissionError> {
    let turn = shared.admission.lock().await;
    let Some(chosen) = choose(shared, asking, count).await? else {
        let held = shared.look(|state| held(state, asking));
        let ids = held.unwrap_or_default().into_iter().collect();
        let response = ContainerAllocateResponse::default();
        return Ok(Allocation { ids, response });
    };
    let allocation = ask(shared, asking, chosen).await;
    drop(turn);
    allocation
}

/// Asks the plugin again for what the container has, as the kubelet does when it is not sure.
pub(super) async fn allocate_again(
    shared: &Shared,
    asking: &Asking,
) -> Result<Allocation, AdmissionError> {
    let held = shared.look(|state| held(state, asking));
    ask(shared, asking, held.ok_or(AdmissionError::Changed)?).await
}

fn held(state: &State, asking: &Asking) -> Option<HashSet<String>> {
    let Asking {
        pod,
        container,
        resource,
        ..
    } = asking;
    state.pods.of(pod, container, resource)
}

async fn ask(
    shared: &Shared,
    asking: &Asking,
    chosen: HashSet<String>,
) -> Result<Allocation, AdmissionError> {
    let resource = &asking.resource;
    let mut client = plugin(shared, resource)?.client;
    // a set has no order, and neither have the kubelet's
    let ids: Vec<String> = chosen.into_iter().collect();
    let request = AllocateRequest {
        container_requests: vec![ContainerAllocateRequest {
            devices_ids: ids.clone(),
        }],
    };
    let responses = client
        .allocate(request)
        .await?
        .into_inner()
        .container_responses;
    let breaches = judge::allocated(resource, 1, &responses);
    let response = responses.into_iter().next();
    shared.change(|state| {
        for text in breaches {
            state.breach("DP-17", text);
        }
        let Some(response) = response else {
            return Err(AdmissionError::NoAnswer);
        };
        let known = state.devices.get(resource);
        let with_device = |id: &String| {
            let device = known.and_then(|known| known.get(id));
            (id.clone(), device.cloned())
        };
        let devices = ids.iter().map(with_device).collect();
        let container = (&asking.pod, asking.container.as_str(), asking.role);
        state.pods.give(container, resource, devices);
        state.happened(What::Allocated {
            resource: resource.clone(),
            ids: ids.clone(),
        });
        Ok(Allocation { ids, response })
    })
}

fn plugin(shared: &Shared, resource: &str) -> Result<Plugin, AdmissionError> {
    match shared.look(|state| state.plugin(resource)) {
        Some(Ok(plugin)) => Ok(plugin),
        Some(Err(_)) => Err(AdmissionError::Stopped),
        None => Err(AdmissionError::Unregistered),
    }
}

/// Whether the pod keeps what it has, as it is asked when the kubelet starts and its containers do not
/// run (the node was rebooted).
pub(super) fn readmit(state: &State, pod: &PodName) -> Result<(), AdmissionError> {
    for (container, resource) in state.pods.requests(pod) {
        let healthy = state.healthy.get(&resource);
        let healthy = healthy.ok_or(AdmissionError::Unregistered)?;
        let held = state.pods.of(pod, &container, &resource);
        if healthy.is_empty() {
            return Err(AdmissionError::NoneHealthy);
        }
        if !held.unwrap_or_default().is_subset(healthy) {
            return Err(AdmissionError::HeldUnhealthy);
        }
    }
    Ok(())
}

/// The container is about to start: plugins that want to know are told, each of its devices.
pub(super) async fn start(
    shared: &Shared,
    pod: &PodName,
    container: &str,
) -> Result<(), AdmissionError> {
    let requests = shared.look(|state| state.pods.requests(pod));
    for (_, resource) in requests.into_iter().filter(|(name, _)| name == container) {
        let plugin = match shared.look(|state| state.plugin(&resource)) {
            Some(Ok(plugin)) if plugin.options.pre_start_required => plugin,
            Some(Err(stopped)) if stopped.pre_start => return Err(AdmissionError::Stopped),
            Some(_) => continue,
            None => return Err(AdmissionError::Unregistered),
        };
        let held = shared.look(|state| state.pods.of(pod, container, &resource));
        let ids: Vec<String> = held.unwrap_or_default().into_iter().collect();
        let request = PreStartContainerRequest {
            devices_ids: ids.clone(),
        };
        shared.change(|state| state.happened(What::Starting { resource, ids }));
        let mut client = plugin.client;
        match timeout(PRE_START_LIMIT, client.pre_start_container(request)).await {
            Ok(answer) => answer?,
            Err(_) => return Err(AdmissionError::TimedOut),
        };
    }
    Ok(())
}
