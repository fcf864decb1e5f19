//! Claims that are allocated as the scheduler does it, and prepared one after the other by the conformance kubelet.
//!
//! Left to others: attaching what was prepared.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use colvin_testkit::kube::Request;
use colvin_testkit::kubelet::dra::ClaimName;
use k8s_openapi::api::resource::v1::ResourceClaim;
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt as _};
use serde_json::json;

use crate::asked::{Since, is_write};
use crate::driver::Driver;
use crate::figures;
use crate::machine::MadeMachine;
use crate::slices::Seen;
use crate::world::World;

/// Claims for ours.
const CLAIMS: usize = 200;

/// Claims for dranet. Its client asks five times a second for longer, so there is a pause between them: what is measured
/// is preparing, not that.
const PEER_CLAIMS: usize = 30;
const PEER_PAUSE: Duration = Duration::from_millis(250);

/// Ours prepares, one claim as soon as the last is done.
pub(crate) fn prepares(world: &World, machine: &MadeMachine, ours: &Driver) -> Result<()> {
    let claims = allocated(world, machine, ours, CLAIMS)?;
    let since = Since::now();
    figures::times("prepare", &prepared(ours, &claims, Duration::ZERO)?);
    let requests = since.requests(world, ours.agent)?;
    figures::ratio("prepare_requests_each", about_claims(&requests), CLAIMS);
    let writes = requests.iter().filter(|it| is_write(it));
    figures::count("prepare_slice_writes", writes.count());
    ours.has_kept_the_protocol()
}

/// dranet prepares.
pub(crate) fn peer_prepares(world: &World, machine: &MadeMachine, theirs: &Driver) -> Result<()> {
    let claims = allocated(world, machine, theirs, PEER_CLAIMS)?;
    let since = Since::now();
    figures::times("peer_prepare", &prepared(theirs, &claims, PEER_PAUSE)?);
    let requests = since.requests(world, theirs.agent)?;
    figures::ratio(
        "peer_prepare_requests_each",
        about_claims(&requests),
        PEER_CLAIMS,
    );
    Ok(())
}

/// How many of these are about claims.
fn about_claims(requests: &[Request]) -> usize {
    let about = requests.iter().filter(|it| it.resource == "resourceclaims");
    about.count()
}

/// The times of all, each as the kubelet sees it; then all are undone.
fn prepared(driver: &Driver, claims: &[ClaimName], pause: Duration) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for claim in claims {
        let began = Instant::now();
        let started =
            driver
                .kubelet
                .start_pod(&claim.name, driver.name, std::slice::from_ref(claim));
        let started = started.wait().context("the kubelet has ended")?;
        times.push(began.elapsed());
        started.with_context(|| format!("{} prepares {}", driver.name, claim.name))?;
        std::thread::sleep(pause);
    }
    for claim in claims {
        let ended = driver.kubelet.end_pod(&claim.name).wait();
        ended
            .context("the kubelet has ended")?
            .with_context(|| claim.name.clone())?;
    }
    Ok(times)
}

/// So many claims of one device each, out of all slices.
fn allocated(
    world: &World,
    machine: &MadeMachine,
    driver: &Driver,
    count: usize,
) -> Result<Vec<ClaimName>> {
    let slices = world.slices.of(driver.name, machine.node);
    let devices = |slice: &Seen| {
        let pool = slice.pool.clone();
        let devices = slice.devices.iter().cloned();
        devices
            .map(move |device| (pool.clone(), device))
            .collect::<Vec<_>>()
    };
    let devices: Vec<_> = slices.iter().flat_map(devices).collect();
    let step = (devices.len() / count).max(1);
    let chosen = devices.iter().step_by(step).take(count);
    let claims = chosen.enumerate().map(|(number, device)| {
        let made = allocate(world, driver.name, machine.node, number, device);
        world.runtime.block_on(made)
    });
    let claims = claims.collect::<Result<Vec<_>>>()?;
    let are = claims.len();
    (are == count)
        .then_some(claims)
        .ok_or_else(|| anyhow!("{are} devices are less than {count}"))
}

async fn allocate(
    world: &World,
    driver: &str,
    node: &str,
    number: usize,
    (pool, device): &(String, String),
) -> Result<ClaimName> {
    let api: Api<ResourceClaim> = Api::default_namespaced(world.client.clone());
    let name = format!("{}-{number}", driver.replace('.', "-"));
    let exactly = json!({"deviceClassName": "green.colvin.dev"});
    let claim = json!({
        "apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "metadata": {"name": name},
        "spec": {"devices": {"requests": [{"name": "net", "exactly": exactly}]}},
    });
    let claim = serde_json::from_value(claim)?;
    let made = api.create(&PostParams::default(), &claim).await?;
    let result = json!({"request": "net", "driver": driver, "pool": pool, "device": device});
    let pod = json!({"resource": "pods", "name": name, "uid": format!("00000000-0000-4000-8000-{number:012}")});
    // only who is on the claim's node may say how its devices stand
    let is_there = json!({"key": "metadata.name", "operator": "In", "values": [node]});
    let allocation = json!({
        "devices": {"results": [result]},
        "nodeSelector": {"nodeSelectorTerms": [{"matchFields": [is_there]}]},
    });
    let status = json!({"status": {"allocation": allocation, "reservedFor": [pod]}});
    let status = Patch::Merge(&status);
    api.patch_status(&name, &PatchParams::default(), &status)
        .await?;
    Ok(ClaimName {
        namespace: made.namespace().unwrap_or_default(),
        uid: made.uid().unwrap_or_default(),
        name,
    })
}
