//! The controller on a real API server: what it writes, how often, and what outages do to it.
//!
//! Left to others: what the status says of which facts (unit tests), roles (`deploy/`).

#![expect(clippy::unwrap_used, reason = "test")]
#![expect(
    clippy::disallowed_methods,
    reason = "the program under test is started"
)]

#[path = "kube_controller/bench.rs"]
mod bench;
#[path = "kube_controller/blocks.rs"]
mod blocks;
#[path = "kube_controller/classes.rs"]
mod classes;
#[path = "kube_controller/definitions.rs"]
mod definitions;

use std::time::{Duration, Instant};

use bench::{Bench, LIMIT, admin_address, ask};
use colvin_testkit::kube::Options;
use colvin_testkit::wait::wait_for;
use serde_json::json;

#[test]
#[ignore = "kube"]
fn a_networks_status_follows_the_nodes_with_few_writes_and_one_event_per_port() {
    let bench = Bench::start(&Options::default());
    for node in ["worker-1", "worker-2", "worker-3"] {
        bench.report(node, &["green"]);
    }
    bench.report("worker-4", &[]);
    bench.network("green");
    let mut controller = bench.controller("one", bench.plane.kubeconfig(), "open");
    bench.wait_for_nodes("green", 3);
    assert_eq!(bench.condition("green", "Ready").unwrap(), "True Reachable");
    assert_eq!(bench.writes("green").len(), 1, "one look, one write");

    // a lost cable is seen in time
    let lost = Instant::now();
    bench.report("worker-2", &[]);
    bench.wait_for_nodes("green", 2);
    let took = lost.elapsed();
    assert!(took < Duration::from_secs(3), "{took:?}");
    wait_for(LIMIT, || !bench.events("green").is_empty()).unwrap();
    let expected = ["UplinkLeft: worker-2/ens2 left green"];
    assert_eq!(bench.events("green"), expected);

    // a port that flaps costs no more than the budget, and is told of once; the last state is written
    let begun = Instant::now();
    for _ in 0..5 {
        bench.report("worker-2", &["green"]);
        bench.report("worker-2", &[]);
    }
    bench.report_uplink(
        "worker-2",
        &json!({"refused": [{"name": "green", "reason": "Ambiguous"}]}),
    );
    let ambiguous =
        || bench.condition("green", "Ambiguous").as_deref() == Some("True AmbiguousPort");
    wait_for(LIMIT, ambiguous).unwrap();
    bench.wait_for_nodes("green", 2);
    assert_eq!(bench.events("green"), expected);
    let writes = u64::try_from(bench.writes("green").len()).unwrap();
    let allowed = 3 + begun.elapsed().as_secs() / 30 + 1;
    assert!(writes <= allowed, "{writes} writes, {allowed} allowed");

    // what the network's status does not say causes no write
    bench.report_uplink(
        "worker-2",
        &json!({"mtu": 9000, "refused": [{"name": "green", "reason": "Ambiguous"}]}),
    );
    bench.network("blue");
    bench.wait_for_nodes("blue", 0);
    assert_eq!(bench.condition("blue", "Ready").unwrap(), "False NoUplink");
    assert_eq!(u64::try_from(bench.writes("green").len()).unwrap(), writes);
    assert!(controller.stop(LIMIT).unwrap().success());
}

#[test]
#[ignore = "kube"]
fn of_two_replicas_one_writes_and_the_other_takes_over_when_it_is_killed() {
    let bench = Bench::start(&Options::default());
    bench.report("worker-1", &["green"]);
    bench.network("green");
    let user = |name: &str| {
        bench
            .plane
            .kubeconfig_for_user(name, &["system:masters"])
            .unwrap()
    };
    let mut first = bench.controller("first", &user("first"), "open");
    first.wait_for_log("leadership changed", LIMIT).unwrap();
    bench.wait_for_nodes("green", 1);
    let mut second = bench.controller("second", &user("second"), "open");
    let address = admin_address(&mut second);
    wait_for(LIMIT, || ask(&address, "/readyz", None).0 == 200).unwrap();
    bench.report("worker-2", &["green"]);
    bench.wait_for_nodes("green", 2);
    let writers: Vec<String> = bench
        .writes("green")
        .into_iter()
        .map(|write| write.user)
        .collect();
    assert!(
        writers.iter().all(|writer| writer == "first"),
        "{writers:?}"
    );
    let leader = "colvin_leader 0";
    assert!(
        ask(&address, "/metrics", None)
            .1
            .lines()
            .any(|line| line == leader)
    );

    first.kill().unwrap();
    bench.report("worker-3", &["green"]);
    bench.wait_for_nodes("green", 3);
    assert_eq!(bench.writes("green").pop().unwrap().user, "second");

    // who ends well gives the lease back
    assert!(second.stop(LIMIT).unwrap().success());
    let lease = ["lease", "colvin-controller", "--namespace=colvin-system"];
    let lease = bench.plane.get_json(&lease).unwrap();
    assert_eq!(lease.pointer("/spec/holderIdentity"), None);
}

#[test]
#[ignore = "kube"]
fn outages_lost_history_and_a_deleted_definition_are_survived() {
    let mut bench = Bench::start(&Options::default());
    bench.report("worker-1", &["green"]);
    bench.network("green");
    let mut controller = bench.controller("one", bench.plane.kubeconfig(), "open");
    let address = admin_address(&mut controller);
    bench.wait_for_nodes("green", 1);

    // an outage: blind is not ready, and after it all is as before
    bench.plane.stop_api_server().unwrap();
    wait_for(LIMIT, || ask(&address, "/readyz", None).0 == 503).unwrap();
    assert_eq!(ask(&address, "/healthz", None).0, 200);
    bench.plane.start_api_server().unwrap();
    bench.report("worker-2", &["green"]);
    bench.wait_for_nodes("green", 2);
    wait_for(LIMIT, || ask(&address, "/readyz", None).0 == 200).unwrap();

    // history that is gone (410): the list is taken again
    bench.plane.stop_api_server().unwrap();
    bench.plane.compact().unwrap();
    bench.plane.start_api_server().unwrap();
    bench.report("worker-3", &["green"]);
    bench.wait_for_nodes("green", 3);

    // a definition that is deleted comes back
    bench
        .plane
        .kubectl(&["delete", "crd/networks.colvin.dev"])
        .unwrap();
    wait_for(LIMIT, || ask(&address, "/readyz", None).0 == 503).unwrap();
    bench.define();
    bench.network("green");
    bench.wait_for_nodes("green", 3);
    assert!(controller.is_alive());
    let failed = bench
        .writes("green")
        .iter()
        .filter(|write| write.code >= 400)
        .count();
    assert!(failed <= 5, "{failed} refused writes are a storm");
    assert!(controller.stop(LIMIT).unwrap().success());
}

#[test]
#[ignore = "kube"]
fn an_api_server_that_lists_in_pages_only_serves_as_well() {
    let bench = Bench::start(&Options {
        api_server_flags: vec!["--feature-gates=WatchList=false".to_owned()],
        ..Options::default()
    });
    bench.report("worker-1", &["green"]);
    bench.network("green");
    let mut controller = bench.controller("one", bench.plane.kubeconfig(), "open");
    bench.wait_for_nodes("green", 1);
    assert!(controller.log().unwrap().contains("in pages only"));
    bench.report("worker-2", &["green"]);
    bench.wait_for_nodes("green", 2);
    assert!(controller.stop(LIMIT).unwrap().success());
}

#[test]
#[ignore = "kube"]
fn metrics_are_for_whom_the_cluster_lets_get_them() {
    let bench = Bench::start(&Options::default());
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "read-metrics"},
        "rules": [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}],
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "read-metrics"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "read-metrics"},
        "subjects": [{"kind": "ServiceAccount", "name": "prometheus", "namespace": "monitoring"}],
    });
    bench
        .plane
        .service_account("monitoring", "prometheus")
        .unwrap();
    bench
        .plane
        .service_account("monitoring", "curious")
        .unwrap();
    bench
        .plane
        .apply(&format!("{role}\n---\n{binding}"))
        .unwrap();
    let token = |account: &str| {
        let create = ["create", "token", account, "--namespace=monitoring"];
        bench.plane.kubectl(&create).unwrap().trim().to_owned()
    };
    let mut controller = bench.controller("one", bench.plane.kubeconfig(), "token");
    let address = admin_address(&mut controller);
    assert_eq!(ask(&address, "/metrics", None).0, 401);
    assert_eq!(ask(&address, "/metrics", Some("invented")).0, 401);
    assert_eq!(ask(&address, "/metrics", Some(&token("curious"))).0, 403);
    let prometheus = token("prometheus");
    for _ in 0..10 {
        let (code, text) = ask(&address, "/metrics", Some(&prometheus));
        assert_eq!(code, 200);
        assert!(
            text.contains("colvin_build_info{program=\"colvin-controller\""),
            "{text}"
        );
    }
    let asked = bench
        .plane
        .api_requests(|request| request.resource == "tokenreviews");
    wait_for(LIMIT, || {
        asked.as_ref().is_ok_and(|asked| !asked.is_empty())
    })
    .unwrap();
    assert_eq!(asked.unwrap().len(), 3, "an answer is kept");
    assert_eq!(ask(&address, "/healthz", None).0, 200);
}
