//! What the agent does when its object, its kind or the API server goes: it publishes again, once.
//!
//! Left to others: what is published (`kube_nodes.rs`), restarts of the agent (there too).

#![expect(clippy::unwrap_used, reason = "test")]
#![expect(
    clippy::disallowed_methods,
    reason = "the programs under test are started"
)]

#[path = "kube_numbers/fleet.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod fleet;
#[path = "kube_admission/installed.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod installed;

use std::path::{Path, PathBuf};
use std::time::Duration;

use colvin_testkit::kube::{ControlPlane, Options};
use colvin_testkit::machine::Machine;
use colvin_testkit::wait::wait_for;
use installed::Installed;

/// No step takes longer.
const LIMIT: Duration = Duration::from_mins(2);

/// Whether the node's object says what its machine has.
fn is_published(plane: &ControlPlane) -> bool {
    let object = plane.raw("/apis/colvin.dev/v1alpha1/nodetopologies/node-a");
    object.is_ok_and(|object| object.contains("\"Complete\"") && object.contains("0000:01:00.0"))
}

/// How often the agent wrote its object's status.
fn writes(plane: &ControlPlane) -> usize {
    let requests = plane.api_requests(|request| {
        request.user_agent.starts_with("colvin-agent")
            && request.verb == "patch"
            && request.subresource == "status"
            && request.code < 300
    });
    requests.unwrap().len()
}

fn definition(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../deploy/chart/colvin/crds")
        .join(file)
}

#[test]
#[ignore = "kube"]
fn whatever_goes_at_the_api_server_the_agent_publishes_again_and_once() {
    let mut bench = Installed::start(&Options::default()).unwrap();
    let machine = Machine::unpack("igb").unwrap();
    let mut agent = fleet::start(&bench, "node-a", machine.path());
    wait_for(LIMIT, || is_published(&bench.plane)).unwrap();
    assert_eq!(writes(&bench.plane), 1);

    // somebody deletes the object
    let plane = &bench.plane;
    plane
        .kubectl(&["delete", "nodetopology", "node-a"])
        .unwrap();
    wait_for(LIMIT, || is_published(plane) && writes(plane) == 2).unwrap();
    // somebody who may changes it
    let forged = r#"{"status":{"uplinks":[]}}"#;
    let patch = [
        "patch",
        "nodetopology",
        "node-a",
        "--subresource=status",
        "--type=merge",
        "-p",
        forged,
    ];
    plane.kubectl(&patch).unwrap();
    wait_for(LIMIT, || is_published(plane) && writes(plane) == 3).unwrap();

    // the kind goes, and comes back
    let file = definition("nodetopologies.yaml");
    let file = file.to_str().unwrap();
    plane.kubectl(&["delete", "--filename", file]).unwrap();
    assert!(!is_published(plane));
    plane
        .kubectl(&["apply", "--server-side", "--filename", file])
        .unwrap();
    wait_for(LIMIT, || is_published(plane)).unwrap();

    // the API server goes, forgets the versions that watches stand at, and comes back
    let before = writes(plane);
    bench.plane.stop_api_server().unwrap();
    bench.plane.compact().unwrap();
    bench.plane.start_api_server().unwrap();
    let plane = &bench.plane;
    plane
        .kubectl(&["delete", "nodetopology", "node-a"])
        .unwrap();
    wait_for(LIMIT, || is_published(plane) && writes(plane) == before + 1).unwrap();
    assert!(agent.is_alive(), "{}", agent.log().unwrap());
}
