//! Which devices a pod has, of what the kubelet says of all pods. Pure.
//!
//! Left to others: asking the kubelet, and the socket.

use std::collections::BTreeMap;

use colvin_attach::ask::{Answer, GivenBy, GivenDevice, Question};
use colvin_attach::record::{ClaimAttach, ClaimRecord, Outstanding};
use colvin_kubelet_api::pod_resources::v1::{ContainerDevices, DynamicResource, PodResources};
use colvin_model::NetworkName;
use colvin_model::offer::{DeviceId, Kind, Offers, Origin, ResourceName};

/// What is known beside the kubelet's answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    /// What is offered now.
    pub(crate) offers: &'a Offers,
    /// Devices that were given out.
    pub(crate) outstanding: &'a [Outstanding],
    /// Claims that were prepared.
    pub(crate) claims: &'a [ClaimRecord],
    /// Whether the kubelet knew its pods when it answered.
    pub(crate) complete: bool,
}

/// What a pod is told that asks which devices it has.
pub(crate) fn answer(pods: &[PodResources], question: &Question, known: Known<'_>) -> Answer {
    let mut asks = pods
        .iter()
        .filter(|pod| pod.namespace == question.namespace && pod.name == question.pod)
        .peekable();
    if asks.peek().is_none() {
        return unknown(known);
    }
    let mut given = BTreeMap::new();
    for container in asks.flat_map(|pod| &pod.containers) {
        let devices = container
            .devices
            .iter()
            .flat_map(|it| of_resource(it, known));
        let claimed = container.dynamic_resources.iter();
        let claimed = claimed.flat_map(|it| of_claim(it, known.claims));
        for device in devices.chain(claimed) {
            let place = (device.network.clone(), device.device.clone());
            given.insert(place, device);
        }
    }
    Answer::Devices {
        devices: given.into_values().collect(),
    }
}

/// Of a pod that the kubelet does not name: it has nothing, or the kubelet will name it later.
fn unknown(known: Known<'_>) -> Answer {
    let of_nobody = |it: &&Outstanding| it.network.is_some() && it.holder.is_none();
    let reason = if let Some(record) = known.outstanding.iter().find(of_nobody) {
        let (resource, device) = (&record.resource, &record.device);
        format!("the kubelet does not name the pod, nor yet whose {device} of {resource} is")
    } else if known.complete {
        return Answer::Devices {
            devices: Vec::new(),
        };
    } else {
        "the kubelet does not know its pods yet".to_owned()
    };
    Answer::Later { reason }
}

fn of_resource<'a>(
    listed: &'a ContainerDevices,
    known: Known<'a>,
) -> impl Iterator<Item = GivenDevice> + use<'a> {
    let resource = listed.resource_name.parse::<ResourceName>().ok();
    let is_ours = |it: &ResourceName| {
        it.is_of_network()
            || known.offers.get(it).is_some()
            || known
                .outstanding
                .iter()
                .any(|record| record.resource == *it)
    };
    let resource = resource.filter(is_ours);
    let ids = listed.device_ids.iter().filter_map(|id| id.parse().ok());
    ids.filter_map(move |id| Some(device(resource.as_ref()?, id, known)))
}

/// A device with what is known of it: by what is offered, else by its record, else by its id.
fn device(resource: &ResourceName, id: DeviceId, known: Known<'_>) -> GivenDevice {
    let by = GivenBy::Resource(resource.clone());
    let offer = known.offers.get(resource);
    if let Some((offer, device)) = offer.and_then(|it| Some((it, it.devices.get(&id)?))) {
        return GivenDevice {
            network: match &offer.origin {
                Origin::Network(network) => Some(network.clone()),
                Origin::ConfigFile => None,
            },
            device: id,
            kind: device.kind,
            address: device.address,
            uplink: device.uplink.clone(),
            vf_index: device.vf_index,
            attach: ClaimAttach::default(),
            by,
        };
    }
    let mut records = known.outstanding.iter();
    if let Some(record) = records.find(|it| it.resource == *resource && it.device == id) {
        return GivenDevice {
            network: record.network.clone(),
            device: id,
            kind: record.kind,
            address: record.address,
            uplink: record.uplink.clone(),
            vf_index: record.vf_index,
            attach: ClaimAttach::default(),
            by,
        };
    }
    by_id(resource, id, by)
}

/// What names alone tell: a share is of an uplink, anything else a function.
fn by_id(resource: &ResourceName, id: DeviceId, by: GivenBy) -> GivenDevice {
    let of_network = resource.is_of_network().then(|| resource.name());
    let network = of_network.and_then(|name| name.parse::<NetworkName>().ok());
    let share = id.as_str().split_once('/').map(|(uplink, _)| uplink);
    let whole = share.unwrap_or(id.as_str());
    GivenDevice {
        network,
        kind: match share {
            None => Kind::VirtualFunction,
            Some(_) => Kind::Macvlan,
        },
        address: whole.parse().ok(),
        uplink: share.and_then(|uplink| uplink.parse().ok()),
        vf_index: None,
        attach: ClaimAttach::default(),
        device: id,
        by,
    }
}

fn of_claim<'a>(
    listed: &'a DynamicResource,
    claims: &'a [ClaimRecord],
) -> impl Iterator<Item = GivenDevice> + use<'a> {
    let is_it =
        |it: &&ClaimRecord| it.namespace == listed.claim_namespace && it.name == listed.claim_name;
    claims.iter().filter(is_it).flat_map(|claim| {
        claim.devices.iter().map(|it| GivenDevice {
            network: Some(it.network.clone()),
            device: it.device.clone(),
            kind: it.kind,
            address: it.address,
            uplink: it.uplink.clone(),
            vf_index: it.vf_index,
            attach: it.attach.clone(),
            by: GivenBy::Claim(claim.uid.clone()),
        })
    })
}

#[cfg(test)]
mod tests {
    use colvin_attach::ask::VERSION;
    use colvin_kubelet_api::pod_resources::v1::ContainerResources;
    use colvin_model::offer::Holder;
    use serde_json::json;

    use super::*;

    fn offers() -> Offers {
        serde_json::from_value(json!({
            "colvin.dev/green": {"origin": {"Network": "green"}, "placement": "Packed", "devices": {
                "0000:3b:00.2": {"kind": "VirtualFunction", "address": "0000:3b:00.2",
                    "uplink": "0000:3b:00.0", "vf_index": 2, "numa_node": 1, "ill": null}}},
            "intel.com/net": {"origin": "ConfigFile", "placement": "Packed", "devices": {}},
        }))
        .unwrap()
    }

    fn record(device: &str, holder: Option<Holder>) -> Outstanding {
        let record = json!({"version": 1, "resource": "colvin.dev/blue", "network": "blue", "device": device,
            "kind": "Ipvlan", "address": "0000:5e:00.0", "uplink": "0000:5e:00.0"});
        Outstanding {
            holder,
            ..serde_json::from_value(record).unwrap()
        }
    }

    fn holds(resource: &str, ids: &[&str]) -> ContainerDevices {
        ContainerDevices {
            resource_name: resource.into(),
            device_ids: ids.iter().map(ToString::to_string).collect(),
            topology: None,
        }
    }

    fn pod(name: &str, devices: Vec<ContainerDevices>) -> PodResources {
        PodResources {
            name: name.into(),
            namespace: "default".into(),
            containers: vec![ContainerResources {
                name: "main".into(),
                devices,
                ..ContainerResources::default()
            }],
            ..PodResources::default()
        }
    }

    fn asked(name: &str) -> Question {
        Question {
            version: VERSION,
            namespace: "default".into(),
            pod: name.into(),
            uid: None,
            container_id: None,
        }
    }

    fn known<'a>(offers: &'a Offers, outstanding: &'a [Outstanding]) -> Known<'a> {
        Known {
            offers,
            outstanding,
            claims: &[],
            complete: true,
        }
    }

    fn devices(answer: Answer) -> Vec<GivenDevice> {
        match answer {
            Answer::Devices { devices } => devices,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_pod_has_the_devices_of_all_its_containers_and_no_others() {
        let offers = offers();
        let pods = [
            pod("web", vec![holds("colvin.dev/green", &["0000:3b:00.2"])]),
            pod(
                "web",
                vec![
                    holds("nvidia.com/gpu", &["GPU-1"]),
                    holds("intel.com/net", &["0000:af:00.1"]),
                ],
            ),
            pod("db", vec![holds("colvin.dev/green", &["0000:3b:00.3"])]),
        ];
        let told = answer(&pods, &asked("web"), known(&offers, &[]));
        assert_eq!(
            serde_json::to_value(told).unwrap(),
            json!({"answer": "devices", "devices": [
                {"device": "0000:af:00.1", "kind": "VirtualFunction", "address": "0000:af:00.1",
                    "resource": "intel.com/net"},
                {"network": "green", "device": "0000:3b:00.2", "kind": "VirtualFunction",
                    "address": "0000:3b:00.2", "uplink": "0000:3b:00.0", "vfIndex": 2,
                    "resource": "colvin.dev/green"},
            ]})
        );
        let other = Question {
            namespace: "other".into(),
            ..asked("web")
        };
        assert_eq!(devices(answer(&pods, &other, known(&offers, &[]))), []);
    }

    #[test]
    fn a_device_that_is_not_offered_any_more_is_known_by_its_record_or_its_id() {
        let offers = offers();
        let pods = [pod(
            "web",
            vec![holds(
                "colvin.dev/blue",
                &["0000:5e:00.0/7", "0000:5e:00.0/8"],
            )],
        )];
        let records = [record("0000:5e:00.0/7", None)];
        let told = devices(answer(&pods, &asked("web"), known(&offers, &records)));
        let kinds: Vec<_> = told.iter().map(|it| it.kind).collect();
        assert_eq!(kinds, [Kind::Ipvlan, Kind::Macvlan]);
        for device in told {
            assert_eq!(device.network, "blue".parse().ok());
            assert_eq!(device.uplink, "0000:5e:00.0".parse().ok());
        }
    }

    #[test]
    fn a_pod_that_the_kubelet_does_not_name_waits_only_while_something_may_be_its_own() {
        let offers = offers();
        let pods = [pod("db", vec![])];
        let of_nobody = [record("0000:5e:00.0/7", None)];
        let told = answer(&pods, &asked("web"), known(&offers, &of_nobody));
        assert!(matches!(told, Answer::Later { .. }), "{told:?}");
        let told = answer(&pods, &asked("db"), known(&offers, &of_nobody));
        assert_eq!(devices(told), [], "the kubelet names it, with nothing");
        let holder = Holder {
            namespace: "default".into(),
            pod: "db".into(),
            container: "main".into(),
        };
        let of_another = [record("0000:5e:00.0/7", Some(holder))];
        let told = answer(&pods, &asked("web"), known(&offers, &of_another));
        assert_eq!(devices(told), []);
        let young = Known {
            complete: false,
            ..known(&offers, &[])
        };
        let told = answer(&[], &asked("web"), young);
        assert!(matches!(told, Answer::Later { .. }), "{told:?}");
    }

    #[test]
    fn a_pods_claims_are_those_that_the_kubelet_names() {
        let offers = Offers::default();
        let mut pods = [pod("web", vec![])];
        pods[0].containers[0].dynamic_resources = vec![DynamicResource {
            claim_name: "net".into(),
            claim_namespace: "default".into(),
            claim_resources: vec![],
        }];
        let claim = |uid: &str, name: &str| -> ClaimRecord {
            let device = json!({"request": "net", "network": "green", "device": "0000:3b:00.2", "kind": "VirtualFunction"});
            let claim = json!({"version": 1, "uid": uid, "namespace": "default", "name": name, "devices": [device]});
            serde_json::from_value(claim).unwrap()
        };
        let claims = [claim("1", "net"), claim("2", "other")];
        let known = Known {
            claims: &claims,
            ..known(&offers, &[])
        };
        let told = devices(answer(&pods, &asked("web"), known));
        let by: Vec<_> = told.iter().map(|it| it.by.clone()).collect();
        assert_eq!(by, [GivenBy::Claim("1".into())]);
    }
}
