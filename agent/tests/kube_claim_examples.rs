//! The manifests of `docs/examples/claims` on a real API server with a real scheduler: each gets exactly the devices that
//! it asks for, and stays pending where it asks for what is not there.
//!
//! Left to others: what each gets (`examples.rs`), the nodes and their devices (`fabric.rs`), slices of real agents
//! (`kube_claiming.rs`).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "test"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "a test reads the repository's files, and writes files for kubectl"
)]

#[path = "kube_claim_examples/examples.rs"]
mod examples;
#[path = "kube_claim_examples/fabric.rs"]
mod fabric;
#[path = "kube_admission/installed.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod installed;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use colvin_testkit::kube::binaries::Version;
use colvin_testkit::kube::{ControlPlane, Options};
use colvin_testkit::wait::wait_for_some;
use examples::Fate::{self, Gets, Refused, Waits};
use examples::{EXAMPLES, GREEN};
use installed::Installed;
use serde_json::Value;

const LIMIT: Duration = Duration::from_mins(1);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/claims")
}

fn text(file: &str) -> String {
    fs::read_to_string(folder().join(file)).unwrap()
}

#[test]
fn every_example_is_tried_and_the_page_names_it() {
    let files = fs::read_dir(folder()).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.collect();
    let tried: BTreeSet<String> = EXAMPLES.iter().map(|it| it.file.to_owned()).collect();
    assert_eq!(files, tried);
    let page = fs::read_to_string(folder().join("../../claims.md")).unwrap();
    for file in files {
        let link = format!("](examples/claims/{file})");
        assert_eq!(page.matches(&link).count(), 1, "{file}");
    }
    for example in EXAMPLES {
        for (from, _, _) in example.otherwise {
            assert!(
                text(example.file).contains(from),
                "{}: {from}",
                example.file
            );
        }
    }
}

/// The claims that have devices.
fn allocated(plane: &ControlPlane) -> Vec<Value> {
    let claims = plane.get_json(&["resourceclaims"]).unwrap();
    let claims = claims["items"].as_array().unwrap().iter().cloned();
    claims
        .filter(|claim| !claim["status"]["allocation"].is_null())
        .collect()
}

/// The devices of a claim: request, and node with name.
fn devices(claim: &Value) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let results = &claim["status"]["allocation"]["devices"]["results"];
    let results = results.as_array().unwrap().iter().map(|it| {
        let device = format!("{}/{}", word(&it["pool"]), word(&it["device"]));
        (word(&it["request"]), device)
    });
    let mut results: Vec<_> = results.collect();
    results.sort();
    results
}

/// The node that the pod is bound to, or why it is none.
fn outcome(plane: &ControlPlane, pod: &str) -> Option<Result<String, String>> {
    let pod = plane.get_json(&["pod", pod]).ok()?;
    if let Some(node) = pod["spec"]["nodeName"].as_str() {
        return Some(Ok(node.to_owned()));
    }
    let conditions = pod["status"]["conditions"].as_array()?;
    let said = conditions
        .iter()
        .find(|it| it["type"] == "PodScheduled" && it["status"] == "False")?;
    Some(Err(said["message"].as_str()?.to_owned()))
}

#[track_caller]
fn try_one(plane: &ControlPlane, what: &str, manifest: &str, fate: Fate) {
    let applied = plane.apply(manifest);
    if let Refused(words) = fate {
        let said = format!("{:#}", applied.unwrap_err());
        println!("{what}: refused: {said}");
        assert!(said.contains(words), "{what}: {said}");
        return clear(plane);
    }
    applied.unwrap();
    let mut last = None;
    let came = wait_for_some(LIMIT, || {
        last = outcome(plane, "web");
        match (last.as_ref()?, fate) {
            (Ok(_), _) => Some(()),
            (Err(said), Waits(words)) => said.contains(words).then_some(()),
            _ => None,
        }
    });
    came.unwrap_or_else(|_| panic!("{what}: {last:?}"));
    let claims = allocated(plane);
    println!("{what}: {last:?}");
    match (fate, last.unwrap()) {
        (Gets(wanted), Ok(node)) => {
            let [claim] = claims.as_slice() else {
                panic!("{what}: {claims:#?}");
            };
            let got = devices(claim);
            println!("{what}: {got:?}");
            assert_eq!(got.len(), wanted.len(), "{what}: {got:?}");
            for ((request, device), (name, any)) in got.iter().zip(wanted) {
                assert_eq!(request, name, "{what}");
                assert!(any.contains(&device.as_str()), "{what}: {device}");
                assert!(device.starts_with(&format!("{node}/")), "{what}: on {node}");
            }
        }
        (_, Err(_)) => assert_eq!(claims.len(), 0, "{what}: {claims:#?}"),
        (_, got) => panic!("{what}: {got:?}"),
    }
    clear(plane);
}

/// Takes all away that asks, and waits until its devices are free.
fn clear(plane: &ControlPlane) {
    let now = ["delete", "pod", "--all", "--force", "--grace-period=0"];
    plane.kubectl(&now).unwrap();
    let asks = "resourceclaims,resourceclaimtemplates";
    plane
        .kubectl(&["delete", asks, "--all", "--wait=false"])
        .unwrap();
    wait_for_some(LIMIT, || {
        let left = plane.get_json(&["resourceclaims"]).ok()?;
        left["items"].as_array()?.is_empty().then_some(())
    })
    .unwrap();
}

#[test]
#[ignore = "kube"]
fn every_example_gets_the_devices_it_asks_for_and_waits_for_what_is_not_there() {
    let bench = Installed::start(&Options {
        scheduler: true,
        controller_manager: true,
        ..Options::default()
    });
    let bench = bench.unwrap();
    let plane = &bench.plane;
    let is_older = Version::asked().unwrap() < Version::V1_37;
    fabric::weave(plane, !is_older);
    for example in EXAMPLES {
        let manifest = text(example.file);
        let file = example.file;
        let older = example.at_1_35.filter(|_| is_older);
        try_one(plane, file, &manifest, older.unwrap_or(example.fate));
        if older.is_some() {
            continue;
        }
        for (from, to, fate) in example.otherwise {
            let what = format!("{file}, with {to}");
            try_one(plane, &what, &manifest.replace(from, to), *fate);
        }
    }
    the_last_vf_is_taken(plane);
}

/// As many pods as there are VFs have one each, the next waits, and one that is content with less gets a share.
fn the_last_vf_is_taken(plane: &ControlPlane) {
    let claim = text("claim.yaml");
    let named = |name: &str| claim.replace("web", name);
    let pods = ["a", "b", "c", "d"];
    for pod in pods {
        plane.apply(&named(pod)).unwrap();
        let bound = wait_for_some(LIMIT, || outcome(plane, pod)?.ok());
        bound.unwrap_or_else(|_| panic!("{pod}: {:?}", outcome(plane, pod)));
    }
    let mut taken: Vec<_> = allocated(plane).iter().flat_map(devices).collect();
    taken.sort();
    let taken: Vec<_> = taken.iter().map(|(_, device)| device.as_str()).collect();
    assert_eq!(taken, GREEN);
    plane.apply(&named("e")).unwrap();
    wait_for_some(LIMIT, || outcome(plane, "e")?.err()).unwrap();
    plane.apply(&text("first-available.yaml")).unwrap();
    let node = wait_for_some(LIMIT, || outcome(plane, "web")?.ok()).unwrap();
    assert_eq!(node, "node-1");
    assert!(outcome(plane, "e").unwrap().is_err());
    clear(plane);
}
