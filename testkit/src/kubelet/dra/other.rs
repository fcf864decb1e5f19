//! Another driver, that does as it is told: what a node has beside ours, and what the kubelet's own tests look at it by.
//!
//! Left to others: devices, health, restarts.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use colvin_kubelet_api::dra::v1;
use colvin_kubelet_api::dra::v1::dra_plugin_server::{DraPlugin, DraPluginServer};
use colvin_kubelet_api::registration::v1 as watcher;
use colvin_kubelet_api::registration::v1::registration_server::{Registration, RegistrationServer};
use colvin_kubelet_api::uds;
use tokio::net::UnixListener;
use tokio::runtime::Handle;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

use super::DraKubelet;

/// What a driver says of every claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// Well: the claim has a device for this request.
    Has(&'static str),
    /// No, for this reason.
    No(&'static str),
    /// It leaves the claim out.
    Nothing,
    /// The call does not end.
    Hangs,
}

/// Another driver. It serves for as long as the runtime is there that it was started in.
#[derive(Clone, Debug)]
pub struct OtherDriver {
    driver: String,
    endpoint: PathBuf,
    /// What it says to `Prepare` and to `Unprepare`.
    says: Arc<Mutex<[Says; 2]>>,
    told: Arc<Mutex<Vec<String>>>,
}

/// One of its sockets, by which it is found.
struct Door {
    of: OtherDriver,
    services: Vec<String>,
}

impl OtherDriver {
    /// One that serves and is not announced yet. Both calls go well.
    ///
    /// # Errors
    /// When its socket cannot be made.
    pub fn serve(kubelet: &DraKubelet, driver: &str) -> Result<Self> {
        let endpoint = kubelet.folder().join(format!("plugins/{driver}.sock"));
        let listener = UnixListener::bind(&endpoint).context("the other driver's socket")?;
        let this = Self {
            driver: driver.to_owned(),
            endpoint,
            says: Arc::new(Mutex::new([Says::Has("main"); 2])),
            told: Arc::default(),
        };
        let server = Server::builder().add_service(DraPluginServer::new(this.clone()));
        Handle::current().spawn(server.serve_with_incoming(uds::incoming(listener)));
        Ok(this)
    }

    /// Makes a socket of this name by which the kubelet finds it, with these services.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub fn announce(&self, kubelet: &DraKubelet, socket: &str, services: &[&str]) -> Result<()> {
        let hidden = kubelet.plugins_registry().join(format!(".{socket}"));
        let listener = UnixListener::bind(&hidden).context("the other driver's registration")?;
        let door = Door {
            of: self.clone(),
            services: services.iter().map(ToString::to_string).collect(),
        };
        let server = Server::builder().add_service(RegistrationServer::new(door));
        Handle::current().spawn(server.serve_with_incoming(uds::incoming(listener)));
        let seen = kubelet.plugins_registry().join(socket);
        std::fs::rename(hidden, seen).context("the other driver's registration")
    }

    /// What it says from now on when it is asked to prepare.
    pub fn prepares(&self, says: Says) {
        let [prepares, _] = &mut *self.says.lock().unwrap_or_else(PoisonError::into_inner);
        *prepares = says;
    }

    /// What it says from now on when it is asked to undo.
    pub fn undoes(&self, says: Says) {
        let [_, undoes] = &mut *self.says.lock().unwrap_or_else(PoisonError::into_inner);
        *undoes = says;
    }

    /// Why it is not used, each time that it was told what became of it; empty when it is.
    pub fn told(&self) -> Vec<String> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.clone()
    }

    /// What it is to say, when its call ends at all.
    async fn answer(&self, of: impl FnOnce([Says; 2]) -> Says) -> Says {
        let says = of(*self.says.lock().unwrap_or_else(PoisonError::into_inner));
        if says == Says::Hangs {
            std::future::pending::<()>().await;
        }
        says
    }
}

#[tonic::async_trait]
impl Registration for Door {
    async fn get_info(
        &self,
        _: Request<watcher::InfoRequest>,
    ) -> Result<Response<watcher::PluginInfo>, Status> {
        Ok(Response::new(watcher::PluginInfo {
            r#type: "DRAPlugin".to_owned(),
            name: self.of.driver.clone(),
            endpoint: self.of.endpoint.display().to_string(),
            supported_versions: self.services.clone(),
        }))
    }

    async fn notify_registration_status(
        &self,
        request: Request<watcher::RegistrationStatus>,
    ) -> Result<Response<watcher::RegistrationStatusResponse>, Status> {
        let mut told = self.of.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.push(request.into_inner().error);
        Ok(Response::new(watcher::RegistrationStatusResponse {}))
    }
}

#[tonic::async_trait]
impl DraPlugin for OtherDriver {
    async fn node_prepare_resources(
        &self,
        request: Request<v1::NodePrepareResourcesRequest>,
    ) -> Result<Response<v1::NodePrepareResourcesResponse>, Status> {
        let says = self.answer(|[prepares, _]| prepares).await;
        let answer = match says {
            Says::Has(request) => v1::NodePrepareResourceResponse {
                devices: vec![v1::Device {
                    request_names: vec![request.to_owned()],
                    ..v1::Device::default()
                }],
                error: String::new(),
            },
            Says::No(error) => v1::NodePrepareResourceResponse {
                devices: vec![],
                error: error.to_owned(),
            },
            Says::Nothing | Says::Hangs => {
                return Ok(Response::new(v1::NodePrepareResourcesResponse::default()));
            }
        };
        let claims = request.into_inner().claims.into_iter();
        let claims = claims.map(|claim| (claim.uid, answer.clone())).collect();
        Ok(Response::new(v1::NodePrepareResourcesResponse { claims }))
    }

    async fn node_unprepare_resources(
        &self,
        request: Request<v1::NodeUnprepareResourcesRequest>,
    ) -> Result<Response<v1::NodeUnprepareResourcesResponse>, Status> {
        let error = match self.answer(|[_, undoes]| undoes).await {
            Says::Has(_) => String::new(),
            Says::No(error) => error.to_owned(),
            Says::Nothing | Says::Hangs => {
                return Ok(Response::new(v1::NodeUnprepareResourcesResponse::default()));
            }
        };
        let answer = v1::NodeUnprepareResourceResponse { error };
        let claims = request.into_inner().claims.into_iter();
        let claims = claims.map(|claim| (claim.uid, answer.clone())).collect();
        Ok(Response::new(v1::NodeUnprepareResourcesResponse { claims }))
    }
}
