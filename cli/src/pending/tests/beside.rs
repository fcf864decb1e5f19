//! What keeps a pod away beside devices of networks, and what is not judged.

use super::world::*;
use super::*;

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
