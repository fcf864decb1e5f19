//! Callers of `Allocate`, each on a connection of its own, and what their times say. Left to others: how
//! many.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use colvin_kubelet_api::device_plugin::v1beta1::device_plugin_client::DevicePluginClient;
use colvin_kubelet_api::device_plugin::v1beta1::{AllocateRequest, ContainerAllocateRequest};
use colvin_kubelet_api::uds;
use colvin_testkit::kubelet::Kubelet;
use tokio::runtime::Runtime;
use tonic::transport::Channel;

use crate::Outcome;
use crate::offers::{OF_POOL, POOLS, id, name};

/// How fast a caller calls.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Paced {
    /// Again as soon as it has the answer.
    No,
    /// Once in this time, each caller with its own begin within it.
    Every(Duration),
}

/// Where each pool is served.
pub(crate) fn sockets(kubelet: &Kubelet) -> Outcome<Vec<PathBuf>> {
    let last = |pool| kubelet.registrations(&name(pool)).pop();
    let sockets = (0..POOLS).map(|pool| last(pool).map(|(_, socket)| socket));
    sockets
        .map(|socket| socket.ok_or_else(|| "a pool is not registered".into()))
        .collect()
}

/// The times of one caller that takes every device once.
pub(crate) fn every_device_once(sockets: &[PathBuf]) -> Outcome<Vec<Duration>> {
    runtime()?.block_on(async {
        let mut times = Vec::new();
        for (pool, socket) in sockets.iter().enumerate() {
            let mut client = DevicePluginClient::new(uds::connect(socket).await?);
            for index in 0..OF_POOL {
                times.push(call(&mut client, pool, index).await?);
            }
        }
        Ok(times)
    })
}

/// The times of so many callers at once, each with so many calls for devices that were given before.
pub(crate) fn together(
    sockets: &[PathBuf],
    callers: usize,
    calls: usize,
    paced: Paced,
) -> Outcome<Vec<Duration>> {
    let runtime = runtime()?;
    let mut running = Vec::new();
    for caller in 0..callers {
        let pool = caller % POOLS;
        let socket = sockets.get(pool).ok_or("no such pool")?.clone();
        let begin = match paced {
            Paced::No => Duration::ZERO,
            Paced::Every(pause) => pause * u32::try_from(caller)? / u32::try_from(callers)?,
        };
        running.push(runtime.handle().spawn(async move {
            let mut client = DevicePluginClient::new(uds::connect(&socket).await.ok()?);
            tokio::time::sleep(begin).await;
            let mut times = Vec::new();
            let mut ticks = match paced {
                Paced::No => None,
                Paced::Every(pause) => Some(tokio::time::interval(pause)),
            };
            for index in 0..calls {
                if let Some(ticks) = &mut ticks {
                    ticks.tick().await;
                }
                let index = (index + caller / POOLS) % OF_POOL;
                times.push(call(&mut client, pool, index).await.ok()?);
            }
            Some(times)
        }));
    }
    runtime.block_on(async {
        let mut times = Vec::new();
        for caller in running {
            times.extend(caller.await?.ok_or("a call failed")?);
        }
        Ok(times)
    })
}

async fn call(
    client: &mut DevicePluginClient<Channel>,
    pool: usize,
    index: usize,
) -> Result<Duration, tonic::Status> {
    let request = AllocateRequest {
        container_requests: vec![ContainerAllocateRequest {
            devices_ids: vec![id(pool, index)],
        }],
    };
    let began = Instant::now();
    client.allocate(request).await?;
    Ok(began.elapsed())
}

fn runtime() -> Outcome<Runtime> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    Ok(runtime.enable_all().build()?)
}

/// Prints the median, and the time that one call in a thousand is over.
pub(crate) fn say(name: &str, times: &[Duration]) {
    crate::say(&format!("{name}_p50_ms"), percentile(times, 50.0));
    crate::say(&format!("{name}_p999_ms"), percentile(times, 99.9));
}

/// The time that so many per cent are not over; zero of none.
pub(crate) fn percentile(times: &[Duration], percent: f64) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    let share = usize_to_f64(sorted.len()) * percent / 100.0;
    let at = (1..sorted.len()).find(|count| usize_to_f64(*count) >= share);
    let at = at.unwrap_or(sorted.len()).saturating_sub(1);
    sorted.get(at).copied().unwrap_or_default()
}

/// One count by another.
pub(crate) fn ratio(some: usize, by: usize) -> f64 {
    usize_to_f64(some) / usize_to_f64(by)
}

/// Bytes as MB.
pub(crate) fn millions(bytes: u64) -> f64 {
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    usize_to_f64(bytes) / 1e6
}

fn usize_to_f64(count: usize) -> f64 {
    // counts here are far below 2^32
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
