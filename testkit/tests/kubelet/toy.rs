//! A device plugin that does as the test says.
//!
//! Left to others: doing it right.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use colvin_kubelet_api::device_plugin::v1beta1 as api;
use colvin_kubelet_api::device_plugin::v1beta1::device_plugin_server::{
    DevicePlugin, DevicePluginServer,
};
use colvin_kubelet_api::device_plugin::v1beta1::registration_client::RegistrationClient;
use colvin_kubelet_api::pod_resources::v1 as pods;
use colvin_kubelet_api::pod_resources::v1::pod_resources_lister_client::PodResourcesListerClient;
use colvin_kubelet_api::registration::v1 as watcher;
use colvin_kubelet_api::registration::v1::registration_server::{Registration, RegistrationServer};
use colvin_kubelet_api::uds;
use colvin_testkit::kubelet::Kubelet;
use tokio::net::UnixListener;
use tokio::runtime::{Builder, Handle};
use tokio::sync::{oneshot, watch};
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::transport::Server;
use tonic::{Request, Response, Status};

/// What the plugin does.
#[derive(Clone, Debug)]
pub(crate) struct ToyOptions {
    resource: String,
    ids: Vec<String>,
    /// NUMA nodes of devices.
    pub(crate) nodes: Vec<(&'static str, i64)>,
    /// What it would take; empty when it does not want to be asked.
    pub(crate) prefers: Vec<String>,
    pub(crate) pre_start: bool,
    /// `GetInfo` takes longer than it may.
    pub(crate) info_late: bool,
}

impl ToyOptions {
    pub(crate) fn of(resource: &str, ids: &[&str]) -> Self {
        Self {
            resource: resource.to_owned(),
            ids: ids.iter().map(|&id| id.to_owned()).collect(),
            nodes: Vec::new(),
            prefers: Vec::new(),
            pre_start: false,
            info_late: false,
        }
    }
}

/// The devices of a list; `None` ends the streams.
type Listed = Option<Vec<(String, bool)>>;

/// A plugin on a thread of its own; dropping it ends it.
pub(crate) struct Toy {
    at: Arc<Serving>,
    socket: PathBuf,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

struct Serving {
    options: ToyOptions,
    lists: watch::Sender<Listed>,
    calls: Mutex<Vec<String>>,
    fails: Mutex<Option<String>>,
    told: watch::Sender<Vec<Result<(), String>>>,
}

impl Toy {
    /// Serves on a socket of its own in the folder.
    pub(crate) fn serve(folder: &Path, options: ToyOptions) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let socket = folder.join(format!("toy-{number}.sock"));
        let listed = options.ids.iter().map(|id| (id.clone(), true)).collect();
        let at = Arc::new(Serving {
            options,
            lists: watch::Sender::new(Some(listed)),
            calls: Mutex::default(),
            fails: Mutex::default(),
            told: watch::Sender::default(),
        });
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let listener = {
            let _in_runtime = runtime.enter();
            UnixListener::bind(&socket).unwrap()
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let plugin = Arc::clone(&at);
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let server = Server::builder()
                    .add_service(DevicePluginServer::from_arc(Arc::clone(&plugin)))
                    .add_service(RegistrationServer::from_arc(plugin))
                    .serve_with_incoming(uds::incoming(listener));
                Handle::current().spawn(server);
                drop(stopped.await);
            });
        });
        Self {
            at,
            socket,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    pub(crate) async fn register(&self, kubelet: &Kubelet) -> Result<(), Status> {
        let name = self.socket.file_name().unwrap().to_str().unwrap();
        let resource = &self.at.options.resource;
        self.register_as(kubelet, name, resource).await
    }

    pub(crate) async fn register_as(
        &self,
        kubelet: &Kubelet,
        endpoint: &str,
        resource: &str,
    ) -> Result<(), Status> {
        let socket = kubelet.device_plugins().join("kubelet.sock");
        let channel = uds::connect(&socket).await;
        let channel = channel.map_err(|error| Status::unavailable(error.to_string()))?;
        let request = api::RegisterRequest {
            version: "v1beta1".to_owned(),
            endpoint: endpoint.to_owned(),
            resource_name: resource.to_owned(),
            options: None,
        };
        let mut client = RegistrationClient::new(channel);
        client.register(request).await.map(|_| ())
    }

    /// Sends this list.
    pub(crate) fn list(&self, devices: &[(&str, bool)]) {
        let devices = devices.iter().map(|&(id, well)| (id.to_owned(), well));
        self.at.lists.send_replace(Some(devices.collect()));
    }

    /// Ends its streams and serves on.
    pub(crate) fn end_streams(&self) {
        self.at.lists.send_replace(None);
    }

    /// Fails every call from now on.
    pub(crate) fn fail(&self, text: &str) {
        *self.at.fails.lock().unwrap() = Some(text.to_owned());
    }

    /// What it was asked.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.at.calls.lock().unwrap().clone()
    }

    /// Waits until it has been told this.
    pub(crate) async fn told(&self, limit: Duration, wanted: &[Result<(), String>]) {
        let mut told = self.at.told.subscribe();
        let same = told.wait_for(|told| told.starts_with(wanted));
        tokio::time::timeout(limit, same)
            .await
            .expect("told")
            .unwrap();
    }
}

impl Drop for Toy {
    fn drop(&mut self) {
        drop(self.stop.take());
        drop(self.thread.take().map(std::thread::JoinHandle::join));
        drop(std::fs::remove_file(&self.socket));
    }
}

impl Serving {
    fn called(&self, call: &str, ids: &[String]) -> Result<(), Status> {
        self.calls
            .lock()
            .unwrap()
            .push(format!("{call} {}", ids.join(",")));
        let fails = self.fails.lock().unwrap().clone();
        fails.map_or(Ok(()), |text| Err(Status::failed_precondition(text)))
    }

    fn devices(&self, listed: Vec<(String, bool)>) -> api::ListAndWatchResponse {
        let device = |(id, well): (String, bool)| {
            let node = self.options.nodes.iter().find(|(of, _)| *of == id);
            let health = if well { "Healthy" } else { "Unhealthy" };
            api::Device {
                health: health.to_owned(),
                topology: node.map(|(_, node)| api::TopologyInfo {
                    nodes: vec![api::NumaNode { id: *node }],
                }),
                id,
            }
        };
        let devices = listed.into_iter().map(device).collect();
        api::ListAndWatchResponse { devices }
    }
}

#[tonic::async_trait]
impl DevicePlugin for Serving {
    type ListAndWatchStream =
        Pin<Box<dyn Stream<Item = Result<api::ListAndWatchResponse, Status>> + Send>>;

    async fn get_device_plugin_options(
        &self,
        _: Request<api::Empty>,
    ) -> Result<Response<api::DevicePluginOptions>, Status> {
        Ok(Response::new(api::DevicePluginOptions {
            pre_start_required: self.options.pre_start,
            get_preferred_allocation_available: !self.options.prefers.is_empty(),
        }))
    }

    async fn list_and_watch(
        &self,
        _: Request<api::Empty>,
    ) -> Result<Response<Self::ListAndWatchStream>, Status> {
        // what the stream needs of the plugin, but not its sender of lists
        let shown = Self {
            options: self.options.clone(),
            lists: watch::Sender::default(),
            calls: Mutex::default(),
            fails: Mutex::default(),
            told: watch::Sender::default(),
        };
        let lists = WatchStream::new(self.lists.subscribe());
        let lists = lists.take_while(Option::is_some);
        let lists = lists.map(move |listed| Ok(shown.devices(listed.unwrap_or_default())));
        Ok(Response::new(Box::pin(lists)))
    }

    async fn get_preferred_allocation(
        &self,
        request: Request<api::PreferredAllocationRequest>,
    ) -> Result<Response<api::PreferredAllocationResponse>, Status> {
        let asked = request.into_inner().container_requests;
        let available = asked.into_iter().next().unwrap_or_default();
        self.called("GetPreferredAllocation", &available.available_device_i_ds)?;
        let preferred = api::ContainerPreferredAllocationResponse {
            device_i_ds: self.options.prefers.clone(),
        };
        Ok(Response::new(api::PreferredAllocationResponse {
            container_responses: vec![preferred],
        }))
    }

    async fn allocate(
        &self,
        request: Request<api::AllocateRequest>,
    ) -> Result<Response<api::AllocateResponse>, Status> {
        let asked = request.into_inner().container_requests;
        let asked = asked.into_iter().next().unwrap_or_default();
        self.called("Allocate", &asked.devices_ids)?;
        Ok(Response::new(api::AllocateResponse {
            container_responses: vec![api::ContainerAllocateResponse::default()],
        }))
    }

    async fn pre_start_container(
        &self,
        request: Request<api::PreStartContainerRequest>,
    ) -> Result<Response<api::PreStartContainerResponse>, Status> {
        self.called("PreStartContainer", &request.into_inner().devices_ids)?;
        Ok(Response::new(api::PreStartContainerResponse {}))
    }
}

#[tonic::async_trait]
impl Registration for Serving {
    async fn get_info(
        &self,
        _: Request<watcher::InfoRequest>,
    ) -> Result<Response<watcher::PluginInfo>, Status> {
        if self.options.info_late {
            std::future::pending::<()>().await;
        }
        Ok(Response::new(watcher::PluginInfo {
            r#type: "DevicePlugin".to_owned(),
            name: self.options.resource.clone(),
            endpoint: String::new(),
            supported_versions: vec!["v1beta1".to_owned()],
        }))
    }

    async fn notify_registration_status(
        &self,
        request: Request<watcher::RegistrationStatus>,
    ) -> Result<Response<watcher::RegistrationStatusResponse>, Status> {
        let status = request.into_inner();
        let well = status.plugin_registered;
        let became = if well { Ok(()) } else { Err(status.error) };
        self.told.send_modify(|told| told.push(became));
        Ok(Response::new(watcher::RegistrationStatusResponse {}))
    }
}

/// What pod resources tell.
pub(crate) struct Told {
    /// A line for each device, or for a container without.
    pub(crate) lines: Vec<String>,
    pub(crate) allocatable: Vec<String>,
    pub(crate) unknown_pod: Result<(), Status>,
}

/// Asks for everything that pod resources tell.
pub(crate) async fn pod_resources(kubelet: &Kubelet) -> Result<Told, Status> {
    let channel = uds::connect(&kubelet.pod_resources()).await.unwrap();
    let mut client = PodResourcesListerClient::new(channel);
    let all = client
        .list(pods::ListPodResourcesRequest {})
        .await?
        .into_inner();
    let mut lines = Vec::new();
    for pod in &all.pod_resources {
        let asked = pods::GetPodResourcesRequest {
            pod_name: pod.name.clone(),
            pod_namespace: pod.namespace.clone(),
        };
        let one = client.get(asked).await?.into_inner();
        assert_eq!(one.pod_resources.as_ref(), Some(pod));
        for container in &pod.containers {
            let of = format!("{}/{} {}", pod.namespace, pod.name, container.name);
            if container.devices.is_empty() {
                lines.push(of.clone());
            }
            for device in &container.devices {
                let nodes = device.topology.iter().flat_map(|topology| &topology.nodes);
                let nodes: Vec<i64> = nodes.map(|node| node.id).collect();
                let ids = device.device_ids.join(",");
                lines.push(format!("{of} {} {ids} on {nodes:?}", device.resource_name));
            }
        }
    }
    let there = client
        .get_allocatable_resources(pods::AllocatableResourcesRequest {})
        .await?;
    let there = there.into_inner().devices.into_iter();
    let mut allocatable: Vec<String> = there.flat_map(|device| device.device_ids).collect();
    allocatable.sort();
    let unknown = client.get(pods::GetPodResourcesRequest::default()).await;
    Ok(Told {
        lines,
        allocatable,
        unknown_pod: unknown.map(|_| ()),
    })
}
