//! The list of devices as the kubelet gets it (DP-09, DP-13, DP-15). Left to others: sending it.

use colvin_kubelet_api::device_plugin::v1beta1 as api;
use colvin_model::offer::{DeviceId, Ill, Offer, OfferedDevice};

/// Health as the kubelet words it.
pub(crate) const HEALTHY: &str = "Healthy";
const UNHEALTHY: &str = "Unhealthy";

/// All devices of an offer.
///
/// A carrier that goes, or a device that is with its pod, is no ill health of a device that a pod holds:
/// the kubelet would not restart the pod's container (DP-13, DP-14).
pub(crate) fn of(offer: &Offer, is_held: impl Fn(&DeviceId) -> bool) -> api::ListAndWatchResponse {
    let devices = offer.devices.iter().map(|(id, device)| api::Device {
        id: id.to_string(),
        health: health(id, device, &is_held).to_owned(),
        topology: topology(device),
    });
    api::ListAndWatchResponse {
        devices: devices.collect(),
    }
}

fn health(
    id: &DeviceId,
    device: &OfferedDevice,
    is_held: impl Fn(&DeviceId) -> bool,
) -> &'static str {
    match &device.ill {
        None => HEALTHY,
        Some(Ill::LinkDown | Ill::NotReturned | Ill::NotUndone) if is_held(id) => HEALTHY,
        Some(_) => UNHEALTHY,
    }
}

fn topology(device: &OfferedDevice) -> Option<api::TopologyInfo> {
    device.numa_node.map(|node| api::TopologyInfo {
        nodes: vec![api::NumaNode {
            id: i64::from(node.get()),
        }],
    })
}

/// How many devices of a list a pod may get.
pub(crate) fn healthy(list: &api::ListAndWatchResponse) -> usize {
    let healthy = list.devices.iter().filter(|it| it.health == HEALTHY);
    healthy.count()
}

/// Whether some devices have a NUMA node and some have none: then the kubelet puts those without last.
pub(crate) fn mixes_numa(list: &api::ListAndWatchResponse) -> bool {
    let (with, without): (Vec<_>, Vec<_>) =
        list.devices.iter().partition(|it| it.topology.is_some());
    !with.is_empty() && !without.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::examples;
    use colvin_model::NumaNode;
    use colvin_model::offer::{Origin, Placement};

    fn offer(devices: Vec<OfferedDevice>) -> Offer {
        let ids = (1..).map(|vf| format!("0000:3b:00.{vf}").parse().unwrap());
        Offer {
            origin: Origin::ConfigFile,
            placement: Placement::Packed,
            devices: ids.zip(devices).collect(),
        }
    }

    fn vf(numa: Option<u16>, ill: Option<Ill>) -> OfferedDevice {
        OfferedDevice {
            numa_node: numa.map(NumaNode::new),
            ill,
            ..examples::vf("0000:3b:00.1").device
        }
    }

    #[test]
    fn dp_15_a_device_without_numa_node_has_no_topology() {
        let list = of(&offer(vec![vf(Some(1), None), vf(None, None)]), |_| false);
        let nodes: Vec<_> = list.devices.iter().map(|it| it.topology.clone()).collect();
        let one = api::TopologyInfo {
            nodes: vec![api::NumaNode { id: 1 }],
        };
        assert_eq!(nodes, [Some(one), None]);
        assert!(mixes_numa(&list));
        assert!(!mixes_numa(&of(&offer(vec![vf(None, None)]), |_| false)));
    }

    #[test]
    fn dp_13_a_carrier_that_goes_does_not_touch_a_device_that_is_held() {
        let held = |id: &DeviceId| id.as_str() == "0000:3b:00.1";
        for ill in [Ill::LinkDown, Ill::NotUndone] {
            let down = || vf(None, Some(ill.clone()));
            let list = of(
                &offer(vec![down(), down(), vf(None, Some(Ill::Gone))]),
                held,
            );
            let health: Vec<_> = list.devices.iter().map(|it| it.health.as_str()).collect();
            assert_eq!(health, ["Healthy", "Unhealthy", "Unhealthy"]);
            assert_eq!(healthy(&list), 1);
        }
    }

    #[test]
    fn dp_14_a_device_that_is_in_its_pods_namespace_is_well() {
        let away = offer(vec![vf(None, Some(Ill::NotReturned))]);
        assert_eq!(healthy(&of(&away, |_| true)), 1);
        assert_eq!(healthy(&of(&away, |_| false)), 0);
    }
}
