//! `DRAResourceHealth` of both versions (DRA-33). Left to others: how well devices are.

use colvin_kubelet_api::dra_health::{v1, v1alpha1};
use tonic::{Request, Response, Status};

use super::Server;
use crate::health::{Health, Lists, lists};

#[tonic::async_trait]
impl v1::dra_resource_health_server::DraResourceHealth for Server {
    type NodeWatchResourcesStream = Lists<v1::NodeWatchResourcesResponse>;

    async fn node_watch_resources(
        &self,
        _request: Request<v1::NodeWatchResourcesRequest>,
    ) -> Result<Response<Self::NodeWatchResourcesStream>, Status> {
        let ended = self.ended.clone();
        Ok(Response::new(lists(&self.driver, ended, in_v1)))
    }
}

#[tonic::async_trait]
impl v1alpha1::dra_resource_health_server::DraResourceHealth for Server {
    type NodeWatchResourcesStream = Lists<v1alpha1::NodeWatchResourcesResponse>;

    async fn node_watch_resources(
        &self,
        _request: Request<v1alpha1::NodeWatchResourcesRequest>,
    ) -> Result<Response<Self::NodeWatchResourcesStream>, Status> {
        let ended = self.ended.clone();
        Ok(Response::new(lists(&self.driver, ended, in_v1alpha1)))
    }
}

fn in_v1(health: Health) -> v1::NodeWatchResourcesResponse {
    let Health {
        devices,
        at_secs,
        holds_secs,
    } = health;
    let devices = devices.into_iter().map(|it| v1::DeviceHealth {
        device: Some(v1::DeviceIdentifier {
            pool_name: it.pool,
            device_name: it.device,
        }),
        health: if it.is_usable {
            v1::HealthStatus::Healthy
        } else {
            v1::HealthStatus::Unhealthy
        }
        .into(),
        last_updated_time: at_secs,
        health_check_timeout_seconds: holds_secs,
        message: it.message,
    });
    v1::NodeWatchResourcesResponse {
        devices: devices.collect(),
    }
}

fn in_v1alpha1(health: Health) -> v1alpha1::NodeWatchResourcesResponse {
    let Health {
        devices,
        at_secs,
        holds_secs,
    } = health;
    let devices = devices.into_iter().map(|it| v1alpha1::DeviceHealth {
        device: Some(v1alpha1::DeviceIdentifier {
            pool_name: it.pool,
            device_name: it.device,
        }),
        health: if it.is_usable {
            v1alpha1::HealthStatus::Healthy
        } else {
            v1alpha1::HealthStatus::Unhealthy
        }
        .into(),
        last_updated_time: at_secs,
        health_check_timeout_seconds: holds_secs,
        message: it.message,
    });
    v1alpha1::NodeWatchResourcesResponse {
        devices: devices.collect(),
    }
}
