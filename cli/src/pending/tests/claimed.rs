//! Pods that wait for networks that slices offer. Left to others: networks that kubelets offer.

use super::*;

/// green is by DRA and has two devices on node1.
fn world() -> World {
    let mut world = World::new();
    world.networks[0] = network("green", &json!({"advertise": "DRA"}));
    world.nodes[0]["status"]["allocatable"]
        .as_object_mut()
        .unwrap()
        .remove("colvin.dev/green");
    world.slices = vec![slice("node1", "green", &[json!([]), json!([])])];
    world
}

fn slice(node: &str, network: &str, taints: &[Value]) -> Value {
    let devices = taints.iter().enumerate().map(|(at, taints)| {
        json!({"name": format!("d{at}"), "taints": taints, "attributes": {"network": {"string": network}}})
    });
    let devices: Vec<Value> = devices.collect();
    json!({"metadata": {"name": node}, "spec": {"driver": "colvin.dev", "nodeName": node,
        "pool": {"name": node, "generation": 1, "resourceSliceCount": 1}, "devices": devices}})
}

/// A claim with this request; given the device where one is named.
fn claim(name: &str, request: &Value, given: Option<&str>) -> Value {
    let mut status = json!({});
    if let Some(device) = given {
        let result =
            json!({"request": "r", "driver": "colvin.dev", "pool": "node1", "device": device});
        status = json!({"allocation": {"devices": {"results": [result]}},
            "reservedFor": [{"resource": "pods", "name": format!("of-{name}"), "uid": "u"}]});
    }
    json!({"metadata": {"name": name, "namespace": "default"},
        "spec": {"devices": {"requests": [request]}}, "status": status})
}

fn exactly(class: &str, more: &Value) -> Value {
    let mut exactly = json!({"deviceClassName": class});
    let all = exactly.as_object_mut().unwrap();
    all.extend(more.as_object().unwrap().clone());
    json!({"name": "r", "exactly": exactly})
}

/// The world's pod asks by this claim alone.
fn by_claim(request: &Value) -> World {
    let mut world = world();
    world.pod = pod("web", &json!({}));
    world.pod["spec"]["resourceClaims"] = json!([{"name": "net", "resourceClaimName": "mine"}]);
    world.claims = vec![claim("mine", request, None)];
    world
}

const FITS: &str = "green is reached by node1, and nothing is seen that keeps the pod away there";

#[test]
fn a_resource_that_slices_offer_is_counted_by_claims() {
    let mut world = world();
    world.maybe(FITS);
    world.claims = vec![claim("a", &json!({"name": "r"}), Some("d0"))];
    world.maybe(FITS);
    world
        .claims
        .push(claim("b", &json!({"name": "r"}), Some("d1")));
    world.never(
        "green is reached by node1 only (2 of 2 devices taken by default/of-a, default/of-b)",
    );
}

/// KEP-5075.
#[test]
fn the_children_of_an_uplink_are_counted_one_by_one() {
    let mut world = world();
    let mut one = slice("node1", "green", &[json!([])]);
    one["spec"]["devices"][0]["allowMultipleAllocations"] = json!(true);
    one["spec"]["devices"][0]["capacity"] = json!({"children": {"value": "2"}});
    world.slices = vec![one];
    world.claims = vec![claim("a", &json!({"name": "r"}), Some("d0"))];
    world.maybe(FITS);
    world
        .claims
        .push(claim("b", &json!({"name": "r"}), Some("d0")));
    world.never(
        "green is reached by node1 only (2 of 2 devices taken by default/of-a, default/of-b)",
    );
}

#[test]
fn a_claim_is_judged_as_the_resource() {
    by_claim(&exactly("green.colvin.dev", &json!({}))).maybe(FITS);
    by_claim(&exactly("green.colvin.dev", &json!({"count": 3})))
        .never("green is reached by node1 only (3 asked, it has 2)");
    by_claim(&exactly("gren.colvin.dev", &json!({})))
        .never("there is no Network gren (did you mean green?); colvin networks lists them");
    by_claim(&exactly("blue.colvin.dev", &json!({}))).never(
        "blue is advertised by the device plugin: pods ask for it as colvin.dev/blue, and there is no DeviceClass \
         blue.colvin.dev",
    );
}

#[test]
fn two_requests_for_a_network_are_one_for_more() {
    let mut world = by_claim(&exactly("green.colvin.dev", &json!({"count": 2})));
    world.pod["spec"]["containers"][0]["resources"]["limits"] = json!({"colvin.dev/green": "1"});
    world.never("green is reached by node1 only (3 asked, it has 2)");
}

#[test]
fn a_device_with_a_taint_is_none_unless_it_is_tolerated() {
    let down = json!([{"key": "colvin.dev/link-down", "effect": "NoSchedule"}]);
    let tolerates = json!({"tolerations": [{"key": "colvin.dev/link-down", "operator": "Exists"}]});
    let mut world = by_claim(&exactly("green.colvin.dev", &json!({})));
    world.slices = vec![slice("node1", "green", &[down.clone(), down])];
    world.never(
        "green is reached by node1 only (its devices have the taint colvin.dev/link-down:NoSchedule, which the claim does not \
         tolerate)",
    );
    world.claims = vec![claim(
        "mine",
        &exactly("green.colvin.dev", &tolerates),
        None,
    )];
    world.maybe(FITS);
}

#[test]
fn an_agent_that_publishes_nothing_is_told() {
    let mut world = world();
    world.slices.clear();
    world.never(
        "green is reached by node1 only (its agent has 2 to give and no ResourceSlice has them: see its /readyz)",
    );
}

#[test]
fn a_claim_that_is_not_there_is_what_the_pod_waits_for() {
    let mut world = by_claim(&exactly("green.colvin.dev", &json!({})));
    world.claims.clear();
    world.never("the pod waits for the ResourceClaim mine, which is not in the namespace default");
    world.pod["spec"]["resourceClaims"] =
        json!([{"name": "net", "resourceClaimTemplateName": "green"}]);
    world.never(
        "the pod waits for its claim net, which is not made from the ResourceClaimTemplate green yet: kubectl get \
         resourceclaimtemplates -n default green",
    );
}

#[test]
fn a_claim_that_has_its_devices_binds_the_pod_to_their_node() {
    let mut world = by_claim(&json!({}));
    world.claims = vec![claim("mine", &json!({"name": "r"}), Some("d0"))];
    let explanation = world.explained();
    let told = |node: &str| {
        let mut nodes = explanation.nodes.iter();
        let node = nodes.find(|it| it.node == node).unwrap();
        words::obstacles(&node.obstacles, false)
    };
    assert_eq!(told("node1"), "");
    assert_eq!(told("node2"), "the claim mine has its devices on node1");
}

#[test]
fn the_first_of_several_choices_that_a_node_has_is_meant_there() {
    let mut world = by_claim(&json!({"name": "r", "firstAvailable": [
        {"name": "one", "deviceClassName": "red.colvin.dev"}, {"name": "two", "deviceClassName": "green.colvin.dev"}]}));
    world
        .networks
        .push(network("red", &json!({"advertise": "DRA"})));
    let explanation = world.explained();
    let fitting: Vec<&str> = explanation.fitting().map(|it| it.node.as_str()).collect();
    assert_eq!(fitting, ["node1"]);
    let names = |node: &Candidate| node.devices.first().unwrap().name.clone();
    let meant: Vec<String> = explanation.nodes.iter().map(names).collect();
    assert_eq!(
        meant,
        ["green", "red"],
        "where none fits the first is told of"
    );
}

#[test]
fn what_else_a_claim_asks_for_is_named_and_not_judged() {
    let unjudged = |world: &World| world.explained().unjudged;
    let what = "what its resource claims ask for beside Colvin's networks";
    assert_eq!(
        unjudged(&by_claim(&exactly("green.colvin.dev", &json!({})))),
        [""; 0]
    );
    let choosy = json!({"selectors": [{"cel": {"expression": "true"}}]});
    assert_eq!(
        unjudged(&by_claim(&exactly("green.colvin.dev", &choosy))),
        [what]
    );
    let other = by_claim(&exactly("gpu.example.com", &json!({})));
    assert_eq!(unjudged(&other), [what]);
    assert!(other.explained().asks.is_empty());
}

#[test]
fn a_network_without_its_class_says_so() {
    let mut world = world();
    world.networks[0]["status"] = json!({"conditions": [{"type": "Unclassed", "status": "True", "reason": "NotOurs",
        "message": "somebody else made it", "lastTransitionTime": "2026-03-01T12:00:00Z"}]});
    world.never("green is advertised by DRA, and its DeviceClass is not as it should be: somebody else made it");
}
