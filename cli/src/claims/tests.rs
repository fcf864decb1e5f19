//! Slices and claims, small ones, and what a pod has of them.

use k8s_openapi::api::core::v1::Pod;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

fn slice(pool: &str, generation: i64, devices: &[Value]) -> ResourceSlice {
    read(
        json!({"metadata": {"name": format!("{pool}-{generation}")}, "spec": {"driver": "colvin.dev",
        "nodeName": "a", "pool": {"name": pool, "generation": generation, "resourceSliceCount": 1}, "devices": devices}}),
    )
}

fn device(name: &str, taints: &[(&str, &str)]) -> Value {
    let taints: Vec<Value> = taints
        .iter()
        .map(|(key, effect)| json!({"key": key, "effect": effect}))
        .collect();
    json!({"name": name, "taints": taints, "attributes": {
        "network": {"string": "green"}, "kind": {"string": "VirtualFunction"}, "pf": {"string": "0000:01:00.0"},
        "colvin.dev/vf": {"int": 3}, "resource.kubernetes.io/pciBusID": {"string": "0000:01:10.6"}}})
}

fn claim(results: &[Value], pods: &[&str]) -> ResourceClaim {
    let pods: Vec<Value> = pods
        .iter()
        .map(|name| json!({"resource": "pods", "name": name, "uid": "u"}))
        .collect();
    read(
        json!({"metadata": {"name": "web-green", "namespace": "shop"}, "spec": {}, "status": {
            "allocation": {"devices": {"results": results}}, "reservedFor": pods}}),
    )
}

fn result(request: &str, device: &str, more: &Value) -> Value {
    let mut result =
        json!({"request": request, "driver": "colvin.dev", "pool": "p", "device": device});
    let all = result.as_object_mut().unwrap();
    all.extend(more.as_object().unwrap().clone());
    result
}

#[test]
fn of_a_pool_its_newest_generation_counts_and_of_other_drivers_nothing() {
    let mut foreign = slice("q", 9, &[device("x", &[])]);
    foreign.spec.driver = "gpu.example.com".to_owned();
    let old = slice("p", 1, &[device("old", &[])]);
    let new = slice("p", 2, &[device("new", &[])]);
    let claims = Claims::new([new, foreign, old], []);
    let names: Vec<&str> = claims.on("a").map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["new"]);
    assert_eq!(claims.on("b").count(), 0);
}

#[test]
fn taints_that_keep_pods_away_are_told_and_may_be_tolerated() {
    let tainted = device(
        "d",
        &[
            ("colvin.dev/link-down", "NoSchedule"),
            ("example.com/x", "None"),
        ],
    );
    let claims = Claims::new([slice("p", 1, &[tainted])], []);
    let device = claims.on("a").next().unwrap();
    assert_eq!(device.ill().as_deref(), Some("LinkDown"));
    assert!(meaning("LinkDown").unwrap().contains("no carrier"));
    assert_eq!(meaning("Nonsense"), None);
    let words: Vec<String> = device.against(&[]).map(Taint::words).collect();
    assert_eq!(words, ["colvin.dev/link-down:NoSchedule"]);
    let tolerates = [read(
        json!({"key": "colvin.dev/link-down", "operator": "Exists"}),
    )];
    assert_eq!(device.against(&tolerates).count(), 0);
    let another = [read(
        json!({"key": "colvin.dev/link-down", "operator": "Exists", "effect": "NoExecute"}),
    )];
    assert_eq!(device.against(&another).count(), 1);
}

#[test]
fn a_device_is_held_by_its_claim_and_not_by_one_that_only_looks() {
    let slices = || [slice("p", 1, &[device("d", &[])])];
    let looks = claim(
        &[result("r", "d", &json!({"adminAccess": true}))],
        &["admin"],
    );
    let claims = Claims::new(slices(), [looks]);
    assert!(claims.holders(claims.on("a").next().unwrap()).is_empty());
    let holds = claim(&[result("r", "d", &json!({}))], &["web-0"]);
    let claims = Claims::new(slices(), [holds]);
    let holder = claims.holders(claims.on("a").next().unwrap())[0];
    assert_eq!(holder.holders(), ["shop/web-0"]);
    assert_eq!(claims.node_of(holder), Some("a"));
    let held: Vec<_> = claims
        .held_on("a")
        .iter()
        .filter_map(crate::holding::Held::holder)
        .collect();
    assert_eq!(held, ["shop/web-0 (claim web-green)"]);
    let nobodys = claim(&[result("r", "d", &json!({}))], &[]);
    let claims = Claims::new(slices(), [nobodys]);
    let held: Vec<_> = claims
        .held_on("a")
        .iter()
        .filter_map(crate::holding::Held::holder)
        .collect();
    assert_eq!(held, ["claim shop/web-green"]);
}

/// KEP-5075: one device, of which several claims have a share.
#[test]
fn an_uplink_with_children_has_as_many_holders_and_room_for_more() {
    let mut uplink = device("d", &[]);
    uplink["allowMultipleAllocations"] = json!(true);
    uplink["capacity"] = json!({"children": {"value": "3"}});
    let share = |id: &str| result("r", "d", &json!({"shareID": id}));
    let two = claim(&[share("s1"), share("s2")], &["web-0"]);
    let claims = Claims::new([slice("p", 1, &[uplink])], [two]);
    let device = claims.on("a").next().unwrap();
    assert_eq!((device.room, claims.holders(device).len()), (3, 2));
    let lines: Vec<_> = claims
        .held_on("a")
        .iter()
        .map(crate::holding::Held::holder)
        .collect();
    let web = || Some("shop/web-0 (claim web-green)".to_owned());
    assert_eq!(lines, [web(), web(), None]);
}

fn pod(spec: &Value, status: &Value) -> Pod {
    read(
        json!({"metadata": {"name": "web-0", "namespace": "shop"}, "spec": spec, "status": status}),
    )
}

fn of(pod: &Pod, results: &[Value]) -> Vec<(String, String, String)> {
    let claims = Claims::new(
        [slice("p", 1, &[device("d", &[])])],
        [claim(results, &["web-0"])],
    );
    let held = claims.of(pod).into_iter();
    held.map(|it| (it.container.unwrap_or_default(), it.resource, it.device))
        .collect()
}

fn line(container: &str, resource: &str, device: &str) -> (String, String, String) {
    (container.to_owned(), resource.to_owned(), device.to_owned())
}

#[test]
fn a_pod_has_the_devices_of_the_claims_that_its_containers_use() {
    let uses = |name: &str, request: &Value| json!({"name": name, "resources": {"claims": [{"name": "net", "request": request}]}});
    let entry = json!({"name": "net", "resourceClaimTemplateName": "green"});
    let spec = json!({"resourceClaims": [entry],
        "containers": [uses("app", &json!("fast")), uses("side", &json!("other")), {"name": "none"}]});
    let made =
        json!({"resourceClaimStatuses": [{"name": "net", "resourceClaimName": "web-green"}]});
    let given = [result("fast/vf", "d", &json!({}))];
    let expected = [line("app", "claim net", "0000:01:10.6")];
    assert_eq!(of(&pod(&spec, &made), &given), expected);
    assert_eq!(
        of(&pod(&spec, &json!({})), &given),
        [],
        "the claim is not made yet"
    );
    let gone = [result("fast", "gone", &json!({}))];
    assert_eq!(
        of(&pod(&spec, &made), &gone),
        [line("app", "claim net", "gone")],
        "no slice has it"
    );
    let foreign = [result("fast", "d", &json!({"driver": "gpu.example.com"}))];
    assert_eq!(of(&pod(&spec, &made), &foreign), []);
    let unused = json!({"resourceClaims": [{"name": "net", "resourceClaimName": "web-green"}], "containers": []});
    assert_eq!(
        of(&pod(&unused, &json!({})), &given),
        [line("", "claim net", "0000:01:10.6")]
    );
}

#[test]
fn the_claim_for_extended_resources_is_called_by_the_resource() {
    let status = json!({"extendedResourceClaimStatus": {"resourceClaimName": "web-green", "requestMappings": [
        {"containerName": "app", "resourceName": "colvin.dev/green", "requestName": "container-0-request-0"}]}});
    let pod = pod(&json!({"containers": [{"name": "app"}]}), &status);
    let given = [result("container-0-request-0", "d", &json!({}))];
    assert_eq!(
        of(&pod, &given),
        [line("app", "colvin.dev/green", "0000:01:10.6")]
    );
    assert!(of_pod(&pod).iter().all(PodClaim::is_extended));
}
