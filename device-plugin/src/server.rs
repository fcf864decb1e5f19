//! One resource as the kubelet calls it: the services `DevicePlugin` and `Registration` on one socket.
//!
//! Left to others: the socket, and registering it.

mod stream;

use std::sync::Arc;
use std::time::Instant;

use colvin_kubelet_api::device_plugin::v1beta1 as api;
use colvin_kubelet_api::device_plugin::v1beta1::device_plugin_server::DevicePlugin;
use colvin_kubelet_api::registration::v1 as watcher;
use colvin_kubelet_api::registration::v1::registration_server::Registration;
use colvin_model::offer::{DeviceId, Offer, ResourceName};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tracing::Instrument as _;

use crate::allocate::{AllocateError, Allocation, note};
use crate::ledger::Ledger;
use crate::{Cdi, DeviceReader, Report, Settings, preferred};
use stream::Lists;

/// The version of the kubelet's API that is spoken.
pub(crate) const API_VERSION: &str = "v1beta1";

/// What the kubelet said of a socket that it found: that it took it, or why not.
pub(crate) type Notified = Option<Result<(), String>>;

/// What all resources share.
pub(crate) struct Shared {
    pub(crate) settings: Settings,
    pub(crate) ledger: Ledger,
    pub(crate) nodes: Arc<dyn DeviceReader>,
    pub(crate) report: Arc<dyn Report>,
}

/// One resource, as all its servers see it.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) resource: ResourceName,
    pub(crate) offer: watch::Receiver<Arc<Offer>>,
    /// The list as it is sent. Marked as changed, it is sent again.
    pub(crate) list: Arc<watch::Sender<Arc<api::ListAndWatchResponse>>>,
    pub(crate) shared: Arc<Shared>,
}

/// A server on one socket.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) service: Service,
    /// How many streams the kubelet has open here.
    pub(crate) clients: Arc<watch::Sender<usize>>,
    /// By the plugin watcher's call, of this socket.
    pub(crate) notified: Arc<watch::Sender<Notified>>,
    /// Its streams end.
    pub(crate) ended: CancellationToken,
}

impl Service {
    fn gate_is_ours(&self) -> bool {
        let settings = &self.shared.settings;
        let is_promised = self.offer.borrow().origin.is_network();
        settings.gate.is_some() && settings.cdi == Cdi::Off && is_promised
    }

    /// What the kubelet should ask us.
    pub(crate) fn options(&self) -> api::DevicePluginOptions {
        api::DevicePluginOptions {
            pre_start_required: self.gate_is_ours(),
            get_preferred_allocation_available: true,
        }
    }

    /// The list goes out again though it is the same.
    pub(crate) fn send_again(&self) {
        self.list.send_modify(|_same| {});
    }

    async fn give(
        &self,
        request: &api::ContainerAllocateRequest,
    ) -> Result<api::ContainerAllocateResponse, Status> {
        let (began, ids) = (Instant::now(), &request.devices_ids);
        let offer = Arc::clone(&self.offer.borrow());
        let shared = &self.shared;
        let allocation = Allocation {
            resource: &self.resource,
            offer: &offer,
            ledger: &shared.ledger,
            nodes: shared.nodes.as_ref(),
            cdi: shared.settings.cdi,
        };
        match allocation.give(ids).await {
            Ok((answer, devices)) => {
                let took = began.elapsed();
                tracing::info!(devices = ids.join(","), "devices given out");
                shared.report.allocated(&self.resource, &devices, took);
                Ok(answer)
            }
            Err(error) => Err(self.refuse(&error, ids)),
        }
    }

    fn refuse(&self, error: &AllocateError, ids: &[String]) -> Status {
        note(error, ids);
        if error.is_of_an_old_list() {
            self.send_again();
        }
        let report = &self.shared.report;
        report.allocation_failed(&self.resource, error.reason(), &error.sentence());
        error.status()
    }

    fn gate(&self, ids: &[String]) -> Result<(), Status> {
        for id in ids {
            let known = id.parse::<DeviceId>().ok();
            let applied = known.is_some_and(|id| self.shared.nodes.applied(&self.resource, &id));
            if !applied {
                let text = format!("no interface was made of {id} of {} yet", self.resource);
                tracing::warn!(device = id, "a container waits for its interface");
                return Err(Status::failed_precondition(text));
            }
        }
        Ok(())
    }

    fn span(&self) -> tracing::Span {
        tracing::info_span!("resource", resource = %self.resource)
    }
}

#[tonic::async_trait]
impl DevicePlugin for Server {
    type ListAndWatchStream = Lists;

    async fn get_device_plugin_options(
        &self,
        _request: Request<api::Empty>,
    ) -> Result<Response<api::DevicePluginOptions>, Status> {
        Ok(Response::new(self.service.options()))
    }

    async fn list_and_watch(
        &self,
        _request: Request<api::Empty>,
    ) -> Result<Response<Lists>, Status> {
        Ok(Response::new(Lists::new(self)))
    }

    async fn get_preferred_allocation(
        &self,
        request: Request<api::PreferredAllocationRequest>,
    ) -> Result<Response<api::PreferredAllocationResponse>, Status> {
        let offer = Arc::clone(&self.service.offer.borrow());
        let request = request.into_inner();
        let answers = request.container_requests.into_iter().map(|request| {
            let (available, must) = (
                &request.available_device_i_ds,
                &request.must_include_device_i_ds,
            );
            let size = usize::try_from(request.allocation_size).unwrap_or_default();
            let chosen = preferred::choose(&offer, available, must, size);
            api::ContainerPreferredAllocationResponse {
                device_i_ds: chosen.iter().map(ToString::to_string).collect(),
            }
        });
        Ok(Response::new(api::PreferredAllocationResponse {
            container_responses: answers.collect(),
        }))
    }

    async fn allocate(
        &self,
        request: Request<api::AllocateRequest>,
    ) -> Result<Response<api::AllocateResponse>, Status> {
        let mut answer = api::AllocateResponse::default();
        for request in &request.get_ref().container_requests {
            let given = self.service.give(request).instrument(self.service.span());
            answer.container_responses.push(given.await?);
        }
        Ok(Response::new(answer))
    }

    async fn pre_start_container(
        &self,
        request: Request<api::PreStartContainerRequest>,
    ) -> Result<Response<api::PreStartContainerResponse>, Status> {
        if self.service.gate_is_ours() {
            let _in = self.service.span().entered();
            self.service.gate(&request.get_ref().devices_ids)?;
        }
        Ok(Response::new(api::PreStartContainerResponse {}))
    }
}

#[tonic::async_trait]
impl Registration for Server {
    async fn get_info(
        &self,
        _request: Request<watcher::InfoRequest>,
    ) -> Result<Response<watcher::PluginInfo>, Status> {
        Ok(Response::new(watcher::PluginInfo {
            r#type: "DevicePlugin".to_owned(),
            name: self.service.resource.to_string(),
            // the socket that was asked: we may see the folder by another path than the kubelet
            endpoint: String::new(),
            supported_versions: vec![API_VERSION.to_owned()],
        }))
    }

    async fn notify_registration_status(
        &self,
        request: Request<watcher::RegistrationStatus>,
    ) -> Result<Response<watcher::RegistrationStatusResponse>, Status> {
        let status = request.into_inner();
        let notified = if status.plugin_registered {
            Ok(())
        } else {
            Err(status.error)
        };
        self.notified.send_replace(Some(notified));
        Ok(Response::new(watcher::RegistrationStatusResponse {}))
    }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
