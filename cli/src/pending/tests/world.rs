//! A small cluster to ask why a pod of it waits. Left to others: what is asked.

use super::*;

/// A cluster in which everything fits; tests change it.
pub(super) struct World {
    pub(super) pod: Value,
    pub(super) nodes: Vec<Value>,
    pub(super) pods: Vec<Value>,
    pub(super) networks: Vec<Value>,
    pub(super) topologies: Vec<Value>,
    pub(super) labels: Value,
    pub(super) slices: Vec<Value>,
    pub(super) claims: Vec<Value>,
}

impl World {
    /// One pod that asks for one green; node1 reaches green, node2 blue, each with two devices.
    pub(super) fn new() -> Self {
        Self {
            pod: pod("web", &json!({"colvin.dev/green": "1"})),
            nodes: vec![node("node1", "green"), node("node2", "blue")],
            pods: Vec::new(),
            networks: ["green", "blue"]
                .map(|name| network(name, &json!({})))
                .to_vec(),
            topologies: vec![
                topology("node1", &["green"], 2),
                topology("node2", &["blue"], 2),
            ],
            labels: json!({"tenant": "a"}),
            slices: Vec::new(),
            claims: Vec::new(),
        }
    }

    pub(super) fn asking(resources: &Value) -> Self {
        Self {
            pod: pod("web", resources),
            ..Self::new()
        }
    }

    /// Pods that run on a node with this many devices of a network each.
    pub(super) fn taken(mut self, node: &str, network: &str, by: &[(&str, u32)]) -> Self {
        for (name, number) in by {
            let mut taken = pod(
                name,
                &json!({format!("colvin.dev/{network}"): number.to_string()}),
            );
            taken["spec"]["nodeName"] = json!(node);
            taken["status"] = json!({"phase": "Running"});
            self.pods.push(taken);
        }
        self
    }

    pub(super) fn explained(&self) -> Explanation {
        let read = |value: &Value| serde_json::from_value(value.clone()).unwrap();
        let nodes = self
            .nodes
            .iter()
            .map(|node| Place::of(serde_json::from_value(node.clone()).unwrap()).unwrap());
        let nodes: Vec<Place> = nodes.collect();
        let pods = self
            .pods
            .iter()
            .map(|pod| serde_json::from_value(pod.clone()).unwrap());
        let bound: Vec<Bound> = pods.filter_map(|pod: Pod| Bound::of(&pod)).collect();
        let networks: Vec<Network> = self
            .networks
            .iter()
            .map(|one| serde_json::from_value(one.clone()).unwrap())
            .collect();
        let topologies: Vec<NodeTopology> = self
            .topologies
            .iter()
            .map(|one| serde_json::from_value(one.clone()).unwrap())
            .collect();
        let labels: BTreeMap<String, String> = serde_json::from_value(self.labels.clone()).unwrap();
        let pod: Pod = read(&self.pod);
        let slices = self
            .slices
            .iter()
            .map(|one| serde_json::from_value(one.clone()).unwrap());
        let claims = self
            .claims
            .iter()
            .map(|one| serde_json::from_value(one.clone()).unwrap());
        let claims = Claims::new(slices, claims);
        explain(Scene {
            pod: &pod,
            nodes: Some(&nodes),
            bound: Some(&bound),
            claims: Some(&claims),
            networks: &networks,
            topologies: &topologies,
            namespace: Some(&labels),
        })
    }

    /// The verdict, and whether nothing can run the pod.
    pub(super) fn verdict(&self) -> (String, bool) {
        let explanation = self.explained();
        (verdict(&explanation), explanation.is_hopeless())
    }

    #[track_caller]
    pub(super) fn never(&self, words: &str) {
        assert_eq!(self.verdict(), (words.to_owned(), true));
    }

    #[track_caller]
    pub(super) fn maybe(&self, words: &str) {
        assert_eq!(self.verdict(), (words.to_owned(), false));
    }
}

pub(super) fn pod(name: &str, limits: &Value) -> Value {
    let container =
        json!({"name": "c", "resources": {"limits": limits, "requests": {"cpu": "500m"}}});
    json!({"metadata": {"name": name, "namespace": "default"}, "spec": {"containers": [container]},
        "status": {"phase": "Pending"}})
}

pub(super) fn node(name: &str, network: &str) -> Value {
    json!({"metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "gen": "7"}}, "spec": {},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110", format!("colvin.dev/{network}"): "2"}}})
}

pub(super) fn network(name: &str, more: &Value) -> Value {
    let mut network = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "Network", "metadata": {"name": name}, "spec": {}});
    network["spec"] = more.clone();
    network
}

pub(super) fn topology(name: &str, networks: &[&str], usable: u32) -> Value {
    let on =
        |name: &&str| json!({"name": name, "member": "m", "capacity": 2, "allocatable": usable});
    let networks: Vec<Value> = networks.iter().map(on).collect();
    json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "NodeTopology", "metadata": {"name": name},
        "status": {"uplinks": [{"id": "0000:01:00.0", "link": "Up", "networks": networks}]}})
}
