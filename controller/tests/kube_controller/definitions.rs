//! `NetworkAttachmentDefinition`s and overlapping ranges on a real API server. Left to others: what is done when
//! (unit tests), what the controller's role allows (`agent/tests/kube_definitions.rs`).

use colvin_testkit::kube::{Options, Request};
use colvin_testkit::wait::{wait_for, wait_for_some};
use serde_json::{Value, json};

use super::bench::{Bench, LIMIT, admin_address, ask};

const KIND: &str = "network-attachment-definitions.k8s.cni.cncf.io";

impl Bench {
    fn namespace(&self, name: &str) {
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        self.plane.apply(&namespace.to_string()).unwrap();
    }

    /// A network that asks for definitions in these namespaces.
    fn asks(&self, name: &str, namespaces: &[&str]) {
        let members = json!([{"name": "leaves", "neighbor": {"systemName": "leaf-*"}}]);
        let attach = if namespaces.is_empty() {
            json!({"mtu": 1500})
        } else {
            json!({"mtu": 1500, "definitions": {"namespaces": namespaces}})
        };
        let network = json!({
            "apiVersion": "colvin.dev/v1alpha1",
            "kind": "Network",
            "metadata": {"name": name},
            "spec": {"members": members, "attach": attach},
        });
        self.plane.apply(&network.to_string()).unwrap();
    }

    fn definition(&self, namespace: &str, name: &str) -> Option<Value> {
        let what = [KIND, name, "--namespace", namespace];
        self.plane.get_json(&what).ok()
    }

    /// Waits until a network's condition `Undefined` is this.
    #[track_caller]
    fn wait_for_undefined(&self, network: &str, wanted: &str) {
        let mut last = None;
        let seen = wait_for(LIMIT, || {
            last = self.condition(network, "Undefined");
            last.as_deref() == Some(wanted)
        });
        assert!(seen.is_ok(), "wanted {wanted}, seen {last:?}");
    }

    /// The controllers' writes of definitions.
    fn definition_writes(&self) -> Vec<Request> {
        let ours = |request: &Request| {
            let is_write = ["create", "delete", "patch", "update"].contains(&request.verb.as_str());
            request.user_agent.starts_with("colvin-controller/")
                && request.resource == "network-attachment-definitions"
                && is_write
        };
        self.plane.api_requests(ours).unwrap()
    }
}

#[test]
#[ignore = "kube"]
fn definitions_are_made_mended_and_taken_away_and_foreign_ones_stay() {
    let bench = Bench::start(&Options {
        controller_manager: true,
        ..Options::default()
    });
    for namespace in ["tenant-a", "tenant-b", "tenant-c"] {
        bench.namespace(namespace);
    }
    // without Multus nothing fails, and the condition says so
    bench.asks("green", &["tenant-a", "tenant-b"]);
    bench.network("blue");
    let mut controller = bench.controller("one", bench.plane.kubeconfig(), "open");
    let address = admin_address(&mut controller);
    bench.wait_for_undefined("green", "True DefinitionKindMissing");
    bench.wait_for_undefined("blue", "False NoneAsked");
    assert_eq!(ask(&address, "/readyz", None).0, 200);

    // the kind comes, with a definition of somebody else
    bench.plane.define_attachment_definitions().unwrap();
    let foreign = json!({
        "apiVersion": "k8s.cni.cncf.io/v1", "kind": "NetworkAttachmentDefinition",
        "metadata": {"name": "green", "namespace": "tenant-b"},
        "spec": {"config": "{\"type\": \"bridge\"}"},
    });
    bench.plane.apply(&foreign.to_string()).unwrap();
    bench.wait_for_undefined("green", "True DefinitionForeign");
    let made = bench.definition("tenant-a", "green").unwrap();
    let config = r#"{"cniVersion":"1.0.0","name":"green","type":"colvin-cni"}"#;
    let wanted = json!({"k8s.v1.cni.cncf.io/resourceName": "colvin.dev/green"});
    assert_eq!(made["spec"], json!({"config": config}));
    assert_eq!(made["metadata"]["annotations"], wanted);
    assert_eq!(made["metadata"]["ownerReferences"][0]["kind"], "Network");
    let kept = bench.definition("tenant-b", "green").unwrap();
    assert_eq!(kept["spec"], foreign["spec"]);
    assert_eq!(kept["metadata"].get("ownerReferences"), None);

    // edited by hand
    let what = [
        "patch",
        KIND,
        "green",
        "--namespace=tenant-a",
        "--type=merge",
    ];
    for patch in [
        json!({"spec": {"config": "{\"type\": \"macvlan\", \"master\": \"eth0\"}"}}),
        json!({"metadata": {"annotations": {"k8s.v1.cni.cncf.io/resourceName": "intel.com/x"}}}),
    ] {
        let patch = format!("--patch={patch}");
        bench
            .plane
            .kubectl(&[&what[..], &[patch.as_str()]].concat())
            .unwrap();
        let mended = wait_for(LIMIT, || {
            let now = bench.definition("tenant-a", "green").unwrap_or_default();
            now["spec"] == made["spec"] && now["metadata"]["annotations"] == wanted
        });
        assert!(
            mended.is_ok(),
            "{:?}",
            bench.definition("tenant-a", "green")
        );
    }
    // deleted by hand
    let uid = made["metadata"]["uid"].clone();
    let delete = ["delete", KIND, "green", "--namespace=tenant-a"];
    bench.plane.kubectl(&delete).unwrap();
    wait_for_some(LIMIT, || {
        let now = bench.definition("tenant-a", "green")?;
        (now["metadata"]["uid"] != uid).then_some(())
    })
    .unwrap();

    // a namespace that comes later, and one that is not asked for any more
    bench.asks("green", &["tenant-c", "tenant-d"]);
    bench.wait_for_undefined("green", "True NamespaceMissing");
    assert!(bench.definition("tenant-c", "green").is_some());
    wait_for(LIMIT, || bench.definition("tenant-a", "green").is_none()).unwrap();
    assert!(bench.definition("tenant-b", "green").is_some(), "not ours");
    bench.namespace("tenant-d");
    bench.wait_for_undefined("green", "False DefinitionsMade");
    let refused = bench.definition_writes();
    let refused = refused.iter().filter(|write| write.code >= 400).count();
    assert!(refused < 12, "{refused} refused writes are a storm");

    // what is asked for no more while no controller runs goes when one does
    assert!(controller.stop(LIMIT).unwrap().success());
    bench.asks("green", &[]);
    let mut controller = bench.controller("two", bench.plane.kubeconfig(), "open");
    wait_for(LIMIT, || bench.definition("tenant-c", "green").is_none()).unwrap();
    bench.wait_for_undefined("green", "False NoneAsked");

    // a network that is gone takes its definitions along, by the cluster's garbage collector
    bench.asks("green", &["tenant-c"]);
    wait_for(LIMIT, || bench.definition("tenant-c", "green").is_some()).unwrap();
    bench
        .plane
        .kubectl(&["delete", "network", "green"])
        .unwrap();
    wait_for(LIMIT, || bench.definition("tenant-c", "green").is_none()).unwrap();
    assert!(bench.definition("tenant-b", "green").is_some(), "not ours");
    assert!(controller.stop(LIMIT).unwrap().success());
}

#[test]
#[ignore = "kube"]
fn a_network_whose_ranges_another_has_says_so_until_one_is_changed() {
    let bench = Bench::start(&Options::default());
    bench.pool("green", &["10.20.4.0/24"]);
    bench.pool("blue", &["10.30.0.0/24"]);
    let mut controller = bench.controller("one", bench.plane.kubeconfig(), "open");
    let wait = |network: &str, wanted: &str| {
        let seen = wait_for(LIMIT, || {
            bench.condition(network, "AddressesOverlap").as_deref() == Some(wanted)
        });
        assert!(
            seen.is_ok(),
            "{network}: {:?}",
            bench.condition(network, "AddressesOverlap")
        );
    };
    for network in ["green", "blue"] {
        wait(network, "False RangesApart");
    }
    bench.pool("blue", &["10.20.0.0/16"]);
    for network in ["green", "blue"] {
        wait(network, "True RangesOverlap");
    }
    let what = ["network", "green"];
    let green = bench.plane.get_json(&what).unwrap().to_string();
    assert!(green.contains("with blue: 10.20.4.0/24"), "{green}");
    bench.plane.kubectl(&["delete", "network", "blue"]).unwrap();
    wait("green", "False RangesApart");
    // of the cluster itself
    bench.pool("green", &["10.96.4.0/24"]);
    wait("green", "True RangesHideCluster");
    let green = bench.plane.get_json(&what).unwrap().to_string();
    let services = "with the cluster's services: 10.96.4.0/24";
    assert!(green.contains(services), "{green}");
    assert!(controller.stop(LIMIT).unwrap().success());
}
