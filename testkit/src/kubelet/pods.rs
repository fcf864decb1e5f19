//! The node's pods and the devices that they have.
//!
//! Left to others: which devices those are.

use std::collections::{BTreeMap, HashMap, HashSet};

use colvin_kubelet_api::device_plugin::v1beta1::Device;
use colvin_kubelet_api::pod_resources::v1 as api;

use super::options::Role;

/// Namespace and name.
pub(super) type PodName = (String, String);

/// The pods by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Pods(BTreeMap<PodName, Pod>);

/// A pod.
#[derive(Clone, Debug, Default)]
pub(super) struct Pod {
    containers: BTreeMap<String, Container>,
    /// Devices of init containers by resource, for the containers that come behind them.
    reusable: HashMap<String, HashSet<String>>,
}

/// A container of a pod.
#[derive(Clone, Debug)]
struct Container {
    role: Role,
    /// By resource: id and the NUMA nodes that it had when it was given.
    devices: BTreeMap<String, BTreeMap<String, Vec<i64>>>,
}

impl Pods {
    /// The pod runs here from now on, with or without devices.
    pub(super) fn add(&mut self, pod: &PodName, container: &str, role: Role) {
        let pod = self.0.entry(pod.clone()).or_default();
        let empty = Container {
            role,
            devices: BTreeMap::new(),
        };
        pod.containers.entry(container.to_owned()).or_insert(empty);
    }

    /// The pod has ended; what it had is free.
    pub(super) fn remove(&mut self, pod: &PodName) -> bool {
        self.0.remove(pod).is_some()
    }

    /// What the container has of the resource, when it has been given any.
    pub(super) fn of(
        &self,
        pod: &PodName,
        container: &str,
        resource: &str,
    ) -> Option<HashSet<String>> {
        let container = self.0.get(pod)?.containers.get(container)?;
        let devices = container.devices.get(resource)?;
        Some(devices.keys().cloned().collect())
    }

    /// Container and resource of everything that the pod has.
    pub(super) fn requests(&self, pod: &PodName) -> Vec<(String, String)> {
        let containers = self.0.get(pod).map(|pod| &pod.containers);
        let each = containers.into_iter().flatten();
        each.flat_map(|(name, container)| {
            let resources = container.devices.keys();
            resources.map(|resource| (name.clone(), resource.clone()))
        })
        .collect()
    }

    /// What the pod's init containers had, for a container that comes behind them.
    pub(super) fn reusable(&self, pod: &PodName, resource: &str) -> HashSet<String> {
        let reusable = self.0.get(pod).and_then(|pod| pod.reusable.get(resource));
        reusable.cloned().unwrap_or_default()
    }

    /// The container has been given these.
    pub(super) fn give(
        &mut self,
        (pod, container, role): (&PodName, &str, Role),
        resource: &str,
        devices: Vec<(String, Option<Device>)>,
    ) {
        self.add(pod, container, role);
        let pod = self.0.entry(pod.clone()).or_default();
        let reusable = pod.reusable.entry(resource.to_owned()).or_default();
        for (id, _) in &devices {
            match role {
                Role::Init => {
                    reusable.insert(id.clone());
                }
                Role::App | Role::Sidecar => {
                    reusable.remove(id);
                }
            }
        }
        let with_nodes = devices.into_iter().map(|(id, device)| (id, nodes(device)));
        if let Some(container) = pod.containers.get_mut(container) {
            let given = container.devices.entry(resource.to_owned()).or_default();
            given.extend(with_nodes);
        }
    }

    /// Every device of the resource that a pod has.
    pub(super) fn held(&self, resource: &str) -> HashSet<String> {
        let containers = self.0.values().flat_map(|pod| pod.containers.values());
        let devices = containers.filter_map(|container| container.devices.get(resource));
        devices
            .flat_map(|devices| devices.keys().cloned())
            .collect()
    }

    /// As pod resources tell it: containers that run on, one entry for each device and NUMA node.
    pub(super) fn resources(&self) -> Vec<api::PodResources> {
        let told = self.0.iter().map(|(name, pod)| api::PodResources {
            namespace: name.0.clone(),
            name: name.1.clone(),
            containers: pod.told(),
            cpu_ids: Vec::new(),
            memory: Vec::new(),
        });
        told.collect()
    }
}

impl Pod {
    fn told(&self) -> Vec<api::ContainerResources> {
        let runs_on = |(_, container): &(&String, &Container)| container.role != Role::Init;
        let containers = self.containers.iter().filter(runs_on);
        let told = containers.map(|(name, container)| api::ContainerResources {
            name: name.clone(),
            devices: container.told(),
            ..api::ContainerResources::default()
        });
        told.collect()
    }
}

impl Container {
    fn told(&self) -> Vec<api::ContainerDevices> {
        let of_resource = |(resource, devices): (&String, &BTreeMap<String, Vec<i64>>)| {
            let told = devices
                .iter()
                .flat_map(|(id, nodes)| told(resource, id, nodes));
            told.collect::<Vec<_>>()
        };
        self.devices.iter().flat_map(of_resource).collect()
    }
}

/// A device as pod resources tell it: once without a place, or once for each NUMA node.
pub(super) fn told(resource: &str, id: &str, nodes: &[i64]) -> Vec<api::ContainerDevices> {
    let told = |topology| api::ContainerDevices {
        resource_name: resource.to_owned(),
        device_ids: vec![id.to_owned()],
        topology,
    };
    if nodes.is_empty() {
        return vec![told(None)];
    }
    let at = |id: &i64| api::TopologyInfo {
        nodes: vec![api::NumaNode { id: *id }],
    };
    nodes.iter().map(|node| told(Some(at(node)))).collect()
}

/// The NUMA nodes that a device is close to.
pub(super) fn nodes(device: Option<Device>) -> Vec<i64> {
    let topology = device.and_then(|device| device.topology);
    let nodes = topology.into_iter().flat_map(|topology| topology.nodes);
    nodes.map(|node| node.id).collect()
}
