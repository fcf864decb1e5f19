//! Pods that wait, each for one reason, and pods that do not wait.

use serde_json::{Value, json};

use super::*;
use crate::pending::words::verdict;

/// A cluster in which everything fits; tests change it.
struct World {
    pod: Value,
    nodes: Vec<Value>,
    pods: Vec<Value>,
    networks: Vec<Value>,
    topologies: Vec<Value>,
    labels: Value,
}

impl World {
    /// One pod that asks for one green; node1 reaches green, node2 blue, each with two devices.
    fn new() -> Self {
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
        }
    }

    fn asking(resources: &Value) -> Self {
        Self {
            pod: pod("web", resources),
            ..Self::new()
        }
    }

    /// Pods that run on a node with this many devices of a network each.
    fn taken(mut self, node: &str, network: &str, by: &[(&str, u32)]) -> Self {
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

    fn explained(&self) -> Explanation {
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
        explain(Scene {
            pod: &pod,
            nodes: Some(&nodes),
            bound: Some(&bound),
            networks: &networks,
            topologies: &topologies,
            namespace: Some(&labels),
        })
    }

    /// The verdict, and whether nothing can run the pod.
    fn verdict(&self) -> (String, bool) {
        let explanation = self.explained();
        (verdict(&explanation), explanation.is_hopeless())
    }

    #[track_caller]
    fn never(&self, words: &str) {
        assert_eq!(self.verdict(), (words.to_owned(), true));
    }

    #[track_caller]
    fn maybe(&self, words: &str) {
        assert_eq!(self.verdict(), (words.to_owned(), false));
    }
}

fn pod(name: &str, limits: &Value) -> Value {
    let container =
        json!({"name": "c", "resources": {"limits": limits, "requests": {"cpu": "500m"}}});
    json!({"metadata": {"name": name, "namespace": "default"}, "spec": {"containers": [container]},
        "status": {"phase": "Pending"}})
}

fn node(name: &str, network: &str) -> Value {
    json!({"metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "gen": "7"}}, "spec": {},
        "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110", format!("colvin.dev/{network}"): "2"}}})
}

fn network(name: &str, more: &Value) -> Value {
    let mut network = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "Network", "metadata": {"name": name}, "spec": {}});
    network["spec"] = more.clone();
    network
}

fn topology(name: &str, networks: &[&str], usable: u32) -> Value {
    let on =
        |name: &&str| json!({"name": name, "member": "m", "capacity": 2, "allocatable": usable});
    let networks: Vec<Value> = networks.iter().map(on).collect();
    json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "NodeTopology", "metadata": {"name": name},
        "status": {"uplinks": [{"id": "0000:01:00.0", "link": "Up", "networks": networks}]}})
}

#[test]
fn devices_that_are_taken_are_told_with_who_took_them() {
    let world = World::new().taken("node1", "green", &[("a", 1), ("b", 1)]);
    world.never("green is reached by node1 only (2 of 2 devices taken by default/a, default/b)");
    let one_left = World::new().taken("node1", "green", &[("a", 1)]);
    one_left.maybe("green is reached by node1, and nothing is seen that keeps the pod away there");
    let mut over = one_left;
    over.pods[0]["status"]["phase"] = json!("Failed");
    let mut two = World::asking(&json!({"colvin.dev/green": "2"}));
    two.pods = over.pods;
    two.maybe("green is reached by node1, and nothing is seen that keeps the pod away there");
}

#[test]
fn what_is_left_must_be_enough() {
    let two = json!({"colvin.dev/green": "2"});
    let world = World::asking(&two).taken("node1", "green", &[("a", 1)]);
    world.never("green is reached by node1 only (1 of 2 devices taken by default/a, 2 asked)");
    let world = World::asking(&json!({"colvin.dev/green": "3"}));
    world.never("green is reached by node1 only (3 asked, it has 2)");
}

#[test]
fn init_containers_need_the_most_of_one_and_not_the_sum() {
    let mut world = World::new();
    let init =
        |number: &str| json!({"name": "i", "resources": {"limits": {"colvin.dev/green": number}}});
    world.pod["spec"]["initContainers"] = json!([init("2"), init("2")]);
    world.maybe("green is reached by node1, and nothing is seen that keeps the pod away there");
    world.pod["spec"]["initContainers"] = json!([init("3")]);
    world.never("green is reached by node1 only (3 asked, it has 2)");
}

#[test]
fn a_network_that_is_not_there_has_its_nearest_name() {
    World::asking(&json!({"colvin.dev/gren": "1"}))
        .never("there is no Network gren (did you mean green?); colvin networks lists them");
}

#[test]
fn a_network_that_nobody_reaches_leads_to_why() {
    let mut world = World::new();
    world.topologies.remove(0);
    world.never("no node reaches green: colvin why NODE green says why");
}

#[test]
fn a_network_is_asked_for_as_it_is_advertised() {
    let mut world = World::new();
    world.networks[0] = network("green", &json!({"advertise": "DRA"}));
    world.never(
        "green is advertised by DRA: pods ask for it by a ResourceClaim of the DeviceClass green.colvin.dev, and no node has \
         colvin.dev/green",
    );
    let by_class =
        World::asking(&json!({"deviceclass.resource.kubernetes.io/blue.colvin.dev": "1"}));
    by_class.never(
        "blue is advertised by the device plugin: pods ask for it as colvin.dev/blue, and there is no DeviceClass \
         blue.colvin.dev",
    );
}

#[test]
fn two_networks_must_meet_on_a_node() {
    let both = json!({"colvin.dev/green": "1", "colvin.dev/blue": "1"});
    let mut world = World::asking(&both);
    world.never("no node reaches both blue and green: blue by node2; green by node1");
    world.topologies[0] = topology("node1", &["green", "blue"], 2);
    world.nodes[0]["status"]["allocatable"]["colvin.dev/blue"] = json!("1");
    world.maybe(
        "blue and green are reached by node1, and nothing is seen that keeps the pod away there",
    );
    let world = world.taken("node1", "blue", &[("a", 1)]);
    world
        .never("blue and green are reached by node1 only (blue: 1 of 1 device taken by default/a)");
}

#[test]
fn a_kubelet_without_the_resource_is_told_from_devices_that_are_ill() {
    let mut world = World::new();
    world.nodes[0]["status"]["allocatable"]
        .as_object_mut()
        .unwrap()
        .remove("colvin.dev/green");
    world.never(
        "green is reached by node1 only (its agent has 2 to give and its kubelet offers none: is the agent registered there? \
         See its /readyz)",
    );
    world.topologies[0] = topology("node1", &["green"], 0);
    world.never("green is reached by node1 only (none of its devices is usable)");
}

#[test]
fn a_cordon_a_taint_and_a_kubelet_that_is_ill_keep_it_away() {
    let mut world = World::new();
    world.nodes[0]["spec"] = json!({"unschedulable": true, "taints": [
        {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}, {"key": "soft", "effect": "PreferNoSchedule"}]});
    world.never("green is reached by node1 only (cordoned)");
    world.pod["spec"]["tolerations"] = json!([{"key": "node.kubernetes.io/unschedulable", "operator": "Exists", "effect": "NoSchedule"}]);
    world.maybe("green is reached by node1, and nothing is seen that keeps the pod away there");
    world.nodes[0]["spec"] =
        json!({"taints": [{"key": "gpu", "value": "yes", "effect": "NoExecute"}]});
    world.never(
        "green is reached by node1 only (taint gpu=yes:NoExecute, which the pod does not tolerate)",
    );
    for (toleration, tolerated) in [
        (json!({"key": "gpu", "value": "yes"}), true),
        (json!({"key": "gpu", "value": "no"}), false),
        (
            json!({"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}),
            false,
        ),
        (json!({"operator": "Exists"}), true),
        (json!({"value": "yes"}), false),
    ] {
        world.pod["spec"]["tolerations"] = json!([toleration]);
        assert_eq!(world.verdict().1, !tolerated, "{toleration}");
    }
    world.nodes[0]["spec"] = json!({});
    world.nodes[0]["status"]["conditions"] = json!([{"type": "Ready", "status": "Unknown"}]);
    world.never("green is reached by node1 only (not ready)");
}

#[test]
fn a_selector_and_an_affinity_keep_it_away() {
    let mut world = World::new();
    world.pod["spec"]["nodeSelector"] = json!({"gen": "7", "rack": "c"});
    world
        .never("green is reached by node1 only (no label rack=c, which the nodeSelector asks for)");
    world.pod["spec"]["nodeSelector"] = json!({"gen": "7"});
    let needs = |key: &str, operator: &str, values: Value| json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]});
    for (term, matches) in [
        (needs("gen", "In", json!(["6", "7"])), true),
        (needs("gen", "NotIn", json!(["7"])), false),
        (needs("rack", "NotIn", json!(["c"])), true),
        (needs("rack", "Exists", json!([])), false),
        (needs("rack", "DoesNotExist", json!([])), true),
        (needs("gen", "Gt", json!(["6"])), true),
        (needs("gen", "Lt", json!(["7"])), false),
        (
            json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node1"]}]}),
            true,
        ),
        (
            json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node2"]}]}),
            false,
        ),
        (json!({}), false),
    ] {
        world.pod["spec"]["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}});
        assert_eq!(world.verdict().1, !matches, "{term}");
    }
    world.never("green is reached by node1 only (the required node affinity does not match)");
}

#[test]
fn cpu_memory_and_the_number_of_pods_count() {
    let mut world = World::new();
    world.pod["spec"]["containers"][0]["resources"]["requests"] =
        json!({"cpu": "5", "memory": "1Gi"});
    world.never("green is reached by node1 only (cpu: 5 asked, 4 of 4 free)");
    let mut world = World::new().taken("node1", "green", &[("a", 1)]);
    world.pods[0]["spec"]["containers"][0]["resources"]["requests"] = json!({"cpu": "3750m"});
    world.never("green is reached by node1 only (cpu: 500m asked, 250m of 4 free)");
    world.nodes[0]["status"]["allocatable"]["pods"] = json!("1");
    world.nodes[0]["status"]["allocatable"]["cpu"] = json!("8");
    world.never("green is reached by node1 only (pods: 1 asked, 0 of 1 free)");
    let mut world = World::new();
    world.pod["spec"]["overhead"] = json!({"cpu": "3750m"});
    world.never("green is reached by node1 only (cpu: 4250m asked, 4 of 4 free)");
}

#[test]
fn resources_of_the_take_over_and_of_others_are_judged_by_what_kubelets_offer() {
    let mut world = World::asking(&json!({"intel.com/sriov_x": "1"}));
    world.never("no node has intel.com/sriov_x: kubectl describe nodes lists what they have");
    world.nodes[1]["status"]["allocatable"]["intel.com/sriov_x"] = json!("1");
    world.maybe(
        "intel.com/sriov_x is offered by node2, and nothing is seen that keeps the pod away there",
    );
    let mut taken = pod("a", &json!({"intel.com/sriov_x": "1"}));
    taken["spec"]["nodeName"] = json!("node2");
    world.pods.push(taken);
    world.never("intel.com/sriov_x is offered by node2 only (1 of 1 device taken by default/a)");
}

#[test]
fn a_pod_without_networks_is_judged_too() {
    let mut world = World::asking(&json!({}));
    world.maybe("default/web asks for no network, and fits on node1, node2");
    for node in &mut world.nodes {
        node["spec"]["unschedulable"] = json!(true);
    }
    world.never("default/web asks for no network, and something else keeps it from every node");
}

#[test]
fn a_pod_that_does_not_wait_for_the_scheduler_is_told_so() {
    let mut world = World::new();
    world.pod["spec"]["schedulingGates"] = json!([{"name": "quota"}]);
    world.never("default/web has scheduling gates (quota): no node is sought before who set them takes them away");
    world.pod["spec"]["nodeName"] = json!("node1");
    world.pod["status"]["containerStatuses"] = json!([{"name": "c", "image": "", "imageID": "", "ready": false, "restartCount": 0,
        "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}]);
    world.maybe("default/web has its node, node1, and waits for the kubelet there: c: ImagePullBackOff: no such image");
    world.pod["status"] = json!({"phase": "Running"});
    world.maybe("default/web is not pending: it is on node1");
    world.pod["status"] = json!({"phase": "Failed", "reason": "UnexpectedAdmissionError", "message": "no healthy devices"});
    world.maybe(
        "default/web is not pending: it failed on node1: UnexpectedAdmissionError: no healthy devices; a pod that failed is \
         not scheduled again",
    );
    world.pod = pod("web", &json!({"colvin.dev/green": "1"}));
    world.pod["status"]["nominatedNodeName"] = json!("node1");
    world.maybe(
        "the scheduler makes room for default/web on node1: it evicts pods there that matter less",
    );
    world.pod["metadata"]["deletionTimestamp"] = json!("2026-03-01T12:00:00Z");
    world.maybe("default/web is being deleted");
}

#[test]
fn a_namespace_that_may_not_ask_is_told() {
    let mut world = World::new();
    let selector = json!({"from": "Selector", "selector": {"matchLabels": {"tenant": "b"}}});
    world.networks[0] = network("green", &json!({"allowedNamespaces": selector}));
    assert_eq!(world.explained().refused, ["green"]);
    world.labels = json!({"tenant": "b"});
    assert!(world.explained().refused.is_empty());
    let selector = json!({"from": "Selector", "selector": {"matchExpressions": [{"key": "tenant", "operator": "NotIn", "values": ["b"]}]}});
    world.networks[0] = network("green", &json!({"allowedNamespaces": selector}));
    assert_eq!(world.explained().refused, ["green"]);
    world.networks[0] = network("green", &json!({"allowedNamespaces": {"from": "All"}}));
    assert!(world.explained().refused.is_empty());
}

#[test]
fn what_is_not_judged_is_named_and_the_schedulers_words_stand() {
    let mut world = World::new();
    world.pod["spec"]["affinity"] = json!({"podAntiAffinity": {}});
    world.pod["spec"]["volumes"] =
        json!([{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]);
    world.pod["spec"]["schedulerName"] = json!("other");
    world.pod["status"]["conditions"] = json!([{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/2 nodes"}]);
    let explanation = world.explained();
    assert_eq!(
        explanation.unjudged,
        [
            "affinity to other pods",
            "volumes",
            "its own scheduler's rules"
        ]
    );
    assert_eq!(explanation.scheduler.as_deref(), Some("0/2 nodes"));
}

#[test]
fn without_nodes_and_pods_the_agents_word_is_what_is_known() {
    let world = World::asking(&json!({"colvin.dev/green": "3"}));
    let topologies: Vec<NodeTopology> = world
        .topologies
        .iter()
        .map(|one| serde_json::from_value(one.clone()).unwrap())
        .collect();
    let networks: Vec<Network> = world
        .networks
        .iter()
        .map(|one| serde_json::from_value(one.clone()).unwrap())
        .collect();
    let pod: Pod = serde_json::from_value(world.pod.clone()).unwrap();
    let explanation = explain(Scene {
        pod: &pod,
        nodes: None,
        bound: None,
        networks: &networks,
        topologies: &topologies,
        namespace: None,
    });
    assert_eq!(
        verdict(&explanation),
        "green is reached by node1 only (3 asked, it has 2)"
    );
    let free = explanation
        .nodes
        .first()
        .unwrap()
        .devices
        .first()
        .unwrap()
        .free();
    assert_eq!(free, None, "who holds what is not known");
}
