//! Calls drivers for the claims of pods, in the version that was agreed on, and keeps the books of it. Left to others:
//! which pods there are.

use std::collections::HashMap;

use colvin_kubelet_api::dra::{v1, v1beta1};
use colvin_kubelet_api::uds;
use tokio::time::timeout;
use tonic::transport::Channel;

use super::Shared;
use super::options::PLUGIN_V1;
use super::record::{ClaimName, Device, PodError, What};
use super::state::{Claim, Plugin};

/// What a driver says of each claim.
type Said<T> = HashMap<String, Result<T, String>>;

/// A pod with these claims of a driver starts: what of them is not prepared is prepared.
pub(super) async fn start(
    shared: &Shared,
    pod: &str,
    driver: &str,
    claims: &[ClaimName],
) -> Result<Vec<Device>, PodError> {
    // a driver that is not there fails pods whose claims are prepared, too
    let (plugin, channel) = plugin(shared, driver).await?;
    let asked = shared.change(|state| {
        let mut asked = Vec::new();
        for name in claims {
            let place = (name.namespace.clone(), name.name.clone());
            let claim = state.claims.entry(place).or_insert_with(|| Claim {
                name: name.clone(),
                driver: driver.to_owned(),
                pods: [].into(),
                prepared: false,
                devices: Vec::new(),
            });
            if claim.name.uid != name.uid {
                return Err(PodError::OldClaim(claim.name.uid.clone()));
            }
            claim.pods.insert(pod.to_owned());
            if !claim.prepared {
                asked.push(name.clone());
            }
        }
        Ok(asked)
    })?;
    if !asked.is_empty() {
        let said = prepare(shared, &plugin, channel, &asked).await?;
        kept(shared, &asked, said)?;
    }
    Ok(shared.change(|state| {
        let places = claims
            .iter()
            .map(|it| (it.namespace.clone(), it.name.clone()));
        let claims = places.filter_map(|place| state.claims.get(&place));
        claims.flat_map(|claim| claim.devices.clone()).collect()
    }))
}

/// Keeps what was prepared; one claim's error fails the pod, and all of it is asked for again.
fn kept(shared: &Shared, asked: &[ClaimName], mut said: Said<Vec<Device>>) -> Result<(), PodError> {
    let mut prepared = Vec::new();
    for name in asked {
        let uid = &name.uid;
        let Some(said) = said.remove(uid) else {
            let text = format!("no answer for the claim {uid}");
            shared.change(|state| state.breach("DRA-10", text));
            return Err(PodError::Skipped(uid.clone()));
        };
        let devices = said.map_err(|message| PodError::Claim {
            uid: uid.clone(),
            message,
        })?;
        prepared.push((name, devices));
    }
    shared.change(|state| {
        for (name, devices) in prepared {
            for request in devices.iter().flat_map(|it| &it.requests) {
                if request.contains('/') {
                    state.breach("DRA-13", format!("{request:?} is no base request"));
                }
            }
            let place = (name.namespace.clone(), name.name.clone());
            if let Some(claim) = state.claims.get_mut(&place) {
                claim.prepared = true;
                claim.devices = devices;
            }
        }
    });
    Ok(())
}

/// A pod has ended: its claims are undone that no other pod uses.
pub(super) async fn end(shared: &Shared, pod: &str) -> Result<(), PodError> {
    let last: Vec<Claim> = shared.change(|state| {
        let of_pod = state.claims.values_mut();
        let mut last = Vec::new();
        for claim in of_pod.filter(|it| it.pods.contains(pod)) {
            if claim.pods.len() > 1 {
                claim.pods.remove(pod);
            } else {
                last.push(claim.clone());
            }
        }
        last
    });
    let mut drivers = HashMap::<String, Vec<ClaimName>>::new();
    for claim in last {
        drivers.entry(claim.driver).or_default().push(claim.name);
    }
    for (driver, names) in drivers {
        let (plugin, channel) = plugin(shared, &driver).await?;
        let mut said = unprepare(shared, &plugin, channel, &names).await?;
        for name in names {
            let uid = &name.uid;
            let said = said.remove(uid);
            let said = said.ok_or_else(|| PodError::Skipped(uid.clone()))?;
            said.map_err(|message| PodError::Claim {
                uid: uid.clone(),
                message,
            })?;
            shared.change(|state| state.claims.remove(&(name.namespace, name.name)));
        }
    }
    Ok(())
}

/// The newest instance of a driver that can be reached.
async fn plugin(shared: &Shared, driver: &str) -> Result<(Plugin, Channel), PodError> {
    let plugins = shared.change(|state| state.plugins_of(driver));
    let mut failure = PodError::NotRegistered(driver.to_owned());
    for plugin in plugins {
        match uds::connect(&plugin.endpoint).await {
            Ok(channel) => return Ok((plugin, channel)),
            Err(error) => failure = PodError::Call(error.to_string()),
        }
    }
    Err(failure)
}

fn uids(names: &[ClaimName]) -> Vec<String> {
    names.iter().map(|name| name.uid.clone()).collect()
}

fn failed(status: &tonic::Status) -> PodError {
    PodError::Call(status.to_string())
}

pub(super) async fn prepare(
    shared: &Shared,
    plugin: &Plugin,
    channel: Channel,
    names: &[ClaimName],
) -> Result<Said<Vec<Device>>, PodError> {
    let (endpoint, claims) = (plugin.endpoint.clone(), uids(names));
    shared.change(|state| state.happened(What::Prepare { endpoint, claims }));
    let call = async {
        if plugin.service == PLUGIN_V1 {
            let claims = names.iter().map(in_v1).collect();
            let mut client = v1::dra_plugin_client::DraPluginClient::new(channel);
            let request = v1::NodePrepareResourcesRequest { claims };
            let answer = client.node_prepare_resources(request).await;
            let claims = answer
                .map_err(|status| failed(&status))?
                .into_inner()
                .claims;
            let each = claims.into_iter();
            let each = each.map(|(uid, it)| (uid, said(it.devices, it.error, from_v1)));
            return Ok(each.collect());
        }
        let claims = names.iter().map(in_v1beta1).collect();
        let mut client = v1beta1::dra_plugin_client::DraPluginClient::new(channel);
        let request = v1beta1::NodePrepareResourcesRequest { claims };
        let answer = client.node_prepare_resources(request).await;
        let claims = answer
            .map_err(|status| failed(&status))?
            .into_inner()
            .claims;
        let each = claims.into_iter();
        let each = each.map(|(uid, it)| (uid, said(it.devices, it.error, from_v1beta1)));
        Ok(each.collect())
    };
    let limit = shared.options.call_limit;
    timeout(limit, call)
        .await
        .unwrap_or(Err(PodError::TimedOut))
}

pub(super) async fn unprepare(
    shared: &Shared,
    plugin: &Plugin,
    channel: Channel,
    names: &[ClaimName],
) -> Result<Said<()>, PodError> {
    let (endpoint, claims) = (plugin.endpoint.clone(), uids(names));
    shared.change(|state| state.happened(What::Unprepare { endpoint, claims }));
    let outcome = |error: String| if error.is_empty() { Ok(()) } else { Err(error) };
    let call = async {
        if plugin.service == PLUGIN_V1 {
            let claims = names.iter().map(in_v1).collect();
            let mut client = v1::dra_plugin_client::DraPluginClient::new(channel);
            let request = v1::NodeUnprepareResourcesRequest { claims };
            let answer = client.node_unprepare_resources(request).await;
            let claims = answer
                .map_err(|status| failed(&status))?
                .into_inner()
                .claims;
            let each = claims.into_iter();
            return Ok(each.map(|(uid, it)| (uid, outcome(it.error))).collect());
        }
        let claims = names.iter().map(in_v1beta1).collect();
        let mut client = v1beta1::dra_plugin_client::DraPluginClient::new(channel);
        let request = v1beta1::NodeUnprepareResourcesRequest { claims };
        let answer = client.node_unprepare_resources(request).await;
        let claims = answer
            .map_err(|status| failed(&status))?
            .into_inner()
            .claims;
        let each = claims.into_iter();
        Ok(each.map(|(uid, it)| (uid, outcome(it.error))).collect())
    };
    let limit = shared.options.call_limit;
    timeout(limit, call)
        .await
        .unwrap_or(Err(PodError::TimedOut))
}

fn said<T>(devices: Vec<T>, error: String, one: fn(T) -> Device) -> Result<Vec<Device>, String> {
    if error.is_empty() {
        Ok(devices.into_iter().map(one).collect())
    } else {
        Err(error)
    }
}

fn in_v1(name: &ClaimName) -> v1::Claim {
    v1::Claim {
        namespace: name.namespace.clone(),
        uid: name.uid.clone(),
        name: name.name.clone(),
    }
}

fn in_v1beta1(name: &ClaimName) -> v1beta1::Claim {
    v1beta1::Claim {
        namespace: name.namespace.clone(),
        uid: name.uid.clone(),
        name: name.name.clone(),
    }
}

fn from_v1(device: v1::Device) -> Device {
    Device {
        requests: device.request_names,
        pool: device.pool_name,
        name: device.device_name,
        cdi: device.cdi_device_ids,
        share_id: device.share_id,
    }
}

fn from_v1beta1(device: v1beta1::Device) -> Device {
    Device {
        requests: device.request_names,
        pool: device.pool_name,
        name: device.device_name,
        cdi: device.cdi_device_ids,
        share_id: None,
    }
}
