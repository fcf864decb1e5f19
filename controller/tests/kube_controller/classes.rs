//! `DeviceClass`es on a real API server. Left to others: what is done when (unit tests), what the controller's role
//! allows (`agent/tests/kube_device_classes.rs`).

use colvin_testkit::kube::{Options, Request};
use colvin_testkit::wait::{wait_for, wait_for_some};
use serde_json::{Value, json};

use super::bench::{Bench, LIMIT, admin_address, ask};

impl Bench {
    /// A network that is advertised so, with these settings.
    fn advertised(&self, name: &str, advertise: &str, attach: &Value) {
        let members = json!([{"name": "leaves", "neighbor": {"systemName": "leaf-*"}}]);
        let network = json!({
            "apiVersion": "colvin.dev/v1alpha1",
            "kind": "Network",
            "metadata": {"name": name},
            "spec": {"members": members, "advertise": advertise, "attach": attach},
        });
        self.plane.apply(&network.to_string()).unwrap();
    }

    fn class(&self, network: &str) -> Option<Value> {
        let name = format!("{network}.colvin.dev");
        self.plane.get_json(&["deviceclass", &name]).ok()
    }

    /// Waits until a network's condition `Unclassed` is this.
    #[track_caller]
    fn wait_for_unclassed(&self, network: &str, wanted: &str) {
        let mut last = None;
        let seen = wait_for(LIMIT, || {
            last = self.condition(network, "Unclassed");
            last.as_deref() == Some(wanted)
        });
        assert!(seen.is_ok(), "wanted {wanted}, seen {last:?}");
    }

    /// The controllers' writes of classes.
    fn class_writes(&self) -> Vec<Request> {
        let ours = |request: &Request| {
            let is_write = ["create", "delete", "patch", "update"].contains(&request.verb.as_str());
            request.user_agent.starts_with("colvin-controller/")
                && request.resource == "deviceclasses"
                && is_write
        };
        self.plane.api_requests(ours).unwrap()
    }
}

/// What ours says of a network.
fn spec(network: &str) -> Value {
    let expression = format!(
        r#"device.driver == "colvin.dev" && device.attributes["colvin.dev"].?network.orValue("") == "{network}""#
    );
    let parameters = json!({
        "apiVersion": "colvin.dev/v1alpha1", "kind": "AttachConfig", "network": network,
    });
    json!({
        "selectors": [{"cel": {"expression": expression}}],
        "config": [{"opaque": {"driver": "colvin.dev", "parameters": parameters}}],
        "extendedResourceName": format!("colvin.dev/{network}"),
    })
}

fn attach(vlan: u16) -> Value {
    json!({"vlan": vlan, "trust": true, "spoofCheck": false, "mtu": 9000})
}

#[test]
#[ignore = "kube"]
fn classes_are_made_mended_and_taken_away_and_foreign_ones_stay() {
    let bench = Bench::start(&Options {
        controller_manager: true,
        ..Options::default()
    });
    let foreign = json!({
        "apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass",
        "metadata": {"name": "blue.colvin.dev"},
        "spec": {"selectors": [{"cel": {"expression": "device.driver == \"example.com\""}}]},
    });
    bench.plane.apply(&foreign.to_string()).unwrap();
    bench.advertised("green", "DRA", &attach(110));
    bench.advertised("blue", "DRA", &attach(120));
    bench.network("red");
    let mut controller = bench.controller("one", bench.plane.kubeconfig(), "open");
    bench.wait_for_unclassed("green", "False ClassMade");
    bench.wait_for_unclassed("blue", "True ClassForeign");
    bench.wait_for_unclassed("red", "False ByDevicePlugin");
    let made = bench.class("green").unwrap();
    assert_eq!(made["spec"], spec("green"));
    let uid = bench.plane.get_json(&["network", "green"]).unwrap()["metadata"]["uid"].clone();
    let owner = json!([{
        "apiVersion": "colvin.dev/v1alpha1", "kind": "Network", "name": "green", "uid": uid, "controller": true,
    }]);
    assert_eq!(made["metadata"]["ownerReferences"], owner);
    assert_eq!(bench.class("blue").unwrap()["spec"], foreign["spec"]);
    assert!(bench.class("red").is_none());
    assert_eq!(bench.class_writes().len(), 1, "one is made, and no more");

    // edited by hand
    let name = "green.colvin.dev";
    for patch in [
        json!({"spec": {"selectors": [{"cel": {"expression": "true"}}]}}),
        json!({"spec": {"config": null}}),
        json!({"spec": {"extendedResourceName": "colvin.dev/blue"}}),
    ] {
        let patch = format!("--patch={patch}");
        let what = ["patch", "deviceclass", name, "--type=merge", &patch];
        bench.plane.kubectl(&what).unwrap();
        let mended = wait_for(LIMIT, || {
            bench.class("green").unwrap_or_default()["spec"] == spec("green")
        });
        assert!(mended.is_ok(), "{:?}", bench.class("green"));
    }
    // deleted by hand
    let uid = made["metadata"]["uid"].clone();
    let delete = ["delete", "deviceclass", name];
    bench.plane.kubectl(&delete).unwrap();
    wait_for_some(LIMIT, || {
        let now = bench.class("green")?;
        (now["metadata"]["uid"] != uid).then_some(())
    })
    .unwrap();

    // the network's settings are not the class's, and the other API has none
    let writes = bench.class_writes().len();
    bench.advertised("green", "DRA", &attach(111));
    bench.advertised("green", "DevicePlugin", &attach(111));
    wait_for(LIMIT, || bench.class("green").is_none()).unwrap();
    bench.wait_for_unclassed("green", "False ByDevicePlugin");
    assert_eq!(
        bench.class_writes().len(),
        writes + 1,
        "it is deleted, and no more"
    );

    // somebody else's goes, and the network has its own at once
    let blue = ["delete", "deviceclass", "blue.colvin.dev"];
    bench.plane.kubectl(&blue).unwrap();
    bench.wait_for_unclassed("blue", "False ClassMade");
    assert_eq!(bench.class("blue").unwrap()["spec"], spec("blue"));

    // a network that is gone takes its class along, by the cluster's garbage collector
    bench.plane.kubectl(&["delete", "network", "blue"]).unwrap();
    wait_for(LIMIT, || bench.class("blue").is_none()).unwrap();
    let refused = bench.class_writes();
    let refused = refused.iter().filter(|write| write.code >= 400).count();
    assert!(refused < 5, "{refused} refused writes are a storm");
    assert!(controller.stop(LIMIT).unwrap().success());
}

#[test]
#[ignore = "kube"]
fn a_server_that_drops_the_extended_name_is_offered_it_once_and_the_network_says_so() {
    let bench = Bench::start(&Options {
        api_server_flags: vec!["--emulated-version=1.35".to_owned()],
        ..Options::default()
    });
    for network in ["green", "blue"] {
        bench.advertised(network, "DRA", &attach(110));
    }
    let mut controller = bench.controller("one", bench.plane.kubeconfig(), "open");
    for network in ["green", "blue"] {
        bench.wait_for_unclassed(network, "True ExtendedNameDropped");
        let mut expected = spec(network);
        expected
            .as_object_mut()
            .unwrap()
            .remove("extendedResourceName");
        assert_eq!(bench.class(network).unwrap()["spec"], expected);
    }
    // the next controller learns it by one write
    assert!(controller.stop(LIMIT).unwrap().success());
    assert_eq!(bench.class_writes().len(), 2);
    let mut controller = bench.controller("two", bench.plane.kubeconfig(), "open");
    wait_for(LIMIT, || bench.class_writes().len() == 3).unwrap();
    bench.advertised("red", "DRA", &attach(110));
    bench.wait_for_unclassed("red", "True ExtendedNameDropped");
    assert_eq!(bench.class_writes().len(), 4);
    assert!(controller.stop(LIMIT).unwrap().success());
}

#[test]
#[ignore = "kube"]
fn a_cluster_without_the_kind_is_served_and_networks_by_dra_say_so() {
    let bench = Bench::start(&Options {
        api_server_flags: [
            "--emulated-version=1.34",
            "--feature-gates=DynamicResourceAllocation=false,DRAAdminAccess=false,DRAPrioritizedList=false,DRASchedulerFilterTimeout=false",
            "--runtime-config=resource.k8s.io/v1=false",
        ]
        .map(str::to_owned)
        .into(),
        ..Options::default()
    });
    bench.report("worker-1", &["green"]);
    bench.advertised("green", "DRA", &attach(110));
    bench.network("blue");
    let mut controller = bench.controller("one", bench.plane.kubeconfig(), "open");
    let address = admin_address(&mut controller);
    bench.wait_for_unclassed("green", "True ClassKindMissing");
    bench.wait_for_nodes("green", 1);
    assert_eq!(bench.condition("green", "Ready").unwrap(), "True Reachable");
    bench.wait_for_unclassed("blue", "False ByDevicePlugin");
    assert_eq!(ask(&address, "/readyz", None).0, 200);
    assert!(controller.stop(LIMIT).unwrap().success());
}
