//! The plugin watcher's questions: who we are, and what became of that (DRA-03). Left to others: the socket.

use std::path::Path;
use std::sync::Arc;

use colvin_kubelet_api::registration::v1 as api;
use colvin_kubelet_api::registration::v1::registration_server::Registration as Watched;
use tokio::sync::watch;
use tonic::{Request, Response, Status};

use super::SERVICES;
use crate::DRIVER;

/// What the kubelet said last of a socket: that it took us, or why not. It says so after each of its starts.
pub(crate) type Notified = Option<Result<(), String>>;

/// The answers on one socket.
#[derive(Clone)]
pub(crate) struct Registration {
    endpoint: String,
    pub(crate) notified: Arc<watch::Sender<Notified>>,
}

impl Registration {
    /// Of a driver that serves on this socket.
    pub(crate) fn of(driver: &Path) -> Self {
        Self {
            endpoint: driver.to_string_lossy().into_owned(),
            notified: Arc::default(),
        }
    }
}

#[tonic::async_trait]
impl Watched for Registration {
    async fn get_info(
        &self,
        _request: Request<api::InfoRequest>,
    ) -> Result<Response<api::PluginInfo>, Status> {
        Ok(Response::new(api::PluginInfo {
            r#type: "DRAPlugin".to_owned(),
            name: DRIVER.to_owned(),
            endpoint: self.endpoint.clone(),
            supported_versions: SERVICES.map(str::to_owned).to_vec(),
        }))
    }

    async fn notify_registration_status(
        &self,
        request: Request<api::RegistrationStatus>,
    ) -> Result<Response<api::RegistrationStatusResponse>, Status> {
        let status = request.into_inner();
        let is = if status.plugin_registered {
            Ok(())
        } else {
            Err(status.error)
        };
        self.notified.send_replace(Some(is));
        Ok(Response::new(api::RegistrationStatusResponse {}))
    }
}
