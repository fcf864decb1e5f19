//! The Kubernetes bench itself: a control plane that starts, goes away, comes back and tells what it
//! was asked.

#![expect(clippy::unwrap_used, reason = "test")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use colvin_testkit::kube::{ControlPlane, Options, binaries};
use colvin_testkit::netns::Netns;
use colvin_testkit::wait::wait_for;
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(20);

#[test]
#[ignore = "kube"]
fn a_bound_token_says_which_node_its_pod_is_on_and_dies_with_the_pod() {
    let plane = ControlPlane::start(&Options::default()).unwrap();
    plane.node("node1", &[("rack", "7")]).unwrap();
    plane.service_account("colvin", "agent").unwrap();
    plane.pod_on("node1", "colvin", "agent-x", "agent").unwrap();
    let token = plane.bound_token("colvin", "agent", "agent-x").unwrap();
    let config = plane.kubeconfig_for_token(&token).unwrap();
    let whoami = ["auth", "whoami", "--output=json"];
    let answer = plane.kubectl_with(&config, &whoami).unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let user = answer.pointer("/status/userInfo").unwrap();
    assert_eq!(user["username"], "system:serviceaccount:colvin:agent");
    let extra = &user["extra"];
    assert_eq!(extra["authentication.kubernetes.io/node-name"][0], "node1");
    let node = plane.get_json(&["node", "node1"]).unwrap();
    assert_eq!(node.pointer("/metadata/labels/rack").unwrap(), "7");
    assert_eq!(
        extra["authentication.kubernetes.io/node-uid"][0],
        node["metadata"]["uid"]
    );
    // roles are on: it may do nothing yet
    let refused = plane.kubectl_with(&config, &["get", "nodes"]).unwrap_err();
    assert!(refused.to_string().contains("forbidden"), "{refused:#}");
    let delete = ["delete", "pod", "agent-x", "-n", "colvin", "--force"];
    plane.kubectl(&delete).unwrap();
    wait_for(LIMIT, || plane.kubectl_with(&config, &whoami).is_err()).unwrap();
}

#[test]
#[ignore = "kube"]
fn an_outage_keeps_objects_and_an_old_watch_is_told_that_it_is_too_old() {
    let mut plane = ControlPlane::start(&Options::default()).unwrap();
    let config = ["configmap", "kept"];
    plane
        .kubectl(&["create", "configmap", "kept", "--from-literal=a=1"])
        .unwrap();
    let before = plane.get_json(&config).unwrap();
    let old = before["metadata"]["resourceVersion"].as_str().unwrap();
    plane
        .kubectl(&[
            "patch",
            "configmap",
            "kept",
            "--patch={\"data\":{\"a\":\"2\"}}",
        ])
        .unwrap();
    let watch = format!(
        "/api/v1/namespaces/default/configmaps?watch=1&timeoutSeconds=1&resourceVersion={old}"
    );
    // as long as it is remembered, the change is told
    let told = plane.raw(&watch).unwrap();
    assert!(told.contains(r#""type":"MODIFIED""#), "{told}");

    plane.stop_api_server().unwrap();
    assert!(plane.get_json(&config).is_err());
    assert!(plane.api_server_cpu().is_err());
    plane.compact().unwrap();
    plane.start_api_server().unwrap();

    let after = plane.get_json(&config).unwrap();
    assert_eq!(after["metadata"]["uid"], before["metadata"]["uid"]);
    assert_eq!(after["data"]["a"], "2");
    let told = match plane.raw(&watch) {
        Ok(told) => told,
        Err(error) => format!("{error:#}"),
    };
    let gone = told.contains(r#""code":410"#) || told.contains("Expired");
    assert!(gone && !told.contains("MODIFIED"), "{told}");
}

#[test]
#[ignore = "kube"]
fn a_request_is_told_with_who_asked_for_what_and_what_came_of_it() {
    let plane = ControlPlane::start(&Options::default()).unwrap();
    let cpu = plane.api_server_cpu().unwrap();
    let begun = std::time::SystemTime::now();
    let stranger = plane.kubeconfig_for_user("eve", &["strangers"]).unwrap();
    let get = ["get", "secret", "--namespace=kube-system", "gold"];
    let refused = plane.kubectl_with(&stranger, &get).unwrap_err();
    assert!(refused.to_string().contains("\"eve\""), "{refused:#}");

    let asked = || {
        plane
            .api_requests(|request| request.name == "gold")
            .unwrap()
    };
    wait_for(LIMIT, || !asked().is_empty()).unwrap();
    let [request] = <[_; 1]>::try_from(asked()).unwrap();
    assert!(request.user_agent.starts_with("kubectl/"), "{request:?}");
    assert!(request.time >= begun, "{request:?}");
    let told = [
        &request.user,
        &request.verb,
        &request.resource,
        &request.namespace,
    ];
    assert_eq!(told, ["eve", "get", "secrets", "kube-system"]);
    assert_eq!(request.code, 403);
    assert!(plane.api_server_rss().unwrap() > 50 << 20);
    assert!(plane.api_server_cpu().unwrap() >= cpu);
}

#[test]
#[ignore = "kube"]
fn a_namespace_reaches_the_api_server_by_the_same_kubeconfig() {
    let mut plane = ControlPlane::start(&Options::default()).unwrap();
    let netns = Netns::new().unwrap();
    let kube = binaries::kube().unwrap();
    let ask = |config: &Path| {
        let mut command = netns.command(&kube);
        command.args(["kubectl", "get", "--raw=/livez", "--kubeconfig"]);
        command.arg(config);
        netns.output_of(command)
    };
    assert!(ask(plane.kubeconfig()).is_err());
    let forward = plane.reach_from(&netns).unwrap();
    assert_eq!(ask(plane.kubeconfig()).unwrap().stdout, b"ok");

    // a watch that goes on ends with the outage, and the way is there again after it
    let mut command = netns.command(&kube);
    command.args(["kubectl", "get", "namespaces", "--watch", "--kubeconfig"]);
    command.arg(plane.kubeconfig());
    let mut watch = plane.program("watch", &command).unwrap();
    watch.wait_for_log("kube-system", LIMIT).unwrap();
    plane.stop_api_server().unwrap();
    watch.wait(LIMIT).unwrap();
    assert!(ask(plane.kubeconfig()).is_err());
    plane.start_api_server().unwrap();
    assert_eq!(ask(plane.kubeconfig()).unwrap().stdout, b"ok");
    drop(forward);
    assert!(ask(plane.kubeconfig()).is_err());
}

/// The smallest chart: one object.
fn chart(folder: &Path) -> String {
    let chart = folder.join("chart");
    fs::create_dir_all(chart.join("templates")).unwrap();
    let about = "apiVersion: v2\nname: small\nversion: 1.0.0\n";
    fs::write(chart.join("Chart.yaml"), about).unwrap();
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ .Release.Name }}'}\n\
                  data: {minor: '{{ .Capabilities.KubeVersion.Minor }}'}\n";
    fs::write(chart.join("templates/object.yaml"), object).unwrap();
    chart.display().to_string()
}

#[test]
#[ignore = "kube"]
fn controllers_scheduler_and_helm_do_their_work() {
    let plane = ControlPlane::start(&Options {
        controller_manager: true,
        scheduler: true,
        ..Options::default()
    })
    .unwrap();
    // the controllers made the service account, and the scheduler says why the pod has to wait
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: waits}, spec: {containers: [\
               {name: main, image: bench.invalid/none:1}]}}";
    plane.apply(pod).unwrap();
    let condition = "--for=jsonpath={.status.conditions[0].reason}=Unschedulable";
    plane
        .kubectl(&["wait", "pod/waits", condition, "--timeout=20s"])
        .unwrap();

    let chart = chart(plane.folder());
    plane.helm(&["install", "mine", &chart]).unwrap();
    let made = plane.get_json(&["configmap", "mine"]).unwrap();
    assert_eq!(made["data"]["minor"], "37");
    plane.helm(&["uninstall", "mine"]).unwrap();
    assert!(plane.get_json(&["configmap", "mine"]).is_err());
    assert!(plane.helm(&["status", "mine"]).is_err());
}
