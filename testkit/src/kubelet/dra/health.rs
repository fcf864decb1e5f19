//! Follows what a driver tells of its devices' health, for as long as the driver is used. Left to others: what is known
//! of a device by then (`state`).

use std::sync::Arc;
use std::time::{Duration, Instant};

use colvin_kubelet_api::dra_health::v1::HealthStatus;
use colvin_kubelet_api::dra_health::{v1, v1alpha1};
use colvin_kubelet_api::uds;
use tokio::time::sleep;
use tonic::{Code, Status};

use super::Shared;
use super::options::HEALTH_V1;
use super::record::{Health, What};
use super::state::{Plugin, Told};

/// How long something counts of which nothing is said.
const HOLDS: Duration = Duration::from_secs(30);

/// Until a stream that ended is opened again. Kubernetes has 5 s.
const AGAIN: Duration = Duration::from_millis(50);

/// One device of a list.
struct Entry {
    place: (String, String),
    health: i32,
    message: String,
    holds_secs: i64,
}

/// Follows a driver until it is used no more.
pub(super) async fn follow(shared: Arc<Shared>, plugin: Plugin, service: &'static str) {
    while shared.change(|state| state.uses(&plugin.found)) {
        let ended = lists(&shared, &plugin, service).await;
        let reason = match &ended {
            Ok(()) => "the driver ended the stream".to_owned(),
            Err(status) => status.to_string(),
        };
        let unknown = ended.is_err_and(|status| status.code() == Code::Unimplemented);
        let endpoint = plugin.endpoint.clone();
        shared.change(|state| {
            if unknown {
                state.breach("DRA-33", format!("{service} is not implemented"));
            }
            state.happened(What::HealthEnded { endpoint, reason });
        });
        sleep(AGAIN).await;
    }
}

/// Takes list after list until the stream ends.
async fn lists(shared: &Shared, plugin: &Plugin, service: &str) -> Result<(), Status> {
    let channel = uds::connect(&plugin.endpoint).await;
    let channel = channel.map_err(|error| Status::unavailable(error.to_string()))?;
    if service == HEALTH_V1 {
        let mut client = v1::dra_resource_health_client::DraResourceHealthClient::new(channel);
        let request = v1::NodeWatchResourcesRequest {};
        let mut stream = client.node_watch_resources(request).await?.into_inner();
        while let Some(list) = stream.message().await? {
            let entries = list.devices.into_iter().map(|it| Entry {
                place: it
                    .device
                    .map(|it| (it.pool_name, it.device_name))
                    .unwrap_or_default(),
                health: it.health,
                message: it.message,
                holds_secs: it.health_check_timeout_seconds,
            });
            take(shared, entries.collect());
        }
        return Ok(());
    }
    let mut client = v1alpha1::dra_resource_health_client::DraResourceHealthClient::new(channel);
    let request = v1alpha1::NodeWatchResourcesRequest {};
    let mut stream = client.node_watch_resources(request).await?.into_inner();
    while let Some(list) = stream.message().await? {
        let entries = list.devices.into_iter().map(|it| Entry {
            place: it
                .device
                .map(|it| (it.pool_name, it.device_name))
                .unwrap_or_default(),
            health: it.health,
            message: it.message,
            holds_secs: it.health_check_timeout_seconds,
        });
        take(shared, entries.collect());
    }
    Ok(())
}

fn take(shared: &Shared, entries: Vec<Entry>) {
    shared.change(|state| {
        state.health_lists += 1;
        for entry in entries {
            let holds = u64::try_from(entry.holds_secs).unwrap_or_default();
            let told = Told {
                health: match HealthStatus::try_from(entry.health) {
                    Ok(HealthStatus::Healthy) => Health::Healthy,
                    Ok(HealthStatus::Unhealthy) => Health::Unhealthy,
                    Ok(HealthStatus::Unknown) | Err(_) => Health::Unknown,
                },
                message: entry.message,
                at: Instant::now(),
                holds: if holds == 0 {
                    HOLDS
                } else {
                    Duration::from_secs(holds)
                },
            };
            state.health.insert(entry.place, told);
        }
    });
}
