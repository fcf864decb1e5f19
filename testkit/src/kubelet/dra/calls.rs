//! Calls drivers for claims, in the version that was agreed on. Left to others: for which claims, and the books of them
//! (`claims`).

use std::collections::HashMap;

use colvin_kubelet_api::dra::{v1, v1beta1};
use tokio::time::timeout;
use tonic::transport::Channel;

use super::Shared;
use super::options::PLUGIN_V1;
use super::record::{ClaimName, Device, PodError, What};
use super::state::Plugin;

/// What a driver says of each claim.
pub(super) type Said<T> = HashMap<String, Result<T, String>>;

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
