//! An uplink that claims share, on a node that has nothing else. Left to others: pods that have its children (`nodes_claims`).

use colvin_testkit::wait::wait_for_some;
use serde_json::{Value, json};

use crate::cluster::{Cluster, LIMIT};
use crate::{ask_for, bound, devices, make};

/// On the third node only: two claims may share its uplink.
const SHARED: &str = r"
apiVersion: colvin.dev/v1alpha1
kind: Network
metadata: {name: shared}
spec:
  advertise: DRA
  members:
  - name: three
    uplink: {interface: ens4}
  devices: {kind: Macvlan, shares: 2}
";

/// KEP-5075: an uplink is one device that claims share; where the server drops that, each share is a device, and the node's
/// object says so. Leaves no such Network.
pub(crate) fn an_uplink_is_shared(cluster: &Cluster, is_kept: bool) {
    let plane = &cluster.bench.plane;
    plane.apply(SHARED).unwrap();
    let wanted = if is_kept { 1 } else { 2 };
    let came = wait_for_some(LIMIT, || {
        let devices = devices(cluster, "node-3");
        (devices.len() == wanted).then_some(devices)
    });
    let shared = came.unwrap_or_else(|error| panic!("{error:#}\n{}", cluster.logs()));
    println!("{:#}", shared[0]);
    if is_kept {
        assert_eq!(shared[0]["allowMultipleAllocations"], true);
        assert_eq!(shared[0]["capacity"]["children"]["value"], "2");
    } else {
        let said = wait_for_some(LIMIT, || {
            let node = plane.get_json(&["nodetopology", "node-3"]).ok()?;
            let conditions = node["status"]["conditions"].as_array()?;
            let mut kept = conditions.iter().filter(|it| it["type"] == "SlicesKept");
            kept.next().cloned()
        });
        let said = said.unwrap_or_else(|error| panic!("{error:#}\n{}", cluster.logs()));
        println!("{said:#}");
        let words = said["message"].as_str().unwrap();
        assert!(words.contains("DRAConsumableCapacity"), "{words}");
    }
    ask_for(cluster, "share-1", "shared");
    if is_kept {
        let limits = json!({"limits": {"colvin.dev/shared": "1"}});
        make(cluster, "share-2", &json!([]), &limits, &[]);
    } else {
        ask_for(cluster, "share-2", "shared");
    }
    for pod in ["share-1", "share-2"] {
        assert_eq!(bound(cluster, pod), "node-3");
    }
    let claim = plane.get_json(&["resourceclaim", "share-1"]).unwrap();
    let result = &claim["status"]["allocation"]["devices"]["results"][0];
    assert_eq!(result["shareID"].is_string(), is_kept, "{result:#}");
    ask_for(cluster, "share-3", "shared");
    let waits = wait_for_some(LIMIT, || {
        let pod = plane.get_json(&["pod", "share-3"]).ok()?;
        let conditions = pod["status"]["conditions"].as_array()?;
        let waits = |it: &&Value| it["type"] == "PodScheduled" && it["status"] == "False";
        conditions.iter().find(waits).cloned()
    });
    println!("{:#}", waits.unwrap()["message"]);
    let gone = ["delete", "pod", "share-1", "--force", "--grace-period=0"];
    plane.kubectl(&gone).unwrap();
    plane
        .kubectl(&["delete", "resourceclaim", "share-1"])
        .unwrap();
    assert_eq!(bound(cluster, "share-3"), "node-3", "when one goes");
    plane.kubectl(&["delete", "network", "shared"]).unwrap();
    let came = wait_for_some(LIMIT, || {
        let slices = plane.get_json(&["resourceslices"]).ok()?;
        let mut slices = slices["items"].as_array()?.iter();
        slices
            .any(|it| it["spec"]["pool"]["name"] == "node-3")
            .then_some(())
    });
    came.unwrap_or_else(|error| panic!("{error:#}\n{}", cluster.logs()));
}
